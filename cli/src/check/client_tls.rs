//! TLS of the server for its clients: what it takes to start, and what a login without it risks.

use super::{Findings, Name};
use crate::input::server_config::ServerConfig;

const STEP: Name = Name::ClientTls;
/// The sections, the one of today first.
const SECTIONS: [&str; 2] = ["net.tls", "net.ssl"];
/// The certificate with its key, in one of the forms.
const CERTIFICATES: [&str; 3] = ["certificateKeyFile", "PEMKeyFile", "certificateSelector"];
/// With one of these and without a mode no server starts.
const ONLY_WITH_MODE: [&str; 13] = [
    "certificateKeyFile",
    "certificateKeyFilePassword",
    "PEMKeyFile",
    "PEMKeyPassword",
    "certificateSelector",
    "clusterCertificateSelector",
    "clusterFile",
    "clusterPassword",
    "CAFile",
    "CRLFile",
    "disabledProtocols",
    "allowConnectionsWithoutCertificates",
    "weakCertificateValidation",
];

/// Looks at the mode, and at what it needs.
pub fn check(config: &ServerConfig, findings: &mut Findings) {
    let modes = SECTIONS.map(|section| config.get(&format!("{section}.mode")));
    let mode = modes.into_iter().flatten().next();
    let required = config.parameter("awsRequireTLS") == Some("true");
    let is_on = mode.is_some_and(|mode| mode != "disabled");
    if let Some((found, remedy)) = no_start(config, mode.filter(|_| is_on)) {
        findings.fail(STEP, found, remedy);
        return;
    }
    if let Some((found, remedy)) = authorities(config).filter(|_| is_on) {
        findings.warn(STEP, found, remedy);
        return;
    }
    match mode {
        Some("requireTLS" | "requireSSL") => findings.pass(STEP, "required of every client"),
        Some(mode @ ("allowTLS" | "preferTLS" | "allowSSL" | "preferSSL")) => match required {
            true => findings.pass(
                STEP,
                format!("{mode}; awsRequireTLS asks it of these logins"),
            ),
            false => findings.warn(
                STEP,
                format!("{mode}: clients may connect without TLS"),
                "Without TLS a login can be relayed and its connection taken over. Set awsRequireTLS: \
                 true for these logins, or move on to requireTLS as docs/tls.md shows.",
            ),
        },
        // The value is at fault in the configuration.
        Some(_) if is_on => {}
        _ if required => findings.fail(
            STEP,
            "awsRequireTLS is true, and net.tls.mode does not switch TLS on",
            "No client can log in with MONGODB-AWS: set up TLS.",
        ),
        _ => findings.warn(
            STEP,
            "net.tls.mode does not switch TLS on",
            "Without TLS a login can be relayed and its connection taken over. docs/tls.md shows the \
             steps to requireTLS that cut no client off.",
        ),
    }
}

/// Why no server starts with these settings, and what to do; `mode` is one that switches TLS on.
fn no_start(config: &ServerConfig, mode: Option<&str>) -> Option<(String, &'static str)> {
    match mode {
        Some(mode) if first(config, &CERTIFICATES).is_none() => Some((
            format!("{mode}, and net.tls.certificateKeyFile is not set"),
            "No server starts with that: name the PEM file that has the server's certificate and its key.",
        )),
        Some(_) => None,
        None => first(config, &ONLY_WITH_MODE).map(|name| {
            (
                format!("{name} is set, and net.tls.mode does not switch TLS on"),
                "No server starts with that: set net.tls.mode to requireTLS, or take the other settings out.",
            )
        }),
    }
}

