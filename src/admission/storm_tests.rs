//! Storms on a simulated clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::tests::*;
use super::{Done, Next, Verdict};

/// STS in miniature: a fixed round trip, and a quota for each account that is refilled steadily.
struct Quota {
    rate: f64,
    burst: f64,
    /// All of the rate comes at once in each second, instead of steadily.
    at_once: bool,
    left: Vec<(u64, f64, Instant)>,
}

impl Quota {
    fn ask(&mut self, now: Instant, account: u64) -> Verdict {
        if !self.left.iter().any(|(known, ..)| *known == account) {
            self.left.push((account, self.burst, now));
        }
        let found = self.left.iter_mut().find(|(known, ..)| *known == account);
        let (_, left, since) = found.unwrap();
        let time = match self.at_once {
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
}

#[derive(Default)]
struct Storm {
    requests: u32,
    refused: u32,
    /// When each login was answered, by account.
    answered: Vec<(u64, Duration)>,
}

const ROUND_TRIP: Duration = Duration::from_millis(20);

/// Runs until every login has ended.
fn storm(bench: &mut Bench, quota: &mut Quota, logins: Vec<Login>) -> Storm {
    let mut storm = Storm::default();
    let begun = bench.now;
    // In the order of their ends, for the round trip is always the same.
    let mut out: VecDeque<(Instant, Verdict, Login)> = VecDeque::new();
    let mut start = |bench: &mut Bench, out: &mut VecDeque<_>, login: Login| {
        let verdict = quota.ask(bench.now + ROUND_TRIP / 2, login.key.account);
        out.push_back((bench.now + ROUND_TRIP, verdict, login));
    };
    for login in logins {
        if let Some(login) = bench.admission.submit(bench.now, login) {
            storm.requests += 1;
            start(bench, &mut out, login);
        }
    }
    loop {
        let until = match bench.admission.next(bench.now, true) {
            Next::Run(login) => {
                storm.requests += 1;
                start(bench, &mut out, login);
                continue;
            }
            Next::Refuse(..) => {
                storm.refused += 1;
                continue;
            }
            Next::Wait(until) => until,
        };
        let arrives = out.front().map(|(at, ..)| *at);
        match (arrives, until) {
            (Some(at), until) if until.is_none_or(|until| at <= until) => {
                let (_, verdict, login) = out.pop_front().unwrap();
                bench.now = at;
                let (sent, took) = (at - ROUND_TRIP, ROUND_TRIP);
                let done = Done {
                    verdict,
                    sent,
                    took,
                };
                bench.admission.done(at, login.key, done);
                match verdict {
                    Verdict::Answered => storm.answered.push((login.key.account, at - begun)),
                    _ => bench.admission.again(at, login, None),
                }
            }
            (_, Some(until)) => bench.now = until,
            (_, None) => return storm,
        }
    }
}

fn steady(rate: f64, burst: f64) -> Quota {
    Quota {
        rate,
        burst,
        at_once: false,
        left: Vec::new(),
    }
}

#[test]
fn ten_thousand_logins_at_once_all_succeed_near_the_pace_that_sts_allows() {
    for (burst, at_once) in [(20.0, false), (60.0, false), (600.0, false), (600.0, true)] {
        let mut bench = Bench::new(1, 64, 10_000);
        let logins = (0..10_000).map(|_| bench.login(KEY, 30 * S)).collect();
        let mut quota = Quota {
            at_once,
            ..steady(600.0, burst)
        };
        let storm = storm(&mut bench, &mut quota, logins);
        assert_eq!(
            (storm.refused, storm.answered.len()),
            (0, 10_000),
            "burst {burst}"
        );
        let ideal = (10_000.0 - burst) / 600.0;
        let last = storm.answered.last().unwrap().1.as_secs_f64();
        let (time, requests) = (last / ideal, f64::from(storm.requests) / 10_000.0);
        assert!(
            time <= 1.15,
            "burst {burst}: {time:.3} times the ideal time"
        );
        assert!(
            requests <= 1.05,
            "burst {burst}: {requests:.3} requests per login"
        );
    }
}

#[test]
fn one_account_s_storm_slows_no_other() {
    let mut bench = Bench::new(1, 64, 10_000);
    let mut logins: Vec<_> = (0..5_000).map(|_| bench.login(KEY, 30 * S)).collect();
    logins.extend((0..500).map(|_| bench.login(account(2), 30 * S)));
    let storm = storm(&mut bench, &mut steady(600.0, 600.0), logins);
    assert_eq!(storm.answered.len(), 5_500);
    let others = storm.answered.iter().filter(|(account, _)| *account == 2);
    let slowest = others.map(|(_, time)| *time).max().unwrap();
    assert!(slowest < S, "{slowest:?}");
}

#[test]
fn one_account_s_storm_slows_no_other_where_there_are_few_workers_either() {
    // 300 requests per second at the most: less than the quota, so that the lane is always behind.
    let mut bench = Bench::new(1, 6, 10_000);
    let mut quota = Quota {
        at_once: true,
        ..steady(600.0, 600.0)
    };
    // Other servers have used the quota up when the storm begins.
    (0..600).for_each(|_| assert_eq!(quota.ask(bench.now, 1), Verdict::Answered));
    let mut logins: Vec<_> = (0..5_000).map(|_| bench.login(KEY, 30 * S)).collect();
    logins.extend((0..1_500).map(|_| bench.login(account(2), 30 * S)));
    let storm = storm(&mut bench, &mut quota, logins);
    let others = storm.answered.iter().filter(|(account, _)| *account == 2);
    let times: Vec<_> = others.map(|(_, time)| *time).collect();
    assert_eq!(times.len(), 1_500);
    let slowest = times.iter().max().unwrap();
    assert!(*slowest < 10 * S, "{slowest:?}");
}

#[test]
fn a_quota_that_is_shared_with_other_servers_is_found_from_nothing() {
    let mut bench = Bench::new(1, 64, 10_000);
    let logins = (0..1_000).map(|_| bench.login(KEY, 60 * S)).collect();
    // Nothing is left when the storm begins.
    let mut quota = steady(50.0, 50.0);
    (0..50).for_each(|_| assert_eq!(quota.ask(bench.now, 1), Verdict::Answered));
    let storm = storm(&mut bench, &mut quota, logins);
    assert_eq!((storm.refused, storm.answered.len()), (0, 1_000));
    let last = storm.answered.last().unwrap().1;
    assert!(last < 25 * S, "{last:?}");
    assert!(storm.requests < 1_200, "{}", storm.requests);
}

#[test]
fn a_pace_that_was_learnt_too_low_is_left_behind() {
    let mut bench = Bench::new(1, 64, 10_000);
    // For a second or two other servers leave little of the quota; then there is plenty.
    for _ in 0..40 {
        assert!(bench.submit(KEY));
        bench.now += 25 * MS;
        bench.done(KEY, Verdict::Answered);
    }
    assert!(bench.submit(KEY));
    bench.now += MS;
    bench.done(KEY, Verdict::Throttled);
    let logins = (0..2_000).map(|_| bench.login(KEY, 60 * S)).collect();
    let storm = storm(&mut bench, &mut steady(600.0, 600.0), logins);
    assert_eq!((storm.refused, storm.answered.len()), (0, 2_000));
    let last = storm.answered.last().unwrap().1;
    assert!(last < 25 * S, "{last:?}");
}
