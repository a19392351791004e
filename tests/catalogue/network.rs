//! N: the network between the plugin and STS.

use std::io;
use std::os::fd::AsRawFd as _;
use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::client::Signer;
use sts_emulator::hostile::{Certificate, HostileSts, Visit};
use sts_emulator::{CannedAnswer, Reply, StsEmulator};

use crate::host::Host;
use crate::support::{ALICE, JANE, LONG, credentials};
use crate::tls::{answer_all, http_answer};

const ADMIN: &str = "arn:aws:iam::123456789012:user/admin";
/// The time that a silent STS costs in these tests.
pub const SHORT: (&str, &str) = ("awsStsTimeoutMs", "500");

pub fn hostile(
    behave: impl Fn(&mut Visit<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> HostileSts {
    HostileSts::start(Certificate::Valid, behave).unwrap()
}

#[test]
fn n1_a_host_that_clients_could_not_sign_for_is_refused_at_load() {
    let ca = StsEmulator::builder().start().unwrap();
    let ca = ca.ca_path().to_str().unwrap();
    let long = format!("sts.{}.amazonaws.com", "a".repeat(255));
    for host in [
        "",
        ".",
        ".a",
        "a.",
        "a..b",
        &long,
        "x:443",
        "u@h",
        "h/p",
        "h?q",
        "h#f",
        "h\\p",
        "h h",
        "h\r\nh",
        "sts.am\u{e4}zonaws.com",
        "xn--sts-.amazonaws.com",
        "localhost",
        "sts.amazonaws.com.evil",
        "sts.amazonaws.com.evil.example",
        "evil-sts.amazonaws.com",
        "sts.us-east-1.amazonaws.com.evil",
        "STS.AMAZONAWS.COM",
        "169.254.169.254",
        "[::1]",
        // N2: drivers would take "sts" for the region.
        "vpce-1.sts.us-east-1.vpce.amazonaws.com",
    ] {
        let refused = Host::create(&[("awsStsHost", host), ("awsStsCAFile", ca)]).err();
        let refused = refused.unwrap_or_else(|| panic!("{host:?} was accepted"));
        assert_eq!(refused.status, MAWS_E_OPTION as i32);
        assert!(refused.message.contains("awsStsHost"), "{refused:?}");
    }
    for host in [
        "",
        ".a",
        "a..b",
        "x:443",
        "u@h.example",
        "h/p.example",
        "nodots",
    ] {
        let options = [
            ("awsStsHost", host),
            ("awsStsCAFile", ca),
            ("awsStsAllowCustomHost", "true"),
        ];
        assert!(Host::create(&options).is_err(), "{host:?}");
    }
    let custom = [
        ("awsStsHost", "sts.amazonaws.com.evil"),
        ("awsStsCAFile", ca),
        ("awsStsAllowCustomHost", "true"),
    ];
    assert!(Host::create(&custom).is_ok());
}

#[test]
fn n2_an_endpoint_of_its_own_leaves_the_signed_host_as_it_is() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsStsHost", "sts.eu-central-1.amazonaws.com")]);
    host.login(ALICE).assert_done(ALICE);
    let request = sts.requests().remove(0).request;
    assert_eq!(
        request.header("host"),
        Some("sts.eu-central-1.amazonaws.com")
    );
}

#[test]
fn n3_no_redirect_is_followed() {
    let elsewhere = StsEmulator::builder().start().unwrap();
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let location = elsewhere.endpoint();
        sts.push_fault(Reply::Redirect { status, location });
        host.login(ALICE).assert_failed(&[MAWS_E_UPSTREAM]);
    }
    assert_eq!(elsewhere.counters().connections, 0);
}

#[test]
fn n6_an_address_without_an_answer_leaves_time_for_the_next() {
    // Nobody listens at ::1, or there is no IPv6 at all; localhost is both there and at 127.0.0.1.
    let sts = StsEmulator::builder().start().unwrap();
    let endpoint = format!("https://localhost:{}", sts.address().port());
    let host = Host::beside(&endpoint, sts.ca_path(), &[]);
    host.login(ALICE).assert_done(ALICE);
}

