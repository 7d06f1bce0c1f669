use proptest::prelude::*;

use super::*;
use crate::base::{RepoPath, Timestamp};
use crate::hook::context::{Author, Change, ChangeKind};
use crate::hook::event::Event;

fn told(branch: Option<&str>, changed: &[&str]) -> EventContext {
    let mut told = EventContext::new(Event::PreCommit, "/repo".into(), Timestamp::from_seconds(0));
    told.branch = branch.map(str::to_owned);
    told.message = Some("February".into());
    told.author = Some(Author { name: "Ada".into(), email: "ada@example.org".into() });
    told.meta = vec![("stage".into(), "candidate".into())];
    let change = |path: &&str| Change {
        path: RepoPath::from_bytes(*path).unwrap(),
        change: ChangeKind::Added,
    };
    told.changes = changed.iter().map(change).collect();
    told
}

fn holds(text: &str) -> Result<bool, ConditionError> {
    let condition = Condition::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    condition.holds(&told(Some("release/1"), &["data/a.csv", "params.yaml"]))
}

fn fault(text: &str) -> String {
    let fault = Condition::parse(text).expect_err(text);
    let at = fault.at.map(|(start, width)| format!("{start}+{width}: ")).unwrap_or_default();
    let help = fault.help.map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{at}{}{help}", fault.reason)
}

#[test]
fn conditions_see_the_event_and_what_it_changes() {
    for text in [
        "event.branch.startsWith(\"release/\")",
        "event.name == 'pre-commit'",
        "changed.exists(p, p.endsWith('.csv'))",
        "changes.all(c, c.change == 'added')",
        "changes.exists(c, c.path.startsWith('data/') && c.change == 'added')",
        "size(changed) == 2 && changed.size() == 2",
        "event.author.email.endsWith('@example.org')",
        "event.meta.stage == 'candidate' && has(event.meta.stage) && 'stage' in event.meta",
        "event.message.matches('^Feb')",
        "changed.filter(p, p.contains('data')).map(p, p) == ['data/a.csv']",
        "'params.yaml' in changed",
        "!has(event.meta.other)",
    ] {
        assert_eq!(holds(text), Ok(true), "{text}");
    }
    assert_eq!(holds("event.branch == 'main' || changed.exists(p, p == 'x')"), Ok(false));
}

#[test]
fn what_does_not_apply_is_null() {
    for field in ["tag", "source_branch", "target_branch", "commit", "base_commit", "tree", "git"] {
        assert_eq!(holds(&format!("event.{field} == null")), Ok(true), "{field}");
    }
    assert_eq!(holds("event.tag != null && event.tag.startsWith('v')"), Ok(false));
    assert_eq!(holds("event.parents.size() == 0"), Ok(true));
}

#[test]
fn what_cannot_be_evaluated_is_neither_true_nor_false() {
    for text in
        ["event.tag.startsWith('v')", "event.meta.missing == 'x'", "1 / (size(changed) - 2) == 1"]
    {
        assert!(matches!(holds(text), Err(ConditionError::Evaluate { .. })), "{text}");
    }
}

#[test]
fn faults_are_found_before_any_event() {
    insta::assert_snapshot!(fault("evnt.branch == 'main'"), @"0+4: names `evnt`, which does not exist (did you mean `event`?)");
    insta::assert_snapshot!(fault("event.brunch == 'main'"), @"6+6: names `event.brunch`, which does not exist (did you mean `branch`?)");
    insta::assert_snapshot!(fault("event.author.mail == 'x'"), @"13+4: names `event.author.mail`, which does not exist (did you mean `email`?)");
    insta::assert_snapshot!(fault("event.branch.beginsWith('r')"), @"13+10: calls `beginsWith`, which does not exist (did you mean `endsWith`?)");
    insta::assert_snapshot!(fault("changed.exists(p, q.endsWith('.csv'))"), @"18+1: names `q`, which does not exist (it sees `event`, `changed`, `changes`)");
    assert!(fault("event.branch + 1 == 'x'").starts_with("can never be evaluated"));
    insta::assert_snapshot!(fault("event.branch"), @"is neither true nor false, but a text");
    insta::assert_snapshot!(fault("event.branch = 'main'"), @"13+1: is not an expression: token recognition error at: '= ' (texts are compared with `==`; `&&`, `||` and `!` join conditions)");
    insta::assert_snapshot!(fault("event.branch == 'main"), @"16+1: is not an expression: token recognition error at: ''main' (texts are compared with `==`; `&&`, `||` and `!` join conditions)");
    insta::assert_snapshot!(fault("(event.branch == 'main'"), @"23+1: is not an expression: missing ')' at its end");
    insta::assert_snapshot!(fault("changed.exists(p.endsWith('.csv'))"), @"15+1: names `p`, which does not exist (it sees `event`, `changed`, `changes`)");
    insta::assert_snapshot!(fault("Thing{} == null"), @"0+5: makes a `Thing`, which does not exist");
}

