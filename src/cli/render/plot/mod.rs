//! Lines drawn: in the terminal, as SVG, as a page of HTML. Each line has a panel of its own, as metrics
//! are of different sizes.

mod html;
mod svg;
mod terminal;

pub use html::html;
pub use svg::{DrawError, svg};
pub use terminal::terminal;

use crate::ops::metrics::Line;

/// A stretch of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    /// Returns the stretch that holds all of these, never an empty one.
    fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
            (low.min(it), high.max(it))
        });
        if low < high {
            return Self { low, high };
        }
        let middle = if low.is_finite() { low } else { 0.0 };
        let room = if middle == 0.0 { 0.5 } else { middle.abs() * 0.05 };
        Self { low: middle - room, high: middle + room }
    }

    /// Returns both stretches of a line: over the axis, and of its values.
    fn both(line: &Line) -> (Self, Self) {
        (Self::of(line.points.iter().map(|it| it.0)), Self::of(line.points.iter().map(|it| it.1)))
    }

    /// Returns where a number lies, from 0 to 1.
    fn share(self, number: f64) -> f64 {
        // Halved first: the stretch of two huge numbers has no width that a number can hold.
        let half = |a: f64, b: f64| a / 2.0 - b / 2.0;
        (half(number, self.low) / half(self.high, self.low)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests;
