//! "Did you mean": the candidates nearest to what was typed.

/// How alike two names are whose difference is a slip: one letter in three at most.
const LIKELY: f64 = 0.65;

/// Returns the candidates that a slip of the finger could have meant, nearest first, at most three.
pub fn most_similar<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| (similarity(typed, candidate), candidate))
        .filter(|(score, _)| *score > LIKELY)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by_key(|(_, candidate)| *candidate);
    scored.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

fn similarity(typed: &str, candidate: &str) -> f64 {
    let (typed, candidate) = (typed.to_lowercase(), candidate.to_lowercase());
    if typed.chars().count() >= 3 && candidate.starts_with(&typed) {
        return 0.9;
    }
    strsim::normalized_damerau_levenshtein(&typed, &candidate)
}

/// Returns the hint "did you mean `a` or `b`?", or nothing where no candidate is near.
pub fn did_you_mean<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let near = most_similar(typed, candidates);
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    let (last, others) = quoted.split_last()?;
    Some(match others {
        [] => format!("did you mean {last}?"),
        others => format!("did you mean {} or {last}?", others.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_candidates_are_offered_first() {
        let verbs = ["commit", "config", "merge", "completions"];
        assert_eq!(did_you_mean("comit", verbs).unwrap(), "did you mean `commit`?");
        assert_eq!(most_similar("mereg", verbs), ["merge"]);
        assert_eq!(most_similar("main", ["Main", "mian", "dev"]), ["Main", "mian"]);
    }

    #[test]
    fn nothing_near_gives_no_hint() {
        assert_eq!(did_you_mean("xyzzy", ["commit", "merge"]), None);
        assert_eq!(did_you_mean("x", []), None);
    }
}
