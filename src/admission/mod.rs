//! Which waiting verification goes to STS next, and when. Pure: the clock is passed in, so that a
//! simulation of a whole fleet runs this same code.
//!
//! Each endpoint has a line, first come first served, and a bound on requests under way: a silent
//! one holds up nobody who goes elsewhere. STS counts its quota per endpoint and account of the
//! client; a key that it throttles gets a lane of its own, paced by what STS lets through, so that
//! its storm slows no other. Refusing is the last resort, because a driver that is refused clears
//! its pool and comes back: what can still be in time waits, and a refusal is told after a pause.

mod lane;
mod line;
mod overload;
mod random;
mod share;
mod types;

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use self::lane::{Answers, Lane};
use self::line::{Line, Ticket};
pub use self::random::Random;
pub use self::types::{AdmissionLimits, Done, Key, Next, Verdict, Waiting};
use crate::reason::Reason;

/// Most lanes; beyond, the one that was not throttled for the longest makes room.
const MOST_LANES: usize = 256;
/// Longest that an answer of STS takes when it works.
const LONGEST_ANSWER: Duration = Duration::from_secs(1);
/// Pause of a throttled request for which there is no room for a lane.
const PAUSE_WITHOUT_LANE: Duration = Duration::from_millis(500);

/// All that waits.
#[derive(Debug)]
pub struct Admission<J> {
    limits: AdmissionLimits,
    lines: Vec<Line>,
    lanes: Vec<Lane>,
    jobs: HashMap<u64, Entry<J>>,
    /// When something happens to a waiting job by itself: one entry for each.
    alarms: BTreeSet<(Instant, u64)>,
    answers: Answers,
    random: Random,
    last_id: u64,
    /// A lane had its turn last, so that a line has the next.
    lane_was_last: bool,
    /// When those that nobody waits for were last looked for.
    swept: Instant,
    /// Jobs that are to be refused.
    refused: usize,
}

#[derive(Debug)]
struct Entry<J> {
    job: J,
    alarm: Instant,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Front,
    Back,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// In its line or lane; the alarm is its deadline.
    Queued,
    /// Goes to the front of its line or lane at the alarm, unless that is its deadline.
    Paused,
    /// Is refused at the alarm, unless there is hope by then.
    Refused(Reason),
}

impl<J: Waiting> Admission<J> {
    /// Nothing waits.
    pub fn new(
        now: Instant,
        endpoints: usize,
        limits: AdmissionLimits,
        random: Random,
    ) -> Admission<J> {
        Admission {
            limits,
            lines: (0..endpoints).map(|_| Line::new(now)).collect(),
            lanes: Vec::new(),
            jobs: HashMap::new(),
            alarms: BTreeSet::new(),
            answers: Answers::default(),
            random,
            last_id: 0,
            lane_was_last: false,
            swept: now,
            refused: 0,
        }
    }

    /// Takes a job, or gives it back to be run at once; [`Admission::done`] must follow then.
    pub fn submit(&mut self, now: Instant, job: J) -> Option<J> {
        self.lanes.retain(|lane| !lane.is_quiet(now));
        let key = job.key();
        let lane = self.lane(key);
        let Some(line) = self.lines.get_mut(key.endpoint) else {
            self.refuse(now, job, Reason::Internal);
            return None;
        };
        if line.under_way < self.limits.requests && line.queue.is_empty() {
            match lane.and_then(|at| self.lanes.get_mut(at)) {
                None => {
                    line.under_way += 1;
                    return Some(job);
                }
                Some(lane) if lane.is_idle() && lane.ready_at() <= now => {
                    line.under_way += 1;
                    lane.start(now);
                    return Some(job);
                }
                Some(_) => {}
            }
        }
        match self.obstacle(now, &job) {
            Some(reason) => self.refuse(now, job, reason),
            None => self.enqueue(job, End::Back),
        }
        None
    }

    /// Takes a job back that was given out but could not be run: it is the first of its line again.
    pub fn put_back(&mut self, now: Instant, job: J) {
        let key = job.key();
        self.leave(key);
        if let Some(lane) = self.lane(key).and_then(|at| self.lanes.get_mut(at)) {
            lane.told_nothing(now, now, &mut self.random);
        }
        self.enqueue(job, End::Front);
    }

