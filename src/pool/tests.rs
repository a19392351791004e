use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::admission::{Key, Verdict, Waiting};
use crate::aws::{Endpoint, SignedRequest};
use crate::ports::{Attempt, Resting, SendLimits, StsClient, SystemClock};

struct NoSts;

impl Sts for NoSts {
    fn client(&self) -> Box<dyn StsClient> {
        Box::new(NoClient)
    }

    fn warm_up(&self, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    fn shutdown(&self) {}
}

pub(super) struct NoClient;

impl StsClient for NoClient {
    fn send(&mut self, _: &SignedRequest, _: SendLimits) -> Attempt {
        unreachable!()
    }

    fn probe(&mut self, _: &Arc<Endpoint>, _: Duration) -> bool {
        true
    }
}

/// Says that it runs, then waits until the test lets it go.
pub(super) struct Held {
    pub(super) name: &'static str,
    pub(super) deadline: Instant,
    pub(super) events: Sender<(&'static str, &'static str)>,
    /// What STS makes of it; run again unless it answers.
    pub(super) go: Receiver<Verdict>,
}

impl Waiting for Held {
    fn key(&self) -> Key {
        Key {
            endpoint: 0,
            account: 0,
        }
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn client(&self) -> u64 {
        0
    }

    fn is_wanted(&self) -> bool {
        true
    }
}

impl Job for Held {
    fn run(self, _: &mut dyn StsClient) -> Ran<Held> {
        self.events.send(("run", self.name)).unwrap();
        // A test that lets its sender go wants a fault.
        let verdict = self.go.recv().expect("fault");
        let done = Done {
            verdict,
            ..Done::unsent(Instant::now())
        };
        let pause = match verdict {
            Verdict::Answered => return Ran { done, again: None },
            Verdict::Throttled => None,
            _ => Some(Duration::ZERO),
        };
        Ran {
            done,
            again: Some((self, pause)),
        }
    }

    fn send(self, _: Box<dyn Resting>, _: impl FnOnce(Sent<Held>) + Send + 'static) {
        unreachable!()
    }

    fn refuse(self, reason: Reason) {
        self.events.send((reason.name(), self.name)).unwrap();
    }
}

pub(super) const LONG: Duration = Duration::from_secs(30);

pub(super) struct Bench {
    pub(super) pool: Pool<Held>,
    pub(super) events: Receiver<(&'static str, &'static str)>,
    pub(super) sender: Sender<(&'static str, &'static str)>,
}

impl Bench {
    pub(super) fn new(workers: usize, queue: usize) -> Bench {
        let (sender, events) = channel();
        let limits = AdmissionLimits {
            requests: workers,
            waiting: queue,
        };
        let clock = Arc::new(SystemClock);
        let pool = Pool::new(
            Arc::new(NoSts),
            clock,
            1,
            limits,
            Random::new(7),
            Box::new(drop),
        );
        Bench {
            pool,
            events,
            sender,
        }
    }

    pub(super) fn submit(&self, name: &'static str) -> Result<Sender<Verdict>, Reason> {
        self.submit_for(name, LONG)
    }

    pub(super) fn submit_for(
        &self,
        name: &'static str,
        time: Duration,
    ) -> Result<Sender<Verdict>, Reason> {
        let (go, held) = channel();
        let job = Held {
            name,
            deadline: Instant::now() + time,
            events: self.sender.clone(),
            go: held,
        };
        self.pool.submit(Instant::now(), job).map(|()| go)
    }

    /// Threads and waiting jobs.
    pub(super) fn gauges(&self) -> (usize, usize) {
        let gauges = self.pool.gauges();
        (gauges.workers, gauges.waiting)
    }

    /// Then nothing happens by itself before a deadline.
    pub(super) fn until_the_timekeeper_sleeps(&self) {
        while !matches!(
            self.pool.shared.state().timekeeper,
            Timekeeper::Asleep(Some(_))
        ) {
            thread::yield_now();
        }
    }

