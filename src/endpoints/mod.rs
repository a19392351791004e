//! Which STS endpoint new logins sign for. Learns from the outcome of each request.

mod health;

use std::time::{Duration, Instant};

pub use self::health::Change;
use self::health::{Health, Signal};
use crate::aws::Answer;
use crate::ports::Attempt;
use crate::random::Random;
use crate::reason::Reason;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// An answer that is not there in less than this, or than most of a login's usual time, says nothing
/// of the endpoint: the login had too little time.
const FAIR_TIME: Duration = Duration::from_secs(1);

/// Endpoints that changed, and how.
pub type Changes = Vec<(usize, Change)>;

/// What is known of the endpoints, in order of preference.
#[derive(Debug)]
pub struct EndpointHealth {
    health: Mutex<Health>,
    count: usize,
}

impl EndpointHealth {
    /// All endpoints are healthy.
    pub fn new(now: Instant, count: usize, random: Random) -> EndpointHealth {
        EndpointHealth {
            health: Mutex::new(Health::new(now, count, random)),
            count,
        }
    }

    /// The endpoint for a new login, one that is to be probed now ([`EndpointHealth::probed`] must
    /// follow), and what changed.
    pub fn choose(&self, now: Instant) -> (usize, Option<usize>, Changes) {
        if self.count == 1 {
            return (0, None, Changes::new());
        }
        let mut health = self.health();
        let index = health.preferred(now);
        let probe = health.probe_due(now);
        (index, probe, health.take_changes())
    }

    /// The endpoint gets new logins.
    pub fn is_healthy(&self, index: usize) -> bool {
        self.health().is_healthy(index)
    }

    /// New logins have another endpoint to go to.
    pub fn has_other(&self, than: usize) -> bool {
        let health = self.health();
        (0..self.count).any(|index| index != than && health.is_healthy(index))
    }

    /// A probe came back.
    pub fn probed(&self, now: Instant, index: usize, answers: bool) -> Changes {
        let mut health = self.health();
        health.probed(now, index, answers);
        health.take_changes()
    }

    /// A request is sent to this endpoint; it is in flight until the guard ends or drops.
    pub fn request(&self, now: Instant, index: usize) -> SentRequest<'_> {
        if self.count > 1 {
            self.health().sent(now, index);
        }
        SentRequest {
            endpoints: self,
            index,
            sent: now,
            ended: false,
        }
    }

    fn ended(&self, now: Instant, request: &SentRequest<'_>, signal: Signal) -> Changes {
        if self.count == 1 {
            return Changes::new();
        }
        let mut health = self.health();
        health.ended(now, request.index, request.sent, signal);
        health.take_changes()
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in flight.
#[derive(Debug)]
pub struct SentRequest<'a> {
    endpoints: &'a EndpointHealth,
    index: usize,
    sent: Instant,
    ended: bool,
}

impl SentRequest<'_> {
    /// Learns from the attempt. `had` is the time that it had, `usual` the time that logins have.
    pub fn end(
        mut self,
        now: Instant,
        attempt: &Attempt,
        had: Duration,
        usual: Duration,
    ) -> Changes {
        self.ended = true;
        let fair = had >= FAIR_TIME.min(usual * 9 / 10);
        self.endpoints.ended(now, &self, signal(attempt, fair))
    }
}

impl Drop for SentRequest<'_> {
    /// After a panic.
    fn drop(&mut self) {
        if !self.ended {
            let _unchanged = self.endpoints.ended(self.sent, self, Signal::Unknown);
        }
    }
}

/// What an attempt says of its endpoint; `fair` if it had a fair time.
fn signal(attempt: &Attempt, fair: bool) -> Signal {
    match &attempt.result {
        Ok(Answer::Error(error)) if error.reason == Reason::StsFailing => Signal::Failed,
        Ok(_) => Signal::Answered,
        Err(_) if attempt.stale_connection => Signal::Unknown,
        Err(_) if attempt.timed_out && !fair => Signal::Unknown,
        Err(failure) if may_be_of_client(failure.reason, attempt.status) => Signal::Unknown,
        Err(_) => Signal::Failed,
    }
}

/// What the client sent, or who it is, may be the reason of this failure.
fn may_be_of_client(reason: Reason, status: Option<u16>) -> bool {
    use Reason::*;
    match reason {
        ArnMalformed | AccountMismatch | UserIdMissing => true,
        ShuttingDown | Cancelled | Internal => true,
        // A web server before STS says so without an answer of STS (RFC 9110, section 15.5; RFC 6585,
        // section 5): it did not like the token, or found it too long.
        _ => matches!(status, Some(400 | 413 | 431)),
    }
}
