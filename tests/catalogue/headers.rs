//! S: the Authorization header, the date and the token follow one closed grammar, which is tested
//! beside the code; here, what becomes of what the client sends.

use std::time::{Duration, SystemTime};

use mongodb_aws_auth::reason::Reason;
use sts_emulator::client::{ClientSecond, Signer};
use sts_emulator::payloads::{document, string_element};
use sts_emulator::{CannedAnswer, Fault, Reply, StsEmulator};

use crate::host::{Host, alice, honest};
use crate::support::{ALICE, SHOP_APP, client_second, credentials};

/// An emulator and a host; at the end STS must have seen nothing.
struct Local {
    sts: StsEmulator,
    host: Host,
}

impl Local {
    fn new() -> Local {
        let sts = StsEmulator::builder().start().unwrap();
        let host = Host::with_emulator(&sts, &[]);
        Local { sts, host }
    }

    #[track_caller]
    fn refuses(&self, reason: Reason, second: impl FnOnce(ClientSecond) -> ClientSecond) {
        self.host.login_sending(second).assert_refused(reason);
        assert_eq!(self.sts.counters().requests, 0);
    }
}

/// The rules themselves are tested beside the code.
#[test]
fn s_refused_parts_cost_no_request() {
    let local = Local::new();
    let replaced = |from: &'static str, to: &'static str| {
        move |second: ClientSecond| ClientSecond {
            a: second.a.replacen(from, to, 1),
            ..second
        }
    };
    let scope = "/us-east-1/sts/aws4_request";
    for (from, to, reason) in [
        // S1
        (
            "Credential=",
            "Credential=A, Credential=",
            Reason::AuthorizationMalformed,
        ),
        ("AKIAALICE", "AKIA-ALICE", Reason::AccessKeyIdMalformed),
        // S2
        ("host;", "host;host;", Reason::SignedHeadersOrder),
        (
            "content-type;host;",
            "host;content-type;",
            Reason::SignedHeadersOrder,
        ),
        // S3
        ("host;", "", Reason::SignedHeaderMissing),
        ("x-amz-date;", "", Reason::SignedHeaderMissing),
        // S5
        (
            "SignedHeaders=",
            "SignedHeaders=accept;",
            Reason::SignedHeaderUnknown,
        ),
        // S7
        (
            scope,
            "/us-west-2/sts/aws4_request",
            Reason::ScopeRegionMismatch,
        ),
        (
            scope,
            "/us-east-1/iam/aws4_request",
            Reason::ScopeServiceMismatch,
        ),
    ] {
        local.refuses(reason, replaced(from, to));
    }
    let yesterday = local
        .host
        .login_by(|h, n| alice(h, n).scope_date("20200101"));
    yesterday.assert_refused(Reason::ScopeDateMismatch);
    // S8
    for date in ["", "20261301T120000Z"] {
        local.refuses(Reason::DateMalformed, |second| ClientSecond {
            d: date.to_owned(),
            ..second
        });
    }
    // S11
    local.refuses(Reason::AuthorizationTooLong, |second| ClientSecond {
        a: format!("{}{}", second.a, "0".repeat(2048)),
        ..second
    });
    for (length, reason) in [
        (0, Reason::TokenEmpty),
        (16 * 1024 + 1, Reason::TokenTooLong),
    ] {
        local.refuses(reason, |second| ClientSecond {
            t: Some("T".repeat(length)),
            ..second
        });
    }
}

/// A value with two lists of signed headers: the one that was signed, and the one that is required.
#[test]
fn s1_a_decoy_list_of_signed_headers_is_refused_before_sts() {
    let local = Local::new();
    for decoy_first in [false, true] {
        let login = local.host.login_with(|h, n| {
            let full = alice(h, n).authorization().signed_headers.join(";");
            let second = alice(h, n)
                .without("x-mongodb-server-nonce")
                .client_second();
            let decoy = format!("SignedHeaders={full}");
            let a = match decoy_first {
                true => second
                    .a
                    .replacen("SignedHeaders=", &format!("{decoy}, SignedHeaders="), 1),
                false => second
                    .a
                    .replacen(", Signature=", &format!(", {decoy}, Signature="), 1),
            };
            client_second(&ClientSecond { a, ..second })
        });
        login.assert_refused(Reason::AuthorizationMalformed);
    }
    assert_eq!(local.sts.counters().requests, 0);
}

#[test]
fn s4_a_token_is_sent_exactly_when_it_is_signed() {
    let local = Local::new();
    let role = "arn:aws:iam::123456789012:role/shop-app";
    local.host.login(ALICE).assert_done(ALICE);
    local.host.login(SHOP_APP).assert_done(role);
    let before = local.sts.counters().requests;
    let session = |h: &str, n: &[u8]| Signer::new(&credentials(SHOP_APP), h, n, SystemTime::now());
    let unsigned = |h: &str, n: &[u8]| session(h, n).without("x-amz-security-token");
    local
        .host
        .login_by(unsigned)
        .assert_refused(Reason::TokenNotSigned);
    let unsent = local.host.login_with(|h, n| {
        client_second(&ClientSecond {
            t: None,
            ..session(h, n).client_second()
        })
    });
    unsent.assert_refused(Reason::TokenMissing);
    assert_eq!(local.sts.counters().requests, before);
}

