//! What an action takes: parameters with kinds, and the values that a hook gives them.

use bytesize::ByteSize;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::base::RepoPath;
use crate::base::duration::parse_duration;
use crate::base::yaml::{Node, Value};
use crate::hook::spec::{Globs, Place};

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    /// A number of bytes, with a unit.
    Size,
    /// A span of time; the action is told its seconds.
    Duration,
    List,
    /// A list of globs over paths.
    Globs,
    Map,
    /// A file of the repository, which a merge takes from the branch merged into.
    Path,
    /// The name of an environment variable that the hook is given, and that is masked.
    Secret,
}

impl Kind {
    pub const ALL: [(&'static str, Self); 11] = [
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("size", Self::Size),
        ("duration", Self::Duration),
        ("list", Self::List),
        ("globs", Self::Globs),
        ("map", Self::Map),
        ("path", Self::Path),
        ("secret", Self::Secret),
    ];

    pub fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, kind)| *kind == self);
        known.map(|(name, _)| *name).expect("the list holds every kind")
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::Size => "a size, as in 500kB, 10MB or 1GiB",
            Self::Duration => "a duration, as in 90s, 10m or 1h30m",
            Self::List => "a text or a list of texts",
            Self::Globs => "a glob or a list of globs",
            Self::Map => "a mapping of names to texts",
            Self::Path => "a path below the root of the repository",
            Self::Secret => "the name of an environment variable, as in API_TOKEN",
        }
    }
}

/// One parameter of an action.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub required: bool,
    /// Its value where a hook gives none, as it is written in YAML.
    pub default: Option<String>,
    /// The only texts it takes; any where empty.
    pub choices: Vec<String>,
    pub description: String,
    /// The same as the action is told it.
    #[serde(skip)]
    pub default_value: Json,
}

/// The values of all parameters of an action, in its order: what a hook gives, else the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Arguments(pub Map<String, Json>);

impl Arguments {
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("texts and numbers have a JSON form")
    }
}

impl Parameter {
    /// Returns the value as the action is told it, or what is wrong with it and where.
    pub fn value(&self, node: &Node) -> Result<Json, (Place, String)> {
        let wrong = |place| (place, format!("`{}` must be {}", self.name, self.kind.expected()));
        let value = match (self.kind, &node.value) {
            (Kind::List | Kind::Globs, Value::List(items)) => {
                let texts = items.iter().map(|item| {
                    item.value.scalar().map(Json::from).ok_or_else(|| wrong(item.place))
                });
                Json::Array(texts.collect::<Result<_, _>>()?)
            }
            (Kind::Map, Value::Map(entries)) => {
                let pairs = entries.iter().map(|(key, value)| match value.value.scalar() {
                    Some(text) => Ok((key.text.clone(), Json::from(text))),
                    None => Err(wrong(value.place)),
                });
                Json::Object(pairs.collect::<Result<_, _>>()?)
            }
            (kind, value) => {
                let text = value.scalar().ok_or_else(|| wrong(node.place))?;
                match kind {
                    Kind::List | Kind::Globs => Json::from(vec![text]),
                    _ => scalar(kind, text).ok_or_else(|| wrong(node.place))?,
                }
            }
        };
        self.check_choice(node.place, &value)?;
        self.check_globs(node.place, &value)?;
        Ok(value)
    }

    fn check_choice(&self, place: Place, value: &Json) -> Result<(), (Place, String)> {
        if self.choices.is_empty() {
            return Ok(());
        }
        let one = [value.clone()];
        let given = value.as_array().map_or(&one[..], Vec::as_slice);
        let stray = given.iter().filter_map(Json::as_str).find(|text| !self.has_choice(text));
        stray.map_or(Ok(()), |text| {
            let choices = self.choices.join(", ");
            Err((place, format!("`{}` cannot be `{text}`: it is one of {choices}", self.name)))
        })
    }

    fn check_globs(&self, place: Place, value: &Json) -> Result<(), (Place, String)> {
        let globs = value.as_array().filter(|_| self.kind == Kind::Globs);
        let texts = globs.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned);
        let checked = Globs::of_paths(texts.collect());
        checked.map(|_| ()).map_err(|error| (place, format!("`{}`: {error}", self.name)))
    }

    fn has_choice(&self, text: &str) -> bool {
        self.choices.iter().any(|choice| choice == text)
    }
}

