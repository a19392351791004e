//! Which STS endpoint new logins are sent to: health learnt from outcomes. Pure; the clock is passed
//! in.
//!
//! Only what is not the client's fault counts against an endpoint. One that is down gets no new
//! logins; it is asked again by probes that are no login, after pauses that grow, for as long as
//! there are logins at all.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::admission::Random;

/// Failures in a row that take an endpoint down.
const FAILURES: u32 = 5;
/// Requests that wait for so long, without any of them being answered, take it down too.
const SILENCE: Duration = Duration::from_millis(1500);
/// How many it takes for that: one alone may be unlucky.
const SILENT_REQUESTS: usize = 2;
/// One that goes down again so soon after it came up was not well: its next probe takes longer.
const STEADY: Duration = Duration::from_secs(60);
/// Pause before the first probe, doubled up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// What a request tells of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It answered, be it with a refusal or by throttling.
    Alive,
    /// It failed, or gave no answer in good time.
    Failing,
    /// Nothing can be told.
    None,
}

/// The health of all endpoints, in order of preference.
#[derive(Debug)]
pub struct Health {
    endpoints: Vec<Endpoint>,
    random: Random,
    /// Not yet told.
    changes: Vec<(usize, Change)>,
}

#[derive(Debug)]
struct Endpoint {
    failures: u32,
    /// Requests that wait for an answer.
    out: usize,
    /// Since when that many wait without any being answered; of no meaning while fewer do.
    silent_since: Instant,
    down: Option<Down>,
    /// When it came up last and the pause that it was down with, if it has ever been down.
    came_up: Option<(Instant, Duration)>,
}

#[derive(Debug)]
struct Down {
    since: Instant,
    pause: Duration,
    /// When the next probe may go; none while one is out.
    probe_at: Option<Instant>,
}

impl Health {
    /// All are up.
    pub fn new(now: Instant, endpoints: usize, random: Random) -> Health {
        let up = |_| Endpoint {
            failures: 0,
            out: 0,
            silent_since: now,
            down: None,
            came_up: None,
        };
        Health {
            endpoints: (0..endpoints).map(up).collect(),
            random,
            changes: Vec::new(),
        }
    }

    /// Where a new login is to go: the first that is up. Where none is, the one with the best
    /// prospects: probed in vain the least, and down for the shortest time.
    pub fn preferred(&mut self, now: Instant) -> usize {
        for index in 0..self.endpoints.len() {
            let is_silent = self.endpoints.get(index).is_some_and(|e| e.is_silent(now));
            if is_silent {
                self.take_down(now, index);
            }
        }
        let prospects = |(_, endpoint): &(usize, &Endpoint)| {
            let down = endpoint.down.as_ref();
            down.map(|down| (down.pause, Reverse(down.since)))
        };
        let best = self.endpoints.iter().enumerate().min_by_key(prospects);
        best.map_or(0, |(index, _)| index)
    }

    /// An endpoint that is to be probed now; [`Health::probed`] must follow.
    pub fn probe_due(&mut self, now: Instant) -> Option<usize> {
        let due = |e: &Endpoint| {
            let probe_at = e.down.as_ref().and_then(|down| down.probe_at);
            probe_at.is_some_and(|at| at <= now)
        };
        let index = self.endpoints.iter().position(due)?;
        if let Some(down) = self.endpoints.get_mut(index).and_then(|e| e.down.as_mut()) {
            down.probe_at = None;
        }
        Some(index)
    }

    /// A probe came back.
    pub fn probed(&mut self, now: Instant, index: usize, alive: bool) {
        let Some(endpoint) = self.endpoints.get_mut(index) else {
            return;
        };
        let Some(down) = &mut endpoint.down else {
            return;
        };
        if !alive {
            down.pause = (down.pause * 2).min(LAST_PAUSE);
            down.probe_at = Some(now + self.random.jitter(down.pause));
            return;
        }
        self.bring_up(now, index);
    }

    /// A request goes to an endpoint.
    pub fn sent(&mut self, now: Instant, index: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(index) {
            endpoint.out += 1;
            if endpoint.out == SILENT_REQUESTS {
                endpoint.silent_since = now;
            }
        }
    }

    /// A request that was sent then is over.
    pub fn ended(&mut self, now: Instant, index: usize, sent: Instant, sign: Sign) {
        let Some(endpoint) = self.endpoints.get_mut(index) else {
            return;
        };
        endpoint.out = endpoint.out.saturating_sub(1);
        match sign {
            Sign::Alive => {
                endpoint.failures = 0;
                endpoint.silent_since = now;
                // An answer to what was asked before the endpoint went down may be long in coming.
                if endpoint.down.as_ref().is_some_and(|down| sent > down.since) {
                    self.bring_up(now, index);
                }
            }
            Sign::Failing => {
                endpoint.failures += 1;
                if endpoint.failures >= FAILURES && endpoint.down.is_none() {
                    self.take_down(now, index);
                }
            }
            Sign::None => {}
        }
    }

    /// The endpoint gets new logins.
    pub fn is_up(&self, index: usize) -> bool {
        let endpoint = self.endpoints.get(index);
        endpoint.is_some_and(|endpoint| endpoint.down.is_none())
    }

    /// What changed since this was asked last: the endpoints and how.
    pub fn take_changes(&mut self) -> Vec<(usize, Change)> {
        std::mem::take(&mut self.changes)
    }

    fn take_down(&mut self, now: Instant, index: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(index) {
            let pause = match endpoint.came_up {
                Some((at, pause)) if now.saturating_duration_since(at) < STEADY => {
                    (pause * 2).min(LAST_PAUSE)
                }
                _ => FIRST_PAUSE,
            };
            endpoint.down = Some(Down {
                since: now,
                pause,
                probe_at: Some(now + self.random.jitter(pause)),
            });
            self.changes.push((index, Change::Down));
        }
    }

    fn bring_up(&mut self, now: Instant, index: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(index)
            && let Some(down) = endpoint.down.take()
        {
            endpoint.came_up = Some((now, down.pause));
            endpoint.failures = 0;
            // What is out from before is not held against it again.
            endpoint.silent_since = now;
            self.changes.push((index, Change::Up));
        }
    }
}

/// A change of an endpoint's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It gets no new logins from now on.
    Down,
    /// It gets new logins again.
    Up,
}

impl Endpoint {
    fn is_silent(&self, now: Instant) -> bool {
        let silence = now.saturating_duration_since(self.silent_since);
        self.down.is_none() && self.out >= SILENT_REQUESTS && silence > SILENCE
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
