//! R: a signature is valid in one conversation of this server and nowhere else.

use std::collections::HashSet;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;

use crate::host::{Host, alice, honest};
use crate::support::{ALICE, client_first, client_second, document};

const NONCE: &str = "x-mongodb-server-nonce";
const FLAG: &str = "x-mongodb-gs2-cb-flag";

#[test]
fn r1_a_signature_that_does_not_cover_nonce_and_flag_is_refused_before_sts() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    for without in [&[NONCE, FLAG][..], &[NONCE], &[FLAG]] {
        let login = host.login_by(|h, n| {
            let signer = alice(h, n);
            without
                .iter()
                .fold(signer, |signer, name| signer.without(name))
        });
        login.assert_refused(Reason::SignedHeaderMissing);
    }
    // A signature as another service that takes GetCallerIdentity signatures could collect it.
    let elsewhere = ["content-type", "host", "x-amz-date"];
    let login = host.login_by(|h, n| alice(h, n).signed_headers(elsewhere));
    login.assert_refused(Reason::SignedHeaderMissing);
    assert_eq!(sts.counters().requests, 0);
}

#[test]
fn r2_a_message_counts_in_its_own_conversation_only() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let mut caught = None;
    let first = host.login_sending(|second| {
        caught = Some(second.clone());
        second
    });
    first.assert_done(ALICE);
    let replayed = host.login_sending(|_| caught.unwrap());
    replayed.assert_refused(Reason::SignatureMismatch);
}

#[test]
fn r3_a_relayed_login_is_refused_where_the_operator_requires_tls() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsRequireTLS", "true")]);
    let refused = host.try_begin("$external", false).err();
    assert_eq!(refused, Some(MAWS_E_PROTOCOL as i32));
    host.login(ALICE).assert_done(ALICE);
}

#[test]
fn r4_a_million_server_nonces_are_all_different() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    host.set_log_off();
    let first = client_first();
    let mut seen = HashSet::new();
    for _ in 0..1_000_000 {
        let conv = host.begin();
        let (status, reply) = conv.step(&first);
        assert_eq!(status, MAWS_CONTINUE as i32);
        let server_half: [u8; 32] = reply[44..76].try_into().unwrap();
        assert!(seen.insert(server_half));
    }
}

#[test]
fn r5_a_client_nonce_has_exactly_32_bytes_of_subtype_0() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let first = |length: usize, subtype: u8| {
        let mut elements = b"\x05r\0".to_vec();
        elements.extend((length as u32).to_le_bytes());
        elements.push(subtype);
        elements.extend(vec![0x5A; length]);
        elements.extend(b"\x10p\0\x6E\0\0\0");
        document(&elements)
    };
    let lengths = [0, 31, 33, 64, 65, 16 * 1024].map(|length| first(length, 0));
    let subtypes = [1, 3, 4, 5, 6, 0x80, 0xFF].map(|subtype| first(32, subtype));
    // Subtype 2 carries a length of its own inside.
    let old_binary = b"\x05r\0\x24\0\0\0\x02\x20\0\0\0".iter().copied();
    let old_binary = old_binary.chain([0x5A; 32]).chain(*b"\x10p\0\x6E\0\0\0");
    let old_binary = document(&old_binary.collect::<Vec<_>>());
    let refused = lengths.iter().chain(&subtypes).chain([&old_binary]);
    for payload in refused {
        let conv = host.begin();
        let (status, reply) = conv.step(payload);
        assert!(reply.is_empty());
        let login = conv.finish(status);
        login.assert_refused(Reason::ClientNonceLength);
    }
    assert_eq!(host.begin().step(&first(32, 0)).0, MAWS_CONTINUE as i32);
}

#[test]
fn r6_the_gs2_flag_is_the_int32_110_and_nothing_else() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let first = |flag: &[u8]| {
        let mut elements = b"\x05r\0\x20\0\0\0\0".to_vec();
        elements.extend([0x5A; 32]);
        elements.extend(flag);
        document(&elements)
    };
    let int32 = |value: i32| [b"\x10p\0".as_slice(), &value.to_le_bytes()].concat();
    for value in [
        0,
        10,
        13,
        b'y'.into(),
        b'p'.into(),
        366,
        -146,
        i32::MIN,
        i32::MAX,
    ] {
        let conv = host.begin();
        let (status, _) = conv.step(&first(&int32(value)));
        conv.finish(status)
            .assert_refused(Reason::ChannelBindingFlag);
    }
    let int64 = [b"\x12p\0".as_slice(), &110_i64.to_le_bytes()].concat();
    let double = [b"\x01p\0".as_slice(), &110_f64.to_le_bytes()].concat();
    let string = b"\x02p\0\x02\0\0\0n\0".to_vec();
    for flag in [int64, double, string] {
        let conv = host.begin();
        let (status, _) = conv.step(&first(&flag));
        conv.finish(status).assert_refused(Reason::FieldType);
    }
    // What goes to STS is the letter that the plugin writes, whatever came.
    host.login_with(|h, n| client_second(&honest(h, n)))
        .assert_done(ALICE);
    let request = sts.requests().remove(0).request;
    assert_eq!(request.header(FLAG), Some("n"));
}
