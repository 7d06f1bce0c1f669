//! A metric prepared for its rows.

use crate::check::metrics::classes::{Average, Classes};
use crate::check::metrics::ranked::Ranked;
use crate::check::metrics::{Metric, Predictions};

/// A metric over certain rows, told for any weights of them.
#[derive(Debug)]
pub struct Prepared(Form);

#[derive(Debug)]
enum Form {
    /// The mean of a loss that each row has of its own.
    Mean(Vec<f64>),
    RootMean(Vec<f64>),
    Ranked(Ranked),
    Classes(Classes),
    /// How much of the variance is explained.
    Determination {
        truth: Vec<f64>,
        squares: Vec<f64>,
    },
}

impl Prepared {
    /// Prepares a metric; nothing where the predictions do not have it.
    pub fn new(metric: Metric, predictions: &Predictions) -> Option<Self> {
        let form = match predictions {
            Predictions::Binary { truth, predicted, score } => {
                binary(metric, truth, predicted, score.as_deref())
            }
            Predictions::Classes { count, truth, predicted } => {
                Some(classes(metric, Average::Macro, *count, truth.clone(), predicted.clone())?)
            }
            Predictions::Numbers { truth, predicted } => numbers(metric, truth, predicted),
        };
        form.map(Self)
    }

    /// Returns the metric with each row counted as often as its weight says; NaN where it is not defined.
    pub fn value(&self, weights: &[u32]) -> f64 {
        match &self.0 {
            Form::Mean(losses) => mean(losses, weights),
            Form::RootMean(losses) => mean(losses, weights).sqrt(),
            Form::Ranked(ranked) => ranked.area(weights),
            Form::Classes(classes) => classes.value(weights),
            Form::Determination { truth, squares } => determination(truth, squares, weights),
        }
    }
}

fn binary(
    metric: Metric,
    truth: &[bool],
    predicted: &[bool],
    score: Option<&[f64]>,
) -> Option<Form> {
    let numbered = |values: &[bool]| values.iter().map(|value| u32::from(*value)).collect();
    Some(match metric {
        Metric::Auc => Form::Ranked(Ranked::new(score?, truth)),
        Metric::LogLoss => Form::Mean(losses(truth, score?, log_loss)),
        Metric::Brier => Form::Mean(losses(truth, score?, |is, p| (f64::from(is) - p).powi(2))),
        _ => classes(metric, Average::Positive, 2, numbered(truth), numbered(predicted))?,
    })
}

fn classes(
    metric: Metric,
    average: Average,
    count: usize,
    truth: Vec<u32>,
    predicted: Vec<u32>,
) -> Option<Form> {
    if metric == Metric::Accuracy {
        let right = truth.iter().zip(&predicted).map(|(truth, predicted)| truth == predicted);
        return Some(Form::Mean(right.map(|right| f64::from(u8::from(right))).collect()));
    }
    Some(Form::Classes(Classes::new(metric, average, count, truth, predicted)?))
}

fn numbers(metric: Metric, truth: &[f64], predicted: &[f64]) -> Option<Form> {
    let each = |loss: fn(f64, f64) -> f64| -> Vec<f64> {
        truth.iter().zip(predicted).map(|(truth, predicted)| loss(*truth, *predicted)).collect()
    };
    let square = |truth: f64, predicted: f64| (truth - predicted).powi(2);
    Some(match metric {
        Metric::Mae => Form::Mean(each(|truth, predicted| (truth - predicted).abs())),
        Metric::Rmse => Form::RootMean(each(square)),
        Metric::Mape => Form::Mean(each(|truth, predicted| {
            (truth - predicted).abs() / truth.abs().max(f64::EPSILON)
        })),
        Metric::R2 => Form::Determination { truth: truth.to_vec(), squares: each(square) },
        _ => return None,
    })
}

/// Returns what each probability costs; NaN for what is none.
fn losses(truth: &[bool], score: &[f64], loss: fn(bool, f64) -> f64) -> Vec<f64> {
    let of_row = |(is, p): (&bool, &f64)| {
        if (0.0..=1.0).contains(p) { loss(*is, *p) } else { f64::NAN }
    };
    truth.iter().zip(score).map(of_row).collect()
}

fn log_loss(is: bool, p: f64) -> f64 {
    let p = if is { p } else { 1.0 - p };
    -p.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

fn mean(losses: &[f64], weights: &[u32]) -> f64 {
    let weighted = losses.iter().zip(weights);
    let (sum, total) = weighted.fold((0.0, 0_u64), |(sum, total), (loss, weight)| {
        // What is not drawn says nothing, even where it is not defined.
        let own = if *weight == 0 { 0.0 } else { loss * f64::from(*weight) };
        (sum + own, total + u64::from(*weight))
    });
    sum / total as f64
}

fn determination(truth: &[f64], squares: &[f64], weights: &[u32]) -> f64 {
    let rows: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    if rows < 2 {
        return f64::NAN;
    }
    let middle = mean(truth, weights);
    let spread: Vec<f64> = truth.iter().map(|truth| (truth - middle).powi(2)).collect();
    let (left, all) = (mean(squares, weights), mean(&spread, weights));
    match (left == 0.0, all == 0.0) {
        (true, true) => 1.0,
        (false, true) => 0.0,
        _ => 1.0 - left / all,
    }
}
