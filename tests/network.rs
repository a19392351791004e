//! What a network and an STS can do wrong: each ends in a login, or in a failure that says why.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::client;
use sts_emulator::{CannedAnswer, Delivery, Fault, Reply, StsEmulator};
use support::*;

/// The time that a silent STS costs in these tests.
const SHORT: (&str, &str) = ("awsStsTimeoutMs", "500");
const ADMIN: &str = "arn:aws:iam::123456789012:user/admin";

#[test]
fn a_connection_that_died_while_it_rested_is_replaced() {
    for delivery in [Delivery::Close, Delivery::HalfClose, Delivery::Reset] {
        let server = Server::start();
        assert_eq!(server.login(ALICE).code, MAWS_DONE);
        server.sts.push_fault(delivery.clone());
        assert_eq!(server.login(ALICE).code, MAWS_DONE, "{delivery:?}");
        let counters = server.sts.counters();
        assert_eq!(
            (counters.requests, counters.connections),
            (3, 2),
            "{delivery:?}"
        );
    }
}

#[test]
fn a_connection_that_was_closed_while_it_rested_is_not_used() {
    let server = Server::start();
    server.sts.push_fault(Delivery::ThenClose);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    let closed = sts_emulator::Minimum {
        connections_closed: 1,
        ..Default::default()
    };
    assert!(server.sts.wait(closed, LONG));
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    assert_eq!(server.sts.counters().requests, 2);
}

#[test]
fn a_connection_that_dies_is_replaced_once_even_if_it_was_opened_ahead() {
    for delivery in [Delivery::Close, Delivery::HalfClose, Delivery::Reset] {
        let server = Server::start();
        server.sts.set_standing_fault(Some(delivery.into()));
        server.login(ALICE).assert_refused(Reason::ConnectionLost);
        assert!(server.sts.counters().requests <= 2);
    }
}

#[test]
fn a_connection_that_a_login_has_waited_for_is_replaced_when_it_dies() {
    let sts = StsEmulator::builder().start().unwrap();
    let way = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", way.local_addr().unwrap());
    let (open, opened) = mpsc::channel();
    let address = sts.address();
    // The first connection, opened ahead, comes to STS when the test says so; the second at once.
    let relay = thread::spawn(move || {
        for client in way.incoming().take(2) {
            let client = client.unwrap();
            opened.recv().unwrap();
            carry(client, TcpStream::connect(address).unwrap());
        }
    });
    let server = Server::around(sts, &[("awsStsEndpoint", &endpoint)]);
    server.sts.push_fault(Delivery::Close);
    let conversation = server.begin();
    let (host, nonce) = challenge(&conversation);
    let second = client::client_second(&credentials(ALICE), &host, &nonce, SystemTime::now());
    assert_eq!(conversation.step(&client_second(&second)), MAWS_PENDING);
    while server.plugin.snapshot().in_flight == 0 {
        thread::yield_now();
    }
    (0..2).for_each(|_| open.send(()).unwrap());
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
    conversation.end().unwrap();
    conversation.ended();
    relay.join().unwrap();
    assert_eq!(server.sts.counters().connections, 2);
}

/// Carries bytes both ways until either side is gone, in threads of its own.
fn carry(client: TcpStream, server: TcpStream) {
    let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
    for (mut from, mut to) in [(client, server), back] {
        thread::spawn(move || {
            // Either side may be gone.
            let _end = std::io::copy(&mut from, &mut to);
            let _gone = to.shutdown(Shutdown::Both);
        });
    }
}

#[test]
fn an_answer_before_a_half_close_counts_and_the_connection_is_not_used_again() {
    let server = Server::start();
    let half_close = Fault::from(Delivery::ThenHalfClose);
    server.sts.set_standing_fault(Some(half_close));
    for _ in 0..3 {
        assert_eq!(server.login(ALICE).code, MAWS_DONE);
    }
    let counters = server.sts.counters();
    assert_eq!(counters.unanswered, 0);
    assert_eq!(counters.connections, 3);
}

