//! Storms of logins on a simulated clock.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::tests::*;
use super::{Done, Key, Next, Verdict};
use crate::reason::Reason;

/// A small STS: a token bucket for each account.
#[derive(Debug)]
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
        let until = match bench.throttle.next(bench.now) {
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

fn logins(bench: &mut Bench, count: usize, key: Key, time: Duration) -> Vec<Login> {
    (0..count).map(|_| bench.login(key, time)).collect()
}

/// Ten thousand logins at once, with this much time, and what STS's quota lets through by then.
fn assert_storm(time: Duration, quota: Quota, round_trip: Duration, one_client: bool) {
    let case = format!("{time:?}, {quota:?}, {round_trip:?}, one client: {one_client}");
    let mut quota = quota;
    let mut bench = Bench::new(1, 64, 10_000);
    let mut logins = logins(&mut bench, 10_000, KEY, time);
    if one_client {
        logins.iter_mut().for_each(|login| login.client = 1);
    }
    let storm = storm(&mut bench, &mut quota, round_trip, logins);
    let ideal = (10_000.0 - quota.burst) / quota.rate;
    let requests = f64::from(storm.requests) / storm.answered.len() as f64;
    // A quota that comes once a second rejects whatever is sent in the rest of the second.
    let (most_requests, most_time) = match quota.by_second {
        true => (1.15, 1.2),
        false => (1.05, 1.15),
    };
    assert!(
        requests <= most_requests,
        "{case}: {requests:.3} requests per login"
    );
    if time.as_secs_f64() > ideal {
        assert_eq!(storm.refused, HashMap::new(), "{case}");
        let took = storm.last().as_secs_f64() / ideal;
        assert!(took <= most_time, "{case}: {took:.3} times the ideal time");
    } else {
        let in_flight = 64.0 / round_trip.as_secs_f64();
        let possible =
            (quota.burst + quota.rate * time.as_secs_f64()).min(in_flight * time.as_secs_f64());
        let answered = storm.answered.len() as f64 / possible;
        assert!(
            answered >= 0.98,
            "{case}: {answered:.3} of those that can be in time"
        );
        let reasons: Vec<_> = storm.refused.keys().copied().collect();
        let expected = match possible < quota.burst + quota.rate * time.as_secs_f64() {
            // STS throttles nothing.
            true => Reason::VerificationTimeout,
            false => Reason::Overloaded,
        };
        assert_eq!(reasons, [expected], "{case}");
    }
}

#[test]
fn ten_thousand_logins_at_once_all_succeed_near_the_rate_that_sts_allows() {
    for round_trip in ROUND_TRIPS {
        for one_client in [false, true] {
            assert_storm(30 * S, Quota::steady(600.0, 600.0), round_trip, one_client);
        }
        for burst in [20.0, 60.0] {
            assert_storm(30 * S, Quota::steady(600.0, burst), round_trip, false);
        }
        let by_second = Quota {
            by_second: true,
            ..Quota::steady(600.0, 600.0)
        };
        assert_storm(30 * S, by_second, round_trip, false);
    }
}

#[test]
fn where_time_is_short_those_that_can_be_in_time_succeed() {
    for round_trip in ROUND_TRIPS {
        for one_client in [false, true] {
            assert_storm(8 * S, Quota::steady(600.0, 600.0), round_trip, one_client);
        }
    }
}

#[test]
fn a_storm_larger_than_the_queue_ends_as_queue_full() {
    let mut bench = Bench::new(1, 64, 1_000);
    let logins = logins(&mut bench, 10_000, KEY, 8 * S);
    let storm = storm(&mut bench, &mut Quota::steady(600.0, 600.0), RT, logins);
    assert_eq!(
        storm.refused.keys().collect::<Vec<_>>(),
        [&Reason::QueueFull]
    );
    assert!(storm.answered.len() >= 1_064, "{}", storm.answered.len());
}

#[test]
fn one_account_s_storm_delays_no_other() {
    let mut bench = Bench::new(1, 64, 10_000);
    let mut all = logins(&mut bench, 5_000, KEY, 30 * S);
    all.extend(logins(&mut bench, 500, account(2), 30 * S));
    let storm = storm(&mut bench, &mut Quota::steady(600.0, 600.0), RT, all);
    assert_eq!(storm.answered.len(), 5_500);
    let slowest = storm.last_of(2);
    // Until the storm is throttled, it is first come, first served.
    assert!(slowest < S, "{slowest:?}");
}

#[test]
fn nor_where_few_requests_may_be_in_flight() {
    // 300 requests per second at most: less than the quota, so the limiter is always behind.
    let mut bench = Bench::new(1, 6, 10_000);
    let mut quota = Quota {
        by_second: true,
        ..Quota::steady(600.0, 600.0).empty(bench.now)
    };
    let mut all = logins(&mut bench, 5_000, KEY, 30 * S);
    all.extend(logins(&mut bench, 1_500, account(2), 30 * S));
    let storm = storm(&mut bench, &mut quota, RT, all);
    let others = storm.answered.iter().filter(|(account, _)| *account == 2);
    assert_eq!(others.count(), 1_500);
    let slowest = storm.last_of(2);
    assert!(slowest < 11 * S, "{slowest:?}");
}

#[test]
fn a_quota_that_other_servers_have_used_up_is_found() {
    let mut bench = Bench::new(1, 64, 10_000);
    let logins = logins(&mut bench, 1_000, KEY, 60 * S);
    let mut quota = Quota::steady(50.0, 50.0).empty(bench.now);
    let storm = storm(&mut bench, &mut quota, RT, logins);
    assert_eq!((storm.refused.len(), storm.answered.len()), (0, 1_000));
    assert!(storm.last() < 25 * S, "{:?}", storm.last());
    assert!(storm.requests < 1_200, "{}", storm.requests);
}

#[test]
fn a_rate_that_was_found_too_low_is_left_behind() {
    let mut bench = Bench::new(1, 64, 10_000);
    // Other servers leave little of the quota at first; then there is plenty.
    let first = logins(&mut bench, 200, KEY, 60 * S);
    let mut quota = Quota::steady(40.0, 40.0).empty(bench.now);
    let found = storm(&mut bench, &mut quota, RT, first);
    assert_eq!(found.answered.len(), 200);
    let second = logins(&mut bench, 2_000, KEY, 60 * S);
    let storm = storm(&mut bench, &mut Quota::steady(600.0, 600.0), RT, second);
    assert_eq!((storm.refused.len(), storm.answered.len()), (0, 2_000));
    assert!(storm.last() < 25 * S, "{:?}", storm.last());
}