    /// What to do now. Without `can_run` only what must be ended is given out.
    pub fn next(&mut self, now: Instant, can_run: bool) -> Next<J> {
        while let Some(&(at, id)) = self.alarms.first() {
            if at > now {
                break;
            }
            let Some(entry) = self.remove(id) else {
                break;
            };
            match entry.stage {
                _ if !entry.job.is_wanted() => return Next::Refuse(entry.job, Reason::Cancelled),
                Stage::Refused(reason) => match self.obstacle(now, &entry.job) {
                    None if reason != Reason::Internal => self.enqueue(entry.job, End::Back),
                    _ => return Next::Refuse(entry.job, reason),
                },
                Stage::Paused if entry.job.deadline() > now => self.enqueue(entry.job, End::Front),
                Stage::Paused | Stage::Queued => {
                    return Next::Refuse(entry.job, Reason::VerificationTimeout);
                }
            }
        }
        if can_run {
            while let Some(id) = self.first(now) {
                if let Some(entry) = self.remove(id) {
                    return self.give_out(now, entry.job);
                }
            }
        }
        Next::Wait(self.wake_at(can_run))
    }

    /// A job that was given out has come back.
    pub fn done(&mut self, now: Instant, key: Key, done: Done) {
        let Done {
            verdict,
            sent,
            took,
        } = done;
        self.leave(key);
        if !took.is_zero()
            && let Some(line) = self.lines.get_mut(key.endpoint)
        {
            line.took(took);
        }
        if verdict == Verdict::Answered {
            self.answers.note(now, key);
        }
        let lane = self.lane(key).and_then(|at| self.lanes.get_mut(at));
        match (lane, verdict) {
            (Some(lane), Verdict::Answered) => lane.answered(now, sent),
            (Some(lane), Verdict::Throttled) => lane.throttled(now, sent, &mut self.random),
            (Some(lane), _) => lane.told_nothing(now, sent, &mut self.random),
            (None, Verdict::Throttled) => self.open_lane(now, key),
            (None, _) => {}
        }
    }

    /// The job that has come back is to be sent again: after a pause, or without one as soon as its
    /// lane lets it.
    pub fn again(&mut self, now: Instant, job: J, pause: Option<Duration>) {
        let key = job.key();
        let pause = match pause {
            None if self.lane(key).is_some() => return self.enqueue(job, End::Front),
            pause => pause.unwrap_or(PAUSE_WITHOUT_LANE),
        };
        let until = now + self.random.jitter(pause);
        self.insert(job, Some(until), Stage::Paused);
    }

    /// Changes the limits; what waits stays.
    pub fn set_limits(&mut self, limits: AdmissionLimits) {
        self.limits = limits;
    }

    /// Everything that waits, which is then gone.
    pub fn drain(&mut self) -> Vec<J> {
        self.alarms.clear();
        self.refused = 0;
        self.lanes.clear();
        self.lines.iter_mut().for_each(|line| line.queue.clear());
        self.jobs.drain().map(|(_, entry)| entry.job).collect()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.jobs.len() - self.refused
    }

    /// How many keys are throttled, or were not long ago.
    pub fn lanes(&self, now: Instant) -> usize {
        let lanes = self.lanes.iter();
        lanes.filter(|lane| !lane.is_quiet(now)).count()
    }

    /// The job whose turn it is: of the lanes that of the one that is due longest, of the lines the
    /// oldest. Where both have one they take turns, or a lane that is behind its pace would let no other
    /// account's login through.
    fn first(&mut self, now: Instant) -> Option<u64> {
        self.sort_into_lanes();
        let has_room = |lines: &[Line], endpoint: usize| {
            lines
                .get(endpoint)
                .is_some_and(|l| l.under_way < self.limits.requests)
        };
        let lanes = self.lanes.iter_mut();
        let due = lanes
            .filter(|lane| !lane.is_idle() && has_room(&self.lines, lane.key.endpoint))
            .filter(|lane| lane.ready_at() <= now)
            .min_by_key(|lane| lane.ready_at());
        let of_lane = due.and_then(|lane| lane.queue.front().map(|ticket| ticket.id));
        let lines = self.lines.iter();
        let of_line = lines
            .filter(|line| line.under_way < self.limits.requests)
            .filter_map(|line| line.queue.front().map(|ticket| ticket.id))
            .min();
        self.lane_was_last = match (of_lane, of_line) {
            (None, None) => return None,
            (Some(_), Some(_)) => !self.lane_was_last,
            _ => of_lane.is_some(),
        };
        match self.lane_was_last {
            true => of_lane,
            false => of_line,
        }
    }

