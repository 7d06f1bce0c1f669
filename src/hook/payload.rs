//! What a hook is told: the JSON on its standard input and the variables of its environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::base::{CommitId, Timestamp, TreeId};
use crate::config::Environment;
use crate::hook::context::{Author, Change, EventContext, GitState, ToldDeployment, ToldModel};
use crate::hook::event::Event;
use crate::hook::spec::{Hook, HookId, Work};

/// The variables of the user's environment that every hook sees; `LC_*` too.
pub const BASE_VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "TMPDIR",
    "NO_COLOR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
];

/// The JSON that a hook reads from its standard input.
#[derive(Debug, Serialize)]
pub struct Payload<'a> {
    schema: u32,
    event: Event,
    hook: &'a HookId,
    run_id: &'a str,
    #[serde(serialize_with = "as_text")]
    root: &'a Path,
    branch: Option<&'a str>,
    source_branch: Option<&'a str>,
    target_branch: Option<&'a str>,
    tag: Option<&'a str>,
    remote: Option<&'a str>,
    tree: Option<TreeId>,
    commit: Option<CommitId>,
    base_commit: Option<CommitId>,
    parents: &'a [CommitId],
    message: Option<&'a str>,
    author: Option<&'a Author>,
    time: Timestamp,
    #[serde(serialize_with = "as_map")]
    meta: &'a [(String, String)],
    changes: &'a [Change],
    git: Option<&'a GitState>,
    model: Option<&'a ToldModel>,
    deployment: Option<&'a ToldDeployment>,
    cause: Option<&'a serde_json::Value>,
}

impl<'a> Payload<'a> {
    /// The version of the fields; it changes when one of them changes its meaning.
    pub const SCHEMA: u32 = 1;

    /// Returns what this hook is told about the event, with the tree it is shown.
    pub fn new(
        context: &'a EventContext,
        hook: &'a Hook,
        run_id: &'a str,
        tree: Option<TreeId>,
    ) -> Self {
        Self {
            schema: Self::SCHEMA,
            event: context.event,
            hook: &hook.id,
            run_id,
            root: &context.root,
            branch: context.branch.as_deref(),
            source_branch: context.source_branch.as_deref(),
            target_branch: context.target_branch.as_deref(),
            tag: context.tag.as_deref(),
            remote: context.remote.as_deref(),
            cause: context.cause.as_ref(),
            tree,
            commit: context.commit,
            base_commit: context.base_commit,
            parents: &context.parents,
            message: context.message.as_deref(),
            author: context.author.as_ref(),
            time: context.time,
            meta: &context.meta,
            changes: &context.changes,
            git: context.git.as_ref(),
            model: context.model.as_ref(),
            deployment: context.deployment.as_ref(),
        }
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("every field of a payload has a JSON form")
    }
}

fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn as_map<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

/// Returns the changed paths, one a line; one that holds a line break is escaped as in the JSON.
pub fn changed_files(changes: &[Change]) -> Vec<u8> {
    let mut lines = Vec::new();
    for Change { path, .. } in changes {
        if path.as_bytes().contains(&b'\n') {
            lines.extend_from_slice(path.to_string().as_bytes());
        } else {
            lines.extend_from_slice(path.as_bytes());
        }
        lines.push(b'\n');
    }
    lines
}

/// The files that the variables of a hook point to.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    pub changed_files: &'a Path,
    pub output: &'a Path,
    pub base_dir: Option<&'a Path>,
    /// Where the files of the action lie that the hook uses.
    pub action_dir: &'a Path,
    /// The number of the attempt, which is 1 but for retries.
    pub attempt: u32,
}

