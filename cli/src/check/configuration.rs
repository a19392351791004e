//! The server's configuration: what it takes to start, and what bites later.

use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::options::table::OPTIONS;

use super::{Findings, Name};
use crate::plugin::PACKAGED;
use crate::server_config::ServerConfig;
use crate::server_parameters;

const MECHANISM: &str = "MONGODB-AWS";
const PATH_PARAMETER: &str = "awsAuthPluginPath";

/// Looks at everything but the values of the plugin's options.
pub fn check(config: &ServerConfig, known: bool, findings: &mut Findings) {
    mechanisms(config, known, findings);
    if !known {
        findings.skip(
            Name::Configuration,
            "no file was named (--config /etc/mongod.conf): roles and TLS were not looked at",
        );
        return;
    }
    plugin_path(config, findings);
    authorization(config, findings);
    ldap(config, findings);
    client_tls(config, findings);
}

fn mechanisms(config: &ServerConfig, known: bool, findings: &mut Findings) {
    const STEP: Name = Name::Mechanisms;
    let Some(text) = config.parameter("authenticationMechanisms") else {
        if known {
            findings.fail(
                STEP,
                "authenticationMechanisms is not set, so MONGODB-AWS is not offered",
                "Set setParameter authenticationMechanisms: SCRAM-SHA-256,MONGODB-AWS.",
            );
        }
        return;
    };
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    let found = names.join(", ");
    if !names.contains(&MECHANISM) {
        let remedy = format!("Add it: authenticationMechanisms: {text},{MECHANISM}.");
        findings.fail(
            STEP,
            format!("{found}: {MECHANISM} is not among them"),
            remedy,
        );
    } else if names.len() == 1 {
        findings.warn(
            STEP,
            "MONGODB-AWS is the only mechanism",
            "While STS cannot be reached nobody logs in, and users with a password (administrators, \
             backup, monitoring) never do: SCRAM-SHA-256,MONGODB-AWS.",
        );
    } else {
        findings.pass(STEP, found);
    }
}

/// The plugin that the server is told to use.
pub fn configured_path(config: &ServerConfig) -> Option<&str> {
    let path = config.parameter(PATH_PARAMETER);
    path.filter(|path| !path.is_empty())
}

fn plugin_path(config: &ServerConfig, findings: &mut Findings) {
    const STEP: Name = Name::PluginPath;
    match configured_path(config) {
        Some(path) => findings.pass(STEP, path),
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
    let on = config.get("security.authorization") == Some("enabled")
        || config.get("security.keyFile").is_some()
        || config.get("security.clusterAuthMode").is_some();
    match on {
        true => findings.pass(Name::Authorization, "the server asks for a login"),
        false => findings.warn(
            Name::Authorization,
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

fn client_tls(config: &ServerConfig, findings: &mut Findings) {
    const STEP: Name = Name::ClientTls;
    let mode = config.get("net.tls.mode").or(config.get("net.ssl.mode"));
    let required = config.parameter("awsRequireTLS") == Some("true");
    match mode {
        Some("requireTLS" | "requireSSL") => findings.pass(STEP, "required of every client"),
        Some(mode) if mode != "disabled" && required => {
            findings.pass(
                STEP,
                format!("{mode}; awsRequireTLS asks it of these logins"),
            );
        }
        Some(mode) if mode != "disabled" => findings.warn(
            STEP,
            format!("{mode}: clients may connect without TLS"),
            "Without TLS a login can be relayed and its connection taken over: net.tls.mode: \
             requireTLS, or awsRequireTLS: true for these logins alone.",
        ),
        _ if required => findings.fail(
            STEP,
            "awsRequireTLS is true, and net.tls.mode is not set",
            "No client can log in with MONGODB-AWS: set up TLS.",
        ),
        _ => findings.warn(
            STEP,
            "net.tls.mode is not set",
            "Without TLS a login can be relayed and its connection taken over: set it to \
             requireTLS.",
        ),
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

/// Checks the options by the plugin's own rules; `None` where a server would not start with them.
pub fn options(config: &ServerConfig, no_proxy: &str, findings: &mut Findings) -> Option<Options> {
    const STEP: Name = Name::Options;
    let given = given(config);
    if let Some((name, wanted)) = given
        .iter()
        .find_map(|(name, _)| Some((name, close(name)?)))
    {
        findings.fail(
            STEP,
            format!("{name}: there is no such option"),
            format!("Options are written exactly so: {wanted}."),
        );
        return None;
    }
    let pairs: Vec<(&str, &str)> = given
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    match Options::new(&pairs) {
        Ok(mut options) => {
            no_proxy.clone_into(&mut options.settings.no_proxy);
            for endpoint in options.settings.endpoints.iter() {
                findings.pass(
                    STEP,
                    format!(
                        "clients sign for {} (region {}); the server connects to {}:{}",
                        endpoint.host(),
                        endpoint.region(),
                        endpoint.server_name(),
                        endpoint.port()
                    ),
                );
            }
            Some(options)
        }
        Err(error) => {
            findings.fail(
                STEP,
                error.to_string(),
                "The server does not start with it. `options` shows what is legal.",
            );
            None
        }
    }
}

/// The option that differs from this name in upper and lower case only.
fn close(name: &str) -> Option<&'static str> {
    let exact = OPTIONS.iter().any(|spec| spec.key() == name);
    let mut close = OPTIONS.iter().map(|spec| spec.key());
    close
        .find(|key| key.eq_ignore_ascii_case(name))
        .filter(|_| !exact)
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
