//! The pace of one account at one endpoint: starts with the first throttling answer, grows with each
//! request that goes at the pace, and drops with each throttling answer that says something new.

use std::time::{Duration, Instant};

use super::Random;
use super::queue::Queue;

/// Requests per second at first, and at least.
const FIRST_RATE: f64 = 50.0;
const LEAST_RATE: f64 = 2.0;
/// What a request adds to the rate in slow start: the rate doubles every 200 ms.
const SLOW_START_STEP: f64 = 3.5;
/// What a request adds to the rate after that, times the seconds without throttling plus one: the longer nothing
/// is throttled, the less is known of the quota.
const STEP: f64 = 0.02;
/// What a throttling answer leaves of the rate in slow start, and after it.
const SLOW_START_DECREASE: f64 = 0.5;
const DECREASE: f64 = 0.93;
/// Pause after a throttling answer; doubled while STS answers nothing in between.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// How far behind its pace a limiter catches up: timers and workers are late.
const CATCH_UP: Duration = Duration::from_millis(20);
/// An empty limiter that was not throttled for this long has nothing more to say.
const QUIET: Duration = Duration::from_secs(60);

/// A throttled account: its queue and its pace.
#[derive(Debug)]
pub struct Limiter {
    pub queue: Queue,
    /// Requests per second.
    rate: f64,
    slow_start: bool,
    /// When the next request may go.
    ready: Instant,
    /// When the rate dropped last: answers to requests sent before say nothing new.
    throttled: Instant,
    /// The pause since then; zero if STS has answered a request since.
    pause: Duration,
}

impl Limiter {
    /// For an account that STS throttled just now.
    pub fn new(now: Instant, random: &mut Random) -> Limiter {
        Limiter {
            queue: Queue::new(now),
            rate: FIRST_RATE,
            slow_start: true,
            ready: now + random.jitter(FIRST_PAUSE),
            throttled: now,
            pause: FIRST_PAUSE,
        }
    }

    /// When the next request may go.
    pub fn ready_at(&self) -> Instant {
        self.ready
    }

    /// A request goes.
    pub fn start(&mut self, now: Instant) {
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        // A pace that requests do not keep up with proves nothing.
        if self.ready >= earliest {
            let unthrottled = now.saturating_duration_since(self.throttled);
            self.rate += match self.slow_start {
                true => SLOW_START_STEP,
                false => STEP * (1.0 + unthrottled.as_secs_f64()),
            };
        }
        self.ready = self.ready.max(earliest) + Duration::from_secs_f64(1.0 / self.rate);
    }

    /// STS answered a request that was sent then.
    pub fn answered(&mut self, sent: Instant) {
        if sent > self.throttled {
            self.pause = Duration::ZERO;
        }
    }

    /// STS throttled a request that was sent then.
    pub fn throttled(&mut self, now: Instant, sent: Instant, random: &mut Random) {
        if sent <= self.throttled {
            return;
        }
        if self.pause.is_zero() {
            let left = match self.slow_start {
                true => SLOW_START_DECREASE,
                false => DECREASE,
            };
            self.rate = (self.rate * left).max(LEAST_RATE);
            self.slow_start = false;
        }
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LAST_PAUSE);
        self.throttled = now;
        self.ready = now + random.jitter(self.pause);
    }

    /// Requests per second; without bound in slow start, when nothing is known.
    pub fn known_rate(&self) -> f64 {
        match self.slow_start {
            true => f64::INFINITY,
            false => self.rate,
        }
    }

    /// When it was throttled last.
    pub fn last_throttled(&self) -> Instant {
        self.throttled
    }

    /// Empty, and not throttled for long.
    pub fn is_quiet(&self, now: Instant) -> bool {
        self.queue.is_empty() && now.saturating_duration_since(self.throttled) >= QUIET
    }
}