/// What clients' certificates are checked against: what newer servers need, and whom it shuts out.
fn authorities(config: &ServerConfig) -> Option<(&'static str, &'static str)> {
    const WITHOUT_CERTIFICATE: [&str; 2] = [
        "allowConnectionsWithoutCertificates",
        "weakCertificateValidation",
    ];
    let of_system = config.parameter("tlsUseSystemCA") == Some("true");
    let optional =
        first(config, &WITHOUT_CERTIFICATE).is_some_and(|name| config.get(&name) == Some("true"));
    match first(config, &["CAFile"]) {
        None if !of_system => Some((
            "TLS is on, and net.tls.CAFile is not set",
            "Servers from 4.4.29, 5.0.25, 6.0.14 and 7.0.6 on do not start with that: set CAFile, and \
             allowConnectionsWithoutCertificates: true, or setParameter.tlsUseSystemCA: true.",
        )),
        Some(_) if !optional => Some((
            "net.tls.CAFile is set, so clients without a certificate are refused",
            "MONGODB-AWS needs no certificate of clients: set \
             net.tls.allowConnectionsWithoutCertificates: true, unless all of them have one.",
        )),
        _ => None,
    }
}

/// The first of these that the configuration has.
fn first(config: &ServerConfig, names: &[&str]) -> Option<String> {
    let all = SECTIONS
        .iter()
        .flat_map(|section| names.iter().map(move |name| format!("{section}.{name}")));
    let mut set = all.filter(|name| config.get(name).is_some_and(|value| !value.is_empty()));
    set.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;

    #[test]
    fn a_server_has_the_files_that_its_mode_needs() {
        const FILES: [(&str, &str); 3] = [
            ("certificateKeyFile", "/k"),
            ("CAFile", "/c"),
            ("allowConnectionsWithoutCertificates", "true"),
        ];
        const OLD: [(&str, &str); 3] = [
            ("PEMKeyFile", "/k"),
            ("CAFile", "/c"),
            ("weakCertificateValidation", "true"),
        ];
        for (section, mode, files, status, words) in [
            (
                "net.tls",
                Some("requireTLS"),
                &FILES[..],
                Status::Pass,
                "required",
            ),
            (
                "net.ssl",
                Some("requireSSL"),
                &OLD,
                Status::Pass,
                "required",
            ),
            (
                "net.tls",
                Some("preferTLS"),
                &FILES,
                Status::Warn,
                "without TLS",
            ),
            (
                "net.tls",
                Some("requireTLS"),
                &[],
                Status::Fail,
                "certificateKeyFile is not set",
            ),
            (
                "net.ssl",
                Some("requireSSL"),
                &[],
                Status::Fail,
                "certificateKeyFile is not set",
            ),
            (
                "net.tls",
                Some("allowTLS"),
                &FILES[1..],
                Status::Fail,
                "certificateKeyFile is not set",
            ),
            (
                "net.tls",
                Some("requireTLS"),
                &FILES[..1],
                Status::Warn,
                "net.tls.CAFile is not set",
            ),
            (
                "net.tls",
                Some("allowTLS"),
                &FILES[..2],
                Status::Warn,
                "clients without a certificate are refused",
            ),
            (
                "net.tls",
                None,
                &FILES,
                Status::Fail,
                "net.tls.certificateKeyFile is set",
            ),
            (
                "net.ssl",
                None,
                &OLD[1..],
                Status::Fail,
                "net.ssl.CAFile is set",
            ),
            (
                "net.tls",
                Some("disabled"),
                &FILES[..1],
                Status::Fail,
                "does not switch TLS on",
            ),
            (
                "net.tls",
                Some("disabled"),
                &[],
                Status::Warn,
                "net.tls.mode does not switch TLS on",
            ),
            (
                "net.tls",
                None,
                &[],
                Status::Warn,
                "net.tls.mode does not switch TLS on",
            ),
        ] {
            let mode = mode.map(|mode| ("mode", mode));
            let named = files.iter().chain(&mode);
            let named: Vec<(String, &str)> = named
                .map(|(name, value)| (format!("{section}.{name}"), *value))
                .collect();
            let named: Vec<(&str, &str)> = named
                .iter()
                .map(|(name, value)| (&**name, *value))
                .collect();
            let mut findings = Findings::default();
            check(&ServerConfig::of(&named), &mut findings);
            let [step] = &findings.0[..] else {
                panic!("{named:?}: {findings:?}");
            };
            assert_eq!(step.status, status, "{named:?}: {step:?}");
            assert!(step.found.contains(words), "{named:?}: {step:?}");
        }
    }
}
