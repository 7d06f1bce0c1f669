//! The values of a gate's file.

use crate::base::RepoPath;

/// Everything the file of a gate says.
#[derive(Debug, Clone, PartialEq)]
pub struct GateSpec {
    /// The file of predictions, or a glob of files that are one table.
    pub predictions: Option<String>,
    pub columns: Columns,
    pub task: Option<Task>,
    /// From which score on a row is said to be positive.
    pub threshold: f64,
    /// The label of what is positive.
    pub positive: Option<String>,
    pub metrics_file: Option<RepoPath>,
    pub eval_set: Option<DataSet>,
    pub allow_new_eval_set: bool,
    pub train_set: Option<DataSet>,
    /// Globs of what predictions are made from.
    pub inputs: Vec<String>,
    /// A revision, an alias of a model, or `target`.
    pub champion: String,
    pub metrics: Vec<MetricRules>,
    pub slices: Vec<Slices>,
    pub fairness: Vec<FairnessRules>,
}

/// What the columns of predictions are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub id: String,
    pub y_true: String,
    pub y_score: String,
    pub y_pred: String,
}

impl Default for Columns {
    fn default() -> Self {
        let [id, y_true, y_score, y_pred] =
            ["id", "y_true", "y_score", "y_pred"].map(str::to_owned);
        Self { id, y_true, y_score, y_pred }
    }
}

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Classification,
    Regression,
}

impl Task {
    pub const ALL: [(&'static str, Self); 2] =
        [("classification", Self::Classification), ("regression", Self::Regression)];
}

/// A table of rows that have ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    pub path: String,
    /// Its column of ids, where it is not called as that of the predictions.
    pub id: Option<String>,
    /// Its column of what is true, held against that of the predictions.
    pub y_true: Option<String>,
}

/// The rules of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRules {
    pub metric: String,
    pub lower_is_better: bool,
    pub rules: Vec<Rule>,
}

/// What a metric must keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    Min(f64),
    Max(f64),
    /// How much worse than the champion's it may be.
    MaxDrop(Margin),
    /// How much better than the champion's it must be.
    MinGain(Margin),
    /// How much worse, as a share of the champion's.
    Relative(f64),
    /// The interval of the difference to the champion's lies above what may be lost.
    NonInferior {
        level: f64,
        margin: Margin,
    },
    /// The champion is not right significantly more often.
    McNemar {
        level: f64,
    },
}

/// A distance to the champion's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    pub by: f64,
    /// Whether it is a share of the champion's value.
    pub is_share: bool,
}

impl Margin {
    /// Returns the distance to a value of the champion's.
    pub fn at(self, champion: f64) -> f64 {
        if self.is_share { self.by * champion.abs() } else { self.by }
    }
}

impl Rule {
    pub fn name(self) -> &'static str {
        match self {
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::MaxDrop(_) => "max_drop",
            Self::MinGain(_) => "min_gain",
            Self::Relative(_) => "relative",
            Self::NonInferior { .. } => "non_inferior",
            Self::McNemar { .. } => "mcnemar",
        }
    }

    /// Returns the number in the file that decides.
    pub fn bound(self) -> f64 {
        match self {
            Self::Min(bound) | Self::Max(bound) | Self::Relative(bound) => bound,
            Self::MaxDrop(margin) | Self::MinGain(margin) => margin.by,
            Self::NonInferior { margin, .. } => -margin.by,
            Self::McNemar { level } => 1.0 - level,
        }
    }

    pub fn needs_champion(self) -> bool {
        !matches!(self, Self::Min(_) | Self::Max(_))
    }
}

/// Rules for each group of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Slices {
    pub by: String,
    pub metrics: Vec<MetricRules>,
    /// Smaller groups are not judged.
    pub min_rows: u64,
}

/// How far groups may be apart.
#[derive(Debug, Clone, PartialEq)]
pub struct FairnessRules {
    pub by: String,
    pub bounds: Vec<(crate::check::metrics::Fairness, f64)>,
    /// Groups with fewer positive rows are left out.
    pub min_positives: u64,
}
