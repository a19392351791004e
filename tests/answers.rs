//! HTTP answers that STS never sends: whatever comes of them, the next login gets its own identity.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::{CannedAnswer, Fault, Reply, StsEmulator};
use support::*;

/// Timeout of a verification in these tests.
const SHORT: (&str, &str) = ("awsStsTimeoutMs", "500");

fn canned(answer: CannedAnswer) -> Fault {
    Fault::from(Reply::Canned(answer))
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
    assert!(accepted.contains(&"chunked"), "{accepted:?}");
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
