//! Lines in the terminal, of Braille dots: two across and four down in each letter.

use super::Span;
use crate::cli::render::printable;
use crate::cli::render::values::figure;
use crate::ops::metrics::{Chart, Line};

/// How many letters a panel is high.
const ROWS: usize = 6;

/// How many letters it is wide at the most.
const MOST_COLUMNS: usize = 72;

/// The bits of the dots of a Braille letter: by column, then by row.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Returns the chart as lines of text.
pub fn terminal(chart: &Chart) -> Vec<String> {
    chart.lines.iter().flat_map(|line| panel(line, &chart.axis)).collect()
}

fn panel(line: &Line, axis: &str) -> Vec<String> {
    let (across, up) = Span::both(line);
    let canvas = Canvas::of(line, across, up);
    let (high, low) = (figure(up.high), figure(up.low));
    let margin = high.len().max(low.len());
    let last = line.points.last().map_or_else(String::new, |(_, y)| figure(*y));
    let mut lines = vec![format!("{}  {last}", printable(&line.name))];
    for (at, row) in canvas.rows().enumerate() {
        let label = match at {
            0 => high.as_str(),
            _ if at == ROWS - 1 => low.as_str(),
            _ => "",
        };
        lines.push(format!("{label:>margin$} │{row}"));
    }
    let (first, end) = (figure(across.low), figure(across.high));
    lines.push(format!("{:margin$} └ {} {first} to {end}", "", printable(axis)));
    lines
}

/// Dots, row by row.
struct Canvas {
    columns: usize,
    letters: Vec<u8>,
}

impl Canvas {
    fn of(line: &Line, across: Span, up: Span) -> Self {
        let columns = line.points.len().div_ceil(2).clamp(12, MOST_COLUMNS);
        let mut canvas = Self { columns, letters: vec![0; columns * ROWS] };
        let place = |(x, y): &(f64, f64)| {
            let column = (across.share(*x) * (columns * 2 - 1) as f64).round();
            (column as usize, ((1.0 - up.share(*y)) * (ROWS * 4 - 1) as f64).round())
        };
        let mut before = None;
        for point in &line.points {
            let (column, row) = place(point);
            let (from_column, from_row) = before.replace((column, row)).unwrap_or((column, row));
            canvas.stroke((from_column, from_row), (column, row));
        }
        canvas
    }

    /// Draws from one dot to another, a step for each dot of the longer side.
    fn stroke(&mut self, from: (usize, f64), to: (usize, f64)) {
        let (wide, high) = (to.0 as f64 - from.0 as f64, to.1 - from.1);
        let steps = wide.abs().max(high.abs()).max(1.0);
        for step in 0..=steps as usize {
            let share = step as f64 / steps;
            let column = (from.0 as f64 + share * wide).round() as usize;
            self.dot(column, (from.1 + share * high).round() as usize);
        }
    }

    fn dot(&mut self, column: usize, row: usize) {
        self.letters[row / 4 * self.columns + column / 2] |= DOTS[column % 2][row % 4];
    }

    fn rows(&self) -> impl Iterator<Item = String> + '_ {
        let letter = |bits: &u8| char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
        self.letters.chunks(self.columns).map(move |row| {
            row.iter().map(letter).collect::<String>().trim_end_matches('\u{2800}').to_owned()
        })
    }
}
