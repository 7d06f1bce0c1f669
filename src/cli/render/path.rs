//! Paths as the user would type them from where the user stands.

use crate::base::RepoPath;

/// Returns a path of the repository as it is seen from the directory `standing` of it.
pub fn seen_from(standing: &RepoPath, path: &RepoPath) -> String {
    let mut common = standing.clone();
    let mut up = 0;
    while !path.starts_with(&common) {
        common = common.parent().unwrap_or_default();
        up += 1;
    }
    let below = path.strip_prefix(&common).unwrap_or_default();
    let mut text = "../".repeat(up);
    text.push_str(&below.to_string());
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_where_the_user_stands() {
        let seen = |standing: &str, path: &str| {
            let parse = |text: &str| RepoPath::from_bytes(text).unwrap();
            seen_from(&parse(standing), &parse(path))
        };
        assert_eq!(seen("", "a/b"), "a/b");
        assert_eq!(seen("a", "a/b"), "b");
        assert_eq!(seen("a/b", "a/c"), "../c");
        assert_eq!(seen("a/b", "ab"), "../../ab");
        assert_eq!(seen("a", "a"), ".");
    }
}
