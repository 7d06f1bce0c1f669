//! Messages to an address on the web, signed with a shared secret and tried again where that may help.

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, StatusCode, redirect};
use sha2::Sha256;

use crate::remote::backend::Pace;
use crate::remote::{RemoteError, tls};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A message.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub url: &'a str,
    pub secret: &'a str,
    /// JSON.
    pub body: &'a [u8],
    /// Names the deed, so that a receiver does it once however often it is told.
    pub key: &'a str,
    /// How often it is sent at the most.
    pub attempts: u32,
}

// The secret is nobody's business.
impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Sends a message until its receiver has taken it. A redirect is not followed: it could lead what is
/// signed elsewhere.
pub async fn send(message: &Message<'_>) -> Result<(), RemoteError> {
    let remote = shown(message.url)?;
    let failed = |error: reqwest::Error| RemoteError::Unreachable {
        remote: remote.clone(),
        reason: error.without_url().to_string(),
    };
    tls::prepare();
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(PATIENCE)
        .user_agent(concat!("mlv/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(failed)?;
    let mut attempt = 1;
    loop {
        let request = client
            .post(message.url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", message.key)
            .header("X-Mlv-Signature-256", signature(message))
            .body(message.body.to_vec());
        let (error, asked) = match request.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => {
                let (status, asked) = (answer.status(), asked(&answer));
                let reason = format!("it answered {status}");
                let remote = remote.clone();
                if !may_pass(status) {
                    return Err(RemoteError::Failed { remote, reason });
                }
                (RemoteError::Unreachable { remote, reason }, asked)
            }
            Err(error) => (failed(error), None),
        };
        if attempt >= message.attempts {
            return Err(error);
        }
        tracing::debug!(attempt, %error, "a webhook is told again");
        let pause = Pace::PATIENT.wait(attempt).max(asked.unwrap_or_default());
        tokio::time::sleep(pause.min(LONGEST_WAIT)).await;
        attempt += 1;
    }
}

/// Returns the signature of the body, as receivers compute it.
fn signature(message: &Message<'_>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(message.secret.as_bytes())
        .expect("a key of any length will do");
    mac.update(message.body);
    let digest = mac.finalize().into_bytes();
    let mut signature = "sha256=".to_owned();
    for byte in digest {
        let _ = write!(signature, "{byte:02x}");
    }
    signature
}

/// Tells whether the same may be answered better the next time.
fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Returns how long the server asks to wait.
fn asked(answer: &reqwest::Response) -> Option<Duration> {
    let seconds = answer.headers().get("Retry-After")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Returns the server of an address, without what may be secret in it.
fn shown(text: &str) -> Result<String, RemoteError> {
    let bad = |reason: &str| RemoteError::BadUrl {
        url: "the webhook".to_owned(),
        reason: reason.to_owned(),
    };
    let url = url::Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("it begins with neither https:// nor http://"));
    }
    let server = &url[url::Position::BeforeHost..url::Position::AfterPort];
    Ok(format!("{}://{server}", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(url: &str) -> Message<'_> {
        Message {
            url,
            secret: "It's a Secret to Everybody",
            body: b"Hello, World!",
            key: "k",
            attempts: 1,
        }
    }

    #[test]
    fn a_body_is_signed_as_its_receivers_expect() {
        // The example of GitHub's documentation of webhooks.
        assert_eq!(
            signature(&message("")),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        assert_eq!(shown("https://u:p@host:8443/hook/s3cret?t=1").unwrap(), "https://host:8443");
        assert!(shown("ftp://host").is_err() && shown("nothing").is_err());
    }
}
