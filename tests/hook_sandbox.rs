//! Sandboxes beside much code that Git tracks: what hooks have in common is laid out once, and none
//! sees what another did to it.

use serde_json::json;

use crate::common::TestEnvironment;

/// So many files make a sandbox worth keeping for the next hook.
const MODULES: usize = 300;

/// Returns a repository in a Git repository with many files of code, committed.
fn project(hooks: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    for number in 0..MODULES {
        env.write(format!("lib/m{number:03}.py"), format!("x = {number}\n"));
    }
    env.write("tools/check.sh", "test -e data/a\n");
    env.git(&["add", "lib", "tools"]);
    env.git(&["-c", "user.name=Ada", "-c", "user.email=a@b.c", "commit", "-qm", "code"]);
    env.success(&["init"]);
    env.write("mlv.yaml", format!("version: 1\nhooks:\n{hooks}"));
    env.write("data/a", "1\n");
    env.success(&["add", "data", "mlv.yaml"]);
    env
}

fn lines(env: &TestEnvironment, name: &str) -> Vec<String> {
    let text = String::from_utf8(env.read(format!(".mlv/{name}"))).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Says where it is, and what it sees.
const LOOKS: &str = "pwd >> \"$MLV_ROOT/.mlv/places\"; find . -printf \"%M %p %l\\n\" | sort >> \"$MLV_ROOT/.mlv/$MLV_HOOK\"; find . -type f | sort | xargs cat >> \"$MLV_ROOT/.mlv/$MLV_HOOK\"";

#[test]
fn hooks_one_after_another_share_what_they_do_not_touch_and_see_nothing_of_each_other() {
    let spoils = "echo spoilt > lib/m000.py; rm lib/m001.py; mkdir -p lib/new; touch lib/new/x y; chmod 777 lib lib/m002.py; mv lib/m003.py lib/m004.py; ln -s /etc lib/away; echo 2 > data/a";
    let env = project(&format!(
        "  one: {{on: pre-commit, run: '{LOOKS}; {spoils}'}}\n  two: {{on: pre-commit, needs: [one], run: '{LOOKS}'}}\n  three: {{on: pre-commit, needs: [two], inputs: [data], run: '{LOOKS}'}}\n"
    ));
    let before = env.git(&["status", "--porcelain"]);
    let told = env.success(&["commit", "-m", "first"]);
    assert!(told.stderr.contains("were discarded"), "{told}");
    let places = lines(&env, "places");
    assert_eq!(places.len(), 3);
    assert!(places.iter().all(|place| *place == places[0]), "it was laid out anew: {places:?}");
    assert_eq!(lines(&env, "one"), lines(&env, "two"));
    // The third asked for less of the tree, and for all of the code.
    let seen = lines(&env, "three").join("\n");
    assert!(seen.contains("lib/m299.py") && !seen.contains("mlv.yaml"), "{seen}");
    assert_eq!(env.git(&["status", "--porcelain"]), before);
    assert_eq!(env.read("lib/m000.py"), b"x = 0\n");
    let left = std::fs::read_dir(env.path(".mlv/tmp")).unwrap().count();
    assert_eq!(left, 0, "a sandbox was left");
}

#[test]
fn a_process_that_a_hook_left_behind_keeps_others_out_of_its_sandbox() {
    let leaves = "setsid sh -c \"echo \\$\\$ > $MLV_ROOT/.mlv/pid; while ! test -e $MLV_ROOT/.mlv/go; do echo spoilt > lib/m000.py; sleep 0.01; done\" > /dev/null 2>&1 & while ! test -s $MLV_ROOT/.mlv/pid; do sleep 0.01; done";
    let sees = "pwd >> \"$MLV_ROOT/.mlv/places\"; sleep 0.2; cat lib/m000.py >> \"$MLV_ROOT/.mlv/seen\"; touch \"$MLV_ROOT/.mlv/go\"";
    let env = project(&format!(
        "  one: {{on: pre-commit, run: 'pwd >> \"$MLV_ROOT/.mlv/places\"; {leaves}'}}\n  two: {{on: pre-commit, needs: [one], run: '{sees}'}}\n"
    ));
    env.success(&["commit", "-m", "first"]);
    let places = lines(&env, "places");
    assert_ne!(places[0], places[1]);
    assert_eq!(lines(&env, "seen"), ["x = 0"]);
}

#[test]
fn code_that_changes_between_two_hooks_is_seen_as_it_is_then() {
    let env = project(
        "  one: {on: pre-commit, run: 'pwd >> \"$MLV_ROOT/.mlv/places\"; echo changed > \"$MLV_ROOT/lib/m007.py\"; rm \"$MLV_ROOT/lib/m008.py\"'}\n  two: {on: pre-commit, needs: [one], run: 'pwd >> \"$MLV_ROOT/.mlv/places\"; cat lib/m007.py lib/m009.py >> \"$MLV_ROOT/.mlv/seen\"; ! test -e lib/m008.py'}\n",
    );
    // Files that are just written might change without a sign.
    std::thread::sleep(std::time::Duration::from_millis(100));
    env.success(&["commit", "-m", "first"]);
    let places = lines(&env, "places");
    assert_eq!(places[0], places[1]);
    assert_eq!(lines(&env, "seen"), ["changed", "x = 9"]);
}

#[test]
fn a_hook_sees_of_the_code_what_it_names_and_hangs_on_nothing_else() {
    let env = project(
        "  some: {on: pre-commit, inputs: [data, lib/m001.py], code: ['tools/**'], run: 'find . -type f | sort >> \"$MLV_ROOT/.mlv/some\"; sh tools/check.sh'}\n  none: {on: pre-commit, code: [], run: 'find . -type f | sort >> \"$MLV_ROOT/.mlv/none\"'}\n",
    );
    env.success(&["commit", "-m", "first"]);
    let some = ["./data/a", "./lib/m001.py", "./tools/check.sh"];
    assert_eq!(lines(&env, "some"), some);
    assert_eq!(lines(&env, "none"), ["./data/a", "./mlv.yaml"]);
    let cached = || {
        let told = env.json(&["hooks", "run", "pre-commit", "--at", "HEAD", "--json"]);
        let hooks = told[0]["hooks"].as_array().unwrap().clone();
        let of =
            |name: &str| hooks.iter().find(|run| run["hook"] == name).unwrap()["cached"].clone();
        (of("some"), of("none"))
    };
    env.write("lib/m000.py", "other\n");
    assert_eq!(cached(), (json!(true), json!(true)), "neither sees it");
    env.write("tools/check.sh", "test -e data/a; # more\n");
    assert_eq!(cached(), (json!(false), json!(true)));
    env.write("lib/m001.py", "other\n");
    assert_eq!(cached(), (json!(false), json!(true)));
}
