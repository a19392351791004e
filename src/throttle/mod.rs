//! Which queued verification goes to STS next, and when. Pure: the clock is passed in, so that the
//! simulation of a fleet runs this same code.
//!
//! Each endpoint has a first-come queue and a limit of requests in flight: a silent endpoint delays
//! no login to another one. STS counts its quota per endpoint and account of the client: an account
//! that it throttles gets a limiter with a queue of its own, so that its storm delays no other account.
//! Refusing is the last resort, because a driver closes its whole connection pool when one login is
//! refused, and logs in again: what can be in time is queued, and a refusal comes after a pause.

mod limiter;
mod queue;
mod share;
mod types;

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use self::limiter::Limiter;
use self::queue::{End, Queue};
use self::share::Load;
pub use self::types::{Done, Key, Next, Queued, ThrottleLimits, Verdict};
pub use crate::random::Random;
use crate::reason::Reason;

/// Most limiters; beyond, an empty one makes room that was not throttled for the longest.
const MOST_LIMITERS: usize = 256;
/// Longest that STS takes for an answer when it works.
const LONGEST_ANSWER: Duration = Duration::from_secs(1);
/// With so much time left a job without a limiter is always sent, however slow STS was: only a new
/// answer shows that it has recovered. Half of the shortest awsStsTimeoutMs.
const ENOUGH_TIME: Duration = Duration::from_millis(250);
/// Pause of a throttled request for which there is no room for a limiter.
const PAUSE_WITHOUT_LIMITER: Duration = Duration::from_millis(500);
/// Time from the arrival of a login to its refusal for overload.
const REFUSAL_PAUSE: (Duration, Duration) =
    (Duration::from_millis(500), Duration::from_millis(1500));

/// All queued jobs.
#[derive(Debug)]
pub struct Throttle<J> {
    created: Instant,
    limits: ThrottleLimits,
    endpoints: Vec<EndpointQueue>,
    limiters: HashMap<Key, Limiter>,
    entries: HashMap<u64, Entry<J>>,
    /// When each entry expires, ends its pause or is refused.
    timers: BTreeSet<(Instant, u64)>,
    random: Random,
    last_id: u64,
    /// A limiter had the last turn.
    limited_was_last: bool,
    /// Entries that are to be refused.
    refused: usize,
}

#[derive(Debug)]
struct EndpointQueue {
    queue: Queue,
    in_flight: usize,
    /// How long a request takes, smoothed; zero before the first answer.
    usual_answer: Duration,
}

#[derive(Debug)]
struct Entry<J> {
    job: J,
    timer: Instant,
    state: EntryState,
}

#[derive(Clone, Copy, Debug)]
enum EntryState {
    /// In the queue of its limiter or its endpoint, until its deadline.
    Queued { limited: bool, position: i64 },
    /// Joins its queue at the front when the timer fires, unless that is its deadline.
    Paused,
    /// Is refused when the timer fires, unless there is room by then.
    Refused(Reason),
}

impl<J: Queued> Throttle<J> {
    /// A throttle without jobs.
    pub fn new(
        now: Instant,
        endpoints: usize,
        limits: ThrottleLimits,
        random: Random,
    ) -> Throttle<J> {
        let endpoint = |_| EndpointQueue {
            queue: Queue::new(now),
            in_flight: 0,
            usual_answer: Duration::ZERO,
        };
        Throttle {
            created: now,
            limits,
            endpoints: (0..endpoints).map(endpoint).collect(),
            limiters: HashMap::new(),
            entries: HashMap::new(),
            timers: BTreeSet::new(),
            random,
            last_id: 0,
            limited_was_last: false,
            refused: 0,
        }
    }

