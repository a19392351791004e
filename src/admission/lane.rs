//! One client account that STS throttles: its verifications wait here, paced by what STS lets
//! through.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::line::Ticket;
use super::share::Share;
use super::{Key, Random};

/// First pause after a throttling answer; doubled while the probes after it are throttled too.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// A probe that is not back by then holds up the next one no longer.
const PROBE_TIME: Duration = Duration::from_secs(1);
/// Requests per second where next to nothing is known yet, and the least ever.
const LEAST_RATE: f64 = 2.0;
/// What a throttling leaves of a rate that is known, and of one that was being looked for.
const DECREASE: f64 = 0.93;
const FOUND: f64 = 0.75;
/// Growth of a rate in each second, as a share of it: of one that is known, at first, and of one
/// that is to be found.
const INCREASE: f64 = 0.02;
const SEARCH: f64 = 2.0;
/// As far as its growth is counted on: STS may throttle again before.
const MOST_GROWTH: f64 = 1.3;
/// How far behind its pace a lane may be and still catch up: timers are late.
const CATCH_UP: Duration = Duration::from_millis(20);
/// A lane that is empty and unthrottled for this long has nothing more to say.
const QUIET: Duration = Duration::from_secs(60);

/// The waiting verifications of one throttled key and their pace.
#[derive(Debug)]
pub struct Lane {
    pub key: Key,
    pub queue: VecDeque<Ticket>,
    /// Who is let in.
    pub share: Share,
    pace: Pace,
    /// Per second.
    rate: f64,
    rate_is_known: bool,
    /// When the rate grew last.
    grown: Instant,
    /// When the last pause began: what was sent before it says nothing new.
    paused: Instant,
    pause: Duration,
}

#[derive(Debug)]
enum Pace {
    /// The next request is a probe, at this time.
    Paused(Instant),
    /// The probe is out since this time.
    Probing(Instant),
    /// The next request at this time.
    Open(Instant),
}

impl Lane {
    /// A lane for a key that was throttled just now, after these answers.
    pub fn new(now: Instant, key: Key, last_second: LastSecond, random: &mut Random) -> Lane {
        let rate = (last_second.answers * 0.95).max(LEAST_RATE);
        Lane {
            key,
            queue: VecDeque::new(),
            share: Share::new(now),
            pace: Pace::Paused(now + random.jitter(FIRST_PAUSE)),
            rate,
            rate_is_known: last_second.tells_rate,
            grown: now,
            paused: now,
            pause: FIRST_PAUSE,
        }
    }

    /// When the next request may go.
    pub fn ready_at(&self) -> Instant {
        match self.pace {
            Pace::Paused(at) | Pace::Open(at) => at,
            Pace::Probing(since) => since + PROBE_TIME,
        }
    }

    /// A request goes.
    pub fn start(&mut self, now: Instant) {
        self.pace = match self.pace {
            Pace::Paused(_) | Pace::Probing(_) => Pace::Probing(now),
            Pace::Open(at) => {
                let in_time = now.checked_sub(CATCH_UP).is_none_or(|least| at >= least);
                if in_time {
                    self.grow(now);
                }
                // Nothing is learnt of a pace that was not gone.
                self.grown = now;
                let from = if in_time { at } else { now - CATCH_UP };
                Pace::Open(from + Duration::from_secs_f64(1.0 / self.rate))
            }
        };
    }

    /// STS answered a request that was sent then.
    pub fn answered(&mut self, now: Instant, sent: Instant) {
        if sent > self.paused && !matches!(self.pace, Pace::Open(_)) {
            self.pace = Pace::Open(now);
            self.pause = FIRST_PAUSE;
            self.grown = now;
        }
    }

    /// STS throttled a request that was sent then.
    pub fn throttled(&mut self, now: Instant, sent: Instant, random: &mut Random) {
        if sent <= self.paused {
            return;
        }
        match self.pace {
            Pace::Open(_) => {
                let left = if self.rate_is_known { DECREASE } else { FOUND };
                self.rate = (self.rate * left).max(LEAST_RATE);
                self.rate_is_known = true;
            }
            Pace::Probing(_) | Pace::Paused(_) => self.pause = (self.pause * 2).min(LAST_PAUSE),
        }
        self.paused = now;
        self.pace = Pace::Paused(now + random.jitter(self.pause));
    }

    /// A request that was sent then came back and tells nothing of the quota. A probe is to be repeated.
    pub fn told_nothing(&mut self, now: Instant, sent: Instant, random: &mut Random) {
        if let Pace::Probing(since) = self.pace
            && sent >= since
        {
            self.pace = Pace::Paused(now + random.jitter(FIRST_PAUSE));
        }
    }

    /// How many STS can answer in this time: the pace may grow until then.
    pub fn in_time(&self, now: Instant, time: Duration) -> f64 {
        if !self.rate_is_known {
            return f64::INFINITY;
        }
        let start = self.ready_at().max(now);
        let left = time.saturating_sub(start - now).as_secs_f64();
        // The rate in the middle of the time, by the law of its growth.
        let growth = (INCREASE * (left / 2.0 + left * left / 8.0)).exp();
        self.rate * left * growth.min(MOST_GROWTH)
    }

    /// Requests per second.
    pub fn pace(&self) -> f64 {
        self.rate
    }

    /// Nothing waits here.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Idle, and not throttled for long.
    pub fn is_quiet(&self, now: Instant) -> bool {
        self.is_idle() && now.saturating_duration_since(self.paused) >= QUIET
    }

    /// When it was throttled last.
    pub fn last_throttled(&self) -> Instant {
        self.paused
    }

    fn grow(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.grown).as_secs_f64();
        let share = match self.rate_is_known {
            // The longer nothing is throttled, the less is known of what would be.
            true => INCREASE * (1.0 + now.saturating_duration_since(self.paused).as_secs_f64()),
            false => SEARCH,
        };
        self.rate += self.rate * share * seconds;
    }
}

/// The latest answers, for what the first throttling is measured against.
#[derive(Debug, Default)]
pub struct Answers(VecDeque<(Instant, Key)>);

impl Answers {
    const MOST: usize = 1024;
    const SPAN: Duration = Duration::from_secs(1);

    /// STS answered a request of this key.
    pub fn note(&mut self, now: Instant, key: Key) {
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((now, key));
    }

    /// The answers to this key in the last second.
    pub fn last_second(&self, now: Instant, key: Key) -> LastSecond {
        let age = |at: &Instant| now.saturating_duration_since(*at);
        let new = self.0.iter().filter(|(at, _)| age(at) < Self::SPAN);
        let mut count = 0;
        let mut oldest = Duration::ZERO;
        for (at, _) in new.filter(|(_, of)| *of == key) {
            count += 1;
            oldest = oldest.max(age(at));
        }
        // Where not all of the second is remembered, what is stands for the rest.
        let first = self.0.front().map_or(Self::SPAN, |(at, _)| age(at));
        let span = match self.0.len() {
            Self::MOST => first.clamp(Duration::from_millis(1), Self::SPAN),
            _ => Self::SPAN,
        };
        LastSecond {
            answers: f64::from(count) / span.as_secs_f64(),
            tells_rate: oldest * 2 >= span,
        }
    }
}

/// How many requests of one key were answered in the last second.
#[derive(Clone, Copy, Debug)]
pub struct LastSecond {
    answers: f64,
    /// They came in over a good part of it: they were no burst, of which nothing can be told but
    /// that STS lets as many through.
    tells_rate: bool,
}
