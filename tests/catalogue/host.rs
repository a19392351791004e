//! A host of the plugin, through the C interface alone.

use std::ffi::{CStr, c_char};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use mongodb_aws_auth::abi::maws_code::{self, *};
use mongodb_aws_auth::abi::*;
use mongodb_aws_auth::ffi::entry::maws_plugin_entry_v1;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;
use sts_emulator::client::{ClientSecond, Signer};
use sts_emulator::hostile::HostileSts;

use crate::support::{LONG, client_first, client_second, credentials, secrets};

/// The table of functions.
pub fn api() -> &'static maws_api {
    let mut error = empty_error();
    let api = maws_plugin_entry_v1(MAWS_ABI_MINOR, &mut error);
    // SAFETY: the entry gives a static table, or NULL, which `as_ref` turns into none.
    unsafe { api.as_ref() }.unwrap()
}

/// Calls a function of the table.
macro_rules! call {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let function = $crate::host::api().$function.unwrap();
        // SAFETY: every pointer that the tests pass is to a live value of the header's type, or is
        // meant to be refused before it is followed.
        unsafe { function($($argument),*) }
    }};
}
pub(crate) use call;

pub fn empty_error() -> maws_error {
    maws_error {
        struct_size: size_of::<maws_error>() as u32,
        status: 0,
        reason: 0,
        message: [0; 500],
    }
}

pub fn view(text: &str) -> maws_str {
    maws_str {
        ptr: text.as_ptr().cast::<c_char>(),
        len: text.len(),
    }
}

