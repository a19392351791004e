use super::*;

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const S: Duration = Duration::from_secs(1);
pub(super) const KEY: Key = account(1);

pub(super) const fn account(account: u64) -> Key {
    Key {
        endpoint: 0,
        account,
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Login {
    name: u32,
    pub(super) key: Key,
    pub(super) deadline: Instant,
    pub(super) client: u64,
    wanted: bool,
}

impl Waiting for Login {
    fn key(&self) -> Key {
        self.key
    }
    fn deadline(&self) -> Instant {
        self.deadline
    }
    fn client(&self) -> u64 {
        self.client
    }
    fn is_wanted(&self) -> bool {
        self.wanted
    }
}

pub(super) struct Bench {
    pub(super) admission: Admission<Login>,
    pub(super) now: Instant,
    logins: u32,
}

impl Bench {
    pub(super) fn new(endpoints: usize, requests: usize, waiting: usize) -> Bench {
        let limits = AdmissionLimits { requests, waiting };
        let now = Instant::now();
        Bench {
            admission: Admission::new(now, endpoints, limits, Random::new(7)),
            now,
            logins: 0,
        }
    }

    pub(super) fn login(&mut self, key: Key, time: Duration) -> Login {
        self.logins += 1;
        Login {
            name: self.logins,
            key,
            deadline: self.now + time,
            client: u64::from(self.logins),
            wanted: true,
        }
    }

    /// Submits a login with plenty of time; true if it may run at once.
    pub(super) fn submit(&mut self, key: Key) -> bool {
        let login = self.login(key, 30 * S);
        self.admission.submit(self.now, login).is_some()
    }

    pub(super) fn done(&mut self, key: Key, verdict: Verdict) {
        let (sent, took) = (self.now, 20 * MS);
        let done = Done {
            verdict,
            sent,
            took,
        };
        self.admission.done(self.now, key, done);
    }

    /// The name of the login that may run now.
    fn run(&mut self) -> Option<u32> {
        match self.admission.next(self.now, true) {
            Next::Run(login) => Some(login.name),
            Next::Refuse(login, reason) => panic!("{login:?} is refused: {reason:?}"),
            Next::Wait(_) => None,
        }
    }

    /// Passes time until something is due by itself.
    fn pass(&mut self) -> Next<Login> {
        match self.admission.next(self.now, true) {
            Next::Wait(until) => {
                self.now = until.expect("something waits");
                self.admission.next(self.now, true)
            }
            next => next,
        }
    }
}

#[test]
fn what_finds_room_runs_at_once_and_the_rest_in_order() {
    let mut bench = Bench::new(1, 2, 10);
    assert!(bench.submit(KEY) && bench.submit(KEY));
    assert!(!bench.submit(KEY) && !bench.submit(account(2)));
    assert_eq!(bench.run(), None);
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(3));
    assert_eq!(bench.run(), None);
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(4));
}

#[test]
fn an_endpoint_that_is_full_holds_up_no_other() {
    let mut bench = Bench::new(2, 1, 10);
    assert!(bench.submit(KEY));
    assert!(!bench.submit(KEY));
    assert!(bench.submit(Key {
        endpoint: 1,
        account: 1
    }));
}

#[test]
fn a_time_that_is_over_ends_the_wait_then_and_there() {
    let mut bench = Bench::new(1, 1, 10);
    assert!(bench.submit(KEY));
    let login = bench.login(KEY, 5 * S);
    let deadline = login.deadline;
    assert!(bench.admission.submit(bench.now, login).is_none());
    let next = bench.pass();
    assert!(matches!(next, Next::Refuse(_, Reason::VerificationTimeout)));
    assert_eq!(bench.now, deadline);
    assert_eq!(bench.admission.waiting(), 0);
}

#[test]
fn what_nobody_waits_for_any_more_is_not_sent() {
    let mut bench = Bench::new(1, 1, 10);
    assert!(bench.submit(KEY));
    let mut login = bench.login(KEY, 5 * S);
    login.wanted = false;
    assert!(bench.admission.submit(bench.now, login).is_none());
    bench.done(KEY, Verdict::Answered);
    let next = bench.admission.next(bench.now, true);
    assert!(matches!(next, Next::Refuse(_, Reason::Cancelled)));
    assert!(bench.submit(KEY), "and its place is free");
}

#[test]
fn one_too_many_is_refused_after_a_pause() {
    let mut bench = Bench::new(1, 1, 1);
    assert!(bench.submit(KEY));
    assert!(!bench.submit(KEY) && !bench.submit(KEY));
    let begun = bench.now;
    let Next::Refuse(login, Reason::QueueFull) = bench.pass() else {
        panic!("it is not refused");
    };
    assert_eq!(login.name, 3);
    let pause = bench.now - begun;
    assert!((500 * MS..=1500 * MS).contains(&pause), "{pause:?}");
}

