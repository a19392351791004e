//! The settings of a configuration file, as mongod and mongos define them: a server does not start with
//! one that it does not know, and most values are taken in exactly their letters only.

use mongodb_aws_auth::reason::printable;

use super::near::nearest;

/// How a value is written.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    List,
    Choice(&'static [&'static str]),
}
use Kind::{Choice, Flag, List, Text};

/// Under which parameters stand.
pub const SET_PARAMETER: &str = "setParameter";

/// Everything that may stand at the beginning of a line.
const SECTIONS: [&str; 13] = [
    "systemLog",
    "processManagement",
    "cloud",
    "net",
    "security",
    SET_PARAMETER,
    "storage",
    "operationProfiling",
    "replication",
    "sharding",
    "auditLog",
    "snmp",
    "taskExecutorProfiling",
];
/// Sections whose settings are all in [`SETTINGS`], or below one of [`OPEN`].
const WHOLE: [&str; 2] = ["net", "security"];
/// Sections that never stand below another one.
const OUTERMOST: [&str; 3] = ["net", "security", SET_PARAMETER];
/// What depends on the server's maker.
const OPEN: [&str; 3] = ["security.kmip.", "security.ldap.", "security.vault."];

const TLS_MODES: Kind = Choice(&["disabled", "allowTLS", "preferTLS", "requireTLS"]);
const SSL_MODES: Kind = Choice(&["disabled", "allowSSL", "preferSSL", "requireSSL"]);

/// Of the lines 4.2 to 8.x and of Percona Server for MongoDB.
const SETTINGS: &[(&str, Kind)] = &[
    ("net.bindIp", Text),
    ("net.bindIpAll", Flag),
    ("net.compression.compressors", Text),
    ("net.ipv6", Flag),
    ("net.listenBacklog", Text),
    ("net.maintenancePort", Text),
    ("net.maxIncomingConnections", Text),
    ("net.maxIncomingConnectionsOverride", List),
    ("net.port", Text),
    ("net.priorityPort", Text),
    ("net.proxyPort", Text),
    ("net.proxyUnixDomainSocket.fileGroupId", Text),
    ("net.proxyUnixDomainSocket.pathPrefix", Text),
    ("net.reservedAdminThreads", Text),
    ("net.secondaryPort", Text),
    ("net.serviceExecutor", Text),
    ("net.transportLayer", Text),
    ("net.unixDomainSocket.enabled", Flag),
    ("net.unixDomainSocket.filePermissions", Text),
    ("net.unixDomainSocket.pathPrefix", Text),
    ("net.wireObjectCheck", Flag),
    ("net.tls.CAFile", Text),
    ("net.tls.CRLFile", Text),
    ("net.tls.FIPSMode", Flag),
    ("net.tls.allowConnectionsWithoutCertificates", Flag),
    ("net.tls.allowInvalidCertificates", Flag),
    ("net.tls.allowInvalidHostnames", Flag),
    ("net.tls.certificateKeyFile", Text),
    ("net.tls.certificateKeyFilePassword", Text),
    ("net.tls.certificateSelector", Text),
    ("net.tls.clusterAuthX509.attributes", Text),
    ("net.tls.clusterAuthX509.extensionValue", Text),
    ("net.tls.clusterCAFile", Text),
    ("net.tls.clusterCertificateSelector", Text),
    ("net.tls.clusterFile", Text),
    ("net.tls.clusterPassword", Text),
    ("net.tls.disabledProtocols", Text),
    ("net.tls.logVersions", Text),
    ("net.tls.mode", TLS_MODES),
    ("net.tls.tlsCipherConfig", Text),
    ("net.tls.weakCertificateValidation", Flag),
    ("net.ssl.CAFile", Text),
    ("net.ssl.CRLFile", Text),
    ("net.ssl.FIPSMode", Flag),
    ("net.ssl.PEMKeyFile", Text),
    ("net.ssl.PEMKeyPassword", Text),
    ("net.ssl.allowConnectionsWithoutCertificates", Flag),
    ("net.ssl.allowInvalidCertificates", Flag),
    ("net.ssl.allowInvalidHostnames", Flag),
    ("net.ssl.certificateSelector", Text),
    ("net.ssl.clusterCAFile", Text),
    ("net.ssl.clusterCertificateSelector", Text),
    ("net.ssl.clusterFile", Text),
    ("net.ssl.clusterPassword", Text),
    ("net.ssl.disabledProtocols", Text),
    ("net.ssl.mode", SSL_MODES),
    ("net.ssl.sslCipherConfig", Text),
    ("net.ssl.weakCertificateValidation", Flag),
    ("processManagement.fork", Flag),
    ("processManagement.pidFilePath", Text),
    ("security.authSchemaVersion", Text),
    ("security.authenticationMechanisms", List),
    // Servers start with it in other letters, too, and then ask for no login.
    ("security.authorization", Choice(&["enabled", "disabled"])),
    (
        "security.clusterAuthMode",
        Choice(&["keyFile", "sendKeyFile", "sendX509", "x509"]),
    ),
    ("security.clusterIpSourceAllowlist", List),
    ("security.clusterIpSourceWhitelist", List),
    ("security.enableEncryption", Flag),
    ("security.enableLocalhostAuthBypass", Text),
    ("security.encryptionCipherMode", Text),
    ("security.encryptionKeyFile", Text),
    ("security.javascriptEnabled", Flag),
    ("security.keyFile", Text),
    ("security.ldap.authz.queryTemplate", Text),
    ("security.ldap.servers", Text),
    ("security.redactClientLogData", Flag),
    ("security.relaxPermChecks", Flag),
    ("security.sasl.hostName", Text),
    ("security.sasl.saslauthdSocketPath", Text),
    ("security.sasl.serviceName", Text),
    ("security.sspiHostnamecanonicalization", Text),
    ("security.sspiRealmOverride", Text),
    ("security.transitionToAuth", Flag),
];

