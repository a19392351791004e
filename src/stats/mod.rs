//! Counters and times since create. Each is atomic, the set is not.

mod histogram;

use std::time::Duration;

use serde::Serialize;

use self::histogram::Histogram;
pub use self::histogram::{Bucket, Times};
use crate::abi::maws_code::{self, *};
use crate::admission::Verdict;
use crate::outcome::Outcome;
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
    sts_throttled: AtomicU64,
    sts_retries: AtomicU64,
    sts_stale: AtomicU64,
    times: [Phases; OUTCOMES],
    endpoints: Vec<EndpointStats>,
}

const OUTCOMES: usize = 3;

/// Where the time of logins went, for one kind of outcome.
#[derive(Debug, Default)]
struct Phases {
    queue: Histogram,
    connect: Histogram,
    sts: Histogram,
    total: Histogram,
}

/// What came of the requests to one endpoint.
#[derive(Debug, Default)]
struct EndpointStats {
    answered: AtomicU64,
    throttled: AtomicU64,
    failed: AtomicU64,
    connections: AtomicU64,
    sts: Histogram,
}

/// The counters and gauges at one moment; `docs/operations.md` explains each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
    pub sts_throttled: u64,
    pub sts_retries: u64,
    pub sts_stale: u64,
    pub throttled_accounts: u64,
    pub times: TimesByOutcome,
    pub endpoints: Vec<EndpointSnapshot>,
}

/// Where the time of logins went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct TimesByOutcome {
    /// Of logins that were verified.
    pub succeeded: TimesOfPhases,
    /// Of logins that were refused for what the client sent, by STS or by a rule.
    pub refused: TimesOfPhases,
    /// Of all others.
    pub failed: TimesOfPhases,
}

/// The times of one kind of outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct TimesOfPhases {
    /// Waiting for a turn.
    pub queue: Times,
    /// Opening a connection, where one had to be opened.
    pub connect: Times,
    /// Waiting for STS.
    pub sts: Times,
    /// From begin to the outcome.
    pub total: Times,
}

/// One endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct EndpointSnapshot {
    pub host: String,
    pub up: bool,
    pub answered: u64,
    pub throttled: u64,
    pub failed: u64,
    pub connections: u64,
    pub sts: Times,
}

impl Stats {
    /// For so many endpoints.
    pub fn new(endpoints: usize) -> Stats {
        Stats {
            endpoints: (0..endpoints).map(|_| EndpointStats::default()).collect(),
            ..Stats::default()
        }
    }

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

    /// Where the time of a conversation went that came to this end.
    pub fn took(&self, outcome: &Outcome) {
        let [succeeded, refused, failed] = &self.times;
        let phases = match outcome.code {
            MAWS_DONE => succeeded,
            MAWS_E_PROTOCOL | MAWS_E_DENIED => refused,
            _ => failed,
        };
        phases.total.note(outcome.total);
        let times = outcome.times;
        // Also of those that waited in vain.
        if !times.queue.is_zero() || !times.sts.is_zero() {
            phases.queue.note(times.queue);
        }
        if !times.sts.is_zero() {
            phases.sts.note(times.sts);
        }
        if !times.connect.is_zero() {
            phases.connect.note(times.connect);
        }
    }

    /// A request is sent that is not its login's first.
    pub fn retried(&self) {
        self.sts_retries.fetch_add(1, Relaxed);
    }

    /// A connection that had rested turned out to be dead.
    pub fn stale(&self) {
        self.sts_stale.fetch_add(1, Relaxed);
    }

    /// What STS made of a request to this endpoint.
    pub fn judged(&self, endpoint: usize, verdict: Verdict) {
        let throttled = u64::from(verdict == Verdict::Throttled);
        self.sts_throttled.fetch_add(throttled, Relaxed);
        let Some(endpoint) = self.endpoints.get(endpoint) else {
            return;
        };
        let counter = match verdict {
            Verdict::Answered => &endpoint.answered,
            Verdict::Throttled => &endpoint.throttled,
            Verdict::Failed => &endpoint.failed,
            Verdict::Unsent => return,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// A worker is busy with a verification until the guard drops.
    pub fn in_flight(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        InFlight(&self.in_flight)
    }

    /// A request was sent and waited for.
    pub fn sent(&self, endpoint: usize, exchange: Duration, connected: bool) {
        if let Some(endpoint) = self.endpoints.get(endpoint) {
            endpoint.connections.fetch_add(connected.into(), Relaxed);
            endpoint.sts.note(exchange);
        }
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
            sts_throttled: self.sts_throttled.load(Relaxed),
            sts_retries: self.sts_retries.load(Relaxed),
            sts_stale: self.sts_stale.load(Relaxed),
            ..Snapshot::default()
        }
    }

    /// With the times and with each endpoint, whose host and health others know.
    pub fn details(&self, mut of: impl FnMut(usize) -> (String, bool)) -> Snapshot {
        let [succeeded, refused, failed] = &self.times;
        let endpoints = self.endpoints.iter().enumerate().map(|(index, endpoint)| {
            let (host, up) = of(index);
            EndpointSnapshot {
                host,
                up,
                answered: endpoint.answered.load(Relaxed),
                throttled: endpoint.throttled.load(Relaxed),
                failed: endpoint.failed.load(Relaxed),
                connections: endpoint.connections.load(Relaxed),
                sts: endpoint.sts.times(),
            }
        });
        Snapshot {
            times: TimesByOutcome {
                succeeded: succeeded.times(),
                refused: refused.times(),
                failed: failed.times(),
            },
            endpoints: endpoints.collect(),
            ..self.snapshot()
        }
    }
}

impl Phases {
    fn times(&self) -> TimesOfPhases {
        TimesOfPhases {
            queue: self.queue.times(),
            connect: self.connect.times(),
            sts: self.sts.times(),
            total: self.total.times(),
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
