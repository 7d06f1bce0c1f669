//! The commands of a deployment: its reload, its smoke test, its target.

use std::ffi::OsString;
use std::path::Path;

use crate::base::duration::format_duration;
use crate::base::fs::{create_dirs, parent_of};
use crate::base::interrupt;
use crate::config::Environment;
use crate::hook::process::{End, Limits, Masker, Task, run};
use crate::ops::OpsError;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::spec::Script;

/// Why a command did not do what it was to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFailure {
    pub how: String,
    /// The last lines it wrote.
    pub tail: Vec<String>,
}

/// What a command is given.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    pub environment: &'a Environment,
    pub directory: &'a Path,
    /// Where its output goes.
    pub log: &'a Path,
    pub variables: Vec<(&'static str, OsString)>,
    /// Variables of the environment whose values are never shown.
    pub secrets: Vec<String>,
    /// Whether Ctrl-C ends it: what goes back goes back in any case.
    pub may_be_interrupted: bool,
}

/// Runs a command to its end.
pub fn carry_out(
    script: &Script,
    setting: &Setting<'_>,
) -> Result<Result<(), ScriptFailure>, OpsError> {
    create_dirs(parent_of(setting.log))?;
    let user = setting.environment.iter();
    let mut environment: Vec<(OsString, OsString)> =
        user.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    // A release stays as it is when its code is run.
    environment.push(("PYTHONDONTWRITEBYTECODE".into(), "1".into()));
    let told = setting.variables.iter();
    environment.extend(told.map(|(name, value)| (OsString::from(name), value.clone())));
    let secrets: Vec<Vec<u8>> = setting
        .secrets
        .iter()
        .filter_map(|name| setting.environment.get(name))
        .map(|value| value.as_bytes().to_vec())
        .collect();
    let task = Task {
        command: ["sh", "-c", &script.run].map(OsString::from).to_vec(),
        dir: setting.directory.to_owned(),
        environment,
        stdin: "/dev/null".into(),
        log: setting.log.to_owned(),
        note: Some(format!("$ {}", script.run)),
        masker: Masker::new(secrets.iter().map(Vec::as_slice)),
    };
    let interrupted: fn() -> bool =
        if setting.may_be_interrupted { interrupt::requested } else { || false };
    let limits = Limits { timeout: script.timeout, interrupted, ..Limits::default() };
    let ended = run(task, &limits, &mut |_| {}).map_err(DeployError::from)?;
    let how = match ended.end {
        End::Exited(0) => return Ok(Ok(())),
        End::Exited(code) => format!("exit code {code}"),
        End::Signalled(signal) => format!("ended by signal {signal}"),
        End::TimedOut => format!("not done after {}", format_duration(script.timeout)),
        End::Interrupted => "interrupted".to_owned(),
    };
    Ok(Err(ScriptFailure { how, tail: ended.tail }))
}
