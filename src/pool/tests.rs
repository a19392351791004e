use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::ports::SystemClock;
use crate::throttle::{Done, Key, Queued, Verdict};

type Event = (&'static str, &'static str);

/// Reports that it runs, then waits until the test lets it go.
struct Held {
    name: &'static str,
    deadline: Instant,
    events: Sender<Event>,
    /// What STS makes of it; it is retried unless STS answers.
    go: Receiver<Verdict>,
    /// Its report blocks until the test lets that go, too.
    report: Option<Receiver<()>>,
}

impl Queued for Held {
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
}

impl Job for Held {
    type Outcome = &'static str;

    fn run(&mut self) -> Ran<&'static str> {
        self.events.send(("run", self.name)).unwrap();
        // A test that lets its sender go wants a fault.
        let verdict = self.go.recv().expect("fault");
        let done = Done {
            verdict,
            ..Done::unsent(Instant::now())
        };
        let then = match verdict {
            Verdict::Answered => Then::Finish("done"),
            Verdict::Throttled => Then::Retry(None),
            _ => Then::Retry(Some(Duration::ZERO)),
        };
        Ran { done, then }
    }

    fn report(&mut self) {}

    fn is_cancelled(&self) -> bool {
        false
    }

    fn finish(self, outcome: &'static str) {
        if let Some(report) = &self.report {
            self.events.send(("reporting", self.name)).unwrap();
            report.recv().unwrap();
        }
        self.events.send((outcome, self.name)).unwrap();
    }

    fn refuse(self, failure: Failure) {
        self.finish(failure.reason.name());
    }
}

const LONG: Duration = Duration::from_secs(30);

struct Bench {
    pool: Pool<Held>,
    events: Receiver<Event>,
    sender: Sender<Event>,
}

fn limits(in_flight: usize, queue: usize) -> ThrottleLimits {
    ThrottleLimits { in_flight, queue }
}

impl Bench {
    fn new(in_flight: usize, queue: usize) -> Bench {
        let (sender, events) = channel();
        let pool = Pool::new(
            Arc::new(SystemClock),
            1,
            limits(in_flight, queue),
            Random::new(7),
            Box::new(drop),
        );
        Bench {
            pool,
            events,
            sender,
        }
    }

    fn job(&self, name: &'static str, time: Duration) -> (Held, Sender<Verdict>) {
        let (go, held) = channel();
        let job = Held {
            name,
            deadline: Instant::now() + time,
            events: self.sender.clone(),
            go: held,
            report: None,
        };
        (job, go)
    }

    fn submit(&self, name: &'static str) -> Result<Sender<Verdict>, Reason> {
        self.submit_for(name, LONG)
    }

    fn submit_for(&self, name: &'static str, time: Duration) -> Result<Sender<Verdict>, Reason> {
        let (job, go) = self.job(name, time);
        self.pool.submit(Instant::now(), job).map(|_| go)
    }

    /// A job whose report blocks until the test lets it go.
    fn submit_blocking(&self, name: &'static str, time: Duration) -> (Sender<Verdict>, Sender<()>) {
        let (report, held) = channel();
        let (mut job, go) = self.job(name, time);
        job.report = Some(held);
        self.pool.submit(Instant::now(), job).unwrap();
        (go, report)
    }

    fn running(&self, name: &'static str) -> Sender<Verdict> {
        let go = self.submit(name).unwrap();
        self.expect(("run", name));
        go
    }

    fn queued(&self) -> usize {
        self.pool.gauges().queued
    }

    fn workers(&self) -> usize {
        self.pool.gauges().workers
    }

    #[track_caller]
    fn expect(&self, event: Event) {
        assert_eq!(self.events.recv_timeout(LONG), Ok(event));
    }

    fn shutdown(&self, drain: Duration) -> bool {
        self.pool.close();
        self.pool.join(drain)
    }
}

#[test]
fn there_is_no_thread_before_the_first_job() {
    let bench = Bench::new(4, 4);
    assert_eq!((bench.workers(), bench.queued()), (0, 0));
    assert!(bench.shutdown(Duration::ZERO));
}

