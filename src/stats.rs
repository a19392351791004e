//! The statistics: what an operator can see of logins and of STS.
//!
//! Each is declared once, below. From its declaration come the value that is counted, the member of
//! the snapshot and of the JSON, the member of `maws_stats` and the row in `docs/monitoring.md`.
//! Each value is atomic, the set is not.

use std::time::Duration;

use serde::Serialize;

use crate::abi::maws_code::{self, *};
use crate::abi::maws_stats;
use crate::outcome::Outcome;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A group of statistics: what is counted, its values at one moment, and its reference.
macro_rules! group {
    (
        $(#[$doc:meta])*
        $cells:ident => $values:ident, $reference:ident
        { $($name:ident: $cell:ty => $value:ty, $json:literal, $help:literal;)* }
        $($(#[$extra_doc:meta])* $extra:ident: $extra_value:ty),*
    ) => {
        #[derive(Debug, Default)]
        struct $cells {
            $($name: $cell,)*
        }

        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct $values {
            $(
                #[doc = $help]
                #[serde(rename = $json)]
                pub $name: $value,
            )*
            $($(#[$extra_doc])* pub $extra: $extra_value,)*
        }

        impl $cells {
            fn values(&self $(, $extra: $extra_value)*) -> $values {
                $values {
                    $($name: self.$name.value(),)*
                    $($extra,)*
                }
            }
        }

        const $reference: &[Reference] = &[$(Reference {
            name: $json,
            kind: <$cell>::KIND,
            help: $help,
        },)*];
    };
}

/// The group whose statistics are the members of `maws_stats`, too.
macro_rules! members_of_maws_stats {
    ($($name:ident: $cell:ty => $value:ty, $json:literal, $help:literal;)*) => {
        group! {
            /// The statistics at one moment.
            Counters => Snapshot, COUNTERS
            { $($name: $cell => $value, $json, $help;)* }
            /// How long logins took.
            times: LoginTimes,
            /// The endpoints, in the order of the options.
            endpoints: Vec<EndpointSnapshot>
        }

        impl From<&Snapshot> for maws_stats {
            fn from(now: &Snapshot) -> maws_stats {
                maws_stats {
                    struct_size: 0,
                    $($name: now.$name,)*
                }
            }
        }
    };
}

members_of_maws_stats! {
    workers: Elsewhere => u32, "workers", "worker threads now";
    conversations: Elsewhere => u64, "conversations", "conversations open now";
    queued: Elsewhere => u64, "queued", "verifications waiting for a worker now";
    in_flight: Gauge => u64, "inFlight", "verifications that workers are busy with now";
    begun: Counter => u64, "begun", "conversations begun";
    succeeded: Counter => u64, "succeeded", "logins verified";
    bad_protocol: Counter => u64, "badProtocol", "logins refused because the client's message was invalid";
    denied: Counter => u64, "denied", "logins refused by STS or by a rule of the operator";
    overloaded: Counter => u64, "overloaded", "logins refused because a limit was reached";
    timed_out: Counter => u64, "timedOut", "logins whose deadline expired";
    upstream_failed: Counter => u64, "upstreamFailed", "logins that failed because STS was unreachable, failing or not trusted";
    cancelled: Counter => u64, "cancelled", "logins cancelled by the client or the server";
    system_failed: Counter => u64, "systemFailed", "logins that failed because the operating system refused threads or random bytes";
    faults: Counter => u64, "faults", "logins that failed by an internal error of the plugin";
    sts_requests: Counter => u64, "stsRequests", "requests sent to STS, retries included";
    sts_connections: Counter => u64, "stsConnections", "connections opened to STS for a request";
    sts_us_total: Counter => u64, "stsUsTotal", "sum of the times from request to response, in microseconds";
    sts_us_max: Maximum => u64, "stsUsMax", "longest time from request to response, in microseconds";
    sts_throttled: Counter => u64, "stsThrottled", "throttling responses of STS";
    sts_retries: Counter => u64, "stsRetries", "requests after a login's first";
    sts_stale: Counter => u64, "stsStale", "idle connections found dead when a request was sent";
    throttled_accounts: Elsewhere => u64, "throttledAccounts", "accounts that STS throttles now, per endpoint";
}

group! {
    /// How long logins took that were queued for STS, whatever their outcome.
    LoginTimers => LoginTimes, LOGIN_TIMES {
        queue: Timer => Time, "queue", "waiting in the queue";
        connect: Timer => Time, "connect", "opening a connection, where one had to be opened";
        sts: Timer => Time, "sts", "waiting for the responses of STS, where a request was sent";
        total: Timer => Time, "total", "from begin to the outcome";
    }
}

group! {
    /// One endpoint.
    EndpointCounters => EndpointSnapshot, ENDPOINT {
        host: ElsewhereText => String, "host", "the STS host that clients sign for";
        up: Elsewhere => bool, "up", "false: unhealthy, new logins go to another endpoint";
        answered: Counter => u64, "answered", "requests that STS answered, with an identity or a refusal";
        throttled: Counter => u64, "throttled", "requests that STS throttled";
        failed: Counter => u64, "failed", "requests without a usable response";
        connections: Counter => u64, "connections", "connections opened for a request";
        sts: Timer => Time, "sts", "from request to response";
    }
}

/// A statistic as the documents show it.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Name in the JSON, within its group.
    pub name: &'static str,
    /// `counter`, `gauge`, `time` or `text`.
    pub kind: &'static str,
    /// One line for the operator.
    pub help: &'static str,
}

/// Every statistic with its path in the JSON.
pub fn reference() -> impl Iterator<Item = (String, &'static Reference)> {
    [
        ("", COUNTERS),
        ("times.", LOGIN_TIMES),
        ("endpoints.N.", ENDPOINT),
    ]
    .into_iter()
    .flat_map(|(group, members)| {
        members
            .iter()
            .map(move |m| (format!("{group}{}", m.name), m))
    })
}

/// What came of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// STS decided: an identity or a refusal.
    Answered,
    /// STS throttled the request.
    Throttled,
    /// No usable response.
    Failed,
}

/// The statistics since create.
#[derive(Debug, Default)]
pub struct Stats {
    counters: Counters,
    times: LoginTimers,
    endpoints: Vec<EndpointCounters>,
}

impl Stats {
    /// Statistics for this number of endpoints.
    pub fn new(endpoints: usize) -> Stats {
        Stats {
            endpoints: (0..endpoints)
                .map(|_| EndpointCounters::default())
                .collect(),
            ..Stats::default()
        }
    }

    /// Counts a conversation begun.
    pub fn begun(&self) {
        self.counters.begun.add(1);
    }

    /// Counts the end of a conversation, or of the attempt to begin one.
    pub fn ended(&self, code: maws_code) {
        let counters = &self.counters;
        let counter = match code {
            MAWS_DONE => &counters.succeeded,
            MAWS_E_PROTOCOL => &counters.bad_protocol,
            MAWS_E_DENIED => &counters.denied,
            MAWS_E_OVERLOADED => &counters.overloaded,
            MAWS_E_TIMEOUT => &counters.timed_out,
            MAWS_E_UPSTREAM => &counters.upstream_failed,
            MAWS_E_CANCELLED => &counters.cancelled,
            MAWS_E_SYSTEM => &counters.system_failed,
            _ => &counters.faults,
        };
        counter.add(1);
    }

    /// Adds the times of a login.
    pub fn took(&self, outcome: &Outcome) {
        let spent = outcome.times;
        // A login that ended before the queue says how long the client took, not STS.
        if spent.queue.is_zero() && spent.sts.is_zero() {
            return;
        }
        self.times.queue.add(spent.queue);
        self.times.total.add(outcome.total);
        if !spent.connect.is_zero() {
            self.times.connect.add(spent.connect);
        }
        if !spent.sts.is_zero() {
            self.times.sts.add(spent.sts);
        }
    }

    /// Counts a request that is not its login's first.
    pub fn retried(&self) {
        self.counters.sts_retries.add(1);
    }

    /// Counts an idle connection that was found dead.
    pub fn stale(&self) {
        self.counters.sts_stale.add(1);
    }

    /// Counts what came of a request to this endpoint.
    pub fn judged(&self, endpoint: usize, outcome: RequestOutcome) {
        if outcome == RequestOutcome::Throttled {
            self.counters.sts_throttled.add(1);
        }
        if let Some(endpoint) = self.endpoints.get(endpoint) {
            let counter = match outcome {
                RequestOutcome::Answered => &endpoint.answered,
                RequestOutcome::Throttled => &endpoint.throttled,
                RequestOutcome::Failed => &endpoint.failed,
            };
            counter.add(1);
        }
    }

    /// Counts a verification as in flight until the guard is dropped.
    pub fn in_flight(&self) -> InFlight {
        let gauge = self.counters.in_flight.clone();
        gauge.0.fetch_add(1, Relaxed);
        InFlight(gauge)
    }

    /// Counts a request, the time until its response, and the connection if one was opened for it.
    pub fn sent(&self, endpoint: usize, exchange: Duration, connected: bool) {
        let counters = &self.counters;
        counters.sts_requests.add(1);
        counters.sts_connections.add(connected.into());
        counters.sts_us_total.add(micros(exchange));
        counters.sts_us_max.raise(micros(exchange));
        if let Some(endpoint) = self.endpoints.get(endpoint) {
            endpoint.connections.add(connected.into());
            endpoint.sts.add(exchange);
        }
    }

    /// The values now. `describe` gives an endpoint's host and whether it is healthy. The other values
    /// that are kept elsewhere are 0: the caller sets them.
    pub fn snapshot(&self, describe: impl Fn(usize) -> (String, bool)) -> Snapshot {
        let endpoints = self.endpoints.iter().enumerate().map(|(index, endpoint)| {
            let (host, up) = describe(index);
            EndpointSnapshot {
                host,
                up,
                ..endpoint.values()
            }
        });
        self.counters
            .values(self.times.values(), endpoints.collect())
    }
}

/// Counts one verification as in flight while it lives.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl Counter {
    const KIND: &str = "counter";

    fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[derive(Debug, Default)]
struct Maximum(AtomicU64);

impl Maximum {
    const KIND: &str = "gauge";

    fn raise(&self, value: u64) {
        self.0.fetch_max(value, Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Shared with the guards that count in it.
#[derive(Clone, Debug, Default)]
struct Gauge(Arc<AtomicU64>);

impl Gauge {
    const KIND: &str = "gauge";

    fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A gauge whose value another part of the plugin keeps.
#[derive(Debug, Default)]
struct Elsewhere;

impl Elsewhere {
    const KIND: &str = "gauge";

    fn value<T: Default>(&self) -> T {
        T::default()
    }
}

/// A text that another part of the plugin keeps.
#[derive(Debug, Default)]
struct ElsewhereText;

impl ElsewhereText {
    const KIND: &str = "text";

    fn value(&self) -> String {
        String::new()
    }
}

/// Times added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Time {
    /// How many.
    pub count: u64,
    /// Their sum, in microseconds.
    pub sum_us: u64,
    /// The longest, in microseconds.
    pub max_us: u64,
}

#[derive(Debug, Default)]
struct Timer {
    count: Counter,
    sum_us: Counter,
    max_us: Maximum,
}

impl Timer {
    const KIND: &str = "time";

    fn add(&self, time: Duration) {
        self.count.add(1);
        self.sum_us.add(micros(time));
        self.max_us.raise(micros(time));
    }

    fn value(&self) -> Time {
        Time {
            count: self.count.value(),
            sum_us: self.sum_us.value(),
            max_us: self.max_us.value(),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "stats_tests.rs"]
mod tests;
