//! What the demo plays: scenes, and how each command must end.

/// A step of the story.
#[derive(Debug)]
pub struct Scene {
    pub title: &'static str,
    /// What it is about, before the commands.
    pub says: &'static str,
    pub lines: &'static [Line],
}

/// A command as a user types it into a POSIX shell.
#[derive(Debug)]
pub struct Line {
    pub command: &'static str,
    /// The exit code that the story needs.
    pub code: i32,
    /// What its output must hold.
    pub shows: &'static str,
}

const fn run(command: &'static str, shows: &'static str) -> Line {
    Line { command, code: 0, shows }
}

const fn refused(command: &'static str, shows: &'static str) -> Line {
    Line { command, code: 3, shows }
}

pub const STORY: &[Scene] = &[
    Scene {
        title: "A project whose pipeline hangs on version control",
        says: "A template brings shell scripts and `mlv.yaml`, which says what runs when. A made-up\n\
               warehouse exports January's customers.",
        lines: &[
            run("mlv init --template demo", "made a repository"),
            run("mkdir data && sh warehouse/export.sh 2026-01 > data/customers.csv", ""),
        ],
    },
    Scene {
        title: "A commit is judged before it exists",
        says: "`validate` runs on exactly what the commit would hold. With this commit the branch `main`\n\
               is protected, as `mlv.yaml` says: from now on it moves by merges only.",
        lines: &[run("mlv add .", "added"), run("mlv commit -m 'January customers'", "✓ validate")],
    },
    Scene {
        title: "A merge trains, judges and deploys",
        says: "Merging into `main` trains a model on the merge result; the model and its metrics land\n\
               with the merge. Then `deploy` puts it to use.",
        lines: &[
            run("mlv switch -c first-model", "first-model"),
            run("echo '# the first model' >> params.yaml", ""),
            run("mlv commit -am 'The first model'", "1 file"),
            run("mlv merge first-model --into main", "✓ deploy"),
            run("cat prod/current/eval.json", "auc"),
        ],
    },
    Scene {
        title: "Bad data is refused, with the rows that are wrong",
        says: "February's export went wrong upstream. Nothing is committed; the exit code is 3.",
        lines: &[
            run("mlv switch -c february main", "february"),
            run("sh warehouse/export.sh 2026-02 broken > data/customers.csv", ""),
            refused("mlv commit -am 'February customers'", "commit refused by `validate`"),
            run("sh warehouse/export.sh 2026-02 > data/customers.csv", ""),
            run("mlv commit -am 'February customers'", "✓ validate"),
            run("mlv merge february --into main", "✓ deploy"),
        ],
    },
    Scene {
        title: "A worse model does not get in",
        says: "A model that looks at age alone ranks customers worse than the one in use. The gate\n\
               compares both on the same customers; `main` stays as it was.",
        lines: &[
            run("mlv switch -c age-only main", "age-only"),
            run("printf 'features: age\\nepochs: 60\\nlearning_rate: 0.5\\n' > params.yaml", ""),
            run("mlv commit -am 'Only the age'", "1 file"),
            refused("mlv merge age-only --into main", "merge refused by `gate`"),
        ],
    },
    Scene {
        title: "A better one does, and is in production a moment later",
        says: "The same commands; this time the metric is on our side.",
        lines: &[
            run("mlv switch -c better-features main", "better-features"),
            run(
                "printf 'features: age basic_plan monthly_spend tenure_months support_calls\\n\
                 epochs: 60\\nlearning_rate: 0.5\\n' > params.yaml",
                "",
            ),
            run("mlv commit -am 'Tenure and support calls'", "1 file"),
            run("mlv merge better-features --into main", "✓ deploy"),
            run("cat prod/current/eval.json", "auc"),
        ],
    },
    Scene {
        title: "Whatever you did can be taken back",
        says: "An edit that was never committed is thrown away, and comes back.",
        lines: &[
            run("echo 'seed: 7' >> params.yaml", ""),
            run("mlv restore params.yaml", ""),
            run("mlv undo", ""),
            run("tail -n 1 params.yaml", "seed: 7"),
        ],
    },
];

/// What to try afterwards: a command, and what it shows.
pub const NEXT: &[(&str, &str)] = &[
    ("mlv log --graph", "how main came to be"),
    ("mlv hooks runs", "every verdict so far"),
    ("mlv hooks list", "what would run now, and why the rest would not"),
    ("mlv switch -c my-idea main", "then change params.yaml, commit, and"),
    ("mlv merge my-idea --into main", "see whether the gate lets you in"),
    ("mlv op log", "what `mlv undo` can take back"),
];
