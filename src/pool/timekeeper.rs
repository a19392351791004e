//! The thread that keeps the time of what waits: it starts what is due and ends what is overdue while
//! every worker sleeps or is busy.

use std::time::Instant;

use super::job::{Job, refuse};
use super::{PAUSE, Shared, State};
use crate::admission::Next;
use crate::failpoint::failpoint;
use crate::panics;
use crate::sync::{Arc, PoisonError};

/// The thread's state.
pub(super) enum Timekeeper {
    NotStarted,
    Awake,
    Asleep(Option<Instant>),
}

impl<J: Job> Shared<J> {
    /// Makes sure that what waits is looked after even if no worker comes back.
    pub(super) fn look_after(self: &Arc<Self>, state: &mut State<J>, now: Instant) {
        let until = state.admission.wake_at(self.can_run(state, now));
        let until = until.into_iter().chain(state.thread_may_be_had(now)).min();
        self.keep_time(state, until.map(|until| until.max(now)));
    }

    /// Makes sure that somebody is awake at this time.
    pub(super) fn keep_time(self: &Arc<Self>, state: &mut State<J>, at: Option<Instant>) {
        let Some(at) = at else {
            return;
        };
        match state.timekeeper {
            Timekeeper::NotStarted => {
                let shared = Arc::clone(self);
                let started = self.start_thread(state, "maws-time", move || shared.time());
                // Without it workers look when they have time, and the next one that waits tries again.
                if started.is_ok() {
                    state.timekeeper = Timekeeper::Awake;
                }
            }
            Timekeeper::Asleep(until) if until.is_none_or(|until| at < until) => {
                self.wake_timekeeper(state);
            }
            Timekeeper::Awake | Timekeeper::Asleep(_) => {}
        }
    }

    pub(super) fn wake_timekeeper(&self, state: &mut State<J>) {
        if let Timekeeper::Asleep(_) = state.timekeeper {
            state.timekeeper = Timekeeper::Awake;
            self.time.notify_one();
        }
    }

    fn time(self: &Arc<Self>) {
        let _panics_are_ours = panics::Inside::enter();
        self.in_spite_of_faults(|| self.keep_time_until_closed());
        self.state().timekeeper = Timekeeper::NotStarted;
        self.thread_gone.notify_all();
    }

    fn keep_time_until_closed(self: &Arc<Self>) {
        failpoint!(Timekeeper);
        let mut state = self.state();
        while !state.closed {
            let now = self.clock.now();
            let can_run = self.can_run(&state, now);
            match state.admission.next(now, can_run) {
                Next::Run(job) => {
                    drop(state);
                    state = self.start(now, job);
                }
                Next::Refuse(job, reason) => {
                    drop(state);
                    refuse(job, reason);
                    state = self.state();
                }
                Next::Wait(until) => {
                    let until = until.into_iter().chain(state.thread_may_be_had(now)).min();
                    state.timekeeper = Timekeeper::Asleep(until);
                    state = match until {
                        Some(until) => {
                            let left = until.saturating_duration_since(now);
                            let waited = self.time.wait_timeout(state, left);
                            waited.unwrap_or_else(PoisonError::into_inner).0
                        }
                        None => self
                            .time
                            .wait(state)
                            .unwrap_or_else(PoisonError::into_inner),
                    };
                    state.timekeeper = Timekeeper::Awake;
                }
            }
        }
        Self::refuse_late(state);
    }
}

impl<J: Job> State<J> {
    /// When a thread is asked for again, where one was refused and something waits: nobody else would
    /// find out that it can be had.
    fn thread_may_be_had(&self, now: Instant) -> Option<Instant> {
        let at = self.thread_refused? + PAUSE;
        (now < at && self.admission.waiting() > 0).then_some(at)
    }
}
