use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::outcome::Times;
use crate::reason::Reason;

fn now(stats: &Stats) -> Snapshot {
    stats.snapshot(|index| (format!("sts-{index}"), index == 0))
}

fn outcome(reason: Reason, times: Times, total_ms: u64) -> Outcome {
    Outcome {
        times,
        total: Duration::from_millis(total_ms),
        ..Outcome::failed(reason.into())
    }
}

#[test]
fn each_end_has_its_counter() {
    type Read = fn(&Snapshot) -> u64;
    let counters: [(maws_code, Read); 10] = [
        (MAWS_DONE, |now| now.succeeded),
        (MAWS_E_PROTOCOL, |now| now.bad_protocol),
        (MAWS_E_DENIED, |now| now.denied),
        (MAWS_E_OVERLOADED, |now| now.overloaded),
        (MAWS_E_TIMEOUT, |now| now.timed_out),
        (MAWS_E_UPSTREAM, |now| now.upstream_failed),
        (MAWS_E_CANCELLED, |now| now.cancelled),
        (MAWS_E_SYSTEM, |now| now.system_failed),
        (MAWS_E_INTERNAL, |now| now.faults),
        (MAWS_E_PANIC, |now| now.faults),
    ];
    for (code, counter) in counters {
        let stats = Stats::new(1);
        stats.ended(code);
        assert_eq!(counter(&now(&stats)), 1, "{code:?}");
        let ended: u64 = counters[..9]
            .iter()
            .map(|(_, counter)| counter(&now(&stats)))
            .sum();
        assert_eq!(ended, 1, "{code:?}");
    }
}

#[test]
fn a_verification_is_in_flight_while_its_guard_lives() {
    let stats = Stats::new(1);
    let (first, second) = (stats.in_flight(), stats.in_flight());
    assert_eq!(now(&stats).in_flight, 2);
    drop(first);
    assert_eq!(now(&stats).in_flight, 1);
    drop(second);
    assert_eq!(now(&stats).in_flight, 0);
}

#[test]
fn a_time_is_a_count_a_sum_and_the_longest() {
    let timer = Timer::default();
    assert_eq!(timer.value(), Time::default());
    for ms in [20, 300, 1] {
        timer.add(Duration::from_millis(ms));
    }
    let wanted = Time {
        count: 3,
        sum_us: 321_000,
        max_us: 300_000,
    };
    assert_eq!(timer.value(), wanted);
}

#[test]
fn only_logins_that_were_queued_are_timed() {
    let ms = Duration::from_millis;
    let times = |queue, connect, sts| Times {
        queue: ms(queue),
        connect: ms(connect),
        sts: ms(sts),
    };
    for (spent, counted) in [
        (times(0, 0, 0), [0, 0, 0, 0]),
        (times(1, 0, 0), [1, 0, 0, 1]),
        (times(1, 0, 20), [1, 0, 1, 1]),
        (times(0, 5, 20), [1, 1, 1, 1]),
    ] {
        let stats = Stats::new(1);
        stats.took(&outcome(Reason::VerificationTimeout, spent, 30));
        let LoginTimes {
            queue,
            connect,
            sts,
            total,
        } = now(&stats).times;
        let counts = [queue, connect, sts, total].map(|time| time.count);
        assert_eq!(counts, counted, "{spent:?}");
        let sums = spent.queue + spent.connect + spent.sts;
        assert_eq!(queue.sum_us + connect.sum_us + sts.sum_us, micros(sums));
        assert_eq!(total.max_us, total.count * 30_000);
    }
}

#[test]
fn a_request_counts_for_its_endpoint_and_for_all() {
    let stats = Stats::new(2);
    stats.sent(0, Duration::from_millis(20), true);
    stats.judged(0, RequestOutcome::Answered);
    stats.sent(1, Duration::from_millis(50), true);
    stats.judged(1, RequestOutcome::Throttled);
    stats.sent(1, Duration::from_millis(10), false);
    stats.judged(1, RequestOutcome::Failed);
    let now = now(&stats);
    assert_eq!((now.sts_requests, now.sts_connections), (3, 2));
    assert_eq!((now.sts_us_total, now.sts_us_max), (80_000, 50_000));
    assert_eq!(now.sts_throttled, 1);
    let [first, second] = &now.endpoints[..] else {
        panic!("{:?}", now.endpoints);
    };
    assert_eq!((first.host.as_str(), first.up), ("sts-0", true));
    assert_eq!((second.host.as_str(), second.up), ("sts-1", false));
    let counted = |e: &EndpointSnapshot| (e.answered, e.throttled, e.failed, e.connections);
    assert_eq!(counted(first), (1, 0, 0, 1));
    assert_eq!(counted(second), (0, 1, 1, 1));
    assert_eq!((second.sts.count, second.sts.max_us), (2, 50_000));
}

#[test]
fn the_c_struct_has_the_values_of_the_snapshot() {
    let now = Snapshot {
        workers: 3,
        throttled_accounts: 7,
        ..Snapshot::default()
    };
    let members = maws_stats::from(&now);
    assert_eq!((members.workers, members.throttled_accounts), (3, 7));
    assert_eq!(members.begun, 0);
}

#[test]
fn the_reference_has_every_value_of_the_json_and_nothing_else() {
    let json = serde_json::to_value(now(&Stats::new(1))).unwrap();
    let mut paths = BTreeSet::new();
    add_paths(&json, String::new(), &mut paths);
    let mut wanted = BTreeSet::new();
    for (path, statistic) in reference() {
        assert!(!statistic.help.is_empty(), "{path}");
        let path = path.replace(".N.", ".0.");
        match statistic.kind {
            "time" => {
                wanted.extend(["count", "sumUs", "maxUs"].map(|part| format!("{path}.{part}")))
            }
            _ => drop(wanted.insert(path)),
        }
    }
    assert_eq!(paths, wanted);
}

fn add_paths(value: &Value, at: String, paths: &mut BTreeSet<String>) {
    let below = |name: &str| match at.as_str() {
        "" => name.to_owned(),
        at => format!("{at}.{name}"),
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                add_paths(member, below(name), paths);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                add_paths(item, below(&index.to_string()), paths);
            }
        }
        _ => drop(paths.insert(at)),
    }
}
