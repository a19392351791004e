//! The proxy: what awsStsProxy says, and variables in the server's environment, which other programs
//! obey and the plugin only where it is told to.

use std::fmt;
use std::path::{Path, PathBuf};

use mongodb_aws_auth::aws::{Proxy, is_exempt, without_password};
use mongodb_aws_auth::options::PROXY_VARIABLES;
use mongodb_aws_auth::reason::printable;

use super::{Findings, Name, configuration};
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

/// What `no_proxy` exempts, by the plugin's own rule.
struct Direct<'a> {
    no_proxy: &'a str,
    /// Addresses of STS.
    exempt: Vec<String>,
    all: usize,
}

impl<'a> Direct<'a> {
    fn of(environment: &'a Environment, config: &ServerConfig) -> Direct<'a> {
        let no_proxy = environment.get("no_proxy").map_or("", |(_, hosts)| hosts);
        let names: Vec<String> = match configuration::settings(config) {
            Some(settings) => {
                let endpoints = settings.endpoints.iter();
                endpoints
                    .map(|endpoint| endpoint.server_name().to_owned())
                    .collect()
            }
            // What is wrong with them is told elsewhere.
            None => Vec::new(),
        };
        let all = names.len();
        let exempt = names
            .into_iter()
            .filter(|name| is_exempt(no_proxy, name))
            .collect();
        Direct {
            no_proxy,
            exempt,
            all,
        }
    }

    fn is_all(&self) -> bool {
        self.all > 0 && self.exempt.len() == self.all
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
            config.set_parameter(OPTION, "");
            let direct = Direct::of(environment, config);
            let url = from_environment(environment, &direct, findings);
            config.set_parameter(OPTION, &url);
            return direct.no_proxy.to_owned();
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
        Some((name, _)) if Direct::of(environment, config).is_all() => findings.pass(
            STEP,
            format!(
                "{name} is set in the environment of {whose}, and no_proxy exempts STS: it is connected to directly"
            ),
        ),
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
fn from_environment(
    environment: &Environment,
    direct: &Direct<'_>,
    findings: &mut Findings,
) -> String {
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
            let found = format!("{shown}, from {name} of {whose}");
            let why = format!("no_proxy is \"{}\"", printable(direct.no_proxy));
            let found = match &direct.exempt[..] {
                [] => found,
                _ if direct.is_all() => {
                    format!("{found}, is not used: {why}. STS is connected to directly")
                }
                some => format!("{found}, but not for {}: {why}", some.join(", ")),
            };
            findings.pass(STEP, found);
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
#[path = "proxy_tests.rs"]
mod tests;
