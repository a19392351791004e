use super::*;

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const S: Duration = Duration::from_secs(1);
pub(super) const KEY: Key = account(1);
pub(super) const OTHER: Key = account(2);

pub(super) const fn account(account: u64) -> Key {
    Key {
        endpoint: 0,
        account,
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Login {
    pub(super) key: Key,
    pub(super) deadline: Instant,
    pub(super) client: u64,
}

impl Queued for Login {
    fn key(&self) -> Key {
        self.key
    }
    fn deadline(&self) -> Instant {
        self.deadline
    }
    fn client(&self) -> u64 {
        self.client
    }
}

pub(super) struct Bench {
    pub(super) throttle: Throttle<Login>,
    pub(super) now: Instant,
    clients: u64,
}

impl Bench {
    pub(super) fn new(endpoints: usize, in_flight: usize, queue: usize) -> Bench {
        let limits = ThrottleLimits { in_flight, queue };
        let now = Instant::now();
        Bench {
            throttle: Throttle::new(now, endpoints, limits, Random::new(7)),
            now,
            clients: 0,
        }
    }

    /// A login of a client of its own.
    pub(super) fn login(&mut self, key: Key, time: Duration) -> Login {
        self.clients += 1;
        Login {
            key,
            deadline: self.now + time,
            client: self.clients,
        }
    }

    pub(super) fn submit(&mut self, key: Key, time: Duration) -> u64 {
        let login = self.login(key, time);
        self.throttle.submit(self.now, login)
    }

    /// Submits a login with plenty of time.
    pub(super) fn queue(&mut self, key: Key) -> u64 {
        self.submit(key, 30 * S)
    }

    /// The job that may run now.
    pub(super) fn run_job(&mut self) -> Option<(u64, Login)> {
        match self.throttle.next(self.now) {
            Next::Run(id, login) => Some((id, login)),
            Next::Refuse(login, reason) => panic!("{login:?} is refused: {reason:?}"),
            Next::Wait(_) => None,
        }
    }

    pub(super) fn run(&mut self) -> Option<u64> {
        self.run_job().map(|(id, _)| id)
    }

    /// Submits a login and has it run.
    pub(super) fn run_new(&mut self, key: Key) -> (u64, Login) {
        let id = self.queue(key);
        let (runs, login) = self.run_job().unwrap();
        assert_eq!(runs, id);
        (id, login)
    }

    pub(super) fn done(&mut self, key: Key, verdict: Verdict) {
        let (sent, took) = (self.now, 20 * MS);
        let done = Done {
            verdict,
            sent,
            took,
        };
        self.throttle.done(self.now, key, done);
    }

    /// Has a login of this key throttled, for which a limiter is opened.
    pub(super) fn throttle_key(&mut self, key: Key) -> (u64, Login) {
        let job = self.run_new(key);
        self.done(key, Verdict::Throttled);
        job
    }

    /// Passes time until something happens by itself.
    pub(super) fn pass(&mut self) -> Next<Login> {
        match self.throttle.next(self.now) {
            Next::Wait(until) => {
                self.now = until.expect("a timer is set");
                self.throttle.next(self.now)
            }
            next => next,
        }
    }

    #[track_caller]
    pub(super) fn expect_run(&mut self, id: u64) {
        assert!(matches!(self.pass(), Next::Run(runs, _) if runs == id));
    }

    #[track_caller]
    pub(super) fn expect_refusal(&mut self, reason: Reason) {
        let next = self.pass();
        assert!(
            matches!(next, Next::Refuse(_, r) if r == reason),
            "{next:?}"
        );
    }
}

#[test]
fn jobs_of_an_endpoint_run_in_order_up_to_its_limit() {
    let mut bench = Bench::new(1, 2, 10);
    let ids = [KEY, KEY, KEY, OTHER].map(|key| bench.queue(key));
    assert_eq!([bench.run(), bench.run()], [Some(ids[0]), Some(ids[1])]);
    assert_eq!(bench.run(), None);
    bench.done(KEY, Verdict::Answered);
    assert_eq!([bench.run(), bench.run()], [Some(ids[2]), None]);
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(ids[3]));
}

#[test]
fn a_full_endpoint_delays_no_other() {
    let mut bench = Bench::new(2, 1, 10);
    bench.run_new(KEY);
    bench.queue(KEY);
    bench.run_new(Key {
        endpoint: 1,
        account: 1,
    });
}

#[test]
fn an_unknown_endpoint_is_an_internal_error() {
    let mut bench = Bench::new(1, 1, 10);
    bench.queue(Key {
        endpoint: 1,
        account: 1,
    });
    bench.expect_refusal(Reason::Internal);
}

#[test]
fn a_raised_limit_lets_queued_jobs_run() {
    let mut bench = Bench::new(1, 1, 10);
    bench.run_new(KEY);
    let id = bench.queue(KEY);
    assert_eq!(bench.run(), None);
    bench.throttle.set_limits(ThrottleLimits {
        in_flight: 2,
        queue: 10,
    });
    assert!(bench.throttle.wake_at() <= Some(bench.now));
    assert_eq!(bench.run(), Some(id));
}

#[test]
fn everything_can_be_taken_out() {
    let mut bench = Bench::new(1, 1, 2);
    bench.throttle_key(KEY);
    (0..2).for_each(|_| _ = bench.queue(KEY));
    (0..5).for_each(|_| _ = bench.queue(OTHER));
    assert_eq!(bench.throttle.drain().len(), 7);
    assert_eq!(bench.throttle.queued(), 0);
    assert_eq!(bench.throttle.next(bench.now), Next::Wait(None));
}

#[test]
fn many_jobs_can_be_queued_and_removed() {
    let mut bench = Bench::new(1, 1, 100_000);
    bench.throttle_key(KEY);
    let ids: Vec<_> = (0..100_000)
        .map(|number| bench.queue(if number % 2 == 0 { KEY } else { OTHER }))
        .collect();
    assert!(ids.iter().all(|id| bench.throttle.remove(*id).is_some()));
    assert_eq!(bench.throttle.queued(), 0);
}

// Deadlines.

#[test]
fn a_queued_job_ends_exactly_at_its_deadline() {
    let mut bench = Bench::new(1, 1, 10);
    bench.run_new(KEY);
    bench.submit(KEY, 5 * S);
    let deadline = bench.now + 5 * S;
    bench.expect_refusal(Reason::VerificationTimeout);
    assert_eq!(bench.now, deadline);
    assert_eq!(bench.throttle.queued(), 0);
}

#[test]
fn a_job_whose_deadline_has_passed_ends_at_once() {
    let mut bench = Bench::new(1, 1, 10);
    bench.submit(KEY, Duration::ZERO);
    let next = bench.throttle.next(bench.now);
    assert!(matches!(next, Next::Refuse(_, Reason::VerificationTimeout)));
}

#[test]
fn a_throttled_job_that_expires_ends_as_overload() {
    let mut bench = Bench::new(1, 1, 10);
    let in_main_queue = bench.submit(KEY, 5 * S);
    let (_, sent) = bench.run_job().unwrap();
    let waits = bench.submit(KEY, 3 * S);
    bench.done(KEY, Verdict::Throttled);
    bench.run_new(OTHER);
    let limited = bench.submit(KEY, 4 * S);
    bench.throttle.retry(bench.now, in_main_queue, sent, None);
    for _ in [waits, limited, in_main_queue] {
        bench.expect_refusal(Reason::Overloaded);
    }
    assert_eq!(bench.throttle.queued(), 0);
}

#[test]
fn a_job_that_cannot_be_answered_in_time_is_not_sent() {
    let mut bench = Bench::new(1, 1, 10);
    bench.run_new(KEY);
    bench.done(KEY, Verdict::Answered);
    bench.run_new(KEY);
    bench.submit(KEY, 50 * MS);
    bench.now += 45 * MS;
    bench.done(KEY, Verdict::Answered);
    bench.expect_refusal(Reason::VerificationTimeout);
}

// Overload.

#[test]
fn one_job_too_many_is_refused_after_a_pause() {
    let mut bench = Bench::new(1, 1, 1);
    bench.run_new(KEY);
    bench.queue(KEY);
    let third = bench.login(KEY, 30 * S);
    let client = third.client;
    bench.throttle.submit(bench.now, third);
    assert_eq!(bench.throttle.queued(), 1);
    let begun = bench.now;
    let Next::Refuse(login, Reason::QueueFull) = bench.pass() else {
        panic!("it is not refused");
    };
    assert_eq!(login.client, client);
    let pause = bench.now - begun;
    assert!((500 * MS..=1500 * MS).contains(&pause), "{pause:?}");
}

#[test]
fn a_refusal_is_taken_back_if_there_is_room_by_then() {
    let mut bench = Bench::new(1, 1, 1);
    bench.run_new(KEY);
    let (second, third) = (bench.queue(KEY), bench.queue(KEY));
    bench.done(KEY, Verdict::Answered);
    assert_eq!(bench.run(), Some(second));
    bench.done(KEY, Verdict::Answered);
    bench.expect_run(third);
}

#[test]
fn free_places_in_flight_add_to_the_queue() {
    let mut bench = Bench::new(1, 2, 1);
    let ids = [(); 3].map(|()| bench.queue(KEY));
    assert_eq!(bench.throttle.queued(), 3);
    assert_eq!([bench.run(), bench.run()], [Some(ids[0]), Some(ids[1])]);
}

#[test]
fn a_job_that_cannot_be_in_time_is_refused_before_its_deadline() {
    let mut bench = Bench::new(1, 1, 1000);
    bench.run_new(KEY);
    bench.done(KEY, Verdict::Answered);
    bench.run_new(KEY);
    // At 20 ms each, those in front take two seconds.
    (0..100).for_each(|_| _ = bench.queue(KEY));
    bench.submit(KEY, S);
    let deadline = bench.now + S;
    bench.expect_refusal(Reason::Overloaded);
    assert!(bench.now < deadline);
}

#[test]
fn logins_in_a_hurry_leave_the_places_of_others_alone() {
    let mut bench = Bench::new(1, 1, 1000);
    bench.run_new(KEY);
    bench.done(KEY, Verdict::Answered);
    bench.run_new(KEY);
    (0..5).for_each(|_| _ = bench.queue(KEY));
    for _ in 0..20 {
        bench.now += 200 * MS;
        bench.submit(KEY, 50 * MS);
        bench.expect_refusal(Reason::Overloaded);
    }
    let before = bench.throttle.queued();
    (0..10).for_each(|_| _ = bench.queue(KEY));
    assert_eq!(bench.throttle.queued(), before + 10, "all of them wait");
}

#[test]
fn a_job_with_less_time_than_its_limiter_pauses_is_refused_before_its_deadline() {
    let mut bench = Bench::new(1, 10, 100);
    bench.throttle_key(KEY);
    bench.submit(KEY, MS);
    let deadline = bench.now + MS;
    bench.expect_refusal(Reason::Overloaded);
    assert!(bench.now < deadline);
}

#[test]
fn in_slow_start_nothing_is_refused_for_lack_of_time() {
    let mut bench = Bench::new(1, 10, 1000);
    bench.throttle_key(KEY);
    (0..500).for_each(|_| _ = bench.submit(KEY, S));
    assert_eq!(bench.throttle.queued(), 500);
}

#[test]
fn a_login_with_the_shortest_timeout_is_sent_however_slow_sts_was() {
    let mut bench = Bench::new(1, 10, 10);
    bench.run_new(KEY);
    let slow = Done {
        verdict: Verdict::Answered,
        sent: bench.now,
        took: 60 * S,
    };
    bench.throttle.done(bench.now, KEY, slow);
    bench.now += S;
    let id = bench.submit(KEY, 500 * MS);
    bench.now += 10 * MS;
    bench.expect_run(id);
}
