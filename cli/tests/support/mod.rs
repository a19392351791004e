//! The tool as an operator runs it, and the STS emulator as its AWS.

#![allow(clippy::unwrap_used, clippy::panic, dead_code)]

pub mod client;
pub mod host;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sts_emulator::client::Credentials;
use sts_emulator::{Identities, StsEmulator};
use tempfile::TempDir;

pub const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
pub const SHOP_APP: &str = "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0";
pub const SHOP_ROLE: &str = "arn:aws:iam::123456789012:role/shop-app";
pub const SSO_JANE: &str = "arn:aws:sts::123456789012:assumed-role/\
    AWSReservedSSO_Reader_0123456789abcdef/jane.doe@example.com";

const TOOL: &str = env!("CARGO_BIN_EXE_mongodb-aws-auth");

/// What the tool printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What it complains of, without the ends of lines, which are wrapped where they happen to end.
    pub fn complaint(&self) -> String {
        self.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn assert_says(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, status, "{self:?}");
        // Lines are wrapped where they happen to end.
        let text = self.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(text.contains(word), "{word:?} is missing: {self:?}");
        }
    }
}

/// A machine without AWS settings, but for what a test gives it.
pub struct Machine {
    pub home: TempDir,
    pub environment: Vec<(String, String)>,
}

impl Machine {
    pub fn new() -> Machine {
        Machine {
            home: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    pub fn set(mut self, name: &str, value: &str) -> Machine {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the keys of a shipped identity in the environment.
    pub fn with_keys_of(self, arn: &str) -> Machine {
        let keys = credentials(arn);
        let machine = self
            .set("AWS_ACCESS_KEY_ID", &keys.access_key_id)
            .set("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key);
        match &keys.session_token {
            Some(token) => machine.set("AWS_SESSION_TOKEN", token),
            None => machine,
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        let output = Command::new(TOOL)
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            // No request leaves the machine in search of credentials.
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Run {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

pub fn credentials(arn: &str) -> Credentials {
    Credentials::of(&Identities::shipped().unwrap(), arn).unwrap()
}

/// STS under its address on loopback, for the region us-east-1.
pub fn sts() -> StsEmulator {
    let builder = StsEmulator::builder().region("us-east-1");
    builder.start().unwrap()
}

pub fn ca_file(sts: &StsEmulator) -> String {
    sts.ca_path().to_str().unwrap().to_owned()
}

/// The plugin that this build made, where only its owner can write.
pub fn install_plugin(folder: &Path) -> String {
    let built = Path::new(TOOL).parent().unwrap();
    let built = built.join("deps/libmongodb_aws_auth.so");
    let installed: PathBuf = folder.join("libmongodb_aws_auth.so.1");
    fs::copy(built, &installed).unwrap();
    fs::set_permissions(&installed, fs::Permissions::from_mode(0o644)).unwrap();
    installed.to_str().unwrap().to_owned()
}

/// A server's program with these words in it.
pub fn install_server(folder: &Path, words: &str) -> String {
    let program = folder.join("mongod");
    fs::write(&program, words).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program.to_str().unwrap().to_owned()
}
