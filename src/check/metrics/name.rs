//! The metrics by their names.

use crate::check::metrics::Predictions;

/// A metric that is computed from predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    Auc,
    Accuracy,
    Precision,
    Recall,
    F1,
    LogLoss,
    Brier,
    Mae,
    Rmse,
    R2,
    Mape,
}

impl Metric {
    pub const ALL: [Self; 11] = [
        Self::Auc,
        Self::Accuracy,
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::LogLoss,
        Self::Brier,
        Self::Mae,
        Self::Rmse,
        Self::R2,
        Self::Mape,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Auc => "auc",
            Self::Accuracy => "accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::R2 => "r2",
            Self::Mape => "mape",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Tells whether the metric is of predicted numbers, not of predicted classes.
    pub fn is_of_numbers(self) -> bool {
        matches!(self, Self::Mae | Self::Rmse | Self::R2 | Self::Mape)
    }

    /// Tells whether the metric needs a score, not only a decision.
    pub fn needs_score(self) -> bool {
        matches!(self, Self::Auc | Self::LogLoss | Self::Brier)
    }

    /// Tells whether these predictions have this metric.
    pub fn is_of(self, predictions: &Predictions) -> bool {
        match predictions {
            Predictions::Binary { score: Some(_), .. } => !self.is_of_numbers(),
            Predictions::Binary { .. } | Predictions::Classes { .. } => {
                !self.is_of_numbers() && !self.needs_score()
            }
            Predictions::Numbers { .. } => self.is_of_numbers(),
        }
    }
}

/// Metrics of which less is better, beside those whose names end in `loss`.
const LOSSES: [&str; 6] = ["brier", "mae", "mse", "rmse", "mape", "perplexity"];

/// Tells whether less of a metric is better, as its name says; of `test.loss` the last part counts.
pub fn is_lower_better(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.ends_with("loss") || LOSSES.contains(&last)
}
