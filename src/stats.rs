//! Counters since create. Each is atomic, the set is not.

use std::time::Duration;

use serde::Serialize;

use crate::abi::maws_code::{self, *};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The counters.
#[derive(Debug, Default)]
pub struct Stats {
    begun: AtomicU64,
    succeeded: AtomicU64,
    bad_protocol: AtomicU64,
    denied: AtomicU64,
    overloaded: AtomicU64,
    timed_out: AtomicU64,
    upstream_failed: AtomicU64,
    cancelled: AtomicU64,
    system_failed: AtomicU64,
    faults: AtomicU64,
    in_flight: AtomicU64,
    sts_requests: AtomicU64,
    sts_connections: AtomicU64,
    sts_us_total: AtomicU64,
    sts_us_max: AtomicU64,
}

/// The counters and gauges at one moment; `docs/operators.md` explains each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Snapshot {
    pub workers: u64,
    pub conversations: u64,
    pub queued: u64,
    pub in_flight: u64,
    pub begun: u64,
    pub succeeded: u64,
    pub bad_protocol: u64,
    pub denied: u64,
    pub overloaded: u64,
    pub timed_out: u64,
    pub upstream_failed: u64,
    pub cancelled: u64,
    pub system_failed: u64,
    pub faults: u64,
    pub sts_requests: u64,
    pub sts_connections: u64,
    pub sts_us_total: u64,
    pub sts_us_max: u64,
}

impl Stats {
    /// A conversation was begun.
    pub fn begun(&self) {
        self.begun.fetch_add(1, Relaxed);
    }

    /// A conversation, or the attempt to begin one, came to this end.
    pub fn ended(&self, code: maws_code) {
        let counter = match code {
            MAWS_DONE => &self.succeeded,
            MAWS_E_PROTOCOL => &self.bad_protocol,
            MAWS_E_DENIED => &self.denied,
            MAWS_E_OVERLOADED => &self.overloaded,
            MAWS_E_TIMEOUT => &self.timed_out,
            MAWS_E_UPSTREAM => &self.upstream_failed,
            MAWS_E_CANCELLED => &self.cancelled,
            MAWS_E_SYSTEM => &self.system_failed,
            _ => &self.faults,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// A worker is busy with a verification until the guard drops.
    pub fn in_flight(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        InFlight(&self.in_flight)
    }

    /// A request was sent and waited for.
    pub fn sent(&self, exchange: Duration, connected: bool) {
        let micros = u64::try_from(exchange.as_micros()).unwrap_or(u64::MAX);
        self.sts_requests.fetch_add(1, Relaxed);
        self.sts_connections.fetch_add(connected.into(), Relaxed);
        self.sts_us_total.fetch_add(micros, Relaxed);
        self.sts_us_max.fetch_max(micros, Relaxed);
    }

    /// The counters now; the gauges that others keep are zero.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            in_flight: self.in_flight.load(Relaxed),
            begun: self.begun.load(Relaxed),
            succeeded: self.succeeded.load(Relaxed),
            bad_protocol: self.bad_protocol.load(Relaxed),
            denied: self.denied.load(Relaxed),
            overloaded: self.overloaded.load(Relaxed),
            timed_out: self.timed_out.load(Relaxed),
            upstream_failed: self.upstream_failed.load(Relaxed),
            cancelled: self.cancelled.load(Relaxed),
            system_failed: self.system_failed.load(Relaxed),
            faults: self.faults.load(Relaxed),
            sts_requests: self.sts_requests.load(Relaxed),
            sts_connections: self.sts_connections.load(Relaxed),
            sts_us_total: self.sts_us_total.load(Relaxed),
            sts_us_max: self.sts_us_max.load(Relaxed),
            ..Snapshot::default()
        }
    }
}

/// Counts one busy worker while it lives.
#[derive(Debug)]
pub struct InFlight<'a>(&'a AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
