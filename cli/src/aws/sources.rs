//! Where credentials come from: the places of AWS's own tools, in their order, one after the other, so
//! that the one that gave them can be named.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use mongodb_aws_auth::reason::printable;

use super::failure::{Failure, causes};
use super::process::Process;
use crate::input::credentials::{Places, fault};
use crate::input::near::nearest;
use crate::output::Unusable;

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const PROFILE: &str = "AWS_PROFILE";
pub const DEFAULT_PROFILE: &str = "default";
/// Larger than any file of profiles, in bytes.
const FILE_LIMIT: u64 = 16 * 1024 * 1024;

/// A place that gives credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Variables of the environment; the other member is AWS_PROFILE, if that is set, too.
    Environment(Option<String>),
    /// A profile of AWS's files.
    Profile(String),
    /// A token of Kubernetes or the like.
    WebIdentity,
    /// ECS, or Pod Identity of EKS.
    Container,
    /// The metadata service of EC2.
    Instance,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Environment(None) => write!(f, "environment ({KEY_ID})"),
            Source::Environment(Some(profile)) => write!(
                f,
                "environment ({KEY_ID}), which stands above {PROFILE}={}; --profile takes the profile",
                printable(profile)
            ),
            Source::Profile(name) => write!(f, "profile {}", printable(name)),
            Source::WebIdentity => f.write_str("web identity (AWS_WEB_IDENTITY_TOKEN_FILE)"),
            Source::Container => f.write_str("container (ECS task role or EKS Pod Identity)"),
            Source::Instance => f.write_str("EC2 instance (its role, from the metadata service)"),
        }
    }
}

/// The profile that is asked for, once it is known to be there; `None` where nobody asked for one.
pub fn profile(explicit: Option<&str>, profiles: &ProfileSet) -> Result<Option<String>, Unusable> {
    let variable = std::env::var_os(PROFILE).filter(|name| !name.is_empty());
    let (whence, name) = match (explicit, variable) {
        (Some(""), _) => {
            let known = known(profiles);
            return Err(Unusable(format!(
                "--profile is empty: leave it out, or name a profile; {known}"
            )));
        }
        (Some(name), _) => ("--profile", name.to_owned()),
        (None, Some(name)) => (PROFILE, text(PROFILE, name).map_err(Unusable)?),
        (None, None) => return Ok(None),
    };
    if profiles.get_profile(&name).is_some() {
        return Ok(Some(name));
    }
    let meant = nearest(&name, profiles.profiles());
    let meant = meant.map_or(String::new(), |meant| format!(". Did you mean {meant}?"));
    let (name, known) = (printable(&name), known(profiles));
    Err(Unusable(printable(&format!(
        "{whence}: there is no profile {name}; {known}{meant}"
    ))))
}

fn known(profiles: &ProfileSet) -> String {
    let mut names: Vec<&str> = profiles.profiles().collect();
    names.sort_unstable();
    match names.as_slice() {
        [] => "there is none at all (~/.aws/config, ~/.aws/credentials)".to_owned(),
        names => printable(&format!("there are {}", names.join(", "))),
    }
}

