use std::thread;

use super::*;

const LONG: Duration = Duration::from_secs(10);

#[test]
fn nothing_is_held_unless_asked_for() {
    Progress::default().gate();
}

#[test]
fn held_answers_go_when_released() {
    let progress = Progress::default();
    progress.hold(None);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let in_flight = progress.begin_request();
                progress.gate();
                in_flight.answered(200, None);
            });
        }
        let three = Minimum {
            in_flight: 3,
            ..Minimum::default()
        };
        assert!(progress.wait(three, LONG));
        assert!(progress.counters().by_status.is_empty());
        progress.release();
    });
    let counters = progress.counters();
    assert_eq!(counters.by_status.get(&200), Some(&3));
    assert_eq!((counters.in_flight, counters.in_flight_max), (0, 3));
}

#[test]
fn held_answers_go_when_enough_are_held() {
    let progress = Progress::default();
    progress.hold(Some(4));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| progress.gate());
        }
    });
    assert_eq!(progress.counters().held, 0);
}

#[test]
fn stopping_ends_every_wait() {
    let progress = Progress::default();
    progress.hold(None);
    thread::scope(|scope| {
        scope.spawn(|| progress.gate());
        scope.spawn(|| assert!(!progress.pause(LONG)));
        scope.spawn(|| {
            let unreachable = Minimum {
                requests: 99,
                ..Minimum::default()
            };
            assert!(!progress.wait(unreachable, LONG));
        });
        progress.stop();
    });
}

#[test]
fn a_request_dropped_without_answer_is_counted_as_unanswered() {
    let progress = Progress::default();
    drop(progress.begin_request());
    assert_eq!(progress.counters().unanswered, 1);
    assert_eq!(progress.counters().in_flight, 0);
}

#[test]
fn a_reset_keeps_what_is_of_the_moment() {
    let progress = Progress::default();
    progress.connection_opened();
    let in_flight = progress.begin_request();
    progress.reset();
    let counters = progress.counters();
    assert_eq!((counters.connections, counters.requests), (0, 0));
    assert_eq!((counters.connections_open, counters.in_flight), (1, 1));
    drop(in_flight);
}
