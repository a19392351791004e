//! Storms of logins on a simulated clock.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::tests::*;
use super::{Done, Next, Verdict};
use crate::reason::Reason;

/// A small STS: a token bucket for each account.
struct Quota {
    rate: f64,
    burst: f64,
    /// All tokens of a second come at its beginning, instead of steadily.
    by_second: bool,
    buckets: HashMap<u64, (f64, Instant)>,
}

impl Quota {
    fn steady(rate: f64, burst: f64) -> Quota {
        Quota {
            rate,
            burst,
            by_second: false,
            buckets: HashMap::new(),
        }
    }

    fn ask(&mut self, now: Instant, account: u64) -> Verdict {
        let bucket = self.buckets.entry(account);
        let (left, since) = bucket.or_insert((self.burst, now));
        let time = match self.by_second {
            true => S * u32::try_from((now - *since).as_secs()).unwrap(),
            false => now - *since,
        };
        *left = (*left + self.rate * time.as_secs_f64()).min(self.burst);
        *since += time;
        if *left < 1.0 {
            return Verdict::Throttled;
        }
        *left -= 1.0;
        Verdict::Answered
    }

    /// Other servers use the burst up.
    fn empty(mut self, now: Instant) -> Quota {
        while self.ask(now, 1) == Verdict::Answered {}
        self
    }
}

#[derive(Default)]
struct Storm {
    requests: u32,
    refused: HashMap<Reason, usize>,
    /// When each login was answered, by account.
    answered: Vec<(u64, Duration)>,
}

impl Storm {
    fn last(&self) -> Duration {
        self.answered.last().unwrap().1
    }

    /// When the last login of this account was answered.
    fn last_of(&self, account: u64) -> Duration {
        let times = self.answered.iter().filter(|(a, _)| *a == account);
        times.map(|(_, time)| *time).max().unwrap()
    }
}

/// Runs until every login has ended.
fn storm(bench: &mut Bench, quota: &mut Quota, round_trip: Duration, logins: Vec<Login>) -> Storm {
    let mut storm = Storm::default();
    let begun = bench.now;
    for login in logins {
        bench.throttle.submit(bench.now, login);
    }
    // In the order of their ends, because the round trip is constant.
    let mut in_flight: VecDeque<(Instant, Verdict, u64, Login)> = VecDeque::new();
    loop {
        let until = match bench.throttle.next(bench.now, true) {
            Next::Run(id, login) => {
                storm.requests += 1;
                let verdict = quota.ask(bench.now + round_trip / 2, login.key.account);
                in_flight.push_back((bench.now + round_trip, verdict, id, login));
                continue;
            }
            Next::Refuse(_, reason) => {
                *storm.refused.entry(reason).or_default() += 1;
                continue;
            }
            Next::Wait(until) => until,
        };
        let answer = in_flight.front().map(|(at, ..)| *at);
        match (answer, until) {
            (Some(at), until) if until.is_none_or(|until| at <= until) => {
                let (_, verdict, id, login) = in_flight.pop_front().unwrap();
                bench.now = at;
                let done = Done {
                    verdict,
                    sent: at - round_trip,
                    took: round_trip,
                };
                bench.throttle.done(at, login.key, done);
                match verdict {
                    Verdict::Answered => storm.answered.push((login.key.account, at - begun)),
                    _ => bench.throttle.retry(at, id, login, None),
                }
            }
            (_, Some(until)) => bench.now = until,
            (_, None) => return storm,
        }
    }
}

const ROUND_TRIPS: [Duration; 4] = [MS, Duration::from_millis(5), RT, Duration::from_millis(100)];
const RT: Duration = Duration::from_millis(20);

#[test]
#[ignore]
fn explore() {
    for time in [30 * S, 8 * S] {
        for (burst, by_second) in [(20.0, false), (60.0, false), (600.0, false), (600.0, true)] {
            for round_trip in ROUND_TRIPS {
                let mut bench = Bench::new(1, 64, 10_000);
                let logins = (0..10_000).map(|_| bench.login(KEY, time)).collect();
                let mut quota = Quota {
                    by_second,
                    ..Quota::steady(600.0, burst)
                };
                let storm = storm(&mut bench, &mut quota, round_trip, logins);
                let ideal = (10_000.0 - burst) / 600.0;
                println!(
                    "{time:?} burst {burst} {by_second} {round_trip:?}: answered {} ({:.3} of possible) time {:.3} requests {:.3} {:?}",
                    storm.answered.len(),
                    storm.answered.len() as f64 / (burst + 600.0 * time.as_secs_f64()),
                    storm.last().as_secs_f64() / ideal,
                    f64::from(storm.requests) / storm.answered.len() as f64,
                    storm.refused
                );
            }
        }
    }
}
