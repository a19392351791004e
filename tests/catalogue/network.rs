//! N: the network between the plugin and STS.

use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::sync::mpsc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::client::{ClientSecond, Signer};
use sts_emulator::hostile::{BlackHole, Certificate, HostileSts, Visit};
use sts_emulator::{CannedAnswer, Reply, StsEmulator};

use crate::host::Host;
use crate::support::{ALICE, LONG, SHOP_APP, client_second, credentials};
use crate::tls::{answer_all, http_answer};

const ADMIN: &str = "arn:aws:iam::123456789012:user/admin";
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The time that a silent STS costs in these tests.
pub const SHORT: (&str, &str) = ("awsStsTimeoutMs", "500");

pub fn hostile(
    behave: impl Fn(&mut Visit<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> HostileSts {
    HostileSts::start(Certificate::Valid, behave).unwrap()
}

/// Which hosts these are is tested beside the code.
#[test]
fn n1_a_host_that_clients_could_not_sign_for_is_refused_at_load() {
    let ca = StsEmulator::builder().start().unwrap();
    let ca = ca.ca_path().to_str().unwrap();
    let create = |host: &str, more: &[(&str, &str)]| {
        let all = [("awsStsHost", host), ("awsStsCAFile", ca)];
        Host::create(&[&all, more].concat())
    };
    let custom = ("awsStsAllowCustomHost", "true");
    for (host, more) in [
        ("x:443", &[][..]),
        ("sts.amazonaws.com.evil", &[]),
        // N2: drivers would take "sts" for the region.
        ("vpce-1.sts.us-east-1.vpce.amazonaws.com", &[]),
        ("x:443", &[custom]),
        ("nodots", &[custom]),
    ] {
        let refused = create(host, more).err();
        let refused = refused.unwrap_or_else(|| panic!("{host:?} was accepted"));
        assert_eq!(refused.status, MAWS_E_OPTION as i32);
        assert!(refused.message.contains("awsStsHost"), "{refused:?}");
    }
    let elsewhere = [
        custom,
        ("awsStsEndpoint", "https://127.0.0.1:1"),
        ("awsStsRegion", "us-east-1"),
    ];
    for (host, more) in [
        ("sts.amazonaws.com.evil", &elsewhere[..]),
        ("sts.us-gov-west-1.api.aws", &[]),
    ] {
        let created = create(host, more);
        assert!(created.is_ok(), "{host}: {:?}", created.err());
    }
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
fn n6_an_endpoint_that_never_answers_costs_the_deadline_and_no_more() {
    let hole = BlackHole::open().unwrap();
    let ca = HostileSts::start(Certificate::Valid, answer_all).unwrap();
    let endpoint = format!("https://{}", hole.address().unwrap());
    let host = Host::beside(&endpoint, ca.ca_path(), &[SHORT]);
    let login = host.login(ALICE);
    login.assert_failed(&[MAWS_E_UPSTREAM, MAWS_E_TIMEOUT]);
    assert_eq!(host.stats().sts_requests, 0);
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
    let (login_is_over, over) = mpsc::channel();
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
    let (has_sent, sent) = mpsc::channel();
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

/// Byte for byte, with the values that the client signed, whatever the port: nothing is added,
/// left out, spaced or ordered otherwise.
#[test]
fn n9_the_request_has_these_bytes_and_no_others() {
    let (tell, told) = mpsc::channel();
    let sts = hostile(move |visit| {
        let mut request = vec![0; 64 * 1024];
        let mut length = 0;
        while !request[..length].ends_with(BODY.as_bytes()) {
            match visit.read(&mut request[length..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => length += more,
            }
        }
        request.truncate(length);
        tell.send(request).map_err(io::Error::other)?;
        visit.send(&http_answer())
    });
    let host = Host::with_hostile(&sts, &[("awsStsHost", "sts.eu-central-1.amazonaws.com")]);
    for who in [ALICE, SHOP_APP] {
        let mut expected = String::new();
        let login = host.login_with(|h, n| {
            let second = Signer::new(&credentials(who), h, n, SystemTime::now()).client_second();
            let nonce = STANDARD.encode(n);
            let ClientSecond { a, d, t } = &second;
            let token = t.iter().map(|t| format!("x-amz-security-token: {t}\r\n"));
            let token = token.collect::<String>();
            expected = format!(
                "POST / HTTP/1.1\r\n\
                 host: sts.eu-central-1.amazonaws.com\r\n\
                 content-type: application/x-www-form-urlencoded\r\n\
                 x-amz-date: {d}\r\n\
                 {token}\
                 x-mongodb-server-nonce: {nonce}\r\n\
                 x-mongodb-gs2-cb-flag: n\r\n\
                 authorization: {a}\r\n\
                 accept: application/json\r\n\
                 content-length: 43\r\n\
                 user-agent: mongodb-aws-auth/{VERSION}\r\n\r\n\
                 {BODY}"
            );
            client_second(&second)
        });
        login.assert_done(ALICE);
        let request = told.recv_timeout(LONG).unwrap();
        assert_eq!(String::from_utf8(request).unwrap(), expected);
    }
}
