//! Who may wait, and how a refusal is told.

use std::time::{Duration, Instant};

use super::share::Crowd;
use super::{Admission, Key, LONGEST_ANSWER, Stage, Waiting};
use crate::reason::Reason;

/// Between the arrival of a login that cannot be served in time and its refusal.
const REFUSAL_PAUSE: (Duration, Duration) =
    (Duration::from_millis(500), Duration::from_millis(1500));
/// A line that takes longer is no matter of one login's own time.
const LONG_LINE: Duration = Duration::from_secs(1);
/// Between two looks for logins that nobody waits for any more.
const SWEEP: Duration = Duration::from_millis(100);

impl<J: Waiting> Admission<J> {
    /// Why this job may not wait; none where it may.
    pub(super) fn obstacle(&mut self, now: Instant, job: &J) -> Option<Reason> {
        let obstacle = self.obstacle_as_it_stands(now, job);
        if obstacle.is_some() && now.saturating_duration_since(self.swept) >= SWEEP {
            self.swept = now;
            if self.sweep(now) {
                return self.obstacle_as_it_stands(now, job);
            }
        }
        obstacle
    }

    /// Has those that nobody waits for end at once, and takes them from the queues; true if there
    /// were any.
    fn sweep(&mut self, now: Instant) -> bool {
        let jobs = self.jobs.iter();
        let unwanted = jobs.filter(|(_, entry)| entry.alarm > now && !entry.job.is_wanted());
        let ids: Vec<_> = unwanted.map(|(id, _)| *id).collect();
        for id in &ids {
            if let Some(entry) = self.remove(*id) {
                self.insert(entry.job, Some(now), Stage::Refused(Reason::Cancelled));
            }
        }
        let jobs = &self.jobs;
        let lines = self.lines.iter_mut().map(|line| &mut line.queue);
        let lanes = self.lanes.iter_mut().map(|lane| &mut lane.queue);
        if !ids.is_empty() {
            lines
                .chain(lanes)
                .for_each(|queue| queue.retain(|ticket| jobs.contains_key(&ticket.id)));
        }
        !ids.is_empty()
    }

    fn obstacle_as_it_stands(&mut self, now: Instant, job: &J) -> Option<Reason> {
        let (key, client) = (job.key(), job.client());
        let left = job.deadline().saturating_duration_since(now);
        let time_in_line = self.time_in_line(key);
        let in_line = time_in_line.as_secs_f64() / left.as_secs_f64();
        let limit = self.limits.waiting as f64;
        let lane = self.lane(key).and_then(|at| self.lanes.get_mut(at));
        let (queue, share, in_time, pace) = match (lane, self.lines.get_mut(key.endpoint)) {
            (Some(lane), _) => {
                let (in_time, pace) = (lane.in_time(now, left), lane.pace());
                (&lane.queue, &mut lane.share, in_time, pace)
            }
            (None, Some(line)) => (&line.queue, &mut line.share, f64::INFINITY, f64::INFINITY),
            (None, None) => return Some(Reason::Internal),
        };
        let waiting = queue.len() as f64;
        let most = in_time.min(limit);
        let crowd = Crowd {
            // 0/0 is no room, too.
            waiting: match left.is_zero() || most <= 0.0 {
                true => 1.0,
                false => (waiting / most).max(in_line),
            },
            lasts: waiting >= limit || waiting >= pace || time_in_line >= LONG_LINE,
            most,
        };
        let held = || queue.iter().filter(|other| other.client == client).count();
        match share.lets_in(now, client, &crowd, held) {
            true => None,
            false if waiting >= limit => Some(Reason::QueueFull),
            false => Some(Reason::Overloaded),
        }
    }

    /// How long a job of this key would wait in its line, and take.
    fn time_in_line(&self, key: Key) -> Duration {
        let Some(line) = self.lines.get(key.endpoint) else {
            return Duration::ZERO;
        };
        let ahead = u32::try_from(line.queue.len()).unwrap_or(u32::MAX);
        let requests = u32::try_from(self.limits.requests).unwrap_or(u32::MAX);
        // Lanes take every second turn at the most.
        let lanes = self.lanes.iter();
        let mut rivals = lanes.filter(|lane| lane.key.endpoint == key.endpoint && !lane.is_idle());
        let turns = ahead
            .saturating_add(1)
            .saturating_mul(1 + u32::from(rivals.next().is_some()));
        let wait = line.time.saturating_mul(turns) / requests.max(1);
        // Where STS fails, the time that it takes says nothing about the next request.
        wait + line.time.min(LONGEST_ANSWER)
    }

    pub(super) fn refuse(&mut self, now: Instant, job: J, reason: Reason) {
        let (least, most) = REFUSAL_PAUSE;
        // Told before the deadline, where a refusal would look like a timeout.
        let most = most.min(job.deadline().saturating_duration_since(now) * 3 / 4);
        let at = now + self.random.between(least.min(most), most);
        self.insert(job, Some(at), Stage::Refused(reason));
    }
}
