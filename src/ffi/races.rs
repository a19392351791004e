//! Races of the interface: each test runs a small scene in thousands of orders of its threads.
//!
//! `scripts/sanitize races` builds them with `--cfg shuttle`. A scene that fails names its order,
//! which `shuttle::replay` runs again. Waits never time out here, so that whoever waits in vain is
//! a deadlock, and seen.

use std::time::Duration;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

use super::handle::Table;
use super::host::CHost;
use crate::abi::maws_code::{self, *};
use crate::abi::{MAWS_ABI_MINOR, maws_host, maws_log_event};
use crate::aws::{Answer, CallerIdentity, Endpoint, SignedRequest};
use crate::conversation::{Begin, Conversation};
use crate::options::Options;
use crate::plugin::{InUse, Plugin};
use crate::ports::{Attempt, SendLimits, Sts, StsClient, SystemClock};
use crate::reason::{Failure, Reason};
use crate::sasl::tests::{FIRST, second};
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use crate::sync::{Arc, Condvar, Mutex, thread};

const LONG: Duration = Duration::from_secs(3600);
/// Orders that are tried for each scene, and by how many changes of thread they differ.
const ORDERS: usize = 2_000;
const CHANGES: usize = 3;

/// Runs the scene in random orders and in orders that favour rare ones.
fn in_many_orders(scene: fn()) {
    let mut config = Config::new();
    config.stack_size = 512 * 1024;
    Runner::new(RandomScheduler::new(ORDERS), config.clone()).run(scene);
    Runner::new(PctScheduler::new(CHANGES, ORDERS), config).run(scene);
}

// --- The surroundings -----------------------------------------------------------------------------

/// What the host saw.
#[derive(Default)]
struct Seen {
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

/// Answers every request at once, or only when it is shut down.
struct FakeSts {
    answers: bool,
    closed: Mutex<bool>,
    closing: Condvar,
}

struct FakeClient(Arc<FakeSts>);

struct FakeEndpoint(Arc<FakeSts>);

impl Sts for FakeEndpoint {
    fn client(&self) -> Box<dyn StsClient> {
        Box::new(FakeClient(Arc::clone(&self.0)))
    }

    fn warm_up(&self, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    fn shutdown(&self) {
        *self.0.closed.lock().unwrap() = true;
        self.0.closing.notify_all();
    }
}

impl StsClient for FakeClient {
    fn send(&mut self, _: &SignedRequest, _: SendLimits) -> Attempt {
        let mut closed = self.0.closed.lock().unwrap();
        while !self.0.answers && !*closed {
            closed = self.0.closing.wait(closed).unwrap();
        }
        let caller = CallerIdentity {
            arn: "arn:aws:iam::123456789012:user/alice".to_owned(),
            account: "123456789012".to_owned(),
            user_id: "AIDA1".to_owned(),
            request_id: String::new(),
        };
        Attempt {
            result: match *closed {
                true => Err(Failure::from(Reason::ShuttingDown)),
                false => Ok(Answer::Caller(caller)),
            },
            connect: None,
            exchange: Duration::ZERO,
            stale_connection: false,
        }
    }

    fn probe(&mut self, _: &Arc<Endpoint>, _: Duration) -> bool {
        true
    }
}

/// A plugin with its table of conversations, as `table` keeps them.
struct Scene {
    plugin: Arc<Plugin>,
    conversations: Table<Conversation>,
    seen: Arc<Seen>,
}

impl Scene {
    fn new(answers: bool, workers: &str) -> Arc<Scene> {
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
            closing: Condvar::new(),
        }));
        let options = Options::new(&[("awsStsWorkers", workers)]).unwrap();
        let clock = Arc::new(SystemClock);
        Arc::new(Scene {
            plugin: Plugin::new(Box::new(CHost::new(host)), 0, options, Arc::new(sts), clock),
            conversations: Table::new(),
            seen,
        })
    }

    fn begin(&self, conv_ctx: usize) -> Result<u64, Reason> {
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

    fn get(&self, handle: u64) -> Option<Arc<Conversation>> {
        self.conversations.get(handle)
    }

    /// A login up to its verification.
    fn pending(&self, conv_ctx: usize) -> u64 {
        let handle = self.begin(conv_ctx).unwrap();
        let conversation = self.get(handle).unwrap();
        assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
        assert_eq!(conversation.step(&second()), MAWS_PENDING);
        handle
    }

    /// As `maws_api.end`.
    fn end(&self, handle: u64, conv_ctx: usize) -> Result<(), maws_code> {
        let conversation = self.get(handle).ok_or(MAWS_E_HANDLE)?;
        conversation.end()?;
        self.conversations.remove(handle).ok_or(MAWS_E_HANDLE)?;
        conversation.plugin.ended();
        self.seen.ended[conv_ctx].store(true, SeqCst);
        Ok(())
    }

    fn destroy(&self) -> Result<bool, InUse> {
        let drained = self.plugin.shutdown(LONG)?;
        self.seen.destroyed.store(true, SeqCst);
        Ok(drained)
    }

    fn ready(&self, conv_ctx: usize) -> usize {
        self.seen.ready[conv_ctx].load(SeqCst)
    }
}

