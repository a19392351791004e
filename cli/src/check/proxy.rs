//! The proxy: what awsStsProxy says, and variables in the server's environment, which other programs
//! obey and the plugin only where it is told to.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use mongodb_aws_auth::aws::without_password;
use mongodb_aws_auth::options::PROXY_VARIABLES;

use super::{Findings, Name};
use crate::args::Check;
use crate::output::Unusable;
use crate::server_config::ServerConfig;

const OPTION: &str = "awsStsProxy";
/// The option's value that takes the environment's proxy.
const FROM_ENVIRONMENT: &str = "env";

/// Variables, and whose they are.
pub struct Environment {
    whose: String,
    variables: Vec<(String, String)>,
}

/// Without the values, which may hold passwords.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.variables.iter().map(|(name, _)| name).collect();
        f.debug_tuple("Environment")
            .field(&self.whose)
            .field(&names)
            .finish()
    }
}

impl Environment {
    /// A variable in lower case, or else in upper case, as the plugin looks for it.
    fn get(&self, name: &str) -> &str {
        let find = |name: &str| self.variables.iter().find(|(n, _)| n == name);
        let found = find(name).or_else(|| find(&name.to_uppercase()));
        found.map_or("", |(_, value)| value)
    }
}

/// The server's environment where it can be had, otherwise the tool's own.
pub fn environment(args: &Check, config: &ServerConfig) -> Result<Environment, Unusable> {
    if let Some(path) = &args.environment {
        let text = fs::read_to_string(path).map_err(|error| Unusable::file(path, error))?;
        return Ok(Environment {
            whose: path.display().to_string(),
            variables: text.lines().filter_map(assignment).collect(),
        });
    }
    if let Some(pid) = args.pid {
        let path = process(pid);
        let bytes = fs::read(&path).map_err(|error| Unusable::file(&path, error))?;
        return Ok(of_process(&pid.to_string(), &bytes));
    }
    let pid_file = config.get("processManagement.pidFilePath");
    let pid = pid_file.and_then(|path| fs::read_to_string(Path::new(path)).ok());
    let pid = pid.and_then(|text| text.trim().parse::<u32>().ok());
    if let Some((pid, bytes)) = pid.and_then(|pid| Some((pid, fs::read(process(pid)).ok()?))) {
        return Ok(of_process(&pid.to_string(), &bytes));
    }
    let own = std::env::vars_os().map(|(name, value)| {
        let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
        (text(name), text(value))
    });
    Ok(Environment {
        whose: "this shell (for the service's own: --pid, --environment)".to_owned(),
        variables: own.collect(),
    })
}

fn process(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/environ"))
}

fn of_process(pid: &str, bytes: &[u8]) -> Environment {
    let text = String::from_utf8_lossy(bytes);
    Environment {
        whose: format!("process {pid}"),
        variables: text.split('\0').filter_map(assignment).collect(),
    }
}

/// `NAME=VALUE`, also as a line of a shell or of systemd.
fn assignment(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let quotes = ['"', '\''];
    (!name.starts_with('#')).then(|| {
        (
            name.trim().to_owned(),
            value.trim_matches(quotes).to_owned(),
        )
    })
}

/// Tells which proxy the server uses, puts the environment's in the configuration if that is what
/// it says, and warns of one that is set and ignored. Gives the hosts that go without it.
pub fn settle(
    environment: &Environment,
    config: &mut ServerConfig,
    findings: &mut Findings,
) -> String {
    const STEP: Name = Name::Proxy;
    let whose = &environment.whose;
    match config.parameter(OPTION).unwrap_or_default() {
        FROM_ENVIRONMENT => {
            let url = environment.get("https_proxy");
            match without_password(url) {
                none if none.is_empty() => findings.warn(
                    STEP,
                    format!("{OPTION} is env, and https_proxy is not set in {whose}"),
                    "STS is connected to directly. If that is not meant, set https_proxy for the \
                     service.",
                ),
                shown => findings.pass(STEP, format!("{shown}, from {whose}")),
            }
            config.set_parameter(OPTION, url);
            return environment.get("no_proxy").to_owned();
        }
        "" => {}
        url => {
            findings.pass(STEP, format!("{}, by {OPTION}", without_password(url)));
            return String::new();
        }
    }
    let set = environment
        .variables
        .iter()
        .find(|(name, value)| PROXY_VARIABLES.contains(&name.as_str()) && !value.is_empty());
    match set {
        // The value may hold a password.
        Some((name, _)) => findings.warn(
            STEP,
            format!("{name} is set in the environment of {whose}"),
            "The plugin does not use it: STS is connected to directly. If the host has no direct \
             way out, set awsStsProxy (env takes the environment's), or use a VPC endpoint \
             (awsStsEndpoint).",
        ),
        None => findings.pass(STEP, format!("none in the environment of {whose}")),
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_read_as_services_write_them() {
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        for (line, wanted) in [
            (
                "https_proxy=http://p:3128",
                pair("https_proxy", "http://p:3128"),
            ),
            ("export A=\"b c\"", pair("A", "b c")),
            ("# A=b", None),
            ("", None),
        ] {
            assert_eq!(assignment(line), wanted, "{line}");
        }
    }

    #[test]
    fn an_environment_shows_no_values() {
        let environment = of_process("1", b"https_proxy=http://user:hunter2@proxy\0");
        let shown = format!("{environment:?}");
        assert!(shown.contains("https_proxy"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
