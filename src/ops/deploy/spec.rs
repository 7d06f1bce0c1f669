//! `deploy/*.yaml`: what of a commit goes where, and how it is known to work there.

use std::time::Duration;

use crate::base::RepoPath;
use crate::base::duration::parse_duration;
use crate::base::yaml::{self, Key, Node, Place, Reader, SpecErrors, Value};

const KEYS: &[&str] = &["env", "artifact", "include", "target", "reload", "smoke", "keep"];
const SMOKE_KEYS: &[&str] = &["run", "timeout"];
/// The keys of each type of target, beside `type`.
const TARGET_KEYS: &[(&str, &[&str])] = &[
    ("folder", &["path"]),
    ("bucket", &["url"]),
    ("command", &["run", "timeout"]),
    ("webhook", &["url", "secret", "attempts"]),
    ("git", &["file", "push"]),
];

/// How many releases are kept where the file does not say.
const KEEP: u64 = 5;
const MOST_KEPT: u64 = 1000;
const TIMEOUT: Duration = Duration::from_mins(5);
const ATTEMPTS: u32 = 5;
const MOST_ATTEMPTS: u32 = 20;
const LONGEST_NAME: usize = 64;

/// What a file says of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub env: String,
    /// The path of the model.
    pub artifact: RepoPath,
    pub include: Vec<RepoPath>,
    pub target: TargetSpec,
    /// What makes the serving process take the release up.
    pub reload: Option<Script>,
    pub smoke: Option<Script>,
    /// How many releases stay, the active one among them.
    pub keep: usize,
}

/// A command of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub run: String,
    pub timeout: Duration,
}

/// Where releases go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSpec {
    /// `releases/ID` in a folder, and the symbolic link `current`.
    Folder { path: String },
    /// `releases/ID` below a prefix of a bucket, and `current.json`.
    Bucket { url: String },
    /// A command that is given the directory of the release.
    Command { script: Script },
    /// An address that is told, signed with the secret that a variable holds.
    Webhook { url: String, secret: String, attempts: u32 },
    /// A file in a checkout of Git that names the release.
    Git { file: String, push: bool },
}

impl TargetSpec {
    /// Returns what it is called in records and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "folder",
            Self::Bucket { .. } => "bucket",
            Self::Command { .. } => "command",
            Self::Webhook { .. } => "webhook",
            Self::Git { .. } => "git",
        }
    }

    /// Returns where it is, as people may see it.
    pub fn place(&self) -> String {
        match self {
            Self::Folder { path } => path.clone(),
            Self::Bucket { url } | Self::Webhook { url, .. } => shown(url),
            Self::Command { script } => script.run.clone(),
            Self::Git { file, .. } => file.clone(),
        }
    }
}

/// Returns an address without what may be secret in it.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            if path.is_empty() {
                format!("{scheme}://{host}")
            } else {
                format!("{scheme}://{host}/{path}")
            }
        }
        None => text.to_owned(),
    }
}

/// Tells whether a text can be the name of an environment: it becomes part of file names and keys.
pub fn is_environment(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.len() <= LONGEST_NAME
        && text.bytes().all(legal)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// Returns the environment that a file is of, however the rest of it is.
pub fn environment_of(bytes: &[u8]) -> Option<String> {
    let tree = yaml::parse(std::str::from_utf8(bytes).ok()?).ok()?;
    let Value::Map(entries) = &tree.value else { return None };
    let (_, value) = entries.iter().find(|(key, _)| key.text == "env")?;
    value.value.scalar().map(str::to_owned)
}

/// Returns what a file says, or everything that is wrong with it; `name` is its name in errors.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Spec, SpecErrors> {
    let mut reader = Reader::new();
    let text = std::str::from_utf8(bytes).ok();
    reader.open(name, text.unwrap_or_default());
    let tree = match text.map(yaml::parse) {
        Some(Ok(tree)) => Some(tree),
        Some(Err((place, message))) => {
            reader.fault(place, message);
            None
        }
        None => {
            reader.fault(Place::default(), "not UTF-8 text");
            None
        }
    };
    let spec = tree.as_ref().and_then(|tree| read(&mut reader, tree));
    let spec = reader.finish(spec)?;
    Ok(spec.expect("what lacks something has a fault"))
}