/// Starts a thread of the host.
fn spawn<T: Send + 'static>(
    scene: &Arc<Scene>,
    body: impl FnOnce(&Scene) -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    let scene = Arc::clone(scene);
    thread::spawn(move || body(&scene))
}

// --- The scenes -----------------------------------------------------------------------------------

#[test]
fn cancel_against_the_answer_gives_one_outcome_that_stays() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.pending(0);
        let poll = spawn(&scene, move |scene| scene.get(handle).unwrap().poll(LONG));
        let cancel = spawn(&scene, move |scene| scene.get(handle).unwrap().cancel());
        let code = poll.join().unwrap();
        cancel.join().unwrap();
        assert!(matches!(code, MAWS_DONE | MAWS_E_CANCELLED), "{code:?}");
        let conversation = scene.get(handle).unwrap();
        assert_eq!(conversation.poll(Duration::ZERO), code);
        assert_eq!(conversation.outcome().unwrap().code, code);
        scene.end(handle, 0).unwrap();
        assert_eq!(scene.ready(0), usize::from(code == MAWS_DONE));
        assert_eq!(scene.destroy(), Ok(true));
        assert_eq!(scene.ready(0), usize::from(code == MAWS_DONE));
    });
}

#[test]
fn a_conversation_that_waits_without_a_poll_is_reported_once() {
    in_many_orders(|| {
        let scene = Scene::new(true, "2");
        let (first, second) = (scene.pending(0), scene.pending(1));
        for (handle, context) in [(first, 0), (second, 1)] {
            assert_eq!(scene.get(handle).unwrap().poll(LONG), MAWS_DONE);
            scene.end(handle, context).unwrap();
            assert_eq!(scene.ready(context), 1);
        }
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn whoever_conv_ready_tells_finds_the_outcome_even_while_step_runs() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.begin(0).unwrap();
        assert_eq!(scene.get(handle).unwrap().step(FIRST), MAWS_CONTINUE);
        let told = spawn(&scene, move |scene| {
            while scene.ready(0) == 0 {
                thread::yield_now();
            }
            let conversation = scene.get(handle).unwrap();
            assert_eq!(conversation.poll(Duration::ZERO), MAWS_DONE);
            scene.end(handle, 0)
        });
        assert_eq!(scene.get(handle).unwrap().step(&second()), MAWS_PENDING);
        assert_eq!(told.join().unwrap(), Ok(()));
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn no_callback_runs_after_end() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.pending(0);
        scene.end(handle, 0).unwrap();
        let before = scene.ready(0);
        assert!(before <= 1);
        assert_eq!(scene.destroy(), Ok(true));
        assert_eq!(scene.ready(0), before);
    });
}

#[test]
fn of_two_ends_one_ends_and_the_other_is_told() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.pending(0);
        let other = spawn(&scene, move |scene| scene.end(handle, 0));
        let cancel = spawn(&scene, move |scene| {
            if let Some(conversation) = scene.get(handle) {
                conversation.cancel();
            }
        });
        let results = [scene.end(handle, 0), other.join().unwrap()];
        cancel.join().unwrap();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let told = |r: &Result<_, _>| matches!(r, Ok(()) | Err(MAWS_E_IN_USE | MAWS_E_HANDLE));
        assert!(results.iter().all(told), "{results:?}");
        assert_eq!(scene.plugin.snapshot().conversations, 0);
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn cancel_against_step_never_leaves_a_verification_that_nobody_ends() {
    in_many_orders(|| {
        let scene = Scene::new(false, "1");
        let handle = scene.begin(0).unwrap();
        assert_eq!(scene.get(handle).unwrap().step(FIRST), MAWS_CONTINUE);
        let cancel = spawn(&scene, move |scene| scene.get(handle).unwrap().cancel());
        let conversation = scene.get(handle).unwrap();
        let code = conversation.step(&second());
        // Cancelled before, within or after the step: MAWS_E_STATE says that it was over.
        assert!(
            matches!(code, MAWS_PENDING | MAWS_E_CANCELLED | MAWS_E_STATE),
            "{code:?}"
        );
        cancel.join().unwrap();
        assert_eq!(conversation.poll(LONG), MAWS_E_CANCELLED);
        drop(conversation);
        scene.end(handle, 0).unwrap();
        assert_eq!(scene.destroy(), Ok(true));
        assert_eq!(scene.ready(0), 0);
    });
}

