//! Texts as they stand in a suite.

/// Returns a text as YAML that reads as this text, also within brackets.
pub fn flow(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "nan", "inf", "y", "n"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if begins && !is_word && text.chars().all(is_plain) {
        return text.to_owned();
    }
    // JSON's texts are YAML's.
    serde_json::Value::from(text).to_string()
}

/// Returns a list of texts as YAML.
pub fn list(texts: &[impl AsRef<str>]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| flow(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}
