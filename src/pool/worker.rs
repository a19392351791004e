//! What a worker does from its first job to its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::desk::{Desk, Paper};
use super::job::{Job, Ran, refuse};
use super::{Shared, State};
use crate::admission::{Done, Key, Next};
use crate::failpoint::failpoint;
use crate::panics;
use crate::sync::{Arc, MutexGuard, thread};

impl<J: Job> Shared<J> {
    pub(super) fn work(self: &Arc<Self>, desk: &Arc<Desk<J>>) {
        let _panics_are_ours = panics::Inside::enter();
        let mut counted_out = CountedOut {
            shared: self,
            first: desk.job(J::key),
            leaving: false,
        };
        failpoint!(WorkerStart);
        let mut client = self.sts.client();
        counted_out.first = None;
        let mut next = desk.take_back();
        loop {
            let job = match next {
                Paper::Job(job) => job,
                Paper::Errand(errand) => {
                    if catch_unwind(AssertUnwindSafe(|| errand(&mut *client))).is_err() {
                        (self.faults)(panics::failure());
                        client = self.sts.client();
                    }
                    next = self.next_job(self.state(), self.clock.now(), desk);
                    continue;
                }
                Paper::None | Paper::GoHome => {
                    counted_out.leaving = true;
                    break;
                }
            };
            let key = job.key();
            let given_out = self.clock.now();
            let ran = catch_unwind(AssertUnwindSafe(|| job.run(&mut *client)));
            let ran = ran.unwrap_or_else(|_| {
                client = self.sts.client();
                Ran::failed(given_out)
            });
            let now = self.clock.now();
            let mut state = self.state();
            state.thread_refused = None;
            state.admission.done(now, key, ran.done);
            if let Some((job, pause)) = ran.again {
                state.admission.again(now, job, pause);
            }
            next = self.next_job(state, now, desk);
        }
    }

    /// Waits for what to do next.
    fn next_job<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State<J>>,
        now: Instant,
        desk: &Arc<Desk<J>>,
    ) -> Paper<J> {
        loop {
            if state.closed {
                state.leave(1);
                Self::refuse_late(state);
                return Paper::GoHome;
            }
            match state.admission.next(now, true) {
                Next::Run(job) => {
                    // Another may be due before this one is back.
                    self.look_after(&mut state, now);
                    return Paper::Job(job);
                }
                Next::Refuse(job, reason) => {
                    drop(state);
                    refuse(job, reason);
                    state = self.state();
                }
                Next::Wait(until) => {
                    self.keep_time(&mut state, until);
                    if state.threads > self.lasting_threads(&state) {
                        state.leave(1);
                        return Paper::GoHome;
                    }
                    state.idle.push(Arc::clone(desk));
                    drop(state);
                    return desk.wait();
                }
            }
        }
    }
}

/// Counts a worker out as it leaves, also by a panic; its last act.
struct CountedOut<'a, J: Job> {
    shared: &'a Shared<J>,
    /// Of the job that it was started for, until it has begun with that.
    first: Option<Key>,
    /// It is counted as leaving already.
    leaving: bool,
}

impl<J: Job> Drop for CountedOut<'_, J> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.shared.faults)(panics::failure());
        }
        let mut state = self.shared.state();
        if let Some(key) = self.first {
            let now = self.shared.clock.now();
            state.admission.done(now, key, Done::unsent(now));
        }
        if self.leaving {
            state.leaving -= 1;
        } else {
            state.threads -= 1;
            // Nobody else may be awake for what waits.
            self.shared.wake_timekeeper(&mut state);
        }
        drop(state);
        self.shared.thread_gone.notify_all();
    }
}
