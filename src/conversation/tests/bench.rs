//! A plugin with an STS that answers as the test says, and a clock that stands.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::super::*;
use crate::abi::maws_log_level;
use crate::aws::{Answer, Arn, CallerIdentity, Endpoint, StsError};
use crate::plugin::Plugin;
use crate::ports::{Attempt, Clock, Host, LoginIds, SendLimits, Sts};
use crate::sasl::tests::{FIRST, second};

pub(super) const LONG: Duration = Duration::from_secs(30);

/// An STS that tells the test of each request and answers what the test sends it.
pub(super) struct ScriptedSts {
    pub(super) requests: Mutex<Sender<()>>,
    pub(super) answers: Mutex<Receiver<Result<Answer, Failure>>>,
}

impl Sts for ScriptedSts {
    fn send(&self, _: &SignedRequest, _: SendLimits, _: &Arc<Interrupt>) -> Attempt {
        self.requests.lock().unwrap().send(()).unwrap();
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Attempt {
            result: answers.recv().expect("a fault that the test asked for"),
            status: None,
            connect: None,
            connected: true,
            timed_out: false,
            exchange: Duration::ZERO,
            stale_connection: false,
        }
    }

    fn open_ahead(self: Arc<Self>, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    fn probe(&self, _: &Endpoint, _: Duration) -> bool {
        true
    }

    fn shutdown(&self) {}
}

/// Stands still until it is moved, or let run.
#[derive(Clone)]
pub(super) struct ManualClock(pub(super) Arc<Mutex<(Instant, Option<Instant>)>>);

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        let (at, runs_since) = *self.0.lock().unwrap();
        at + runs_since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Counts what is ready. As log callbacks go, this one is slow: `on_log` runs in it.
pub(super) struct CountingHost {
    pub(super) ready: Arc<AtomicUsize>,
    pub(super) on_log: Box<dyn Fn(Reason) + Send + Sync>,
}

impl Host for CountingHost {
    fn log(&self, _: maws_log_level, reason: Reason, _: LoginIds, _: &str) {
        (self.on_log)(reason);
    }
    fn conv_ready(&self, _: usize) {
        self.ready.fetch_add(1, Ordering::SeqCst);
    }
    fn wants_ready(&self) -> bool {
        true
    }
    fn close(&self) {}
}

pub(super) struct Bench {
    pub(super) plugin: Arc<Plugin>,
    pub(super) answers: Sender<Result<Answer, Failure>>,
    pub(super) requests: Receiver<()>,
    pub(super) clock: ManualClock,
    pub(super) ready: Arc<AtomicUsize>,
}

pub(super) fn bench(options: &[(&str, &str)]) -> Bench {
    bench_with(options, |_| {})
}

pub(super) fn bench_with(
    options: &[(&str, &str)],
    on_log: impl Fn(Reason) + Send + Sync + 'static,
) -> Bench {
    let (answers, scripted_answers) = channel();
    let (scripted_requests, requests) = channel();
    let sts = ScriptedSts {
        requests: Mutex::new(scripted_requests),
        answers: Mutex::new(scripted_answers),
    };
    let clock = ManualClock(Arc::new(Mutex::new((Instant::now(), None))));
    let ready = Arc::new(AtomicUsize::new(0));
    let one_worker = [&[("awsStsWorkers", "1")], options].concat();
    let plugin = Plugin::new(
        Box::new(CountingHost {
            ready: Arc::clone(&ready),
            on_log: Box::new(on_log),
        }),
        0,
        Options::new(&one_worker).unwrap(),
        Arc::new(sts),
        Arc::new(clock.clone()),
    );
    Bench {
        plugin,
        answers,
        requests,
        clock,
        ready,
    }
}

impl Bench {
    pub(super) fn begin(&self) -> Arc<Conversation> {
        self.plugin.begin(&begin("$external", true)).unwrap()
    }

    pub(super) fn pending(&self) -> Arc<Conversation> {
        let conversation = self.begin();
        assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
        assert_eq!(conversation.step(&second()), MAWS_PENDING);
        conversation
    }

    pub(super) fn pass(&self, time: Duration) {
        self.clock.0.lock().unwrap().0 += time;
    }
}

pub(super) fn begin(database: &str, tls: bool) -> Begin<'_> {
    Begin {
        tls,
        budget: None,
        conv_ctx: 1,
        log_id: 0,
        database,
        client_addr: "",
    }
}

pub(super) fn alice() -> Result<Answer, Failure> {
    Ok(Answer::Caller(CallerIdentity {
        arn: Arn::parse("arn:aws:iam::123456789012:user/alice").unwrap(),
        user_id: "AIDA1".to_owned(),
        request_id: "r-1".to_owned(),
    }))
}

pub(super) fn sts_error(reason: Reason) -> Result<Answer, Failure> {
    Ok(Answer::Error(StsError {
        reason,
        code: "Code".to_owned(),
        request_id: "r-2".to_owned(),
        detail: String::new(),
    }))
}
