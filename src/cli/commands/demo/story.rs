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
        says: "A template brings a small pipeline in Python, and `mlv.yaml`, which says what runs when. A\n\
               made-up warehouse exports January's customers.",
        lines: &[
            run("mlv init --template tabular-classification", "made a repository"),
            run("python3 warehouse/generate.py --month 2026-01", ""),
        ],
    },
    Scene {
        title: "A commit is judged before it exists",
        says: "`validate` holds the customers against `checks/customers.yaml`, and `features` makes what a\n\
               model learns from: all of it is one commit. From now on `main` moves by merges only.",
        lines: &[run("mlv add .", "added"), run("mlv commit -m January", "✓ validate")],
    },
    Scene {
        title: "A merge trains, judges and deploys",
        says: "A model is trained on the merge result and judged by `gates/churn.yaml`; it lands with the\n\
               merge. Then it is put to use, after a smoke test.",
        lines: &[
            run("mlv switch -c first-model", "first-model"),
            run("mlv commit --allow-empty -m 'The first model'", "first-model"),
            run("mlv merge first-model --into main", "✓ deploy"),
            run(
                "python3 -B prod/current/pipeline/serve.py '{\"age\": 34, \"plan\": \"basic\"}'",
                "0.",
            ),
        ],
    },
    Scene {
        title: "Bad data is refused, with the rows that are wrong",
        says: "February's export went wrong upstream. Nothing is committed; the exit code is 3.",
        lines: &[
            run("mlv switch -c february main", "february"),
            run("python3 warehouse/generate.py --month 2026-02 --flaw all", ""),
            run("mlv add data", "added"),
            refused("mlv commit -m February", "commit refused by `validate`"),
            run("python3 warehouse/generate.py --month 2026-02", ""),
            run("mlv commit -am February", "✓ validate"),
            run("mlv merge february --into main", "✓ deploy"),
        ],
    },
    Scene {
        title: "A worse model does not get in",
        says: "One that does without support calls is good enough by itself, but not as good as the one in\n\
               use, on the same customers. `main` stays as it was.",
        lines: &[
            run("mlv switch -c fewer-features main", "fewer-features"),
            run("sed -i.old 's/, support_calls]/]/' params.yaml && rm params.yaml.old", ""),
            run("mlv commit -am 'Do without support calls'", "1 file"),
            refused("mlv merge fewer-features --into main", "merge refused by `gate`"),
        ],
    },
    Scene {
        title: "Neither does an unfair one",
        says: "Knowing the gender it ranks customers better, and treats women and men differently.",
        lines: &[
            run("mlv switch -c by-gender main", "by-gender"),
            run("sed -i.old 's/_calls]/_calls, gender]/' params.yaml && rm params.yaml.old", ""),
            run("mlv commit -am 'Look at the gender'", "1 file"),
            refused("mlv merge by-gender --into main", "merge refused by `gate`"),
        ],
    },
    Scene {
        title: "When customers change, a model is trained anew",
        says: "March's customers are other people. A worker sees that they are not those that the model\n\
               knows, and learns from them too; the new model goes through the same gates.",
        lines: &[
            run("mlv switch -c march main", "march"),
            run(
                "python3 warehouse/generate.py --month 2026-03 --drift --out data/live/2026-03.csv",
                "",
            ),
            run("mlv add data && mlv commit -m 'March, as it comes in'", "✓ validate"),
            run("mlv merge march --into main", "moved `main` forward"),
            run("mlv hooks work --once", "✓ retrain"),
            run("mlv deploy history prod", ""),
        ],
    },
    Scene {
        title: "Whatever you did can be taken back",
        says: "The release before is active again with one command. So is an edit that was never committed.",
        lines: &[
            run("mlv deploy rollback prod", ""),
            run("mlv deploy status", "prod"),
            run("echo 'ridge: 2.0' >> params.yaml", ""),
            run("mlv restore params.yaml", ""),
            run("mlv undo", ""),
            run("tail -n 1 params.yaml", "ridge: 2.0"),
        ],
    },
];

/// What to try afterwards: a command, and what it shows.
pub const NEXT: &[(&str, &str)] = &[
    ("less README.md", "what each part does, and how to make it yours"),
    ("mlv log --graph main", "how main came to be"),
    ("mlv hooks runs", "every verdict so far"),
    ("mlv hooks list", "what would run now, and why the rest would not"),
    ("mlv switch -c my-idea main", "then change params.yaml, commit, and"),
    ("mlv merge my-idea --into main", "see whether the gate lets you in"),
    ("mlv op log", "what `mlv undo` can take back"),
];
