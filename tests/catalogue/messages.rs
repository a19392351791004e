//! B: the BSON of both messages, hostile or malformed.

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;

use crate::host::{Host, Login, call, empty_step, honest};
use crate::support::{ALICE, client_first, client_second, document, string_element};

pub fn bench() -> (StsEmulator, Host) {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    (sts, host)
}

pub fn first(host: &Host, payload: &[u8]) -> Login {
    let conv = host.begin();
    let status = conv.step(payload).0;
    conv.finish(status)
}

/// `{a, d}` with further elements.
pub fn with_elements(h: &str, n: &[u8], more: &[u8]) -> Vec<u8> {
    let plain = client_second(&honest(h, n));
    document(&[&plain[4..plain.len() - 1], more].concat())
}

#[test]
fn b1_every_prefix_is_refused() {
    let (sts, host) = bench();
    let whole = client_first();
    for length in 0..whole.len() {
        first(&host, &whole[..length]).assert_failed(&[MAWS_E_PROTOCOL]);
    }
    let length = client_second(&honest("sts.amazonaws.com", &[0; 64])).len();
    for length in 0..length {
        let login = host.login_with(|h, n| client_second(&honest(h, n))[..length].to_vec());
        login.assert_failed(&[MAWS_E_PROTOCOL]);
    }
    assert_eq!(sts.counters().requests, 0);
}

/// The payload with one of its bytes changed, for each of its bytes and each other value.
fn flips(payload: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    let flips = (0..payload.len()).flat_map(|place| (1..=255).map(move |flip| (place, flip)));
    flips.map(|(place, flip): (usize, u8)| {
        let mut payload = payload.to_vec();
        payload[place] ^= flip;
        (place, payload)
    })
}

#[test]
fn b1_every_flipped_byte_of_client_first_is_refused_or_another_nonce() {
    let (_sts, host) = bench();
    host.set_log_off();
    for (place, payload) in flips(&client_first()) {
        let conv = host.begin();
        let (status, reply) = conv.step(&payload);
        match status {
            // Only a byte of the nonce itself may differ, and it comes back in server-first.
            status if status == MAWS_CONTINUE as i32 => {
                assert_eq!(reply[12..44], payload[12..44], "byte {place}");
                assert!((12..44).contains(&place), "byte {place}");
            }
            status => conv.finish(status).assert_failed(&[MAWS_E_PROTOCOL]),
        }
    }
}

/// A flip that is accepted gives a value that STS has to judge: another key id, time or signature.
#[test]
fn b1_every_flipped_byte_of_client_second_is_refused_or_another_valid_value() {
    let (_sts, host) = bench();
    host.set_log_off();
    let second = honest("sts.amazonaws.com", &[0; 64]);
    let whole = client_second(&second);
    let at = |text: &str| {
        let place = whole.windows(text.len()).position(|w| w == text.as_bytes());
        place.unwrap()..place.unwrap() + text.len()
    };
    let valid = [
        at(&second.a[second.a.len() - 64..]),
        at("AKIAALICEEXAMPLE0001"),
        at(&second.d[9..15]),
    ];
    let first = client_first();
    for (place, payload) in flips(&whole) {
        let conv = host.begin();
        assert_eq!(conv.step(&first).0, MAWS_CONTINUE as i32);
        match conv.step(&payload).0 {
            status if status == MAWS_PENDING as i32 => {
                assert!(payload[place].is_ascii_alphanumeric() || payload[place] == b'_');
                let is_valid = valid.iter().any(|value| value.contains(&place));
                assert!(is_valid, "byte {place} became {}", payload[place]);
            }
            status => conv.finish(status).assert_failed(&[MAWS_E_PROTOCOL]),
        }
    }
}

#[test]
fn b1_the_length_of_a_message_is_exact() {
    let (_sts, host) = bench();
    let whole = client_first();
    let mut payloads = vec![
        [&whole[..], &[0]].concat(),
        [&whole[..], &whole].concat(),
        b"\x05\0\0\0\x01".to_vec(),
        b"\x04\0\0\0\0".to_vec(),
    ];
    for length in [0, -1, 4, i32::MIN, i32::MAX] {
        let mut payload = whole.clone();
        payload[..4].copy_from_slice(&length.to_le_bytes());
        payloads.push(payload);
        // The nonce's own length.
        let mut payload = whole.clone();
        payload[7..11].copy_from_slice(&length.to_le_bytes());
        payloads.push(payload);
    }
    for payload in payloads {
        first(&host, &payload).assert_failed(&[MAWS_E_PROTOCOL]);
    }
}

#[test]
fn b2_no_known_key_is_duplicated_and_unknown_ones_are_few() {
    let (sts, host) = bench();
    for key in ["a", "d"] {
        let twice = |h: &str, n: &[u8]| with_elements(h, n, &string_element(key, "x"));
        host.login_with(twice)
            .assert_refused(Reason::FieldDuplicate);
    }
    let token = [string_element("t", "x"), string_element("t", "x")].concat();
    let twice = |h: &str, n: &[u8]| with_elements(h, n, &token);
    host.login_with(twice)
        .assert_refused(Reason::FieldDuplicate);
    let whole = client_first();
    let nonce_twice = document(&[&whole[4..whole.len() - 1], &whole[4..44]].concat());
    first(&host, &nonce_twice).assert_refused(Reason::FieldDuplicate);
    let unknown = |count: usize| {
        move |h: &str, n: &[u8]| {
            let more = (0..count).flat_map(|i| string_element(&format!("x{i}"), "y"));
            with_elements(h, n, &more.collect::<Vec<_>>())
        }
    };
    host.login_with(unknown(17))
        .assert_refused(Reason::FieldsTooMany);
    assert_eq!(sts.counters().requests, 0);
    host.login_with(unknown(16)).assert_done(ALICE);
}

