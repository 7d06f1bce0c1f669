//! Everything that is tested through the program or about the source as a whole: one binary, a module
//! per verb or concern, over one `TestEnvironment`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

mod actions;
mod add;
mod branch;
mod check;
mod check_data;
mod ci;
mod clone;
mod clone_remote;
mod commit;
mod config;
mod crash;
mod demo;
mod deploy;
mod deploy_code;
#[cfg(target_os = "linux")]
mod deploy_crash;
mod deploy_servers;
mod diff;
mod direct;
mod docs;
mod drift;
mod environment;
mod faults;
mod follow_up;
mod fsck;
mod gate;
mod gc;
mod help;
mod hook_cache;
mod hook_crash;
mod hook_events;
mod hook_faults;
mod hook_push;
mod hook_queue;
mod hook_remote;
mod hook_reports;
mod hook_require;
mod hook_run;
mod hook_sandbox;
mod hook_signals;
mod hook_triggers;
mod hooks;
mod hooks_add;
mod hooks_check;
mod import;
mod init;
mod inspect;
mod json;
mod layers;
mod log;
mod log_variable;
mod merge;
mod metrics;
mod model;
mod mv;
mod odd_names;
mod output;
mod pick;
mod pull;
mod push;
mod reference;
mod remote;
mod remote_faults;
mod remote_log;
mod remote_servers;
mod reset;
mod restore;
mod rm;
mod scenario;
mod sparse;
mod stash;
mod status;
mod switch;
mod templates;
mod undo;
mod version;

#[test]
fn no_test_file_is_forgotten() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let listed = include_str!("main.rs");
    for entry in std::fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        let is_data = ["main.rs", "golden", "servers"].contains(&name.as_str());
        let is_module = !name.starts_with('.') && !is_data;
        assert!(
            !is_module || listed.contains(&format!("\nmod {module};\n")),
            "tests/{name} is not a `mod` of tests/main.rs"
        );
    }
}
