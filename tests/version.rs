//! `mlv version`

use crate::common::TestEnvironment;

#[test]
fn the_version_is_that_of_the_package() {
    let env = TestEnvironment::new();
    let expected = format!("mlv {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(env.success(&["version"]).stdout, expected);
    assert_eq!(env.success(&["--version"]).stdout, expected);
    assert_eq!(env.json(&["version", "--json"])["version"], env!("CARGO_PKG_VERSION"));
}
