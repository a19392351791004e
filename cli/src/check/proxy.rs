//! The proxy: what awsStsProxy says, and variables in the server's environment, which other programs
//! obey and the plugin only where it is told to.

use std::fmt;
use std::path::{Path, PathBuf};

use mongodb_aws_auth::aws::{Proxy, without_password};
use mongodb_aws_auth::options::PROXY_VARIABLES;
use mongodb_aws_auth::reason::printable;

use super::{Findings, Name};
use crate::args::Check;
use crate::files;
use crate::input::environment::{self, Variable};
use crate::input::server_config::ServerConfig;
use crate::output::Unusable;

const OPTION: &str = "awsStsProxy";
/// The option's value that takes the environment's proxy.
const FROM_ENVIRONMENT: &str = "env";

/// Variables, and whose they are.
pub struct Environment {
    whose: String,
    variables: Vec<Variable>,
    /// The process that it is of.
    pub pid: Option<u32>,
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
    /// A variable that is set and not empty, in lower case or else in upper case, as curl looks for it;
    /// with its name.
    fn get(&self, name: &str) -> Option<(&str, &str)> {
        let find = |name: &str| {
            let mut set = self.variables.iter();
            set.find(|(own, value)| own == name && !value.is_empty())
        };
        let found = find(name).or_else(|| find(&name.to_uppercase()));
        found.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The server's environment where it can be had, otherwise the tool's own.
pub fn environment(args: &Check, config: &ServerConfig) -> Result<Environment, Unusable> {
    let of_process = |pid: u32, bytes: &[u8]| Environment {
        whose: format!("process {pid}"),
        variables: environment::of_process(bytes),
        pid: Some(pid),
    };
    if let Some(path) = &args.environment {
        let text = files::read_text(path, files::SETTINGS_LIMIT)?;
        return Ok(Environment {
            whose: path.display().to_string(),
            variables: environment::of_file(&text),
            pid: args.pid,
        });
    }
    if let Some(pid) = args.pid {
        return Ok(of_process(
            pid,
            &files::read(&process(pid), files::LIST_LIMIT)?,
        ));
    }
    let pid_file = config.get("processManagement.pidFilePath");
    let read = |path: &Path| files::read(path, files::LIST_LIMIT).ok();
    let pid = pid_file.and_then(|path| read(Path::new(path)));
    let pid = pid.and_then(|text| String::from_utf8_lossy(&text).trim().parse::<u32>().ok());
    if let Some((pid, bytes)) = pid.and_then(|pid| Some((pid, read(&process(pid))?))) {
        return Ok(of_process(pid, &bytes));
    }
    let own = std::env::vars_os().map(|(name, value)| {
        let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
        (text(name), text(value))
    });
    Ok(Environment {
        whose: "this shell (for the service's own: --pid, --environment)".to_owned(),
        variables: own.collect(),
        pid: None,
    })
}

fn process(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/environ"))
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
            let url = from_environment(environment, findings);
            config.set_parameter(OPTION, &url);
            let direct = environment.get("no_proxy");
            return direct.map_or("", |(_, hosts)| hosts).to_owned();
        }
        "" => {}
        url => {
            findings.pass(
                STEP,
                format!("{}, by {OPTION}", printable(&without_password(url))),
            );
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

/// The proxy of the environment, as curl reads it: without a scheme it is one of HTTP. Empty where there
/// is none that can be used.
fn from_environment(environment: &Environment, findings: &mut Findings) -> String {
    const STEP: Name = Name::Proxy;
    let whose = &environment.whose;
    let Some((name, value)) = environment.get("https_proxy") else {
        let all = environment.get("all_proxy");
        let all = all.map_or(String::new(), |(name, _)| {
            format!(" {name} is set, which the plugin does not use.")
        });
        findings.warn(
            STEP,
            format!("{OPTION} is env, and https_proxy is not set in {whose}"),
            format!(
                "STS is connected to directly.{all} If that is not meant, set https_proxy for the service."
            ),
        );
        return String::new();
    };
    let url = environment::with_scheme(value);
    let shown = printable(&without_password(&url));
    match Proxy::parse(&url) {
        Ok(_) => {
            findings.pass(STEP, format!("{shown}, from {name} of {whose}"));
            url
        }
        Err(valid) => {
            let socks = match url.to_ascii_lowercase().starts_with("socks") {
                true => " A proxy of SOCKS is not taken.",
                false => "",
            };
            findings.fail(
                STEP,
                format!("{OPTION} is env, and {name} of {whose} is {shown}: {valid}"),
                format!("The server does not start with it.{socks} Correct the variable, or name the proxy by {OPTION}."),
            );
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Status, Step};

    fn environment_of(variables: &[(&str, &str)]) -> Environment {
        let pairs = variables.iter();
        Environment {
            whose: "process 1".to_owned(),
            variables: pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            pid: Some(1),
        }
    }

    fn settled(variables: &[(&str, &str)]) -> (Step, String) {
        let mut config = ServerConfig::default();
        config.set_parameter(OPTION, FROM_ENVIRONMENT);
        let mut findings = Findings::default();
        settle(&environment_of(variables), &mut config, &mut findings);
        let url = config.parameter(OPTION).unwrap().to_owned();
        (findings.0.remove(0), url)
    }

    #[test]
    fn the_environment_s_proxy_is_taken_as_curl_takes_it() {
        for (variables, url) in [
            (&[("https_proxy", "proxy:3128")][..], "http://proxy:3128"),
            (
                &[("https_proxy", ""), ("HTTPS_PROXY", "http://a:1")],
                "http://a:1",
            ),
            (
                &[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:2")],
                "http://a:1",
            ),
            (&[("HTTPS_PROXY", "10.0.0.1:8080")], "http://10.0.0.1:8080"),
        ] {
            let (step, taken) = settled(variables);
            assert_eq!(
                (step.status, taken.as_str()),
                (Status::Pass, url),
                "{step:?}"
            );
        }
    }

    #[test]
    fn a_proxy_that_is_not_taken_is_named_with_its_variable_and_without_its_password() {
        for (name, value, words) in [
            ("https_proxy", "socks5://user:hunter2@proxy:1080", "SOCKS"),
            (
                "HTTPS_PROXY",
                "ftp://user:hunter2@proxy",
                "a proxy looks like",
            ),
            (
                "https_proxy",
                "user:hunter2@proxy:port",
                "a proxy looks like",
            ),
        ] {
            let (step, taken) = settled(&[(name, value)]);
            assert_eq!((step.status, taken.as_str()), (Status::Fail, ""));
            let said = format!("{} {}", step.found, step.remedy);
            assert!(said.contains(name) && said.contains(words), "{said}");
            assert!(
                said.contains("***@proxy") && !said.contains("hunter2"),
                "{said}"
            );
        }
        let (step, _) = settled(&[("ALL_PROXY", "http://proxy:1")]);
        assert_eq!(step.status, Status::Warn);
        assert!(step.remedy.contains("ALL_PROXY"), "{step:?}");
    }

    #[test]
    fn an_environment_shows_no_values() {
        let environment = environment_of(&[("https_proxy", "http://user:hunter2@proxy")]);
        let shown = format!("{environment:?}");
        assert!(shown.contains("https_proxy"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
