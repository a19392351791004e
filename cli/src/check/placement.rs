//! Where settings and parameters stand in the configuration, and how they are written: a server does not
//! start with one in another place, and ignores or refuses one with another name.

use mongodb_aws_auth::options::table::OPTIONS;
use mongodb_aws_auth::reason::printable;

use super::{Findings, Name};
use crate::input::server_config::{PARAMETER, ServerConfig};
use crate::input::settings;
use crate::server_parameters;

const MECHANISMS: &str = "authenticationMechanisms";

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
    for name in config.names() {
        let value = config.get(name).unwrap_or_default();
        let is_list = config.is_list(name);
        let fault = match name.strip_prefix(PARAMETER) {
            Some(parameter) if is_list => Some(listed(parameter, value)),
            Some(parameter) => settings::parameter_fault(parameter, &known),
            None => settings::fault(name, value, is_list, &known),
        };
        let Some((what, remedy)) = fault else {
            continue;
        };
        let line = config.line(name);
        let line = line.map_or(String::new(), |line| format!("line {line}: "));
        findings.fail(STEP, format!("{line}{}: {what}", printable(name)), remedy);
        faults += 1;
    }
    if faults == 0 {
        findings.pass(STEP, "its parameters stand where a server looks for them");
    }
}

/// A parameter that is a YAML list.
fn listed(parameter: &str, value: &str) -> settings::Fault {
    let separator = if parameter == MECHANISMS { "," } else { " " };
    let value = printable(&value.replace(',', separator));
    (
        "it is a YAML list, and no server takes one here".to_owned(),
        format!("Write it in one line: {value}."),
    )
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
                "Write it as a list: [MONGODB-AWS].",
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
                "setParmeter:\n  b: x\n",
                "setParmeter.b: there is no such section",
            ),
            ("setParameter: awsStsHost=x\n", "a value of its own"),
            (
                "security:\nnet:\n  port: 1\n",
                "line 1: security: it is empty",
            ),
            (
                "net:\n  setParameter:\n    awsAllowRoot: true\n",
                "line 3: net.setParameter.awsAllowRoot",
            ),
            (
                "setParameter:\n  net:\n    port: 1\n",
                "line 3: setParameter.net.port",
            ),
            (
                "security:\n  authorization: Enabled\n",
                "did you mean enabled?",
            ),
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
                    awsStsHost: x\nsecurity.authorization: enabled\n";
        assert_eq!(found(text), [""; 0]);
    }
}
