//! How workers come and go.

use std::sync::mpsc::{Sender, channel};

use super::tests::{Bench, Held, LONG, NoClient};
use super::*;
use crate::admission::{Verdict, Waiting};
use crate::aws::{Endpoint, SignedRequest};
use crate::ports::{Attempt, SendLimits, StsClient, SystemClock};

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

    fn warm_up(&self, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    fn shutdown(&self) {}
}

impl StsClient for SlowClient {
    fn send(&mut self, _: &SignedRequest, _: SendLimits) -> Attempt {
        unreachable!()
    }

    fn probe(&mut self, _: &Arc<Endpoint>, _: Duration) -> bool {
        true
    }
}

impl Drop for SlowClient {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
        drop(self.1.lock());
    }
}

/// Its second client fails.
struct FailingSts(Mutex<usize>);

impl Sts for FailingSts {
    fn client(&self) -> Box<dyn StsClient> {
        let number = {
            let mut clients = self.0.lock().unwrap();
            *clients += 1;
            *clients
        };
        assert_ne!(number, 2, "a fault that the test asked for");
        Box::new(NoClient)
    }

    fn warm_up(&self, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    fn shutdown(&self) {}
}

#[test]
fn a_worker_that_fails_as_it_starts_leaves_nobody_waiting() {
    let mut bench = Bench::new(0, 0);
    let limits = AdmissionLimits {
        requests: 1,
        waiting: 4,
    };
    let (sts, clock) = (Arc::new(FailingSts(Mutex::new(1))), Arc::new(SystemClock));
    bench.pool = Pool::new(sts, clock, 1, limits, Random::new(7), Box::new(drop));
    // Held up in the queue by a job that is out.
    let out = {
        let mut state = bench.pool.shared.state();
        let (_go, held) = channel();
        let job = Held {
            name: "out",
            deadline: Instant::now() + LONG,
            events: bench.sender.clone(),
            go: held,
        };
        state.admission.submit(Instant::now(), job).unwrap().key()
    };
    let waits = bench.submit("waits").unwrap();
    bench.until_the_timekeeper_sleeps();
    {
        // Its place is free now, and the worker that is to take it fails.
        let mut state = bench.pool.shared.state();
        let now = Instant::now();
        state.admission.done(now, out, Done::unsent(now));
        let errand: Errand = Box::new(|_: &mut dyn StsClient| {});
        let started = bench
            .pool
            .shared
            .start_worker(&mut state, Paper::Errand(errand));
        assert!(started.is_ok());
    }
    bench.expect(("run", "waits"));
    waits.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
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
    let limits = |requests| AdmissionLimits {
        requests,
        waiting: 4,
    };
    let clock = Arc::new(SystemClock);
    bench.pool = Pool::new(
        Arc::new(sts),
        clock,
        1,
        limits(2),
        Random::new(7),
        Box::new(drop),
    );
    let a = bench.submit("a").unwrap();
    bench.expect(("run", "a"));
    let b = bench.submit("b").unwrap();
    bench.expect(("run", "b"));
    a.send(Verdict::Answered).unwrap();
    while bench.pool.shared.state().idle.is_empty() {
        thread::yield_now();
    }
    let closed = gate.lock().unwrap();
    bench.pool.set_limits(limits(1));
    left.recv_timeout(LONG).unwrap();
    b.send(Verdict::Answered).unwrap();
    let c = bench.submit("c").unwrap();
    bench.expect(("run", "c"));
    drop(closed);
    c.send(Verdict::Answered).unwrap();
    assert!(bench.pool.shutdown(LONG));
}
