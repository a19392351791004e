//! Who is refused: what can be decided here never reaches STS, what STS decides costs one request.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::{Duration, SystemTime};

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::client::{ClientSecond, Signer};
use support::*;

fn alice(host: &str, nonce: &[u8]) -> Signer {
    Signer::new(&credentials(ALICE), host, nonce, SystemTime::now())
}

fn shop_app(host: &str, nonce: &[u8]) -> Signer {
    Signer::new(&credentials(SHOP_APP), host, nonce, SystemTime::now())
}

#[test]
fn what_sts_decides_is_told_by_its_answer_and_costs_one_request() {
    let server = Server::start();
    let wrong_secret = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(ALICE);
        credentials.secret_access_key = "wrong".to_owned();
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let unknown_key = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(ALICE);
        credentials.access_key_id = "AKIAUNKNOWNEXAMPLE01".to_owned();
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let expired_token = |host: &str, nonce: &[u8]| {
        let expired = "arn:aws:sts::123456789012:assumed-role/shop-app/yesterday";
        Signer::new(&credentials(expired), host, nonce, SystemTime::now())
    };
    let missing_token = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(SHOP_APP);
        credentials.session_token = None;
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let wrong_token = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(SHOP_APP);
        credentials.session_token = Some("other".to_owned());
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let altered_nonce = |host: &str, nonce: &[u8]| {
        let altered: Vec<u8> = nonce.iter().map(|byte| byte ^ 1).collect();
        alice(host, &altered)
    };
    let other_host = |_: &str, nonce: &[u8]| alice("sts.us-east-1.amazonaws.com", nonce);
    let stale = |host: &str, nonce: &[u8]| {
        let past = SystemTime::now() - Duration::from_secs(16 * 60);
        Signer::new(&credentials(ALICE), host, nonce, past)
    };
    let early = |host: &str, nonce: &[u8]| {
        let future = SystemTime::now() + Duration::from_secs(16 * 60);
        Signer::new(&credentials(ALICE), host, nonce, future)
    };
    type MakeSigner<'a> = &'a dyn Fn(&str, &[u8]) -> Signer;
    let cases: [(&str, MakeSigner<'_>, Reason); 9] = [
        ("wrong secret", &wrong_secret, Reason::SignatureMismatch),
        ("unknown key", &unknown_key, Reason::AccessKeyUnknown),
        ("expired token", &expired_token, Reason::TokenExpired),
        ("missing token", &missing_token, Reason::AccessKeyUnknown),
        ("wrong token", &wrong_token, Reason::AccessKeyUnknown),
        ("altered nonce", &altered_nonce, Reason::SignatureMismatch),
        (
            "signed for another host",
            &other_host,
            Reason::SignatureMismatch,
        ),
        ("stale date", &stale, Reason::SignatureExpired),
        ("early date", &early, Reason::SignatureNotYetCurrent),
    ];
    for (name, signer, reason) in cases {
        server.sts.reset();
        let login = server.login_by(signer);
        login.assert_refused(reason);
        assert_eq!(server.sts.counters().requests, 1, "{name}");
        assert!(!login.outcome.sts_error_code.is_empty(), "{name}");
        assert!(!login.outcome.sts_request_id.is_empty(), "{name}");
    }
}

#[test]
fn what_can_be_decided_here_never_reaches_sts() {
    let server = Server::start();
    let reorder = |second: ClientSecond| {
        let a = second
            .a
            .replacen("Credential=", "Credential=AKIDOTHER/x, Credential=", 1);
        ClientSecond { a, ..second }
    };
    type MakeSecond<'a> = &'a dyn Fn(&str, &[u8]) -> ClientSecond;
    let cases: &[(&str, MakeSecond<'_>, Reason)] = &[
        (
            "nonce unsigned",
            &|h, n| {
                alice(h, n)
                    .without("x-mongodb-server-nonce")
                    .client_second()
            },
            Reason::SignedHeaderMissing,
        ),
        (
            "flag unsigned",
            &|h, n| alice(h, n).without("x-mongodb-gs2-cb-flag").client_second(),
            Reason::SignedHeaderMissing,
        ),
        (
            "a request signed for some other service",
            &|h, n| {
                alice(h, n)
                    .signed_headers(["content-type", "host", "x-amz-date"])
                    .client_second()
            },
            Reason::SignedHeaderMissing,
        ),
        (
            "host unsigned",
            &|h, n| alice(h, n).without("host").client_second(),
            Reason::SignedHeaderMissing,
        ),
        (
            "date unsigned",
            &|h, n| alice(h, n).without("x-amz-date").client_second(),
            Reason::SignedHeaderMissing,
        ),
        (
            "token unsigned",
            &|h, n| {
                shop_app(h, n)
                    .without("x-amz-security-token")
                    .client_second()
            },
            Reason::TokenNotSigned,
        ),
        (
            "token signed but not sent",
            &|h, n| ClientSecond {
                t: None,
                ..shop_app(h, n).client_second()
            },
            Reason::TokenMissing,
        ),
        (
            "token empty",
            &|h, n| ClientSecond {
                t: Some(String::new()),
                ..shop_app(h, n).client_second()
            },
            Reason::TokenEmpty,
        ),
        (
            "token with a line break",
            &|h, n| ClientSecond {
                t: Some("a\r\nX: y".into()),
                ..shop_app(h, n).client_second()
            },
            Reason::TokenMalformed,
        ),
        (
            "another header signed",
            &|h, n| {
                alice(h, n)
                    .also("x-amz-content-sha256", "x")
                    .client_second()
            },
            Reason::SignedHeaderUnknown,
        ),
        (
            "a second Credential",
            &|h, n| reorder(alice(h, n).client_second()),
            Reason::AuthorizationMalformed,
        ),
        (
            "a decoy SignedHeaders",
            &|h, n| {
                let second = alice(h, n)
                    .without("x-mongodb-server-nonce")
                    .client_second();
                let full = alice(h, n).authorization().signed_headers.join(";");
                let decoy = format!("SignedHeaders={full}, SignedHeaders=");
                ClientSecond {
                    a: second.a.replacen("SignedHeaders=", &decoy, 1),
                    ..second
                }
            },
            Reason::AuthorizationMalformed,
        ),
        (
            "a second Authorization hidden in a value",
            &|h, n| {
                let second = alice(h, n).client_second();
                let a = format!("{}\r\nAuthorization: {}", second.a, second.a);
                ClientSecond { a, ..second }
            },
            Reason::AuthorizationMalformed,
        ),
        (
            "a line break in the date",
            &|h, n| {
                let second = alice(h, n).client_second();
                ClientSecond {
                    d: format!("{}\r\nX-Injected: 1", second.d),
                    ..second
                }
            },
            Reason::DateMalformed,
        ),
        (
            "scope of another day",
            &|h, n| alice(h, n).scope_date("20200101").client_second(),
            Reason::ScopeDateMismatch,
        ),
        (
            "scope of another region",
            &|h, n| alice(h, n).region("eu-west-1").client_second(),
            Reason::ScopeRegionMismatch,
        ),
        (
            "scope of another service",
            &|h, n| alice(h, n).service("iam").client_second(),
            Reason::ScopeServiceMismatch,
        ),
        (
            "scope with another end",
            &|h, n| alice(h, n).terminator("aws4").client_second(),
            Reason::ScopeMalformed,
        ),
    ];
    for (name, second, reason) in cases {
        let login = server.login_with(second);
        assert_eq!(login.outcome.reason, *reason, "{name}: {login:?}");
        assert_eq!(login.code, MAWS_E_PROTOCOL, "{name}");
    }
    assert_eq!(server.sts.counters().requests, 0);
}

#[test]
fn a_signature_works_in_its_own_conversation_only() {
    let server = Server::start();
    let mut caught = None;
    let first = server.login_with(|host, nonce| {
        let second = alice(host, nonce).client_second();
        caught = Some(second.clone());
        second
    });
    assert_eq!(first.code, MAWS_DONE);
    let replayed = server.login_with(|_, _| caught.unwrap());
    replayed.assert_refused(Reason::SignatureMismatch);
}

#[test]
fn tokens_are_legal_up_to_16_kib() {
    let server = Server::start();
    let with_token = |length: usize| {
        move |host: &str, nonce: &[u8]| {
            let mut credentials = credentials(SHOP_APP);
            credentials.session_token = Some("T".repeat(length));
            Signer::new(&credentials, host, nonce, SystemTime::now())
        }
    };
    // STS does not know these tokens, but it is asked.
    server
        .login_by(with_token(16_384))
        .assert_refused(Reason::AccessKeyUnknown);
    assert_eq!(server.sts.counters().requests, 1);
    server
        .login_by(with_token(16_385))
        .assert_refused(Reason::TokenTooLong);
    assert_eq!(server.sts.counters().requests, 1);
}

#[test]
fn no_log_line_holds_a_secret() {
    let server = Server::start();
    let mut secrets = Vec::new();
    let login = server.login_with(|host, nonce| {
        let second = shop_app(host, nonce).client_second();
        secrets.push(second.t.clone().unwrap());
        secrets.push(second.a.rsplit('=').next().unwrap().to_owned());
        second
    });
    assert_eq!(login.code, MAWS_DONE);
    server.login_with(|host, nonce| {
        let mut second = shop_app(host, nonce).client_second();
        second.a.push('x');
        second
    });
    let lines = server.host.lines();
    assert!(lines.len() >= 4, "{lines:?}");
    for (_, _, line) in lines {
        assert!(
            !secrets.iter().any(|secret| line.contains(secret)),
            "{line}"
        );
    }
}
