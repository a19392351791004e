//! The options: one table ([`table::OPTIONS`]), from which validation, the interface's descriptors
//! and the reference in the documents come.

mod environment;
mod hosts;
mod principals;
mod rules;
pub mod table;
mod values;

use std::fmt;
use std::time::Duration;

pub use self::environment::{
    PROXY_VARIABLES, environment_no_proxy, environment_proxy, ignored_proxy,
};
pub use self::hosts::Endpoints;
use self::table::{Draft, OPTIONS, Spec};
pub use self::values::{absolute_path, whole_number};
use crate::aws::Proxy;
use crate::identity::IdentityRules;
use crate::reason::{printable, printable_within};

/// Longest value, in bytes.
const VALUE_LIMIT: usize = 1 << 20;
/// Longest part of a key that an error repeats, in characters.
const QUOTED_KEY: usize = 64;

/// What the options say, typed and checked against each other.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The STS endpoints in order of preference, at least one.
    pub endpoints: Endpoints,
    /// The way to STS leads through this.
    pub proxy: Option<Proxy>,
    /// Hosts that are reached without it, as in the environment's `no_proxy`.
    pub no_proxy: String,
    /// CA bundle; the system's where it is empty.
    pub ca_file: String,
    /// Times and sizes.
    pub limits: Limits,
    /// Refuse logins over connections that the server says are not TLS.
    pub require_tls: bool,
    /// Who may log in, and under which name.
    pub identity: IdentityRules,
}

/// Bounds on time and work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Longest time of a verification.
    pub sts_timeout: Duration,
    /// Longest time for opening a connection.
    pub connect_timeout: Duration,
    /// Longest life of a conversation.
    pub conversation_timeout: Duration,
    /// Most worker threads.
    pub workers: usize,
    /// Most verifications that wait for a worker.
    pub queue: usize,
    /// Most conversations that live at once.
    pub conversations: usize,
}

/// An option that cannot be used; the text names the key, the value and what is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError(String);

impl OptionError {
    /// "awsStsWorkers: "0" is invalid: a whole number from 1 to 1024".
    pub fn new(key: &str, value: &str, valid: impl fmt::Display) -> OptionError {
        let value = printable(&without_credentials(key, value));
        OptionError(format!("{key}: \"{value}\" is invalid: {valid}"))
    }
}

/// The value of an option that has an address, without credentials or a token that it should not have.
fn without_credentials(key: &str, value: &str) -> String {
    let is_address = matches!(key, "awsStsHost" | "awsStsEndpoint");
    let clean = |word: &str| {
        let (scheme, rest) = match word.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None if is_address => (String::new(), word),
            None => return word.to_owned(),
        };
        let (credentials, rest) = match rest.rsplit_once('@') {
            Some((_, rest)) => ("***@", rest),
            None => ("", rest),
        };
        let (rest, query) = match rest.split_once(['?', '#']) {
            Some((rest, _)) => (rest, "?***"),
            None => (rest, ""),
        };
        format!("{scheme}{credentials}{rest}{query}")
    };
    match key.starts_with("awsSts") {
        true => value.split(' ').map(clean).collect::<Vec<_>>().join(" "),
        false => value.to_owned(),
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}

/// A full set of values with what they mean.
#[derive(Clone)]
pub struct Options {
    texts: Vec<String>,
    /// What the values mean.
    pub settings: Settings,
    /// Rules that let nobody in, for the log; other rules are not affected.
    pub warnings: Vec<String>,
}

impl Options {
    /// The defaults with these values over them.
    pub fn new(given: &[(&str, &str)]) -> Result<Options, OptionError> {
        Options::build(defaults(), given)
    }

    /// These options with run-time options changed, all or none.
    pub fn change(&self, given: &[(&str, &str)]) -> Result<Options, OptionError> {
        for (key, value) in given {
            let spec = OPTIONS.iter().find(|spec| spec.key() == *key);
            if let Some(spec) = spec.filter(|spec| !spec.runtime) {
                let value = spec.shown(value);
                return Err(OptionError::new(key, &value, "it is set at startup only"));
            }
        }
        Options::build(self.texts.clone(), given)
    }

