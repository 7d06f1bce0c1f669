//! From an address, the environment and settings to a store. The clouds' own variables hold, as for
//! their own tools; settings of the remote go before them.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, HeaderValue, ObjectStore, RetryConfig};

use super::{RemoteOptions, fault, s3};
use crate::config::Environment;
use crate::remote::{RemoteError, RemoteUrl, Scheme, tls};

type Store = Arc<dyn ObjectStore>;

/// What a store is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub url: &'a RemoteUrl,
    pub environment: &'a Environment,
    pub options: &'a RemoteOptions,
}

impl Place<'_> {
    /// Opens the store whose keys are relative to the root of the remote.
    pub fn open(&self) -> Result<Store, RemoteError> {
        tls::prepare();
        match self.url.scheme() {
            Scheme::S3 => self.below(s3::open(self)?, self.url.path()),
            Scheme::Gcs => self.below(self.gcs()?, self.url.path()),
            Scheme::Azure => self.below(self.azure()?, self.url.path()),
            Scheme::Folder => self.folder(),
            Scheme::Http => self.http(),
        }
    }

    fn below(&self, store: impl ObjectStore, path: &str) -> Result<Store, RemoteError> {
        let path = Path::parse(path).map_err(|error| self.bad_url(error))?;
        Ok(Arc::new(PrefixStore::new(store, path)))
    }

    /// A folder is made with the first object that is written to it.
    fn folder(&self) -> Result<Store, RemoteError> {
        let path =
            Path::from_absolute_path(self.url.path()).map_err(|error| self.bad_url(error))?;
        let disk = LocalFileSystem::new().with_fsync(true);
        Ok(Arc::new(PrefixStore::new(disk, path)))
    }

    fn http(&self) -> Result<Store, RemoteError> {
        let builder = HttpBuilder::new().with_url(self.url.as_str()).with_retry(no_retry());
        let client = client().with_allow_http(true);
        let built = builder.with_client_options(client).build();
        Ok(Arc::new(built.map_err(|error| self.not_built(error))?))
    }

    fn gcs(&self) -> Result<impl ObjectStore + use<>, RemoteError> {
        let mut builder =
            GoogleCloudStorageBuilder::new().with_client_options(client()).with_retry(no_retry());
        for (key, value) in settings::<GoogleConfigKey>(self.environment, "GOOGLE_") {
            builder = builder.with_config(key, value);
        }
        let endpoint =
            self.options.endpoint.as_deref().or_else(|| self.environment.get("GOOGLE_BASE_URL"));
        if let Some(endpoint) = endpoint {
            let client = client().with_allow_http(self.allows_http(endpoint)?);
            builder = builder.with_base_url(endpoint).with_client_options(client);
        }
        if let Some(anonymous) = self.options.anonymous {
            builder = builder.with_skip_signature(anonymous);
        }
        let built = builder.with_bucket_name(self.url.bucket()).build();
        built.map_err(|error| self.not_built(error))
    }

    fn azure(&self) -> Result<impl ObjectStore + use<>, RemoteError> {
        let mut builder =
            MicrosoftAzureBuilder::new().with_client_options(client()).with_retry(no_retry());
        for (key, value) in settings::<AzureConfigKey>(self.environment, "AZURE_") {
            builder = builder.with_config(key, value);
        }
        // The names that Azure's own tools use.
        for (variable, key) in [
            ("AZURE_STORAGE_ACCOUNT", AzureConfigKey::AccountName),
            ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
        ] {
            if let Some(value) = self.environment.get(variable) {
                builder = builder.with_config(key, value);
            }
        }
        let endpoint = self.options.endpoint.as_deref();
        let endpoint = endpoint.or_else(|| self.environment.get("AZURE_STORAGE_ENDPOINT"));
        if let Some(endpoint) = endpoint {
            let client = client().with_allow_http(self.allows_http(endpoint)?);
            builder = builder.with_endpoint(endpoint.to_owned()).with_client_options(client);
        }
        if let Some(account) = &self.options.account {
            builder = builder.with_account(account);
        }
        if let Some(anonymous) = self.options.anonymous {
            builder = builder.with_skip_signature(anonymous);
        }
        let builder = if self.url.bucket().contains('@') {
            builder.with_url(self.url.as_str())
        } else {
            builder.with_container_name(self.url.bucket())
        };
        builder.build().map_err(|error| self.not_built(error))
    }

    /// Tells whether an endpoint may be talked to without encryption: on this machine always.
    pub fn allows_http(&self, endpoint: &str) -> Result<bool, RemoteError> {
        let parsed = url::Url::parse(endpoint)
            .map_err(|error| self.bad_setting("endpoint", error.to_string()))?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(self.bad_setting("endpoint", "it holds a user or a secret"));
        }
        match parsed.scheme() {
            "https" => return Ok(false),
            "http" => {}
            _ => {
                return Err(
                    self.bad_setting("endpoint", "it begins with neither https:// nor http://")
                );
            }
        }
        let host = parsed.host_str().unwrap_or_default();
        let allowed = matches!(host, "localhost" | "127.0.0.1" | "[::1]")
            || self.options.allow_http.unwrap_or_else(|| {
                ["AWS_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP", "AZURE_ALLOW_HTTP"]
                    .iter()
                    .any(|name| self.environment.is_set(name))
            });
        if allowed {
            Ok(true)
        } else {
            Err(RemoteError::NotEncrypted { endpoint: endpoint.to_owned() })
        }
    }

    pub fn not_built(&self, error: object_store::Error) -> RemoteError {
        let (text, cause) = (error.to_string(), fault::cause_of(&error));
        let reason = if text.ends_with(&cause) { text } else { format!("{text}: {cause}") };
        self.bad_setting("settings", reason)
    }

    pub fn bad_setting(&self, what: &'static str, reason: impl Into<String>) -> RemoteError {
        RemoteError::BadSetting { remote: self.url.to_string(), what, reason: reason.into() }
    }

    fn bad_url(&self, error: object_store::path::Error) -> RemoteError {
        RemoteError::BadUrl { url: self.url.to_string(), reason: error.to_string() }
    }
}

/// Returns a client that bounds no transfer: the backend tells a slow one from a dead one.
pub(super) fn client() -> ClientOptions {
    ClientOptions::new()
        .with_connect_timeout(Duration::from_secs(10))
        .with_timeout_disabled()
        .with_user_agent(HeaderValue::from_static(concat!("mlv/", env!("CARGO_PKG_VERSION"))))
}

/// What fails is tried again by the backend, which counts every attempt.
pub(super) fn no_retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 0,
        retry_timeout: Duration::from_mins(1),
    }
}

/// Returns the variables whose names start so and that a store knows.
pub(super) fn settings<'a, Key: FromStr>(
    environment: &'a Environment,
    prefix: &'static str,
) -> impl Iterator<Item = (Key, &'a str)> {
    environment.iter().filter_map(move |(name, value)| {
        let (name, value) = (name.to_str()?, value.to_str()?);
        let key = name.starts_with(prefix).then(|| name.to_ascii_lowercase().parse().ok())??;
        (!value.is_empty()).then_some((key, value))
    })
}
