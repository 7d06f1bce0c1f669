use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<RemoteUrl, RemoteError> {
    RemoteUrl::parse(text, Path::new("/home/ada"))
}

fn parts(text: &str) -> (Scheme, String, String, String) {
    let url = parse(text).unwrap();
    (url.scheme, url.bucket, url.path, url.text)
}

fn all(scheme: Scheme, bucket: &str, path: &str, text: &str) -> (Scheme, String, String, String) {
    (scheme, bucket.to_owned(), path.to_owned(), text.to_owned())
}

#[test]
fn an_address_has_a_bucket_and_a_path() {
    assert_eq!(parts("s3://data/a/b/"), all(Scheme::S3, "data", "a/b", "s3://data/a/b"));
    assert_eq!(parts("gs://data"), all(Scheme::Gcs, "data", "", "gs://data"));
    assert_eq!(parts("az://data/a%20b"), all(Scheme::Azure, "data", "a%20b", "az://data/a%20b"));
    let lake = "abfss://data@ada.dfs.core.windows.net/a";
    assert_eq!(parts(lake), all(Scheme::Azure, "data@ada.dfs.core.windows.net", "a", lake));
    let mirror = "https://example.org:8080/mirror";
    assert_eq!(parts(mirror), all(Scheme::Http, "example.org:8080", "mirror", mirror));
}

#[test]
fn a_folder_is_an_absolute_path() {
    for (text, path) in [
        ("backup", "/home/ada/backup"),
        ("./a/../b", "/home/ada/b"),
        ("../grace", "/home/grace"),
        ("/mnt/a b", "/mnt/a b"),
        ("./~", "/home/ada/~"),
        ("file:///mnt/a%20b%25", "/mnt/a b%"),
        ("file://localhost/mnt", "/mnt"),
        ("odd/x://y", "/home/ada/odd/x:/y"),
    ] {
        assert_eq!(parts(text), all(Scheme::Folder, "", path, path), "{text}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for text in [
        "",
        "~",
        "~/backup",
        "s3:bucket/a",
        "file:a",
        "file://host/a",
        "file:///%zz",
        "s3://",
        "s3:///a",
        "s3://a b",
        "s3://a/b//c",
        "s3://a/../b",
        "http://",
        "s3://bucket/a?region=x",
        "file:///%00",
    ] {
        assert!(
            matches!(parse(text), Err(RemoteError::BadUrl { .. })),
            "{text}: {:?}",
            parse(text)
        );
    }
    assert!(matches!(parse("ssh://host/a"), Err(RemoteError::UnknownScheme { .. })));
}

#[test]
fn a_secret_in_an_address_is_refused_and_not_repeated() {
    for text in [
        "s3://KEY:hunter2@bucket/a",
        "s3://KEY:hun/hunter2@bucket/a",
        "https://ada:hunter2@example.org/a",
        "https://example.org/a?sig=hunter2",
        "az://container:hunter2@account/a",
        "az://container/a?sig=hunter2",
    ] {
        let error = parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

proptest! {
    #[test]
    fn any_text_is_an_address_or_an_error(text: String) {
        if let Ok(url) = parse(&text) {
            // What is written down is read back as the same.
            prop_assert_eq!(parse(url.as_str()).unwrap(), url);
        }
    }
}