/// Files that the environment names for AWS's SDK, which reads them to their end.
const FILES: [&str; 4] = [
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// Files that it reads where the environment names none, below the home folder.
const USUAL_FILES: [(&str, &str); 2] = [
    ("AWS_CONFIG_FILE", ".aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
];

/// The files that the environment names are ones with an end; they may be missing.
pub fn check_files() -> Result<(), Unusable> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    for name in FILES {
        if let Some(path) = variable(name) {
            check_file(name, Path::new(&path)).map_err(Unusable)?;
        }
    }
    let home = variable("HOME").map(PathBuf::from);
    for (name, path) in USUAL_FILES {
        if let Some(home) = home.as_ref().filter(|_| variable(name).is_none()) {
            check_file("AWS's files", &home.join(path)).map_err(Unusable)?;
        }
    }
    Ok(())
}

/// The file is one with an end, or is not there; `name` says who names it.
fn check_file(name: &str, path: &Path) -> Result<(), String> {
    let Ok(status) = std::fs::metadata(path) else {
        return Ok(());
    };
    let wrong = match status.is_file() {
        true => (status.len() > FILE_LIMIT).then_some("it is larger than 16 MiB"),
        false => (path != Path::new("/dev/null")).then_some("it is not a regular file"),
    };
    match wrong {
        None => Ok(()),
        Some(wrong) => Err(format!("{name}: {}: {wrong}", path.display())),
    }
}

/// The files of a profile, and of those that it takes credentials from, are ones with an end.
fn check_files_of(profiles: &ProfileSet, name: &str) -> Result<(), String> {
    let mut seen = Vec::new();
    let mut next = profiles.get_profile(name);
    while let Some(profile) = next.filter(|profile| !seen.contains(&profile.name())) {
        if let Some(path) = profile.get("web_identity_token_file") {
            let name = format!(
                "web_identity_token_file of profile {}",
                printable(profile.name())
            );
            check_file(&name, Path::new(path))?;
        }
        seen.push(profile.name());
        next = profile
            .get("source_profile")
            .and_then(|name| profiles.get_profile(name));
    }
    Ok(())
}

/// The profiles of AWS's files.
pub async fn profiles() -> Result<ProfileSet, Unusable> {
    let (fs, env, files) = Default::default();
    let loaded = aws_config::profile::load(&fs, &env, &files, None).await;
    loaded.map_err(|error| {
        let why = printable(&causes(&error));
        Unusable(format!("AWS's configuration files cannot be read: {why}"))
    })
}

/// Asks the places one after the other, and gives the first credentials with their source. An explicit
/// profile stands above keys in the environment, as for the AWS CLI.
pub async fn find(
    explicit: Option<&str>,
    profile: Option<&str>,
    profiles: &ProfileSet,
    config: &ProviderConfig,
) -> Result<(Credentials, Source), Failure> {
    let keys = if explicit.is_none() {
        environment()?
    } else {
        None
    };
    if let Some(keys) = keys {
        return Ok((keys, Source::Environment(profile.map(str::to_owned))));
    }
    let name = profile.unwrap_or(DEFAULT_PROFILE);
    let source = Source::Profile(name.to_owned());
    check_files_of(profiles, name).map_err(Failure::Malformed)?;
    let mut builder = ProfileFileCredentialsProvider::builder().configure(config);
    if let Some(process) = Process::of(profiles, name) {
        let keys = process.run().map_err(Failure::Malformed)?;
        let places = Places::entries(&format!("profile {}", process.profile));
        let keys = in_order(&places, keys)?;
        match process.files(profiles, &keys) {
            None => return Ok((keys, source)),
            Some(files) => builder = builder.profile_files(files),
        }
    }
    let provider = builder.profile_name(name).build();
    if let Some(found) = ask(source, &provider).await? {
        return Ok(found);
    }
    if explicit.is_none() {
        let builder = WebIdentityTokenCredentialsProvider::builder().configure(config);
        if let Some(found) = ask(Source::WebIdentity, &builder.build()).await? {
            return Ok(found);
        }
    }
    let provider = EcsCredentialsProvider::builder().configure(config).build();
    if let Some(found) = ask(Source::Container, &provider).await? {
        return Ok(found);
    }
    let provider = ImdsCredentialsProvider::builder().configure(config).build();
    match ask(Source::Instance, &provider).await? {
        Some(found) => Ok(found),
        None => Err(Failure::NoCredentials(explicit.map(str::to_owned))),
    }
}

/// Credentials of the environment, if any are set: half of a pair is an error, not another source's turn.
fn environment() -> Result<Option<Credentials>, Failure> {
    let read = |name: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty());
        let value = value.map(|value| text(name, value)).transpose();
        value.map_err(Failure::Malformed)
    };
    let (key_id, secret, token) = (read(KEY_ID)?, read(SECRET)?, read(TOKEN)?);
    let half = |set: &str, missing: &str| {
        Err(Failure::Malformed(format!(
            "{set} is set and {missing} is not: set both, or neither"
        )))
    };
    let (key_id, secret) = match (key_id, secret) {
        (None, None) => return Ok(None),
        (Some(_), None) => return half(KEY_ID, SECRET),
        (None, Some(_)) => return half(SECRET, KEY_ID),
        (Some(key_id), Some(secret)) => (key_id, secret),
    };
    let found = Credentials::new(key_id, secret, token, None, "environment");
    in_order(&Places::environment(), found).map(Some)
}

fn text(name: &str, value: OsString) -> Result<String, String> {
    let text = value.into_string();
    text.map_err(|_| format!("{name} is not text in UTF-8"))
}

/// The credentials, if nothing is wrong with their form: no request is signed with others. A token that is
/// empty counts as none, as for the AWS CLI.
fn in_order(places: &Places, found: Credentials) -> Result<Credentials, Failure> {
    let found = match found.session_token() {
        Some("") => {
            let (key_id, secret) = (found.access_key_id(), found.secret_access_key());
            Credentials::new(key_id, secret, None, found.expiry(), "without a token")
        }
        _ => found,
    };
    let (key_id, secret) = (found.access_key_id(), found.secret_access_key());
    match fault(places, key_id, secret, found.session_token()) {
        None => Ok(found),
        Some(fault) => Err(Failure::Malformed(fault)),
    }
}

/// Asks one place; that it has nothing is no error.
async fn ask(
    source: Source,
    provider: &impl ProvideCredentials,
) -> Result<Option<(Credentials, Source)>, Failure> {
    match provider.provide_credentials().await {
        Ok(found) => {
            let found = in_order(&Places::entries(&source.to_string()), found)?;
            Ok(Some((found, source)))
        }
        Err(CredentialsError::CredentialsNotLoaded(_)) => Ok(None),
        Err(error) => Err(Failure::Source(source, printable(&causes(&error)))),
    }
}
