//! N5: only a server that proves to be STS hears a word of HTTP.

use std::io::{self, Read as _, Write as _};
use std::sync::mpsc;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::CannedAnswer;
use sts_emulator::hostile::{Certificate, HostileSts, Visit, first_bytes};

use crate::host::Host;
use crate::support::{ALICE, LONG};

/// HTTP of an honest server that says that everyone is alice.
pub fn http_answer() -> Vec<u8> {
    let body = CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012").body;
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
    format!("{head} {length}\r\n\r\n{body}").into_bytes()
}

/// Says that everyone is alice, as long as somebody asks.
pub fn answer_all(visit: &mut Visit<'_>) -> std::io::Result<()> {
    while visit.request()?.is_some() {
        visit.send(&http_answer())?;
    }
    Ok(())
}

#[track_caller]
fn hears_no_request(certificate: Certificate) {
    let sts = HostileSts::start(certificate, answer_all).unwrap();
    let host = Host::with_hostile(&sts, &[]);
    for _ in 0..3 {
        host.login(ALICE).assert_refused(Reason::TlsFailed);
    }
    // Connections that were opened ahead of a login may be among them.
    assert!(sts.wait(LONG, |seen| seen.ended >= 3));
    assert_eq!(sts.seen().requests, 0);
}

#[test]
fn n5_a_valid_certificate_is_all_that_these_servers_lack() {
    let sts = HostileSts::start(Certificate::Valid, answer_all).unwrap();
    let host = Host::with_hostile(&sts, &[]);
    host.login(ALICE).assert_done(ALICE);
    assert_eq!((sts.seen().connections, sts.seen().requests), (1, 1));
}

#[test]
fn n5_an_expired_certificate_is_refused() {
    hears_no_request(Certificate::Expired);
}

#[test]
fn n5_a_certificate_of_the_future_is_refused() {
    hears_no_request(Certificate::NotYetValid);
}

#[test]
fn n5_a_certificate_for_another_name_is_refused() {
    hears_no_request(Certificate::OtherName);
}

#[test]
fn n5_a_self_signed_certificate_is_refused() {
    hears_no_request(Certificate::SelfSigned);
}

#[test]
fn n5_a_certificate_of_an_unknown_authority_is_refused() {
    hears_no_request(Certificate::UnknownAuthority);
}

#[test]
fn n5_a_common_name_alone_is_no_name() {
    hears_no_request(Certificate::CommonNameOnly);
}

/// A ServerHello of that version (RFC 5246, section 7.4.1.3), with a cipher suite of its time.
fn server_hello(version: [u8; 2]) -> Vec<u8> {
    let mut hello = vec![2, 0, 0, 38, version[0], version[1]];
    hello.extend([0x42; 32]);
    hello.extend([0, 0xC0, 0x13, 0]);
    let mut record = vec![22, version[0], version[1], 0, hello.len() as u8];
    record.extend(hello);
    record
}

#[test]
fn n5_versions_before_tls_1_2_are_refused() {
    for version in [[3, 0], [3, 1], [3, 2]] {
        let sts = HostileSts::without_tls(move |socket| {
            first_bytes(socket)?;
            socket.write_all(&server_hello(version))?;
            socket.read_to_end(&mut Vec::new()).map(drop)
        })
        .unwrap();
        let host = Host::with_hostile(&sts, &[]);
        host.login(ALICE).assert_refused(Reason::TlsFailed);
    }
}

#[test]
fn n5_a_cut_handshake_is_refused() {
    // Before a byte, in a record's head, in the middle of a message.
    for cut in [0, 3, 20] {
        let sts = HostileSts::without_tls(move |socket| {
            first_bytes(socket)?;
            socket.write_all(&server_hello([3, 3])[..cut])
        })
        .unwrap();
        let host = Host::with_hostile(&sts, &[]);
        host.login(ALICE).assert_failed(&[MAWS_E_UPSTREAM]);
    }
}

#[test]
fn n5_clear_text_is_not_spoken_with() {
    let (tell, told) = mpsc::channel();
    let sts = HostileSts::without_tls(move |socket| {
        socket.write_all(&http_answer())?;
        let mut said = Vec::new();
        // It ends in whatever way the client ends it.
        let _end = socket.read_to_end(&mut said);
        tell.send(said).map_err(io::Error::other)
    })
    .unwrap();
    let host = Host::with_hostile(&sts, &[]);
    host.login(ALICE).assert_failed(&[MAWS_E_UPSTREAM]);
    let said = told.recv_timeout(LONG).unwrap();
    // Records of TLS (RFC 8446, section 5.1): a ClientHello, and an alert once the answer is none.
    let mut kinds = Vec::new();
    let mut rest = &said[..];
    while let [kind, _, _, high, low, after @ ..] = rest {
        kinds.push(*kind);
        rest = &after[usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    assert!(
        rest.is_empty() && matches!(kinds[..], [22] | [22, 21]),
        "{kinds:?}"
    );
    let has = |word: &[u8]| {
        said.windows(word.len())
            .any(|w| w.eq_ignore_ascii_case(word))
    };
    assert!(!has(b"POST") && !has(b"Authorization") && !has(b"AKIAALICE"));
    let plain = sts.endpoint().replace("https:", "http:");
    let refused = Host::create(&[("awsStsEndpoint", &plain)]).err().unwrap();
    assert_eq!(refused.status, MAWS_E_OPTION as i32);
    assert!(refused.message.contains("awsStsEndpoint"), "{refused:?}");
}

#[test]
fn n10_http_2_is_not_offered_and_its_preface_is_no_answer() {
    let sts = HostileSts::start(Certificate::Valid, |visit| {
        visit.request()?;
        // SETTINGS, as a server of HTTP/2 begins.
        visit.send(b"\0\0\0\x04\0\0\0\0\0")?;
        visit.finish()
    })
    .unwrap();
    let host = Host::with_hostile(&sts, &[]);
    host.login(ALICE).assert_failed(&[MAWS_E_UPSTREAM]);
}
