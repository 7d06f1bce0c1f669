//! How differently groups fare, as fairlearn defines it.

/// A difference between groups: the greatest between any two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fairness {
    /// Of how often they are said to be positive.
    DemographicParityDifference,
    /// Of how often they are said to be so rightly, or wrongly: the greater of both.
    EqualizedOddsDifference,
}

impl Fairness {
    pub const ALL: [Self; 2] = [Self::DemographicParityDifference, Self::EqualizedOddsDifference];

    pub fn name(self) -> &'static str {
        match self {
            Self::DemographicParityDifference => "demographic_parity_difference",
            Self::EqualizedOddsDifference => "equalized_odds_difference",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fairness| fairness.name() == name)
    }

    /// Returns the difference between these groups; NaN where there are none.
    pub fn of(self, groups: &[GroupRates]) -> f64 {
        let range = |rate: fn(&GroupRates) -> f64| {
            let most = groups.iter().map(rate).fold(f64::NAN, f64::max);
            let least = groups.iter().map(rate).fold(f64::NAN, f64::min);
            most - least
        };
        match self {
            Self::DemographicParityDifference => range(GroupRates::selection),
            Self::EqualizedOddsDifference => {
                range(GroupRates::true_positive).max(range(GroupRates::false_positive))
            }
        }
    }
}

/// What was said of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupRates {
    pub rows: u64,
    /// Rows that are positive.
    pub positives: u64,
    /// Positive rows that are said to be so.
    pub hits: u64,
    /// Negative rows that are said to be positive.
    pub false_alarms: u64,
}

impl GroupRates {
    pub fn selection(&self) -> f64 {
        share(self.hits + self.false_alarms, self.rows)
    }

    pub fn true_positive(&self) -> f64 {
        share(self.hits, self.positives)
    }

    pub fn false_positive(&self) -> f64 {
        share(self.false_alarms, self.rows - self.positives)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Counts what was said of each of `count` groups; `groups` has the number of each row's.
pub fn group_rates(
    truth: &[bool],
    predicted: &[bool],
    groups: &[u32],
    count: usize,
) -> Vec<GroupRates> {
    let mut rates = vec![GroupRates::default(); count];
    for ((is, said), group) in truth.iter().zip(predicted).zip(groups) {
        let rates = &mut rates[*group as usize];
        rates.rows += 1;
        rates.positives += u64::from(*is);
        rates.hits += u64::from(*is && *said);
        rates.false_alarms += u64::from(!*is && *said);
    }
    rates
}
