//! The one list of checks: the reader, its errors, the JSON Schema and the documentation are made of it.

use crate::check::drift::Method;
use crate::check::suite::rules::{self, Make};
use crate::check::suite::spec::keys::Shape::{
    Bound, Count, Duration, Expression, JsonSchema, Number, OneOf, Regex, Scalars, Share, Size,
    SomeOf, SomeShare, Text, Texts, Truth,
};
use crate::check::suite::spec::keys::{KeyInfo, LEVEL_KEYS, SHARE_KEYS, optional, required};

/// Where a check is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// In the list `checks:`.
    Dataset,
    /// Under a column.
    Column,
}

/// A check: its name, what it takes, and what it is for.
#[derive(Debug)]
pub struct CheckInfo {
    pub name: &'static str,
    pub stands: Stands,
    /// The key that a bare value stands for; without one, `true` or nothing is enough.
    pub bare: Option<&'static str>,
    pub keys: &'static [KeyInfo],
    /// Keys of which at least one must be given.
    pub one_of: &'static [&'static str],
    /// Keys that mean nothing without another: each with the one that it needs.
    pub together: &'static [(&'static str, &'static str)],
    /// Whether it judges row by row, so that `mostly` and `warn_below` mean something.
    pub by_rows: bool,
    /// Whether it looks at files, and not at their rows.
    pub of_files: bool,
    pub about: &'static str,
    pub(in crate::check::suite) make: Make,
}

impl CheckInfo {
    /// Returns all keys that the check takes, its own first.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static KeyInfo> + Clone + use<> {
        let shares: &[KeyInfo] = if self.by_rows { SHARE_KEYS } else { &[] };
        self.keys.iter().chain(shares).chain(LEVEL_KEYS)
    }

    const fn of(name: &'static str, stands: Stands, about: &'static str, make: Make) -> Self {
        Self {
            name,
            stands,
            bare: None,
            keys: &[],
            one_of: &[],
            together: &[],
            by_rows: false,
            of_files: false,
            about,
            make,
        }
    }

    const fn dataset(name: &'static str, about: &'static str, make: Make) -> Self {
        Self::of(name, Stands::Dataset, about, make)
    }

    const fn column(name: &'static str, about: &'static str, make: Make) -> Self {
        Self::of(name, Stands::Column, about, make)
    }

    const fn rows(self) -> Self {
        Self { by_rows: true, ..self }
    }

    const fn files(self) -> Self {
        Self { of_files: true, ..self }
    }

    const fn keys(self, keys: &'static [KeyInfo]) -> Self {
        Self { keys, ..self }
    }

    const fn bare(self, key: &'static str) -> Self {
        Self { bare: Some(key), ..self }
    }

    const fn one_of(self, keys: &'static [&'static str]) -> Self {
        Self { one_of: keys, ..self }
    }

    const fn together(self, keys: &'static [(&'static str, &'static str)]) -> Self {
        Self { together: keys, ..self }
    }
}

/// Returns the check of this name at this place.
pub fn find(stands: Stands, name: &str) -> Option<&'static CheckInfo> {
    CHECKS.iter().find(|check| check.stands == stands && check.name == name)
}

const MIN_MAX: &[&str] = &["min", "max"];
const MIN_MAX_EQUAL: &[&str] = &["min", "max", "equal"];

const COUNTED: &[KeyInfo] = &[
    optional("min", Count, "at least so many"),
    optional("max", Count, "at most so many"),
    optional("equal", Count, "exactly so many"),
];

const BETWEEN: &[KeyInfo] = &[
    optional("min", Number, "the least that it may be"),
    optional("max", Number, "the most that it may be"),
];

const SET: &[KeyInfo] = &[required("values", Scalars, "the values")];

const PATTERN: &[KeyInfo] =
    &[required("pattern", Regex, "a regular expression, which may match anywhere in the text")];

const AGAINST: KeyInfo = optional(
    "against",
    Text,
    "the revision to compare with; `target` is what the candidate would replace, and on the command \
     line `HEAD` [default: target]",
);

const AT: KeyInfo = optional(
    "against",
    Text,
    "the revision whose file is read [default: the one the suite is carried out on]",
);

const METHOD: KeyInfo = optional(
    "method",
    OneOf(&Method::NAMES),
    "the method for every column that it fits [default: as of `mlv drift`]",
);

const THRESHOLD: KeyInfo = optional(
    "threshold",
    Number,
    "from which score of that method on a column has drifted, or below which for a test \
     [default: 0.1, of a test 0.05]",
);

const MIN_ROWS: KeyInfo =
    optional("min_rows", Count, "the fewest rows of a side that are compared [default: 200]");

const WITH_METHOD: &[(&str, &str)] = &[("threshold", "method")];