/// Returns the whole environment of a hook, sorted: the base set, its secrets, its own `env`, and
/// what mlv tells it; the later wins.
pub fn environment(
    user: &Environment,
    hook: &Hook,
    payload: &Payload<'_>,
    places: Places<'_>,
) -> Vec<(OsString, OsString)> {
    let mut variables: BTreeMap<OsString, OsString> = user
        .iter()
        .filter(|(name, _)| {
            is_base(name) || hook.secrets.iter().any(|secret| *name == OsStr::new(secret))
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (name, value) in &hook.env {
        variables.insert(name.into(), value.into());
    }
    for (name, value) in told(payload, places) {
        variables.insert(name.into(), value);
    }
    if let Work::Uses { with, .. } = &hook.work {
        variables.insert("MLV_WITH".into(), with.to_json().into());
        variables.insert("MLV_ACTION_DIR".into(), places.action_dir.into());
    }
    variables.into_iter().collect()
}

fn is_base(name: &OsStr) -> bool {
    BASE_VARIABLES.iter().any(|base| name == *base) || name.as_bytes().starts_with(b"LC_")
}

/// Returns the `MLV_` variables; one that does not apply is empty, so that `set -u` scripts work.
fn told(payload: &Payload<'_>, places: Places<'_>) -> Vec<(&'static str, OsString)> {
    let text = |value: Option<&str>| OsString::from(value.unwrap_or_default());
    let id =
        |value: Option<CommitId>| OsString::from(value.map(CommitId::to_hex).unwrap_or_default());
    let place = |path: &Path| path.as_os_str().to_owned();
    vec![
        ("MLV_EVENT", payload.event.name().into()),
        ("MLV_HOOK", payload.hook.as_str().into()),
        ("MLV_RUN_ID", payload.run_id.into()),
        ("MLV_ATTEMPT", places.attempt.to_string().into()),
        ("MLV_ROOT", place(payload.root)),
        ("MLV_BRANCH", text(payload.branch)),
        ("MLV_TREE", payload.tree.map(TreeId::to_hex).unwrap_or_default().into()),
        ("MLV_COMMIT", id(payload.commit)),
        ("MLV_BASE_COMMIT", id(payload.base_commit)),
        ("MLV_SOURCE_BRANCH", text(payload.source_branch)),
        ("MLV_TARGET_BRANCH", text(payload.target_branch)),
        ("MLV_REMOTE", text(payload.remote)),
        ("MLV_CHANGED_FILES", place(places.changed_files)),
        ("MLV_BASE_DIR", places.base_dir.map(place).unwrap_or_default()),
        ("MLV_OUTPUT", place(places.output)),
    ]
}

/// Returns the values that must never be shown, as the user's environment holds them.
pub fn secrets_of(user: &Environment, hook: &Hook) -> Vec<Vec<u8>> {
    let values = hook.secrets.iter().filter_map(|name| user.raw(name));
    values.map(|value| OsString::from(value).into_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Hash, RepoPath};
    use crate::hook::context::ChangeKind;
    use crate::hook::spec;

    fn hook(lines: &str) -> Hook {
        let text = format!("version: 1\nhooks:\n  gate:\n    on: pre-merge\n    run: x\n{lines}");
        spec::parse("mlv.yaml", text.as_bytes()).unwrap().hooks.remove(0)
    }

    fn change(path: &[u8]) -> Change {
        Change { path: RepoPath::from_bytes(path).unwrap(), change: ChangeKind::Added }
    }

    fn context() -> EventContext {
        let time = Timestamp::from_seconds(0);
        EventContext::new(Event::PreMerge, "/home/ada/churn".into(), time)
    }

    #[test]
    fn every_field_is_present_and_null_where_it_does_not_apply() {
        let (context, hook) = (context(), hook(""));
        let json = Payload::new(&context, &hook, "r-000001", None).to_json();
        insta::assert_snapshot!(String::from_utf8(json).unwrap(), @r#"
    {"schema":1,"event":"pre-merge","hook":"gate","run_id":"r-000001","root":"/home/ada/churn","branch":null,"source_branch":null,"target_branch":null,"tag":null,"remote":null,"tree":null,"commit":null,"base_commit":null,"parents":[],"message":null,"author":null,"time":"1970-01-01T00:00:00Z","meta":{},"changes":[],"git":null,"model":null,"deployment":null,"cause":null}
    "#);
    }

    #[test]
    fn every_field_carries_its_value() {
        let commit = CommitId(Hash([1; 32]));
        let tree = TreeId(Hash([2; 32]));
        let context = EventContext {
            branch: Some("main".into()),
            source_branch: Some("better".into()),
            target_branch: Some("main".into()),
            tag: Some("v1".into()),
            cause: Some(serde_json::json!({"trigger": "metric", "value": 0.65})),
            commit: Some(commit),
            base_commit: Some(commit),
            parents: vec![commit],
            message: Some("two\nlines".into()),
            author: Some(Author { name: "Ada".into(), email: "ada@example.org".into() }),
            meta: vec![("ticket".into(), "7".into())],
            changes: vec![change(b"data/\xff.csv")],
            git: Some(GitState { commit: "abc".into(), dirty: true }),
            model: Some(ToldModel {
                name: "churn".into(),
                alias: "champion".into(),
                path: "models/churn".into(),
            }),
            deployment: Some(ToldDeployment {
                env: "prod".into(),
                release_id: "000001-0101010101".into(),
                action: "deploy".into(),
                artifact: "models/churn".into(),
            }),
            ..context()
        };
        let hook = hook("");
        let json = Payload::new(&context, &hook, "r-000001", Some(tree)).to_json();
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
    {
      "schema": 1,
      "event": "pre-merge",
      "hook": "gate",
      "run_id": "r-000001",
      "root": "/home/ada/churn",
      "branch": "main",
      "source_branch": "better",
      "target_branch": "main",
      "tag": "v1",
      "remote": null,
      "tree": "0202020202020202020202020202020202020202020202020202020202020202",
      "commit": "0101010101010101010101010101010101010101010101010101010101010101",
      "base_commit": "0101010101010101010101010101010101010101010101010101010101010101",
      "parents": [
        "0101010101010101010101010101010101010101010101010101010101010101"
      ],
      "message": "two\nlines",
      "author": {
        "name": "Ada",
        "email": "ada@example.org"
      },
      "time": "1970-01-01T00:00:00Z",
      "meta": {
        "ticket": "7"
      },
      "changes": [
        {
          "path": "data/\\xff.csv",
          "change": "added"
        }
      ],
      "git": {
        "commit": "abc",
        "dirty": true
      },
      "model": {
        "name": "churn",
        "alias": "champion",
        "path": "models/churn"
      },
      "deployment": {
        "env": "prod",
        "release_id": "000001-0101010101",
        "action": "deploy",
        "artifact": "models/churn"
      },
      "cause": {
        "trigger": "metric",
        "value": 0.65
      }
    }
    "#);
    }

    #[test]
    fn a_path_that_is_no_line_is_escaped_in_the_list_of_changes() {
        let changes = [change(b"a b"), change(b"\xff"), change(b"two\nlines")];
        assert_eq!(changed_files(&changes), b"a b\n\xff\ntwo\\x0alines\n");
    }

    #[test]
    fn a_hook_sees_the_base_set_its_own_variables_and_nothing_else() {
        let user = Environment::from_pairs([
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("AWS_SECRET_ACCESS_KEY", "leak"),
            ("TOKEN", "hunter2"),
            ("MLV_ROOT", "/forged"),
            ("LANG", "en"),
        ]);
        let hook = hook("    env: {LANG: de, LEVEL: 3}\n    secrets: [TOKEN, ABSENT]\n");
        let context = context();
        let payload = Payload::new(&context, &hook, "r-000001", None);
        let places = Places {
            changed_files: Path::new("/s/changed"),
            output: Path::new("/s/out"),
            base_dir: Some(Path::new("/s/base")),
            action_dir: Path::new("/s/action"),
            attempt: 2,
        };
        let lines: Vec<String> = environment(&user, &hook, &payload, places)
            .iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
    LANG=de
    LC_ALL=C
    LEVEL=3
    MLV_ATTEMPT=2
    MLV_BASE_COMMIT=
    MLV_BASE_DIR=/s/base
    MLV_BRANCH=
    MLV_CHANGED_FILES=/s/changed
    MLV_COMMIT=
    MLV_EVENT=pre-merge
    MLV_HOOK=gate
    MLV_OUTPUT=/s/out
    MLV_REMOTE=
    MLV_ROOT=/home/ada/churn
    MLV_RUN_ID=r-000001
    MLV_SOURCE_BRANCH=
    MLV_TARGET_BRANCH=
    MLV_TREE=
    PATH=/bin
    TOKEN=hunter2
    ");
        assert_eq!(secrets_of(&user, &hook), [b"hunter2"]);
    }
}
