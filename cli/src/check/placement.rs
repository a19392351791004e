//! Where parameters stand in the configuration, and how they are written: a server does not start with
//! one in another place, and ignores or refuses one with another name.

use mongodb_aws_auth::options::table::OPTIONS;
use mongodb_aws_auth::reason::printable;

use super::{Findings, Name};
use crate::input::near::nearest;
use crate::input::server_config::{PARAMETER, ServerConfig};
use crate::server_parameters;

const SECTION: &str = "setParameter";
const MECHANISMS: &str = "authenticationMechanisms";
/// Settings beside parameters that this tool looks at, none of which may be a list.
const SINGLE: [&str; 3] = ["net.", "security.", "processManagement."];

/// The names of the parameters that a login has to do with.
pub fn parameters() -> Vec<&'static str> {
    let ours = OPTIONS.iter().map(|spec| spec.key());
    let servers = server_parameters::all().into_iter();
    let servers = servers.map(|parameter| parameter.name);
    ours.chain(servers).chain([MECHANISMS]).collect()
}

/// Looks at every name of the file.
pub fn check(config: &ServerConfig, findings: &mut Findings) {
    const STEP: Name = Name::Configuration;
    let known = parameters();
    let mut faults = 0;
    let mut fail = |name: &str, what: &str, remedy: String| {
        let line = config.line(name);
        let line = line.map_or(String::new(), |line| format!("line {line}: "));
        faults += 1;
        findings.fail(STEP, format!("{line}{}: {what}", printable(name)), remedy);
    };
    for name in config.names() {
        let first = name.split('.').next().unwrap_or_default();
        let Some(parameter) = name.strip_prefix(PARAMETER) else {
            let last = name.rsplit('.').next().unwrap_or_default();
            let meant = known.iter().find(|known| known.eq_ignore_ascii_case(last));
            if first != SECTION && nearest(first, [SECTION]).is_some() {
                let what = "there is no such section; did you mean setParameter?";
                fail(name, what, format!("Write {SECTION}: in these letters."));
            } else if let Some(meant) = meant {
                let what = "it stands outside of setParameter, and no server starts with that";
                fail(
                    name,
                    what,
                    format!("Put {meant} below {SECTION}:, two columns in."),
                );
            } else if name == SECTION && config.get(name).is_some_and(|value| !value.is_empty()) {
                let what = "it has a value of its own";
                fail(
                    name,
                    what,
                    "Parameters stand below it, each in a line NAME: VALUE.".to_owned(),
                );
            }
            continue;
        };
        if parameter.contains('.')
            && known
                .iter()
                .any(|known| parameter.starts_with(&format!("{known}.")))
        {
            let what = "a parameter has one value, and nothing below it";
            fail(name, what, "Write it in one line: NAME: VALUE.".to_owned());
            continue;
        }
        let ours = known.contains(&parameter) || parameter.starts_with("aws");
        let meant = nearest(parameter, known.iter().copied()).filter(|_| !ours);
        if let Some(meant) = meant {
            let what = format!("there is no such parameter; did you mean {meant}?");
            let remedy = "Parameters are written in exactly these letters.".to_owned();
            fail(name, &what, remedy);
        }
    }
    for name in config.lists() {
        let single = SINGLE.iter().any(|section| name.starts_with(section));
        if name.starts_with(PARAMETER) || single {
            let separator = if name.ends_with(MECHANISMS) { "," } else { " " };
            let value = config.get(name).unwrap_or_default().replace(',', separator);
            let what = "it is a YAML list, and no server takes one here";
            fail(
                name,
                what,
                format!("Write it in one line: {}.", printable(&value)),
            );
        }
    }
    if faults == 0 {
        findings.pass(STEP, "its parameters stand where a server looks for them");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;

    fn found(text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(&ServerConfig::parse(text).unwrap(), &mut findings);
        let failed = findings
            .0
            .into_iter()
            .filter(|step| step.status == Status::Fail);
        failed
            .map(|step| format!("{} {}", step.found, step.remedy))
            .collect()
    }

    #[test]
    fn a_parameter_in_another_place_or_form_is_named_with_its_line() {
        for (text, words) in [
            (
                "awsStsHost: sts.amazonaws.com\n",
                "line 1: awsStsHost: it stands outside of setParameter",
            ),
            (
                "net:\n  port: 1\nsecurity:\n  awsRequireTLS: true\n",
                "line 4: security.awsRequireTLS",
            ),
            (
                "authenticationMechanisms: MONGODB-AWS\n",
                "Put authenticationMechanisms below setParameter:",
            ),
            (
                "security:\n  authenticationMechanisms: MONGODB-AWS\n",
                "outside of setParameter",
            ),
            ("AWSAUTHPLUGINPATH: /x\n", "Put awsAuthPluginPath below"),
            (
                "setparameter:\n  awsStsHost: x\n",
                "did you mean setParameter?",
            ),
            (
                "setParameters:\n  awsStsHost: x\n",
                "did you mean setParameter?",
            ),
            (
                "setParam:\n  a: x\nsetParmeter:\n  b: x\n",
                "setParmeter.b: there is no such section",
            ),
            ("setParameter: awsStsHost=x\n", "a value of its own"),
            ("setParameter:\n  awsStsHost:\n    first: x\n", "one value"),
            (
                "setParameter:\n  authenticationMechanism: x\n",
                "did you mean authenticationMechanisms?",
            ),
            (
                "setParameter:\n  awStsHost: x\n",
                "did you mean awsStsHost?",
            ),
            (
                "setParameter:\n  AwsAuthPluginPath: x\n",
                "did you mean awsAuthPluginPath?",
            ),
            (
                "setParameter:\n  authenticationMechanisms: [SCRAM-SHA-256, MONGODB-AWS]\n",
                "in one line: SCRAM-SHA-256,MONGODB-AWS.",
            ),
            (
                "setParameter:\n  awsAllowedAccounts:\n    - 123456789012\n    - 210987654321\n",
                "in one line: 123456789012 210987654321.",
            ),
            (
                "net:\n  bindIp: [127.0.0.1, ::1]\n",
                "net.bindIp: it is a YAML list",
            ),
        ] {
            let found = found(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains(words), "{text}: {found:?}");
        }
    }

    #[test]
    fn every_fault_is_named_and_other_parameters_are_left_alone() {
        let text = "awsStsHost: a\nsecurity:\n  awsRequireTLS: true\n";
        assert_eq!(found(text).len(), 2);
        let text = "setParameter:\n  enableLocalhostAuthBypass: false\n  ttlMonitorEnabled: true\n  \
                    awsStsHost: x\nsetParameter.awsAllowRoot: true\n";
        assert_eq!(found(text), [""; 0]);
    }
}