#[test]
fn one_too_many_waits_after_all_if_there_is_room_by_then() {
    let mut bench = Bench::new(1, 1, 1);
    assert!(bench.submit(KEY));
    assert!(!bench.submit(KEY) && !bench.submit(KEY));
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(2));
    bench.done(KEY, Verdict::Answered);
    assert!(matches!(bench.pass(), Next::Run(Login { name: 3, .. })));
}

#[test]
fn one_that_cannot_be_in_time_is_refused_before_its_time_is_over() {
    let mut bench = Bench::new(1, 1, 1000);
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Answered);
    assert!(bench.submit(KEY));
    // At 20 ms each, those in front take two seconds.
    (0..100).for_each(|_| assert!(!bench.submit(KEY)));
    let late = bench.login(KEY, S);
    let deadline = late.deadline;
    assert!(bench.admission.submit(bench.now, late).is_none());
    assert!(matches!(bench.pass(), Next::Refuse(_, Reason::Overloaded)));
    assert!(bench.now < deadline);
}

#[test]
fn what_is_sent_again_pauses_without_holding_a_place() {
    let mut bench = Bench::new(1, 1, 10);
    let login = bench.login(KEY, 30 * S);
    let login = bench.admission.submit(bench.now, login).unwrap();
    bench.done(KEY, Verdict::Failed);
    bench.admission.again(bench.now, login, Some(100 * MS));
    assert!(bench.submit(KEY), "the place is free meanwhile");
    bench.done(KEY, Verdict::Answered);
    let begun = bench.now;
    assert!(matches!(bench.pass(), Next::Run(Login { name: 1, .. })));
    let pause = bench.now - begun;
    assert!((50 * MS..=100 * MS).contains(&pause), "{pause:?}");
}

#[test]
fn a_throttled_key_pauses_then_probes_and_slows_no_other() {
    let mut bench = Bench::new(1, 10, 100);
    let throttled = bench.login(KEY, 30 * S);
    let throttled = bench.admission.submit(bench.now, throttled).unwrap();
    bench.done(KEY, Verdict::Throttled);
    bench.admission.again(bench.now, throttled, None);
    assert!(!bench.submit(KEY), "it waits in the lane");
    assert!(bench.submit(account(2)), "another account does not");
    assert!(
        matches!(bench.pass(), Next::Run(Login { name: 1, .. })),
        "the throttled one is first"
    );
    assert_eq!(bench.run(), None, "one probe at a time");
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(2), "its answer opens the lane");
}

#[test]
fn a_probe_that_is_not_back_in_a_second_holds_up_the_next_no_longer() {
    let mut bench = Bench::new(1, 10, 100);
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Throttled);
    (0..2).for_each(|_| assert!(!bench.submit(KEY)));
    assert!(matches!(bench.pass(), Next::Run(Login { name: 2, .. })));
    let probed = bench.now;
    assert!(matches!(bench.pass(), Next::Run(Login { name: 3, .. })));
    assert_eq!(bench.now - probed, S);
}

#[test]
fn what_was_sent_before_the_probe_says_nothing_of_it() {
    let mut bench = Bench::new(1, 10, 100);
    assert!(bench.submit(KEY) && bench.submit(KEY));
    bench.now += MS;
    bench.done(KEY, Verdict::Throttled);
    (0..2).for_each(|_| assert!(!bench.submit(KEY)));
    assert!(matches!(bench.pass(), Next::Run(Login { name: 3, .. })));
    let early = Done {
        verdict: Verdict::Failed,
        sent: bench.now - 20 * MS,
        took: 20 * MS,
    };
    bench.admission.done(bench.now, KEY, early);
    let probed = bench.now;
    assert!(matches!(bench.pass(), Next::Run(Login { name: 4, .. })));
    assert_eq!(bench.now - probed, S);
}

#[test]
fn what_cannot_be_answered_in_time_any_more_is_not_sent() {
    let mut bench = Bench::new(1, 1, 10);
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Answered);
    assert!(bench.submit(KEY));
    let hasty = bench.login(KEY, 50 * MS);
    assert!(bench.admission.submit(bench.now, hasty).is_none());
    bench.now += 45 * MS;
    bench.done(KEY, Verdict::Answered);
    let next = bench.admission.next(bench.now, true);
    assert!(matches!(next, Next::Refuse(_, Reason::VerificationTimeout)));
}

