//! `authenticationMechanisms`: a server takes the names as they are written, and ignores others.

use mongodb_aws_auth::reason::printable;

use super::{Findings, Name};
use crate::input::near::nearest;
use crate::input::server_config::ServerConfig;
use crate::plugin::PACKAGED;

const MECHANISM: &str = "MONGODB-AWS";
/// What a server offers where nothing is set, and MONGODB-AWS: nobody loses a login.
const USUAL: &str = "MONGODB-X509,SCRAM-SHA-1,SCRAM-SHA-256,MONGODB-AWS";
/// Those of MongoDB and Percona Server, of every version.
const KNOWN: [&str; 8] = [
    MECHANISM,
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
    "MONGODB-X509",
    "MONGODB-OIDC",
    "MONGODB-CR",
    "GSSAPI",
    "PLAIN",
];

/// Looks at the list; `known`: the configuration is there to look at.
pub fn check(config: &ServerConfig, known: bool, findings: &mut Findings) {
    const STEP: Name = Name::Mechanisms;
    let listed = "security.authenticationMechanisms";
    let of_section = config.get(listed).filter(|_| config.is_list(listed));
    let Some(text) = config.parameter("authenticationMechanisms").or(of_section) else {
        if known {
            findings.fail(
                STEP,
                "authenticationMechanisms is not set, so MONGODB-AWS is not offered",
                format!(
                    "Add to the file a line setParameter: and, two columns in below it, the lines \
                     authenticationMechanisms: {USUAL} and awsAuthPluginPath: {PACKAGED}"
                ),
            );
        }
        return;
    };
    let names: Vec<&str> = text.split(',').collect();
    let faults: Vec<String> = names.iter().filter_map(|name| fault(name)).collect();
    let found = printable(&names.join(", "));
    let advice = advice(text);
    if !faults.is_empty() {
        findings.fail(
            STEP,
            format!("{}. Servers may ignore such a name", faults.join("; ")),
            format!("Write authenticationMechanisms: {advice}."),
        );
    } else if !names.contains(&MECHANISM) {
        findings.fail(
            STEP,
            format!("{found}: {MECHANISM} is not among them"),
            format!("Add it: authenticationMechanisms: {advice}."),
        );
    } else if names.iter().all(|name| *name == MECHANISM) {
        findings.warn(
            STEP,
            "MONGODB-AWS is the only mechanism",
            format!(
                "While STS cannot be reached nobody logs in, and users with a password (administrators, \
                 backup, monitoring) never do: {USUAL}."
            ),
        );
    } else {
        findings.pass(STEP, found);
    }
}

/// What is wrong with one name.
fn fault(name: &str) -> Option<String> {
    if KNOWN.contains(&name) {
        return None;
    }
    let shown = printable(name);
    let bare = bare(name);
    if bare.is_empty() {
        return Some("a name is empty".to_owned());
    }
    if bare != name && KNOWN.contains(&bare) {
        let what = match name.trim() == bare {
            true => "white space",
            false => "something else than the name",
        };
        return Some(format!("\"{shown}\" has {what} around it"));
    }
    Some(match nearest(bare, KNOWN) {
        Some(meant) => format!("\"{shown}\" is no mechanism; did you mean {meant}?"),
        None => format!("\"{shown}\" is no mechanism"),
    })
}

/// Without white space, quotes and brackets.
fn bare(name: &str) -> &str {
    name.trim_matches(|c: char| !c.is_ascii_alphanumeric())
}

/// The list as it should be: names that are known or nearly so, and MONGODB-AWS.
fn advice(text: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    let words = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    for name in words.map(bare).filter_map(|word| nearest(word, KNOWN)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return USUAL.to_owned();
    }
    if !names.contains(&MECHANISM) {
        names.push(MECHANISM);
    }
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Status, Step};

    fn step(value: &str) -> Step {
        let mut findings = Findings::default();
        let config = ServerConfig::of(&[("setParameter.authenticationMechanisms", value)]);
        check(&config, true, &mut findings);
        findings.0.remove(0)
    }

    #[test]
    fn the_list_of_the_section_security_counts_where_there_is_no_parameter() {
        for (text, wanted) in [
            (
                "security:\n  authenticationMechanisms: [PLAIN, MONGODB-AWS]\n",
                Status::Pass,
            ),
            (
                "security:\n  authenticationMechanisms: [PLAIN]\n",
                Status::Fail,
            ),
            (
                "security:\n  authenticationMechanisms: PLAIN,MONGODB-AWS\n",
                Status::Fail,
            ),
            (
                "security:\n  authenticationMechanisms: [PLAIN]\nsetParameter:\n  authenticationMechanisms: PLAIN,MONGODB-AWS\n",
                Status::Pass,
            ),
        ] {
            let mut findings = Findings::default();
            check(&ServerConfig::parse(text).unwrap(), true, &mut findings);
            assert_eq!(findings.0[0].status, wanted, "{text}");
        }
    }

    #[test]
    fn names_are_taken_as_they_are_written() {
        for (value, found, advice) in [
            (
                "SCRAM-SHA-256, MONGODB-AWS",
                "\" MONGODB-AWS\" has white space",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "SCRAM-SHA-1 ,MONGODB-AWS",
                "\"SCRAM-SHA-1 \" has white space",
                "SCRAM-SHA-1,MONGODB-AWS.",
            ),
            ("MONGODB-AWS\t,PLAIN", "white space", "MONGODB-AWS,PLAIN."),
            (
                "scram-sha-256,mongodb-aws",
                "did you mean MONGODB-AWS?",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "SCRAM-SHA256,MONGODB-AWS",
                "did you mean SCRAM-SHA-256?",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "SCRAM-SHA-256,MONGO-AWS",
                "did you mean MONGODB-AWS?",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "SCRAM-SHA-256;MONGODB-AWS",
                "is no mechanism",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "SCRAM-SHA-256 MONGODB-AWS",
                "is no mechanism",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "\"SCRAM-SHA-256\",MONGODB-AWS",
                "something else",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "SCRAM-SHA-256,,MONGODB-AWS",
                "a name is empty",
                "SCRAM-SHA-256,MONGODB-AWS.",
            ),
            ("", "a name is empty", USUAL),
            (
                "LDAP,MONGODB-AWS",
                "\"LDAP\" is no mechanism",
                "authenticationMechanisms: MONGODB-AWS.",
            ),
            (
                "SCRAM-SHA-1,GSSAPI",
                "not among them",
                "SCRAM-SHA-1,GSSAPI,MONGODB-AWS.",
            ),
        ] {
            let step = step(value);
            assert_eq!(step.status, Status::Fail, "{value}");
            assert!(step.found.contains(found), "{value}: {}", step.found);
            assert!(step.remedy.contains(advice), "{value}: {}", step.remedy);
        }
        assert_eq!(step("SCRAM-SHA-256,MONGODB-AWS").status, Status::Pass);
        assert_eq!(step("PLAIN,MONGODB-AWS,SCRAM-SHA-1").status, Status::Pass);
        assert_eq!(step("MONGODB-AWS").status, Status::Warn);
    }
}
