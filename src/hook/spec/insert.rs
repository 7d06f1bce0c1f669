//! Adds a hook to the text of `mlv.yaml`, and leaves the rest, comments and layout, as it was.

use crate::base::yaml::{self, Key, Node, Value};

/// How far a hook stands in where no other shows it.
const INDENT: usize = 2;

/// Returns the text with the hook, given by its lines, as the last; nothing where the layout of the
/// text has no place for it. Whether the result says what is meant is for the caller to check.
pub fn with_hook(source: &str, hook: &[String]) -> Option<String> {
    let tree = yaml::parse(source).ok()?;
    let lines: Vec<&str> = source.split_inclusive('\n').collect();
    let slot = match &tree.value {
        Value::Null => Slot { opening: &["version: 1", "hooks:"], ..Slot::at(lines.len()) },
        Value::Map(entries) => slot_in(entries, &lines)?,
        _ => return None,
    };
    Some(slot.fill(source, &lines, hook))
}

/// Where the hook goes.
struct Slot {
    /// The number of lines before it.
    line: usize,
    indent: usize,
    /// Lines that have to come first.
    opening: &'static [&'static str],
}

impl Slot {
    fn at(line: usize) -> Self {
        Self { line, indent: INDENT, opening: &[] }
    }

    fn fill(&self, source: &str, lines: &[&str], hook: &[String]) -> String {
        let end = if source.contains("\r\n") { "\r\n" } else { "\n" };
        let mut text: String = lines[..self.line].concat();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(end);
        }
        for line in self.opening {
            text.push_str(line);
            text.push_str(end);
        }
        for line in hook {
            if !line.is_empty() {
                text.push_str(&" ".repeat(self.indent));
            }
            text.push_str(line);
            text.push_str(end);
        }
        text.push_str(&lines[self.line..].concat());
        text
    }
}

fn slot_in(entries: &[(Key, Node)], lines: &[&str]) -> Option<Slot> {
    let Some(at) = entries.iter().position(|(key, _)| key.text == "hooks") else {
        return Some(Slot { opening: &["hooks:"], ..Slot::at(lines.len()) });
    };
    let (key, value) = &entries[at];
    match &value.value {
        Value::Null => Some(Slot::at(key.place.line)),
        Value::Map(hooks) => {
            let (first, _) = hooks.first()?;
            let indent = first.place.column.checked_sub(1)?;
            let next = entries.get(at + 1).map_or(lines.len(), |(key, _)| key.place.line - 1);
            let line = end_of_block(lines, key.place.line, next, indent);
            let is_block = first.place.line > key.place.line;
            is_block.then_some(Slot { line, indent, opening: &[] })
        }
        _ => None,
    }
}

/// Returns the end of what stands in by `indent`, without the blank lines and the comments that belong
/// to what follows.
fn end_of_block(lines: &[&str], begin: usize, next: usize, indent: usize) -> usize {
    let mut end = next.min(lines.len());
    while end > begin {
        let line = lines[end - 1];
        let text = line.trim();
        let depth = line.len() - line.trim_start().len();
        if !(text.is_empty() || text.starts_with('#') && depth < indent) {
            break;
        }
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::spec::parse;

    fn added(source: &str) -> String {
        let hook = ["new:", "  on: pre-commit", "  run: x"].map(str::to_owned);
        with_hook(source, &hook).unwrap_or_else(|| "no place".to_owned())
    }

    fn names(text: &str) -> Vec<String> {
        let spec = parse("mlv.yaml", text.as_bytes()).unwrap();
        spec.hooks.iter().map(|hook| hook.id.to_string()).collect()
    }

    #[test]
    fn an_empty_file_is_begun() {
        insta::assert_snapshot!(added(""), @r"
        version: 1
        hooks:
          new:
            on: pre-commit
            run: x
        ");
        assert_eq!(names(&added("# ours")), ["new"]);
        assert_eq!(names(&added("version: 1")), ["new"]);
        assert_eq!(names(&added("version: 1\nhooks:\n")), ["new"]);
        assert_eq!(names(&added("hooks:   # later\nversion: 1\n")), ["new"]);
    }

    #[test]
    fn the_hook_comes_last_at_the_others_depth_and_comments_stay_where_they_were() {
        let source = "\
# top
version: 1
hooks:
    # of old
    old:
        on: pre-merge
        run: |
            # a comment of the shell

            make
    # the last word

# of branches
branches:
    main: {protected: true}
";
        insta::assert_snapshot!(added(source), @r"
        # top
        version: 1
        hooks:
            # of old
            old:
                on: pre-merge
                run: |
                    # a comment of the shell

                    make
            # the last word
            new:
              on: pre-commit
              run: x

        # of branches
        branches:
            main: {protected: true}
        ");
        assert_eq!(names(&added(source)), ["old", "new"]);
    }

    #[test]
    fn the_ends_of_lines_are_kept() {
        let text = added("version: 1\r\nhooks:\r\n  old: {on: pre-merge, run: x}");
        assert!(text.ends_with(
            "  old: {on: pre-merge, run: x}\r\n  new:\r\n    on: pre-commit\r\n    run: x\r\n"
        ));
        assert_eq!(names(&text), ["old", "new"]);
    }

    #[test]
    fn a_layout_without_a_place_is_told() {
        assert_eq!(added("version: 1\nhooks: {old: {on: pre-merge, run: x}}\n"), "no place");
        assert_eq!(added("- a\n"), "no place");
        assert_eq!(added("a: [\n"), "no place");
    }
}
