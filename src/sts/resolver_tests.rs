use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const LONG: Duration = Duration::from_secs(60);

/// A name service that answers when the test lets it.
struct NameService {
    resolver: Arc<Resolver>,
    questions: Receiver<()>,
    answers: Sender<io::Result<Vec<SocketAddr>>>,
    target: Arc<Endpoint>,
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
            resolver: Arc::new(Resolver::asking(Arc::new(lookup))),
            questions,
            answers,
            target: Arc::new(Endpoint::new("sts.eu-west-1.amazonaws.com", None, None).unwrap()),
        }
    }

    fn answers(&self, answer: io::Result<Vec<SocketAddr>>) {
        self.answers.send(answer).unwrap();
    }

    fn resolve(&self) -> Result<Vec<SocketAddr>, Reason> {
        let resolved = self.resolver.resolve(&self.target, Instant::now() + LONG);
        resolved.map_err(|fault| fault.failure.reason)
    }

    /// What is known is old from here on.
    fn expire(&self) {
        self.resolver.name(&self.target).known().until = None;
    }
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
    service.resolver.distrust(&service.target);
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
        resolver,
        answers,
        target,
        questions: _questions,
    } = service;
    drop(answers);
    let failed = resolver.resolve(&target, Instant::now() + LONG);
    assert_eq!(failed.unwrap_err().failure.reason, Reason::NameResolution);
}
