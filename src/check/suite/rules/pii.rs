//! What tells of a person or opens a door: found by pattern, then by the checksum where there is one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use regex::{Regex, RegexSet};

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::row::{CellTest, by_cells};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;

/// What can be looked for, in the order of the patterns.
pub const KINDS: &[&str] = &["email", "card", "iban", "ip", "ssn", "phone", "key"];

const PATTERNS: [&str; 7] = [
    r"(?i)\b[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b",
    r"\b[0-9](?:[ -]?[0-9]){12,18}\b",
    r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b",
    r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b",
    r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b",
    r"(?:\+[0-9]{1,3}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9](?:[ .-]?[0-9]){6,12}|\([0-9]{3}\) ?[0-9]{3}-[0-9]{4})\b",
    r"(?:\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk-[A-Za-z0-9_-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----)",
];

/// The patterns alone, and all at once: most cells match none.
static FINDERS: LazyLock<(RegexSet, Vec<Regex>)> = LazyLock::new(|| {
    let set = RegexSet::new(PATTERNS).expect("a test compiles the patterns");
    let each = PATTERNS.iter().map(|pattern| Regex::new(pattern));
    (set, each.collect::<Result<_, _>>().expect("a test compiles the patterns"))
});

#[derive(Clone)]
struct Pii {
    /// Which kinds are looked for.
    wanted: [bool; KINDS.len()],
    /// How many cells held each, as all that look have counted them.
    found: Arc<[AtomicU64; KINDS.len()]>,
}

pub(in crate::check::suite) fn pii(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let named = check.settings.texts("kinds");
    let mut wanted = [named.is_empty(); KINDS.len()];
    for (kind, wanted) in KINDS.iter().zip(&mut wanted) {
        *wanted |= named.iter().any(|name| name == kind);
    }
    by_cells(check, scope, Pii { wanted, found: Arc::default() })
}

/// Returns the kinds of what a text holds.
pub(super) fn kinds_in(text: &str) -> impl Iterator<Item = usize> + '_ {
    let (set, each) = &*FINDERS;
    let matched: Vec<usize> = set.matches(text).into_iter().collect();
    matched
        .into_iter()
        .filter(move |kind| each[*kind].find_iter(text).any(|found| is_real(*kind, found.as_str())))
}

fn is_real(kind: usize, text: &str) -> bool {
    match KINDS[kind] {
        "card" => passes_luhn(text),
        "iban" => passes_mod_97(text),
        "ip" => text.split('.').all(|part| part.parse::<u8>().is_ok()),
        "ssn" => is_ssn(text),
        _ => true,
    }
}

/// Luhn's test of the digits of a card number.
fn passes_luhn(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().rev().filter_map(|c| c.to_digit(10)).collect();
    let doubled = |(at, digit): (usize, &u32)| match at % 2 {
        0 => *digit,
        _ if *digit > 4 => digit * 2 - 9,
        _ => digit * 2,
    };
    let is_one_digit = digits.iter().all(|digit| *digit == digits[0]);
    !is_one_digit && digits.iter().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// ISO 7064 mod 97-10: the first four signs moved to the end, letters as 10 to 35, must leave 1.
fn passes_mod_97(text: &str) -> bool {
    let signs: Vec<u32> = text.chars().filter_map(|c| c.to_digit(36)).collect();
    let (head, tail) = signs.split_at(4.min(signs.len()));
    let rest = tail.iter().chain(head).fold(0, |rest, sign| {
        if *sign < 10 { (rest * 10 + sign) % 97 } else { (rest * 100 + sign) % 97 }
    });
    rest == 1
}

/// Numbers that were never given out are none.
fn is_ssn(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts[0] != "000"
        && parts[0] != "666"
        && !parts[0].starts_with('9')
        && parts[1] != "00"
        && parts[2] != "0000"
}

impl CellTest for Pii {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        let Some(text) = view.text(column, row) else { return true };
        let mut is_fit = true;
        for kind in kinds_in(&text) {
            if self.wanted[kind] {
                self.found[kind].fetch_add(1, Ordering::Relaxed);
                is_fit = false;
            }
        }
        is_fit
    }

    fn complaint(&self) -> String {
        let found = self.found.iter().map(|count| count.load(Ordering::Relaxed));
        let kinds = KINDS.iter().zip(found).filter(|(_, count)| *count > 0);
        let kinds: Vec<String> = kinds.map(|(kind, count)| format!("{kind} {count}")).collect();
        format!("with personal or secret data: {}", kinds.join(", "))
    }
}
