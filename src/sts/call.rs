//! The call that a thread is making: its deadlines, its interrupt, and what its transport saw.
//!
//! ureq calls connector and transport on the thread that called ureq, and passes none of this on to
//! them, so it is kept beside the thread.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::socket::Socket;
use crate::ports::{Interrupt, Interruptible};
use crate::reason::{Failure, Reason};

/// One request, from its name's resolution to the last byte of its response.
#[derive(Debug)]
pub struct Call {
    started: Instant,
    /// When the response must be complete.
    deadline: Instant,
    /// When a new connection must be open.
    connect_deadline: Instant,
    interrupt: Arc<Interrupt>,
    connecting: bool,
    /// Uses neither an idle connection nor one that was opened ahead.
    pub fresh: bool,
    /// Opens a connection for a later call and sends nothing.
    pub ahead: bool,
    /// Size of the request, head and body.
    pub request_bytes: usize,
    /// Time until a new connection was open, or failed to open.
    pub connect: Option<Duration>,
    /// The connection existed before this call.
    pub reused: bool,
    /// The request has a connection.
    pub connected: bool,
    /// The first byte of a response came.
    pub received: bool,
    /// More came than one response.
    pub surplus: bool,
    /// Reads fail instead of waiting.
    probing: bool,
    /// The socket to the proxy, for the tunnel over it.
    pub socket: Option<Arc<Socket>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Call>> = const { RefCell::new(None) };
}

impl Call {
    /// A call that starts now.
    pub fn new(total: Duration, connect: Duration, interrupt: Arc<Interrupt>) -> Call {
        let started = Instant::now();
        Call {
            started,
            deadline: started + total,
            connect_deadline: started + connect.min(total),
            interrupt,
            connecting: false,
            fresh: false,
            ahead: false,
            request_bytes: 0,
            connect: None,
            reused: true,
            connected: false,
            received: false,
            surplus: false,
            probing: false,
            socket: None,
        }
    }

    /// Runs the body as this call, and gives back what the transport noted.
    pub fn run<T>(self, body: impl FnOnce() -> T) -> (T, Option<Call>) {
        CURRENT.set(Some(self));
        let guard = Current;
        let result = body();
        let call = CURRENT.take();
        drop(guard);
        if let Some(call) = &call {
            call.interrupt.release();
        }
        (result, call)
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The limit that counts now has passed.
    pub fn is_late(&self) -> bool {
        Instant::now() >= self.limit()
    }

    /// The connection alone took too long; the call itself has time left.
    pub fn is_connect_late(&self) -> bool {
        self.connecting && self.connect_deadline < self.deadline && self.is_late()
    }

    /// Longest time for opening a connection.
    pub fn connect_limit(&self) -> Duration {
        self.connect_deadline - self.started
    }

    fn limit(&self) -> Instant {
        match self.connecting {
            true => self.connect_deadline,
            false => self.deadline,
        }
    }

    /// From here on the limit for opening a connection counts: an idle connection needs the name, too.
    /// Gives what [`Call::end_resolving`] takes.
    pub fn begin_resolving(&mut self) -> bool {
        std::mem::replace(&mut self.connecting, true)
    }

    /// The name is resolved: the limit from before counts, which is the same for a proxy's name.
    pub fn end_resolving(&mut self, connecting: bool) {
        self.connecting = connecting;
    }

    /// From here on the limit for opening a connection counts.
    pub fn begin_connecting(&mut self) {
        self.connecting = true;
        self.reused = false;
    }

    /// The connection was opened before; whether the call waited for that.
    pub fn take_over(&mut self, waited: bool) {
        self.connecting = false;
        self.reused = true;
        self.connect = waited.then(|| self.elapsed());
    }

    /// The connection is open, or could not be opened: what it took counts against the limit still.
    pub fn end_connecting(&mut self, opened: bool) {
        self.connecting = !opened;
        self.connect = Some(self.elapsed());
    }
}

/// Clears the thread's call, also after a panic.
struct Current;

impl Drop for Current {
    fn drop(&mut self) {
        if let Some(call) = CURRENT.take() {
            call.interrupt.release();
        }
    }
}

/// Looks at the thread's call, or changes it; nothing where there is none.
pub fn with<T>(body: impl FnOnce(&mut Call) -> T) -> Option<T> {
    CURRENT.with_borrow_mut(|call| call.as_mut().map(body))
}

/// Time left for what the call is doing. Checked before each wait.
pub fn time_left() -> Result<Duration, Failure> {
    check_interrupt()?;
    let left = with(|call| {
        let left = call.limit().saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(Reason::VerificationTimeout.into()),
            false => Ok(left),
        }
    });
    left.unwrap_or_else(|| {
        Err(Failure::new(
            Reason::Internal,
            "network access outside a call",
        ))
    })
}