    /// Jobs at the head of a line whose key was throttled meanwhile go to their lane.
    fn sort_into_lanes(&mut self) {
        if self.lanes.is_empty() {
            return;
        }
        let key_of = |id: &u64| self.jobs.get(id).map(|entry| entry.job.key());
        for line in &mut self.lines {
            while let Some(&ticket) = line.queue.front() {
                let key = key_of(&ticket.id);
                let lane = self.lanes.iter_mut().find(|lane| Some(lane.key) == key);
                match lane {
                    Some(lane) => lane.queue.push_back(ticket),
                    None if key.is_some() => break,
                    None => {}
                }
                line.queue.pop_front();
            }
        }
    }

    /// Counts the job as under way, unless nobody wants it or it cannot be answered in time.
    fn give_out(&mut self, now: Instant, job: J) -> Next<J> {
        if !job.is_wanted() {
            return Next::Refuse(job, Reason::Cancelled);
        }
        let key = job.key();
        let usual = self
            .lines
            .get(key.endpoint)
            .map_or(Duration::ZERO, |line| line.time);
        if job.deadline().saturating_duration_since(now) < usual.min(LONGEST_ANSWER) / 2 {
            return Next::Refuse(job, Reason::VerificationTimeout);
        }
        if let Some(line) = self.lines.get_mut(key.endpoint) {
            line.under_way += 1;
        }
        if let Some(lane) = self.lane(key).and_then(|at| self.lanes.get_mut(at)) {
            lane.start(now);
        }
        Next::Run(job)
    }

    fn leave(&mut self, key: Key) {
        if let Some(line) = self.lines.get_mut(key.endpoint) {
            line.under_way = line.under_way.saturating_sub(1);
        }
    }

    /// When something will be due by itself.
    pub fn wake_at(&self, can_run: bool) -> Option<Instant> {
        let alarm = self.alarms.first().map(|(at, _)| *at);
        let waiting = self.lanes.iter().filter(|lane| {
            let line = self.lines.get(lane.key.endpoint);
            !lane.is_idle() && line.is_some_and(|line| line.under_way < self.limits.requests)
        });
        let lane = waiting.map(Lane::ready_at).min().filter(|_| can_run);
        alarm.into_iter().chain(lane).min()
    }

    fn open_lane(&mut self, now: Instant, key: Key) {
        if self.lanes.len() >= MOST_LANES {
            let idle = self
                .lanes
                .iter()
                .enumerate()
                .filter(|(_, lane)| lane.is_idle());
            let Some((oldest, _)) = idle.min_by_key(|(_, lane)| lane.last_throttled()) else {
                return;
            };
            self.lanes.swap_remove(oldest);
        }
        let last_second = self.answers.last_second(now, key);
        self.lanes
            .push(Lane::new(now, key, last_second, &mut self.random));
    }

    fn lane(&self, key: Key) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.key == key)
    }

    /// The job waits in its lane, if there is one for its key, else in its line.
    fn enqueue(&mut self, job: J, end: End) {
        let key = job.key();
        let client = job.client();
        let id = self.insert(job, None, Stage::Queued);
        let ticket = Ticket { id, client };
        let lane = self.lanes.iter_mut().find(|lane| lane.key == key);
        let line = self.lines.get_mut(key.endpoint);
        let queue = match lane {
            Some(lane) => Some(&mut lane.queue),
            None => line.map(|line| &mut line.queue),
        };
        match (queue, end) {
            (Some(queue), End::Front) => queue.push_front(ticket),
            (Some(queue), End::Back) => queue.push_back(ticket),
            (None, _) => {}
        }
    }

    fn insert(&mut self, job: J, alarm: Option<Instant>, stage: Stage) -> u64 {
        self.last_id += 1;
        self.refused += usize::from(matches!(stage, Stage::Refused(_)));
        let deadline = job.deadline();
        let alarm = alarm.map_or(deadline, |alarm| alarm.min(deadline));
        self.alarms.insert((alarm, self.last_id));
        self.jobs.insert(self.last_id, Entry { job, alarm, stage });
        self.last_id
    }

    /// Takes a job out. The head of a queue is always one that waits.
    fn remove(&mut self, id: u64) -> Option<Entry<J>> {
        let entry = self.jobs.remove(&id)?;
        self.alarms.remove(&(entry.alarm, id));
        self.refused -= usize::from(matches!(entry.stage, Stage::Refused(_)));
        let jobs = &self.jobs;
        let lines = self.lines.iter_mut().map(|line| &mut line.queue);
        let lanes = self.lanes.iter_mut().map(|lane| &mut lane.queue);
        for queue in lines.chain(lanes) {
            while queue.front().is_some_and(|t| !jobs.contains_key(&t.id)) {
                queue.pop_front();
            }
        }
        Some(entry)
    }
}

#[cfg(test)]
mod storm_tests;
#[cfg(test)]
mod tests;