fn text(view: maws_str) -> String {
    if view.len == 0 {
        return String::new();
    }
    // SAFETY: the plugin promises so many bytes until `end`, which comes later.
    let bytes = unsafe { std::slice::from_raw_parts(view.ptr.cast::<u8>(), view.len) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What the callbacks brought.
#[derive(Default)]
pub struct Heard {
    lines: Mutex<Vec<String>>,
}

unsafe extern "C" fn on_log(ctx: usize, event: *const maws_log_event) {
    // SAFETY: the context is the address of a `Heard` that lives until after destroy, the event
    // lives through the call.
    let (heard, event) = unsafe { (&*(ctx as *const Heard), &*event) };
    heard.lines.lock().unwrap().push(text(event.text));
}

/// One plugin. Dropped, it is destroyed, which must succeed, and nothing that it has logged may hold
/// a secret of any login.
pub struct Host {
    pub plugin: maws_plugin,
    heard: Box<Heard>,
    logs: AtomicBool,
}

/// Why create failed.
#[derive(Debug)]
pub struct Refused {
    pub status: maws_status,
    pub message: String,
}

impl Host {
    pub fn create(options: &[(&str, &str)]) -> Result<Host, Refused> {
        let heard = Box::<Heard>::default();
        let host = maws_host {
            struct_size: size_of::<maws_host>() as u32,
            abi_minor: MAWS_ABI_MINOR,
            host_ctx: (&raw const *heard) as usize,
            log: Some(on_log),
            conv_ready: None,
            log_level: maws_log_level::MAWS_LOG_DEBUG as i32,
            reserved: 0,
        };
        let options = views(options);
        let mut error = empty_error();
        let mut plugin = maws_plugin { id: u64::MAX };
        let status = call!(create(
            &host,
            options.as_ptr(),
            options.len(),
            &mut plugin,
            &mut error
        ));
        if status == MAWS_DONE as i32 {
            let logs = AtomicBool::new(true);
            return Ok(Host {
                plugin,
                heard,
                logs,
            });
        }
        assert_eq!(plugin.id, 0);
        // SAFETY: the message always ends in a NUL.
        let message = unsafe { CStr::from_ptr(error.message.as_ptr()) };
        let message = message.to_str().unwrap().to_owned();
        Err(Refused { status, message })
    }

    /// A plugin whose STS is there; further options win.
    pub fn beside(endpoint: &str, ca_file: &std::path::Path, options: &[(&str, &str)]) -> Host {
        let mut all = vec![
            ("awsStsEndpoint", endpoint),
            ("awsStsCAFile", ca_file.to_str().unwrap()),
        ];
        all.retain(|(key, _)| !options.iter().any(|(given, _)| given == key));
        all.extend(options);
        Host::create(&all).unwrap()
    }

    pub fn with_emulator(sts: &StsEmulator, options: &[(&str, &str)]) -> Host {
        Host::beside(&sts.endpoint(), sts.ca_path(), options)
    }

    pub fn with_hostile(sts: &HostileSts, options: &[(&str, &str)]) -> Host {
        Host::beside(&sts.endpoint(), sts.ca_path(), options)
    }

    /// Destroys the plugin and gives all that it has ever logged.
    pub fn stop(mut self) -> Vec<String> {
        assert_eq!(call!(destroy(self.plugin, LONG.as_millis() as u32)), 0);
        self.plugin.id = 0;
        let lines = std::mem::take(&mut *self.heard.lines.lock().unwrap());
        lines.iter().for_each(|line| secrets::assert_absent(line));
        lines
    }

    pub fn begin(&self) -> Conv<'_> {
        self.try_begin("$external", true).unwrap()
    }

    pub fn try_begin(&self, database: &str, tls: bool) -> Result<Conv<'_>, maws_status> {
        let args = maws_begin {
            struct_size: size_of::<maws_begin>() as u32,
            flags: if tls { MAWS_BEGIN_TLS } else { 0 },
            budget_ms: 0,
            reserved: 0,
            conv_ctx: 0,
            log_id: 7,
            database: view(database),
            client_addr: view("127.0.0.1:50000"),
        };
        let mut conv = maws_conv { id: u64::MAX };
        let status = call!(begin(self.plugin, &args, &mut conv, std::ptr::null_mut()));
        match status {
            0 => Ok(Conv { conv, host: self }),
            refused => {
                assert_eq!(conv.id, 0);
                Err(refused)
            }
        }
    }

    pub fn set_options(&self, options: &[(&str, &str)]) -> maws_status {
        let options = views(options);
        call!(set_options(
            self.plugin,
            options.as_ptr(),
            options.len(),
            std::ptr::null_mut()
        ))
    }

    /// From here on nothing is logged, so no secret is looked for.
    pub fn set_log_off(&self) {
        self.logs.store(false, Ordering::Relaxed);
        let off = maws_log_level::MAWS_LOG_OFF as i32;
        assert_eq!(call!(set_log_level(self.plugin, off)), 0);
    }

    pub fn stats(&self) -> maws_stats {
        // SAFETY: the struct holds numbers only.
        let mut stats: maws_stats = unsafe { std::mem::zeroed() };
        stats.struct_size = size_of::<maws_stats>() as u32;
        assert_eq!(call!(stats(self.plugin, &mut stats)), 0);
        stats
    }

    /// A whole login of a shipped identity.
    pub fn login(&self, arn: &str) -> Login {
        self.login_by(|host, nonce| Signer::new(&credentials(arn), host, nonce, SystemTime::now()))
    }

    pub fn login_by(&self, signer: impl FnOnce(&str, &[u8]) -> Signer) -> Login {
        self.login_with(|host, nonce| client_second(&signer(host, nonce).client_second()))
    }

    /// With whatever parts the client sends.
    pub fn login_sending(&self, second: impl FnOnce(ClientSecond) -> ClientSecond) -> Login {
        self.login_with(|host, nonce| client_second(&second(honest(host, nonce))))
    }

    /// With whatever bytes the client sends second.
    pub fn login_with(&self, second: impl FnOnce(&str, &[u8]) -> Vec<u8>) -> Login {
        let conv = self.begin();
        let (host, nonce) = conv.challenge();
        let (mut status, reply) = conv.step(&second(&host, &nonce));
        assert!(reply.is_empty(), "client-second has no answer");
        if status == MAWS_PENDING as i32 {
            status = conv.poll(LONG);
        }
        conv.finish(status)
    }
}

/// What an honest client of the user alice sends.
pub fn honest(host: &str, nonce: &[u8]) -> ClientSecond {
    alice(host, nonce).client_second()
}

/// The user alice's way of signing.
pub fn alice(host: &str, nonce: &[u8]) -> Signer {
    Signer::new(
        &credentials(crate::support::ALICE),
        host,
        nonce,
        SystemTime::now(),
    )
}

fn views(options: &[(&str, &str)]) -> Vec<maws_option> {
    let option = |(key, value): &(&str, &str)| maws_option {
        key: view(key),
        value: view(value),
    };
    options.iter().map(option).collect()
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.plugin.id == 0 {
            return;
        }
        let status = call!(destroy(self.plugin, LONG.as_millis() as u32));
        // A test that failed midway has left a conversation, and has said why already.
        if std::thread::panicking() {
            return;
        }
        assert!(status == 0, "destroy: {status}");
        for line in self.heard.lines.lock().unwrap().iter() {
            secrets::assert_absent(line);
        }
    }
}

