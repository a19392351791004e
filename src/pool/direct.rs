//! Jobs that no worker waits with: their requests are sent by whoever hands them over, where a
//! connection rests, and one thread takes the answers of all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::desk::Paper;
use super::job::{Job, Ran, Sent, refuse};
use super::{Shared, State};
use crate::admission::{Key, Next};
use crate::panics;
use crate::reason::Reason;
use crate::sync::{Arc, MutexGuard};

/// Between two tries to have a thread that takes answers.
const PAUSE: Duration = Duration::from_secs(1);

/// The thread that takes answers.
pub(super) enum Taker {
    NotStarted,
    Runs,
    /// It could not work, and is tried again after this time; until then nothing is sent without a
    /// worker.
    Failed(Instant),
}

/// A job that was sent is under way until this is told what came of it, or drops.
struct UnderWay<J: Job> {
    shared: Arc<Shared<J>>,
    key: Key,
    over: bool,
}

impl<J: Job> UnderWay<J> {
    fn over(mut self, sent: Sent<J>) {
        self.over = true;
        self.shared.came_back(self.key, sent);
    }
}

impl<J: Job> Drop for UnderWay<J> {
    fn drop(&mut self) {
        if !self.over {
            let now = self.shared.clock.now();
            let mut state = self.shared.state();
            let failed = Ran::<J>::failed(now);
            state.admission.done(now, self.key, failed.done);
            // Nobody else may be awake for what waits.
            self.shared.wake_timekeeper(&mut state);
        }
    }
}

impl<J: Job> Shared<J> {
    /// Without it jobs go to workers, and the next one that is handed over tries again.
    pub(super) fn start_taker(self: &Arc<Self>, state: &mut State<J>, now: Instant) {
        let is_due = match state.taker {
            Taker::NotStarted => true,
            Taker::Runs => false,
            Taker::Failed(again) => now >= again,
        };
        if is_due {
            let shared = Arc::clone(self);
            let started = self.start_thread(state, "maws-answers", move || shared.take_answers());
            if started.is_ok() {
                state.taker = Taker::Runs;
            }
        }
    }

    fn take_answers(self: &Arc<Self>) {
        let _panics_are_ours = panics::Inside::enter();
        // A fault costs the login whose answer it was; the others' answers are taken still.
        self.in_spite_of_faults(|| self.sts.take_answers());
        self.state().taker = Taker::Failed(self.clock.now() + PAUSE);
        self.thread_gone.notify_all();
    }

    /// Sends what was given out, or gives it back.
    pub(super) fn send(self: &Arc<Self>, job: J) -> Option<J> {
        let ready = catch_unwind(AssertUnwindSafe(|| job.ready(&*self.sts)));
        let resting = ready.unwrap_or_else(|_| {
            (self.faults)(panics::failure());
            None
        });
        let Some(resting) = resting else {
            return Some(job);
        };
        let under_way = UnderWay {
            shared: Arc::clone(self),
            key: job.key(),
            over: false,
        };
        let over = move |sent| under_way.over(sent);
        // The job has told its login of the fault.
        let _told = catch_unwind(AssertUnwindSafe(|| job.send(resting, over)));
        None
    }

    fn came_back(self: &Arc<Self>, key: Key, sent: Sent<J>) {
        let now = self.clock.now();
        let mut state = self.state();
        match sent {
            Sent::Ran(ran) => {
                state.admission.done(now, key, ran.done);
                if let Some((job, pause)) = ran.again {
                    state.admission.again(now, job, pause);
                }
            }
            Sent::ForWorker(job) => {
                self.hand_to_worker(&mut state, now, job);
                if !state.closed {
                    // It is under way still: no other may start in its place. Or it waits, where no
                    // worker could be had.
                    self.look_after(&mut state, now);
                    return;
                }
            }
        }
        self.go_on(state, now);
    }

    /// Starts what is due.
    fn go_on<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State<J>>, now: Instant) {
        loop {
            if state.closed {
                return Self::refuse_late(state);
            }
            let can_run = self.can_run(&state, now);
            match state.admission.next(now, can_run) {
                Next::Run(job) => {
                    self.look_after(&mut state, now);
                    drop(state);
                    state = self.start(now, job);
                }
                Next::Refuse(job, reason) => {
                    drop(state);
                    refuse(job, reason);
                    state = self.state();
                }
                Next::Wait(_) => {
                    self.look_after(&mut state, now);
                    return;
                }
            }
        }
    }

    /// Sends what was given out, or has a worker run it.
    pub(super) fn start<'a>(self: &'a Arc<Self>, now: Instant, job: J) -> MutexGuard<'a, State<J>> {
        let unsent = self.send(job);
        let mut state = self.state();
        if let Some(job) = unsent {
            self.hand_to_worker(&mut state, now, job);
        }
        state
    }

    /// Refuses what came back after the pool was closed.
    pub(super) fn refuse_late(mut state: MutexGuard<'_, State<J>>) {
        let late = state.admission.drain();
        drop(state);
        let refuse = |job| refuse(job, Reason::ShuttingDown);
        late.into_iter().for_each(refuse);
    }

    /// Has a worker run what was given out, as soon as there is one.
    fn hand_to_worker(self: &Arc<Self>, state: &mut State<J>, now: Instant, job: J) {
        if state.closed {
            state.admission.put_back(now, job);
        } else if let Some(desk) = state.idle.pop() {
            desk.lay(Paper::Job(job));
        } else if let Err(Paper::Job(job)) = self.start_worker(state, Paper::Job(job)) {
            state.admission.put_back(now, job);
        }
    }
}