#[test]
fn a_dead_connection_is_replaced_once() {
    let server = Server::start();
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    server.sts.reset();
    server.sts.set_standing_fault(Some(Delivery::Close.into()));
    server.login(ALICE).assert_refused(Reason::ConnectionLost);
    assert_eq!(server.sts.counters().requests, 2);
}

#[test]
fn a_surplus_answer_never_reaches_the_next_login() {
    let server = Server::start();
    server.sts.push_fault(Delivery::Surplus {
        answer: CannedAnswer::identity(ADMIN, "AIDAADMIN", "123456789012"),
        separate_record: false,
    });
    assert_eq!(server.login(ALICE).principal(), ALICE);
    for _ in 0..3 {
        assert_eq!(server.login(JANE).principal(), JANE);
    }
}

#[test]
fn a_surplus_answer_that_fills_a_buffer_exactly_never_reaches_the_next_login() {
    // The first answer's head and body fill the 16 KiB of the reader; the second sits decrypted.
    for length in 16_000..16_400 {
        if length % 50 != 0 && !(16_130..16_180).contains(&length) {
            continue;
        }
        let server = Server::start();
        let genuine = CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012");
        let padded = CannedAnswer {
            body: format!("{:<length$}", genuine.body),
            ..genuine
        };
        let admin = CannedAnswer::identity(ADMIN, "AIDAADMIN", "123456789012");
        server.sts.push_fault(Fault {
            reply: Reply::Canned(padded),
            delivery: Delivery::Surplus {
                answer: admin,
                separate_record: false,
            },
            ..Fault::default()
        });
        assert_eq!(server.login(ALICE).principal(), ALICE);
        assert_eq!(server.login(JANE).principal(), JANE, "length {length}");
    }
}

#[test]
fn a_silent_or_dripping_sts_costs_the_deadline_and_no_more() {
    for delivery in [Delivery::Silence, Delivery::Drip { interval_ms: 100 }] {
        let server = Server::with(&[SHORT]);
        server.sts.push_fault(delivery);
        server
            .login(ALICE)
            .assert_refused(Reason::VerificationTimeout);
        assert_eq!(
            server.login(ALICE).code,
            MAWS_DONE,
            "and the next one works"
        );
    }
}

#[test]
fn a_slow_sts_is_waited_for_as_long_as_there_is_time() {
    let server = Server::start();
    server.sts.push_fault(Fault::latency_ms(300));
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    assert_eq!(server.sts.counters().requests, 1);
}

#[test]
fn a_late_answer_never_reaches_the_next_login() {
    let server = Server::with(&[SHORT]);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    server.sts.push_fault(Fault::latency_ms(600));
    server
        .login(ALICE)
        .assert_refused(Reason::VerificationTimeout);
    assert_eq!(server.login(JANE).principal(), JANE);
    assert_eq!(server.login(JANE).principal(), JANE);
}

#[test]
fn throttling_and_server_errors_are_sent_again() {
    for reply in [
        Reply::Throttling,
        Reply::InternalFailure,
        Reply::ServiceUnavailable,
    ] {
        let server = Server::start();
        server.sts.push_fault(reply);
        assert_eq!(server.login(ALICE).code, MAWS_DONE);
        assert_eq!(server.sts.counters().requests, 2);
    }
}