/// Every check, in the order of the documentation.
pub const CHECKS: &[CheckInfo] = &[
    CheckInfo::dataset("columns", "The table has these columns.", rules::columns)
        .bare("names")
        .keys(&[
            required("names", Texts, "the names"),
            optional(
                "match",
                OneOf(&["exact", "equal", "subset", "superset"]),
                "`exact`: these in this order; `equal`: these in any order; `subset`: no others; \
                 `superset`: these, and maybe others [default: equal]",
            ),
        ]),
    CheckInfo::dataset("row_count", "How many rows there are.", rules::row_count)
        .bare("equal")
        .keys(COUNTED)
        .one_of(MIN_MAX_EQUAL),
    CheckInfo::dataset("duplicate_rows", "No row is the same as another.", rules::duplicate_rows)
        .rows(),
    CheckInfo::dataset(
        "unique",
        "No two rows have the same values in these columns. All rows of a group of equals count, and \
         rows in which all of them are missing are not considered.",
        rules::unique,
    )
    .rows()
    .bare("columns")
    .keys(&[required("columns", Texts, "the columns of the key")]),
    CheckInfo::dataset(
        "pair",
        "Two columns compare so in every row: as numbers where both are, else as texts. Rows in which \
         one of them is missing are not considered.",
        rules::pair,
    )
    .rows()
    .keys(&[
        required("left", Text, "a column"),
        required("op", OneOf(&["<", "<=", "==", "!=", ">=", ">"]), "how they compare"),
        required("right", Text, "the other column"),
    ]),
    CheckInfo::dataset(
        "expression",
        "A CEL expression is true of every row. It names columns, or any as `row[\"a name\"]`; a cell \
         that reads as a number is one, with a decimal point. Rows in which a column that it names is \
         missing are not considered, unless it says `null`.",
        rules::expression,
    )
    .rows()
    .bare("rule")
    .keys(&[required("rule", Expression, "the expression")]),
    CheckInfo::dataset(
        "row_count_change",
        "The rows, divided by those of the same dataset at another revision.",
        rules::row_count_change,
    )
    .keys(&[AGAINST, BETWEEN_MIN, BETWEEN_MAX])
    .one_of(MIN_MAX),
    CheckInfo::dataset(
        "schema_compatible",
        "All columns of the same dataset at another revision are there, with the same types.",
        rules::schema_compatible,
    )
    .keys(&[AGAINST, optional("added", Truth, "whether there may be more columns [default: true]")]),
    CheckInfo::dataset(
        "drift",
        "The values are distributed as those of the same dataset at another revision, as `mlv drift` \
         compares them. Where a side has too few rows, or a column that is named cannot be compared, it \
         is `not_run`, which refuses as failing does.",
        rules::drift,
    )
    .keys(&[
        AGAINST,
        optional("columns", Texts, "the only columns that are compared [default: all]"),
        optional("critical", Texts, "columns whose drift alone is the drift of the whole"),
        METHOD,
        THRESHOLD,
        optional(
            "share",
            SomeShare,
            "the share of drifted columns from which on the whole has drifted [default: 0.5]",
        ),
        MIN_ROWS,
    ])
    .together(WITH_METHOD),
    CheckInfo::dataset(
        "split_overlap",
        "No row has a key that another dataset has, as when test rows are in the training data.",
        rules::split_overlap,
    )
    .rows()
    .keys(&[
        required("dataset", Text, "the other dataset: a path or a glob"),
        required("columns", Texts, "the columns of the key"),
        AT,
    ]),
    CheckInfo::dataset("file_count", "How many files there are.", rules::file_count)
        .files()
        .bare("equal")
        .keys(COUNTED)
        .one_of(MIN_MAX_EQUAL),
    CheckInfo::dataset("file_size", "How large each file is.", rules::file_size)
        .files()
        .keys(&[
            optional("min", Size, "at least so large, as in 1kB"),
            optional("max", Size, "at most so large, as in 10MB"),
        ])
        .one_of(MIN_MAX),
    CheckInfo::dataset("file_extension", "How the name of each file ends.", rules::file_extension)
        .files()
        .bare("values")
        .keys(&[required("values", Texts, "the endings, without the dot")]),
    CheckInfo::dataset(
        "decodable",
        "Each image, table and file of tensors can be read as what its name says: images wholly, of \
         others the head.",
        rules::decodable,
    )
    .files(),
    CheckInfo::column(
        "type",
        "Each value reads as one of this type; of typed files, the column is of it.",
        rules::type_of,
    )
    .rows()
    .bare("is")
    .keys(&[required(
        "is",
        OneOf(&["int", "number", "float", "bool", "date", "timestamp", "text", "json"]),
        "the type; `float` is `number`",
    )]),
    CheckInfo::column("not_null", "No value is missing. All rows are considered.", rules::not_null)
        .rows(),
    CheckInfo::column(
        "unique",
        "No value occurs twice. All rows with a repeated value count.",
        rules::unique,
    )
    .rows(),
    CheckInfo::column("in_set", "Each value is one of these.", rules::in_set)
        .rows()
        .bare("values")
        .keys(SET),
    CheckInfo::column("not_in_set", "No value is one of these.", rules::not_in_set)
        .rows()
        .bare("values")
        .keys(SET),
    CheckInfo::column("range", "Each value is a number, or a date, between these.", rules::range)
        .rows()
        .keys(&[
            optional("min", Bound, "the least, a number or a date"),
            optional("max", Bound, "the greatest"),
            optional("strict", Truth, "whether the ends themselves are outside [default: false]"),
            optional("strict_min", Truth, "whether `min` itself is outside"),
            optional("strict_max", Truth, "whether `max` itself is outside"),
        ])
        .one_of(MIN_MAX),
    CheckInfo::column("regex", "Each value matches.", rules::regex)
        .rows()
        .bare("pattern")
        .keys(PATTERN),
    CheckInfo::column("not_regex", "No value matches.", rules::not_regex)
        .rows()
        .bare("pattern")
        .keys(PATTERN),
    CheckInfo::column("length", "How many characters each value has.", rules::length)
        .rows()
        .bare("equal")
        .keys(COUNTED)
        .one_of(MIN_MAX_EQUAL),
    CheckInfo::column(
        "date_format",
        "Each value is a date that is written so, and that exists.",
        rules::date_format,
    )
    .rows()
    .bare("format")
    .keys(&[required("format", Text, "the format, in the signs of `strftime`")]),
    CheckInfo::column("distinct", "How many different values there are.", rules::distinct)
        .keys(&[
            optional("min", Count, "at least so many"),
            optional("max", Count, "at most so many"),
            optional("min_ratio", Share, "at least this share of the values that are there"),
            optional("max_ratio", Share, "at most this share"),
        ])
        .one_of(&["min", "max", "min_ratio", "max_ratio"]),
    CheckInfo::column(
        "increasing",
        "No value is less than the one before: as numbers where both are, else as texts.",
        rules::increasing,
    )
    .rows()
    .keys(&[optional("strict", Truth, "whether equal values are refused too [default: false]")]),
    CheckInfo::column("json_schema", "Each value is JSON that this schema allows.", rules::json_schema)
        .rows()
        .keys(&[required("schema", JsonSchema, "the JSON Schema, written out")]),
    CheckInfo::column("finite", "Each value is a number, and neither NaN nor infinite.", rules::finite)
        .rows(),
    CheckInfo::column("min", "The least value.", rules::minimum).keys(BETWEEN).one_of(MIN_MAX),
    CheckInfo::column("max", "The greatest value.", rules::maximum).keys(BETWEEN).one_of(MIN_MAX),
    CheckInfo::column("mean", "The mean.", rules::mean).keys(BETWEEN).one_of(MIN_MAX),
    CheckInfo::column("median", "The median.", rules::median).keys(BETWEEN).one_of(MIN_MAX),
    CheckInfo::column("stdev", "The standard deviation (n - 1).", rules::stdev)
        .keys(BETWEEN)
        .one_of(MIN_MAX),
    CheckInfo::column("sum", "The sum.", rules::sum).keys(BETWEEN).one_of(MIN_MAX),
    CheckInfo::column("quantile", "A quantile, interpolated between neighbours.", rules::quantile)
        .keys(&[required("q", Share, "which, from 0 to 1"), BETWEEN_MIN, BETWEEN_MAX])
        .one_of(MIN_MAX),
    CheckInfo::column(
        "z_score",
        "No value is more than so many standard deviations from the mean.",
        rules::z_score,
    )
    .rows()
    .bare("max")
    .keys(&[required("max", Number, "how many")]),
    CheckInfo::column(
        "foreign_key",
        "Each value occurs in a column of another dataset.",
        rules::foreign_key,
    )
    .rows()
    .keys(&[
        required("dataset", Text, "the other dataset: a path or a glob"),
        required("key", Text, "the column of it"),
        AT,
    ]),
    CheckInfo::column(
        "new_categories",
        "Each value occurs in the same column at another revision.",
        rules::new_categories,
    )
    .rows()
    .keys(&[AGAINST]),
    CheckInfo::column(
        "drift",
        "The values are distributed as those of the same column at another revision, as `mlv drift` \
         compares them. Where a side has too few rows, or values of this kind are not compared, it is \
         `not_run`, which refuses as failing does.",
        rules::drift,
    )
    .keys(&[AGAINST, METHOD, THRESHOLD, MIN_ROWS])
    .together(WITH_METHOD),
    CheckInfo::column("freshness", "The newest date or time is not too old.", rules::freshness)
        .bare("max_age")
        .keys(&[required("max_age", Duration, "how old it may be, as in 36h or 7d")]),
    CheckInfo::column("class_balance", "How the values are spread.", rules::class_balance)
        .keys(&[
            optional("min_share", Share, "the least share of the rarest value"),
            optional("max_share", Share, "the greatest share of the commonest value"),
            optional("max_ratio", Number, "how many times the commonest may be the rarest"),
        ])
        .one_of(&["min_share", "max_share", "max_ratio"]),
    CheckInfo::column(
        "pii",
        "No value holds what tells of a person or opens a door; what is found is never shown.",
        rules::pii,
    )
    .rows()
    .bare("kinds")
    .keys(&[optional(
        "kinds",
        SomeOf(rules::PII_KINDS),
        "what is looked for [default: all]; a card number must pass Luhn's test, an IBAN mod 97",
    )]),
];

const BETWEEN_MIN: KeyInfo = optional("min", Number, "the least that it may be");
const BETWEEN_MAX: KeyInfo = optional("max", Number, "the most that it may be");
