//! The floors of the house: a room imports only from lower floors.
//! Tests inside a room are held to it too: one that needs an upper room belongs to that room.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The plan of `docs/architecture.md`, rooms to come included.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["base", "format"]),
    (1, &["config", "store", "check"]),
    (2, &["object"]),
    (3, &["refs", "diff", "hook"]),
    (4, &["repo", "merge"]),
    (5, &["workspace", "remote", "git", "registry"]),
    (6, &["action"]),
    (7, &["ops"]),
    (8, &["watch", "server"]),
    (9, &["cli"]),
];

const MOST_LINES: usize = 600;

#[test]
fn every_room_imports_from_lower_floors_only() {
    let mut climbs = Vec::new();
    for file in source_files() {
        let Some(room) = room_of(&file) else { continue };
        for other in rooms_named_in(&read(&file)) {
            let allowed = floor(&other) < floor(&room) || other == room;
            if !allowed {
                climbs.push(format!("{}: {room} -> {other}", file.display()));
            }
        }
    }
    assert!(climbs.is_empty(), "imports that climb:\n{}", climbs.join("\n"));
}

#[test]
fn every_folder_has_a_floor_and_the_floor_plan_in_lib_rs_agrees() {
    let plan = floor_plan();
    let mut rooms: Vec<String> = source_files().iter().filter_map(|file| room_of(file)).collect();
    rooms.sort();
    rooms.dedup();
    for room in rooms {
        assert!(floor(&room).is_some(), "src/{room}/ is in no row of the floor table");
        assert_eq!(plan.get(&room).copied(), floor(&room), "{room} in the header of src/lib.rs");
    }
}

#[test]
fn no_file_has_outgrown_its_room() {
    for file in source_files() {
        let lines = read(&file).lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines: it asks for a folder", file.display());
    }
}

#[test]
fn only_the_lease_calls_what_the_compiler_cannot_prove() {
    let asks = |file: &PathBuf| read(file).contains("unsafe_code");
    let mut found: Vec<PathBuf> = source_files().into_iter().filter(asks).collect();
    found.sort();
    let named = |file: &str| found.iter().any(|path| path.ends_with(file));
    assert!(named("src/lib.rs") && named("src/workspace/disk/lease.rs"));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn the_reader_of_imports_sees_every_form() {
    let source = "use crate::base::{hash, path};\n// crate::server is not yet\nlet x = \
                  crate::store::Index::new();\nuse crate::{diff::text, merge as m};\n\
                  let text = \"crate:: is a word\";\npub(crate) fn f() {}\nuse crate::{\n    \
                  cli::{self, ui},\n    ops,\n};\nmycrate::watch();\n";
    let mut rooms = rooms_named_in(source);
    rooms.sort();
    assert_eq!(rooms, ["base", "cli", "diff", "merge", "ops", "store"]);
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, rooms)| rooms.contains(&room)).map(|(floor, _)| *floor)
}

/// Returns the rooms with their floors as the header of `src/lib.rs` shows them.
fn floor_plan() -> BTreeMap<String, u8> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("//! |")?.split('|').map(str::trim);
        let floor = cells.next()?.parse().ok()?;
        let room =
            cells.next()?.trim_matches(['[', ']', '`']).trim_start_matches("mod@").to_owned();
        Some((room, floor))
    };
    read(&source_dir().join("lib.rs")).lines().filter_map(row).collect()
}

/// Returns the rooms that the code names by `crate::`, comments left out.
fn rooms_named_in(source: &str) -> Vec<String> {
    let code: Vec<&str> =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut rooms = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            rooms.extend(first_names(&code[at + path.len()..]));
        }
    }
    rooms.retain(|name| !name.is_empty());
    rooms.sort();
    rooms.dedup();
    rooms
}

/// Returns the first name of a path, or of each path of a group in braces.
fn first_names(path: &str) -> Vec<String> {
    let identifier = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![identifier(path)];
    };
    let mut names = vec![identifier(group.trim_start())];
    let mut depth = 1;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(identifier(group[at + 1..].trim_start())),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// Returns the room a file lies in; `lib.rs` and `main.rs` lie in none.
fn room_of(file: &Path) -> Option<String> {
    let mut parts = file.strip_prefix(source_dir()).unwrap().components();
    let first = parts.next()?;
    parts.next()?;
    Some(first.as_os_str().to_str().unwrap().to_owned())
}

fn source_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

fn source_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![source_dir()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
