//! What can be known of an expression before any event: names that mean nothing, functions that do
//! not exist, operations that never work, and how much work it is.

use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, operators};
use cel::{ExecutionError, ParseErrors, Program, Value};

use super::small::{self, Local};
use super::{ConditionFault, scope};
use crate::base::suggest;

/// The functions an expression can call.
pub const FUNCTIONS: &[&str] = &[
    "all",
    "contains",
    "double",
    "endsWith",
    "exists",
    "exists_one",
    "filter",
    "has",
    "int",
    "map",
    "matches",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
];

/// Nothing is nested deeper: it is evaluated by recursion.
const MAX_DEPTH: usize = 100;

/// How many steps an evaluation may take; a few seconds.
const MAX_STEPS: u128 = 50_000_000;

/// How many steps it is to read a regular expression.
const REGEX_STEPS: u128 = 200;

/// How much work an evaluation is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Effort {
    /// The parts of the expression.
    parts: u128,
    /// How many loops stand within each other. What goes through a list in a loop without being one,
    /// as `in` does, counts as one.
    loops: u32,
    /// The elements of the lists that are written out.
    elements: u128,
    /// Texts and lists that are joined.
    joins: u128,
    /// Texts that are searched.
    searches: u128,
    /// How often what a loop gathers may become twice as long.
    doublings: u32,
}

impl Effort {
    /// Tells whether it can be evaluated in a few seconds. That is counted and not timed: what a gate
    /// says must not depend on how busy the machine is.
    pub(super) fn is_bearable(self, changes: usize, longest: usize) -> bool {
        let around = changes as u128 + self.elements;
        let turns = around.checked_pow(self.loops);
        let steps = turns.and_then(|turns| turns.checked_mul(self.of_one_turn(longest as u128)?));
        self.loops == 0 || steps.is_some_and(|steps| steps <= MAX_STEPS)
    }

    /// Returns how many steps the innermost loop takes for one element.
    fn of_one_turn(self, longest: u128) -> Option<u128> {
        if self.doublings == 0 {
            return Some(self.parts + self.joins * longest / 16 + self.searches * longest / 64);
        }
        let grown = longest.checked_mul(2_u128.checked_pow(self.doublings)?)?;
        self.parts.checked_mul(1 + grown / 16)
    }
}

/// Returns the first fault of syntax, without the snippet of the library.
pub(super) fn syntax_fault(errors: &ParseErrors) -> ConditionFault {
    let first = errors.errors.first();
    let message = first.map_or("it cannot be read", |error| error.msg.as_str());
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let at = first
        .filter(|error| error.pos.0 == 1)
        .and_then(|error| Some((usize::try_from(error.pos.1.checked_sub(1)?).ok()?, 1)));
    let help = if message.contains("'='") || message.contains("token recognition") {
        Some("texts are compared with `==`; `&&`, `||` and `!` join conditions".to_owned())
    } else {
        None
    };
    let message = message.lines().next().unwrap_or_default().replace("'<EOF>'", "its end");
    ConditionFault { reason: format!("is not an expression: {message}"), help, at }
}

/// Returns how much work the expression is, or the first name in it that means nothing.
pub(super) fn checked(program: &Program, text: &str) -> Result<Effort, ConditionFault> {
    let mut walk = Walk { program, text, locals: Vec::new(), effort: Effort::default() };
    walk.visit(program.expression(), 0, 0)?;
    Ok(walk.effort)
}

/// Evaluates the expression for an event in which every field applies, and returns what would fail
/// for every event.
pub(super) fn tried(program: &Program, effort: Effort) -> Result<(), ConditionFault> {
    let fault = |reason: String| ConditionFault { reason, help: None, at: None };
    if !effort.is_bearable(1, 64) {
        return Err(fault("would take too long on any event".to_owned()));
    }
    let scope = scope::of_sample(program).map_err(fault)?;
    match program.execute(&scope) {
        Ok(Value::Bool(_)) => Ok(()),
        Ok(other) => Err(fault(format!("is neither true nor false, but {}", kind(&other)))),
        Err(error) if never_works(&error) => {
            Err(fault(format!("can never be evaluated: {}", plainly(&error))))
        }
        // A key of `meta`, an index: they depend on the event.
        Err(_) => Ok(()),
    }
}

