//! Ready-made hooks through the program: each has its test beside it, in `hooks/`.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::thread::JoinHandle;

use serde_json::Value;

use crate::common::{Output, TestEnvironment};

#[path = "../hooks/deploy/test.rs"]
mod deploy;
#[path = "../hooks/drift/test.rs"]
mod drift;
#[path = "../hooks/gate/test.rs"]
mod gate;
#[path = "../hooks/kubernetes-job/test.rs"]
mod kubernetes_job;
#[path = "../hooks/max-file-size/test.rs"]
mod max_file_size;
#[path = "../hooks/no-secrets/test.rs"]
mod no_secrets;
#[path = "../hooks/notebook-clean/test.rs"]
mod notebook_clean;
#[path = "../hooks/notify-webhook/test.rs"]
mod notify_webhook;
#[path = "../hooks/require-message/test.rs"]
mod require_message;
#[path = "../hooks/run-dvc-stage/test.rs"]
mod run_dvc_stage;
#[path = "../hooks/slack-message/test.rs"]
mod slack_message;
#[path = "../hooks/trigger-airflow/test.rs"]
mod trigger_airflow;
#[path = "../hooks/trigger-github-workflow/test.rs"]
mod trigger_github_workflow;
#[path = "../hooks/validate/test.rs"]
mod validate;
#[path = "../hooks/well-formed/test.rs"]
mod well_formed;

/// Returns a repository that has one hook, `check`, with these lines.
fn project(lines: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let lines: String =
        lines.trim().lines().map(|line| format!("    {line}\n")).collect::<Vec<_>>().concat();
    env.write("mlv.yaml", format!("version: 1\nhooks:\n  check:\n{lines}"));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first", "--no-verify"]);
    env
}

/// Commits these files, which runs the hook.
fn commit(env: &TestEnvironment, files: &[(&str, &str)]) -> Output {
    for (path, text) in files {
        env.write(path, text);
    }
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "more"])
}

/// Returns what the last run says, and all that it wrote.
fn last_run(env: &TestEnvironment) -> (String, String) {
    let run = &env.json(&["hooks", "runs", "-n", "1", "--json"])[0];
    let log = env.success(&["hooks", "log", run["run_id"].as_str().unwrap()]).stdout;
    (run["message"].as_str().unwrap_or_default().to_owned(), log)
}

/// Puts a program in front of all others of this name.
fn fake(env: &mut TestEnvironment, name: &str, script: &str) {
    let program = format!("bin/{name}");
    let bin = env.home().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let path = env.home().join(program);
    std::fs::File::create(&path).unwrap().write_all(script.as_bytes()).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    env.set_variable("PATH", format!("{}:{}", bin.display(), path_of_the_test()));
}

#[expect(clippy::disallowed_methods, reason = "programs are found as for the test itself")]
fn path_of_the_test() -> String {
    std::env::var("PATH").unwrap()
}

/// A web server that gives these answers one after the other, and notes what it was asked.
pub struct Server {
    pub address: String,
    /// Keeps the port from others until the test has ended.
    listener: TcpListener,
    thread: JoinHandle<Vec<Request>>,
}

pub struct Request {
    /// The method and the path.
    pub line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Server {
    /// Each answer is a status line, and a body.
    pub fn answering(answers: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers: Vec<(String, String)> =
            answers.iter().map(|(status, body)| ((*status).into(), (*body).into())).collect();
        let own = listener.try_clone().unwrap();
        let thread = std::thread::spawn(move || serve(&own, &answers));
        Self { address, listener, thread }
    }

    /// Returns what was asked; answers that nobody asked for are let go.
    pub fn asked(self) -> Vec<Request> {
        // A connection without a word ends a server that still waits.
        drop(TcpStream::connect(self.listener.local_addr().unwrap()));
        self.thread.join().unwrap()
    }
}

fn serve(listener: &TcpListener, answers: &[(String, String)]) -> Vec<Request> {
    let mut asked = Vec::new();
    for (status, body) in answers {
        let (mut stream, _) = listener.accept().unwrap();
        let Some(request) = read_request(&stream) else { break };
        asked.push(request);
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
    }
    asked
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let line = lines[0].trim_end_matches(" HTTP/1.1").to_owned();
    let header = |line: &String| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    };
    let headers: Vec<_> = lines[1..].iter().map(header).collect();
    let mut request = Request { line, headers, body: String::new() };
    let length = request.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}

#[test]
fn an_action_that_is_misspelt_or_ill_used_is_refused_where_it_stands() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write(
        "mlv.yaml",
        "\
version: 1
hooks:
  a: {on: pre-commit, uses: max-file-siez}
  b: {on: pre-commit, uses: max-file-size, with: {maxx: 1MB}}
  c: {on: pre-commit, uses: max-file-size, with: {max: big}}
  d: {on: post-commit, uses: notify-webhook}
  e: {on: post-commit, uses: trigger-airflow, with: {url: u, dag: d, api: v3}}
  f: {on: pre-commit, run: x, with: {max: 1}}
  g: {on: pre-commit, uses: max-file-size, shell: bash}
  h: {on: pre-commit, uses: no-secrets, with: {exclude: ['a{']}}
",
    );
    let told = env.mlv(&["hooks", "check"]).expect_code(1).stderr;
    let lines: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("mlv.yaml:") || line.starts_with("  = "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
      caused by: mlv.yaml:3:29: no action is called `max-file-siez`
      = did you mean `max-file-size`?
    mlv.yaml:4:51: action `max-file-size` has no parameter `maxx`
      = did you mean `max`?
    mlv.yaml:5:56: `max` must be a size, as in 500kB, 10MB or 1GiB
    mlv.yaml:6:30: action `notify-webhook` needs `url` in `with`
      = url: where the event is sent with POST
    mlv.yaml:7:75: `api` cannot be `v3`: it is one of v1, v2
    mlv.yaml:8:31: `with` of hook `f` goes with `uses`
    mlv.yaml:9:44: `shell` of hook `g` goes with `run`
    mlv.yaml:10:57: `exclude`: `a{` is not a glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
    ");
}

