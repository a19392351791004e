//! The proxy in the environment: what `awsStsProxy` `env` takes from it, and what else is there.

use super::Settings;
use crate::aws::{Proxy, is_exempt, without_password};
use crate::reason::printable;

/// Variables that other HTTP clients obey.
pub const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// Those of them that the plugin does not take.
const FOR_ANY_SCHEME: [&str; 2] = ["all_proxy", "ALL_PROXY"];

/// The proxy of the environment, and the hosts that are reached without it.
pub(super) fn proxy() -> Result<(Option<Proxy>, String), String> {
    let proxy = environment_proxy()?.map(|(_, proxy)| proxy);
    Ok((proxy, environment_no_proxy()?))
}

/// The proxy of the environment, and the variable that names it.
pub fn environment_proxy() -> Result<Option<(String, Proxy)>, String> {
    let Some((name, url)) = variable("https_proxy")? else {
        return Ok(None);
    };
    match Proxy::parse(&url) {
        Ok(proxy) => Ok(Some((name, proxy))),
        Err(valid) => {
            let shown = printable(&without_password(&url));
            Err(format!("{name} of the environment is \"{shown}\": {valid}"))
        }
    }
}

/// The hosts that the environment has reached without a proxy.
pub fn environment_no_proxy() -> Result<String, String> {
    let hosts = variable("no_proxy")?.map(|(_, hosts)| hosts);
    Ok(hosts.unwrap_or_default())
}

/// In lower case or else in upper case; one that is empty counts as not set. All as with libcurl.
fn variable(name: &str) -> Result<Option<(String, String)>, String> {
    for name in [name.to_owned(), name.to_uppercase()] {
        match std::env::var(&name) {
            Ok(value) if !value.is_empty() => return Ok(Some((name, value))),
            Ok(_) | Err(std::env::VarError::NotPresent) => {}
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(format!("{name} of the environment is not UTF-8"));
            }
        }
    }
    Ok(None)
}

/// The proxy of the environment that other programs would use and the plugin does not, if there is one.
/// `option` is the value of `awsStsProxy`.
pub fn ignored_proxy(option: &str, settings: &Settings) -> Option<String> {
    let (names, why) = match (option, &settings.proxy) {
        ("", _) => (&PROXY_VARIABLES[..], "is set, and awsStsProxy is not"),
        ("env", None) => (
            &FOR_ANY_SCHEME[..],
            "is set, and awsStsProxy=env takes https_proxy and HTTPS_PROXY alone",
        ),
        _ => return None,
    };
    let set = |name: &&str| {
        let value = std::env::var_os(name)?.to_string_lossy().into_owned();
        (!value.is_empty()).then(|| ((*name).to_owned(), value))
    };
    let (name, url) = names.iter().find_map(set)?;
    let no_proxy = environment_no_proxy().unwrap_or_default();
    let mut endpoints = settings.endpoints.iter();
    if endpoints.all(|endpoint| is_exempt(&no_proxy, endpoint.server_name())) {
        return None;
    }
    let shown = printable(&without_password(&url));
    Some(format!(
        "{name}=\"{shown}\" {why}; STS is connected to directly"
    ))
}
