//! A server in miniature around the plugin, and the STS emulator as its STS.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code
)]

pub mod secrets;

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime};

use mongodb_aws_auth::abi::maws_code::{self, *};
use mongodb_aws_auth::abi::maws_log_level;
use mongodb_aws_auth::conversation::{Begin, Conversation};
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::outcome::Outcome;
use mongodb_aws_auth::plugin::Plugin;
use mongodb_aws_auth::ports::{Host, LoginIds, SystemClock};
use mongodb_aws_auth::reason::Reason;
use mongodb_aws_auth::sts::StsOverHttps;
use sts_emulator::client::{ClientSecond, Credentials, Signer};
use sts_emulator::{Identities, StsEmulator, payloads};

pub const STS_HOST: &str = "sts.amazonaws.com";
/// Long enough for any machine: nothing that goes right waits for it.
pub const LONG: Duration = Duration::from_secs(30);

pub const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
pub const JANE: &str = "arn:aws:iam::123456789012:user/division/team/jane";
pub const SHOP_APP: &str = "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0";

/// What the plugin told its host.
#[derive(Default)]
pub struct Recorder {
    lines: Mutex<Vec<(maws_log_level, Reason, String)>>,
    ready: Mutex<Vec<usize>>,
    changed: Condvar,
}

impl Recorder {
    /// Every log line so far.
    pub fn lines(&self) -> Vec<(maws_log_level, Reason, String)> {
        self.lines.lock().unwrap().clone()
    }

    /// How often this conversation was reported as ready.
    pub fn ready_count(&self, conv_ctx: usize) -> usize {
        self.ready
            .lock()
            .unwrap()
            .iter()
            .filter(|ctx| **ctx == conv_ctx)
            .count()
    }
}

struct RecordingHost(Arc<Recorder>);

impl Host for RecordingHost {
    fn log(&self, level: maws_log_level, reason: Reason, _: LoginIds, text: &str) {
        self.0
            .lines
            .lock()
            .unwrap()
            .push((level, reason, text.to_owned()));
    }

    fn conv_ready(&self, conv_ctx: usize) {
        self.0.ready.lock().unwrap().push(conv_ctx);
        self.0.changed.notify_all();
    }

    fn wants_ready(&self) -> bool {
        true
    }

    fn close(&self) {}
}

/// Plugin and STS.
pub struct Server {
    pub plugin: Arc<Plugin>,
    pub sts: StsEmulator,
    pub host: Arc<Recorder>,
}

impl Server {
    /// With the shipped identities and the plugin's defaults.
    pub fn start() -> Server {
        Server::with(&[])
    }

    /// With these options beside the endpoint and its CA.
    pub fn with(options: &[(&str, &str)]) -> Server {
        Server::around(StsEmulator::builder().start().unwrap(), options)
    }

    /// Around an emulator that is there already.
    pub fn around(sts: StsEmulator, options: &[(&str, &str)]) -> Server {
        let endpoint = sts.endpoint();
        let ca_file = sts.ca_path().to_str().unwrap().to_owned();
        let mut all = vec![("awsStsEndpoint", &*endpoint), ("awsStsCAFile", &*ca_file)];
        all.retain(|(key, _)| !options.iter().any(|(given, _)| given == key));
        all.extend(options);
        let options = Options::new(&all).unwrap();
        let https = Arc::new(StsOverHttps::new(&options.settings).unwrap());
        let host = Arc::new(Recorder::default());
        let recording = Box::new(RecordingHost(Arc::clone(&host)));
        let plugin = Plugin::new(recording, 0, options, https, Arc::new(SystemClock));
        Server { plugin, sts, host }
    }

    pub fn begin(&self) -> Arc<Conversation> {
        self.begin_as(0)
    }

    pub fn begin_as(&self, conv_ctx: usize) -> Arc<Conversation> {
        self.plugin.begin(&begin(conv_ctx)).unwrap()
    }

    /// A whole login of a shipped identity.
    pub fn login(&self, arn: &str) -> Login {
        self.login_by(|host, nonce| Signer::new(&credentials(arn), host, nonce, SystemTime::now()))
    }

    /// A whole login by whatever signer the test makes for host and nonce.
    pub fn login_by(&self, signer: impl FnOnce(&str, &[u8]) -> Signer) -> Login {
        self.login_with(|host, nonce| signer(host, nonce).client_second())
    }

    /// A whole login with whatever client-second the test makes for host and nonce.
    pub fn login_with(&self, second: impl FnOnce(&str, &[u8]) -> ClientSecond) -> Login {
        let conversation = self.begin();
        let (host, nonce) = challenge(&conversation);
        let mut code = conversation.step(&client_second(&second(&host, &nonce)));
        if code == MAWS_PENDING {
            code = conversation.poll(LONG);
        }
        conversation.end().unwrap();
        conversation.ended();
        Login {
            code,
            outcome: conversation.outcome().unwrap().clone(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed midway leaves conversations behind; it has said why already.
        let _in_use = self.plugin.shutdown(LONG);
        if !std::thread::panicking() {
            for (_, _, line) in self.host.lines() {
                secrets::assert_absent(&line);
            }
        }
    }
}

/// How a login went.
#[derive(Debug)]
pub struct Login {
    pub code: maws_code,
    pub outcome: Outcome,
}

impl Login {
    /// The user that the server would look up.
    pub fn principal(&self) -> &str {
        self.outcome.principal.as_deref().unwrap_or_default()
    }

    #[track_caller]
    pub fn assert_refused(&self, reason: Reason) {
        assert_eq!(
            (self.outcome.reason, self.code),
            (reason, reason.code()),
            "{self:?}"
        );
        assert_eq!(self.outcome.principal, None);
    }
}

/// What a host says of a login that has nothing special.
pub fn begin(conv_ctx: usize) -> Begin<'static> {
    Begin {
        tls: true,
        budget: None,
        conv_ctx,
        log_id: 7,
        database: "$external",
        client_addr: "127.0.0.1:50000",
    }
}

pub fn credentials(arn: &str) -> Credentials {
    Credentials::of(&Identities::shipped().unwrap(), arn).unwrap()
}

/// Sends client-first and gives host and nonce of server-first.
pub fn challenge(conversation: &Arc<Conversation>) -> (String, Vec<u8>) {
    assert_eq!(conversation.step(&client_first()), MAWS_CONTINUE);
    let (host, nonce) = payloads::read_server_first(conversation.reply()).unwrap();
    secrets::note_nonce(&nonce);
    (host, nonce)
}

/// Always with the same nonce.
pub fn client_first() -> Vec<u8> {
    payloads::client_first(&[0x5A; payloads::NONCE])
}

/// Noted as secret.
pub fn client_second(second: &ClientSecond) -> Vec<u8> {
    let payload = payloads::client_second(second);
    secrets::note_payload(&payload);
    payload
}