#[test]
fn a_hook_shows_what_it_uses_where_hooks_are_listed_and_trusted() {
    let env = project("on: pre-commit\nuses: max-file-size\nwith: {max: 10MB, exclude: models/**}");
    insta::assert_snapshot!(env.screen("mlv hooks trust --dry-run"), @r#"
    $ mlv hooks trust --dry-run
    check on pre-commit
        uses: max-file-size
        max: 10000000
        exclude: ["models/**"]
    [stderr]
    1 hook: trusted already
    "#);
    assert!(env.success(&["hooks", "list"]).stdout.contains("check  uses: max-file-size"));
}

#[test]
fn the_definition_changes_with_a_parameter() {
    let definition = |with: &str| {
        let env = project(&format!("on: pre-commit\nuses: max-file-size\nwith: {with}"));
        env.json(&["hooks", "trust", "--dry-run", "--json"])["definition"].clone()
    };
    let plain = definition("{}");
    assert_eq!(plain, definition("{max: 100MB}"), "the default is what is meant without it");
    assert_ne!(plain, definition("{max: 99MB}"));
}

#[test]
fn a_secret_that_is_not_set_is_named() {
    let env = project(
        "on: pre-commit\nuses: notify-webhook\nwith: {url: 'http://127.0.0.1:1', secret: HOOK_KEY}",
    );
    commit(&env, &[("a", "1")]).expect_code(3);
    assert_eq!(
        last_run(&env).0,
        "the environment variable HOOK_KEY is not set (parameter `secret`)"
    );
}

#[test]
fn the_readme_of_each_names_its_parameters_and_its_example_is_sound() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for action in mlv::hook::action::actions() {
        let text = readme(action.name);
        assert!(text.contains(&parameters(action)), "hooks/{}/README.md", action.name);
        let example = text.split("```yaml\n").nth(1).expect("an example").split("```").next();
        env.write("mlv.yaml", example.unwrap());
        env.success(&["hooks", "check"]);
        assert!(example.unwrap().contains(&format!("uses: {}", action.name)));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
fn the_page_of_ready_made_hooks_is_up_to_date() {
    let path = repository().join("docs/ready-made-hooks.md");
    let updating = std::env::var_os("MLV_UPDATE_REFERENCE").is_some();
    if updating {
        for action in mlv::hook::action::actions() {
            let path = repository().join(format!("hooks/{}/README.md", action.name));
            let text = with_parameters(&readme(action.name), &parameters(action));
            std::fs::write(path, text).unwrap();
        }
        std::fs::write(&path, page()).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == page(),
        "docs/ready-made-hooks.md is out of date: MLV_UPDATE_REFERENCE=1 cargo test --locked \
         ready_made"
    );
}

fn repository() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme(name: &str) -> String {
    std::fs::read_to_string(repository().join(format!("hooks/{name}/README.md"))).unwrap()
}

/// Returns the section that says what an action takes.
fn parameters(action: &mlv::hook::action::Action) -> String {
    let mut text =
        "## Parameters\n\n| name | type | default | what it is |\n|---|---|---|---|\n".to_owned();
    for parameter in &action.parameters {
        let default = match &parameter.default {
            _ if parameter.required => "required".to_owned(),
            Some(default) => format!("`{}`", default.replace('|', "\\|")),
            None => String::new(),
        };
        let choices = match parameter.choices.as_slice() {
            [] => String::new(),
            some => format!(
                ": {}",
                some.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let (name, kind, what) = (&parameter.name, parameter.kind.name(), &parameter.description);
        writeln!(text, "| `{name}` | {kind} | {default} | {what}{choices} |")
            .expect("a text takes all");
    }
    text
}

/// Replaces the section of parameters of a README.
fn with_parameters(readme: &str, section: &str) -> String {
    let (before, rest) = readme.split_once("## Parameters\n").expect("a README has the heading");
    let after = rest.find("\n## ").map_or("", |at| &rest[at..]);
    format!("{before}{section}{after}")
}

fn page() -> String {
    let mut text = "# Ready-made hooks\n\nMade from `hooks/`; `tests/actions.rs` keeps it up to date. `mlv hooks add NAME` writes one into\n`mlv.yaml`, `mlv hooks add` lists them. Those that are scripts need `python3`, 3.8 or newer, and nothing\nbeside its standard library.\n\n| hook | runs on | what it does |\n|---|---|---|\n".to_owned();
    for action in mlv::hook::action::actions() {
        let on: Vec<String> = action.on.iter().map(|event| format!("`{event}`")).collect();
        let (name, on, what) = (action.name, on.join(", "), &action.description);
        writeln!(text, "| [`{name}`](#{name}) | {on} | {what} |").expect("a text takes all");
    }
    for action in mlv::hook::action::actions() {
        let body = readme(action.name).replace("\n## ", "\n### ");
        write!(text, "\n#{body}").expect("a text takes all");
    }
    text
}