#[test]
fn jobs_run_up_to_the_limit_then_they_wait_in_order_then_they_are_refused() {
    let bench = Bench::new(2, 2);
    let (a, b) = (bench.running("a"), bench.running("b"));
    let c = bench.submit("c").unwrap();
    let d = bench.submit("d").unwrap();
    assert_eq!(bench.queued(), 2);
    let _one_too_many = bench.submit("e").unwrap();
    bench.expect(("QueueFull", "e"));
    a.send(Verdict::Answered).unwrap();
    let both = [bench.events.recv().unwrap(), bench.events.recv().unwrap()];
    assert!(both.contains(&("done", "a")) && both.contains(&("run", "c")));
    b.send(Verdict::Answered).unwrap();
    let both = [bench.events.recv().unwrap(), bench.events.recv().unwrap()];
    assert!(both.contains(&("done", "b")) && both.contains(&("run", "d")));
    c.send(Verdict::Answered).unwrap();
    d.send(Verdict::Answered).unwrap();
    assert!(bench.shutdown(LONG));
}

#[test]
fn a_fault_in_a_job_ends_the_job_and_no_worker() {
    let bench = Bench::new(1, 4);
    drop(bench.running("faulty"));
    bench.expect(("Panicked", "faulty"));
    let workers = bench.workers();
    bench.running("next").send(Verdict::Answered).unwrap();
    bench.expect(("done", "next"));
    assert!(bench.workers() >= workers);
    assert!(bench.shutdown(LONG));
}

#[test]
fn shutdown_refuses_what_waits_and_what_comes() {
    let bench = Bench::new(1, 4);
    let running = bench.running("running");
    let _waiting = bench.submit("waiting").unwrap();
    assert!(!bench.shutdown(Duration::ZERO), "a worker is left behind");
    bench.expect(("ShuttingDown", "waiting"));
    assert_eq!(bench.submit("late").unwrap_err(), Reason::ShuttingDown);
    assert!(!bench.pool.run(Box::new(|| {})));
    running.send(Verdict::Answered).unwrap();
    assert!(bench.pool.join(LONG), "and exits when its job is done");
}

#[test]
fn a_job_that_is_to_be_retried_by_a_closed_pool_is_refused() {
    let bench = Bench::new(1, 4);
    let job = bench.running("job");
    assert!(!bench.shutdown(Duration::ZERO));
    job.send(Verdict::Failed).unwrap();
    bench.expect(("ShuttingDown", "job"));
    assert!(bench.pool.join(LONG));
}

#[test]
fn a_lower_limit_holds_for_jobs_that_start_afterwards() {
    let bench = Bench::new(2, 4);
    let (a, b) = (bench.running("a"), bench.running("b"));
    bench.pool.set_limits(limits(1, 4));
    a.send(Verdict::Answered).unwrap();
    bench.expect(("done", "a"));
    let c = bench.submit("c").unwrap();
    assert_eq!(bench.queued(), 1);
    b.send(Verdict::Answered).unwrap();
    let both = [bench.events.recv().unwrap(), bench.events.recv().unwrap()];
    assert!(both.contains(&("done", "b")) && both.contains(&("run", "c")));
    c.send(Verdict::Answered).unwrap();
    assert!(bench.shutdown(LONG));
}

#[test]
fn a_deadline_ends_the_wait_though_every_request_is_in_flight() {
    let bench = Bench::new(1, 4);
    let running = bench.running("running");
    let _late = bench.submit_for("late", Duration::from_millis(1)).unwrap();
    bench.expect(("VerificationTimeout", "late"));
    running.send(Verdict::Answered).unwrap();
    assert!(bench.shutdown(LONG));
}

#[test]
fn a_report_that_blocks_delays_neither_outcomes_nor_deadlines_of_others() {
    let bench = Bench::new(1, 100);
    let running = bench.running("running");
    let (_never_run, unblock) = bench.submit_blocking("blocked", Duration::from_millis(1));
    bench.expect(("reporting", "blocked"));
    for _ in 0..100 {
        let _late = bench.submit_for("late", Duration::from_millis(1)).unwrap();
        bench.expect(("VerificationTimeout", "late"));
    }
    running.send(Verdict::Answered).unwrap();
    bench.expect(("done", "running"));
    unblock.send(()).unwrap();
    bench.expect(("VerificationTimeout", "blocked"));
    assert!(bench.shutdown(LONG));
}

