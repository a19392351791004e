//! The installed plugin, and a login through it.

use std::path::PathBuf;

use mongodb_aws_auth::abi::MAWS_ABI_MAJOR;
use mongodb_aws_auth::options::Options;

use super::sts::{self, Reached};
use super::{Findings, Name, configuration};
use crate::args::Check;
use crate::aws::{CaFile, Client, Credentials, Source};
use crate::input::catalogue;
use crate::input::credentials::shown_key_id;
use crate::input::server_config::ServerConfig;
use crate::output::Unusable;
use crate::plugin::{self, Library, PACKAGED, Session, distrusted};

/// Looks at the file and loads it.
pub fn load(args: &Check, config: &ServerConfig, findings: &mut Findings) -> Option<Library> {
    const FILE: Name = Name::PluginFile;
    let configured = configuration::configured_path(config).map(PathBuf::from);
    if args.plugin.is_none() && configured.as_ref().is_some_and(|path| !path.is_absolute()) {
        findings.skip(FILE, "left out: awsAuthPluginPath is not an absolute path");
        return None;
    }
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
    findings.pass(
        FILE,
        format!("only root and the server's user can replace {shown}"),
    );
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
) -> Result<Option<String>, Unusable> {
    const STEP: Name = Name::Login;
    let Some(library) = library else {
        findings.skip(STEP, "left out: the plugin was not loaded");
        return Ok(None);
    };
    let given = configuration::given(config);
    if !starts(&library, &given, options, findings) {
        return Ok(None);
    }
    if args.offline {
        findings.skip(STEP, "left out (--offline)");
        return Ok(None);
    }
    let found = match options.filter(|_| !reached.is_empty()) {
        _ if args.no_login => {
            findings.skip(STEP, "left out (--no-login)");
            None
        }
        None => {
            findings.skip(STEP, "left out: STS was not reached");
            None
        }
        Some(options) => credentials(args, findings)?.map(|found| (options, found)),
    };
    let Some((options, (credentials, source))) = found else {
        random_bytes(&library, &given, options, findings);
        return Ok(None);
    };
    let mut name = None;
    for index in reached {
        let mark = findings.mark();
        let only = over_one_host(&given, options, *index);
        let verified = match Session::new(&library, &only, Some(options)) {
            Ok(session) => twice(&session, &credentials, &source, findings),
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
    Ok(name)
}

/// The installed plugin takes the options, all of them. What is said of them already is not repeated.
fn starts(
    library: &Library,
    given: &[(String, String)],
    options: Option<&Options>,
    findings: &mut Findings,
) -> bool {
    const STEP: Name = Name::PluginStart;
    let faults = library.check_options(given);
    let faults = faults
        .iter()
        .map(|fault| configuration::explained(fault, given));
    let mut faults: Vec<(String, String)> = faults.collect();
    if faults.is_empty() {
        match Session::new(library, given, options) {
            Ok(_stopped) => {
                findings.pass(STEP, "it takes the server's options");
                return true;
            }
            Err(error) => faults.push((
                error.message,
                "The server would not start with these options and this plugin.".to_owned(),
            )),
        }
    }
    faults.retain(|(found, _)| !findings.failed_for(found));
    if faults.is_empty() {
        findings.skip(STEP, "left out: the options are not valid");
    }
    for (found, remedy) in faults {
        findings.fail(STEP, found, remedy);
    }
    false
}

/// Where no login shows it: the plugin has random bytes for its answer to a client's first message. It
/// may open a connection to STS meanwhile, as for every login.
fn random_bytes(
    library: &Library,
    given: &[(String, String)],
    options: Option<&Options>,
    findings: &mut Findings,
) {
    const STEP: Name = Name::RandomBytes;
    let Ok(session) = Session::new(library, given, options) else {
        return;
    };
    match session.first_answer() {
        Ok(()) => findings.pass(STEP, "the plugin has them for its answers to clients"),
        Err((reason, what)) => {
            let remedy = catalogue::by_number(reason).map(catalogue::remedy);
            findings.fail(STEP, what, remedy.unwrap_or_default());
        }
    }
}

/// A client's credentials. That there are none is no fault of the server's; some that are of no use are.
fn credentials(
    args: &Check,
    findings: &mut Findings,
) -> Result<Option<(Credentials, Source)>, Unusable> {
    const STEP: Name = Name::Login;
    let ca_file = CaFile::of(None);
    let client = match Client::new(&args.aws, ca_file.as_ref()) {
        Ok(client) => client,
        // What the command line names has to be there.
        Err(error) if args.aws.profile.is_some() || args.aws.region.is_some() => return Err(error),
        Err(error) => {
            findings.fail(
                STEP,
                error.0,
                "Correct it, or leave the login out: --no-login.",
            );
            return Ok(None);
        }
    };
    match client.credentials() {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is_wrong() => {
            findings.fail(STEP, failure.to_string(), failure.remedy());
            Ok(None)
        }
        Err(failure) => {
            findings.skip(STEP, format!("left out: {failure}. {}", failure.remedy()));
            Ok(None)
        }
    }
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

fn twice(
    session: &Session,
    credentials: &Credentials,
    source: &Source,
    findings: &mut Findings,
) -> Option<String> {
    let mut verdict = |step| verdict(step, session, credentials, source, findings);
    let name = verdict(Name::Login)?;
    verdict(Name::SecondLogin);
    for line in session.warnings() {
        findings.warn(Name::PluginLog, line, "See `explain` with this line.");
    }
    Some(name)
}

fn verdict(
    step: Name,
    session: &Session,
    credentials: &Credentials,
    source: &Source,
    findings: &mut Findings,
) -> Option<String> {
    let login = match session.login(credentials) {
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
                "{}, by credentials of {source}, is verified as user {} in {} ms ({opened}, {} ms for STS)",
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
    // The plugin has cut what does not look like a key id; the length here is that of the whole.
    let key_id = match info.access_key_id.is_empty() {
        true => String::new(),
        false => shown_key_id(credentials.access_key_id()),
    };
    for (what, value) in [
        ("STS error", &info.sts_error_code),
        ("STS request", &info.sts_request_id),
        ("access key id", &key_id),
        ("credentials", &source.to_string()),
    ] {
        if !value.is_empty() {
            found.push_str(&format!(", {what} {value}"));
        }
    }
    findings.fail(step, found, remedy.unwrap_or_default());
    None
}