fn read(reader: &mut Reader<'_>, tree: &Node) -> Option<Spec> {
    let (mut env, mut artifact, mut target, mut smoke, mut reload) = (None, None, None, None, None);
    let (mut include, mut keep) = (Vec::new(), KEEP);
    for (key, value) in reader.entries(tree, "the file") {
        match key.text.as_str() {
            "env" => env = environment(reader, value),
            "artifact" => artifact = one_path(reader, value, "`artifact`"),
            "include" => {
                let texts = reader.texts(value, "`include`");
                let paths = texts.into_iter().filter_map(|(place, text)| reader.path(place, text));
                include = paths.collect();
            }
            "target" => target = read_target(reader, key, value),
            "reload" => {
                let run = reader.words(value, "`reload`");
                reload = run.map(|run| Script { run: run.to_owned(), timeout: TIMEOUT });
            }
            "smoke" => smoke = script(reader, value, "`smoke`"),
            "keep" => keep = number(reader, value, "`keep`", MOST_KEPT),
            _ => reader.stray_key(key, "the file", KEYS.iter().copied()),
        }
    }
    for (name, is_missing) in
        [("env", env.is_none()), ("artifact", artifact.is_none()), ("target", target.is_none())]
    {
        if is_missing && reader.faults() == 0 {
            reader.fault(tree.place, format!("`{name}` is missing"));
        }
    }
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    Some(Spec { env: env?, artifact: artifact?, include, target: target?, reload, smoke, keep })
}

fn environment(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.words(node, "`env`")?;
    if !is_environment(text) {
        let help = "letters, digits, `-`, `_` and `.`, at most 64, not beginning with a sign";
        let message = format!("`{text}` is not a name for an environment");
        reader.fault_with(node.place, message, Some(help.to_owned()));
        return None;
    }
    Some(text.to_owned())
}

fn one_path(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<RepoPath> {
    let text = reader.words(node, what)?;
    let path = reader.path(node.place, text)?;
    if path.is_root() {
        reader.fault(node.place, format!("{what} names the whole repository"));
        return None;
    }
    Some(path)
}

fn number(reader: &mut Reader<'_>, node: &Node, what: &str, most: u64) -> u64 {
    let number = match &node.value {
        Value::Number(text) => text.parse().ok().filter(|number| (1..=most).contains(number)),
        _ => None,
    };
    if number.is_none() {
        reader.wrong(node, what, &format!("a whole number from 1 to {most}"));
    }
    number.unwrap_or(most)
}

/// Reads a command, alone or with its timeout.
fn script(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Script> {
    if node.value.scalar().is_some() {
        let run = reader.words(node, what)?.to_owned();
        return Some(Script { run, timeout: TIMEOUT });
    }
    let (mut run, mut timeout) = (None, TIMEOUT);
    for (key, value) in reader.entries(node, what) {
        match key.text.as_str() {
            "run" => run = reader.words(value, "`run`").map(str::to_owned),
            "timeout" => timeout = span(reader, value).unwrap_or(TIMEOUT),
            _ => reader.stray_key(key, what, SMOKE_KEYS.iter().copied()),
        }
    }
    if run.is_none() && reader.faults() == 0 {
        reader.fault(node.place, format!("{what} has no `run`"));
    }
    Some(Script { run: run?, timeout })
}

fn span(reader: &mut Reader<'_>, node: &Node) -> Option<Duration> {
    let text = reader.text(node, "`timeout`")?;
    let span = parse_duration(text).ok().filter(|span| !span.is_zero());
    if span.is_none() {
        reader.fault(node.place, format!("`{text}` is no span of time, as `30s` is"));
    }
    span
}

fn read_target(reader: &mut Reader<'_>, whole: &Key, node: &Node) -> Option<TargetSpec> {
    let entries = reader.entries(node, "`target`");
    let Some((_, kind)) = entries.iter().find(|(key, _)| key.text == "type") else {
        reader.fault(whole.place, "`target` has no `type`");
        return None;
    };
    let name = reader.words(kind, "`type`")?;
    let Some((name, keys)) = TARGET_KEYS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = TARGET_KEYS.iter().map(|(known, _)| *known).collect();
        let message = format!("`{name}` is not a type of target");
        reader.fault_with(kind.place, message, Some(format!("one of {}", known.join(", "))));
        return None;
    };
    let known = keys.iter().copied().chain(["type"]);
    for (key, _) in entries {
        if !known.clone().any(|known| known == key.text) {
            reader.stray_key(key, &format!("a target of type `{name}`"), known.clone());
        }
    }
    let mut target = TargetReader { reader, node, entries };
    match *name {
        "folder" => Some(TargetSpec::Folder { path: target.text("path")? }),
        "bucket" => Some(TargetSpec::Bucket { url: target.text("url")? }),
        "command" => {
            let run = target.text("run")?;
            let timeout = target.find("timeout").and_then(|node| span(target.reader, node));
            let timeout = timeout.unwrap_or(TIMEOUT);
            Some(TargetSpec::Command { script: Script { run, timeout } })
        }
        "webhook" => {
            let (url, secret) = (target.text("url")?, target.text("secret")?);
            let attempts = target.find("attempts");
            let attempts = attempts.map_or(u64::from(ATTEMPTS), |node| {
                number(target.reader, node, "`attempts`", u64::from(MOST_ATTEMPTS))
            });
            let attempts = u32::try_from(attempts).unwrap_or(ATTEMPTS);
            Some(TargetSpec::Webhook { url, secret, attempts })
        }
        _ => {
            let push = target.find("push");
            let push = push.is_some_and(|node| target.reader.truth(node, "`push`"));
            Some(TargetSpec::Git { file: target.text("file")?, push })
        }
    }
}

/// Takes a target apart.
struct TargetReader<'r, 'f, 'n> {
    reader: &'r mut Reader<'f>,
    node: &'n Node,
    entries: &'n [(Key, Node)],
}