/// Runs the body, in which reads fail instead of waiting: a connection is probed under the lock of
/// ureq's pool.
pub fn without_waiting<T>(body: impl FnOnce() -> T) -> T {
    with(|call| call.probing = true);
    let result = body();
    with(|call| call.probing = false);
    result
}

/// Reads must not wait.
pub fn is_probing() -> bool {
    with(|call| call.probing).unwrap_or(true)
}

/// Another thread wants the call to end.
pub fn check_interrupt() -> Result<(), Failure> {
    match with(|call| call.interrupt.is_set()) {
        Some(true) => Err(Reason::Cancelled.into()),
        _ => Ok(()),
    }
}

/// The call is blocked on this from here on.
pub fn watch(target: Weak<dyn Interruptible>) -> Result<(), Failure> {
    match with(|call| call.interrupt.watch(target)) {
        Some(true) => Ok(()),
        _ => Err(Reason::Cancelled.into()),
    }
}

/// The call is blocked on nothing any more. False: it was interrupted before.
pub fn release() -> bool {
    with(|call| {
        call.interrupt.release();
        !call.interrupt.is_set()
    })
    .unwrap_or(false)
}

/// A failure on its way through code that knows I/O errors only. Its kind is none that ureq takes for
/// the end of a response's body.
pub fn to_io(failure: Failure) -> io::Error {
    io::Error::other(failure)
}

/// The failure behind an I/O error; `reason` and the system's text where there is none.
pub fn from_io(error: io::Error, reason: Reason) -> Failure {
    if !error
        .get_ref()
        .is_some_and(|inner| inner.is::<Failure>() || inner.is::<ureq::Error>())
    {
        return Failure::new(reason, error.to_string());
    }
    match error.into_inner().map(|inner| inner.downcast::<Failure>()) {
        Some(Ok(failure)) => *failure,
        Some(Err(other)) => match other.downcast::<ureq::Error>() {
            Ok(error) => from_ureq(*error, reason),
            Err(_) => reason.into(),
        },
        None => reason.into(),
    }
}

/// What ureq's error means; `reason` is for what says no more than that I/O failed.
pub fn from_ureq(error: ureq::Error, reason: Reason) -> Failure {
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(other) => Failure::new(Reason::Internal, other.to_string()),
        },
        ureq::Error::Io(error) => from_io(error, reason),
        ureq::Error::Protocol(error) => Failure::new(Reason::AnswerHttp, error.to_string()),
        ureq::Error::LargeResponseHeader(..) => Failure::new(Reason::AnswerTooLarge, "its head"),
        ureq::Error::BodyExceedsLimit(_) => Failure::new(Reason::AnswerTooLarge, "its body"),
        ureq::Error::ConnectProxyFailed(text) => Failure::new(Reason::ProxyFailed, text),
        ureq::Error::HostNotFound => Reason::NameResolution.into(),
        // The stream ended in order within a chunk's size.
        ureq::Error::BodyStalled => Failure::new(reason, "it ended too early"),
        ureq::Error::Timeout(_) => Reason::VerificationTimeout.into(),
        other => Failure::new(Reason::Internal, other.to_string()),
    }
}

/// A failure as ureq passes it on.
pub fn to_ureq(failure: Failure) -> ureq::Error {
    ureq::Error::Other(Box::new(failure))
}