#[test]
fn begin_against_destroy_either_counts_or_is_refused() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let login = spawn(&scene, |scene| match scene.begin(0) {
            Ok(handle) => {
                let conversation = scene.get(handle).unwrap();
                assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
                assert_eq!(conversation.step(&second()), MAWS_PENDING);
                assert_eq!(conversation.poll(LONG), MAWS_DONE);
                scene.end(handle, 0).unwrap();
            }
            Err(reason) => assert_eq!(reason, Reason::ShuttingDown),
        });
        let destroyed = scene.destroy();
        login.join().unwrap();
        match destroyed {
            Ok(drained) => assert!(drained),
            Err(InUse) => assert_eq!(scene.destroy(), Ok(true)),
        }
        assert_eq!(scene.begin(1), Err(Reason::ShuttingDown));
    });
}

#[test]
fn of_two_destroys_one_destroys() {
    in_many_orders(|| {
        let scene = Scene::new(false, "1");
        // A call to STS is in flight for a conversation that is gone.
        let handle = scene.pending(0);
        scene.end(handle, 0).unwrap();
        let other = spawn(&scene, |scene| scene.destroy().is_ok());
        let results = [scene.destroy().is_ok(), other.join().unwrap()];
        assert_eq!(results.iter().filter(|done| **done).count(), 1);
        assert_eq!(scene.plugin.snapshot().workers, 0);
    });
}

#[test]
fn logins_go_on_while_options_change() {
    in_many_orders(|| {
        let scene = Scene::new(true, "2");
        let change = spawn(&scene, |scene| {
            for workers in ["1", "2", "1"] {
                scene
                    .plugin
                    .set_options(&[("awsStsWorkers", workers)])
                    .unwrap();
            }
        });
        let login = |context: usize| {
            move |scene: &Scene| {
                let handle = scene.pending(context);
                assert_eq!(scene.get(handle).unwrap().poll(LONG), MAWS_DONE);
                scene.end(handle, context).unwrap();
            }
        };
        let others = [spawn(&scene, login(0)), spawn(&scene, login(1))];
        login(2)(&scene);
        login(3)(&scene);
        others.into_iter().for_each(|other| other.join().unwrap());
        change.join().unwrap();
        let workers = scene.plugin.options().text("awsStsWorkers");
        assert_eq!(workers.as_deref(), Some("1"));
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn statistics_count_every_login_once_whoever_looks() {
    in_many_orders(|| {
        let scene = Scene::new(true, "2");
        let watch = spawn(&scene, |scene| {
            for _ in 0..3 {
                let now = scene.plugin.snapshot();
                assert!(now.conversations <= 2 && now.in_flight <= 2 && now.workers <= 2);
                assert!(now.succeeded + now.cancelled <= 2);
            }
        });
        let other = spawn(&scene, |scene| {
            let handle = scene.pending(0);
            scene.get(handle).unwrap().cancel();
            scene.end(handle, 0).unwrap();
        });
        let handle = scene.pending(1);
        assert_eq!(scene.get(handle).unwrap().poll(LONG), MAWS_DONE);
        scene.end(handle, 1).unwrap();
        other.join().unwrap();
        watch.join().unwrap();
        assert_eq!(scene.destroy(), Ok(true));
        let now = scene.plugin.snapshot();
        assert_eq!((now.begun, now.succeeded + now.cancelled), (2, 2));
        assert_eq!((now.conversations, now.in_flight, now.workers), (0, 0, 0));
        assert_eq!(now.succeeded as usize, scene.ready(0) + scene.ready(1));
    });
}