    /// Queues a job. Its id stays the same until the job ends.
    pub fn submit(&mut self, now: Instant, job: J) -> u64 {
        self.last_id += 1;
        let key = job.key();
        if self.limiters.get(&key).is_some_and(|l| l.is_quiet(now)) {
            self.limiters.remove(&key);
        }
        match self.obstacle(now, &job) {
            None => self.enqueue(self.last_id, job, End::Back),
            Some(reason) => self.refuse_later(now, self.last_id, job, reason),
        }
        self.last_id
    }

    /// What to do now.
    pub fn next(&mut self, now: Instant) -> Next<J> {
        while let Some(&(at, id)) = self.timers.first()
            && at <= now
            && let Some(entry) = self.take(id)
        {
            let job = entry.job;
            match entry.state {
                EntryState::Refused(reason) => match self.obstacle(now, &job) {
                    None if reason != Reason::Internal => self.enqueue(id, job, End::Back),
                    _ => return Next::Refuse(job, reason),
                },
                EntryState::Paused if job.deadline() > now => self.enqueue(id, job, End::Front),
                EntryState::Paused => return Next::Refuse(job, Reason::VerificationTimeout),
                EntryState::Queued { .. } => return self.expire(job),
            }
        }
        if let Some(id) = self.first(now)
            && let Some(entry) = self.take(id)
        {
            return self.give_out(now, id, entry.job);
        }
        Next::Wait(self.wake_at())
    }

    /// A job that was given out has ended, or is about to be retried.
    pub fn done(&mut self, now: Instant, key: Key, done: Done) {
        if let Some(endpoint) = self.endpoints.get_mut(key.endpoint) {
            endpoint.in_flight = endpoint.in_flight.saturating_sub(1);
            endpoint.took(done.took);
        }
        match (done.verdict, self.limiters.get_mut(&key)) {
            (Verdict::Throttled, None) => self.open_limiter(now, key),
            (Verdict::Throttled, Some(l)) => l.throttled(now, done.sent, &mut self.random),
            (Verdict::Answered, Some(limiter)) => limiter.answered(done.sent),
            _ => {}
        }
    }

    /// Queues a job again after [`Throttle::done`]: after a pause, or without one at the front of its
    /// limiter's queue.
    pub fn retry(&mut self, now: Instant, id: u64, job: J, pause: Option<Duration>) {
        let pause = match pause {
            None if self.limiters.contains_key(&job.key()) => {
                return self.enqueue(id, job, End::Front);
            }
            pause => pause.unwrap_or(PAUSE_WITHOUT_LIMITER),
        };
        let until = now + self.random.jitter(pause);
        self.insert(id, job, until, EntryState::Paused);
    }

    /// Takes a job out, if it is here: in a queue, in a pause or about to be refused.
    pub fn remove(&mut self, id: u64) -> Option<J> {
        self.take(id).map(|entry| entry.job)
    }

    /// Changes the limits; what is queued stays.
    pub fn set_limits(&mut self, limits: ThrottleLimits) {
        self.limits = limits;
    }

    /// Takes all jobs out.
    pub fn drain(&mut self) -> Vec<J> {
        let ids: Vec<u64> = self.entries.keys().copied().collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// How many jobs wait for their turn.
    pub fn queued(&self) -> usize {
        self.entries.len() - self.refused
    }

    /// How many accounts are throttled, or were not long ago.
    pub fn limited_accounts(&self, now: Instant) -> usize {
        let limiters = self.limiters.values();
        limiters.filter(|limiter| !limiter.is_quiet(now)).count()
    }

    /// When [`Throttle::next`] has something to give out unless something happens before.
    pub fn wake_at(&self) -> Option<Instant> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let endpoint = self.endpoints.iter().find(|e| self.has_turn(e));
        let limited = self
            .waiting_limiters()
            .map(|(_, limiter)| limiter.ready_at());
        let limited = limited.min();
        let due = endpoint.map(|_| self.created);
        due.into_iter().chain(timer).chain(limited).min()
    }