#[test]
fn s6_nothing_of_the_client_changes_method_target_or_body() {
    let local = Local::new();
    let login = local.host.login_with(|h, n| {
        let second = honest(h, n);
        let mut elements = Vec::new();
        for (key, value) in [
            ("u", "https://evil.example/?Action=AssumeRole"),
            ("m", "GET"),
            ("q", "Action=GetSessionToken"),
            ("a", &second.a),
            ("h", "evil.example"),
            ("d", &second.d),
        ] {
            elements.extend(string_element(key, value));
        }
        document(&elements)
    });
    login.assert_done(ALICE);
    local.host.login(ALICE).assert_done(ALICE);
    let [with, without] = [0, 1].map(|i| local.sts.requests()[i].request.clone());
    assert_eq!(
        (&*with.method, &*with.target, &*with.body),
        (
            "POST",
            "/",
            &b"Action=GetCallerIdentity&Version=2011-06-15"[..]
        )
    );
    let names = |request: &sts_emulator::http::Request| {
        let names = request.headers.iter().map(|(name, _)| name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&with), names(&without));
}

#[test]
fn s8_the_calendar_is_sts_s_to_judge() {
    let local = Local::new();
    for day in ["20260230", "20250229"] {
        let login = local.host.login_by(|h, n| {
            let signer = alice(h, n).amz_date(&format!("{day}T120000Z"));
            signer.scope_date(day)
        });
        login.assert_refused(Reason::StsDenied);
    }
    assert_eq!(local.sts.counters().requests, 2);
}

#[test]
fn s9_clocks_are_sts_s_to_judge() {
    let local = Local::new();
    let at = |seconds: i64| {
        let offset = Duration::from_secs(seconds.unsigned_abs());
        let now = SystemTime::now();
        let time = if seconds < 0 {
            now - offset
        } else {
            now + offset
        };
        move |h: &str, n: &[u8]| Signer::new(&credentials(ALICE), h, n, time)
    };
    for seconds in [-14 * 60, 14 * 60] {
        local.host.login_by(at(seconds)).assert_done(ALICE);
    }
    let stale = local.host.login_by(at(-16 * 60));
    stale.assert_refused(Reason::SignatureExpired);
    // The log tells by how much the clocks disagree, in STS's words.
    assert!(stale.detail.contains("Signature expired: "), "{stale:?}");
    let early = local.host.login_by(at(16 * 60));
    early.assert_refused(Reason::SignatureNotYetCurrent);
    assert!(early.detail.contains("not yet current"), "{early:?}");
}

#[test]
fn s10_a_second_header_or_request_cannot_hide_in_a_value() {
    let local = Local::new();
    let hidden =
        "\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    local.refuses(Reason::SignatureMalformed, |second| ClientSecond {
        a: format!("{}{hidden}", second.a),
        ..second
    });
    local.refuses(Reason::AuthorizationMalformed, |second| ClientSecond {
        a: format!("{0}\r\nAuthorization: {0}", second.a),
        ..second
    });
    local.refuses(Reason::DateMalformed, |second| ClientSecond {
        d: format!("{}{hidden}", second.d),
        ..second
    });
    local.refuses(Reason::TokenMalformed, |second| ClientSecond {
        t: Some(format!("token{hidden}")),
        ..second
    });
}

#[test]
fn s11_a_payload_has_at_most_32_kib() {
    let local = Local::new();
    // Padded with an unknown field.
    let payload = |to: usize| {
        move |h: &str, n: &[u8]| {
            let plain = client_second(&honest(h, n));
            let empty = string_element("o", "").len();
            let filler = string_element("o", &"x".repeat(to - plain.len() - empty));
            let elements = [&plain[4..plain.len() - 1], &filler].concat();
            let padded = document(&elements);
            assert_eq!(padded.len(), to);
            padded
        }
    };
    let too_large = local.host.login_with(payload(32 * 1024 + 1));
    too_large.assert_refused(Reason::PayloadTooLarge);
    assert_eq!(local.sts.counters().requests, 0);
    local.host.login_with(payload(32 * 1024)).assert_done(ALICE);
}

/// A request of the greatest length arrives in one piece.
#[test]
fn s11_the_longest_valid_request_reaches_sts_whole() {
    let local = Local::new();
    let identity = CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012");
    local.sts.push_fault(Fault::from(Reply::Canned(identity)));
    let login = local.host.login_by(|h, n| {
        let mut credentials = credentials(SHOP_APP);
        credentials.access_key_id = "K".repeat(128);
        credentials.session_token = Some("T".repeat(16 * 1024));
        Signer::new(&credentials, h, n, SystemTime::now())
    });
    login.assert_done(ALICE);
    let request = local.sts.requests().remove(0).request;
    let token = request.header("x-amz-security-token").unwrap();
    assert_eq!(token.len(), 16 * 1024);
    assert_eq!(request.body, b"Action=GetCallerIdentity&Version=2011-06-15");
}
