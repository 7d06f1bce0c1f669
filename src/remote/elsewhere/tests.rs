//! The laws of references to a folder: what was recorded is given, and anything else is named.

use std::fs;
use std::io::Read as _;

use super::*;
use crate::object::ReferenceError;

fn places(dir: &Path) -> Places {
    let (config, _) = Config::load(&Environment::default(), None, &[]).unwrap();
    Places::new(config, Environment::default(), dir.join("hashes"))
}

fn write(path: &Path, bytes: &[u8]) {
    crate::base::fs::create_dirs(path.parent().unwrap()).unwrap();
    crate::base::fs::atomic_write(path, bytes).unwrap();
}

/// Gives a file the time of before, as a tool that copies may.
fn backdate(path: &Path, reference: &Reference) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(reference.modified);
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

fn read(places: &Places, reference: &Reference) -> Result<Vec<u8>, String> {
    let source = places.open(reference).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = source.reader().and_then(|mut reader| reader.read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| {
        assert!(ReferenceError::of(&error).is_some(), "{error:?}");
        error.to_string()
    })
}

fn list(places: &Places, dir: &Path) -> Listing {
    places.list(&RemoteUrl::parse(dir.to_str().unwrap(), Path::new("/")).unwrap()).unwrap()
}

#[test]
fn a_folder_is_listed_with_links_to_files_and_without_other_repositories() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    write(&data.join("b/x y.bin"), b"12");
    write(&data.join("a.csv"), b"1");
    write(&data.join(".git/config"), b"");
    std::os::unix::fs::symlink("a.csv", data.join("link.csv")).unwrap();
    std::os::unix::fs::symlink(".", data.join("round")).unwrap();
    std::os::unix::fs::symlink("nowhere", data.join("broken")).unwrap();
    let listing = list(&places(dir.path()), &data);
    let found: Vec<_> =
        listing.found.iter().map(|(path, it)| (path.to_string(), it.size)).collect();
    assert_eq!(
        found,
        [("a.csv".to_owned(), 1), ("b/x y.bin".to_owned(), 2), ("link.csv".to_owned(), 1)]
    );
    let mut skipped: Vec<_> = listing.skipped.iter().map(|it| it.name.as_str()).collect();
    skipped.sort_unstable();
    assert_eq!(skipped, [".git", "broken", "round"]);
    assert!(!listing.is_single);
    assert!(list(&places(dir.path()), &data.join("nothing")).found.is_empty());
    assert!(list(&places(dir.path()), &data.join("a.csv")).is_single);
}

#[test]
fn what_was_recorded_is_read_whole_and_in_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    write(&file, &bytes);
    let places = places(dir.path());
    let reference = places.look(&address::of_file(&file).unwrap()).unwrap().unwrap();
    assert_eq!(read(&places, &reference), Ok(bytes.clone()));
    assert_eq!(places.known_hash(&reference), Some(Hash::of(&bytes)));
    let source = places.open(&reference).unwrap();
    for (offset, len) in [(0, 10), (5, 50_000), (99_990, 100), (100_000, 1), (0, 200_000)] {
        assert_eq!(source.read_at(offset, len).unwrap(), bytes.read_at(offset, len).unwrap());
    }
    assert_eq!(places.standing(&reference).unwrap(), Standing::Same);
}

#[test]
fn what_changed_is_named_with_what_was_and_what_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    write(&file, b"one");
    let places = places(dir.path());
    let reference = places.look(&address::of_file(&file).unwrap()).unwrap().unwrap();
    let said = |result: Result<Vec<u8>, String>| result.unwrap_err().replace(&reference.url, "URL");
    write(&file, b"longer");
    assert_eq!(said(read(&places, &reference)), "`URL` has changed: its size was 3, and is 6");
    write(&file, b"two");
    let time = said(read(&places, &reference));
    assert!(time.starts_with("`URL` has changed: its time was 2"), "{time}");
    let partly = places.open(&reference).unwrap().read_at(1, 1).unwrap_err();
    assert!(matches!(ReferenceError::of(&partly), Some(ReferenceError::Changed { .. })));
    // The time says that nothing has changed; the hash does not.
    let hashed = Reference { content: Some(Hash::of(b"one")), ..reference.clone() };
    backdate(&file, &reference);
    assert_eq!(
        said(read(&places, &hashed)),
        format!(
            "`URL` has changed: its hash was {}, and is {}",
            Hash::of(b"one").to_hex(),
            Hash::of(b"two").to_hex()
        )
    );
    fs::remove_file(&file).unwrap();
    assert_eq!(said(read(&places, &reference)), "`URL` is gone");
    assert_eq!(places.standing(&reference).unwrap(), Standing::Gone);
}

#[test]
fn a_hash_that_was_found_out_holds_for_every_later_reading() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    write(&file, b"one");
    let places = places(dir.path());
    let reference = places.look(&address::of_file(&file).unwrap()).unwrap().unwrap();
    assert!(read(&places, &reference).is_ok());
    write(&file, b"two");
    backdate(&file, &reference);
    assert!(read(&places, &reference).unwrap_err().contains("its hash was"));
}