    /// The job whose turn it is: of limiters the one that is due longest, of endpoints the oldest. Where
    /// there are both they take turns, so that neither delays the other.
    fn first(&mut self, now: Instant) -> Option<u64> {
        self.sort_into_limiters();
        let due = self.waiting_limiters().filter(|(_, l)| l.ready_at() <= now);
        let limited = due.min_by_key(|(_, limiter)| limiter.ready_at());
        let limited = limited.and_then(|(_, limiter)| limiter.queue.first());
        let endpoints = self.endpoints.iter().filter(|e| self.has_turn(e));
        let unlimited = endpoints.filter_map(|e| e.queue.first()).min();
        let limited_turn = limited.is_some() && !(self.limited_was_last && unlimited.is_some());
        let id = if limited_turn { limited } else { unlimited }?;
        self.limited_was_last = limited_turn;
        Some(id)
    }

    /// Moves jobs at the head of an endpoint's queue to the limiter that their account has got since.
    fn sort_into_limiters(&mut self) {
        for endpoint in &mut self.endpoints {
            while let Some(id) = endpoint.queue.first()
                && let Some(entry) = self.entries.get_mut(&id)
                && let Some(limiter) = self.limiters.get_mut(&entry.job.key())
                && let EntryState::Queued { position, .. } = entry.state
            {
                let client = entry.job.client();
                endpoint.queue.remove(position, client);
                entry.state = EntryState::Queued {
                    limited: true,
                    position: limiter.queue.push(End::Back, id, client),
                };
            }
        }
    }

    fn has_room(&self, endpoint: &EndpointQueue) -> bool {
        endpoint.in_flight < self.limits.in_flight
    }

    fn has_turn(&self, endpoint: &EndpointQueue) -> bool {
        self.has_room(endpoint) && !endpoint.queue.is_empty()
    }

    /// Limiters that have a job and room for its request.
    fn waiting_limiters(&self) -> impl Iterator<Item = (&Key, &Limiter)> {
        self.limiters.iter().filter(|(key, limiter)| {
            let endpoint = self.endpoints.get(key.endpoint);
            !limiter.queue.is_empty() && endpoint.is_some_and(|e| self.has_room(e))
        })
    }

    /// Counts the job as in flight, unless its answer could not be in time.
    fn give_out(&mut self, now: Instant, id: u64, job: J) -> Next<J> {
        let key = job.key();
        let left = job.deadline().saturating_duration_since(now);
        if let Some(endpoint) = self.endpoints.get_mut(key.endpoint) {
            let usual = endpoint.usual_answer.min(LONGEST_ANSWER);
            // A request that is counted against a quota is not spent on an answer that may come too late.
            let least = match self.limiters.contains_key(&key) {
                true => usual,
                false => (usual / 2).min(ENOUGH_TIME),
            };
            if left < least {
                return self.expire(job);
            }
            endpoint.in_flight += 1;
        }
        if let Some(limiter) = self.limiters.get_mut(&key) {
            limiter.start(now);
        }
        Next::Run(id, job)
    }

    /// Ends a queued job for lack of time.
    fn expire(&self, job: J) -> Next<J> {
        let reason = match self.limiters.contains_key(&job.key()) {
            true => Reason::Overloaded,
            false => Reason::VerificationTimeout,
        };
        Next::Refuse(job, reason)
    }

    fn open_limiter(&mut self, now: Instant, key: Key) {
        if self.limiters.len() >= MOST_LIMITERS {
            let empty = self.limiters.iter().filter(|(_, l)| l.queue.is_empty());
            let oldest = empty.min_by_key(|(_, limiter)| limiter.last_throttled());
            let Some(oldest) = oldest.map(|(key, _)| *key) else {
                return;
            };
            self.limiters.remove(&oldest);
        }
        self.limiters
            .insert(key, Limiter::new(now, &mut self.random));
    }

