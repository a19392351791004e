//! What the core asks of the outside: the host, STS, the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::abi::maws_log_level;
use crate::aws::{Answer, Endpoint, SignedRequest};
use crate::reason::{Failure, Reason};

/// The server that loaded the plugin.
pub trait Host: Send + Sync {
    /// Takes one line for the server's log; the level has been checked.
    fn log(&self, level: maws_log_level, reason: Reason, log_id: u64, text: &str);
    /// A pending conversation has its outcome.
    fn conv_ready(&self, conv_ctx: usize);
    /// The host has a conv_ready callback.
    fn wants_ready(&self) -> bool;
    /// Waits for running callbacks; none starts any more.
    fn close(&self);
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

/// Gives each worker its own way to STS.
pub trait Sts: Send + Sync {
    /// A client for one worker thread.
    fn client(&self) -> Box<dyn StsClient>;
    /// Work that opens a connection for the next login; none where one is open already, is being
    /// opened, or could not be opened just now. The login waits for it, until it is run or dropped.
    fn warm_up(&self, endpoint: &Endpoint) -> Option<Box<dyn FnOnce() + Send>>;
    /// Interrupts calls in flight, closes every connection and refuses new ones.
    fn shutdown(&self);
}

/// Sends requests to STS, one at a time.
pub trait StsClient: Send {
    /// Sends the request once, over a warm connection where there is one.
    fn send(&mut self, request: &SignedRequest, limits: SendLimits) -> Attempt;
    /// Asks the endpoint for something that is no login. True: it answers.
    fn probe(&mut self, endpoint: &Arc<Endpoint>, time: Duration) -> bool;
}

/// The time a request has.
#[derive(Clone, Copy, Debug)]
pub struct SendLimits {
    /// Until the answer is complete.
    pub total: Duration,
    /// For opening a connection, as part of that.
    pub connect: Duration,
    /// Use no warm connection.
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
    /// The connection was a warm one and died before the first byte of an answer.
    pub stale_connection: bool,
}