#[test]
fn an_sts_that_keeps_failing_ends_the_login_in_time_and_temporarily() {
    for (reply, reason) in [
        (Reply::Throttling, Reason::StsThrottling),
        (Reply::InternalFailure, Reason::StsFailing),
    ] {
        let server = Server::with(&[SHORT]);
        server.sts.set_standing_fault(Some(reply.into()));
        server.login(ALICE).assert_refused(reason);
        assert!(server.sts.counters().requests <= 8);
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_ends_before_any_request() {
    let other = StsEmulator::builder().start().unwrap();
    let sts = StsEmulator::builder().start().unwrap();
    let ca_file = other.ca_path().to_str().unwrap().to_owned();
    let server = Server::around(sts, &[("awsStsCAFile", &ca_file)]);
    server.login(ALICE).assert_refused(Reason::TlsFailed);
    assert_eq!(server.sts.counters().requests, 0);
}

#[test]
fn a_certificate_for_another_name_ends_before_any_request() {
    let sts = StsEmulator::builder().start().unwrap();
    let port = sts.address().port();
    // 127.0.0.2 is the same machine, but no name of the certificate.
    let endpoint = format!("https://127.0.0.2:{port}");
    let server = Server::around(sts, &[("awsStsEndpoint", &endpoint)]);
    let login = server.login(ALICE);
    assert_eq!(login.code, MAWS_E_UPSTREAM, "{login:?}");
    assert_eq!(server.sts.counters().requests, 0);
}

#[test]
fn a_name_is_resolved_and_the_certificate_is_checked_for_it() {
    let sts = StsEmulator::builder().start().unwrap();
    let endpoint = format!("https://localhost:{}", sts.address().port());
    let server = Server::around(sts, &[("awsStsEndpoint", &endpoint)]);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
}

#[test]
fn an_endpoint_that_is_not_there_ends_temporarily() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (endpoint, reason) in [
        (format!("https://{nobody}"), Reason::ConnectFailed),
        (
            "https://no-such-name.invalid".to_owned(),
            Reason::NameResolution,
        ),
    ] {
        let options = [("awsStsEndpoint", &*endpoint), ("awsStsTimeoutMs", "500")];
        let server = Server::with(&options);
        server.login(ALICE).assert_refused(reason);
        let lines = server.host.lines();
        let again = lines
            .iter()
            .filter(|(_, said, _)| *said == Reason::RetriedAfterAnswer);
        assert!(again.count() > 0, "it was tried again while there was time");
    }
}

#[test]
fn logins_work_again_once_sts_does() {
    let server = Server::start();
    server.sts.set_standing_fault(Some(Delivery::Close.into()));
    server.login(ALICE).assert_refused(Reason::ConnectionLost);
    server.sts.set_standing_fault(None);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
}

#[test]
fn the_request_is_exactly_what_was_signed() {
    let server = Server::start();
    server.login(SHOP_APP);
    let request = server.sts.requests().remove(0).request;
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/")
    );
    assert_eq!(request.body, b"Action=GetCallerIdentity&Version=2011-06-15");
    let mut names: Vec<_> = request
        .headers
        .iter()
        .map(|(n, _)| n.to_lowercase())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "accept",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-amz-date",
            "x-amz-security-token",
            "x-mongodb-gs2-cb-flag",
            "x-mongodb-server-nonce",
        ]
    );
    let value = |name: &str| {
        let found = request
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(value("host"), STS_HOST);
    assert_eq!(value("content-length"), "43");
    assert_eq!(value("accept"), "application/json");
    assert_eq!(
        value("user-agent"),
        concat!("mongodb-aws-auth/", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn destroy_interrupts_a_call_that_sts_never_answers() {
    let server = Server::with(&[("awsStsTimeoutMs", "60000")]);
    server
        .sts
        .set_standing_fault(Some(Delivery::Silence.into()));
    let conversation = server.begin();
    let (host, nonce) = challenge(&conversation);
    let second = client::client_second(&credentials(ALICE), &host, &nonce, SystemTime::now());
    assert_eq!(conversation.step(&client_second(&second)), MAWS_PENDING);
    assert!(server.sts.wait_in_flight(1, LONG));
    conversation.end().unwrap();
    conversation.ended();
    assert_eq!(server.plugin.shutdown(LONG), Ok(true));
    assert_eq!(server.sts.counters().requests, 1);
}