fn never_works(error: &ExecutionError) -> bool {
    matches!(
        error,
        ExecutionError::NoSuchOverload(_)
            | ExecutionError::UndeclaredReference(_)
            | ExecutionError::UnsupportedBinaryOperator(..)
            | ExecutionError::UnsupportedIndex(..)
            | ExecutionError::UnexpectedType { .. }
            | ExecutionError::NotSupportedAsMethod { .. }
            | ExecutionError::InvalidArgumentCount { .. }
    )
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Null => "null",
        _ => "something else",
    }
}

/// Says in our words why an evaluation failed.
pub(super) fn plainly(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchOverload(overload) => {
            let types = overload.argument_types().join(" and ");
            let function = overload.function();
            let function = function.strip_prefix('_').unwrap_or(function);
            let function = function.strip_suffix('_').unwrap_or(function);
            format!("`{}` does not work on {types}", function.trim_start_matches('@'))
        }
        ExecutionError::UnsupportedBinaryOperator(operator, _, _) => {
            format!("`{operator}` does not work on values of these kinds")
        }
        ExecutionError::NoSuchKey(key) => format!("there is no `{key}`"),
        ExecutionError::UndeclaredReference(name) => format!("unknown name `{name}`"),
        other => {
            // Values are shown whole by the library; nobody wants a thousand paths.
            let text = other.to_string();
            let line = text.lines().next().unwrap_or_default();
            line.chars().take(200).collect()
        }
    }
}

