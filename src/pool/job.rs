//! What a worker works at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::admission::{Done, Verdict, Waiting};
use crate::ports::{Resting, Sts, StsClient};
use crate::reason::Reason;

/// Work for a worker.
pub trait Job: Waiting + Send + Sized + 'static {
    /// Does the work. A panic ends with the job: the worker goes on with a new client.
    fn run(self, client: &mut dyn StsClient) -> Ran<Self>;
    /// A connection over which the job can be sent without a worker.
    fn ready(&self, _: &dyn Sts) -> Option<Box<dyn Resting>> {
        None
    }
    /// Sends it over that, without waiting; whoever takes the answer does the rest, `over` included.
    /// A panic ends with the job.
    fn send(self, over: Box<dyn Resting>, then: impl FnOnce(Sent<Self>) + Send + 'static);
    /// The job is not to be run: its time is over, there is too much to do, or the pool is closed.
    fn refuse(self, reason: Reason);
}

/// Work that is no login's and that nothing waits for.
pub type Errand = Box<dyn FnOnce(&mut dyn StsClient) + Send>;

/// How a job ran.
#[derive(Debug)]
pub struct Ran<J> {
    /// For the admission of others.
    pub done: Done,
    /// The job, if it is to be sent again, and the pause before that; without a pause as soon as its
    /// key's quota lets it.
    pub again: Option<(J, Option<Duration>)>,
}

/// What came of a job that was sent without a worker.
#[derive(Debug)]
pub enum Sent<J> {
    /// As if a worker had run it.
    Ran(Ran<J>),
    /// It needs a worker to go on.
    ForWorker(J),
}

/// Refuses the job. A host's callback may run inside, and a fault in it costs no thread.
pub fn refuse<J: Job>(job: J, reason: Reason) {
    // The job has told its login of the fault.
    let _told = catch_unwind(AssertUnwindSafe(|| job.refuse(reason)));
}

impl<J> Ran<J> {
    /// The job is over; no answer of STS came of it.
    pub(super) fn failed(since: Instant) -> Ran<J> {
        Ran {
            done: Done {
                verdict: Verdict::Failed,
                sent: since,
                took: Duration::ZERO,
            },
            again: None,
        }
    }
}
