//! S: the Authorization header, the date and the token follow one closed grammar.

use std::time::{Duration, SystemTime};

use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;
use sts_emulator::client::{ClientSecond, Signer};

use crate::host::{Host, alice, honest};
use crate::support::{ALICE, SHOP_APP, client_second, credentials, document, string_element};

/// An emulator and a host; at the end STS must have seen nothing.
pub struct Local {
    pub sts: StsEmulator,
    pub host: Host,
}

impl Local {
    pub fn new() -> Local {
        let sts = StsEmulator::builder().start().unwrap();
        let host = Host::with_emulator(&sts, &[]);
        Local { sts, host }
    }

    #[track_caller]
    pub fn refuses(&self, reason: Reason, second: impl FnOnce(ClientSecond) -> ClientSecond) {
        self.host.login_sending(second).assert_refused(reason);
        assert_eq!(self.sts.counters().requests, 0);
    }

    /// The Authorization value with one text replaced by another.
    #[track_caller]
    pub fn refuses_replaced(&self, reason: Reason, from: &str, to: &str) {
        self.refuses(reason, |second| {
            assert!(second.a.contains(from), "{from}");
            ClientSecond {
                a: second.a.replacen(from, to, 1),
                ..second
            }
        });
    }
}

fn fields(a: &str) -> [&str; 3] {
    let fields = a.strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
    let fields: Vec<&str> = fields.split(", ").collect();
    fields.try_into().unwrap()
}

#[test]
fn s1_each_field_is_there_once_in_its_place() {
    let local = Local::new();
    let orders: [&[usize]; 11] = [
        &[0, 0, 1, 2],
        &[0, 1, 1, 2],
        &[0, 1, 2, 2],
        &[0, 1, 2, 0],
        &[0, 1, 2, 1],
        &[2, 0, 1],
        &[1, 0, 2],
        &[0, 2, 1],
        &[0, 1],
        &[0, 2],
        &[0],
    ];
    for order in orders {
        local.refuses(Reason::AuthorizationMalformed, |second| {
            let fields = fields(&second.a);
            let fields: Vec<&str> = order.iter().map(|i| fields[*i]).collect();
            let a = format!("AWS4-HMAC-SHA256 {}", fields.join(", "));
            ClientSecond { a, ..second }
        });
    }
    for (from, to) in [
        ("SignedHeaders=", "XSignedHeaders="),
        ("SignedHeaders=", "signedheaders="),
        (", SignedHeaders", ",SignedHeaders"),
        (", SignedHeaders", ",\tSignedHeaders"),
        (", SignedHeaders", ",  SignedHeaders"),
        (", SignedHeaders", " SignedHeaders"),
        ("AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 "),
        ("AWS4-HMAC-SHA256 ", "aws4-hmac-sha256 "),
        ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256\t"),
        ("AWS4-HMAC-SHA256 ", ""),
    ] {
        local.refuses_replaced(Reason::AuthorizationMalformed, from, to);
    }
    local.refuses_replaced(Reason::AccessKeyIdMalformed, "AKIAALICE", "AKIA-ALICE");
    local.refuses(Reason::SignatureMalformed, |second| {
        let (rest, signature) = second.a.split_at(second.a.len() - 64);
        let a = format!("{rest}{}", signature.to_uppercase().replace('0', "A"));
        ClientSecond { a, ..second }
    });
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
fn s2_signed_headers_are_lower_case_sorted_and_unique() {
    let local = Local::new();
    for (from, to) in [
        ("host;", "host;host;"),
        ("host;", "Host;"),
        ("content-type;host;", "host;content-type;"),
        ("x-mongodb-server-nonce,", "x-mongodb-server-nonce;,"),
        ("host;", "host;;"),
    ] {
        local.refuses_replaced(Reason::SignedHeadersOrder, from, to);
    }
    local.refuses_replaced(
        Reason::SignedHeaderUnknown,
        "SignedHeaders=",
        "SignedHeaders=;",
    );
    let trailing_space = ("x-mongodb-server-nonce,", "x-mongodb-server-nonce ,");
    local.refuses_replaced(
        Reason::SignedHeaderMissing,
        trailing_space.0,
        trailing_space.1,
    );
}

#[test]
fn s3_host_and_date_are_signed() {
    let local = Local::new();
    for name in ["host", "x-amz-date", "content-type", "content-length"] {
        let login = local.host.login_by(|h, n| alice(h, n).without(name));
        login.assert_refused(Reason::SignedHeaderMissing);
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
fn s5_no_header_is_signed_that_is_never_sent() {
    let local = Local::new();
    for name in [
        "accept",
        "authorization",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-target",
        "x-forwarded-for",
        "x-mongodb-channel-binding",
        "x-mongodb-optional-data",
    ] {
        let login = local.host.login_by(|h, n| alice(h, n).also(name, "x"));
        login.assert_refused(Reason::SignedHeaderUnknown);
    }
    assert_eq!(local.sts.counters().requests, 0);
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
fn s7_the_scope_is_today_here_for_sts() {
    let local = Local::new();
    let scope = "/us-east-1/sts/aws4_request";
    for (to, reason) in [
        ("/us-east-1/iam/aws4_request", Reason::ScopeServiceMismatch),
        ("/us-east-1/sts/aws4", Reason::ScopeMalformed),
        ("/us-west-2/sts/aws4_request", Reason::ScopeRegionMismatch),
        ("//sts/aws4_request", Reason::ScopeRegionMismatch),
        ("/us-east-1//aws4_request", Reason::ScopeServiceMismatch),
        ("/us-east-1/sts", Reason::ScopeMalformed),
        ("/us-east-1/sts/aws4_request/x", Reason::ScopeMalformed),
    ] {
        local.refuses_replaced(reason, scope, to);
    }
    let yesterday = |h: &str, n: &[u8]| alice(h, n).scope_date("20200101");
    local
        .host
        .login_by(yesterday)
        .assert_refused(Reason::ScopeDateMismatch);
}

#[test]
fn s8_the_date_has_one_form_and_each_part_its_range() {
    let local = Local::new();
    for date in [
        "",
        "20261123T12000Z",
        "20261123T1200000Z",
        "20261123T120000z",
        "20261123t120000Z",
        "20261123T120000+00:00",
        "2026-11-23T12:00:00Z",
        "20261301T120000Z",
        "20260001T120000Z",
        "20261132T120000Z",
        "20261100T120000Z",
        "20261123T240000Z",
        "20261123T126000Z",
        "20261123T120060Z",
        "\u{0662}\u{0660}261123T120000Z",
        "Mon, 23 Nov 2026 12:00:00 GMT",
    ] {
        local.refuses(Reason::DateMalformed, |second| ClientSecond {
            d: date.to_owned(),
            ..second
        });
    }
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
