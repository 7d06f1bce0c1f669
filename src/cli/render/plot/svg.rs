//! Lines as SVG.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Span;
use crate::cli::render::values::figure;
use crate::ops::metrics::{Chart, Line};

/// The size of a panel, in pixels.
const PANEL: (u32, u32) = (860, 240);

/// Of fewer points each is marked.
const FEW_POINTS: usize = 60;

const INK: RGBColor = RGBColor(31, 94, 168);

/// Why nothing was drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plot cannot be drawn: {0}")]
pub struct DrawError(String);

/// Returns the chart as a file of SVG.
pub fn svg(chart: &Chart) -> Result<String, DrawError> {
    let panels = chart.lines.len().max(1);
    let mut text = String::new();
    {
        let size = (PANEL.0, PANEL.1 * panels as u32);
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let drawn = root.fill(&WHITE).map_err(told).and_then(|()| {
            let areas = root.split_evenly((panels, 1));
            chart
                .lines
                .iter()
                .zip(&areas)
                .try_for_each(|(line, area)| panel(line, &chart.axis, area))
        });
        drawn.and_then(|()| root.present().map_err(told))?;
    }
    Ok(text)
}

fn told(error: impl std::fmt::Display) -> DrawError {
    DrawError(error.to_string())
}

fn panel(
    line: &Line,
    axis: &str,
    area: &DrawingArea<SVGBackend<'_>, Shift>,
) -> Result<(), DrawError> {
    let (across, up) = Span::both(line);
    let room = up.high / 20.0 - up.low / 20.0;
    let mut chart = ChartBuilder::on(area)
        .caption(&line.name, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(72)
        .build_cartesian_2d(across.low..across.high, up.low - room..up.high + room)
        .map_err(told)?;
    chart
        .configure_mesh()
        .x_desc(axis)
        .x_labels(10)
        .y_labels(5)
        .light_line_style(WHITE)
        .x_label_formatter(&|x| figure(*x))
        .y_label_formatter(&|y| figure(*y))
        .draw()
        .map_err(told)?;
    let points = || line.points.iter().copied();
    chart.draw_series(LineSeries::new(points(), INK.stroke_width(2))).map_err(told)?;
    if line.points.len() <= FEW_POINTS {
        let dots = points().map(|point| Circle::new(point, 3, INK.filled()));
        chart.draw_series(dots).map_err(told)?;
    }
    Ok(())
}
