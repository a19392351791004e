//! Requests that no worker waits for.

use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sts_emulator::{CannedAnswer, Delivery, Fault, StsEmulator};

use super::super::StsOverHttps;
use super::*;
use crate::options::Options;
use crate::ports::{Resting, Sts as _};
use crate::sasl::tests::{FIRST, second};
use crate::sasl::{self, Action};

const LONG: Duration = Duration::from_secs(30);

/// A way to the emulator on which one connection rests, and the thread that takes answers.
struct Way {
    https: Arc<StsOverHttps>,
    endpoint: Arc<Endpoint>,
    taker: Option<JoinHandle<()>>,
}

impl Way {
    fn to(sts: &StsEmulator, url: &str) -> Way {
        let ca_file = sts.ca_path().to_str().unwrap();
        let options = [("awsStsEndpoint", url), ("awsStsCAFile", ca_file)];
        let options = Options::new(&options).unwrap();
        let https = Arc::new(StsOverHttps::new(&options.settings).unwrap());
        let endpoint = Arc::clone(options.settings.endpoints.at(0));
        let taking = Arc::clone(&https);
        let taker = thread::spawn(move || taking.take_answers());
        while https.0.awaited.watch.get().is_none() {
            thread::yield_now();
        }
        assert!(https.client().probe(&endpoint, LONG));
        Way {
            https,
            endpoint,
            taker: Some(taker),
        }
    }

    /// What comes of a request.
    fn send(&self, total: Duration) -> Receiver<Attempt> {
        self.send_over(self.https.ready(&self.endpoint).unwrap(), total)
    }

    fn send_over(&self, over: Box<dyn Resting>, total: Duration) -> Receiver<Attempt> {
        let mut sasl = sasl::Exchange::begin(Arc::clone(&self.endpoint));
        sasl.step(FIRST, || Ok([0xC5; 32])).unwrap();
        let Action::Verify(request) = sasl.step(&second(), || unreachable!()).unwrap() else {
            panic!("no request");
        };
        let (told, attempts) = channel();
        let then = move |attempt| told.send(attempt).unwrap();
        over.send(&request, total, Box::new(then));
        attempts
    }

