//! Retries, limiters, and jobs that are removed.

use super::tests::*;
use super::*;

// Retries.

#[test]
fn a_retried_job_pauses_without_holding_a_place() {
    let mut bench = Bench::new(1, 1, 10);
    let (id, login) = bench.run_new(KEY);
    bench.done(KEY, Verdict::Failed);
    bench.throttle.retry(bench.now, id, login, Some(100 * MS));
    bench.run_new(KEY);
    bench.done(KEY, Verdict::Answered);
    let begun = bench.now;
    bench.expect_run(id);
    let pause = bench.now - begun;
    assert!((50 * MS..=100 * MS).contains(&pause), "{pause:?}");
}

#[test]
fn a_pause_ends_at_the_deadline() {
    let mut bench = Bench::new(1, 1, 10);
    bench.submit(KEY, S);
    let (id, login) = bench.run_job().unwrap();
    let deadline = login.deadline;
    bench.done(KEY, Verdict::Failed);
    bench.throttle.retry(bench.now, id, login, Some(10 * S));
    bench.expect_refusal(Reason::VerificationTimeout);
    assert_eq!(bench.now, deadline);
}

#[test]
fn a_throttled_job_is_the_first_of_its_limiter() {
    let mut bench = Bench::new(1, 10, 100);
    let (id, login) = bench.throttle_key(KEY);
    bench.queue(KEY);
    bench.throttle.retry(bench.now, id, login, None);
    bench.expect_run(id);
}

// Limiters.

#[test]
fn a_throttled_account_delays_no_other() {
    let mut bench = Bench::new(1, 10, 100);
    bench.throttle_key(KEY);
    bench.queue(KEY);
    bench.run_new(OTHER);
}

#[test]
fn jobs_that_were_queued_before_their_account_was_throttled_are_limited_too() {
    let mut bench = Bench::new(1, 1, 100);
    bench.run_new(KEY);
    let (limited, other) = (bench.queue(KEY), bench.queue(OTHER));
    bench.done(KEY, Verdict::Throttled);
    assert_eq!(bench.run(), Some(other));
    bench.done(OTHER, Verdict::Answered);
    assert_eq!(bench.run(), None);
    bench.expect_run(limited);
}

#[test]
fn limited_and_other_jobs_take_turns_when_places_are_short() {
    let mut bench = Bench::new(1, 1, 100);
    bench.throttle_key(KEY);
    let limited = [bench.queue(KEY), bench.queue(KEY)];
    let other = [bench.queue(OTHER), bench.queue(OTHER)];
    bench.now += S;
    let mut order = Vec::new();
    for _ in 0..4 {
        let (id, login) = bench.run_job().unwrap();
        order.push(id);
        assert_eq!(bench.run(), None, "there is no place");
        bench.now += S;
        bench.done(login.key, Verdict::Answered);
    }
    assert_eq!(order, [limited[0], other[0], limited[1], other[1]]);
}

#[test]
fn one_account_s_limiter_takes_no_place_of_another_s() {
    let mut bench = Bench::new(1, 10, 5);
    bench.throttle_key(KEY);
    bench.throttle_key(OTHER);
    (0..10).for_each(|_| _ = bench.queue(KEY));
    assert_eq!(bench.throttle.queued(), 5);
    bench.queue(OTHER);
    assert_eq!(bench.throttle.queued(), 6);
}

#[test]
fn a_limiter_without_jobs_or_throttling_disappears_after_a_minute() {
    let mut bench = Bench::new(1, 10, 100);
    bench.throttle_key(KEY);
    assert_eq!(bench.throttle.limited_accounts(bench.now), 1);
    bench.now += 61 * S;
    assert_eq!(bench.throttle.limited_accounts(bench.now), 0);
    (0..10).for_each(|_| _ = bench.run_new(KEY));
}

#[test]
fn limiters_are_bounded_and_beyond_them_a_throttled_job_pauses() {
    let mut bench = Bench::new(1, 1000, 1000);
    for number in 0..300 {
        let (id, login) = bench.throttle_key(account(number));
        bench.throttle.retry(bench.now, id, login, None);
    }
    assert_eq!(bench.throttle.limited_accounts(bench.now), MOST_LIMITERS);
    assert_eq!(bench.throttle.queued(), 300);
    let begun = bench.now;
    let mut paused = Vec::new();
    for _ in 0..300 {
        let Next::Run(_, login) = bench.pass() else {
            panic!("something is refused");
        };
        if login.key.account >= MOST_LIMITERS as u64 {
            paused.push(bench.now - begun);
        }
    }
    assert_eq!(paused.len(), 300 - MOST_LIMITERS);
    let expected = |pause: &Duration| (250 * MS..=500 * MS).contains(pause);
    assert!(paused.iter().all(expected), "{paused:?}");
}

// Removal.

/// Removes a job that is in some state, and counts what is queued before and after.
#[track_caller]
fn assert_removed(bench: &mut Bench, id: u64, before: usize, after: usize) {
    assert_eq!(bench.throttle.queued(), before);
    assert!(bench.throttle.remove(id).is_some());
    assert_eq!(bench.throttle.queued(), after);
    assert!(bench.throttle.remove(id).is_none(), "it is gone");
}

#[test]
fn a_removed_job_frees_its_place_in_the_queue_at_once() {
    let mut bench = Bench::new(1, 1, 1);
    bench.run_new(KEY);
    let id = bench.queue(KEY);
    assert_removed(&mut bench, id, 1, 0);
    let next = bench.queue(KEY);
    assert_eq!(bench.throttle.queued(), 1);
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(next));
}

#[test]
fn a_removed_limited_job_frees_its_place_at_once() {
    let mut bench = Bench::new(1, 1, 1);
    bench.throttle_key(KEY);
    let id = bench.queue(KEY);
    assert_removed(&mut bench, id, 1, 0);
    let next = bench.queue(KEY);
    bench.expect_run(next);
}

#[test]
fn a_paused_job_can_be_removed() {
    let mut bench = Bench::new(1, 1, 10);
    let (id, login) = bench.run_new(KEY);
    bench.done(KEY, Verdict::Failed);
    bench.throttle.retry(bench.now, id, login, Some(S));
    assert_removed(&mut bench, id, 1, 0);
    assert_eq!(bench.throttle.next(bench.now), Next::Wait(None));
}

#[test]
fn a_retried_job_keeps_its_id() {
    let mut bench = Bench::new(1, 10, 10);
    let (id, login) = bench.throttle_key(KEY);
    bench.throttle.retry(bench.now, id, login, None);
    assert_removed(&mut bench, id, 1, 0);
    assert!(matches!(bench.throttle.next(bench.now), Next::Wait(None)));
}

#[test]
fn a_job_that_is_about_to_be_refused_can_be_removed() {
    let mut bench = Bench::new(1, 1, 1);
    bench.run_new(KEY);
    bench.queue(KEY);
    let id = bench.queue(KEY);
    assert_removed(&mut bench, id, 1, 1);
}

#[test]
fn a_job_that_was_given_out_cannot_be_removed() {
    let mut bench = Bench::new(1, 1, 1);
    let (id, _) = bench.run_new(KEY);
    assert!(bench.throttle.remove(id).is_none());
}