#[test]
fn a_report_that_blocks_holds_no_place() {
    let bench = Bench::new(1, 4);
    let (go, unblock) = bench.submit_blocking("blocked", LONG);
    bench.expect(("run", "blocked"));
    go.send(Verdict::Answered).unwrap();
    bench.expect(("reporting", "blocked"));
    bench.running("next").send(Verdict::Answered).unwrap();
    bench.expect(("done", "next"));
    unblock.send(()).unwrap();
    bench.expect(("done", "blocked"));
    assert!(bench.shutdown(LONG));
}

#[test]
fn a_removed_job_frees_its_place_and_never_runs() {
    let bench = Bench::new(1, 1);
    let running = bench.running("running");
    let (job, _go) = bench.job("removed", LONG);
    let id = bench.pool.submit(Instant::now(), job).unwrap();
    assert_eq!(bench.queued(), 1);
    bench.pool.remove(id);
    assert_eq!(bench.queued(), 0);
    let next = bench.submit("next").unwrap();
    running.send(Verdict::Answered).unwrap();
    let both = [bench.events.recv().unwrap(), bench.events.recv().unwrap()];
    assert!(both.contains(&("done", "running")) && both.contains(&("run", "next")));
    next.send(Verdict::Answered).unwrap();
    assert!(bench.shutdown(LONG));
}

#[test]
fn a_job_can_be_retried() {
    let bench = Bench::new(1, 4);
    let job = bench.running("job");
    job.send(Verdict::Failed).unwrap();
    bench.expect(("run", "job"));
    job.send(Verdict::Throttled).unwrap();
    bench.expect(("run", "job"));
    job.send(Verdict::Answered).unwrap();
    bench.expect(("done", "job"));
    assert!(bench.shutdown(LONG));
}

#[test]
fn an_errand_runs_beside_the_jobs() {
    let bench = Bench::new(1, 4);
    let running = bench.running("running");
    let events = bench.sender.clone();
    let errand = move || events.send(("run", "errand")).unwrap();
    assert!(bench.pool.run(Box::new(errand)));
    bench.expect(("run", "errand"));
    running.send(Verdict::Answered).unwrap();
    assert!(bench.shutdown(LONG));
}

/// Runs as fast as the test moves it.
struct MovedClock(Mutex<Instant>);

impl Clock for MovedClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }
}

fn bench_with_moved_clock() -> (Arc<MovedClock>, Bench) {
    let clock = Arc::new(MovedClock(Mutex::new(Instant::now())));
    let mut bench = Bench::new(8, 8);
    bench.pool = Pool::new(
        Arc::<MovedClock>::clone(&clock),
        1,
        limits(8, 8),
        Random::new(7),
        Box::new(drop),
    );
    (clock, bench)
}

#[test]
fn workers_without_work_exit() {
    let (clock, bench) = bench_with_moved_clock();
    let jobs = ["a", "b", "c"].map(|name| bench.running(name));
    for job in jobs {
        job.send(Verdict::Answered).unwrap();
        bench.events.recv_timeout(LONG).unwrap();
    }
    // Workers wait in real time, so they are woken by hand as their own time-out would. One that has
    // read the clock after it was moved waits once more.
    while bench.workers() > 0 {
        *clock.0.lock().unwrap() += Duration::from_secs(11);
        bench.pool.shared.changed.notify_all();
        thread::yield_now();
    }
    assert!(bench.shutdown(Duration::ZERO));
}

#[test]
fn workers_that_are_not_needed_exit_under_load_too() {
    let (clock, bench) = bench_with_moved_clock();
    let jobs = ["a", "b", "c", "d"].map(|name| bench.running(name));
    for job in jobs {
        job.send(Verdict::Answered).unwrap();
        bench.events.recv_timeout(LONG).unwrap();
    }
    // One login a second: whoever waits longest runs it, and none waits for ten seconds.
    while bench.workers() > 2 {
        // The clock may run far ahead before the system has let the workers exit.
        let go = bench.submit_for("one", 100 * LONG).unwrap();
        bench.expect(("run", "one"));
        go.send(Verdict::Answered).unwrap();
        bench.expect(("done", "one"));
        *clock.0.lock().unwrap() += Duration::from_secs(1);
    }
    assert!(bench.shutdown(LONG));
}
