//! The server's configuration: what it takes to start, and what bites later.

use std::path::Path;
use std::time::Duration;

use mongodb_aws_auth::abi::maws_option_kind::MAWS_OPTION_LIST;
use mongodb_aws_auth::options::table::OPTIONS;
use mongodb_aws_auth::options::{OptionError, Options, Settings};
use mongodb_aws_auth::sts::load_roots;

use super::{Findings, Name, client_tls, mechanisms, placement};
use crate::input::near::nearest;
use crate::input::regions;
use crate::input::server_config::ServerConfig;
use crate::plugin::PACKAGED;
use crate::server_parameters;

const PATH_PARAMETER: &str = "awsAuthPluginPath";
/// Where packages put a server's configuration.
const USUAL_FILES: [&str; 4] = [
    "/etc/mongod.conf",
    "/etc/mongodb.conf",
    "/etc/mongos.conf",
    "/etc/mongo/mongod.conf",
];
/// Drivers give up a connection that takes longer.
const DRIVERS_LIMIT: Duration = Duration::from_secs(10);

/// Looks at everything but the values of the plugin's options.
pub fn check(config: &ServerConfig, known: bool, findings: &mut Findings) {
    mechanisms::check(config, known, findings);
    if known || config.names().next().is_some() {
        placement::check(config, findings);
    }
    if !known {
        let usual = USUAL_FILES.iter().find(|file| Path::new(file).is_file());
        let hint = usual.map_or(String::new(), |file| {
            format!("; there is one: --config {file}")
        });
        findings.skip(
            Name::Configuration,
            format!("no file was named{hint}: mechanisms, roles and TLS are not checked"),
        );
        return;
    }
    plugin_path(config, findings);
    authorization(config, findings);
    ldap(config, findings);
    client_tls::check(config, findings);
}

/// The plugin that the server is told to use.
pub fn configured_path(config: &ServerConfig) -> Option<&str> {
    let path = config.parameter(PATH_PARAMETER);
    path.filter(|path| !path.is_empty())
}

fn plugin_path(config: &ServerConfig, findings: &mut Findings) {
    const STEP: Name = Name::PluginPath;
    match configured_path(config) {
        Some(path) if Path::new(path).is_absolute() => findings.pass(STEP, path),
        // It is at fault among the options.
        Some(_) => {}
        None => findings.warn(
            STEP,
            "awsAuthPluginPath is not set",
            format!(
                "A server with a built-in MONGODB-AWS (Percona Server) then uses that, and not the \
                 plugin; others take the packages' path. Set it to {PACKAGED}."
            ),
        ),
    }
}

fn authorization(config: &ServerConfig, findings: &mut Findings) {
    const STEP: Name = Name::Authorization;
    let is_router = config.get("sharding.configDB").is_some();
    let setting = config.get("security.authorization");
    let on = setting == Some("enabled")
        || config.get("security.keyFile").is_some()
        || config.get("security.clusterAuthMode").is_some();
    match (is_router, on) {
        (true, _) if setting.is_some() => findings.fail(
            STEP,
            "security.authorization is set, and sharding.configDB makes a mongos of this server",
            "A mongos does not know it, and does not start: take it out, and set security.keyFile.",
        ),
        (_, true) => findings.pass(STEP, "the server asks for a login"),
        (true, false) => findings.warn(
            STEP,
            "security.keyFile is not set",
            "Whoever connects to this mongos may do everything without a login: set it, as on the shards.",
        ),
        (false, false) => findings.warn(
            STEP,
            "security.authorization is not enabled",
            "Whoever connects may do everything without a login: set it to enabled.",
        ),
    }
}

fn ldap(config: &ServerConfig, findings: &mut Findings) {
    const STEP: Name = Name::LdapAuthorization;
    match config.get("security.ldap.authz.queryTemplate") {
        Some(text) if !text.is_empty() => findings.warn(
            STEP,
            "security.ldap.authz.queryTemplate is set",
            "All roles of $external users then come from LDAP: the user documents of ARNs are \
             ignored. LDAP has to know the ARNs, or this server cannot have both.",
        ),
        _ => findings.pass(STEP, "not used, so roles come from the users of $external"),
    }
}

