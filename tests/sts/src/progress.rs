//! Where the requests are: counters that can be waited for, and the gate that holds answers back.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::HandshakeKind;

use crate::counters::Counters;

/// What a waiter waits for: every counter must have reached the figure given here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minimum {
    /// Requests read and not yet answered, the held ones included.
    pub in_flight: u64,
    /// Requests read.
    pub requests: u64,
    /// TCP connections accepted.
    pub connections: u64,
    /// TCP connections that have ended.
    pub connections_closed: u64,
    /// TLS handshakes completed.
    pub handshakes: u64,
}

impl Minimum {
    fn reached(&self, counters: &Counters) -> bool {
        counters.in_flight >= self.in_flight
            && counters.requests >= self.requests
            && counters.connections >= self.connections
            && counters.connections_closed >= self.connections_closed
            && counters.handshakes() >= self.handshakes
    }
}

#[derive(Debug, Default)]
struct Inner {
    counters: Counters,
    /// While something: answers wait; with a number, until so many of them do.
    hold: Option<Option<u64>>,
    /// Counts releases, so that a held request knows its own.
    releases: u64,
    stopping: bool,
}

impl Inner {
    fn release(&mut self) {
        self.hold = None;
        self.counters.held = 0;
        self.releases += 1;
    }
}

/// The shared state of all connections. Every change wakes those who wait.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.lock().counters);
        self.changed.notify_all();
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    /// Starts counting anew and lets all held answers go.
    pub(crate) fn reset(&self) {
        let mut inner = self.lock();
        inner.release();
        inner.counters.reset();
        drop(inner);
        self.changed.notify_all();
    }

    /// Counts a connection that was accepted.
    pub(crate) fn connection_opened(&self) {
        self.count(|counters| {
            counters.connections += 1;
            counters.connections_open += 1;
        });
    }

    pub(crate) fn connection_closed(&self) {
        self.count(|counters| {
            counters.connections_closed += 1;
            counters.connections_open = counters.connections_open.saturating_sub(1);
        });
    }

    /// Counts a handshake; `None` if it failed.
    pub(crate) fn handshake(&self, kind: Option<HandshakeKind>) {
        self.count(|counters| match kind {
            Some(HandshakeKind::Resumed) => counters.handshakes_resumed += 1,
            Some(_) => counters.handshakes_full += 1,
            None => counters.handshakes_failed += 1,
        });
    }

    /// Counts a request that has been read; it is in flight until the guard is used up or dropped.
    pub(crate) fn begin_request(&self) -> InFlight<'_> {
        self.count(|counters| {
            counters.requests += 1;
            counters.in_flight += 1;
            counters.in_flight_max = counters.in_flight_max.max(counters.in_flight);
        });
        InFlight {
            progress: self,
            answered: false,
        }
    }

    /// Holds answers back until [`Self::release`], or until `count` of them are held.
    pub(crate) fn hold(&self, count: Option<u64>) {
        self.lock().hold = Some(count);
    }

    /// Lets all held answers go and holds no more.
    pub(crate) fn release(&self) {
        self.lock().release();
        self.changed.notify_all();
    }

    /// Passes at once, unless answers are held.
    pub(crate) fn gate(&self) {
        let mut inner = self.lock();
        let Some(count) = inner.hold else { return };
        inner.counters.held += 1;
        if count.is_some_and(|count| inner.counters.held >= count) {
            inner.release();
        }
        self.changed.notify_all();
        let mine = inner.releases;
        if inner.hold.is_none() {
            return;
        }
        while inner.releases == mine && !inner.stopping {
            inner = self
                .changed
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the counters have reached the minimum; `false` if they have not in time.
    pub(crate) fn wait(&self, minimum: Minimum, timeout: Duration) -> bool {
        self.wait_while(timeout, |inner| !minimum.reached(&inner.counters));
        minimum.reached(&self.lock().counters)
    }

    /// Lets time pass, less of it when the emulator stops; `false` if it does.
    pub(crate) fn pause(&self, duration: Duration) -> bool {
        self.wait_while(duration, |_| true);
        !self.stopping()
    }

    fn wait_while(&self, timeout: Duration, waiting: impl Fn(&Inner) -> bool) {
        let deadline = Instant::now() + timeout;
        let mut inner = self.lock();
        while waiting(&inner) && !inner.stopping {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (inner, _) = self
                .changed
                .wait_timeout(inner, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    pub(crate) fn stopping(&self) -> bool {
        self.lock().stopping
    }
}

/// A request between its arrival and its answer.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    progress: &'a Progress,
    answered: bool,
}

impl InFlight<'_> {
    /// Counts the answer. Called just before its last byte is sent, so that whoever has the answer also
    /// sees it counted.
    pub(crate) fn answered(mut self, status: u16, error_code: Option<&str>) {
        self.answered = true;
        self.progress.count(|counters| {
            *counters.by_status.entry(status).or_default() += 1;
            if let Some(code) = error_code {
                *counters.by_error_code.entry(code.to_owned()).or_default() += 1;
            }
        });
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let unanswered = u64::from(!self.answered);
        self.progress.count(|counters| {
            counters.in_flight = counters.in_flight.saturating_sub(1);
            counters.unanswered += unanswered;
        });
    }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
