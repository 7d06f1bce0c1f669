//! `MLV_LOG`: what mlv does, told on stderr for those who look for a fault. Nothing is set up, and
//! nothing costs time, where the variable is not set.

use std::io;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::error::{CommandError, config_error};
use crate::config::Environment;

/// Starts telling where `MLV_LOG` asks for it: `debug`, or by room as in `mlv::repo=debug`.
pub fn start(environment: &Environment) -> Result<(), CommandError> {
    let Some(text) = environment.get("MLV_LOG").filter(|text| !text.is_empty()) else {
        return Ok(());
    };
    let targets: Targets = text.parse().map_err(|error| {
        config_error(format!("MLV_LOG is `{text}`: {error}"))
            .hinted("error, warn, info, debug or trace, or by room: mlv::repo=debug")
    })?;
    let told = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    // Somebody who embeds mlv may listen already.
    let _ = tracing_subscriber::registry().with(told).with(targets).try_init();
    Ok(())
}
