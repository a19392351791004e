//! R: a signature is valid in one conversation of this server and nowhere else.

use std::collections::HashSet;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;

use crate::host::{Host, alice, honest};
use crate::support::{ALICE, client_first, client_second};

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
fn r6_the_flag_is_written_anew() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    host.login_with(|h, n| client_second(&honest(h, n)))
        .assert_done(ALICE);
    let request = sts.requests().remove(0).request;
    assert_eq!(request.header(FLAG), Some("n"));
}
