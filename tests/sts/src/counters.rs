//! What the emulator has counted.

use std::collections::BTreeMap;

use serde::Serialize;

/// A snapshot of the counters. `connections_open`, `in_flight` and `held` are of the moment; the others
/// count since the start or the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// TCP connections accepted.
    pub connections: u64,
    /// TCP connections that have ended.
    pub connections_closed: u64,
    /// TCP connections open now.
    pub connections_open: u64,
    /// TLS handshakes made in full.
    pub handshakes_full: u64,
    /// TLS handshakes that resumed a session.
    pub handshakes_resumed: u64,
    /// TLS handshakes that failed or were cut.
    pub handshakes_failed: u64,
    /// Requests read.
    pub requests: u64,
    /// Requests read and not yet answered, the held ones included.
    pub in_flight: u64,
    /// The highest `in_flight`.
    pub in_flight_max: u64,
    /// Requests whose answer waits for a release.
    pub held: u64,
    /// Requests that got no answer.
    pub unanswered: u64,
    /// Answers by HTTP status.
    pub by_status: BTreeMap<u16, u64>,
    /// Error answers by STS error code.
    pub by_error_code: BTreeMap<String, u64>,
}

impl Counters {
    /// TLS handshakes completed, in full or resumed.
    pub fn handshakes(&self) -> u64 {
        self.handshakes_full + self.handshakes_resumed
    }

    /// Starts counting anew; what is of the moment stays.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            connections_open: self.connections_open,
            in_flight: self.in_flight,
            in_flight_max: self.in_flight,
            held: self.held,
            ..Self::default()
        };
    }
}
