//! Jobs that no worker waits with.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::tests::LONG;
use super::*;
use crate::admission::{Key, Verdict, Waiting};
use crate::aws::{Endpoint, SignedRequest};
use crate::ports::{Resting, StsClient, SystemClock, Then};

type Event = (&'static str, &'static str);
type Posting = (Posted, Box<dyn FnOnce(Sent<Posted>) + Send>);

/// A connection rests whenever the test says so.
struct Line(Mutex<usize>);

impl Sts for Line {
    fn client(&self) -> Box<dyn StsClient> {
        Box::new(super::tests::NoClient)
    }

    fn warm_up(&self, _: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }

    fn ready(&self, _: &Arc<Endpoint>) -> Option<Box<dyn Resting>> {
        let mut resting = self.0.lock().unwrap();
        *resting = resting.checked_sub(1)?;
        Some(Box::new(Open))
    }

    fn shutdown(&self) {}
}

struct Open;

impl Resting for Open {
    fn send(self: Box<Self>, _: &SignedRequest, _: Duration, _: Then) {
        unreachable!()
    }
}

/// Says how it went on its way, and leaves it to the test what comes of it.
struct Posted {
    name: &'static str,
    events: Sender<Event>,
    sent: Sender<Posting>,
}

impl Waiting for Posted {
    fn key(&self) -> Key {
        Key {
            endpoint: 0,
            account: 0,
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + LONG
    }

    fn client(&self) -> u64 {
        0
    }

    fn is_wanted(&self) -> bool {
        true
    }
}

impl Job for Posted {
    fn run(self, _: &mut dyn StsClient) -> Ran<Posted> {
        self.events.send(("run", self.name)).unwrap();
        answered()
    }

    fn ready(&self, sts: &dyn Sts) -> Option<Box<dyn Resting>> {
        let endpoint = Endpoint::new("sts.amazonaws.com", None, None).unwrap();
        sts.ready(&Arc::new(endpoint))
    }

    fn send(self, _: Box<dyn Resting>, then: impl FnOnce(Sent<Posted>) + Send + 'static) {
        assert_ne!(self.name, "faulty", "a fault that the test asked for");
        self.events.send(("sent", self.name)).unwrap();
        let sent = self.sent.clone();
        sent.send((self, Box::new(then))).unwrap();
    }

    fn refuse(self, reason: Reason) {
        self.events.send((reason.name(), self.name)).unwrap();
    }
}

fn answered() -> Ran<Posted> {
    let now = Instant::now();
    Ran {
        done: Done {
            verdict: Verdict::Answered,
            ..Done::unsent(now)
        },
        again: None,
    }
}

struct Post {
    pool: Pool<Posted>,
    line: Arc<Line>,
    events: (Sender<Event>, Receiver<Event>),
    sent: (Sender<Posting>, Receiver<Posting>),
}

impl Post {
    fn new(requests: usize) -> Post {
        let limits = AdmissionLimits {
            requests,
            waiting: 4,
        };
        let line = Arc::new(Line(Mutex::new(0)));
        let (sts, clock) = (Arc::clone(&line), Arc::new(SystemClock));
        Post {
            pool: Pool::new(sts, clock, 1, limits, Random::new(7), Box::new(drop)),
            line,
            events: channel(),
            sent: channel(),
        }
    }

    fn rests(&self, connections: usize) {
        *self.line.0.lock().unwrap() = connections;
    }

    fn submit(&self, name: &'static str) -> Result<(), Reason> {
        let job = Posted {
            name,
            events: self.events.0.clone(),
            sent: self.sent.0.clone(),
        };
        self.pool.submit(Instant::now(), job)
    }

    #[track_caller]
    fn expect(&self, event: Event) {
        assert_eq!(self.events.1.recv_timeout(LONG), Ok(event));
    }

    fn workers(&self) -> usize {
        self.pool.gauges().workers
    }
}

#[test]
fn where_a_connection_rests_a_job_needs_no_worker() {
    let post = Post::new(2);
    post.rests(1);
    post.submit("a").unwrap();
    post.expect(("sent", "a"));
    let (_, then) = post.sent.1.recv().unwrap();
    then(Sent::Ran(answered()));
    assert_eq!(post.workers(), 0);
    post.submit("b").unwrap();
    post.expect(("run", "b"));
    assert!(post.pool.shutdown(LONG));
}

#[test]
fn an_answer_makes_room_for_the_job_that_waits() {
    let post = Post::new(1);
    post.rests(2);
    post.submit("a").unwrap();
    post.expect(("sent", "a"));
    post.submit("b").unwrap();
    assert_eq!(post.pool.gauges().waiting, 1);
    let (_, then) = post.sent.1.recv().unwrap();
    then(Sent::Ran(answered()));
    post.expect(("sent", "b"));
    assert_eq!((post.workers(), post.pool.gauges().waiting), (0, 0));
    let (_, then) = post.sent.1.recv().unwrap();
    then(Sent::Ran(answered()));
    assert!(post.pool.shutdown(LONG));
}

#[test]
fn what_cannot_go_on_without_a_worker_gets_one_before_any_other() {
    let post = Post::new(1);
    post.rests(1);
    post.submit("a").unwrap();
    post.submit("b").unwrap();
    let (job, then) = post.sent.1.recv().unwrap();
    post.expect(("sent", "a"));
    then(Sent::ForWorker(job));
    post.expect(("run", "a"));
    post.expect(("run", "b"));
    assert!(post.pool.shutdown(LONG));
}

#[test]
fn a_fault_while_it_is_sent_or_answered_leaves_its_place_to_the_next() {
    let post = Post::new(1);
    post.rests(1);
    post.submit("faulty").unwrap();
    post.rests(1);
    post.submit("unanswered").unwrap();
    post.expect(("sent", "unanswered"));
    post.submit("next").unwrap();
    drop(post.sent.1.recv().unwrap());
    post.expect(("run", "next"));
    assert!(post.pool.shutdown(LONG));
}

#[test]
fn what_comes_back_to_a_closed_pool_is_refused() {
    let post = Post::new(1);
    post.rests(1);
    post.submit("a").unwrap();
    post.expect(("sent", "a"));
    assert!(post.pool.shutdown(LONG), "nothing waits for it");
    let (job, then) = post.sent.1.recv().unwrap();
    then(Sent::ForWorker(job));
    post.expect(("ShuttingDown", "a"));
    assert_eq!(post.submit("late"), Err(Reason::ShuttingDown));
    assert_eq!(post.workers(), 0);
}
