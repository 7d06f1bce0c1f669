//! Buckets of S3 and of those who speak as it does.

use object_store::aws::{
    AmazonS3, AmazonS3Builder, AmazonS3ConfigKey as Key, AwsCredentialProvider,
};

use super::open::{Place, client, no_retry, settings};
use super::profile::Profile;
use crate::remote::RemoteError;

/// Opens a bucket. Who asks is, the first that is said: the profile of the settings, the keys and the
/// roles of the environment, the profile of the environment, the role of the machine.
pub(super) fn open(place: &Place<'_>) -> Result<AmazonS3, RemoteError> {
    let profile = Profile::load(place.environment, place.options.profile.as_deref())?;
    let endpoint = endpoint(place, &profile);
    let mut options = client();
    if let Some(endpoint) = &endpoint {
        options = options.with_allow_http(place.allows_http(endpoint)?);
    }
    let mut builder = AmazonS3Builder::new()
        .with_client_options(options)
        .with_retry(no_retry())
        // One object at a time is what every server understands.
        .with_disable_bulk_delete(true);
    let region = region(place, &profile);
    for (key, value) in settings::<Key>(place.environment, "AWS_") {
        let told_here =
            matches!(key, Key::Endpoint | Key::S3Endpoint | Key::VirtualHostedStyleRequest);
        let told_by_profile = place.options.profile.is_some() && is_identity(key);
        if !told_here && !told_by_profile {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(region) = region {
        builder = builder.with_region(region);
    }
    if let Some(provider) = credentials(place, profile)? {
        builder = builder.with_credentials(provider);
    }
    if let Some(anonymous) = place.options.anonymous {
        builder = builder.with_skip_signature(anonymous);
    }
    let built = addressed(place, builder, endpoint)?.with_bucket_name(place.url.bucket()).build();
    built.map_err(|error| place.not_built(error))
}

/// Tells whether a variable says who asks.
fn is_identity(key: Key) -> bool {
    matches!(
        key,
        Key::AccessKeyId
            | Key::SecretAccessKey
            | Key::Token
            | Key::WebIdentityTokenFile
            | Key::RoleArn
            | Key::ContainerCredentialsRelativeUri
            | Key::ContainerCredentialsFullUri
    )
}

fn endpoint(place: &Place<'_>, profile: &Profile) -> Option<String> {
    let variables = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
    let variable = || variables.iter().find_map(|name| place.environment.get(name));
    let told = place.options.endpoint.as_deref().or_else(variable);
    told.map(str::to_owned).or_else(|| profile.endpoint())
}

fn region(place: &Place<'_>, profile: &Profile) -> Option<String> {
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let variable = || variables.iter().find_map(|name| place.environment.get(name));
    let told = place.options.region.as_deref().or_else(variable);
    told.map(str::to_owned).or_else(|| profile.region())
}

/// Returns who the profile says asks, unless the environment says it itself.
fn credentials(
    place: &Place<'_>,
    profile: Profile,
) -> Result<Option<AwsCredentialProvider>, RemoteError> {
    let told = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let by_environment = told.iter().any(|name| place.environment.get(name).is_some());
    if place.options.anonymous == Some(true) || place.options.profile.is_none() && by_environment {
        return Ok(None);
    }
    profile.credentials()
}

/// Names the bucket in the path, or in the name of the server.
fn addressed(
    place: &Place<'_>,
    builder: AmazonS3Builder,
    endpoint: Option<String>,
) -> Result<AmazonS3Builder, RemoteError> {
    let by_variable = || place.environment.is_set("AWS_VIRTUAL_HOSTED_STYLE_REQUEST");
    let in_name = place.options.path_style.map_or_else(by_variable, |path_style| !path_style);
    let builder = builder.with_virtual_hosted_style_request(in_name);
    let Some(endpoint) = endpoint else { return Ok(builder) };
    if !in_name {
        return Ok(builder.with_endpoint(endpoint));
    }
    let (scheme, server) = endpoint
        .split_once("://")
        .ok_or_else(|| place.bad_setting("endpoint", "it has no scheme"))?;
    let bucket = place.url.bucket();
    let already = server.starts_with(&format!("{bucket}."));
    let named = if already { endpoint } else { format!("{scheme}://{bucket}.{server}") };
    Ok(builder.with_endpoint(named))
}
