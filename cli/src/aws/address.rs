//! The address of STS, where the command line, the environment or a profile sets one.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::property::PropertiesKey;
use mongodb_aws_auth::reason::printable;

use crate::input::credentials::address_fault;
use crate::output::Unusable;

/// Variables that have it, the first above the others.
const VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"];
/// The entry of a profile, and of the service in its section of services.
const ENTRY: &str = "endpoint_url";

/// The address that is set, in the order of AWS's tools; one that is empty counts as not set.
pub fn of_sts(
    option: Option<&str>,
    profile: &str,
    profiles: &ProfileSet,
) -> Result<Option<String>, Unusable> {
    let found = match option {
        Some(url) => Some(("--sts-endpoint".to_owned(), url.to_owned())),
        None => configured(profile, profiles),
    };
    let Some((name, url)) = found else {
        return Ok(None);
    };
    match address_fault(&name, &url) {
        Some(fault) => Err(Unusable(fault)),
        None => Ok(Some(url)),
    }
}

/// Starts the tool anew without those of the variables that are empty: AWS's SDK, which reads them itself
/// where a profile assumes a role, takes an empty one for an address. Gives back only what went wrong.
pub fn without_empty_variables() -> Result<(), Unusable> {
    let is_empty = |name: &&&str| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let empty: Vec<_> = VARIABLES.iter().filter(is_empty).collect();
    if empty.is_empty() {
        return Ok(());
    }
    let failed = |error: std::io::Error| {
        Unusable(format!(
            "{}: unset those that are empty: {error}",
            VARIABLES.join(", ")
        ))
    };
    let mut tool = Command::new(std::env::current_exe().map_err(failed)?);
    tool.args(std::env::args_os().skip(1));
    for name in &empty {
        tool.env_remove(name);
    }
    Err(failed(tool.exec()))
}

fn configured(name: &str, profiles: &ProfileSet) -> Option<(String, String)> {
    let profile = profiles.get_profile(name);
    let ignored = std::env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").ok();
    let of_profile = || profile?.get("ignore_configured_endpoint_urls");
    let ignored = ignored.as_deref().or_else(of_profile);
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    let mut variables = VARIABLES.iter().filter_map(|variable| {
        let url = std::env::var_os(variable)?.to_string_lossy().into_owned();
        Some(((*variable).to_owned(), url))
    });
    let variable = variables.find(|(_, url)| !url.is_empty());
    let shown = printable(name);
    let entry = |profile: &Profile| {
        let url = profile.get(ENTRY).filter(|url| !url.is_empty())?;
        Some((format!("{ENTRY} of profile {shown}"), url.to_owned()))
    };
    let service = |profile: &Profile| {
        let section = profile.get("services")?;
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(section)
            .property_name("sts")
            .sub_property_name(ENTRY);
        let value = profiles.other_sections().get(&key.build().ok()?)?;
        let url = value.clone();
        let whence = format!(
            "{ENTRY} of sts in services {}, of profile {shown}",
            printable(section)
        );
        (!url.is_empty()).then_some((whence, url))
    };
    variable
        .or_else(|| profile.and_then(service))
        .or_else(|| profile.and_then(entry))
}
