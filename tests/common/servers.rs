//! Servers that speak as the clouds do; each ends with the value that stands for it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mlv::config::Environment;
use mlv::remote::{Backend, RemoteOptions, RemoteUrl};

/// A server on this machine, and how it is addressed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// As in `http://127.0.0.1:4711`.
    pub endpoint: String,
    /// The address of a remote that it has.
    pub url: &'static str,
    /// What lets a program in: variables of the environment.
    pub variables: Vec<(&'static str, String)>,
}

/// Returns whether tests that need servers are passed over, as the user wants it.
pub fn are_skipped() -> bool {
    Environment::from_process().is_set("MLV_SKIP_SERVERS")
}

impl Server {
    /// Starts moto, an S3.
    pub fn s3() -> Self {
        let python = installed("venv/bin/python3");
        let server = Self::start(Command::new(python).arg(script("s3.py")), "s3://bucket/remote");
        let endpoint = server.endpoint.clone();
        server.with(&[
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
        ])
    }

    /// Starts moto as an S3 that checks signatures and permissions: `writer` is let in.
    pub fn signed_s3() -> Self {
        let python = installed("venv/bin/python3");
        let mut command = Command::new(python);
        let server = Self::start(command.arg(script("signed_s3.py")), "s3://bucket/remote");
        server.signing_as("writer")
    }

    /// Goes on as another user of [`Server::signed_s3`].
    pub fn signing_as(self, name: &str) -> Self {
        let endpoint = self.endpoint.clone();
        self.with(&[
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_ACCESS_KEY_ID", name),
            ("AWS_SECRET_ACCESS_KEY", &format!("the secret of {name}")),
            ("AWS_REGION", "us-east-1"),
        ])
    }

    /// Starts Azurite, an Azure.
    pub fn azure() -> Self {
        let azurite = installed("npm/node_modules/.bin/azurite-blob");
        let mut command = Command::new("python3");
        let server =
            Self::start(command.arg(script("azure.py")).arg(azurite), "az://bucket/remote");
        let endpoint = format!("{}/devstoreaccount1", server.endpoint);
        server.with(&[
            ("AZURE_STORAGE_ENDPOINT", &endpoint),
            ("AZURE_STORAGE_ACCOUNT", "devstoreaccount1"),
            (
                "AZURE_STORAGE_KEY",
                "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
            ),
        ])
    }

    /// Starts a small Google Cloud Storage.
    pub fn gcs() -> Self {
        let server =
            Self::start(Command::new("python3").arg(script("gcs.py")), "gs://bucket/remote");
        let endpoint = server.endpoint.clone();
        server.with(&[("GOOGLE_BASE_URL", &endpoint), ("GOOGLE_BEARER_TOKEN", "token")])
    }

    /// Starts a web server over a folder.
    pub fn web(folder: &Path) -> Self {
        Self::start(Command::new("python3").arg(script("web.py")).arg(folder), "")
    }

    /// Starts a web server over a folder that fails now and then.
    pub fn flaky_web(folder: &Path) -> Self {
        Self::start(Command::new("python3").arg(script("web.py")).arg(folder).arg("flaky"), "")
    }

    /// Starts a web server over a folder that speaks TLS, with a certificate that nobody knows: it is
    /// written to a file.
    pub fn tls_web(folder: &Path, certificate: &Path) -> Self {
        let mut command = Command::new(installed("venv/bin/python3"));
        let command = command.arg(script("tls.py")).arg(certificate).arg("web.py").arg(folder);
        Self::start(command, "")
    }

    fn start(command: &mut Command, url: &'static str) -> Self {
        // It ends when its stdin does, so also with a test that is killed.
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let endpoint = first.trim().to_owned();
        let is_address = endpoint.starts_with("http://") || endpoint.starts_with("https://");
        assert!(is_address, "{command:?} did not start: it said {first:?}");
        Self { child, endpoint, url, variables: Vec::new() }
    }

    fn with(mut self, variables: &[(&'static str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        self.variables = variables.collect();
        self
    }

    /// Returns the environment in which the server lets a program in.
    pub fn environment(&self) -> Environment {
        Environment::from_pairs(self.variables.iter().cloned())
    }

    /// Opens an address at the server.
    pub fn open(&self, url: &str) -> Backend {
        let url = RemoteUrl::parse(url, Path::new("/")).unwrap();
        Backend::open(&url, &self.environment(), &RemoteOptions::default()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It was asked to end; one that ended before is as good.
        let _ = self.child.wait();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(name)
}

#[track_caller]
fn installed(program: &str) -> PathBuf {
    let prefix = Environment::from_process().path("MLV_TEST_SERVERS");
    let here = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-servers");
    let path = prefix.unwrap_or_else(here).join(program);
    assert!(
        path.exists(),
        "{} is missing: `tests/servers/install.sh` installs the servers that tests talk to, and \
         MLV_SKIP_SERVERS=1 passes over these tests",
        path.display()
    );
    path
}
