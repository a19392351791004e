//! The installed plugin, and a login through it.

use std::path::PathBuf;

use mongodb_aws_auth::abi::MAWS_ABI_MAJOR;
use mongodb_aws_auth::options::Options;

use super::sts::{self, Reached};
use super::{Findings, Name, configuration};
use crate::args::Check;
use crate::aws::{Client, Credentials, ca_bundle};
use crate::catalogue;
use crate::plugin::{self, Library, Login, PACKAGED, Session, distrusted};
use crate::server_config::ServerConfig;

/// Looks at the file and loads it.
pub fn load(args: &Check, config: &ServerConfig, findings: &mut Findings) -> Option<Library> {
    const FILE: Name = Name::PluginFile;
    let configured = configuration::configured_path(config).map(PathBuf::from);
    let path = args.plugin.clone().or(configured);
    let path = path.unwrap_or_else(|| PathBuf::from(PACKAGED));
    let shown = path.display();
    if let Some(why) = distrusted(&path) {
        findings.fail(
            FILE,
            format!("{shown}: {why}"),
            "Install the package, or name the file (--plugin, awsAuthPluginPath). It and every folder \
             above it belong to root or the server's user, and nobody else may write to them.",
        );
        return None;
    }
    findings.pass(FILE, format!("{shown} can be exchanged by nobody else"));
    match plugin::open(&path) {
        Ok(library) => {
            findings.pass(Name::Plugin, library.description());
            configuration::fips(config, &library.tls(), findings);
            Some(library)
        }
        Err(error) => {
            let remedy = format!(
                "The server could not load it either. It needs a plugin with major version \
                 {MAWS_ABI_MAJOR} of the interface, built for this machine and its libc."
            );
            findings.fail(Name::Plugin, format!("{shown}: {error}"), remedy);
            None
        }
    }
}

/// Creates the plugin with the server's options, and logs in twice over each host that was reached;
/// gives the user name.
pub fn login(
    args: &Check,
    config: &ServerConfig,
    options: Option<&Options>,
    library: Option<Library>,
    reached: &Reached,
    findings: &mut Findings,
) -> Option<String> {
    const STEP: Name = Name::Login;
    let Some(library) = library else {
        findings.skip(STEP, "left out: the plugin was not loaded");
        return None;
    };
    let given = configuration::given(config);
    if let Err(error) = Session::new(&library, &given, options) {
        findings.fail(
            Name::PluginStart,
            error.message,
            "The server would not start with these options and this plugin.",
        );
        return None;
    }
    findings.pass(Name::PluginStart, "it takes the server's options");
    if args.offline || args.no_login {
        findings.skip(STEP, "left out (--offline or --no-login)");
        return None;
    }
    let options = options?;
    if reached.is_empty() {
        findings.skip(STEP, "left out: STS was not reached");
        return None;
    }
    let client = Client::new(&args.aws, ca_bundle().as_deref());
    let credentials = match client.map(|client| client.credentials()) {
        Ok(Ok(credentials)) => credentials,
        Ok(Err(failure)) => {
            let found = format!("left out: {failure}");
            findings.skip(STEP, format!("{found}. {}", failure.remedy()));
            return None;
        }
        Err(error) => {
            findings.skip(STEP, format!("left out: {}", error.0));
            return None;
        }
    };
    let mut name = None;
    for index in reached {
        let mark = findings.mark();
        let only = over_one_host(&given, options, *index);
        let verified = match Session::new(&library, &only, Some(options)) {
            Ok(session) => twice(&session, &credentials, findings),
            Err(error) => {
                findings.fail(STEP, error.message, "The plugin cannot be created.");
                None
            }
        };
        if options.settings.endpoints.count() > 1 {
            findings.label(mark, options.settings.endpoints.at(*index).host());
        }
        name = name.or(verified);
    }
    name
}

/// The options with one host of the list alone, so that the login is verified there.
fn over_one_host(
    given: &[(String, String)],
    options: &Options,
    index: usize,
) -> Vec<(String, String)> {
    let endpoint = options.settings.endpoints.at(index);
    let direct = sts::proxy_to(&options.settings, endpoint).is_none();
    let one = |name: &str, value: &str| match name {
        "awsStsHost" => endpoint.host().to_owned(),
        "awsStsEndpoint" => {
            let url = value.split_ascii_whitespace().nth(index);
            url.unwrap_or_default().to_owned()
        }
        "awsStsProxy" if direct => String::new(),
        _ => value.to_owned(),
    };
    let all = given.iter();
    all.map(|(name, value)| (name.clone(), one(name, value)))
        .collect()
}

fn twice(session: &Session, credentials: &Credentials, findings: &mut Findings) -> Option<String> {
    let name = verdict(Name::Login, session.login(credentials), findings)?;
    verdict(Name::SecondLogin, session.login(credentials), findings);
    for line in session.warnings() {
        findings.warn(Name::PluginLog, line, "See `explain` with this line.");
    }
    Some(name)
}

fn verdict(step: Name, login: Result<Login, String>, findings: &mut Findings) -> Option<String> {
    let login = match login {
        Ok(login) => login,
        Err(error) => {
            findings.fail(step, error, "The plugin did not keep to its interface.");
            return None;
        }
    };
    let info = login.info;
    let ms = |us: u64| us / 1000;
    if login.verified {
        let opened = match info.connect_us {
            0 => "over a warm connection".to_owned(),
            us => format!("{} ms for the connection", ms(us)),
        };
        findings.pass(
            step,
            format!(
                "{} is verified as user {} in {} ms ({opened}, {} ms for STS)",
                info.raw_arn,
                info.principal,
                ms(info.total_us),
                ms(info.sts_us)
            ),
        );
        return Some(info.principal);
    }
    let reason = catalogue::by_number(info.reason);
    let remedy = reason.map(catalogue::remedy);
    let mut found = format!("refused, reason {}: {}", info.reason, info.detail);
    for (what, value) in [
        ("STS error", &info.sts_error_code),
        ("STS request", &info.sts_request_id),
        ("access key id", &info.access_key_id),
    ] {
        if !value.is_empty() {
            found.push_str(&format!(", {what} {value}"));
        }
    }
    findings.fail(step, found, remedy.unwrap_or_default());
    None
}
