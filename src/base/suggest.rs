//! "Did you mean": the names closest to one that is unknown.

/// How alike two names must be, from 0 to 1, for one to be offered in place of the other.
const ALIKE: f64 = 0.75;

/// How much less alike than the closest another candidate may be.
const NEARLY: f64 = 0.04;

/// Returns up to three of `names` that a typo could have turned into `wrong`, the closest first.
pub fn candidates<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = found.first().map_or(0.0, |(alike, _)| *alike);
    found.retain(|(alike, _)| *alike >= best - NEARLY);
    found.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Returns `did you mean …?` for these candidates, or nothing where there are none.
pub fn did_you_mean(candidates: &[String]) -> Option<String> {
    let quoted: Vec<String> = candidates.iter().map(|name| format!("`{name}`")).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_comes_first_and_strangers_never() {
        let names = ["inputs", "outputs", "on", "timeout"];
        assert_eq!(candidates("outptus", names)[0], "outputs");
        assert!(candidates("zebra", names).is_empty());
        assert_eq!(did_you_mean(&[]), None);
        assert_eq!(did_you_mean(&["on".into()]).as_deref(), Some("did you mean `on`?"));
    }
}
