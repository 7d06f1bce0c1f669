//! The methods by which two distributions are compared, under the names that Evidently and NannyML
//! give them.

use serde::Serialize;

/// A way to compare two distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Ks,
    Wasserstein,
    #[serde(rename = "jensenshannon")]
    JensenShannon,
    Psi,
    KlDiv,
    Hellinger,
    Ed,
    #[serde(rename = "chisquare")]
    ChiSquare,
    #[serde(rename = "chisquare_contingency")]
    Contingency,
    Z,
    LInfinity,
    NannymlJs,
}

impl Method {
    pub const ALL: [Self; 12] = [
        Self::Ks,
        Self::Wasserstein,
        Self::JensenShannon,
        Self::Psi,
        Self::KlDiv,
        Self::Hellinger,
        Self::Ed,
        Self::ChiSquare,
        Self::Contingency,
        Self::Z,
        Self::LInfinity,
        Self::NannymlJs,
    ];

    /// Their names, in the same order.
    pub const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].name();
            at += 1;
        }
        names
    };

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ks => "ks",
            Self::Wasserstein => "wasserstein",
            Self::JensenShannon => "jensenshannon",
            Self::Psi => "psi",
            Self::KlDiv => "kl_div",
            Self::Hellinger => "hellinger",
            Self::Ed => "ed",
            Self::ChiSquare => "chisquare",
            Self::Contingency => "chisquare_contingency",
            Self::Z => "z",
            Self::LInfinity => "l_infinity",
            Self::NannymlJs => "nannyml_js",
        }
    }

    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::NAMES.into_iter()
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Tells whether its score is the probability of such data where nothing has changed: drift is what
    /// is improbable. Of the others, drift is what is far.
    pub fn is_test(self) -> bool {
        matches!(self, Self::Ks | Self::ChiSquare | Self::Contingency | Self::Z)
    }

    pub fn default_threshold(self) -> f64 {
        if self.is_test() { 0.05 } else { 0.1 }
    }

    /// Tells whether a score is drift. Evidently counts the threshold itself in some methods.
    pub fn drifts(self, score: f64, threshold: f64) -> bool {
        match self {
            Self::Ks => score <= threshold,
            Self::ChiSquare | Self::Contingency | Self::Z => score < threshold,
            Self::Ed => score > threshold,
            _ => score >= threshold,
        }
    }

    /// Returns how [`Method::drifts`] compares a score with the threshold.
    pub fn relation(self) -> &'static str {
        match self {
            Self::Ks => "≤",
            Self::ChiSquare | Self::Contingency | Self::Z => "<",
            Self::Ed => ">",
            _ => "≥",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_called_the_same_everywhere() {
        for method in Method::ALL {
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
            assert_eq!(Method::parse(method.name()), Some(method));
        }
        assert_eq!(Method::parse("t_test"), None);
        let action = include_str!("../../../hooks/drift/action.yaml");
        let names: Vec<&str> = Method::names().collect();
        assert!(action.contains(&format!("choices: [{}]", names.join(", "))));
    }
}
