//! `docs/reference.md` says what the help says.

use std::path::Path;

#[test]
#[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    let made = mlv::cli::reference::markdown();
    if std::env::var_os("MLV_UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == made,
        "docs/reference.md is out of date: MLV_UPDATE_REFERENCE=1 cargo test --locked reference"
    );
}
