//! The place of one idle worker.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Where an idle worker waits and finds its next job.
pub struct Desk<J> {
    paper: Mutex<Paper<J>>,
    laid: Condvar,
}

pub enum Paper<J> {
    None,
    Job(J),
    GoHome,
}

impl<J> Desk<J> {
    /// A desk with a first job.
    pub fn with(job: J) -> Desk<J> {
        Desk {
            paper: Mutex::new(Paper::Job(job)),
            laid: Condvar::new(),
        }
    }

    fn paper(&self) -> MutexGuard<'_, Paper<J>> {
        self.paper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the worker whose desk it is.
    pub fn lay(&self, paper: Paper<J>) {
        *self.paper() = paper;
        self.laid.notify_one();
    }

    /// The job, if one lies here.
    pub fn take_back(&self) -> Option<J> {
        match std::mem::replace(&mut *self.paper(), Paper::None) {
            Paper::Job(job) => Some(job),
            Paper::None | Paper::GoHome => None,
        }
    }

    /// Waits for a job; none means that the worker is to leave.
    pub fn wait(&self) -> Option<J> {
        let mut paper = self.paper();
        loop {
            match std::mem::replace(&mut *paper, Paper::None) {
                Paper::Job(job) => return Some(job),
                Paper::GoHome => return None,
                Paper::None => {
                    paper = self
                        .laid
                        .wait(paper)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}
