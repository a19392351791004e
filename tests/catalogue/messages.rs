//! B: the BSON of both messages, hostile or malformed.

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;
use sts_emulator::payloads::{document, string_element};

use crate::host::{Host, Login, call, empty_step, honest};
use crate::support::{ALICE, client_first, client_second};

fn bench() -> (StsEmulator, Host) {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    (sts, host)
}

fn first(host: &Host, payload: &[u8]) -> Login {
    let conv = host.begin();
    let (status, reply) = conv.step(payload);
    assert!(reply.is_empty());
    conv.finish(status)
}

/// `{a, d}` with further elements.
fn with_elements(h: &str, n: &[u8], more: &[u8]) -> Vec<u8> {
    let plain = client_second(&honest(h, n));
    document(&[&plain[4..plain.len() - 1], more].concat())
}

/// The rules themselves are tested beside the code.
#[test]
fn b_refused_messages_cost_no_request() {
    let (sts, host) = bench();
    let whole = client_first();
    let (nonce, flag) = (&whole[4..44], &whole[44..whole.len() - 1]);
    let short_nonce = [b"\x05r\0\x1F\0\0\0\0", &nonce[8..39]].concat();
    for (payload, reason) in [
        // R5
        (
            document(&[&short_nonce, flag].concat()),
            Reason::ClientNonceLength,
        ),
        // R6
        (
            document(&[nonce, b"\x10p\0y\0\0\0"].concat()),
            Reason::ChannelBindingFlag,
        ),
        // B1
        (whole[..whole.len() - 1].to_vec(), Reason::BsonMalformed),
        (
            document(&[nonce, flag, b"\x08x\0\x02"].concat()),
            Reason::BsonMalformed,
        ),
        // B2
        (
            document(&[nonce, flag, nonce].concat()),
            Reason::FieldDuplicate,
        ),
        // B3
        (
            document(&[nonce, b"\x02p\0\x02\0\0\0n\0"].concat()),
            Reason::FieldType,
        ),
    ] {
        first(&host, &payload).assert_refused(reason);
    }
    let unknown = (0..17).flat_map(|i| string_element(&format!("x{i}"), "y"));
    for (elements, reason) in [
        // B1
        (b"\x08x\0\x02".to_vec(), Reason::BsonMalformed),
        // B2
        (string_element("a", "x"), Reason::FieldDuplicate),
        (unknown.collect(), Reason::FieldsTooMany),
        // B3
        (b"\x0At\0".to_vec(), Reason::FieldType),
    ] {
        let login = host.login_with(|h, n| with_elements(h, n, &elements));
        login.assert_refused(reason);
    }
    let cut = |h: &str, n: &[u8]| client_second(&honest(h, n))[..100].to_vec();
    host.login_with(cut).assert_refused(Reason::BsonMalformed);
    assert_eq!(sts.counters().requests, 0);
}

/// The whole login, on the stack of a small thread of the host.
#[test]
fn b4_nesting_costs_no_stack() {
    let (_sts, host) = bench();
    let mut nested = document(b"");
    while nested.len() < 31 * 1024 {
        nested = document(&[b"\x03o\0", &nested[..]].concat());
    }
    let element = [b"\x03o\0", &nested[..]].concat();
    std::thread::scope(|scope| {
        let small = std::thread::Builder::new().stack_size(64 * 1024);
        let login = || host.login_with(|h, n| with_elements(h, n, &element));
        let login = small.spawn_scoped(scope, login).unwrap().join().unwrap();
        login.assert_done(ALICE);
    });
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
