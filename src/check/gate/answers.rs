//! Makes predictions that metrics are computed from out of rows as they were read.

use crate::check::gate::rows::{Texts, Values, label};
use crate::check::gate::spec::{GateSpec, Task};
use crate::check::metrics::{Metric, Predictions};

/// Labels of which it is clear which is positive.
const PAIRS: [(&str, &str); 3] = [("0", "1"), ("false", "true"), ("-1", "1")];

/// More labels than this are no classes.
const MOST_CLASSES: usize = 10_000;

impl GateSpec {
    /// Returns what is predicted, as the file or its metrics say.
    pub fn task(&self) -> Task {
        let rules = self.metrics.iter().chain(self.slices.iter().flat_map(|it| &it.metrics));
        let mut named = rules.filter_map(|rules| Metric::find(&rules.metric));
        let is_of_numbers = self.predictions.is_some() && named.any(Metric::is_of_numbers);
        let found = if is_of_numbers { Task::Regression } else { Task::Classification };
        self.task.unwrap_or(found)
    }

    /// Returns predictions held against what is true of the same rows; or what is wrong.
    pub fn answers(
        &self,
        truth: &Values,
        predicted: Option<&Values>,
        score: Option<&[f64]>,
        labels: &Texts,
    ) -> Result<Predictions, String> {
        let lacking = || {
            let (score, said) = (&self.columns.y_score, &self.columns.y_pred);
            format!("there is no column `{score}` and none `{said}`")
        };
        match (truth, predicted, score) {
            (_, None, None) | (Values::Numbers(_), Some(Values::Labels(_)), _) => Err(lacking()),
            (Values::Numbers(truth), Some(Values::Numbers(numbers)), _) => Ok(of(truth, numbers)),
            (Values::Numbers(truth), None, Some(numbers)) => Ok(of(truth, numbers)),
            (Values::Labels(truth), Some(Values::Labels(predicted)), score) => {
                self.classified(truth, Some(predicted), score, labels)
            }
            (Values::Labels(truth), _, score) => self.classified(truth, None, score, labels),
        }
    }

    fn classified(
        &self,
        truth: &[u32],
        predicted: Option<&[u32]>,
        score: Option<&[f64]>,
        labels: &Texts,
    ) -> Result<Predictions, String> {
        let is_positive = |code: &u32, positive: u32| *code == positive;
        match (self.positive(labels)?, predicted, score) {
            (Some(positive), predicted, score) => {
                let by_score = |score: &f64| *score >= self.threshold;
                let said = match (predicted, score) {
                    (Some(codes), _) => codes.iter().map(|it| is_positive(it, positive)).collect(),
                    (None, score) => score.unwrap_or_default().iter().map(by_score).collect(),
                };
                Ok(Predictions::Binary {
                    truth: truth.iter().map(|code| is_positive(code, positive)).collect(),
                    predicted: said,
                    score: score.map(<[f64]>::to_vec),
                })
            }
            (None, Some(_), _) if labels.all.len() > MOST_CLASSES => {
                let count = labels.all.len();
                Err(format!("{count} different labels are no classes: is it `task: regression`?"))
            }
            (None, Some(predicted), _) => Ok(Predictions::Classes {
                count: labels.all.len(),
                truth: truth.to_vec(),
                predicted: predicted.to_vec(),
            }),
            (None, None, _) => {
                let few: Vec<_> = labels.all.iter().take(5).map(|it| format!("`{it}`")).collect();
                let column = &self.columns.y_true;
                Err(format!("`{column}` has {}: say which is `positive:`", few.join(", ")))
            }
        }
    }

    /// Returns the code of what is positive; nothing where there are more classes than two.
    fn positive(&self, labels: &Texts) -> Result<Option<u32>, String> {
        if let Some(positive) = &self.positive {
            let code = labels.find(&label(positive));
            return match code {
                Some(code) => Ok(Some(code)),
                None => Err(format!("no row is labelled `{positive}`, which is to be positive")),
            };
        }
        let pair = PAIRS.iter().find(|(negative, positive)| {
            labels.all.iter().all(|label| label == negative || label == positive)
        });
        // Where all are negative, a code that no row has stands for the other.
        Ok(pair.map(|(_, positive)| labels.find(positive).unwrap_or(labels.all.len() as u32)))
    }
}

fn of(truth: &[f64], predicted: &[f64]) -> Predictions {
    Predictions::Numbers { truth: truth.to_vec(), predicted: predicted.to_vec() }
}