struct Walk<'a> {
    program: &'a Program,
    text: &'a str,
    /// The names that loops around have given to their elements.
    locals: Vec<Local<'a>>,
    effort: Effort,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, at: &'a IdedExpr, depth: usize, loops: u32) -> Result<(), ConditionFault> {
        self.effort.parts += 1;
        self.effort.loops = self.effort.loops.max(loops);
        if depth > MAX_DEPTH {
            return Err(ConditionFault {
                reason: format!("is nested deeper than {MAX_DEPTH}"),
                help: None,
                at: None,
            });
        }
        match &at.expr {
            Expr::Ident(name) => self.name(at, name),
            Expr::Select(select) => {
                self.field(at, &select.operand.expr, &select.field)?;
                self.visit(&select.operand, depth + 1, loops)
            }
            Expr::Call(call) => {
                self.call(at, &call.func_name)?;
                let goes_through =
                    !matches!(call.func_name.as_str(), "size" | "type" | operators::INDEX);
                if goes_through {
                    self.copies(call.args.iter().chain(call.target.as_deref()), loops);
                }
                call.target
                    .as_deref()
                    .into_iter()
                    .chain(&call.args)
                    .try_for_each(|inner| self.visit(inner, depth + 1, loops))
            }
            Expr::List(list) => {
                self.effort.elements += list.elements.len() as u128;
                self.copies(list.elements.iter(), loops);
                list.elements.iter().try_for_each(|inner| self.visit(inner, depth + 1, loops))
            }
            Expr::Map(map) => {
                self.effort.elements += map.entries.len() as u128;
                map.entries.iter().try_for_each(|entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => {
                        self.copies([&entry.key, &entry.value], loops);
                        self.visit(&entry.key, depth + 1, loops)?;
                        self.visit(&entry.value, depth + 1, loops)
                    }
                    EntryExpr::StructField(field) => self.visit(&field.value, depth + 1, loops),
                })
            }
            Expr::Comprehension(each) => self.comprehension(each, depth, loops),
            Expr::Struct(made) => Err(self.fault_at(
                at,
                &made.type_name,
                format!("makes a `{}`, which does not exist", made.type_name),
                None,
            )),
            Expr::Literal(_) | Expr::Unspecified => Ok(()),
        }
    }

    fn comprehension(
        &mut self,
        each: &'a ComprehensionExpr,
        depth: usize,
        loops: u32,
    ) -> Result<(), ConditionFault> {
        self.visit(&each.iter_range, depth + 1, loops)?;
        let known = self.locals.len();
        self.locals.push(small::element_of(each, &self.locals));
        let others = each.iter_var2.as_deref().into_iter().chain([each.accu_var.as_str()]);
        // What is gathered is appended to, and copied nowhere.
        self.locals.extend(others.map(|name| Local { name, is_small: true }));
        self.visit(&each.accu_init, depth + 1, loops)?;
        let gathers = matches!(each.accu_init.expr, Expr::List(_) | Expr::Map(_));
        let grows =
            small::gathered(each).is_none_or(|element| !small::is_small(element, &self.locals));
        // To append many elements at once takes a loop of its own.
        let inner = loops + if gathers && grows { 2 } else { 1 };
        let joins = self.effort.joins;
        self.visit(&each.loop_cond, depth + 1, inner)?;
        self.visit(&each.loop_step, depth + 1, inner)?;
        if gathers {
            // The loop appends to its list itself: that is none of what it does to an element.
            self.effort.joins = self.effort.joins.saturating_sub(1).max(joins);
            let within = u32::try_from(self.effort.joins - joins).unwrap_or(u32::MAX);
            self.effort.doublings = self.effort.doublings.saturating_add(within);
        }
        let done = self.visit(&each.result, depth + 1, loops);
        self.locals.truncate(known);
        done
    }

    /// Counts a loop where one of these values, which are gone through, may be long.
    fn copies(&mut self, values: impl IntoIterator<Item = &'a IdedExpr>, loops: u32) {
        if values.into_iter().any(|value| !small::is_small(&value.expr, &self.locals)) {
            self.effort.loops = self.effort.loops.max(loops + 1);
        }
    }

    fn name(&self, at: &IdedExpr, name: &str) -> Result<(), ConditionFault> {
        // Types are values: `type(x) == string`.
        let types =
            ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type"];
        let is_local = self.locals.iter().any(|local| local.name == name);
        if is_local || scope::VARIABLES.contains(&name) || types.contains(&name) {
            return Ok(());
        }
        let locals = self.locals.iter().map(|local| local.name);
        let known = scope::VARIABLES.iter().copied().chain(locals);
        let near = suggest::candidates(name, known);
        let help = suggest::did_you_mean(&near)
            .unwrap_or_else(|| format!("it sees {}", quoted(scope::VARIABLES)));
        Err(self.fault_at(at, name, format!("names `{name}`, which does not exist"), Some(help)))
    }

    /// Notes a field that `event`, or an element of `changes`, does not have.
    fn field(&self, at: &IdedExpr, of: &Expr, field: &str) -> Result<(), ConditionFault> {
        let (owner, known): (&str, &[&str]) = match of {
            Expr::Ident(name)
                if name == "event" && !self.locals.iter().any(|local| local.name == "event") =>
            {
                ("event", scope::EVENT_FIELDS)
            }
            Expr::Select(outer) if is_event(&outer.operand.expr) => match outer.field.as_str() {
                "author" => ("event.author", &["name", "email"]),
                "git" => ("event.git", &["commit", "dirty"]),
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        if known.contains(&field) {
            return Ok(());
        }
        let near = suggest::candidates(field, known.iter().copied());
        let help = suggest::did_you_mean(&near)
            .unwrap_or_else(|| format!("its fields: {}", quoted(known)));
        Err(self.fault_at(
            at,
            field,
            format!("names `{owner}.{field}`, which does not exist"),
            Some(help),
        ))
    }

    fn call(&mut self, at: &IdedExpr, name: &str) -> Result<(), ConditionFault> {
        match name {
            operators::ADD => self.effort.joins += 1,
            "matches" => {
                self.effort.parts += REGEX_STEPS;
                self.effort.searches += 1;
            }
            "contains" => self.effort.searches += 1,
            _ => {}
        }
        // Operators are calls too, of names that nobody can write: `_&&_`.
        let is_operator = !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_operator || FUNCTIONS.contains(&name) {
            return Ok(());
        }
        let near = suggest::candidates(name, FUNCTIONS.iter().copied());
        let help = suggest::did_you_mean(&near)
            .unwrap_or_else(|| format!("its functions: {}", quoted(FUNCTIONS)));
        Err(self.fault_at(at, name, format!("calls `{name}`, which does not exist"), Some(help)))
    }

    /// Returns a fault at a word that begins where a part of the expression stands, or behind it.
    fn fault_at(
        &self,
        at: &IdedExpr,
        word: &str,
        reason: String,
        help: Option<String>,
    ) -> ConditionFault {
        let from = self.program.source_info().offset_for(at.id).map_or(0, |(start, _)| start);
        let rest: String = self.text.chars().skip(from as usize).collect();
        let found = rest.find(word).map(|bytes| rest[..bytes].chars().count());
        let (offset, found) = match found {
            Some(skipped) => (from as usize + skipped, true),
            // A call's place is that of its bracket, behind its name.
            None => (0, false),
        };
        let all = || {
            let bytes = self.text.find(word)?;
            Some(self.text[..bytes].chars().count())
        };
        let start = if found { Some(offset) } else { all() };
        ConditionFault { reason, help, at: start.map(|start| (start, word.chars().count())) }
    }
}

fn is_event(expr: &Expr) -> bool {
    matches!(expr, Expr::Ident(name) if name == "event")
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
