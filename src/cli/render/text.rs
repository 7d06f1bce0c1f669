//! Text from repositories on the user's terminal.

use std::borrow::Cow;

/// Returns text whose control characters are escaped, so that a name or a message from elsewhere can
/// neither break a line nor command the terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.chars().flat_map(escaped).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn escaped(character: char) -> Vec<char> {
    if character.is_control() { character.escape_default().collect() } else { vec![character] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_letters_left() {
        assert_eq!(printable("données 名"), "données 名");
        assert_eq!(printable("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
        assert_eq!(printable("\u{9b}31m"), "\\u{9b}31m");
    }
}
