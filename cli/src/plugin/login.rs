//! A whole login through the installed plugin: the tool plays the server, which loads it, and the
//! client, which signs.

use std::path::Path;
use std::time::{Duration, SystemTime};

use mongodb_aws_auth::abi::maws_code::{MAWS_CONTINUE, MAWS_DONE, MAWS_PENDING};
use mongodb_aws_auth::abi::{maws_plugin, maws_status};
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::reason::Reason;

use super::ffi::{Info, Library};
use super::raw::{CallError, Log};
use crate::aws::Credentials;
use crate::driver;

/// Time for the threads of a plugin that is stopped.
const DRAIN_MS: u32 = 2_000;
/// Beyond the plugin's own limit on a verification, which ends it first.
const GRACE: Duration = Duration::from_secs(5);
/// Least level of a line that the operator should see: a warning.
const WARNING: i32 = 2;

/// A plugin that is created with the server's options.
pub struct Session<'a> {
    library: &'a Library,
    plugin: maws_plugin,
    log: &'static Log,
    wait_ms: u32,
}

/// How a login went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The client is who it says.
    pub verified: bool,
    /// What the plugin tells of it.
    pub info: Info,
}

impl<'a> Session<'a> {
    /// Creates the plugin. `options` are those of the server; `read` is what this tool makes of
    /// them, where it knows them all.
    pub fn new(
        library: &'a Library,
        options: &[(String, String)],
        read: Option<&Options>,
    ) -> Result<Session<'a>, CallError> {
        let log = Log::leaked();
        let plugin = library.create(options, log)?;
        let settings = read.map(|options| &options.settings);
        let limit = settings.map_or(Duration::from_secs(60), |s| s.limits.sts_timeout) + GRACE;
        Ok(Session {
            library,
            plugin,
            log,
            wait_ms: u32::try_from(limit.as_millis()).unwrap_or(u32::MAX),
        })
    }

    /// One login with these credentials.
    pub fn login(&self, credentials: &Credentials) -> Result<Login, String> {
        let begun = self.library.begin(self.plugin);
        let conv = begun.map_err(|error| format!("begin: {}", error.message))?;
        let outcome = self.converse(conv, credentials);
        let info = self.library.info(conv);
        self.library.end(conv);
        let status = outcome?;
        Ok(Login {
            verified: status == MAWS_DONE as maws_status,
            info,
        })
    }

    /// The plugin answers a client's first message, for which it needs random bytes; otherwise its reason
    /// and what it says.
    pub fn first_answer(&self) -> Result<(), (u32, String)> {
        let begun = self.library.begin(self.plugin);
        let conv = begun.map_err(|error| (error.reason, error.message))?;
        let nonce = driver::nonce().ok_or((0, "the system gave no random bytes".to_owned()))?;
        let (status, _) = self.library.step(conv, &driver::client_first(&nonce));
        let info = self.library.info(conv);
        self.library.end(conv);
        match status == MAWS_CONTINUE as maws_status {
            true => Ok(()),
            false => Err((info.reason, info.detail)),
        }
    }

    fn converse(
        &self,
        conv: mongodb_aws_auth::abi::maws_conv,
        credentials: &Credentials,
    ) -> Result<maws_status, String> {
        let nonce = driver::nonce().ok_or("the system gave no random bytes")?;
        let first = driver::client_first(&nonce);
        let (status, reply) = self.library.step(conv, &first);
        if status != MAWS_CONTINUE as maws_status {
            return Ok(status);
        }
        let first = driver::read_server_first(&reply).ok_or("server-first cannot be read")?;
        if !first.nonce.starts_with(&nonce) {
            return Err("the server's nonce does not begin with the client's".to_owned());
        }
        let second = driver::client_second(credentials, &first, SystemTime::now());
        let second = second.ok_or("this machine's clock shows no date of the calendar")?;
        let (status, _) = self.library.step(conv, &second);
        if status != MAWS_PENDING as maws_status {
            return Ok(status);
        }
        Ok(self.library.poll(conv, self.wait_ms))
    }

    /// Warnings and errors that the plugin logged; not of a proxy, which it sees in the tool's
    /// environment and not in the server's.
    pub fn warnings(&self) -> Vec<String> {
        let lines = self.log.lines().into_iter();
        let lines = lines.filter(|(level, _)| *level >= WARNING);
        let texts = lines.map(|(_, text)| text);
        texts
            .filter(|text| !text.starts_with(Reason::ProxyIgnored.summary()))
            .collect()
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.library.destroy(self.plugin, DRAIN_MS);
    }
}

/// Looks at the file, loads it, and says what it is.
pub fn open(path: &Path) -> Result<Library, String> {
    // A name without a slash would be looked for among the system's libraries.
    let path = std::fs::canonicalize(path).map_err(|error| error.to_string())?;
    let library = Library::open(&path)?;
    match library.mechanism().as_str() {
        "MONGODB-AWS" => Ok(library),
        _ => Err("it does not give the mechanism MONGODB-AWS".to_owned()),
    }
}
