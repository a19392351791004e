//! S10, S11: the characters and the lengths of what the client sends.

use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::client::{ClientSecond, Signer};
use sts_emulator::{Fault, Reply};

use crate::headers::Local;
use crate::host::honest;
use crate::support::{ALICE, SHOP_APP, client_second, credentials, document, string_element};

#[test]
fn s10_no_byte_outside_the_alphabet_passes_in_any_place() {
    let local = Local::new();
    let mut bad: Vec<char> = (0..=0x20_u8).chain([0x7F]).map(char::from).collect();
    bad.extend(['\u{80}', '\u{FF}', '\u{2028}', '\u{FF0F}', '\u{1F600}']);
    let spoilt = |text: &str, place: usize, with: char| {
        let mut text = text.to_owned();
        text.insert(place, with);
        text
    };
    let token = |h: &str, n: &[u8]| {
        Signer::new(&credentials(SHOP_APP), h, n, SystemTime::now()).client_second()
    };
    for with in bad {
        for third in 0..3 {
            let place = |text: &str| text.len() * third / 2;
            let spoil: [&dyn Fn(&mut ClientSecond); 3] = [
                &|second| second.a = spoilt(&second.a, place(&second.a), with),
                &|second| second.d = spoilt(&second.d, place(&second.d), with),
                &|second| {
                    let token = second.t.take().unwrap();
                    second.t = Some(spoilt(&token, place(&token), with));
                },
            ];
            for spoil in spoil {
                let login = local.host.login_with(|h, n| {
                    let mut second = token(h, n);
                    spoil(&mut second);
                    client_second(&second)
                });
                login.assert_failed(&[MAWS_E_PROTOCOL]);
            }
        }
    }
    assert_eq!(local.sts.counters().requests, 0);
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
fn s11_every_length_has_a_limit() {
    let local = Local::new();
    // The Authorization value: the access key id is bounded before the whole can be.
    let key = |length: usize| {
        move |second: ClientSecond| ClientSecond {
            a: second
                .a
                .replacen("AKIAALICEEXAMPLE0001", &"K".repeat(length), 1),
            ..second
        }
    };
    local.refuses(Reason::AccessKeyIdMalformed, key(129));
    local.refuses(Reason::AuthorizationTooLong, key(2048));
    let padded = |to: usize| {
        move |second: ClientSecond| {
            let a = format!("{}{}", second.a, "0".repeat(to - second.a.len()));
            ClientSecond { a, ..second }
        }
    };
    local.refuses(Reason::SignatureMalformed, padded(2048));
    local.refuses(Reason::AuthorizationTooLong, padded(2049));
    // The payload, padded with an unknown field.
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
    local.refuses(Reason::TokenTooLong, |second| ClientSecond {
        t: Some("T".repeat(16 * 1024 + 1)),
        ..second
    });
    local.host.login_with(payload(32 * 1024)).assert_done(ALICE);
    // These tokens are valid for the plugin, and STS does not know them.
    for length in [1, 4 * 1024, 12 * 1024, 16 * 1024] {
        let login = local.host.login_by(|h, n| {
            let mut credentials = credentials(SHOP_APP);
            credentials.session_token = Some("T".repeat(length));
            Signer::new(&credentials, h, n, SystemTime::now())
        });
        login.assert_refused(Reason::AccessKeyUnknown);
    }
}

/// A request of the greatest length arrives in one piece.
#[test]
fn s11_the_longest_valid_request_reaches_sts_whole() {
    let local = Local::new();
    let identity = sts_emulator::CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012");
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
