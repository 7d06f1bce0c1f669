//! The exact p-value, by counting orders of two samples: each is a path over a grid, a step right for a
//! number of one and up for a number of the other, and the gap is how far it leaves the diagonal.

/// Returns the share of the paths over a grid of `left` times `right` whose gap reaches `statistic`.
pub(super) fn p_value(left: usize, right: usize, statistic: f64) -> f64 {
    let (long, short) = (left.max(right) as i64, left.min(right) as i64);
    let divisor = greatest_common_divisor(long, short);
    let gap = (statistic * (long / divisor * short) as f64).round() as i64;
    match gap {
        0 => 1.0,
        _ if long == short => of_square(long, gap),
        _ => of_grid(Grid { long, short, divisor, gap }),
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Counts by reflection at the border, from the farthest reflection inwards.
fn of_square(side: i64, gap: i64) -> f64 {
    let mut sum = 0.0;
    for reflection in (0..=side / gap).rev() {
        let at = reflection * gap;
        let ratio = |step: i64| (side - at - step) as f64 / (side + at + step + 1) as f64;
        sum = (0..gap).map(ratio).product::<f64>() * (1.0 - sum);
    }
    2.0 * sum
}

/// A grid, and the gap in units of the least one that is possible.
#[derive(Debug, Clone, Copy)]
struct Grid {
    long: i64,
    short: i64,
    divisor: i64,
    gap: i64,
}

impl Grid {
    /// Returns the heights of a column, from the first to before the last, whose gap is below ours.
    fn inside(self, column: i64) -> (i64, i64) {
        let (rise, run) = (self.short / self.divisor, self.long / self.divisor);
        let low = (rise * column - self.gap).div_euclid(run) + 1;
        let high = (rise * column + self.gap + run - 1).div_euclid(run);
        (low.max(0), high.min(self.short + 1))
    }
}

/// Carries along, for each point of a column, the share of the paths to it that have been outside.
fn of_grid(grid: Grid) -> f64 {
    let mut outside = vec![1.0; grid.short as usize + 1];
    let (_, high) = grid.inside(0);
    outside[..high as usize].fill(0.0);
    for column in 1..=grid.long {
        let (low, high) = grid.inside(column);
        if low >= high {
            return 1.0;
        }
        let mut below = if low == 0 { 0.0 } else { 1.0 };
        for height in low..high {
            // Of all paths to a point, as many come from the left as there are steps to the right.
            let before = outside[height as usize] * column as f64 + below * height as f64;
            below = before / (column + height) as f64;
            outside[height as usize] = below;
        }
    }
    outside[grid.short as usize]
}