#[test]
fn whoever_has_given_up_takes_no_place_from_others() {
    let mut bench = Bench::new(1, 1, 1);
    assert!(bench.submit(KEY));
    let mut gone = bench.login(KEY, 30 * S);
    gone.wanted = false;
    assert!(bench.admission.submit(bench.now, gone).is_none());
    bench.now += 200 * MS;
    assert!(!bench.submit(KEY));
    let next = bench.admission.next(bench.now, true);
    assert!(matches!(next, Next::Refuse(_, Reason::Cancelled)));
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(3));
}

#[test]
fn logins_with_hardly_any_time_leave_the_places_of_others_alone() {
    let mut bench = Bench::new(1, 1, 1000);
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Answered);
    (0..6).for_each(|_| {
        bench.submit(KEY);
    });
    for _ in 0..20 {
        bench.now += 200 * MS;
        let hasty = bench.login(KEY, 50 * MS);
        assert!(bench.admission.submit(bench.now, hasty).is_none());
        assert!(matches!(bench.pass(), Next::Refuse(_, Reason::Overloaded)));
    }
    let before = bench.admission.waiting();
    (0..10).for_each(|_| assert!(!bench.submit(KEY)));
    assert_eq!(bench.admission.waiting(), before + 10, "all of them wait");
}

#[test]
fn a_pace_that_nobody_goes_does_not_grow() {
    let mut bench = Bench::new(1, 1, 1000);
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Throttled);
    (0..200).for_each(|_| assert!(!bench.submit(KEY)));
    // One request at a time, each so slow that the lane is always behind its pace.
    for _ in 0..40 {
        assert!(matches!(bench.pass(), Next::Run(_)));
        bench.now += 500 * MS;
        bench.done(KEY, Verdict::Answered);
    }
    let burst = (0..50).filter(|_| {
        let runs = bench.run().is_some();
        bench.done(KEY, Verdict::Answered);
        runs
    });
    assert!(burst.count() < 3);
}

#[test]
fn a_lane_is_left_behind_when_its_key_was_quiet_for_long() {
    let mut bench = Bench::new(1, 10, 100);
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Throttled);
    assert_eq!(bench.admission.lanes(bench.now), 1);
    bench.now += 61 * S;
    assert_eq!(bench.run(), None);
    assert_eq!(bench.admission.lanes(bench.now), 0);
}

#[test]
fn a_lane_that_nobody_asks_for_any_more_is_not_counted_for_ever() {
    let mut bench = Bench::new(1, 10, 100);
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Throttled);
    bench.now += 61 * S;
    assert_eq!(bench.admission.lanes(bench.now), 0);
}

#[test]
fn one_account_s_lane_takes_no_place_of_another_s() {
    let mut bench = Bench::new(1, 10, 5);
    for key in [KEY, account(2)] {
        assert!(bench.submit(key));
        bench.done(key, Verdict::Throttled);
    }
    // The first takes every place of its own.
    (0..10).for_each(|_| assert!(!bench.submit(KEY)));
    assert_eq!(bench.admission.waiting(), 5);
    assert!(!bench.submit(account(2)));
    assert_eq!(bench.admission.waiting(), 6);
}

#[test]
fn what_has_less_time_than_its_lane_pauses_is_refused_in_time() {
    let mut bench = Bench::new(1, 10, 100);
    for _ in 0..40 {
        assert!(bench.submit(KEY));
        bench.now += 25 * MS;
        bench.done(KEY, Verdict::Answered);
    }
    assert!(bench.submit(KEY));
    bench.done(KEY, Verdict::Throttled);
    let hasty = bench.login(KEY, MS);
    let deadline = hasty.deadline;
    assert!(bench.admission.submit(bench.now, hasty).is_none());
    assert!(matches!(bench.pass(), Next::Refuse(_, Reason::Overloaded)));
    assert!(bench.now < deadline);
}

#[test]
fn lanes_are_bounded_and_beyond_them_a_throttled_login_pauses_alone() {
    let mut bench = Bench::new(1, 1000, 1000);
    for number in 0..300 {
        let login = bench.login(account(number), 30 * S);
        let login = bench.admission.submit(bench.now, login).unwrap();
        bench.done(account(number), Verdict::Throttled);
        bench.admission.again(bench.now, login, None);
    }
    assert_eq!(bench.admission.lanes(bench.now), MOST_LANES);
    assert_eq!(bench.admission.waiting(), 300);
}

#[test]
fn everything_can_be_taken_out() {
    let mut bench = Bench::new(1, 1, 2);
    assert!(bench.submit(KEY));
    (0..4).for_each(|_| assert!(!bench.submit(KEY)));
    assert_eq!(bench.admission.drain().len(), 4);
    assert_eq!(bench.admission.waiting(), 0);
    assert_eq!(bench.admission.next(bench.now, true), Next::Wait(None));
}
