//! Makes the profile of a column from its batches: texts that are numbers are read as such, once.

use arrow_array::StringArray;

use crate::check::drift::category::Tally;
use crate::check::drift::profile::{Profile, Values};
use crate::check::stats::Sample;
use crate::format::table::{Column, plain_number};

/// Gathers what a column holds.
#[derive(Debug, Default)]
pub struct Collector {
    rows: u64,
    held: Held,
    /// Whether numbers are taken as the texts that they are.
    as_text: bool,
}

/// What a column has turned out to hold so far.
#[derive(Debug, Default)]
enum Held {
    #[default]
    Nothing,
    Numbers {
        numbers: Vec<f64>,
        integers: bool,
    },
    Texts(Tally),
    ManyTexts,
    Times,
    /// Numbers, then texts: what the numbers were as texts is no longer known.
    Both,
}

impl Collector {
    /// Returns a collector that takes every value as text.
    pub fn of_texts() -> Self {
        Self { as_text: true, ..Self::default() }
    }

    /// Takes the next rows in.
    pub fn take(&mut self, column: &Column) {
        self.rows += column.len() as u64;
        match column {
            Column::Text(texts) if !self.as_text && self.takes_numbers() => {
                self.take_written(texts);
            }
            Column::Int(numbers) if !self.as_text => {
                self.take_numbers(numbers.iter().flatten().map(|number| number as f64), true);
            }
            Column::Float(numbers) if !self.as_text => {
                self.take_numbers(numbers.iter().flatten(), false);
            }
            Column::Date(_) | Column::Timestamp(_) if !self.as_text => self.take_times(column),
            _ => self.take_texts(column),
        }
    }

    /// Returns the profile; nothing where numbers were followed by texts, which `of_texts` can read.
    pub fn finish(self) -> Option<Profile> {
        let values = match self.held {
            Held::Nothing => Values::None,
            Held::Numbers { numbers, .. } if numbers.is_empty() => Values::None,
            Held::Numbers { numbers, integers } => {
                Values::Numbers { sample: Sample::new(numbers), integers }
            }
            Held::Texts(tally) => Values::Texts(tally.finish()),
            Held::ManyTexts => Values::ManyTexts,
            Held::Times => Values::Times,
            Held::Both => return None,
        };
        Some(Profile { rows: self.rows, values })
    }

    fn takes_numbers(&self) -> bool {
        matches!(self.held, Held::Nothing | Held::Numbers { .. })
    }

    /// Takes numbers of a file that has them as such.
    fn take_numbers(&mut self, new: impl Iterator<Item = f64>, whole: bool) {
        let mut new = new.peekable();
        if new.peek().is_none() {
            return;
        }
        if let Held::Nothing = self.held {
            self.held = Held::Numbers { numbers: Vec::new(), integers: true };
        }
        match &mut self.held {
            Held::Numbers { numbers, integers } => {
                *integers &= whole;
                numbers.extend(new);
            }
            _ => self.held = Held::Both,
        }
    }

    /// Takes texts for the numbers they are; where one of the first is none, all are texts.
    fn take_written(&mut self, texts: &StringArray) {
        let held = std::mem::take(&mut self.held);
        let (mut numbers, mut integers) = match held {
            Held::Numbers { numbers, integers } => (numbers, integers),
            _ => (Vec::new(), true),
        };
        let before = numbers.len();
        for text in texts.iter().flatten() {
            match written(text) {
                Written::Blank => {}
                Written::Whole(number) => numbers.push(number),
                Written::Number(number) => {
                    integers = false;
                    numbers.push(number);
                }
                Written::Text if before == 0 => {
                    return self.take_texts(&Column::Text(texts.clone()));
                }
                Written::Text => {
                    self.held = Held::Both;
                    return;
                }
            }
        }
        self.held = Held::Numbers { numbers, integers };
    }

    fn take_times(&mut self, column: &Column) {
        if (0..column.len()).all(|row| column.is_null(row)) {
            return;
        }
        self.held = match std::mem::take(&mut self.held) {
            Held::Nothing | Held::Times => Held::Times,
            Held::Numbers { numbers, .. } if numbers.is_empty() => Held::Times,
            _ => Held::Both,
        };
    }