#[test]
fn n6_a_name_that_leads_to_another_server_is_found_out() {
    let elsewhere = HostileSts::start(Certificate::OtherName, answer_all).unwrap();
    let endpoint = format!("https://localhost:{}", elsewhere.port());
    let host = Host::beside(&endpoint, elsewhere.ca_path(), &[]);
    host.login(ALICE).assert_refused(Reason::TlsFailed);
    assert_eq!(elsewhere.seen().requests, 0);
}

/// Answers one request for each connection, and ends it like this once the login is over.
fn rests_and_ends(end: fn(&mut Visit<'_>) -> io::Result<()>) {
    let (login_is_over, over) = std::sync::mpsc::channel();
    let over = std::sync::Mutex::new(over);
    let sts = hostile(move |visit| {
        if visit.request()?.is_some() {
            visit.send(&http_answer())?;
            let waited = over
                .lock()
                .map_err(|_| io::Error::other("poisoned"))?
                .recv();
            waited.map_err(io::Error::other)?;
            end(visit)?;
        }
        Ok(())
    });
    let host = Host::with_hostile(&sts, &[]);
    for count in 1..=3 {
        host.login(ALICE).assert_done(ALICE);
        login_is_over.send(()).unwrap();
        assert!(sts.wait(LONG, |seen| seen.ended == count));
    }
    assert_eq!(sts.seen().requests, 3);
    drop(login_is_over);
}

#[test]
fn n7_a_connection_that_ended_while_it_rested_is_not_used() {
    rests_and_ends(|visit| visit.finish());
    rests_and_ends(|visit| visit.cut());
    rests_and_ends(|visit| visit.reset());
}

/// The connection dies with the next request, before a byte of its answer.
fn close_with_the_next_request(times: u64, reset: bool) -> HostileSts {
    hostile(move |visit| {
        if visit.number() == 1 {
            visit.request()?;
            visit.send(&http_answer())?;
        }
        if visit.number() <= times {
            visit.request()?;
            return if reset { visit.reset() } else { visit.cut() };
        }
        answer_all(visit)
    })
}

#[test]
fn n7_a_request_into_a_dead_connection_is_sent_once_more_and_the_same() {
    for reset in [false, true] {
        let sts = close_with_the_next_request(1, reset);
        let host = Host::with_hostile(&sts, &[]);
        host.login(ALICE).assert_done(ALICE);
        host.login(ALICE).assert_done(ALICE);
        let seen = sts.seen();
        assert_eq!((seen.requests, seen.connections), (3, 2));
    }
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    host.login(ALICE).assert_done(ALICE);
    sts.push_fault(sts_emulator::Delivery::Close);
    host.login(ALICE).assert_done(ALICE);
    let [_, first, again] = &sts.requests()[..] else {
        panic!("three requests");
    };
    assert_eq!(first.request, again.request);
    assert_ne!(first.connection, again.connection);
}

#[test]
fn n7_a_server_that_closes_again_and_again_ends_the_login() {
    let sts = close_with_the_next_request(10, false);
    let host = Host::with_hostile(&sts, &[]);
    host.login(ALICE).assert_done(ALICE);
    host.login(ALICE).assert_refused(Reason::ConnectionLost);
    let seen = sts.seen();
    assert_eq!((seen.requests, seen.connections), (3, 2));
}

/// An answer that names the administrator.
fn admin_answer() -> Vec<u8> {
    let body = CannedAnswer::identity(ADMIN, "AIDAADMIN", "123456789012").body;
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
    format!("{head} {length}\r\n\r\n{body}").into_bytes()
}

/// Waits until the client's kernel has all that was sent.
fn until_received(visit: &Visit<'_>) -> io::Result<()> {
    let mut unacknowledged: libc::c_int = 1;
    while unacknowledged > 0 {
        let socket = visit.socket().as_raw_fd();
        // SAFETY: the descriptor is open as long as the visit; the kernel writes one int.
        let status = unsafe { libc::ioctl(socket, libc::TIOCOUTQ, &raw mut unacknowledged) };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Whatever the server adds to the first answer, the next login keeps its own identity. What comes
/// only when the next request is on its way cannot be told from its answer: so each login waits
/// until all is there that the server will send.
fn surplus_names_nobody(
    surplus: impl Fn(&mut Visit<'_>) -> io::Result<()> + Send + Sync + 'static,
) {
    let (has_sent, sent) = std::sync::mpsc::channel();
    let sts = hostile(move |visit| {
        while visit.request()?.is_some() {
            if visit.number() == 1 {
                surplus(visit)?;
            } else {
                visit.send(&http_answer())?;
            }
            until_received(visit)?;
            has_sent.send(()).map_err(io::Error::other)?;
        }
        Ok(())
    });
    let host = Host::with_hostile(&sts, &[]);
    for _ in 0..4 {
        host.login(ALICE).assert_done(ALICE);
        sent.recv_timeout(LONG).unwrap();
    }
    assert_eq!(sts.seen().connections, 2);
}

#[test]
fn n8_a_surplus_answer_never_reaches_the_next_login() {
    surplus_names_nobody(|visit| visit.send(&[http_answer(), admin_answer()].concat()));
    surplus_names_nobody(|visit| {
        visit.send(&http_answer())?;
        visit.send(&admin_answer())
    });
    // The beginning of one, whose rest would come when the next login reads.
    surplus_names_nobody(|visit| visit.send(&[&http_answer()[..], &admin_answer()[..10]].concat()));
    // One byte, one line break, an answer of another status.
    surplus_names_nobody(|visit| visit.send(&[&http_answer()[..], b"\0"].concat()));
    surplus_names_nobody(|visit| visit.send(&[&http_answer()[..], b"\r\n"].concat()));
    surplus_names_nobody(|visit| {
        let early = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
        visit.send(&[&http_answer()[..], early].concat())
    });
}

#[test]
fn n8_a_late_answer_never_reaches_the_next_login() {
    let sts = hostile(|visit| {
        if visit.number() == 1 {
            visit.request()?;
            // The client gives up, and only then its answer comes.
            visit.until_closed()?;
            return visit.send(&admin_answer());
        }
        answer_all(visit)
    });
    let host = Host::with_hostile(&sts, &[SHORT]);
    host.login(ALICE)
        .assert_refused(Reason::VerificationTimeout);
    host.login(ALICE).assert_done(ALICE);
    assert_eq!(sts.seen().connections, 2);
}

#[test]
fn n9_the_request_has_the_bytes_that_were_signed_whatever_the_port() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    host.login(JANE).assert_done(JANE);
    let request = sts.requests().remove(0).request;
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str()))
        .collect();
    headers.sort();
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "accept",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-amz-date",
        "x-mongodb-gs2-cb-flag",
        "x-mongodb-server-nonce",
    ];
    assert_eq!(names, expected);
    for (name, value) in [
        ("host", "sts.amazonaws.com"),
        ("content-length", "43"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
        ("x-mongodb-gs2-cb-flag", "n"),
    ] {
        assert_eq!(request.header(name), Some(value));
    }
}

/// What the client sent is what STS gets, byte for byte.
#[test]
fn n9_the_client_s_values_go_on_unchanged() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let mut sent = None;
    host.login_with(|h, n| {
        let session = "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0";
        let signer = Signer::new(&credentials(session), h, n, SystemTime::now());
        let second = signer.client_second();
        sent = Some(second.clone());
        crate::support::client_second(&second)
    });
    let (sent, request) = (sent.unwrap(), sts.requests().remove(0).request);
    assert_eq!(request.header("authorization"), Some(&*sent.a));
    assert_eq!(request.header("x-amz-date"), Some(&*sent.d));
    assert_eq!(request.header("x-amz-security-token"), sent.t.as_deref());
}
