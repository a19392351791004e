//! What workers run.

use std::time::Duration;

use crate::reason::Failure;
use crate::throttle::{Done, Queued};

/// One login's work.
pub trait Job: Queued + Send + 'static {
    /// What it ends with.
    type Outcome;
    /// Does the work. Blocks on the network, and calls no callback of the host. A panic ends the job,
    /// not the worker.
    fn run(&mut self) -> Ran<Self::Outcome>;
    /// Logs what happened in it. May run callbacks of the host, and block there.
    fn report(&mut self);
    /// Nobody waits for the outcome any more. Does not block.
    fn is_cancelled(&self) -> bool;
    /// Hands over the outcome. As [`Job::report`].
    fn finish(self, outcome: Self::Outcome);
    /// Hands over that the job was not run, or that a fault ended it. As [`Job::report`].
    fn refuse(self, failure: Failure);
}

/// How a job ran.
#[derive(Debug)]
pub struct Ran<O> {
    /// For the throttle.
    pub done: Done,
    /// What is to be done with the job, unless it was cancelled.
    pub then: Then<O>,
}

/// What is to be done with a job that ran.
#[derive(Debug)]
pub enum Then<O> {
    /// Hand over this outcome.
    Finish(O),
    /// Run it again after a pause; without one, as soon as its account's limiter lets it.
    Retry(Option<Duration>),
}

/// Work that belongs to no login.
pub type Errand = Box<dyn FnOnce() + Send>;
