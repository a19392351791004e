//! A login that is cancelled frees its worker and its place at once, whatever its request waits for.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::conversation::Conversation;
use sts_emulator::client;
use sts_emulator::hostile::BlackHole;
use support::*;

/// No request would end by itself within what these tests wait.
const NO_TIMEOUT: [(&str, &str); 2] = [
    ("awsStsTimeoutMs", "60000"),
    ("awsStsConnectTimeoutMs", "30000"),
];
const LIMIT: Duration = Duration::from_secs(20);

fn pending(server: &Server) -> Arc<Conversation> {
    let conversation = server.begin();
    let (host, nonce) = challenge(&conversation);
    let second = client::client_second(&credentials(ALICE), &host, &nonce, SystemTime::now());
    assert_eq!(conversation.step(&client_second(&second)), MAWS_PENDING);
    conversation
}

#[track_caller]
fn until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < LIMIT, "{what}");
        thread::yield_now();
    }
}

/// One login is cancelled and one is ended, each while its request is in flight.
#[track_caller]
fn assert_freed(phase: &str, server: &Server, is_waiting: impl Fn() -> bool) {
    for end in [false, true] {
        let conversation = pending(server);
        until(phase, || {
            server.plugin.snapshot().in_flight == 1 && is_waiting()
        });
        if end {
            conversation.end().unwrap();
        } else {
            conversation.cancel();
        }
        until(phase, || server.plugin.snapshot().in_flight == 0);
        assert_eq!(conversation.code(), MAWS_E_CANCELLED, "{phase}");
        let _ended_before = conversation.end();
        conversation.ended();
    }
}

fn url(listener: &TcpListener, scheme: &str) -> String {
    format!("{scheme}://{}", listener.local_addr().unwrap())
}

#[test]
fn while_the_connection_is_not_accepted() {
    let silent = BlackHole::open().unwrap();
    let endpoint = format!("https://{}", silent.address().unwrap());
    let server = Server::with(&[&NO_TIMEOUT[..], &[("awsStsEndpoint", &endpoint)]].concat());
    assert_freed("connect", &server, || true);
}

#[test]
fn while_the_proxy_does_not_answer() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = url(&proxy, "http");
    let server = Server::with(&[&NO_TIMEOUT[..], &[("awsStsProxy", &at)]].concat());
    assert_freed("CONNECT", &server, || true);
}

#[test]
fn while_the_handshake_is_not_answered() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = url(&silent, "https");
    let server = Server::with(&[&NO_TIMEOUT[..], &[("awsStsEndpoint", &endpoint)]].concat());
    assert_freed("handshake", &server, || true);
}

#[test]
fn while_sts_does_not_answer_over_a_new_or_an_idle_connection() {
    let server = Server::with(&NO_TIMEOUT);
    server.sts.hold(None);
    assert_freed("answer", &server, || server.sts.wait_in_flight(1, LONG));
    server.sts.release();
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    server.sts.hold(None);
    assert_freed("answer, idle connection", &server, || {
        server.sts.wait_in_flight(1, LONG)
    });
    server.sts.release();
}

#[test]
fn after_all_clients_left_a_silent_sts_the_next_login_is_verified_at_once() {
    let workers = [&NO_TIMEOUT[..], &[("awsStsWorkers", "4")]].concat();
    let server = Server::with(&workers);
    server.sts.hold(None);
    let crowd: Vec<_> = (0..20).map(|_| pending(&server)).collect();
    assert!(server.sts.wait_in_flight(4, LONG));
    for conversation in crowd {
        conversation.end().unwrap();
        conversation.ended();
    }
    until("all are gone", || {
        let now = server.plugin.snapshot();
        (now.in_flight, now.queued, now.conversations) == (0, 0, 0)
    });
    server.sts.release();
    let login = server.login(ALICE);
    assert_eq!(login.code, MAWS_DONE);
    assert!(login.outcome.total < LIMIT);
}

#[test]
fn a_cancelled_login_in_the_queue_leaves_its_place_to_another() {
    let options = [("awsStsWorkers", "1"), ("awsStsQueueLimit", "1")];
    let server = Server::with(&[&NO_TIMEOUT[..], &options].concat());
    server.sts.hold(None);
    let first = pending(&server);
    assert!(server.sts.wait_in_flight(1, LONG));
    let queued = pending(&server);
    assert_eq!(server.plugin.snapshot().queued, 1);
    queued.cancel();
    assert_eq!(server.plugin.snapshot().queued, 0);
    let next = pending(&server);
    assert_eq!(server.plugin.snapshot().queued, 1);
    server.sts.release();
    assert_eq!((first.poll(LONG), next.poll(LONG)), (MAWS_DONE, MAWS_DONE));
    for conversation in [first, queued, next] {
        conversation.end().unwrap();
        conversation.ended();
    }
}
