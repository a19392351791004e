//! What the core asks of the outside: the host, the clock, STS.

use std::time::{Duration, Instant};

use crate::abi::maws_log_level;
use crate::aws::{Answer, Endpoint, SignedRequest};
use crate::reason::{Failure, Reason};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Mutex, PoisonError, Weak};

/// The server that loaded the plugin.
pub trait Host: Send + Sync {
    /// Takes one line for the server's log; the level has been checked.
    fn log(&self, level: maws_log_level, reason: Reason, login: LoginIds, text: &str);
    /// A pending conversation has its outcome.
    fn conv_ready(&self, conv_ctx: usize);
    /// The host has a conv_ready callback.
    fn wants_ready(&self) -> bool;
    /// Waits for running callbacks; none starts any more.
    fn close(&self);
}

/// How the host knows the login that a log line is about; zeros where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginIds {
    /// The host's number for its log.
    pub log_id: u64,
    /// The host's context of the conversation.
    pub conv_ctx: usize,
}

/// Monotonic time.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Instant;
}

/// The clock of the system.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// The Security Token Service. All calls block, and any number of threads may call at once.
pub trait Sts: Send + Sync {
    /// Sends the request once and waits for the answer.
    fn send(
        &self,
        request: &SignedRequest,
        limits: SendLimits,
        interrupt: &Arc<Interrupt>,
    ) -> Attempt;
    /// Work that opens a connection for the next login; it blocks. None where one is idle or is being
    /// opened, or could not be opened a moment ago. The login waits for it until it is run or dropped.
    fn open_ahead(self: Arc<Self>, endpoint: &Endpoint) -> Option<Box<dyn FnOnce() + Send>>;
    /// Sends a request that belongs to no login. True: the endpoint answers.
    fn probe(&self, endpoint: &Endpoint, timeout: Duration) -> bool;
    /// Interrupts calls in flight, closes all connections and refuses new ones.
    fn shutdown(&self);
}

/// The time that a request has.
#[derive(Clone, Copy, Debug)]
pub struct SendLimits {
    /// Until the answer is complete.
    pub total: Duration,
    /// For opening a connection, as part of that.
    pub connect: Duration,
    /// Opens a new connection instead of using an idle one.
    pub fresh: bool,
}

/// How one request went.
#[derive(Debug)]
pub struct Attempt {
    /// STS's answer, or why there is none that can be trusted.
    pub result: Result<Answer, Failure>,
    /// The HTTP status, if a whole response came.
    pub status: Option<u16>,
    /// Time that went into opening a connection, if that was tried.
    pub connect: Option<Duration>,
    /// There was a connection for the request.
    pub connected: bool,
    /// It took as long as it was allowed to.
    pub timed_out: bool,
    /// Time between the request and its answer.
    pub exchange: Duration,
    /// An idle connection was used, and it died before the first byte of an answer.
    pub stale_connection: bool,
}

/// Something that blocks a call until it is interrupted: a socket, a name's resolution.
pub trait Interruptible: Send + Sync {
    /// Has the call that is blocked return at once. Called with the [`Interrupt`]'s lock held: it
    /// must not wait.
    fn interrupt(&self);
}

/// Interrupts one call from another thread.
#[derive(Default)]
pub struct Interrupt {
    is_set: AtomicBool,
    blocked_on: Mutex<Option<Weak<dyn Interruptible>>>,
}

impl Interrupt {
    /// Interrupts what the call is blocked on now, and everything that it would block on later.
    pub fn set(&self) {
        self.is_set.store(true, Ordering::SeqCst);
        // Under the lock: once `release` returns, the socket may serve another call.
        let blocked_on = self.blocked_on();
        if let Some(target) = blocked_on.as_ref().and_then(Weak::upgrade) {
            target.interrupt();
        }
    }

    /// The call is to end.
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::SeqCst)
    }

    /// From here on [`Interrupt::set`] interrupts this target. False: the call is interrupted already.
    pub fn watch(&self, target: Weak<dyn Interruptible>) -> bool {
        *self.blocked_on() = Some(target);
        !self.is_set()
    }

    /// The call may be blocked on something.
    #[cfg(test)]
    pub fn is_watching(&self) -> bool {
        self.blocked_on().is_some()
    }

    /// From the return on [`Interrupt::set`] touches no target.
    pub fn release(&self) {
        *self.blocked_on() = None;
    }

    fn blocked_on(&self) -> crate::sync::MutexGuard<'_, Option<Weak<dyn Interruptible>>> {
        self.blocked_on
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupt")
            .field("is_set", &self.is_set())
            .finish_non_exhaustive()
    }
}
