//! `credential_process` of a profile: run here, so that it has a time limit and what it writes to standard
//! error, which may hold secrets, is not repeated.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use aws_config::profile::{Profile, ProfileSet};
use aws_credential_types::Credentials;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use mongodb_aws_auth::reason::printable;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// As long as AWS's SDK for Go waits.
pub const LIMIT: Duration = Duration::from_secs(60);
/// Larger than any answer, in bytes.
const ANSWER_LIMIT: u64 = 64 * 1024;
/// What has a profile's credentials come from elsewhere.
const ELSEWHERE: [&str; 5] = [
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_account_id",
    "login_session",
];
/// What a profile says of the role that it assumes.
const OF_ROLES: [&str; 7] = [
    "role_arn",
    "external_id",
    "role_session_name",
    "duration_seconds",
    "mfa_serial",
    "source_profile",
    "region",
];

/// A profile whose credentials, or those that it assumes a role with, are a program's.
#[derive(Debug, PartialEq, Eq)]
pub struct Process<'a> {
    /// The profile that names the program; the last one.
    pub profile: &'a str,
    command: &'a str,
    /// Profiles that assume roles, from the one that was asked for on.
    roles: Vec<&'a str>,
}

impl<'a> Process<'a> {
    /// Follows `source_profile` as AWS's SDK does.
    pub fn of(profiles: &'a ProfileSet, name: &'a str) -> Option<Process<'a>> {
        let mut roles = Vec::new();
        let mut name = name;
        loop {
            let profile = profiles.get_profile(name)?;
            let is_source = !roles.is_empty();
            let assumes = profile.get("role_arn").is_some() && !roles.contains(&name);
            if assumes && !(is_source && has_keys(profile)) {
                roles.push(name);
                name = profile.get("source_profile")?;
                continue;
            }
            let elsewhere = ELSEWHERE.iter().any(|key| profile.get(key).is_some());
            let command = profile.get("credential_process")?;
            let others_first = elsewhere || is_source && has_keys(profile);
            return (!others_first).then_some(Process {
                profile: name,
                command,
                roles,
            });
        }
    }

    /// Runs the program.
    pub fn run(&self) -> Result<Credentials, String> {
        let whole = run(self.command, LIMIT).and_then(|bytes| read(&bytes));
        whole.map_err(|why| {
            format!(
                "credential_process of profile {}: {why}",
                printable(self.profile)
            )
        })
    }

    /// The profiles that assume roles with the program's credentials, for the SDK; `None` where none does.
    pub fn files(&self, profiles: &ProfileSet, found: &Credentials) -> Option<EnvConfigFiles> {
        const SOURCE: &str = "credential_process-of-this-run";
        if self.roles.is_empty() {
            return None;
        }
        let mut text = format!(
            "[{SOURCE}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            found.access_key_id(),
            found.secret_access_key()
        );
        if let Some(token) = found.session_token() {
            text.push_str(&format!("aws_session_token = {token}\n"));
        }
        for name in &self.roles {
            text.push_str(&format!("[{name}]\n"));
            let profile = profiles.get_profile(name)?;
            for key in OF_ROLES {
                let value = match (key, profile.get(key)) {
                    ("source_profile", Some(source)) if source == self.profile => Some(SOURCE),
                    (_, value) => value.filter(|value| !value.contains('\n')),
                };
                text.push_str(&value.map_or(String::new(), |value| format!("{key} = {value}\n")));
            }
        }
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Credentials, text);
        Some(files.build())
    }
}

fn has_keys(profile: &Profile) -> bool {
    profile.get("aws_access_key_id").is_some() && profile.get("aws_secret_access_key").is_some()
}

/// What the command prints. It is ended with all that it started if it takes longer than the limit.
fn run(command: &str, limit: Duration) -> Result<Vec<u8>, String> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let group = rustix::process::Pid::from_child(&child);
    let (done, outcome) = mpsc::channel();
    // Its own thread: a program that has its standard output open need not end.
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = match child.stdout.take() {
            Some(stdout) => stdout
                .take(ANSWER_LIMIT + 1)
                .read_to_end(&mut bytes)
                .map(|_| bytes),
            None => Ok(bytes),
        };
        let _nobody_waits = done.send(read.and_then(|bytes| Ok((bytes, child.wait()?))));
    });
    let ended = outcome.recv_timeout(limit);
    let (bytes, status): (Vec<u8>, ExitStatus) = match ended {
        Ok(ended) => ended.map_err(|error| error.to_string())?,
        Err(_) => {
            let _already_gone =
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            let seconds = limit.as_secs_f32();
            return Err(format!(
                "it gave no answer within {seconds} s, and was ended; programs that ask for something, such as \
                 a code, cannot be used here"
            ));
        }
    };
    if bytes.len() as u64 > ANSWER_LIMIT {
        return Err("its answer is longer than 64 KiB".to_owned());
    }
    match status.success() {
        true => Ok(bytes),
        false => Err(format!(
            "it ended with {status}; run it by itself to see why: what it writes to standard error is not \
             repeated here, as it may hold secrets"
        )),
    }
}

/// What the program has to print (AWS SDKs and Tools, process credential provider).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

fn read(bytes: &[u8]) -> Result<Credentials, String> {
    const FORM: &str = "the form is {\"Version\": 1, \"AccessKeyId\": ..., \"SecretAccessKey\": ..., \
                        \"SessionToken\": ..., \"Expiration\": ...}";
    // serde_json's own words may repeat a value.
    let answer: Answer = serde_json::from_slice(bytes)
        .map_err(|error| format!("its answer is wrong at line {}: {FORM}", error.line()))?;
    if answer.version != 1 {
        return Err(format!("its answer has version {}: {FORM}", answer.version));
    }
    let expires = match answer.expiration.filter(|date| !date.is_empty()) {
        None => None,
        Some(date) => {
            let parsed = OffsetDateTime::parse(&date, &Rfc3339);
            let date = parsed.map_err(|_| "its Expiration is no date as 2026-01-02T03:04:05Z")?;
            if date <= OffsetDateTime::now_utc() {
                return Err("its credentials have expired".to_owned());
            }
            Some(date.into())
        }
    };
    let Answer {
        access_key_id,
        secret_access_key,
        session_token,
        ..
    } = answer;
    let name = "credential_process";
    let token = session_token.filter(|token| !token.is_empty());
    Ok(Credentials::new(
        access_key_id,
        secret_access_key,
        token,
        expires,
        name,
    ))
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
