//! What a scene is played in: a host that watches, an STS that answers or not, a plugin.

use std::time::Duration;

use shuttle::rand::Rng as _;

use super::super::handle::Table;
use super::super::host::CHost;
use crate::abi::maws_code::{self, *};
use crate::abi::{MAWS_ABI_MINOR, maws_host, maws_log_event};
use crate::aws::{Answer, Arn, CallerIdentity, Endpoint, SignedRequest};
use crate::conversation::{Begin, Conversation};
use crate::options::Options;
use crate::plugin::{InUse, Plugin};
use crate::ports::{Attempt, Interrupt, Interruptible, SendLimits, Sts, SystemClock};
use crate::reason::{Failure, Reason};
use crate::sasl::tests::{FIRST, second};
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use crate::sync::{Arc, Condvar, Mutex, thread};

use super::LONG;
/// What the host saw.
#[derive(Default)]
pub(super) struct Seen {
    /// conv_ready of each conversation, by its context.
    ready: [AtomicUsize; 4],
    /// Conversations whose end has returned.
    ended: [AtomicBool; 4],
    /// destroy has returned.
    destroyed: AtomicBool,
}

unsafe extern "C" fn on_ready(host_ctx: usize, conv_ctx: usize) {
    // SAFETY: the scene keeps it until its end.
    let seen = unsafe { &*(host_ctx as *const Seen) };
    thread::yield_now();
    assert!(!seen.ended[conv_ctx].load(SeqCst), "a callback after end");
    assert!(!seen.destroyed.load(SeqCst), "a callback after destroy");
    seen.ready[conv_ctx].fetch_add(1, SeqCst);
}

unsafe extern "C" fn on_log(host_ctx: usize, _: *const maws_log_event) {
    // SAFETY: as above.
    let seen = unsafe { &*(host_ctx as *const Seen) };
    thread::yield_now();
    assert!(!seen.destroyed.load(SeqCst), "a log line after destroy");
}

/// Answers every request at once, or only when it is shut down or the request is interrupted.
pub(super) struct FakeSts {
    answers: bool,
    closed: Mutex<bool>,
    changed: Condvar,
}

pub(super) struct FakeEndpoint(Arc<FakeSts>);

impl Interruptible for FakeSts {
    fn interrupt(&self) {
        drop(self.closed.lock().unwrap());
        self.changed.notify_all();
    }
}

impl Sts for FakeEndpoint {
    fn send(&self, _: &SignedRequest, limits: SendLimits, interrupt: &Arc<Interrupt>) -> Attempt {
        let target: Arc<dyn Interruptible> = Arc::<FakeSts>::clone(&self.0);
        interrupt.watch(Arc::downgrade(&target));
        let mut closed = self.0.closed.lock().unwrap();
        while !self.0.answers && !*closed && !interrupt.is_set() {
            closed = self.0.changed.wait(closed).unwrap();
        }
        let lost = *closed || interrupt.is_set();
        drop(closed);
        interrupt.release();
        let stale = !limits.fresh && shuttle::rand::thread_rng().gen_range(0..4) == 0;
        attempt(lost, stale)
    }

    fn open_ahead(self: Arc<Self>, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        let opens = shuttle::rand::thread_rng().gen_range(0..2) == 0;
        opens.then(|| Box::new(thread::yield_now) as Box<dyn FnOnce() + Send>)
    }

    fn probe(&self, _: &Endpoint, _: Duration) -> bool {
        true
    }

    fn shutdown(&self) {
        *self.0.closed.lock().unwrap() = true;
        self.0.changed.notify_all();
    }
}

/// An answer, or why there is none.
fn attempt(closed: bool, stale_connection: bool) -> Attempt {
    let caller = CallerIdentity {
        arn: Arn::parse("arn:aws:iam::123456789012:user/alice").unwrap(),
        user_id: "AIDA1".to_owned(),
        request_id: String::new(),
    };
    Attempt {
        result: match closed || stale_connection {
            true => Err(Failure::from(Reason::ConnectionLost)),
            false => Ok(Answer::Caller(caller)),
        },
        status: None,
        connect: None,
        connected: true,
        timed_out: false,
        exchange: Duration::ZERO,
        stale_connection,
    }
}

/// A plugin with its table of conversations, as `table` keeps them.
pub(super) struct Scene {
    pub(super) plugin: Arc<Plugin>,
    pub(super) conversations: Table<Conversation>,
    pub(super) seen: Arc<Seen>,
}

impl Scene {
    pub(super) fn new(answers: bool, workers: &str) -> Arc<Scene> {
        let seen = Arc::new(Seen::default());
        let host = maws_host {
            struct_size: size_of::<maws_host>() as u32,
            abi_minor: MAWS_ABI_MINOR,
            host_ctx: Arc::as_ptr(&seen) as usize,
            log: Some(on_log),
            conv_ready: Some(on_ready),
            log_level: 0,
            reserved: 0,
        };
        let sts = FakeEndpoint(Arc::new(FakeSts {
            answers,
            closed: Mutex::new(false),
            changed: Condvar::new(),
        }));
        let options = Options::new(&[("awsStsWorkers", workers)]).unwrap();
        let clock = Arc::new(SystemClock);
        Arc::new(Scene {
            plugin: Plugin::new(Box::new(CHost::new(host)), 0, options, Arc::new(sts), clock),
            conversations: Table::new(),
            seen,
        })
    }

    pub(super) fn begin(&self, conv_ctx: usize) -> Result<u64, Reason> {
        let begun = self.plugin.begin(&Begin {
            tls: true,
            budget: None,
            conv_ctx,
            log_id: 0,
            database: "$external",
            client_addr: "",
        });
        let conversation = begun.map_err(|failure| failure.reason)?;
        Ok(self.conversations.insert(conversation).unwrap())
    }

    pub(super) fn get(&self, handle: u64) -> Option<Arc<Conversation>> {
        self.conversations.get(handle)
    }

    /// A login up to its verification.
    pub(super) fn pending(&self, conv_ctx: usize) -> u64 {
        let handle = self.begin(conv_ctx).unwrap();
        let conversation = self.get(handle).unwrap();
        assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
        assert_eq!(conversation.step(&second()), MAWS_PENDING);
        handle
    }

    /// As `maws_api.end`.
    pub(super) fn end(&self, handle: u64, conv_ctx: usize) -> Result<(), maws_code> {
        let conversation = self.get(handle).ok_or(MAWS_E_HANDLE)?;
        conversation.end()?;
        self.conversations.remove(handle).ok_or(MAWS_E_HANDLE)?;
        conversation.ended();
        self.seen.ended[conv_ctx].store(true, SeqCst);
        Ok(())
    }

    pub(super) fn destroy(&self) -> Result<bool, InUse> {
        let drained = self.plugin.shutdown(LONG)?;
        self.seen.destroyed.store(true, SeqCst);
        Ok(drained)
    }

    pub(super) fn ready(&self, conv_ctx: usize) -> usize {
        self.seen.ready[conv_ctx].load(SeqCst)
    }
}

/// Starts a thread of the host.
pub(super) fn spawn<T: Send + 'static>(
    scene: &Arc<Scene>,
    body: impl FnOnce(&Scene) -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    let scene = Arc::clone(scene);
    thread::spawn(move || body(&scene))
}
