//! What workers run.

use std::time::Duration;

use crate::reason::Failure;
use crate::throttle::{Done, Queued};

/// One login's work.
pub trait Job: Queued + Send + 'static {
    /// What it ends with.
    type Outcome;
    /// Does the work. Blocks on the network. A panic ends the job, not the worker.
    fn run(&mut self) -> Ran<Self::Outcome>;
    /// Nobody waits for the outcome any more. Does not block.
    fn is_cancelled(&self) -> bool;
    /// Reports the outcome. May run a callback of the host, and block there.
    fn finish(self, outcome: Self::Outcome);
    /// Reports that the job was not run, or that a fault ended it. As [`Job::finish`].
    fn refuse(self, failure: Failure);
}

/// How a job ran.
#[derive(Debug)]
pub struct Ran<O> {
    /// For the throttle.
    pub done: Done,
    /// What is to be done with the job.
    pub then: Then<O>,
}

/// What is to be done with a job that ran.
#[derive(Debug)]
pub enum Then<O> {
    /// Report this outcome.
    Finish(O),
    /// Run it again after a pause; without one, as soon as its account's limiter lets it.
    Retry(Option<Duration>),
    /// Nothing: it was cancelled.
    Drop,
}

impl<O> Ran<O> {
    /// A job that ran.
    pub fn new(done: Done, then: Then<O>) -> Ran<O> {
        Ran { done, then }
    }
}

/// Work that belongs to no login.
pub type Errand = Box<dyn FnOnce() + Send>;