/// Where the server's own TLS is in FIPS mode: whether the plugin's is validated, too, by what the
/// plugin says of it.
pub fn fips(config: &ServerConfig, tls: &str, findings: &mut Findings) {
    const STEP: Name = Name::FipsMode;
    let fips = config.get("net.tls.FIPSMode");
    if fips.or(config.get("net.ssl.FIPSMode")) != Some("true") {
        return;
    }
    match tls.to_ascii_lowercase().contains("fips") {
        true => findings.pass(STEP, format!("the plugin's TLS for STS is {tls}")),
        false => findings.warn(
            STEP,
            format!("net.tls.FIPSMode is true, and the plugin's own TLS for STS is {tls}"),
            "That is not FIPS validated. Install the build on aws-lc's FIPS module, if it has to be.",
        ),
    }
}

/// The plugin's options among the parameters, as they are given.
pub fn given(config: &ServerConfig) -> Vec<(String, String)> {
    let server = server_parameters::all();
    let servers = |name: &str| server.iter().any(|parameter| parameter.name == name);
    let ours = config.parameters();
    let ours = ours.filter(|(name, _)| name.starts_with("aws") && !servers(name));
    ours.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// All that a server would not start with among its own parameters and these options, each with what to
/// do; by the rules of the plugin that this tool was built with.
fn faults(config: &ServerConfig, given: &[(String, String)]) -> Vec<(String, String)> {
    let servers = server_parameters::all().into_iter();
    let servers = servers.filter_map(|one| one.fault(config.parameter(one.name)?));
    let servers: Vec<OptionError> = servers.collect();
    let pairs = pairs(given);
    let faults = Options::faults(&pairs, |settings| load_roots(&settings.ca_file).map(|_| ()));
    let faults = servers.into_iter().chain(faults);
    let faults = faults.map(|fault| fault.to_string());
    faults.map(|fault| explained(&fault, given)).collect()
}

fn pairs(given: &[(String, String)]) -> Vec<(&str, &str)> {
    let all = given.iter();
    all.map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// A fault in the plugin's words, with the name that is meant or the rule that is easily broken.
pub fn explained(fault: &str, given: &[(String, String)]) -> (String, String) {
    let (name, rest) = fault.split_once(": ").unwrap_or((fault, ""));
    if rest.starts_with("no such option") {
        let meant = nearest(name, placement::parameters());
        let remedy = match meant {
            Some(meant) => {
                format!("Did you mean {meant}? Options are written in exactly these letters.")
            }
            None => "`options` shows all there are.".to_owned(),
        };
        return (format!("{name}: there is no such option"), remedy);
    }
    let value = given.iter().find(|(own, _)| own == name);
    let value = value.map_or("", |(_, value)| value.as_str());
    let is_list = OPTIONS
        .iter()
        .any(|spec| spec.key() == name && spec.kind == MAWS_OPTION_LIST);
    let remedy = match is_list && value.contains([',', ';']) {
        true => "Entries of a list are separated by white space, not by commas.",
        false => "The server does not start with it. `options` shows what is valid.",
    };
    (fault.to_owned(), remedy.to_owned())
}

/// What the plugin makes of its options; `None` where a server would not start with them.
pub fn settings(config: &ServerConfig) -> Option<Settings> {
    let options = Options::new(&pairs(&given(config))).ok()?;
    Some(options.settings)
}

/// Checks the options by the plugin's own rules; `None` where a server would not start with them.
pub fn options(config: &ServerConfig, no_proxy: &str, findings: &mut Findings) -> Option<Options> {
    const STEP: Name = Name::Options;
    let given = given(config);
    let faults = faults(config, &given);
    let at_fault = !faults.is_empty();
    for (fault, remedy) in faults {
        findings.fail(STEP, fault, remedy);
    }
    let mut options = Options::new(&pairs(&given)).ok().filter(|_| !at_fault)?;
    no_proxy.clone_into(&mut options.settings.no_proxy);
    for endpoint in options.settings.endpoints.iter() {
        let (host, region) = (endpoint.host(), endpoint.region());
        let (server, port) = (endpoint.server_name(), endpoint.port());
        let found = format!(
            "clients sign for {host} (region {region}); the server connects to {server}:{port}"
        );
        match regions::meant(region) {
            Some(meant) => findings.warn(
                STEP,
                format!("{found}; this tool knows no such region"),
                format!("Did you mean {meant}?"),
            ),
            None => findings.pass(STEP, found),
        }
    }
    for warning in &options.warnings {
        let remedy = "The server starts with it, and nobody logs in by this entry.";
        findings.warn(STEP, warning, remedy);
    }
    limits(&options, findings);
    Some(options)
}

fn limits(options: &Options, findings: &mut Findings) {
    const STEP: Name = Name::Options;
    let limits = &options.settings.limits;
    if limits.sts_timeout > DRIVERS_LIMIT {
        findings.warn(
            STEP,
            format!("awsStsTimeoutMs is {} ms", limits.sts_timeout.as_millis()),
            "Drivers give up after 10 s, so that a client never hears what comes later: take less than 10000.",
        );
    }
    if limits.connect_timeout > limits.sts_timeout {
        findings.warn(
            STEP,
            format!(
                "awsStsConnectTimeoutMs is {} ms, and awsStsTimeoutMs for all of a verification {} ms",
                limits.connect_timeout.as_millis(),
                limits.sts_timeout.as_millis()
            ),
            "A connection that hangs takes the whole time, and no other address is tried: take less for it.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;

    fn fips_step(key: &str, value: &str, tls: &str) -> Option<Status> {
        let mut findings = Findings::default();
        let config = ServerConfig::of(&[(key, value)]);
        fips(&config, tls, &mut findings);
        findings.0.first().map(|step| step.status)
    }

    #[test]
    fn a_server_asks_for_a_login_by_the_setting_that_it_knows() {
        const ROUTER: (&str, &str) = ("sharding.configDB", "c/config:27019");
        const KEY: (&str, &str) = ("security.keyFile", "/k");
        const ON: (&str, &str) = ("security.authorization", "enabled");
        for (settings, status, words) in [
            (&[ON][..], Status::Pass, "asks for a login"),
            (&[KEY], Status::Pass, "asks for a login"),
            (&[], Status::Warn, "security.authorization is not enabled"),
            (
                &[("security.authorization", "Enabled")],
                Status::Warn,
                "is not enabled",
            ),
            (&[ROUTER, KEY], Status::Pass, "asks for a login"),
            (&[ROUTER], Status::Warn, "security.keyFile is not set"),
            (&[ROUTER, KEY, ON], Status::Fail, "makes a mongos"),
            (
                &[ROUTER, ("security.authorization", "disabled")],
                Status::Fail,
                "makes a mongos",
            ),
        ] {
            let mut findings = Findings::default();
            authorization(&ServerConfig::of(settings), &mut findings);
            let step = &findings.0[0];
            assert_eq!(step.status, status, "{settings:?}: {step:?}");
            assert!(step.found.contains(words), "{settings:?}: {step:?}");
        }
    }

    #[test]
    fn a_server_in_fips_mode_is_warned_of_a_plugin_whose_tls_is_not() {
        const KEYS: [&str; 2] = ["net.tls.FIPSMode", "net.ssl.FIPSMode"];
        for key in KEYS {
            let validated = "rustls with aws-lc's FIPS module";
            assert_eq!(fips_step(key, "true", validated), Some(Status::Pass));
            assert_eq!(
                fips_step(key, "true", "rustls with aws-lc"),
                Some(Status::Warn)
            );
            assert_eq!(fips_step(key, "false", "rustls with aws-lc"), None);
        }
    }
}