    fn take_texts(&mut self, column: &Column) {
        for row in 0..column.len() {
            let Some(text) = column.text(row).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            match &mut self.held {
                Held::Texts(tally) => {
                    if !tally.add(&text) {
                        self.held = Held::ManyTexts;
                    }
                }
                Held::Nothing => self.held = first_text(&text),
                Held::Numbers { numbers, .. } if numbers.is_empty() => {
                    self.held = first_text(&text);
                }
                Held::ManyTexts => return,
                Held::Numbers { .. } | Held::Times | Held::Both => {
                    self.held = Held::Both;
                    return;
                }
            }
        }
    }
}

fn first_text(text: &str) -> Held {
    let mut tally = Tally::default();
    tally.add(text);
    Held::Texts(tally)
}

/// A cell of a file of text.
enum Written {
    Blank,
    Whole(f64),
    Number(f64),
    Text,
}

fn written(text: &str) -> Written {
    let text = text.trim_ascii();
    let Some(number) = plain_number(text.as_bytes()).or_else(|| text.parse().ok()) else {
        return if text.is_empty() { Written::Blank } else { Written::Text };
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    let is_whole = digits.iter().all(u8::is_ascii_digit);
    // Whole numbers have no zero below zero.
    if is_whole { Written::Whole(number + 0.0) } else { Written::Number(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[Option<&str>]) -> Column {
        Column::Text(cells.to_vec().into())
    }

    fn collected(columns: &[Column]) -> Option<Profile> {
        let mut collector = Collector::default();
        for column in columns {
            collector.take(column);
        }
        collector.finish()
    }

    fn numbers(profile: &Profile) -> (&[f64], bool) {
        match &profile.values {
            Values::Numbers { sample, integers } => (sample.numbers(), *integers),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn written_numbers_are_numbers_and_gaps_leave() {
        let cells =
            [Some("3"), None, Some(" -1"), Some(""), Some("+0"), Some("12345678901234567890")];
        let whole = collected(&[texts(&cells)]).unwrap();
        assert_eq!(numbers(&whole), (&[-1.0, 0.0, 3.0, 12_345_678_901_234_567_890.0][..], true));
        assert_eq!((whole.rows, whole.values()), (6, 4));
        let some =
            collected(&[texts(&[Some("3"), Some("1e1"), Some("NaN"), Some("inf")])]).unwrap();
        assert_eq!(numbers(&some), (&[3.0, 10.0][..], false));
    }

    #[test]
    fn one_text_makes_all_of_a_column_texts() {
        let Values::Texts(counted) = collected(&[texts(&[Some("3"), Some("x")])]).unwrap().values
        else {
            panic!("texts")
        };
        assert_eq!(counted.iter().collect::<Vec<_>>(), [("3", 1), ("x", 1)]);
        assert!(collected(&[texts(&[Some("3")]), texts(&[Some("x")])]).is_none());
        let mut again = Collector::of_texts();
        again.take(&texts(&[Some("3")]));
        again.take(&texts(&[Some("x")]));
        assert_eq!(again.finish().unwrap().values, Values::Texts(counted));
    }

    #[test]
    fn typed_columns_are_what_their_types_say() {
        let int = Column::Int(vec![Some(2), None, Some(1)].into());
        assert_eq!(
            numbers(&collected(std::slice::from_ref(&int)).unwrap()),
            (&[1.0, 2.0][..], true)
        );
        let float = Column::Float(vec![Some(2.0)].into());
        assert!(!numbers(&collected(&[int, float]).unwrap()).1);
        let truth = collected(&[Column::Bool(vec![Some(true), None].into())]).unwrap();
        assert_eq!(truth.values(), 1);
        let day = Column::Date(vec![Some(1)].into());
        assert_eq!(collected(&[day]).unwrap().values, Values::Times);
        let gap = collected(&[texts(&[None, None]), Column::Int(vec![None].into())]).unwrap();
        assert_eq!((gap.rows, gap.values), (3, Values::None));
    }

    #[test]
    fn more_texts_than_categories_ever_are_take_no_room() {
        let cells: Vec<String> = (0..100_010).map(|n| format!("id {n}")).collect();
        let column = Column::Text(cells.iter().map(Some).collect());
        assert_eq!(collected(&[column.clone(), column]).unwrap().values, Values::ManyTexts);
    }
}
