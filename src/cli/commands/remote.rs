//! `mlv remote`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, count, printable};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::remotes::{self, AddedRemote};

/// Name the places that data is sent to and comes from
///
/// A remote is a prefix of a bucket, or a folder; there is no server. Credentials come from the
/// environment or a profile and are never written down. Without a verb, the remotes are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv remote
  mlv remote add origin s3://my-bucket/churn
  mlv remote add backup /mnt/backup/churn
  mlv remote add lab s3://data/churn --endpoint http://minio.lab:9000 --allow-http
  mlv remote set-url origin gs://other-bucket/churn
  mlv remote remove backup")]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Print `[{"name", "url"}]` as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Name a remote; makes one where there is none, and proves that the place is fit for it
    Add(Box<Add>),
    /// List the remotes
    List {
        /// Print `[{"name", "url"}]` as JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget a remote; what lies there stays
    #[command(alias = "rm")]
    Remove { name: String },
    /// Give a remote another name
    Rename { old: String, new: String },
    /// Say where a remote is from now on
    SetUrl { name: String, url: String },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What to call it; `origin` is the usual one
    name: String,
    /// `s3://BUCKET/PATH`, `gs://BUCKET/PATH`, `az://CONTAINER/PATH`, a folder, or `https://` to read
    url: String,
    /// The region of its bucket
    #[arg(long)]
    region: Option<String>,
    /// The server that has the bucket, where it is not the cloud's own
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Whether the bucket is named in the path, or in the name of the server
    #[arg(long, value_name = "BOOL")]
    path_style: Option<bool>,
    /// The profile of `~/.aws/config` and `~/.aws/credentials`
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The storage account of an Azure container
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Sign no requests, as for a bucket that everybody may read
    #[arg(long)]
    anonymous: bool,
    /// Allow an endpoint that is not encrypted
    #[arg(long)]
    allow_http: bool,
    /// Print `{"name", "url", "created", "read_only", "branches"}` as JSON
    #[arg(long)]
    json: bool,
}

impl Add {
    /// Returns the settings that were given.
    fn options(&self) -> Vec<(&'static str, String)> {
        let given = |given: bool| given.then(|| "true".to_owned());
        let all = [
            ("region", self.region.clone()),
            ("endpoint", self.endpoint.clone()),
            ("path_style", self.path_style.map(|style| style.to_string())),
            ("profile", self.profile.clone()),
            ("account", self.account.clone()),
            ("anonymous", given(self.anonymous)),
            ("allow_http", given(self.allow_http)),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    match args.verb {
        None => list(ui, &context, args.json)?,
        Some(Verb::List { json }) => list(ui, &context, json || args.json)?,
        Some(Verb::Add(add)) => {
            let added = remotes::add(&context, &add.name, &add.url, &add.options())?;
            ui.end_progress();
            if add.json { ui.json(&added)? } else { tell(ui, &added) }
        }
        Some(Verb::Remove { name }) => {
            remotes::remove(&context, &name)?;
            ui.status(format_args!("`{name}` is forgotten here; what lies there stays"));
        }
        Some(Verb::Rename { old, new }) => {
            remotes::rename(&context, &old, &new)?;
            ui.status(format_args!("`{old}` is called `{new}` now"));
        }
        Some(Verb::SetUrl { name, url }) => {
            let url = remotes::set_url(&context, &name, &url)?;
            ui.status(format_args!("`{name}` is at {url} from now on"));
        }
    }
    Ok(ExitStatus::Done)
}

fn tell(ui: &mut Ui, added: &AddedRemote) {
    let AddedRemote { name, url, created, read_only, branches } = added;
    if *created {
        ui.status(format_args!("made the remote `{name}` at {url}"));
        ui.hint("`mlv push` sends the branch you stand on");
    } else {
        let branches = match branches {
            1 => "1 branch".to_owned(),
            number => format!("{number} branches"),
        };
        ui.status(format_args!("`{name}` is at {url}: {branches}"));
        ui.hint(if *read_only {
            "it can only be read from here: `mlv fetch` brings what it has, nothing can be pushed"
        } else {
            "`mlv fetch` brings what it has"
        });
    }
}

fn list(ui: &mut Ui, context: &Context, json: bool) -> Result<(), CommandError> {
    let remotes = remotes::list(context);
    if json {
        return ui.json(&remotes);
    }
    let mut table = Table::new([Column::left().labeled(Label::Branch), Column::left()]);
    for remote in &remotes {
        table.row([printable(&remote.name).into_owned(), printable(&remote.url).into_owned()]);
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))?;
    if remotes.is_empty() {
        ui.hint("`mlv remote add origin URL` names the first one");
    } else {
        ui.detail(count(remotes.len(), "remote"));
    }
    Ok(())
}
