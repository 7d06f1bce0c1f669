//! `mlv check import`

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::base::fs::IoContext;
use crate::check::suite::{ForeignFormat, import};
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::ui::Ui;

/// A longer file is no suite.
const MAX_BYTES: u64 = crate::base::yaml::MAX_BYTES as u64;

/// Turn a suite of another tool into one of mlv
///
/// A rule that has no check here becomes an entry of `not_run`, which refuses until its name is put into
/// `allow_not_run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file
    file: PathBuf,
    /// What the file is [default: detected]
    #[arg(long, value_enum)]
    from: Option<Foreign>,
    /// Write the suite into this file, which must not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A suite of another tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Foreign {
    /// A data contract of the Open Data Contract Standard
    Odcs,
    /// An expectation suite of Great Expectations
    Gx,
    /// A table schema or a data package of Frictionless
    Frictionless,
    /// A JSON Schema of a row
    JsonSchema,
}

impl From<Foreign> for ForeignFormat {
    fn from(foreign: Foreign) -> Self {
        match foreign {
            Foreign::Odcs => Self::Odcs,
            Foreign::Gx => Self::Gx,
            Foreign::Frictionless => Self::Frictionless,
            Foreign::JsonSchema => Self::JsonSchema,
        }
    }
}

pub(super) fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let place = globals.directory()?.join(&args.file);
    let file = std::fs::File::open(&place).context("open", &place)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).context("read", &place)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(user_error(format!(
            "`{}` is larger than {MAX_BYTES} bytes",
            args.file.display()
        )));
    }
    let imported = import(&bytes, args.from.map(ForeignFormat::from))
        .map_err(|error| user_error(format!("`{}`: {error}", args.file.display())))?;
    if imported.left_out > 0 {
        let rules = crate::cli::render::count(imported.left_out, "rule");
        ui.warning(format_args!("{rules} without a check here: see `not_run` in the suite"));
    }
    deliver(ui, &imported.suite, args.output.as_deref())
}

/// Prints a suite, or writes it into a new file.
pub(super) fn deliver(
    ui: &mut Ui,
    suite: &str,
    output: Option<&Path>,
) -> Result<ExitStatus, CommandError> {
    let Some(output) = output else {
        ui.bytes(suite.as_bytes())?;
        return Ok(ExitStatus::Done);
    };
    let mut file = std::fs::File::create_new(output).context("create", output)?;
    file.write_all(suite.as_bytes()).context("write", output)?;
    ui.status(format_args!("wrote `{}`", output.display()));
    Ok(ExitStatus::Done)
}
