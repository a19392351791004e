use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::ports::Interrupt;

const LONG: Duration = Duration::from_secs(60);

/// A name service that answers when the test lets it.
struct NameService {
    names: Names,
    questions: Receiver<()>,
    answers: Sender<io::Result<Vec<SocketAddr>>>,
    target: Target,
}

impl NameService {
    fn new() -> NameService {
        let (asked, questions) = channel();
        let (answers, next) = channel();
        let (asked, next) = (Mutex::new(asked), Mutex::new(next));
        let lookup = move |_: &str, _| {
            asked.lock().unwrap().send(()).unwrap();
            let next = next.lock().unwrap();
            next.recv().expect("a fault that the test asked for")
        };
        NameService {
            names: Names::asking(Box::new(lookup)),
            questions,
            answers,
            target: ("sts.eu-west-1.amazonaws.com".to_owned(), 443),
        }
    }

    fn answers(&self, answer: io::Result<Vec<SocketAddr>>) {
        self.answers.send(answer).unwrap();
    }

    fn resolve(&self) -> Result<Vec<SocketAddr>, Reason> {
        resolve(&self.names, &self.target, &Arc::default())
    }

    /// What is known is old from here on.
    fn expire(&self) {
        self.names.name(&self.target).known().until = None;
    }
}

fn resolve(
    names: &Names,
    target: &Target,
    interrupt: &Arc<Interrupt>,
) -> Result<Vec<SocketAddr>, Reason> {
    let call = Call::new(LONG, LONG, Arc::clone(interrupt));
    let (resolved, _) = call.run(|| names.addresses(target));
    resolved.map_err(|failure| failure.reason)
}

fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, last], 443))
}

#[test]
fn a_name_is_asked_for_once_and_then_remembered() {
    let service = NameService::new();
    service.answers(Ok(vec![address(1), address(2)]));
    for _ in 0..3 {
        assert_eq!(service.resolve(), Ok(vec![address(1), address(2)]));
    }
    assert_eq!(service.questions.iter().take(1).count(), 1);
    assert!(service.questions.try_recv().is_err());
}

#[test]
fn old_addresses_are_used_while_the_name_service_is_silent() {
    let service = NameService::new();
    service.answers(Ok(vec![address(1)]));
    assert_eq!(service.resolve(), Ok(vec![address(1)]));
    service.expire();
    // Nobody answers; that this ends is the point.
    assert_eq!(service.resolve(), Ok(vec![address(1)]));
    service
        .names
        .distrust(&Uri::from_static("https://sts.eu-west-1.amazonaws.com/"));
    assert_eq!(service.resolve(), Ok(vec![address(1)]));
    // One question for the first address, one that waits.
    assert_eq!(service.questions.iter().take(2).count(), 2);
    assert!(service.questions.try_recv().is_err());
    service.answers(Ok(vec![address(2)]));
    while service.resolve() == Ok(vec![address(1)]) {
        thread::yield_now();
    }
    assert_eq!(service.resolve(), Ok(vec![address(2)]));
}

#[test]
fn a_failure_is_told_and_not_asked_for_again_at_once() {
    let service = NameService::new();
    service.answers(Err(io::Error::other("no such name")));
    assert_eq!(service.resolve(), Err(Reason::NameResolution));
    assert_eq!(service.resolve(), Err(Reason::NameResolution));
    assert_eq!(service.questions.try_iter().count(), 1);
}

#[test]
fn a_name_without_an_address_is_a_failure() {
    let service = NameService::new();
    service.answers(Ok(Vec::new()));
    assert_eq!(service.resolve(), Err(Reason::NameResolution));
}

#[test]
fn a_fault_in_the_resolver_s_thread_is_a_failure_of_the_name() {
    let service = NameService::new();
    let NameService {
        names,
        answers,
        target,
        questions: _questions,
    } = service;
    drop(answers);
    let failed = resolve(&names, &target, &Arc::default());
    assert_eq!(failed, Err(Reason::NameResolution));
}

#[test]
fn an_interrupted_call_does_not_wait_for_a_name() {
    let service = NameService::new();
    let interrupt = Arc::new(Interrupt::default());
    let (names, target, its) = (&service.names, &service.target, &interrupt);
    thread::scope(|scope| {
        let waits = scope.spawn(move || resolve(names, target, its));
        service.questions.recv().unwrap();
        interrupt.set();
        assert_eq!(waits.join().unwrap(), Err(Reason::Cancelled));
    });
    service.answers(Ok(vec![address(1)]));
}