    /// Until nothing rests any more, though it could.
    fn until_closed(&self) {
        let since = Instant::now();
        while self.https.0.idle.has(&self.endpoint) {
            assert!(since.elapsed() < Duration::from_secs(10));
            thread::yield_now();
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.https.shutdown();
        self.taker.take().unwrap().join().unwrap();
        assert!(self.https.0.awaited.state().requests.is_empty());
    }
}

#[track_caller]
fn come(attempts: &Receiver<Attempt>) -> Attempt {
    attempts.recv_timeout(LONG).unwrap()
}

#[test]
fn a_connection_goes_from_request_to_request() {
    let sts = StsEmulator::builder().start().unwrap();
    let way = Way::to(&sts, &sts.endpoint());
    for _ in 0..3 {
        let attempt = come(&way.send(LONG));
        assert!(attempt.result.is_ok(), "{attempt:?}");
    }
    assert_eq!(sts.counters().connections, 1);
}

#[test]
fn a_connection_that_dies_while_it_rests_is_closed_at_once() {
    for delivery in [Delivery::ThenClose, Delivery::ThenHalfClose] {
        let sts = StsEmulator::builder().start().unwrap();
        let way = Way::to(&sts, &sts.endpoint());
        sts.push_fault(delivery);
        assert!(come(&way.send(LONG)).result.is_ok());
        way.until_closed();
        assert!(way.https.ready(&way.endpoint).is_none());
    }
}

#[test]
fn a_surplus_answer_closes_the_connection_whenever_it_comes() {
    for separate_record in [false, true] {
        let sts = StsEmulator::builder().start().unwrap();
        let way = Way::to(&sts, &sts.endpoint());
        sts.push_fault(Delivery::Surplus {
            answer: CannedAnswer::identity("arn:aws:iam::123456789012:root", "1", "123456789012"),
            separate_record,
        });
        // Together with the answer it makes that one worthless.
        let attempt = come(&way.send(LONG));
        assert!(attempt.result.is_ok() || attempt.stale_connection);
        way.until_closed();
    }
}

#[test]
fn what_came_before_the_request_is_sent_is_no_answer_to_it() {
    let sts = StsEmulator::builder().start().unwrap();
    let way = Way::to(&sts, &sts.endpoint());
    assert!(come(&way.send(LONG)).result.is_ok());
    let over = way.https.0.ready(&way.endpoint).unwrap();
    // As the thread that takes answers does when it is told of something.
    assert!(way.https.0.awaited.take(over.ahead.number).0.is_none());
    let attempt = come(&way.send_over(Box::new(over), LONG));
    assert!(attempt.result.is_err() && attempt.stale_connection);
    assert_eq!(sts.counters().requests, 2, "the probe and the first");
}

#[test]
fn a_silent_or_dripping_sts_costs_the_time_that_a_request_has() {
    for delivery in [Delivery::Silence, Delivery::Drip { interval_ms: 50 }] {
        let sts = StsEmulator::builder().start().unwrap();
        let way = Way::to(&sts, &sts.endpoint());
        sts.push_fault(delivery);
        let attempt = come(&way.send(Duration::from_millis(300)));
        let failure = attempt.result.unwrap_err();
        assert_eq!(failure.reason, Reason::VerificationTimeout);
        assert!(!attempt.stale_connection);
        assert!(way.https.ready(&way.endpoint).is_none());
    }
}

#[test]
fn the_shortest_time_counts_whoever_was_sent_first() {
    let sts = StsEmulator::builder().start().unwrap();
    let way = Way::to(&sts, &sts.endpoint());
    let first = way.https.ready(&way.endpoint).unwrap();
    assert!(way.https.client().probe(&way.endpoint, LONG));
    sts.set_standing_fault(Some(Delivery::Silence.into()));
    let patient = way.send_over(first, LONG);
    let hasty = come(&way.send(Duration::from_millis(100)));
    let failure = hasty.result.unwrap_err();
    assert_eq!(failure.reason, Reason::VerificationTimeout);
    assert!(patient.try_recv().is_err());
    way.https.shutdown();
    assert!(come(&patient).stale_connection);
}

#[test]
fn an_answer_in_pieces_is_read_as_one() {
    let sts = StsEmulator::builder().start().unwrap();
    let way = Way::to(&sts, &sts.endpoint());
    sts.push_fault(Fault::from(Delivery::Drip { interval_ms: 1 }));
    assert!(come(&way.send(LONG)).result.is_ok());
    assert!(come(&way.send(LONG)).result.is_ok());
    assert_eq!(sts.counters().connections, 1);
}

#[test]
fn a_request_that_cannot_be_sent_at_once_is_given_back_at_once() {
    let sts = StsEmulator::builder().start().unwrap();
    let way = Way::to(&sts, &sts.endpoint());
    let over = way.https.0.ready(&way.endpoint).unwrap();
    over.connection.wire().socket().stop_writing();
    let attempt = come(&way.send_over(Box::new(over), LONG));
    assert!(attempt.result.is_err() && attempt.stale_connection);
    assert!(way.https.ready(&way.endpoint).is_none());
}

#[test]
fn nobody_sends_over_a_connection_that_another_is_still_sending_over() {
    let sts = StsEmulator::builder().start().unwrap();
    let way = Way::to(&sts, &sts.endpoint());
    let connection = way.https.0.idle.take(&way.endpoint).unwrap();
    let sender = Arc::clone(connection.wire().socket());
    way.https.0.idle.put(Arc::clone(&way.endpoint), connection);
    assert!(way.https.ready(&way.endpoint).is_none());
    drop(sender);
    assert!(way.https.ready(&way.endpoint).is_some());
}
