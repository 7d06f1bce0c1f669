//! The file that says what is compared with what, and what counts as drift.

use std::collections::BTreeMap;

use crate::base::suggest;
use crate::base::yaml::{self, Key, Node, Place, Reader, SpecErrors, Value};
use crate::check::drift::method::Method;
use crate::check::drift::settings::{Mode, Settings};

const KEYS: [&str; 11] = [
    "data",
    "reference",
    "columns",
    "critical",
    "method",
    "mode",
    "share",
    "min_rows",
    "thresholds",
    "null_values",
    "description",
];

/// The texts that pandas takes for a missing value, where nothing else is said; the empty one is too.
const PANDAS_NULLS: [&str; 18] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

const MODES: [(&str, Mode); 2] = [("evidently", Mode::Evidently), ("strict", Mode::Strict)];

/// What is compared with what, and what counts as drift.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spec {
    /// A path, a glob or a directory.
    pub data: Option<String>,
    /// The same, or such of a revision as `REV:PATH`.
    pub reference: Option<String>,
    /// The only columns; all where none is named.
    pub columns: Vec<String>,
    pub settings: Settings,
    /// Texts that mean that a value is missing, in place of those that pandas takes for that.
    pub null_values: Option<Vec<String>>,
}

impl Spec {
    /// Returns the texts that mean that a value is missing.
    pub fn null_values(&self) -> Vec<String> {
        let usual = || PANDAS_NULLS.map(str::to_owned).to_vec();
        self.null_values.clone().unwrap_or_else(usual)
    }

    /// Reads a file, which messages call `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecErrors> {
        let mut reader = Reader::new();
        reader.open(name, text);
        let mut spec = Self::default();
        match yaml::parse(text) {
            Ok(tree) => {
                for (key, value) in reader.entries(&tree, "the file") {
                    spec.take(&mut reader, key, value);
                }
            }
            Err((place, message)) => reader.fault(place, message),
        }
        reader.finish(spec)
    }

    fn take(&mut self, reader: &mut Reader<'_>, key: &Key, value: &Node) {
        let settings = &mut self.settings;
        match key.text.as_str() {
            "data" => self.data = reader.words(value, "`data`").map(str::to_owned),
            "reference" => self.reference = reader.words(value, "`reference`").map(str::to_owned),
            "columns" => self.columns = texts(reader, value, "`columns`"),
            "critical" => settings.critical = texts(reader, value, "`critical`"),
            "null_values" => self.null_values = Some(texts(reader, value, "`null_values`")),
            "method" => {
                settings.method = reader
                    .words(value, "`method`")
                    .and_then(|name| method(reader, value.place, name));
            }
            "mode" => settings.mode = mode(reader, value).unwrap_or_default(),
            "share" => {
                let share = number(reader, value, "`share`", "a number above 0, at most 1");
                if let Some(share) = share.filter(|share| *share > 0.0 && *share <= 1.0) {
                    settings.share = share;
                } else if share.is_some() {
                    reader.fault(value.place, "`share` must be a number above 0, at most 1");
                }
            }
            "min_rows" => {
                let rows = match &value.value {
                    Value::Number(text) => text.parse().ok(),
                    _ => None,
                };
                match rows {
                    Some(rows) => settings.min_rows = rows,
                    None => reader.fault(value.place, "`min_rows` must be a whole number"),
                }
            }
            "thresholds" => settings.thresholds = thresholds(reader, value),
            "description" => {
                reader.text(value, "`description`");
            }
            _ => reader.stray_key(key, "the file", KEYS),
        }
    }
}

fn texts(reader: &mut Reader<'_>, node: &Node, what: &str) -> Vec<String> {
    reader.texts(node, what).into_iter().map(|(_, text)| text.to_owned()).collect()
}

fn number(reader: &mut Reader<'_>, node: &Node, what: &str, expected: &str) -> Option<f64> {
    let number = match &node.value {
        Value::Number(text) => text.parse::<f64>().ok().filter(|number| number.is_finite()),
        _ => None,
    };
    if number.is_none() {
        reader.wrong(node, what, expected);
    }
    number
}

fn method(reader: &mut Reader<'_>, place: Place, name: &str) -> Option<Method> {
    let found = Method::parse(name);
    if found.is_none() {
        let near = suggest::candidates(name, Method::names());
        let all = || format!("methods: {}", Method::names().collect::<Vec<_>>().join(", "));
        let help = suggest::did_you_mean(&near).unwrap_or_else(all);
        reader.fault_with(place, format!("no method is called `{name}`"), Some(help));
    }
    found
}

fn mode(reader: &mut Reader<'_>, node: &Node) -> Option<Mode> {
    let name = reader.words(node, "`mode`")?;
    let found = MODES.iter().find(|(known, _)| *known == name);
    if found.is_none() {
        let message = format!("`mode` must be `evidently` or `strict`, not `{name}`");
        reader.fault(node.place, message);
    }
    found.map(|(_, mode)| *mode)
}

fn thresholds(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<Method, f64> {
    let mut thresholds = BTreeMap::new();
    for (key, value) in reader.entries(node, "`thresholds`") {
        let what = format!("the threshold of `{}`", key.text);
        let threshold = number(reader, value, &what, "a number");
        if let (Some(method), Some(threshold)) = (method(reader, key.place, &key.text), threshold) {
            thresholds.insert(method, threshold);
        }
    }
    thresholds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let text = "data: data/new\nreference: v1:data/train.csv\ncolumns: [a, b]\ncritical: a\n\
                    method: psi\nmode: strict\nshare: 0.25\nmin_rows: 50\nthresholds: {psi: 0.2}\n\
                    null_values: ['-']\ndescription: weekly\n";
        let spec = Spec::parse("drift.yaml", text).unwrap();
        assert_eq!(spec.data.as_deref(), Some("data/new"));
        assert_eq!(spec.reference.as_deref(), Some("v1:data/train.csv"));
        assert_eq!((spec.columns.len(), spec.null_values), (2, Some(vec!["-".to_owned()])));
        let expected = Settings {
            method: Some(Method::Psi),
            thresholds: BTreeMap::from([(Method::Psi, 0.2)]),
            mode: Mode::Strict,
            share: 0.25,
            critical: vec!["a".to_owned()],
            min_rows: 50,
            all: false,
        };
        assert_eq!(spec.settings, expected);
        assert_eq!(Spec::parse("x.yaml", "").unwrap(), Spec::default());
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let text = "dat: x\nmethod: spi\nmode: loose\nshare: 2\nmin_rows: many\n\
                    thresholds: {psi: high, chi: 0.1}\ncolumns: {a: 1}\n";
        let errors = Spec::parse("drift.yaml", text).unwrap_err().0;
        let told: Vec<String> = errors
            .iter()
            .map(|error| {
                let help = error.help.as_deref().unwrap_or_default();
                format!("{}:{} {} [{help}]", error.place.line, error.place.column, error.message)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        1:1 unknown key `dat` of the file [did you mean `data`?]
        2:9 no method is called `spi` [methods: ks, wasserstein, jensenshannon, psi, kl_div, hellinger, ed, chisquare, chisquare_contingency, z, l_infinity, nannyml_js]
        3:7 `mode` must be `evidently` or `strict`, not `loose` []
        4:8 `share` must be a number above 0, at most 1 []
        5:11 `min_rows` must be a whole number []
        6:19 the threshold of `psi` must be a number; this is a text []
        6:25 no method is called `chi` [did you mean `chisquare`?]
        7:10 `columns` must be a text or a list of texts; this is a mapping []
        ");
    }
}