fn scalar(kind: Kind, text: &str) -> Option<Json> {
    match kind {
        Kind::Text => (!text.contains('\0')).then(|| Json::from(text)),
        Kind::Integer => text.parse::<i64>().ok().map(Json::from),
        Kind::Number => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Json::from),
        Kind::Boolean => text.parse::<bool>().ok().map(Json::from),
        Kind::Size => text.parse::<ByteSize>().ok().map(|size| Json::from(size.as_u64())),
        Kind::Duration => parse_duration(text).ok().map(|span| Json::from(span.as_secs_f64())),
        Kind::Path => {
            RepoPath::from_bytes(text).ok().filter(|path| !path.is_root()).map(|_| text.into())
        }
        Kind::Secret => is_variable(text).then(|| Json::from(text)),
        Kind::List | Kind::Globs | Kind::Map => None,
    }
}

fn is_variable(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    text.bytes().next().is_some_and(letter)
        && text.bytes().all(|b| letter(b) || b.is_ascii_digit())
        && !text.starts_with("MLV_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::yaml;
    use proptest::prelude::*;

    fn parameter(kind: Kind, choices: &[&str]) -> Parameter {
        Parameter {
            name: "limit".into(),
            kind,
            required: false,
            default: None,
            choices: choices.iter().map(|text| (*text).to_owned()).collect(),
            description: String::new(),
            default_value: Json::Null,
        }
    }

    fn told(kind: Kind, yaml: &str) -> Result<String, String> {
        let node = yaml::parse(yaml).unwrap();
        let value = parameter(kind, &[]).value(&node);
        value.map(|value| value.to_string()).map_err(|(_, message)| message)
    }

    #[test]
    fn each_kind_is_told_as_json() {
        let told: Vec<String> = [
            (Kind::Text, "'5'"),
            (Kind::Integer, "5"),
            (Kind::Number, "0.5"),
            (Kind::Boolean, "true"),
            (Kind::Size, "10MB"),
            (Kind::Duration, "1m500ms"),
            (Kind::List, "[a, 1]"),
            (Kind::List, "a"),
            (Kind::Globs, "'data/**'"),
            (Kind::Map, "{b: x, a: 1}"),
            (Kind::Path, "jobs/train.yaml"),
            (Kind::Secret, "API_TOKEN"),
        ]
        .map(|(kind, yaml)| told(kind, yaml).unwrap())
        .into();
        assert_eq!(
            told.join(" "),
            r#""5" 5 0.5 true 10000000 60.5 ["a","1"] ["a"] ["data/**"] {"b":"x","a":"1"} "jobs/train.yaml" "API_TOKEN""#
        );
    }

    #[test]
    fn what_is_of_another_kind_is_told_what_is_expected() {
        for (kind, name) in [(Kind::Integer, "5.5"), (Kind::Boolean, "yes"), (Kind::Size, "big")] {
            assert_eq!(
                told(kind, name).unwrap_err(),
                format!("`limit` must be {}", kind.expected())
            );
        }
        for (kind, yaml) in [
            (Kind::Text, "[a]"),
            (Kind::List, "[[a]]"),
            (Kind::Globs, "'a{'"),
            (Kind::Map, "{a: [b]}"),
            (Kind::Path, "../up"),
            (Kind::Secret, "MLV_X"),
            (Kind::Secret, "a b"),
            (Kind::Number, "'inf'"),
        ] {
            assert!(told(kind, yaml).is_err(), "{yaml}");
        }
    }

    #[test]
    fn a_text_that_is_no_choice_is_refused_also_in_a_list() {
        let one = parameter(Kind::Text, &["v1", "v2"]);
        let many = parameter(Kind::List, &["v1", "v2"]);
        assert!(one.value(&yaml::parse("v2").unwrap()).is_ok());
        assert!(many.value(&yaml::parse("[v1, v2]").unwrap()).is_ok());
        let message = "`limit` cannot be `v3`: it is one of v1, v2";
        assert_eq!(one.value(&yaml::parse("v3").unwrap()).unwrap_err().1, message);
        assert_eq!(many.value(&yaml::parse("[v1, v3]").unwrap()).unwrap_err().1, message);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_kind_panic(text in ".{0,20}") {
            for (_, kind) in Kind::ALL {
                let _ = scalar(kind, &text);
            }
        }
    }
}
