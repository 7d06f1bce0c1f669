//! An address that is told of each release, signed so that it can be sure who tells.

use crate::ops::OpsError;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::site::Site;
use crate::ops::deploy::target::command::{Told, manifest};
use crate::ops::deploy::target::{Held, Patience, Target};
use crate::remote::wait;
use crate::remote::webhook::{Message, send};

#[derive(Debug)]
pub struct Webhook<'a> {
    site: &'a Site<'a>,
    url: &'a str,
    secret: &'a str,
    attempts: u32,
    told: Told,
}

impl<'a> Webhook<'a> {
    /// Returns the target; the variable that holds its secret must be set.
    pub fn open(
        site: &'a Site<'a>,
        (url, variable): (&'a str, &str),
        attempts: u32,
    ) -> Result<Self, OpsError> {
        let secret = site.context.environment.get(variable).filter(|secret| !secret.is_empty());
        let no_secret = || DeployError::NoSecret { variable: variable.to_owned() };
        let secret = secret.ok_or_else(no_secret)?;
        Ok(Self { site, url, secret, attempts, told: Told::of(site) })
    }
}

impl Target for Webhook<'_> {
    fn lock(&self, _patience: Patience) -> Result<Box<dyn Held>, OpsError> {
        self.site.lock_here()
    }

    fn pointer(&self) -> Result<Option<String>, OpsError> {
        self.told.read()
    }

    fn point(&self, to: Option<&str>) -> Result<(), OpsError> {
        // What was told cannot be untold where there was nothing before.
        let Some(to) = to else { return Ok(()) };
        let release = manifest(to)?;
        let body = serde_json::json!({ "event": "deploy", "release": release });
        let (body, key) = (body.to_string(), format!("{}-{}", self.site.env(), release.release_id));
        let message = Message {
            url: self.url,
            secret: self.secret,
            body: body.as_bytes(),
            key: &key,
            attempts: self.attempts,
        };
        wait(send(&message))?;
        self.told.write(to)
    }

    fn knows_itself(&self) -> bool {
        false
    }
}
