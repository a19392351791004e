//! What a network and an STS can do wrong: each ends in a login, or in a failure that says why.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::client;
use sts_emulator::{CannedAnswer, Delivery, Fault, Reply, StsEmulator};
use support::*;

/// The time that a silent STS costs in these tests.
const SHORT: (&str, &str) = ("awsStsTimeoutMs", "500");
const ADMIN: &str = "arn:aws:iam::123456789012:user/admin";

fn canned(answer: CannedAnswer) -> Fault {
    Fault::from(Reply::Canned(answer))
}

fn json_body(body: &str) -> CannedAnswer {
    CannedAnswer {
        body: body.to_owned(),
        ..CannedAnswer::default()
    }
}

#[test]
fn a_connection_that_died_while_it_rested_is_replaced() {
    for delivery in [Delivery::Close, Delivery::Reset] {
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
    for delivery in [Delivery::Close, Delivery::Reset] {
        let server = Server::start();
        server.sts.set_standing_fault(Some(delivery.into()));
        server.login(ALICE).assert_refused(Reason::ConnectionLost);
        assert!(server.sts.counters().requests <= 2);
    }
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
    for separate_record in [false, true] {
        let server = Server::start();
        let answer = CannedAnswer::identity(ADMIN, "AIDAADMIN", "123456789012");
        server.sts.push_fault(Delivery::Surplus {
            answer,
            separate_record,
        });
        assert_eq!(server.login(ALICE).principal(), ALICE);
        while server.sts.counters().in_flight > 0 {
            std::thread::yield_now();
        }
        for _ in 0..3 {
            assert_eq!(
                server.login(JANE).principal(),
                JANE,
                "separate {separate_record}"
            );
        }
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
fn redirects_are_not_followed() {
    let elsewhere = StsEmulator::builder().start().unwrap();
    let server = Server::start();
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.endpoint();
        server.sts.push_fault(Reply::Redirect { status, location });
        server.login(ALICE).assert_refused(Reason::AnswerStatus);
    }
    assert_eq!(elsewhere.counters().connections, 0);
}

#[test]
fn an_answer_that_is_not_exactly_sts_s_names_nobody() {
    let server = Server::start();
    let identity = CannedAnswer::identity(ADMIN, "AIDAADMIN", "123456789012");
    let with_status = |status| CannedAnswer {
        status,
        ..identity.clone()
    };
    let with_type = |media_type: &str| CannedAnswer {
        content_type: Some(media_type.to_owned()),
        ..identity.clone()
    };
    let with_header = |name: &str, value: &str| CannedAnswer {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..identity.clone()
    };
    for (answer, reason) in [
        (with_status(201), Reason::AnswerStatus),
        (with_status(404), Reason::AnswerStatus),
        (with_type("text/html"), Reason::AnswerContentType),
        (
            CannedAnswer {
                content_type: None,
                ..identity.clone()
            },
            Reason::AnswerContentType,
        ),
        (with_type("text/xml"), Reason::AnswerMalformed),
        (
            with_header("Content-Encoding", "gzip"),
            Reason::AnswerEncoded,
        ),
        (
            with_header("Content-Type", "text/xml"),
            Reason::AnswerContentType,
        ),
        (json_body(""), Reason::AnswerMalformed),
        (json_body("{}"), Reason::AnswerMalformed),
        (json_body(&" ".repeat(70_000)), Reason::AnswerTooLarge),
        (
            CannedAnswer::identity("__system", "A", "123456789012"),
            Reason::ArnMalformed,
        ),
        (
            CannedAnswer::identity(ADMIN, "A", "210987654321"),
            Reason::AccountMismatch,
        ),
        (
            CannedAnswer::identity(ADMIN, "", "123456789012"),
            Reason::UserIdMissing,
        ),
    ] {
        server.sts.push_fault(canned(answer.clone()));
        let login = server.login(ALICE);
        assert_eq!(login.outcome.reason, reason, "{answer:?}: {login:?}");
        assert_eq!(login.outcome.principal, None);
        assert_eq!(
            server.login(ALICE).principal(),
            ALICE,
            "the next login is its own"
        );
    }
}

#[test]
fn odd_framing_ends_in_a_failure_or_in_the_right_identity() {
    let server = Server::with(&[SHORT]);
    let identity = CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012");
    let length = identity.body.len();
    let framed = |headers: &[(&str, String)], body: String| CannedAnswer {
        headers: headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.clone()))
            .collect(),
        body,
        ..identity.clone()
    };
    let (first, second) = identity.body.split_at(10);
    let chunked = format!(
        "a\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        second.len()
    );
    let mut accepted = Vec::new();
    for (name, answer) in [
        (
            "chunked",
            framed(&[("Transfer-Encoding", "chunked".into())], chunked.clone()),
        ),
        (
            "bad chunk",
            framed(&[("Transfer-Encoding", "chunked".into())], "zz\r\n".into()),
        ),
        (
            "two lengths",
            framed(
                &[
                    ("Content-Length", length.to_string()),
                    ("Content-Length", "5".into()),
                ],
                identity.body.clone(),
            ),
        ),
        (
            "short length",
            framed(&[("Content-Length", "5".into())], identity.body.clone()),
        ),
        (
            "long length",
            framed(
                &[("Content-Length", (length + 9).to_string())],
                identity.body.clone(),
            ),
        ),
        (
            "negative length",
            framed(&[("Content-Length", "-1".into())], identity.body.clone()),
        ),
        (
            "huge length",
            framed(&[("Content-Length", "9".repeat(30))], identity.body.clone()),
        ),
    ] {
        server.sts.push_fault(canned(answer));
        let login = server.login(ALICE);
        match login.code {
            MAWS_DONE => {
                assert_eq!(login.principal(), ALICE, "{name}");
                accepted.push(name);
            }
            code => assert!(
                matches!(code, MAWS_E_UPSTREAM | MAWS_E_TIMEOUT),
                "{name}: {login:?}"
            ),
        }
        assert_eq!(server.login(JANE).principal(), JANE, "after {name}");
    }
    // Of the short one something is left over, so another is asked for on a fresh connection.
    assert_eq!(accepted, ["chunked", "short length"]);
}

#[test]
fn a_huge_head_ends_in_a_failure() {
    let server = Server::start();
    let headers = (0..40)
        .map(|i| (format!("X-{i}"), "x".repeat(1000)))
        .collect();
    let identity = CannedAnswer::identity(ALICE, "A", "123456789012");
    server.sts.push_fault(canned(CannedAnswer {
        headers,
        ..identity
    }));
    let login = server.login(ALICE);
    assert_eq!(login.code, MAWS_E_UPSTREAM, "{login:?}");
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
    let server = Server::with(&[("awsStsEndpoint", &format!("https://{nobody}"))]);
    server.login(ALICE).assert_refused(Reason::ConnectFailed);
    let server = Server::with(&[("awsStsEndpoint", "https://no-such-name.invalid")]);
    server.login(ALICE).assert_refused(Reason::NameResolution);
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
    server.plugin.ended();
    assert_eq!(server.plugin.shutdown(LONG), Ok(true));
    assert_eq!(server.sts.counters().requests, 1);
}
