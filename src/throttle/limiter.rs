//! The pace of one account at one endpoint. It starts low with the first throttling answer, grows with each
//! request that is sent at the pace (additive increase), and drops when STS throttles again after it has
//! answered (multiplicative decrease).

use std::time::{Duration, Instant};

use super::queue::Queue;
use crate::random::Random;

/// Requests per second at first, and at least.
const FIRST_RATE: f64 = 50.0;
const LEAST_RATE: f64 = 2.0;
/// What a request adds to the rate in slow start, until STS throttles again: it doubles every 200 ms.
const SLOW_START_STEP: f64 = 3.5;
/// What a request adds to the rate after that, for each second without throttling and one more: the longer
/// nothing is throttled, the less is known of the quota.
const STEP: f64 = 0.02;
/// What a throttling answer leaves of the rate in slow start, and after it.
const SLOW_START_DECREASE: f64 = 0.5;
const DECREASE: f64 = 0.93;
/// Pause after a throttling answer; doubled while STS answers nothing in between.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_millis(500);
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
    /// When the last pause began: answers to requests sent before say nothing new.
    throttled: Instant,
    /// How long it is; zero if STS has answered a request that was sent since.
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    struct Bench {
        limiter: Limiter,
        random: Random,
        now: Instant,
    }

    impl Bench {
        fn new() -> Bench {
            let (mut random, now) = (Random::new(7), Instant::now());
            Bench {
                limiter: Limiter::new(now, &mut random),
                random,
                now,
            }
        }

        /// Lets requests go at the pace for this long, all of them answered after a millisecond.
        fn run(&mut self, time: Duration) -> usize {
            let until = self.now + time;
            let mut requests = 0;
            while self.limiter.ready_at().max(self.now) <= until {
                self.now = self.limiter.ready_at().max(self.now);
                self.limiter.start(self.now);
                self.limiter.answered(self.now + MS);
                requests += 1;
            }
            self.now = until;
            requests
        }

        /// STS throttles a request that was sent so long ago.
        fn throttled(&mut self, ago: Duration) {
            let sent = self.now - ago;
            self.limiter.throttled(self.now, sent, &mut self.random);
        }

        /// Leaves slow start, at this rate.
        fn at(rate: f64) -> Bench {
            let mut bench = Bench::new();
            bench.run(500 * MS);
            bench.throttled(Duration::ZERO);
            bench.run(200 * MS);
            bench.limiter.rate = rate;
            bench
        }
    }

    #[test]
    fn slow_start_begins_low_and_doubles_every_200_ms() {
        let mut bench = Bench::new();
        bench.run(100 * MS);
        let rates = [(); 4].map(|()| {
            bench.run(200 * MS);
            bench.limiter.rate
        });
        assert!((90.0..130.0).contains(&rates[0]), "{rates:?}");
        for (before, after) in rates.iter().zip(&rates[1..]) {
            assert!((1.9..2.1).contains(&(after / before)), "{rates:?}");
        }
        assert!(bench.limiter.known_rate().is_infinite());
    }

    #[test]
    fn throttling_ends_slow_start_at_half_of_the_rate() {
        let mut bench = Bench::new();
        bench.run(1000 * MS);
        let rate = bench.limiter.rate;
        bench.throttled(Duration::ZERO);
        assert_eq!(bench.limiter.known_rate(), rate / 2.0);
    }

    #[test]
    fn after_that_throttling_lowers_the_rate_a_little() {
        let mut bench = Bench::at(600.0);
        bench.throttled(Duration::ZERO);
        assert_eq!(bench.limiter.rate, 600.0 * DECREASE);
    }

    #[test]
    fn answers_to_requests_sent_before_the_last_throttling_say_nothing_new() {
        let mut bench = Bench::at(600.0);
        bench.throttled(Duration::ZERO);
        bench.now += 10 * MS;
        bench.limiter.answered(bench.now - 20 * MS);
        let (rate, pause) = (bench.limiter.rate, bench.limiter.pause);
        bench.throttled(20 * MS);
        assert_eq!((bench.limiter.rate, bench.limiter.pause), (rate, pause));
        assert_eq!(pause, FIRST_PAUSE);
    }

    #[test]
    fn while_sts_answers_nothing_pauses_double_and_the_rate_stays() {
        let mut bench = Bench::at(600.0);
        bench.throttled(Duration::ZERO);
        let rate = bench.limiter.rate;
        for pause in [200, 400, 500, 500] {
            bench.now = bench.limiter.ready_at();
            bench.throttled(Duration::ZERO);
            assert_eq!(bench.limiter.pause, pause * MS);
            let ready = bench.limiter.ready_at() - bench.now;
            assert!((pause * MS / 2..=pause * MS).contains(&ready), "{ready:?}");
        }
        assert_eq!(bench.limiter.rate, rate);
        assert!(bench.run(Duration::from_secs(3)) > 500);
        bench.throttled(Duration::ZERO);
        assert_eq!(bench.limiter.pause, FIRST_PAUSE, "answers end it");
    }

    #[test]
    fn without_throttling_the_rate_grows_faster_and_faster() {
        let mut bench = Bench::at(100.0);
        let growth = [(); 3].map(|()| {
            let before = bench.limiter.rate;
            bench.run(Duration::from_secs(4));
            bench.limiter.rate / before
        });
        assert!((1.1..1.5).contains(&growth[0]), "{growth:?}");
        assert!(growth[1] > growth[0] && growth[2] > growth[1], "{growth:?}");
    }

    #[test]
    fn a_rate_that_requests_do_not_reach_does_not_grow() {
        let mut bench = Bench::at(100.0);
        for _ in 0..100 {
            bench.now += 200 * MS;
            bench.limiter.start(bench.now);
        }
        assert_eq!(bench.limiter.rate, 100.0);
        let burst = (0..50).filter(|_| {
            let ready = bench.limiter.ready_at() <= bench.now;
            bench.limiter.start(bench.now);
            ready
        });
        assert!(burst.count() <= 3, "and no backlog is caught up with");
    }

    #[test]
    fn the_rate_never_falls_below_the_least() {
        let mut bench = Bench::at(LEAST_RATE);
        bench.throttled(Duration::ZERO);
        assert_eq!(bench.limiter.rate, LEAST_RATE);
    }
}
