//! Lines as a page of HTML that needs nothing from elsewhere.

use std::fmt::Write as _;

use super::svg::{DrawError, svg};
use crate::cli::render::values::figure;
use crate::ops::metrics::Chart;

/// Returns the chart as a page: the drawing, and the first and last value of each line.
pub fn html(chart: &Chart) -> Result<String, DrawError> {
    let title = escaped(&chart.title);
    let mut rows = String::new();
    for line in &chart.lines {
        let value = |point: Option<&(f64, f64)>| point.map_or_else(String::new, |it| figure(it.1));
        let (first, last) = (value(line.points.first()), value(line.points.last()));
        let name = escaped(&line.name);
        let _ = writeln!(rows, "<tr><td>{name}</td><td>{first}</td><td>{last}</td></tr>");
    }
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>\nbody {{ font: 15px sans-serif; margin: 2em auto; max-width: 880px }}\n\
         svg {{ max-width: 100%; height: auto }}\ntd, th {{ padding: 2px 12px; text-align: right }}\n\
         td:first-child, th:first-child {{ text-align: left }}\n</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n{}\n<table>\n<tr><th>name</th><th>first</th><th>last</th></tr>\n{rows}\
         </table>\n</body>\n</html>\n",
        svg(chart)?.trim_end()
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