    #[track_caller]
    pub(super) fn expect(&self, event: (&'static str, &'static str)) {
        assert_eq!(self.events.recv_timeout(LONG), Ok(event));
    }
}

#[test]
fn there_is_no_thread_before_the_first_job() {
    let bench = Bench::new(4, 4);
    assert_eq!(bench.gauges(), (0, 0));
    assert!(bench.pool.shutdown(Duration::ZERO));
}

#[test]
fn threads_grow_to_the_limit_then_jobs_wait_in_order_then_they_are_refused() {
    let bench = Bench::new(2, 2);
    let a = bench.submit("a").unwrap();
    let b = bench.submit("b").unwrap();
    let first_two = [bench.events.recv().unwrap(), bench.events.recv().unwrap()];
    assert!(first_two.contains(&("run", "a")) && first_two.contains(&("run", "b")));
    let c = bench.submit("c").unwrap();
    let d = bench.submit("d").unwrap();
    assert_eq!(bench.gauges(), (2, 2));
    let _one_too_many = bench.submit("e").unwrap();
    bench.expect(("QueueFull", "e"));
    a.send(Verdict::Answered).unwrap();
    bench.expect(("run", "c"));
    b.send(Verdict::Answered).unwrap();
    bench.expect(("run", "d"));
    c.send(Verdict::Answered).unwrap();
    d.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
}

#[test]
fn a_job_s_fault_costs_no_worker() {
    let bench = Bench::new(1, 4);
    drop(bench.submit("faulty").unwrap());
    bench.expect(("run", "faulty"));
    let next = bench.submit("next").unwrap();
    bench.expect(("run", "next"));
    next.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
}

#[test]
fn shutdown_discards_what_waits_and_refuses_what_comes() {
    let bench = Bench::new(1, 4);
    let running = bench.submit("running").unwrap();
    bench.expect(("run", "running"));
    let _waiting = bench.submit("waiting").unwrap();
    assert!(
        !bench.pool.shutdown(Duration::ZERO),
        "a worker is left behind"
    );
    bench.expect(("ShuttingDown", "waiting"));
    assert_eq!(bench.submit("late").unwrap_err(), Reason::ShuttingDown);
    running.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG), "and goes when its job is done");
}

#[test]
fn fewer_workers_take_effect_as_they_fall_idle() {
    let bench = Bench::new(2, 4);
    let a = bench.submit("a").unwrap();
    let b = bench.submit("b").unwrap();
    bench.events.recv().unwrap();
    bench.events.recv().unwrap();
    bench.pool.set_limits(AdmissionLimits {
        requests: 1,
        waiting: 4,
    });
    a.send(Verdict::Answered).unwrap();
    let until_one = |shared: &Shared<Held>| {
        let state = shared.state();
        drop(
            shared
                .thread_gone
                .wait_while(state, |s| s.threads > 1)
                .unwrap(),
        );
    };
    until_one(&bench.pool.shared);
    let c = bench.submit("c").unwrap();
    assert_eq!(bench.gauges(), (1, 1));
    b.send(Verdict::Answered).unwrap();
    bench.expect(("run", "c"));
    c.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
}

#[test]
fn a_time_that_is_over_ends_the_wait_though_every_worker_is_busy() {
    let bench = Bench::new(1, 4);
    let running = bench.submit("running").unwrap();
    bench.expect(("run", "running"));
    let _late = bench.submit_for("late", Duration::from_millis(1)).unwrap();
    bench.expect(("VerificationTimeout", "late"));
    running.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
}

#[test]
fn a_job_can_be_run_again() {
    let bench = Bench::new(1, 4);
    let job = bench.submit("job").unwrap();
    bench.expect(("run", "job"));
    job.send(Verdict::Failed).unwrap();
    bench.expect(("run", "job"));
    job.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
}

#[test]
fn what_is_paced_goes_at_its_pace_though_none_of_it_has_come_back() {
    let bench = Bench::new(4, 4);
    let probe = bench.submit("probe").unwrap();
    bench.expect(("run", "probe"));
    probe.send(Verdict::Throttled).unwrap();
    bench.expect(("run", "probe"));
    let a = bench.submit("a").unwrap();
    let b = bench.submit("b").unwrap();
    let c = bench.submit("c").unwrap();
    bench.until_the_timekeeper_sleeps();
    probe.send(Verdict::Answered).unwrap();
    bench.expect(("run", "a"));
    bench.expect(("run", "b"));
    bench.expect(("run", "c"));
    for held in [a, b, c] {
        held.send(Verdict::Answered).unwrap();
    }
    assert!(bench.pool.shutdown(LONG));
}

#[test]
fn a_job_that_comes_back_to_a_closed_pool_is_refused() {
    let bench = Bench::new(1, 4);
    let job = bench.submit("job").unwrap();
    bench.expect(("run", "job"));
    assert!(!bench.pool.shutdown(Duration::ZERO));
    job.send(Verdict::Failed).unwrap();
    bench.expect(("ShuttingDown", "job"));
    assert!(bench.pool.shutdown(LONG));
}

#[test]
fn an_errand_runs_beside_the_jobs() {
    let bench = Bench::new(1, 4);
    let running = bench.submit("running").unwrap();
    bench.expect(("run", "running"));
    let events = bench.sender.clone();
    let told = move |_: &mut dyn StsClient| events.send(("run", "errand")).unwrap();
    assert!(bench.pool.errand(Box::new(told)));
    bench.expect(("run", "errand"));
    running.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
    assert!(!bench.pool.errand(Box::new(|_: &mut dyn StsClient| {})));
}