    /// The value of an option as text; of a secret one without what is secret in it.
    pub fn text(&self, key: &str) -> Option<String> {
        let mut all = OPTIONS.iter().zip(&self.texts);
        let (spec, text) = all.find(|(spec, _)| spec.key() == key)?;
        Some(spec.shown(text))
    }

    /// All that is wrong with these values, each as one line. `check_files` checks what they name; it is
    /// asked if nothing else is wrong.
    pub fn faults(
        given: &[(&str, &str)],
        check_files: impl FnOnce(&Settings) -> Result<(), OptionError>,
    ) -> Vec<OptionError> {
        let mut faults = Vec::new();
        match Options::assemble(defaults(), given, &mut faults) {
            Ok(options) => faults.extend(check_files(&options.settings).err()),
            Err(first_of_all) => faults.push(first_of_all),
        }
        faults
    }

    fn build(texts: Vec<String>, given: &[(&str, &str)]) -> Result<Options, OptionError> {
        let mut faults = Vec::new();
        let built = Options::assemble(texts, given, &mut faults);
        match faults.into_iter().next() {
            Some(first) => Err(first),
            None => built,
        }
    }

    /// Sets the values one by one, and notes the faults of each. Values are checked against each other
    /// even so: one that is at fault keeps its default.
    fn assemble(
        mut texts: Vec<String>,
        given: &[(&str, &str)],
        faults: &mut Vec<OptionError>,
    ) -> Result<Options, OptionError> {
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in given {
            let mut all = OPTIONS.iter().zip(&mut texts);
            let Some((spec, text)) = all.find(|(spec, _)| spec.key() == *key) else {
                let known = OPTIONS.iter().map(Spec::key).collect::<Vec<_>>().join(", ");
                let key = printable_within(QUOTED_KEY, key);
                faults.push(OptionError(format!(
                    "{key}: no such option; there are {known}"
                )));
                continue;
            };
            if seen.contains(key) {
                let value = spec.shown(value);
                faults.push(OptionError::new(key, &value, "it is given twice"));
                continue;
            }
            seen.push(key);
            match check_text(value) {
                Ok(()) => *text = (*value).to_owned(),
                Err(valid) => faults.push(OptionError::new(key, &spec.shown(value), valid)),
            }
        }
        let mut draft = Draft::default();
        for (spec, text) in OPTIONS.iter().zip(&texts) {
            if let Err(valid) = (spec.set)(spec, &mut draft, text) {
                faults.push(OptionError::new(spec.key(), &spec.shown(text), valid));
                // So that what it is checked against is not at fault, too.
                let _valid = (spec.set)(spec, &mut draft, &spec.default.to_string_lossy());
            }
        }
        let (settings, warnings) = finish(draft, faults)?;
        Ok(Options {
            texts,
            settings,
            warnings,
        })
    }
}

/// Text of any kind: the interface hands it out with a NUL behind it.
fn check_text(value: &str) -> Result<(), String> {
    if value.len() > VALUE_LIMIT {
        let length = value.len();
        return Err(format!(
            "a value has at most {VALUE_LIMIT} bytes, and this one {length}"
        ));
    }
    match value.find('\0') {
        Some(at) => Err(format!(
            "a value has no NUL character, and this one at byte {at}"
        )),
        None => Ok(()),
    }
}

fn defaults() -> Vec<String> {
    OPTIONS
        .iter()
        .map(|spec| spec.default.to_string_lossy().into())
        .collect()
}

/// By name, as they may be shown.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = OPTIONS.iter().zip(&self.texts);
        let all = all.map(|(spec, text)| (spec.key(), spec.shown(text)));
        f.debug_map().entries(all).finish()
    }
}

/// Checks the values against each other, and gives warnings beside what they mean.
fn finish(
    draft: Draft,
    faults: &mut Vec<OptionError>,
) -> Result<(Settings, Vec<String>), OptionError> {
    let endpoints = hosts::build(&draft)?;
    let identity = draft.identity;
    let warnings = rules::check(&identity, &endpoints, faults);
    let settings = Settings {
        endpoints,
        proxy: draft.proxy,
        no_proxy: draft.no_proxy,
        ca_file: draft.ca_file,
        limits: draft.limits,
        require_tls: draft.require_tls,
        identity,
    };
    Ok((settings, warnings))
}

#[cfg(test)]
#[path = "../options_tests.rs"]
mod tests;
