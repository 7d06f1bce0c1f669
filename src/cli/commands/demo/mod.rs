//! `mlv demo`: the main job on real files, played by this very program. `story` is what it plays.

mod story;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus as Ended, Stdio};

use story::{Line, NEXT, STORY, Scene};

use crate::base::fs::{IoContext, create_dirs};
use crate::base::interrupt;
use crate::cli::error::{CommandError, internal_error, user_error};
use crate::cli::exit::{EXIT_CODES, ExitStatus};
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table};
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::config;
use crate::repo::Layout;

/// Show the main job in a minute, on real files
///
/// A guided run of real commands in a new directory: data is validated, models are trained, judged and
/// deployed by commits and merges, customers change, and things are taken back. It needs Python 3.9 or
/// newer, and leaves the directory to play with.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv demo
  mlv demo /tmp/churn")]
pub struct Args {
    /// A directory that is empty or does not exist
    #[arg(value_name = "DIR", default_value = "mlv-demo")]
    directory: PathBuf,
}

/// Plays with the shell, in the directory of the demo.
struct Player<'a> {
    ui: &'a mut Ui,
    globals: &'a Globals,
    directory: PathBuf,
    program: PathBuf,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    require_python()?;
    let directory = empty_directory(&args.directory)?;
    let program = std::env::current_exe().context("find the program of", "mlv")?;
    let mut player = Player { ui, globals, directory, program };
    for (number, scene) in STORY.iter().enumerate() {
        player.play(number + 1, scene)?;
    }
    player.end(&args.directory)
}

/// Fails where the pipeline of the demo could not run, before anything is made.
fn require_python() -> Result<(), CommandError> {
    let is_new = "import sys; sys.exit(sys.version_info < (3, 9))";
    let ended = Command::new("python3").args(["-c", is_new]).stdin(Stdio::null()).status();
    if ended.is_ok_and(|ended| ended.success()) {
        return Ok(());
    }
    let error = user_error("the demo needs Python 3.9 or newer, as `python3`");
    Err(error.hinted("`mlv help` lists what can be done without it"))
}

fn empty_directory(path: &Path) -> Result<PathBuf, CommandError> {
    create_dirs(path)?;
    if std::fs::read_dir(path).context("read", path)?.next().is_some() {
        let error = user_error(format!("`{}` is not empty", path.display()));
        return Err(error.hinted("name another directory: `mlv demo DIR`"));
    }
    Ok(path.canonicalize().context("open", path)?)
}

impl Player<'_> {
    fn play(&mut self, number: usize, scene: &Scene) -> Result<(), CommandError> {
        let gap = if number > 1 { "\n" } else { "" };
        let title = self.ui.paint(Label::Heading, format!("{number}. {}", scene.title)).to_string();
        self.ui.data(format_args!("{gap}{title}\n{}\n", scene.says))?;
        for line in scene.lines {
            self.show(line)?;
            interrupt::check()?;
        }
        if number == 1 {
            self.settle()?;
        }
        Ok(())
    }

    /// Gives the new repository an author, so that it can be played with without any settings, and
    /// leaves the work in the background to the command of the story that does it.
    fn settle(&self) -> Result<(), CommandError> {
        let file = Layout::at(&self.directory).config();
        config::set(&file, "user.name", "Demo")?;
        config::set(&file, "user.email", "demo@example.org")?;
        config::set(&file, "hooks.worker", "manual")?;
        Ok(())
    }

    /// Runs a command, shows it with all it says, and holds its end against the story.
    fn show(&mut self, line: &Line) -> Result<(), CommandError> {
        let prompt = self.ui.paint(Label::Faint, "$").to_string();
        let command = self.ui.paint(Label::Command, line.command).to_string();
        self.ui.data(format_args!("{prompt} {command}"))?;
        self.ui.flush()?;
        let (ended, told) = self.shell(line.command)?;
        self.ui.bytes(&told)?;
        let code = ended.code().unwrap_or(-1);
        if code != 0 {
            let note = self.ui.paint(Label::Warning, exit_note(code)).to_string();
            self.ui.data(note)?;
        }
        let as_told = String::from_utf8_lossy(&told);
        let as_told = anstream::adapter::strip_str(&as_told).to_string();
        if code == line.code && as_told.contains(line.shows) {
            return Ok(());
        }
        interrupt::check()?;
        Err(internal_error(format!(
            "the demo went wrong: `{}` should have ended with exit code {} and `{}`",
            line.command, line.code, line.shows
        ))
        .hinted(format!("look around in `{}`", self.directory.display())))
    }

    /// Runs a line of shell in which `mlv` is this program; returns what it said on both streams.
    fn shell(&self, line: &str) -> Result<(Ended, Vec<u8>), CommandError> {
        let (mut reader, writer) = std::io::pipe().context("make a pipe for", "sh")?;
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("mlv() {{ \"$MLV_PROGRAM\" \"$@\"; }}\n{line}")])
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stderr(writer.try_clone().context("share the pipe of", "sh")?)
            .stdout(writer);
        self.settle_environment(&mut command);
        let mut child = command.spawn().context("start", "sh")?;
        // It holds our copies of the writing end.
        drop(command);
        let mut told = Vec::new();
        reader.read_to_end(&mut told).context("read the output of", "sh")?;
        Ok((child.wait().context("wait for", "sh")?, told))
    }

    /// Lets nothing of the user's settings decide how the demo goes, or where.
    fn settle_environment(&self, command: &mut Command) {
        for (name, _) in self.globals.environment.iter() {
            if name.as_encoded_bytes().starts_with(b"MLV_") {
                command.env_remove(name);
            }
        }
        command.env("MLV_PROGRAM", &self.program).env("MLV_CONFIG", "/dev/null");
        if self.ui.data_paint().colored {
            command.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        } else {
            command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
        }
    }

    fn end(self, directory: &Path) -> Result<ExitStatus, CommandError> {
        let title = self.ui.paint(Label::Heading, "What to try next").to_string();
        self.ui.data(format_args!("\n{title}"))?;
        let columns = [Column::left().labeled(Label::Command), Column::left()];
        let mut table = Table::new(columns);
        table.row([format!("cd {}", directory.display()), "everything is still there".to_owned()]);
        for (command, shows) in NEXT {
            table.row([(*command).to_owned(), (*shows).to_owned()]);
        }
        for line in table.lines(self.ui.data_paint()) {
            self.ui.data(format_args!("  {line}"))?;
        }
        Ok(ExitStatus::Done)
    }
}

/// Returns an exit code with its meaning.
fn exit_note(code: i32) -> String {
    let known = EXIT_CODES.iter().find(|(status, _)| i32::from(status.code()) == code);
    let meaning = known.map(|(_, meaning)| format!(": {meaning}")).unwrap_or_default();
    format!("[exit code {code}{meaning}]")
}
