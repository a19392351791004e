use super::*;

const MS: Duration = Duration::from_millis(1);
const S: Duration = Duration::from_secs(1);

fn two() -> (Health, Instant) {
    let now = Instant::now();
    (Health::new(now, 2, Random::new(7)), now)
}

fn fail(health: &mut Health, now: Instant, times: u32) {
    for _ in 0..times {
        health.sent(now, 0);
        health.ended(now, 0, now, Signal::Failed);
    }
}

/// When the next probe is due.
fn next_probe(health: &mut Health, mut now: Instant) -> Instant {
    while health.probe_due(now).is_none() {
        now += 10 * MS;
    }
    now
}

#[test]
fn the_first_endpoint_is_preferred_until_it_fails_several_times_in_a_row() {
    let (mut health, now) = two();
    fail(&mut health, now, 4);
    assert_eq!(health.preferred(now), 0);
    health.sent(now, 0);
    health.ended(now, 0, now, Signal::Answered);
    fail(&mut health, now, 4);
    assert_eq!(health.preferred(now), 0);
    fail(&mut health, now, 1);
    assert_eq!(health.preferred(now), 1);
    assert_eq!(health.take_changes(), [(0, Change::Unhealthy)]);
}

#[test]
fn what_tells_nothing_counts_for_nothing() {
    let (mut health, now) = two();
    for _ in 0..100 {
        health.sent(now, 0);
        health.ended(now, 0, now, Signal::Unknown);
    }
    assert_eq!(health.preferred(now), 0);
}

#[test]
fn an_endpoint_that_falls_silent_is_left_before_any_request_has_failed() {
    let (mut health, now) = two();
    (0..2).for_each(|_| health.sent(now, 0));
    assert_eq!(health.preferred(now + 1500 * MS), 0);
    assert_eq!(health.preferred(now + 1501 * MS), 1);
}

#[test]
fn an_endpoint_is_silent_also_when_clients_give_up_before_the_next_login() {
    let (mut health, now) = two();
    (0..2).for_each(|_| health.sent(now, 0));
    (0..2).for_each(|_| health.ended(now + 1600 * MS, 0, now, Signal::Unknown));
    assert_eq!(health.preferred(now + 1600 * MS), 1);
}

#[test]
fn one_slow_request_is_no_silence_and_neither_are_many_among_answers() {
    let (mut health, now) = two();
    health.sent(now, 0);
    assert_eq!(health.preferred(now + 5 * S), 0);
    for second in 0..10 {
        let now = now + S * second;
        (0..2).for_each(|_| health.sent(now, 0));
        health.ended(now, 0, now, Signal::Answered);
        assert_eq!(health.preferred(now), 0);
    }
}

#[test]
fn where_all_went_down_together_the_first_is_used() {
    let (mut health, now) = two();
    for index in 0..2 {
        for _ in 0..5 {
            health.sent(now, index);
            health.ended(now, index, now, Signal::Failed);
        }
    }
    assert_eq!(
        health.take_changes(),
        [(0, Change::Unhealthy), (1, Change::Unhealthy)]
    );
    assert_eq!(health.preferred(now), 0);
}

#[test]
fn where_none_is_healthy_the_one_that_failed_last_is_used() {
    let (mut health, now) = two();
    fail(&mut health, now, 5);
    let due = next_probe(&mut health, now);
    health.probed(due, 0, false);
    for _ in 0..5 {
        health.sent(due, 1);
        health.ended(due, 1, due, Signal::Failed);
    }
    assert_eq!(health.preferred(due), 1);
}

#[test]
fn an_endpoint_that_comes_up_only_to_go_down_again_rests_longer_each_time() {
    let (mut health, mut now) = two();
    let mut pause = S;
    for _ in 0..8 {
        fail(&mut health, now, 5);
        let due = next_probe(&mut health, now);
        assert!(due - now >= pause / 2, "{:?}", due - now);
        health.probed(due, 0, true);
        now = due + S;
        pause = (pause * 2).min(60 * S);
    }
    now += 60 * S;
    fail(&mut health, now, 5);
    assert!(next_probe(&mut health, now) - now <= S + 10 * MS);
}

#[test]
fn an_endpoint_that_is_down_is_probed_after_pauses_that_grow() {
    let (mut health, mut now) = two();
    fail(&mut health, now, 5);
    assert_eq!(health.probe_due(now), None);
    let mut pause = S;
    for _ in 0..10 {
        let due = next_probe(&mut health, now);
        let waited = due - now;
        assert!(
            (pause / 2..=pause + 10 * MS).contains(&waited),
            "{waited:?}"
        );
        assert_eq!(health.probe_due(due), None, "one at a time");
        health.probed(due, 0, false);
        now = due;
        pause = (pause * 2).min(60 * S);
    }
    let due = next_probe(&mut health, now);
    health.probed(due, 0, true);
    assert_eq!(health.preferred(due), 0);
}

#[test]
fn an_answer_to_what_was_asked_since_brings_an_endpoint_up() {
    let (mut health, now) = two();
    health.sent(now, 0);
    fail(&mut health, now, 5);
    health.ended(now + S, 0, now, Signal::Answered);
    assert_eq!(health.preferred(now + S), 1, "that was asked before");
    health.sent(now + S, 0);
    health.ended(now + 2 * S, 0, now + S, Signal::Answered);
    assert_eq!(health.preferred(now + 2 * S), 0);
}

#[test]
fn what_hangs_from_before_does_not_take_a_recovered_endpoint_down_at_once() {
    let (mut health, now) = two();
    (0..64).for_each(|_| health.sent(now, 0));
    let silent = now + 2 * S;
    assert_eq!(health.preferred(silent), 1);
    let due = next_probe(&mut health, silent);
    health.probed(due, 0, true);
    assert_eq!(health.preferred(due), 0);
}
