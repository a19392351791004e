//! Where the requests are: counters that can be waited for, and the gate that holds answers back.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    /// TLS handshakes completed; the client may have finished its side earlier.
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

/// The shared state of all connections.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    inner: Mutex<Inner>,
    /// Wakes those who wait for counters.
    counted: Condvar,
    /// Wakes requests that are held back or delayed. Apart from `counted`, since waking all of them at
    /// each count would cost more than the requests themselves.
    released: Condvar,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.lock().counters);
        self.counted.notify_all();
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
        self.released.notify_all();
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
        self.released.notify_all();
    }

    /// Passes at once, unless answers are held.
    pub(crate) fn gate(&self) {
        let mut inner = self.lock();
        let Some(count) = inner.hold else { return };
        inner.counters.held += 1;
        if count.is_some_and(|count| inner.counters.held >= count) {
            inner.release();
            self.released.notify_all();
            return;
        }
        let mine = inner.releases;
        while inner.releases == mine && !inner.stopping {
            inner = self
                .released
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the counters have reached the minimum; `false` if they have not in time.
    pub(crate) fn wait(&self, minimum: Minimum, timeout: Duration) -> bool {
        let missing = |inner: &mut Inner| !minimum.reached(&inner.counters) && !inner.stopping;
        let (inner, _) = self
            .counted
            .wait_timeout_while(self.lock(), timeout, missing)
            .unwrap_or_else(PoisonError::into_inner);
        minimum.reached(&inner.counters)
    }

    /// Lets time pass, less of it when the emulator stops; `false` if it does.
    pub(crate) fn pause(&self, duration: Duration) -> bool {
        let (inner, _) = self
            .released
            .wait_timeout_while(self.lock(), duration, |inner| !inner.stopping)
            .unwrap_or_else(PoisonError::into_inner);
        !inner.stopping
    }

    /// Ends every wait, now and later.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.counted.notify_all();
        self.released.notify_all();
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
