//! The lines of a history, drawn beside it: a column for each commit that is still to come.

use crate::base::CommitId;

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// The columns as they stand between two commits; each waits for one commit.
#[derive(Debug, Default)]
pub struct Graph {
    columns: Vec<Option<CommitId>>,
}

/// What is drawn beside one commit, all of one width.
#[derive(Debug, PartialEq, Eq)]
pub struct GraphRows {
    /// Beside its first line.
    pub node: String,
    /// Below it, where lines part or meet.
    pub link: Option<String>,
    /// Beside all further lines.
    pub rest: String,
}

impl Graph {
    /// Draws the next commit; children come before their parents.
    pub fn next(&mut self, id: CommitId, parents: &[CommitId]) -> GraphRows {
        let at = self.column_of(id).unwrap_or_else(|| self.open(id));
        let node = self.line(|index| if index == at { '*' } else { '│' });
        let before = self.columns.clone();
        self.columns[at] = None;
        let ends: Vec<usize> = parents.iter().map(|parent| self.lead(at, *parent)).collect();
        let link = link_row(&before, &self.columns, at, &ends);
        while self.columns.last() == Some(&None) {
            self.columns.pop();
        }
        let has_link = ends.iter().any(|end| *end != at);
        let mut rows = [node, link, self.line(|_| '│')];
        let width = rows.iter().map(|row| row.chars().count()).max().unwrap_or_default();
        for row in &mut rows {
            *row = format!("{row:<width$}");
        }
        let [node, link, rest] = rows;
        GraphRows { node, link: has_link.then_some(link), rest }
    }

    fn column_of(&self, id: CommitId) -> Option<usize> {
        self.columns.iter().position(|column| *column == Some(id))
    }

    /// Takes the first free column.
    fn open(&mut self, id: CommitId) -> usize {
        let free = self.columns.iter().position(Option::is_none).unwrap_or(self.columns.len());
        self.columns.resize(self.columns.len().max(free + 1), None);
        self.columns[free] = Some(id);
        free
    }

    /// Leads a line from column `at` to a parent and returns the column that the line touches.
    fn lead(&mut self, at: usize, parent: CommitId) -> usize {
        match self.column_of(parent) {
            // The line that waits further right joins here, so that main lines stay at the left.
            Some(other) if other > at && self.columns[at].is_none() => {
                self.columns[other] = None;
                self.columns[at] = Some(parent);
                other
            }
            Some(other) => other,
            None if self.columns[at].is_none() => {
                self.columns[at] = Some(parent);
                at
            }
            None => self.open(parent),
        }
    }

    fn line(&self, glyph: impl Fn(usize) -> char) -> String {
        let cells = self.columns.iter().enumerate();
        let cells = cells.map(|(index, column)| column.map_or(' ', |_| glyph(index)));
        cells.flat_map(|cell| [cell, ' ']).collect::<String>().trim_end().to_owned()
    }
}

/// Draws how the lines run from the columns above to those below; `ends` are joined to column `at`.
fn link_row(
    above: &[Option<CommitId>],
    below: &[Option<CommitId>],
    at: usize,
    ends: &[usize],
) -> String {
    let width = above.len().max(below.len());
    let mut cells = vec![0u8; 2 * width];
    for index in 0..width {
        let holds = |columns: &[Option<CommitId>]| columns.get(index).is_some_and(Option::is_some);
        cells[2 * index] |= if holds(above) { UP } else { 0 };
        cells[2 * index] |= if holds(below) { DOWN } else { 0 };
    }
    for end in ends {
        let (left, right) = (2 * at.min(*end), 2 * at.max(*end));
        for (offset, cell) in cells[left..=right].iter_mut().enumerate() {
            *cell |= if offset > 0 { LEFT } else { 0 };
            *cell |= if left + offset < right { RIGHT } else { 0 };
        }
    }
    cells.into_iter().map(glyph).collect::<String>().trim_end().to_owned()
}

fn glyph(arms: u8) -> char {
    const GLYPHS: [char; 16] =
        [' ', '╵', '╷', '│', '╴', '╯', '╮', '┤', '╶', '╰', '╭', '├', '─', '┴', '┬', '┼'];
    GLYPHS[usize::from(arms & 15)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hash;

    fn id(name: char) -> CommitId {
        CommitId(Hash::of(name.to_string().as_bytes()))
    }

    /// Draws commits written as their name and their parents, as in `"mab"`.
    fn drawn(history: &[&str]) -> String {
        let mut graph = Graph::default();
        let mut lines = Vec::new();
        for commit in history {
            let mut ids = commit.chars().map(id);
            let node = ids.next().unwrap();
            let rows = graph.next(node, &ids.collect::<Vec<_>>());
            lines.push(format!("{} {}", rows.node.trim_end(), commit.chars().next().unwrap()));
            lines.extend(rows.link.map(|link| link.trim_end().to_owned()));
        }
        lines.join("\n")
    }

    #[test]
    fn a_line_is_straight_and_ends_at_the_root() {
        assert_eq!(drawn(&["cb", "ba", "a"]), "* c\n* b\n* a");
    }

    #[test]
    fn a_side_branch_leaves_and_comes_back() {
        let expected = "* m\n├─╮\n│ * s\n* │ b\n├─╯\n* a";
        assert_eq!(drawn(&["mbs", "sa", "ba", "a"]), expected);
    }

    #[test]
    fn three_parents_and_crossing_lines_are_drawn() {
        let expected = "* m\n├─┬─╮\n│ │ * z\n│ * │ y\n* │ │ x\n├─┴─╯\n* a";
        let joined = drawn(&["mxyz", "za", "ya", "xa", "a"]);
        assert_eq!(joined.lines().last(), expected.lines().last());
        assert_eq!(joined.lines().take(3).collect::<Vec<_>>(), ["* m", "├─┬─╮", "│ │ * z"]);
    }

    #[test]
    fn a_second_tip_opens_a_column_and_frees_it_again() {
        assert_eq!(drawn(&["ca", "da", "a", "e"]), "* c\n│ * d\n├─╯\n* a\n* e");
    }
}
