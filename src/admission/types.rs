//! What goes in and out of the admission.

use std::time::{Duration, Instant};

use crate::reason::Reason;

/// What STS counts its quota by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which endpoint, counted from 0.
    pub endpoint: usize,
    /// Which account of the client, as far as that can be told beforehand.
    pub account: u64,
}

/// Something that waits for its turn.
pub trait Waiting {
    /// Where it goes and for whom.
    fn key(&self) -> Key;
    /// When its time is over.
    fn deadline(&self) -> Instant;
    /// Whose it is, as a hash that is spread evenly: a refusal of one harms all of the same client.
    fn client(&self) -> u64;
    /// Somebody still waits for its outcome.
    fn is_wanted(&self) -> bool;
}

/// How much there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Most requests under way to one endpoint.
    pub requests: usize,
    /// Most that wait.
    pub waiting: usize,
}

/// How a job that was given out has come back.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// What STS made of its request.
    pub verdict: Verdict,
    /// When the request was sent.
    pub sent: Instant,
    /// How long its place was taken; zero where nothing was sent.
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

/// What STS made of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered, be it with a refusal.
    Answered,
    /// It throttled.
    Throttled,
    /// It failed or gave no answer.
    Failed,
    /// It was not asked.
    Unsent,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<J> {
    /// Send this; [`Admission::done`] must follow.
    Run(J),
    /// End this, for this reason.
    Refuse(J, Reason),
    /// Nothing before this time, unless something is submitted or done.
    Wait(Option<Instant>),
}