fn of_many(count: usize) -> EventContext {
    let many: Vec<String> = (0..count).map(|i| format!("data/part-{i:07}.csv")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    told(Some("main"), &many)
}

#[test]
fn lists_of_many_paths_are_gone_through_once_for_each_loop() {
    let told = of_many(100_000);
    let start = std::time::Instant::now();
    for text in [
        "!changed.exists(p, p.endsWith('9.tsv'))",
        "changed.filter(p, p.contains('part')).size() == 100000",
        "changed.map(p, p.startsWith('data/')).all(x, x)",
        "changed.filter(p, p.endsWith('00.csv')).map(p, p + '!').exists(p, p == 'data/part-0000100.csv!')",
        "changes.filter(c, c.change == 'added').map(c, c.path).size() == 100000",
        "changed.map(p, p.endsWith('1.csv'), p).size() == 10000",
        "changed.exists_one(p, p == 'data/part-0000007.csv')",
        "changed.all(p, event.meta.stage == 'candidate' && p.size() > event.branch.size())",
        "'data/part-0099999.csv' in changed && (changed + ['x']).size() == 100001",
    ] {
        assert_eq!(Condition::parse(text).unwrap().holds(&told), Ok(true), "{text}");
    }
    assert!(start.elapsed() < std::time::Duration::from_mins(1), "{:?}", start.elapsed());
}

#[test]
fn a_million_paths_take_seconds_or_are_refused_at_once() {
    let told = of_many(1_000_000);
    let start = std::time::Instant::now();
    let over = |text: &str| Condition::parse(text).unwrap().holds(&told);
    assert_eq!(over("changed.exists(p, p.endsWith('9.tsv'))"), Ok(false));
    assert_eq!(over("changed.filter(p, p.endsWith('7.csv')).size() == 100000"), Ok(true));
    let done = start.elapsed();
    assert!(done < std::time::Duration::from_mins(1), "{done:?}");
    for text in [
        "changed.exists(p, p.matches('[0-9]+$'))",
        "changed.all(p, p in changed)",
        "changed.exists(p, changed == [p])",
        "changed.exists(p, (changed + [p]).size() == 2)",
        "changed.exists(p, [changed, [p]].size() == 3)",
        "changed.map(p, changed).size() == 1",
        "changed.exists(p, event.cause == p)",
    ] {
        let refused = over(text);
        assert_eq!(refused, Err(ConditionError::TooMuchWork { changes: 1_000_000 }), "{text}");
    }
    let last = start.elapsed().saturating_sub(done);
    assert!(last < std::time::Duration::from_secs(5), "{last:?}");
    insta::assert_snapshot!(
        over("changed.all(p, p in changed)").unwrap_err(),
        @"would take too long over 1000000 changed paths: name them under `paths`, or let the command read the file `MLV_CHANGED_FILES`"
    );
}

#[test]
fn evaluation_is_bounded() {
    let told = of_many(20_000);
    let over = |text: &str| Condition::parse(text).unwrap().holds(&told);
    assert_eq!(over("changed.map(a, a + a + a).size() > 3"), Ok(true));
    for text in [
        "changed.all(a, changed.exists(b, a != b))",
        "changed.map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).size() > 3",
        "changed.map(a, [changed]).size() > 3",
    ] {
        assert_eq!(over(text), Err(ConditionError::TooMuchWork { changes: 20_000 }), "{text}");
    }
    for text in [
        "[1, 2].all(a, ".repeat(12) + "true" + &")".repeat(12),
        "['x']".to_owned() + &".map(a, a + a)".repeat(60) + ".size() == 1",
        "[changed]".to_owned() + &".map(a, a + a)".repeat(60) + ".size() == 1",
    ] {
        assert_eq!(fault(&text), "would take too long on any event", "{text}");
    }
}

#[test]
fn expressions_within_expressions_do_not_use_up_the_stack() {
    for text in [
        "(".repeat(1_900),
        "(".repeat(900) + "true" + &")".repeat(900),
        "!".repeat(1_900) + "true",
        "1".to_owned() + &" + 1".repeat(490) + " == 1",
        "event".to_owned() + &".a".repeat(900),
        "true ? ".repeat(280) + "true",
        "[".repeat(900) + &"]".repeat(900),
        "true && ".repeat(240) + "true",
    ] {
        let _ = Condition::parse(&text).map(|condition| condition.holds(&told(None, &["a"])));
    }
    assert!(fault(&"x".repeat(3_000)).contains("longer than"));
}

proptest! {
    #[test]
    fn reading_any_text_never_panics(text in "[a-z.()\\[\\]{}'\"=!&|?:+*/, 0-9\n-]{0,60}") {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.holds(&told(Some("main"), &["a/b.csv"]));
        }
    }

    #[test]
    fn what_is_read_is_evaluated_without_a_panic(
        left in prop::sample::select(vec!["event.branch", "event.meta", "changed", "changes", "event.tag", "1", "null", "'x'"]),
        between in prop::sample::select(vec!["==", "!=", "&&", "+", "in", "<", "%", "[0] =="]),
        right in prop::sample::select(vec!["event.message", "changed[0]", "true", "[]", "{}", "size(changed)", "-1", "0"]),
    ) {
        if let Ok(condition) = Condition::parse(&format!("{left} {between} {right}")) {
            let _ = condition.holds(&told(None, &[]));
        }
    }
}
