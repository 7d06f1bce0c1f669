//! Texts for XML, and reports in JUnit's dialect of it.

use quick_junit::Report;

/// Returns a text in which every character may stand in XML 1.0. What commands a terminal is left out,
/// a tab is four blanks, and any other character that XML does not know becomes U+FFFD.
pub fn text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\u{1b}' => skip_command(&mut rest),
            '\t' => clean.push_str("    "),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\n' => clean.push('\n'),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                clean.push(char::REPLACEMENT_CHARACTER);
            }
            letter => clean.push(letter),
        }
    }
    clean
}

/// Skips what follows an escape character: a sequence of parameters up to its final letter, or one
/// letter. A line is never left.
fn skip_command(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let is_in_line = |letter: &char| !letter.is_control();
    let ends: fn(char) -> bool = match rest.next_if(is_in_line) {
        Some('[') => |letter| ('@'..='~').contains(&letter),
        // The title of a window, a link: up to a bell, or to an escape and a backslash.
        Some(']') => |_| false,
        _ => return,
    };
    while let Some(letter) = rest.next_if(is_in_line) {
        if ends(letter) {
            return;
        }
    }
    if rest.next_if_eq(&'\u{7}').is_none() && rest.next_if_eq(&'\u{1b}').is_some() {
        rest.next_if_eq(&'\\');
    }
}

/// Writes a JUnit report as the schema of Jenkins knows it: that has no `skipped` at the root.
pub fn junit(report: &Report) -> String {
    let written = report.to_string().expect("a report in memory can always be written");
    let skipped = format!(" skipped=\"{}\"", report.skipped);
    written.replacen(&skipped, "", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_left_out_and_what_xml_does_not_know_is_replaced() {
        for (dirty, clean) in [
            ("plain\nüber \u{1f600}", "plain\nüber \u{1f600}"),
            ("a\tb\r\nc\rd", "a    b\nc\nd"),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}x\u{1b}]8;;http://a\u{1b}\\y", "xy"),
            ("\u{1b}]never ends\nnext", "\nnext"),
            ("\u{1b}[31\nnext\u{1b}", "\nnext"),
            (
                "\u{1b}(B\0\u{8}\u{b}\u{7f}\u{9b}\u{fffe}\u{ffff}",
                "B\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
            ),
        ] {
            assert_eq!(text(dirty), clean, "{dirty:?}");
        }
    }
}
