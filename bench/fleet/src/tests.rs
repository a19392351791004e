#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::arguments::Arguments;
use super::simulation::{Outcome, run};

/// So many connections in pools of 20, to ten servers.
fn fleet(connections: usize, quota: f64) -> Arguments {
    Arguments {
        servers: 10,
        connections,
        pool: 20,
        accounts: 1,
        quota,
        burst: quota,
        longest: Duration::from_secs(1200),
        ..Arguments::default()
    }
}

/// How long it took, in ideal times.
fn time(outcome: &Outcome) -> f64 {
    outcome.all.unwrap().as_secs_f64() / outcome.ideal.as_secs_f64()
}

#[test]
fn a_fleet_comes_back_near_the_pace_that_sts_allows_and_nobody_is_refused() {
    let outcome = run(&fleet(20_000, 600.0));
    assert!(outcome.refused.is_empty(), "{:?}", outcome.refused);
    assert!(time(&outcome) < 1.15, "{outcome:?}");
    assert!(outcome.requests < 22_000, "{outcome:?}");
}

#[test]
fn it_does_so_too_where_more_logins_wait_than_can_be_in_time() {
    // 1,000 clients with two logins each at once, and a quota for 480 in the time of one.
    let outcome = run(&fleet(20_000, 60.0));
    assert!(time(&outcome) < 1.5, "{outcome:?}");
    assert!(outcome.requests < 32_000, "{outcome:?}");
}

#[test]
fn it_does_so_too_where_the_queue_is_short() {
    let outcome = run(&Arguments {
        servers: 1,
        queue: 500,
        ..fleet(20_000, 600.0)
    });
    assert!(time(&outcome) < 1.5, "{outcome:?}");
}

#[test]
fn it_does_so_too_where_logins_have_much_time() {
    let outcome = run(&Arguments {
        deadline: Duration::from_secs(30),
        ..fleet(20_000, 60.0)
    });
    assert!(time(&outcome) < 1.5, "{outcome:?}");
}

#[test]
fn a_client_of_one_connection_comes_back_too() {
    let outcome = run(&Arguments {
        pool: 1,
        ..fleet(10_000, 60.0)
    });
    assert!(time(&outcome) < 1.5, "{outcome:?}");
}

#[test]
fn without_the_throttle_a_fleet_does_not_come_back() {
    let outcome = run(&Arguments {
        throttle: false,
        ..fleet(20_000, 60.0)
    });
    assert!(!outcome.all_are_up(), "{outcome:?}");
}

#[test]
fn the_timeline_goes_from_nothing_to_every_connection() {
    let outcome = run(&Arguments {
        timeline: Some(Duration::from_secs(10)),
        ..fleet(20_000, 600.0)
    });
    let moments: Vec<(u64, u64, u64)> = outcome
        .timeline
        .iter()
        .map(|moment| (moment.since.as_secs(), moment.up, moment.complete))
        .collect();
    assert_eq!(moments.first().unwrap(), &(0, 0, 0));
    assert_eq!(moments.get(1).unwrap().0, 10);
    let end = outcome.all.unwrap().as_secs();
    assert_eq!(moments.last().unwrap(), &(end, 20_000, 1_000));
}