    /// Why this job may not join its queue; none if it may.
    fn obstacle(&mut self, now: Instant, job: &J) -> Option<Reason> {
        let (key, client) = (job.key(), job.client());
        let left = job.deadline().saturating_duration_since(now);
        let Some(endpoint) = self.endpoints.get_mut(key.endpoint) else {
            return Some(Reason::Internal);
        };
        let free = self.limits.in_flight.saturating_sub(endpoint.in_flight);
        let (queue, limit, rate, usable) = match self.limiters.get_mut(&key) {
            Some(limiter) => {
                let pause = limiter.ready_at().saturating_duration_since(now);
                let rate = limiter.known_rate();
                (
                    &mut limiter.queue,
                    self.limits.queue,
                    rate,
                    left.saturating_sub(pause),
                )
            }
            None if endpoint.queue.len() < free => return None,
            None => {
                let answer = endpoint.usual_answer;
                let rate = self.limits.in_flight as f64 / answer.as_secs_f64();
                let usable = left.saturating_sub(answer.min(LONGEST_ANSWER));
                (&mut endpoint.queue, self.limits.queue + free, rate, usable)
            }
        };
        // The timer of a job without time left ends it.
        if left.is_zero() {
            return None;
        }
        let load = Load::new(queue.len(), limit, rate, usable);
        let held = queue.of_client(client);
        match queue.share.admits(now, client, &load, held) {
            true => None,
            false if queue.len() >= limit => Some(Reason::QueueFull),
            false => Some(Reason::Overloaded),
        }
    }

    fn refuse_later(&mut self, now: Instant, id: u64, job: J, reason: Reason) {
        let (least, most) = REFUSAL_PAUSE;
        // Before the deadline, when the refusal would look like a timeout.
        let most = most.min(job.deadline().saturating_duration_since(now) * 3 / 4);
        let at = now + self.random.between(least.min(most), most);
        self.refused += 1;
        self.insert(id, job, at, EntryState::Refused(reason));
    }

    /// The job joins the queue of its limiter, if there is one, else of its endpoint.
    fn enqueue(&mut self, id: u64, job: J, end: End) {
        let (key, client, deadline) = (job.key(), job.client(), job.deadline());
        let limited = self.limiters.contains_key(&key);
        let queue = self.queue(key, limited);
        let position = queue.map_or(0, |queue| queue.push(end, id, client));
        self.insert(id, job, deadline, EntryState::Queued { limited, position });
    }

    fn queue(&mut self, key: Key, limited: bool) -> Option<&mut Queue> {
        match limited {
            true => self
                .limiters
                .get_mut(&key)
                .map(|limiter| &mut limiter.queue),
            false => self.endpoints.get_mut(key.endpoint).map(|e| &mut e.queue),
        }
    }

    fn insert(&mut self, id: u64, job: J, timer: Instant, state: EntryState) {
        let timer = timer.min(job.deadline());
        self.timers.insert((timer, id));
        self.entries.insert(id, Entry { job, timer, state });
    }

    fn take(&mut self, id: u64) -> Option<Entry<J>> {
        let entry = self.entries.remove(&id)?;
        self.timers.remove(&(entry.timer, id));
        match entry.state {
            EntryState::Queued { limited, position } => {
                if let Some(queue) = self.queue(entry.job.key(), limited) {
                    queue.remove(position, entry.job.client());
                }
            }
            EntryState::Refused(_) => self.refused -= 1,
            EntryState::Paused => {}
        }
        Some(entry)
    }
}

impl EndpointQueue {
    /// A request took so long.
    fn took(&mut self, took: Duration) {
        self.usual_answer = match self.usual_answer {
            _ if took.is_zero() => return,
            Duration::ZERO => took,
            // Down sooner than up: the first requests of a storm open connections.
            usual if took < usual => (usual + took) / 2,
            usual => (usual * 7 + took) / 8,
        };
    }
}

#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod storm_tests;
#[cfg(test)]
mod tests;