/// One conversation. Dropped, it is ended.
pub struct Conv<'a> {
    host: &'a Host,
    pub conv: maws_conv,
}

impl Conv<'_> {
    pub fn step(&self, payload: &[u8]) -> (maws_status, Vec<u8>) {
        let mut out = empty_step();
        let status = call!(step(self.conv, payload.as_ptr(), payload.len(), &mut out));
        let reply = match out.reply.len {
            0 => Vec::new(),
            // SAFETY: valid until end.
            len => unsafe { std::slice::from_raw_parts(out.reply.ptr, len) }.to_vec(),
        };
        if self.host.logs.load(Ordering::Relaxed) {
            secrets::note_payload(payload);
            reply.get(12..76).into_iter().for_each(secrets::note_nonce);
        }
        (status, reply)
    }

    pub fn poll(&self, wait: Duration) -> maws_status {
        call!(poll(self.conv, wait.as_millis() as u32, &mut empty_step()))
    }

    pub fn cancel(&self) -> maws_status {
        call!(cancel(self.conv))
    }

    /// Sends client-first and gives host and nonce of server-first.
    pub fn challenge(&self) -> (String, Vec<u8>) {
        let (status, reply) = self.step(&client_first());
        assert_eq!(status, MAWS_CONTINUE as i32);
        let (nonce, host) = (&reply[12..76], &reply[83..reply.len() - 2]);
        (String::from_utf8(host.to_vec()).unwrap(), nonce.to_vec())
    }

    /// Both messages of alice, up to PENDING.
    pub fn until_pending(&self) {
        let (host, nonce) = self.challenge();
        let second = client_second(&honest(&host, &nonce));
        assert_eq!(self.step(&second).0, MAWS_PENDING as i32);
    }

    /// What is known by now; its views are valid as long as the conversation.
    pub fn info(&self) -> maws_info {
        // SAFETY: numbers and views, for which zeros are legal.
        let mut info: maws_info = unsafe { std::mem::zeroed() };
        info.struct_size = size_of::<maws_info>() as u32;
        assert_eq!(call!(info(self.conv, &mut info)), 0);
        info
    }

    pub fn finish(self, status: maws_status) -> Login {
        let info = self.info();
        let log_reason = |reason: &&Reason| reason.number() == info.reason;
        let login = Login {
            status,
            reason: Reason::ALL.iter().find(log_reason).copied(),
            principal: text(info.principal),
            access_key_id: text(info.access_key_id),
            user_id: text(info.user_id),
            session_name: text(info.session_name),
            detail: text(info.detail),
            total: Duration::from_micros(info.total_us),
        };
        secrets::assert_absent(&format!("{login:?}"));
        login
    }
}

impl Drop for Conv<'_> {
    fn drop(&mut self) {
        call!(end(self.conv));
    }
}

pub fn empty_step() -> maws_step {
    maws_step {
        struct_size: size_of::<maws_step>() as u32,
        reserved: 0,
        reply: maws_bytes {
            ptr: std::ptr::null(),
            len: 0,
        },
    }
}

/// How a login went.
#[derive(Debug)]
pub struct Login {
    pub status: maws_status,
    pub reason: Option<Reason>,
    pub principal: String,
    pub access_key_id: String,
    pub user_id: String,
    pub session_name: String,
    pub detail: String,
    /// From begin to the outcome.
    pub total: Duration,
}

impl Login {
    #[track_caller]
    pub fn assert_done(&self, principal: &str) {
        assert_eq!((self.status, &*self.principal), (0, principal), "{self:?}");
    }

    #[track_caller]
    pub fn assert_refused(&self, reason: Reason) {
        let expected = (Some(reason), reason.code() as i32);
        assert_eq!((self.reason, self.status), expected, "{self:?}");
        assert_eq!(self.principal, "");
    }

    /// Refused with one of these codes, whatever the reason.
    #[track_caller]
    pub fn assert_failed(&self, codes: &[maws_code]) {
        let hit = codes.iter().any(|code| *code as i32 == self.status);
        assert!(hit && self.principal.is_empty(), "{self:?}");
    }
}