#[test]
fn b3_each_field_has_its_own_type() {
    let (sts, host) = bench();
    let nonce_as_text = [
        string_element("r", &"7".repeat(32)),
        b"\x10p\0\x6E\0\0\0".to_vec(),
    ];
    let login = first(&host, &document(&nonce_as_text.concat()));
    login.assert_failed(&[MAWS_E_PROTOCOL]);
    let typed = |a: Option<&'static [u8]>, d: Option<&'static [u8]>, t: &'static [u8]| {
        move |h: &str, n: &[u8]| {
            let second = honest(h, n);
            let a = a.map_or_else(|| string_element("a", &second.a), <[u8]>::to_vec);
            let d = d.map_or_else(|| string_element("d", &second.d), <[u8]>::to_vec);
            document(&[&a[..], &d, t].concat())
        }
    };
    let binary: &[u8] = b"\x05a\0\x01\0\0\0\0A";
    let symbol: &[u8] = b"\x0Ea\0\x02\0\0\0A\0";
    let code: &[u8] = b"\x0Da\0\x02\0\0\0A\0";
    for a in [binary, symbol, code] {
        host.login_with(typed(Some(a), None, b""))
            .assert_refused(Reason::FieldType);
    }
    let date: &[u8] = b"\x09d\0\0\0\0\0\0\0\0\0";
    host.login_with(typed(None, Some(date), b""))
        .assert_refused(Reason::FieldType);
    host.login_with(typed(None, None, b"\x0At\0"))
        .assert_refused(Reason::FieldType);
    let nul: &[u8] = b"\x02t\0\x04\0\0\0a\0b\0";
    host.login_with(typed(None, None, nul))
        .assert_failed(&[MAWS_E_PROTOCOL]);
    for not_utf8 in [
        &b"\x02t\0\x03\0\0\0\xFF\xFE\0"[..],
        b"\x02t\0\x03\0\0\0\xC0\x80\0",
    ] {
        host.login_with(typed(None, None, not_utf8))
            .assert_refused(Reason::BsonMalformed);
    }
    assert_eq!(sts.counters().requests, 0);
}

/// Sub-documents in each other, as deep as the bytes allow.
fn nested(bytes: usize) -> Vec<u8> {
    let depth = bytes / 8;
    let mut inside = b"\x05\0\0\0\0".to_vec();
    let mut layers = Vec::with_capacity(depth);
    let mut length = inside.len();
    for _ in 0..depth {
        length += 8;
        layers.push(length as u32);
    }
    let mut outside = Vec::with_capacity(length);
    for length in layers.iter().rev() {
        outside.extend(length.to_le_bytes());
        outside.extend(b"\x03o\0");
    }
    outside.append(&mut inside);
    outside.extend(std::iter::repeat_n(0, depth));
    [b"\x03o\0", &outside[..]].concat()
}

#[test]
fn b4_nesting_costs_no_stack() {
    let (sts, host) = bench();
    std::thread::scope(|scope| {
        let small = std::thread::Builder::new().stack_size(64 * 1024);
        let run = || {
            let conv = host.begin();
            let (h, n) = conv.challenge();
            let (status, _) = conv.step(&with_elements(&h, &n, &nested(31 * 1024)));
            assert_eq!(status, MAWS_PENDING as i32);
            let status = conv.poll(crate::support::LONG);
            conv.finish(status).assert_done(ALICE);
            let mut open = nested(31 * 1024);
            open.truncate(open.len() / 2);
            let login = host.login_with(|h, n| with_elements(h, n, &open));
            login.assert_refused(Reason::BsonMalformed);
            let login = host.login_with(|h, n| with_elements(h, n, &nested(1024 * 1024)));
            login.assert_refused(Reason::PayloadTooLarge);
        };
        small.spawn_scoped(scope, run).unwrap().join().unwrap();
    });
    assert_eq!(sts.counters().requests, 1);
}

#[test]
fn b5_an_empty_payload_is_refused_and_a_null_pointer_never_read() {
    let (_sts, host) = bench();
    for payload in [
        std::ptr::null::<u8>(),
        std::ptr::NonNull::<u8>::dangling().as_ptr().cast_const(),
    ] {
        let conv = host.begin();
        let status = call!(step(conv.conv, payload, 0, &mut empty_step()));
        conv.finish(status).assert_refused(Reason::PayloadEmpty);
    }
    let conv = host.begin();
    let status = call!(step(conv.conv, std::ptr::null(), 5, &mut empty_step()));
    assert_eq!(status, MAWS_E_ARGUMENT as i32);
    // A misuse by the host changes nothing: the conversation goes on.
    assert_eq!(conv.step(&client_first()).0, MAWS_CONTINUE as i32);
}
