//! What goes into the throttle and comes out of it.

use std::time::{Duration, Instant};

use crate::reason::Reason;

/// What STS counts its quota by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which endpoint, counted from 0.
    pub endpoint: usize,
    /// Which account of the client, as far as its access key id tells.
    pub account: u64,
}

/// A job that can wait for its turn.
pub trait Queued {
    /// Where its request goes, and for which account.
    fn key(&self) -> Key;
    /// When it ends without an answer.
    fn deadline(&self) -> Instant;
    /// Its client as an evenly spread hash: a refused login harms all logins of the same client.
    fn client(&self) -> u64;
}

/// Bounds of the throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    /// Most requests in flight to one endpoint.
    pub in_flight: usize,
    /// Most queued jobs of one endpoint, and of each throttled account.
    pub queue: usize,
}

/// How a job that was given out ended.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// What STS did with its request.
    pub verdict: Verdict,
    /// When the request was sent.
    pub sent: Instant,
    /// How long it was in flight; zero if nothing was sent.
    pub took: Duration,
}

impl Done {
    /// Nothing was sent.
    pub fn unsent(now: Instant) -> Done {
        Done {
            verdict: Verdict::Unsent,
            sent: now,
            took: Duration::ZERO,
        }
    }
}

/// What STS did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered, be it with a refusal.
    Answered,
    /// It throttled.
    Throttled,
    /// It failed or sent no answer.
    Failed,
    /// It got no request.
    Unsent,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<J> {
    /// Send this job, by its id; [`Throttle::done`] must follow.
    ///
    /// [`Throttle::done`]: super::Throttle::done
    Run(u64, J),
    /// End this job, for this reason.
    Refuse(J, Reason),
    /// Nothing before this time, unless a job is submitted, done or retried.
    Wait(Option<Instant>),
}