impl<'n> TargetReader<'_, '_, 'n> {
    fn find(&self, name: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(key, _)| key.text == name).map(|(_, value)| value)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let Some(node) = self.find(name) else {
            self.reader.fault(self.node.place, format!("the target has no `{name}`"));
            return None;
        };
        self.reader.words(node, &format!("`{name}`")).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        parse("deploy/prod.yaml", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_read_with_its_defaults() {
        let text = "env: prod\nartifact: models/churn/\ninclude: [pipeline/serve.py]\ntarget: {type: folder, path: ../prod}\nsmoke: {run: 'python3 smoke.py', timeout: 30s}\n";
        let spec = parse("deploy/prod.yaml", text.as_bytes()).unwrap();
        assert_eq!(spec.artifact.to_string(), "models/churn");
        assert_eq!((spec.keep, spec.reload), (5, None));
        assert_eq!(spec.smoke.unwrap().timeout, Duration::from_secs(30));
        assert_eq!(spec.target, TargetSpec::Folder { path: "../prod".into() });
        assert_eq!(environment_of(text.as_bytes()).as_deref(), Some("prod"));
    }

    #[test]
    fn every_type_of_target_is_read() {
        for (target, place) in [
            ("{type: bucket, url: 's3://models/prod'}", "s3://models/prod"),
            ("{type: command, run: ./roll-out, timeout: 1m}", "./roll-out"),
            (
                "{type: webhook, url: 'https://u:p@ci.example.org/x?token=1', secret: KEY}",
                "https://ci.example.org/x",
            ),
            ("{type: git, file: ../ops/churn.json, push: true}", "../ops/churn.json"),
        ] {
            let text = format!("env: prod\nartifact: m\ntarget: {target}\n");
            assert_eq!(parse("x", text.as_bytes()).unwrap().target.place(), place);
        }
    }

    #[test]
    fn faults_are_told_with_their_places() {
        insta::assert_snapshot!(faults("env: prod\nartefact: m\ntarget: {type: folder, path: x}\n"), @"
    deploy/prod.yaml:2:1: unknown key `artefact` of the file
      |
    2 | artefact: m
      | ^^^^^^^^
      = did you mean `artifact`?
    ");
        insta::assert_snapshot!(faults("env: ../prod\nartifact: m\nkeep: 0\ntarget: {type: ftp}\n"), @"
    deploy/prod.yaml:1:6: `../prod` is not a name for an environment
      |
    1 | env: ../prod
      |      ^^^^^^^
      = letters, digits, `-`, `_` and `.`, at most 64, not beginning with a sign
    deploy/prod.yaml:3:7: `keep` must be a whole number from 1 to 1000; this is a number
      |
    3 | keep: 0
      |       ^
    deploy/prod.yaml:4:16: `ftp` is not a type of target
      |
    4 | target: {type: ftp}
      |                ^^^
      = one of folder, bucket, command, webhook, git
    ");
        insta::assert_snapshot!(faults("env: prod\nartifact: m\ntarget: {type: webhook, url: x, token: y}\nsmoke: {run: x, timeout: soon}\n"), @"
    deploy/prod.yaml:3:9: the target has no `secret`
      |
    3 | target: {type: webhook, url: x, token: y}
      |         ^
    deploy/prod.yaml:3:33: unknown key `token` of a target of type `webhook`
      |
    3 | target: {type: webhook, url: x, token: y}
      |                                 ^^^^^
      = known keys: url, secret, attempts, type
    deploy/prod.yaml:4:26: `soon` is no span of time, as `30s` is
      |
    4 | smoke: {run: x, timeout: soon}
      |                          ^^^^
    ");
        insta::assert_snapshot!(faults("env: prod\n"), @"
    deploy/prod.yaml:1:1: `artifact` is missing
      |
    1 | env: prod
      | ^
    ");
        assert!(
            parse("x", b"\xff").is_err()
                && parse("x", b"- 1\n").is_err()
                && parse("x", b"").is_err()
        );
    }
}
