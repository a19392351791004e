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
use crate::ports::{Attempt, Resting, SendLimits, Sts, StsClient, SystemClock, Then};
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

/// Answers every request at once, or only when it is shut down. A connection rests at first, or
/// none does, as chance has it, and one more after each answer to a worker.
pub(super) struct FakeSts {
    answers: bool,
    state: Mutex<StsState>,
    changed: Condvar,
}

struct StsState {
    closed: bool,
    resting: usize,
    /// What was sent without a worker.
    sent: Vec<Then>,
}

pub(super) struct FakeClient(Arc<FakeSts>);

pub(super) struct FakeEndpoint(Arc<FakeSts>);

impl Sts for FakeEndpoint {
    fn client(&self) -> Box<dyn StsClient> {
        Box::new(FakeClient(Arc::clone(&self.0)))
    }

    fn warm_up(&self, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    fn ready(&self, _: &Arc<Endpoint>) -> Option<Box<dyn Resting>> {
        let mut state = self.0.state.lock().unwrap();
        state.resting = state.resting.checked_sub(1)?;
        Some(Box::new(FakeClient(Arc::clone(&self.0))))
    }

    fn take_answers(&self) {
        let mut state = self.0.state.lock().unwrap();
        loop {
            let due = state.closed || self.0.answers;
            let then = due.then(|| state.sent.pop()).flatten();
            match then {
                Some(then) => {
                    state.resting += 1;
                    let closed = state.closed;
                    drop(state);
                    then(attempt(closed, closed));
                    state = self.0.state.lock().unwrap();
                }
                None if state.closed => return,
                None => state = self.0.changed.wait(state).unwrap(),
            }
        }
    }

    fn shutdown(&self) {
        self.0.state.lock().unwrap().closed = true;
        self.0.changed.notify_all();
    }
}

impl Resting for FakeClient {
    fn send(self: Box<Self>, _: &SignedRequest, _: Duration, then: Then) {
        let mut state = self.0.state.lock().unwrap();
        if state.closed {
            drop(state);
            return then(attempt(true, true));
        }
        state.sent.push(then);
        drop(state);
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
        result: match closed {
            true => Err(Failure::from(Reason::ShuttingDown)),
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

impl StsClient for FakeClient {
    fn send(&mut self, _: &SignedRequest, _: SendLimits) -> Attempt {
        let mut state = self.0.state.lock().unwrap();
        while !self.0.answers && !state.closed {
            state = self.0.changed.wait(state).unwrap();
        }
        state.resting += 1;
        attempt(state.closed, false)
    }

    fn probe(&mut self, _: &Arc<Endpoint>, _: Duration) -> bool {
        true
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
            state: Mutex::new(StsState {
                closed: false,
                resting: shuttle::rand::thread_rng().gen_range(0..2),
                sent: Vec::new(),
            }),
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
