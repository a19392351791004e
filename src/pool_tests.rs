use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::aws::SignedRequest;
use crate::ports::{Attempt, SendLimits};

struct NoSts;

impl Sts for NoSts {
    fn client(&self) -> Box<dyn StsClient> {
        Box::new(NoClient)
    }

    fn shutdown(&self) {}
}

struct NoClient;

impl StsClient for NoClient {
    fn send(&mut self, _: &SignedRequest, _: SendLimits) -> Attempt {
        unreachable!()
    }
}

/// Says that it runs, then waits until the test lets it go.
struct Held {
    name: &'static str,
    events: Sender<(&'static str, &'static str)>,
    go: Receiver<()>,
}

impl Job for Held {
    fn run(self, _: &mut dyn StsClient) {
        self.events.send(("run", self.name)).unwrap();
        // A test that lets its sender go wants a fault.
        self.go.recv().expect("fault");
    }

    fn discard(self) {
        self.events.send(("discard", self.name)).unwrap();
    }
}

struct Bench {
    pool: Pool<Held>,
    events: Receiver<(&'static str, &'static str)>,
    sender: Sender<(&'static str, &'static str)>,
}

impl Bench {
    fn new(workers: usize, queue: usize) -> Bench {
        let (sender, events) = channel();
        let pool = Pool::new(Arc::new(NoSts), PoolLimits { workers, queue });
        Bench {
            pool,
            events,
            sender,
        }
    }

    fn submit(&self, name: &'static str) -> Result<Sender<()>, Reason> {
        let (go, held) = channel();
        let job = Held {
            name,
            events: self.sender.clone(),
            go: held,
        };
        self.pool.submit(job).map(|()| go)
    }

    #[track_caller]
    fn expect(&self, event: (&'static str, &'static str)) {
        assert_eq!(self.events.recv_timeout(Duration::from_secs(30)), Ok(event));
    }
}

#[test]
fn there_is_no_thread_before_the_first_job() {
    let bench = Bench::new(4, 4);
    assert_eq!(bench.pool.gauges(), (0, 0));
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
    assert_eq!(bench.pool.gauges(), (2, 2));
    assert_eq!(bench.submit("e").unwrap_err(), Reason::QueueFull);
    a.send(()).unwrap();
    bench.expect(("run", "c"));
    b.send(()).unwrap();
    bench.expect(("run", "d"));
    c.send(()).unwrap();
    d.send(()).unwrap();
    assert!(bench.pool.shutdown(Duration::from_secs(30)));
}

#[test]
fn a_job_s_fault_costs_no_worker() {
    let bench = Bench::new(1, 4);
    drop(bench.submit("faulty").unwrap());
    bench.expect(("run", "faulty"));
    let next = bench.submit("next").unwrap();
    bench.expect(("run", "next"));
    next.send(()).unwrap();
    assert!(bench.pool.shutdown(Duration::from_secs(30)));
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
    bench.expect(("discard", "waiting"));
    assert_eq!(bench.submit("late").unwrap_err(), Reason::ShuttingDown);
    running.send(()).unwrap();
    assert!(
        bench.pool.shutdown(Duration::from_secs(30)),
        "and goes when its job is done"
    );
}

#[test]
fn fewer_workers_take_effect_as_they_fall_idle() {
    let bench = Bench::new(2, 4);
    let a = bench.submit("a").unwrap();
    let b = bench.submit("b").unwrap();
    bench.events.recv().unwrap();
    bench.events.recv().unwrap();
    bench.pool.set_limits(PoolLimits {
        workers: 1,
        queue: 4,
    });
    a.send(()).unwrap();
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
    assert_eq!(bench.pool.gauges(), (1, 1));
    b.send(()).unwrap();
    bench.expect(("run", "c"));
    c.send(()).unwrap();
    assert!(bench.pool.shutdown(Duration::from_secs(30)));
}

/// Clients of its workers wait, as they go, until the test lets them.
struct SlowGoodbye {
    leaving: Mutex<Sender<()>>,
    gate: Arc<Mutex<()>>,
}

struct SlowClient(Sender<()>, Arc<Mutex<()>>);

impl Sts for SlowGoodbye {
    fn client(&self) -> Box<dyn StsClient> {
        let leaving = self.leaving.lock().unwrap().clone();
        Box::new(SlowClient(leaving, Arc::clone(&self.gate)))
    }

    fn shutdown(&self) {}
}

impl StsClient for SlowClient {
    fn send(&mut self, _: &SignedRequest, _: SendLimits) -> Attempt {
        unreachable!()
    }
}

impl Drop for SlowClient {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
        drop(self.1.lock());
    }
}

#[test]
fn while_a_surplus_worker_is_on_its_way_out_the_others_stay() {
    let (leaving, left) = channel();
    let gate = Arc::new(Mutex::new(()));
    let sts = SlowGoodbye {
        leaving: Mutex::new(leaving),
        gate: Arc::clone(&gate),
    };
    let mut bench = Bench::new(0, 0);
    let limits = |workers| PoolLimits { workers, queue: 4 };
    bench.pool = Pool::new(Arc::new(sts), limits(2));
    let a = bench.submit("a").unwrap();
    bench.expect(("run", "a"));
    let b = bench.submit("b").unwrap();
    bench.expect(("run", "b"));
    a.send(()).unwrap();
    while bench.pool.shared.state().idle.is_empty() {
        thread::yield_now();
    }
    let closed = gate.lock().unwrap();
    bench.pool.set_limits(limits(1));
    left.recv_timeout(Duration::from_secs(30)).unwrap();
    b.send(()).unwrap();
    let c = bench.submit("c").unwrap();
    bench.expect(("run", "c"));
    drop(closed);
    c.send(()).unwrap();
    assert!(bench.pool.shutdown(Duration::from_secs(30)));
}
