//! The place of one idle worker.

use super::job::Errand;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Where an idle worker waits and finds its next job.
pub struct Desk<J> {
    paper: Mutex<Paper<J>>,
    laid: Condvar,
}

pub enum Paper<J> {
    None,
    Job(J),
    Errand(Errand),
    GoHome,
}

impl<J> Desk<J> {
    /// A desk with something on it.
    pub fn with(paper: Paper<J>) -> Desk<J> {
        Desk {
            paper: Mutex::new(paper),
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

    /// The job that lies here.
    pub fn job<T>(&self, about: impl FnOnce(&J) -> T) -> Option<T> {
        match &*self.paper() {
            Paper::Job(job) => Some(about(job)),
            _ => None,
        }
    }

    /// What lies here.
    pub fn take_back(&self) -> Paper<J> {
        std::mem::replace(&mut *self.paper(), Paper::None)
    }

    /// Waits until something lies here.
    pub fn wait(&self) -> Paper<J> {
        let mut paper = self.paper();
        while let Paper::None = *paper {
            paper = self
                .laid
                .wait(paper)
                .unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::replace(&mut *paper, Paper::None)
    }
}
