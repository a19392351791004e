//! Health of the endpoints, learnt from outcomes. Pure; the clock is passed in.
//!
//! Only what is not the client's fault counts against an endpoint. An unhealthy one gets no new
//! logins; probes, which are no logins, ask it again after growing pauses for as long as logins come.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::random::Random;

/// Failures in a row that take an endpoint outage.
const FAILURES: u32 = 5;
/// Requests that wait for so long without any answer make it unhealthy, too.
const SILENCE: Duration = Duration::from_millis(1500);
/// How many it takes for that: one alone may be lost.
const SILENT_REQUESTS: usize = 2;
/// One that fails again so soon after its recovery was not stable: its next probe comes later.
const STABLE: Duration = Duration::from_secs(60);
/// Pause before the first probe, doubled up to the last.
const FIRST_PROBE_PAUSE: Duration = Duration::from_secs(1);
const LAST_PROBE_PAUSE: Duration = Duration::from_secs(60);

/// What a request says of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It answered, also with a refusal or throttling.
    Answered,
    /// It failed, or gave no answer in a fair time.
    Failed,
    /// It says nothing.
    Unknown,
}

/// The health of all endpoints, in order of preference.
#[derive(Debug)]
pub struct Health {
    endpoints: Vec<EndpointState>,
    random: Random,
    /// Not yet taken.
    changes: Vec<(usize, Change)>,
}

#[derive(Debug)]
struct EndpointState {
    failures: u32,
    /// Requests that wait for an answer.
    in_flight: usize,
    /// Since when that many wait without any being answered; of no meaning while fewer do.
    silent_since: Instant,
    outage: Option<Outage>,
    /// When it recovered last, and the pause between probes then.
    recovered: Option<(Instant, Duration)>,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    pause: Duration,
    /// When the next probe is due; none while one is in flight.
    probe_at: Option<Instant>,
}

impl Health {
    /// All are healthy.
    pub fn new(now: Instant, endpoints: usize, random: Random) -> Health {
        let healthy = |_| EndpointState {
            failures: 0,
            in_flight: 0,
            silent_since: now,
            outage: None,
            recovered: None,
        };
        Health {
            endpoints: (0..endpoints).map(healthy).collect(),
            random,
            changes: Vec::new(),
        }
    }

    /// The endpoint for a new login: the first healthy one. Without any, the one with the best
    /// prospects: the fewest failed probes and the shortest outage.
    pub fn preferred(&mut self, now: Instant) -> usize {
        for index in 0..self.endpoints.len() {
            let is_silent = self.endpoints.get(index).is_some_and(|e| e.is_silent(now));
            if is_silent {
                self.mark_unhealthy(now, index);
            }
        }
        let prospects = |(_, endpoint): &(usize, &EndpointState)| {
            let outage = endpoint.outage.as_ref();
            outage.map(|outage| (outage.pause, Reverse(outage.since)))
        };
        let best = self.endpoints.iter().enumerate().min_by_key(prospects);
        best.map_or(0, |(index, _)| index)
    }

    /// An endpoint that is to be probed now; [`Health::probed`] must follow.
    pub fn probe_due(&mut self, now: Instant) -> Option<usize> {
        let due = |e: &EndpointState| {
            let probe_at = e.outage.as_ref().and_then(|outage| outage.probe_at);
            probe_at.is_some_and(|at| at <= now)
        };
        let index = self.endpoints.iter().position(due)?;
        if let Some(outage) = self
            .endpoints
            .get_mut(index)
            .and_then(|e| e.outage.as_mut())
        {
            outage.probe_at = None;
        }
        Some(index)
    }

    /// A probe came back.
    pub fn probed(&mut self, now: Instant, index: usize, answers: bool) {
        let Some(endpoint) = self.endpoints.get_mut(index) else {
            return;
        };
        let Some(outage) = &mut endpoint.outage else {
            return;
        };
        if !answers {
            outage.pause = (outage.pause * 2).min(LAST_PROBE_PAUSE);
            outage.probe_at = Some(now + self.random.jitter(outage.pause));
            return;
        }
        self.mark_healthy(now, index);
    }

    /// A request is sent to an endpoint.
    pub fn sent(&mut self, now: Instant, index: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(index) {
            endpoint.in_flight += 1;
            if endpoint.in_flight == SILENT_REQUESTS {
                endpoint.silent_since = now;
            }
        }
    }

    /// A request that was sent then ended.
    pub fn ended(&mut self, now: Instant, index: usize, sent: Instant, signal: Signal) {
        let Some(endpoint) = self.endpoints.get_mut(index) else {
            return;
        };
        // Also of requests whose clients gave up.
        let silent = signal == Signal::Unknown && endpoint.is_silent(now);
        endpoint.in_flight = endpoint.in_flight.saturating_sub(1);
        match signal {
            Signal::Answered => {
                endpoint.failures = 0;
                endpoint.silent_since = now;
                // An answer to a request from before the outage does not end it.
                if endpoint
                    .outage
                    .as_ref()
                    .is_some_and(|outage| sent > outage.since)
                {
                    self.mark_healthy(now, index);
                }
            }
            Signal::Failed => {
                endpoint.failures += 1;
                if endpoint.failures >= FAILURES && endpoint.outage.is_none() {
                    self.mark_unhealthy(now, index);
                }
            }
            Signal::Unknown if silent => self.mark_unhealthy(now, index),
            Signal::Unknown => {}
        }
    }

    /// The endpoint gets new logins.
    pub fn is_healthy(&self, index: usize) -> bool {
        let endpoint = self.endpoints.get(index);
        endpoint.is_some_and(|endpoint| endpoint.outage.is_none())
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Vec<(usize, Change)> {
        std::mem::take(&mut self.changes)
    }

    fn mark_unhealthy(&mut self, now: Instant, index: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(index) {
            let pause = match endpoint.recovered {
                Some((at, pause)) if now.saturating_duration_since(at) < STABLE => {
                    (pause * 2).min(LAST_PROBE_PAUSE)
                }
                _ => FIRST_PROBE_PAUSE,
            };
            endpoint.outage = Some(Outage {
                since: now,
                pause,
                probe_at: Some(now + self.random.jitter(pause)),
            });
            self.changes.push((index, Change::Unhealthy));
        }
    }

    fn mark_healthy(&mut self, now: Instant, index: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(index)
            && let Some(outage) = endpoint.outage.take()
        {
            endpoint.recovered = Some((now, outage.pause));
            endpoint.failures = 0;
            // Requests from before do not count against it again.
            endpoint.silent_since = now;
            self.changes.push((index, Change::Healthy));
        }
    }
}

/// A change of an endpoint's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It gets no new logins from now on.
    Unhealthy,
    /// It gets new logins again.
    Healthy,
}

impl EndpointState {
    fn is_silent(&self, now: Instant) -> bool {
        let silence = now.saturating_duration_since(self.silent_since);
        self.outage.is_none() && self.in_flight >= SILENT_REQUESTS && silence > SILENCE
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