/// What is wrong, and what to do.
pub type Fault = (String, String);

/// What is wrong with a setting outside of setParameter: its place, its name or its value. `parameters`
/// are the parameters that logins have to do with.
pub fn fault(name: &str, value: &str, is_list: bool, parameters: &[&str]) -> Option<Fault> {
    let known = SETTINGS.iter().find(|(known, _)| *known == name);
    match known {
        Some((_, kind)) => wrong_value(*kind, value, is_list),
        None if SECTIONS.contains(&name) => Some(no_section(value)),
        None => wrong_place(name, parameters).or_else(|| wrong_name(name)),
    }
}

/// What is wrong with the name of a parameter.
pub fn parameter_fault(name: &str, parameters: &[&str]) -> Option<Fault> {
    if name.contains('.') {
        return Some((
            "a parameter has one value, and nothing below it".to_owned(),
            "Write it in one line: NAME: VALUE. Sections stand at the beginning of a line."
                .to_owned(),
        ));
    }
    let is_known = parameters.contains(&name) || name.starts_with("aws");
    let meant = parameter_meant(name, parameters).filter(|_| !is_known)?;
    Some((
        format!("there is no such parameter; did you mean {meant}?"),
        "Parameters are written in exactly these letters.".to_owned(),
    ))
}

/// The parameter that is nearest; its first letters may be left out.
fn parameter_meant<'a>(name: &str, parameters: &[&'a str]) -> Option<&'a str> {
    let without = |known: &&&str| {
        let rest = known.strip_prefix("aws");
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(name))
    };
    let meant = parameters.iter().find(without).copied();
    meant.or_else(|| nearest(name, parameters.iter().copied()))
}

fn no_section(value: &str) -> Fault {
    let what = match value {
        "" | "~" | "null" => "it is empty, and no server starts with that",
        _ => "it has a value of its own, and no server starts with that",
    };
    let remedy = "What belongs to it stands below it, two columns in, each in a line NAME: VALUE. Take the \
                  line out where there is nothing.";
    (what.to_owned(), remedy.to_owned())
}

fn wrong_value(kind: Kind, value: &str, is_list: bool) -> Option<Fault> {
    let shown = printable(value);
    let no_list = || {
        let remedy = format!("Write it in one line: {shown}.");
        (
            "it is a YAML list, and no server takes one here".to_owned(),
            remedy,
        )
    };
    let letters =
        || "No other letters, upper and lower case included, have this effect.".to_owned();
    match kind {
        List if is_list => None,
        List => Some((
            "it is no YAML list, and no server takes anything else here".to_owned(),
            format!("Write it as a list: [{shown}]."),
        )),
        _ if is_list => Some(no_list()),
        Text => None,
        Flag if ["true", "false"].contains(&value) => None,
        Flag => Some((format!("\"{shown}\" is neither true nor false"), letters())),
        Choice(all) if all.contains(&value) => None,
        Choice(all) => {
            let meant = nearest(value, all.iter().copied());
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
            let all = all.join(", ");
            Some((format!("\"{shown}\" is none of {all}{meant}"), letters()))
        }
    }
}

/// It stands where it does not belong.
fn wrong_place(name: &str, parameters: &[&str]) -> Option<Fault> {
    let (_, below) = name.split_once('.').unwrap_or(("", name));
    let last = name.rsplit('.').next().unwrap_or_default();
    let outside = name.contains('.').then(|| below.split('.'));
    let inner = outside.and_then(|mut parts| parts.find(|part| OUTERMOST.contains(part)));
    if let Some(section) = inner {
        return Some((
            format!("{section} stands below another section, and no server starts with that"),
            format!("Write {section}: at the beginning of a line."),
        ));
    }
    let is_section = |first: &str| nearest(first, [SET_PARAMETER]).is_some();
    if name.split('.').next().is_some_and(is_section) {
        return None;
    }
    let meant = parameter_meant(last, parameters)?;
    Some((
        "it stands outside of setParameter, and no server starts with that".to_owned(),
        format!("Put {meant} below {SET_PARAMETER}:, two columns in."),
    ))
}

/// No server knows it.
fn wrong_name(name: &str) -> Option<Fault> {
    let first = name.split('.').next().unwrap_or_default();
    let is_section = SECTIONS.contains(&first);
    if is_section && !WHOLE.contains(&first) {
        return None;
    }
    let settings = || SETTINGS.iter().map(|(known, _)| *known);
    // The same name in another section.
    let end = format!(".{}", name.rsplit('.').next().unwrap_or_default());
    let ends_so = |known: &&str| {
        let at = known.len().checked_sub(end.len());
        at.and_then(|at| known.get(at..))
            .is_some_and(|rest| rest.eq_ignore_ascii_case(&end))
    };
    let meant = nearest(name, settings())
        .or_else(|| nearest(first, SECTIONS).filter(|_| !is_section))
        .or_else(|| settings().find(ends_so));
    if meant.is_none() && OPEN.iter().any(|open| name.starts_with(open)) {
        return None;
    }
    let what = if is_section { "setting" } else { "section" };
    let meant = meant.map_or(", and no server starts with that".to_owned(), |meant| {
        format!("; did you mean {meant}?")
    });
    Some((
        format!("there is no such {what}{meant}"),
        "Settings are written in exactly the letters of the server's manual, each in its section."
            .to_owned(),
    ))
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
