//! `mlv import`

use std::ffi::OsString;

use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable, size};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::import::{self, CheckedReferences, FetchedReferences, ImportOptions, Imported};

/// Record files that lie elsewhere by reference, without copying them
///
/// Each object below the address enters the next commit with its address, size, etag and time; its
/// bytes stay where they are, and the working copy holds no file for it. `mlv cat`, `mlv export` and
/// hooks read it there, and refuse bytes that are not those that were recorded. Imported again, what is
/// new, changed or gone there is named and recorded. The guide: `docs/guide-import.md`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv import s3://lake/raw/2026 data/raw
  mlv import /mnt/share/images --hash
  mlv import -n s3://lake/raw/2026 data/raw
  mlv import --check
  mlv import --fetch data/raw/labels.csv")]
pub struct Args {
    /// A bucket or a part of it, a folder, or a file on the web
    #[arg(required_unless_present_any = ["check", "fetch"])]
    url: Option<String>,

    /// Where in the repository [default: the last part of the address]
    #[arg(requires = "url")]
    path: Option<OsString>,

    /// Read everything once and record its hash, and its version where the bucket keeps versions
    #[arg(long, requires = "url", conflicts_with = "dry_run")]
    hash: bool,

    /// Only list what would be recorded
    #[arg(short = 'n', long, requires = "url")]
    dry_run: bool,

    /// Ask whether the sources of what is staged at these paths, or of all, are as they were recorded
    #[arg(long, value_name = "PATH", num_args = 0.., conflicts_with_all = ["url", "fetch"])]
    check: Option<Vec<OsString>>,

    /// Copy what these paths refer to: they become files as any others
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "url")]
    fetch: Option<Vec<OsString>>,

    /// Print `{"url", "path", "new", "changed", "gone", "unchanged", "bytes", "hashed", "skipped"}` as
    /// JSON; of `--check` `{"references", "changed", "gone", "ok"}`, of `--fetch` `{"fetched", "bytes"}`
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    if let Some(paths) = &args.check {
        let checked = import::check(&context, paths)?;
        ui.end_progress();
        return tell_checked(ui, args.json, &checked);
    }
    if let Some(paths) = &args.fetch {
        let fetched = import::fetch(&context, paths)?;
        ui.end_progress();
        return tell_fetched(ui, args.json, &fetched);
    }
    let options = ImportOptions {
        url: args.url.unwrap_or_default(),
        path: args.path,
        hash: args.hash,
        dry_run: args.dry_run,
    };
    let imported = import::import(&context, &options)?;
    ui.end_progress();
    if args.json {
        ui.json(&imported)?;
    } else {
        tell_imported(ui, &imported, args.dry_run)?;
    }
    Ok(ExitStatus::Done)
}

fn tell_imported(ui: &mut Ui, imported: &Imported, dry_run: bool) -> Result<(), CommandError> {
    let Imported { new, changed, gone, unchanged, skipped, .. } = imported;
    for skipped in skipped {
        let (name, reason) = (printable(&skipped.name), &skipped.reason);
        ui.status(format_args!("passed over `{name}`: {reason}"));
    }
    // Of the first import, everything is new.
    let is_update = *unchanged > 0 || !changed.is_empty() || !gone.is_empty();
    if dry_run || is_update {
        let lists = [
            ("new", Label::Added, new),
            ("changed", Label::Modified, changed),
            ("gone", Label::Deleted, gone),
        ];
        for (word, label, paths) in lists {
            for path in paths {
                ui.data(format_args!("{}  {path}", ui.paint(label, format!("{word:<7}"))))?;
            }
        }
    }
    if !dry_run {
        ui.status(summary(imported));
    }
    Ok(())
}

fn summary(imported: &Imported) -> String {
    let Imported { url, new, changed, gone, unchanged, bytes, hashed, .. } = imported;
    if new.is_empty() && changed.is_empty() && gone.is_empty() && *hashed == 0 {
        let files = count(*unchanged as usize, "file");
        return format!("nothing to record: {files} unchanged at {}", printable(url));
    }
    let parts = [(new.len(), "new"), (changed.len(), "changed"), (gone.len(), "gone")];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let mut parts: Vec<String> = parts.map(|(number, word)| format!("{number} {word}")).collect();
    parts.extend((*unchanged > 0).then(|| format!("{unchanged} unchanged")));
    let read = match hashed {
        0 => "none of it was read".to_owned(),
        hashed => format!("{} read for a hash", count(*hashed as usize, "file")),
    };
    format!(
        "recorded what lies at {}: {} ({}); {read}",
        printable(url),
        parts.join(", "),
        size(*bytes)
    )
}

fn tell_checked(
    ui: &mut Ui,
    as_json: bool,
    checked: &CheckedReferences,
) -> Result<ExitStatus, CommandError> {
    if as_json {
        ui.json(checked)?;
        return Ok(if checked.ok { ExitStatus::Done } else { ExitStatus::Failed });
    }
    for source in &checked.changed {
        let (word, url) = (ui.paint(Label::Modified, "changed"), printable(&source.url));
        let (what, recorded, found) =
            (source.what, printable(&source.recorded), printable(&source.found));
        let path = &source.path;
        ui.data(format_args!("{word}  {path}  ({url}: {what} was {recorded}, and is {found})"))?;
    }
    for source in &checked.gone {
        let (word, url) = (ui.paint(Label::Deleted, "gone   "), printable(&source.url));
        ui.data(format_args!("{word}  {}  ({url})", source.path))?;
    }
    let references = count(checked.references as usize, "reference");
    if checked.ok {
        ui.status(format_args!("{references}, all as recorded"));
        return Ok(ExitStatus::Done);
    }
    let (changed, gone) = (checked.changed.len(), checked.gone.len());
    Err(user_error(format!("of {references}, {changed} changed, {gone} gone"))
        .hinted("`mlv import URL PATH` again records what is there now"))
}

fn tell_fetched(
    ui: &mut Ui,
    as_json: bool,
    fetched: &FetchedReferences,
) -> Result<ExitStatus, CommandError> {
    if as_json {
        ui.json(fetched)?;
        return Ok(ExitStatus::Done);
    }
    ui.status(match fetched.fetched.len() {
        0 => "nothing to fetch: nothing there is a reference".to_owned(),
        files => {
            format!("fetched {} ({}): staged as files", count(files, "file"), size(fetched.bytes))
        }
    });
    Ok(ExitStatus::Done)
}
