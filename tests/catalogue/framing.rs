//! N10, X5: bytes that are not quite an answer, or that never end.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mongodb_aws_auth::abi::maws_code::*;
use sts_emulator::CannedAnswer;
use sts_emulator::hostile::Visit;

use crate::host::{Host, Login};
use crate::network::{SHORT, hostile};
use crate::support::{ALICE, LONG};
use crate::tls::http_answer;

/// A login whose answer has these bytes after the request; then TLS ends in order.
fn framed(bytes: Vec<u8>) -> Login {
    let sts = hostile(move |visit| {
        visit.request()?;
        visit.send(&bytes)?;
        visit.finish()
    });
    Host::with_hostile(&sts, &[SHORT]).login(ALICE)
}

fn head(more: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}\r\n")
}

#[test]
fn n10_odd_framing_ends_in_a_failure_or_in_the_right_identity() {
    let body = CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012").body;
    let length = body.len();
    let chunked = format!(
        "5\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        &body[..5],
        length - 5,
        &body[5..]
    );
    let whole = head(&format!("Content-Length: {length}\r\n"));
    let right = [
        ("chunked", head("Transfer-Encoding: chunked\r\n") + &chunked),
        ("no length, orderly end", head("") + &body),
    ];
    for (name, answer) in right {
        let login = framed(answer.into_bytes());
        assert_eq!(
            (login.status, &*login.principal),
            (0, ALICE),
            "{name}: {login:?}"
        );
    }
    let either = [
        (
            "100 first",
            format!("HTTP/1.1 100 Continue\r\n\r\n{whole}{body}"),
        ),
        (
            "103 first",
            format!("HTTP/1.1 103 Early Hints\r\n\r\n{whole}{body}"),
        ),
        ("HTTP/1.0", whole.replace("HTTP/1.1", "HTTP/1.0") + &body),
        ("bare line feeds", whole.replace("\r\n", "\n") + &body),
        (
            "equal lengths",
            whole.replace("\r\n\r\n", &format!("\r\nContent-Length: {length}\r\n\r\n")) + &body,
        ),
    ];
    for (name, answer) in either {
        let login = framed(answer.into_bytes());
        let right = login.status == 0 && login.principal == ALICE;
        let failed = login.status < 0 && login.principal.is_empty();
        assert!(right || failed, "{name}: {login:?}");
    }
    let wrong = [
        (
            "unknown coding",
            head("Transfer-Encoding: gzip\r\n") + &body,
        ),
        (
            "length and chunks",
            head("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + &chunked,
        ),
        (
            "two lengths",
            head(&format!(
                "Content-Length: {length}\r\nContent-Length: 5\r\n"
            )) + &body,
        ),
        (
            "two lengths in one",
            head(&format!("Content-Length: {length}, 5\r\n")) + &body,
        ),
        (
            "short body",
            head(&format!("Content-Length: {}\r\n", length + 9)) + &body,
        ),
        ("short length", head("Content-Length: 5\r\n") + &body),
        (
            "length with a sign",
            head(&format!("Content-Length: +{length}\r\n")) + &body,
        ),
        (
            "length in hex",
            head(&format!("Content-Length: 0x{length:x}\r\n")) + &body,
        ),
        (
            "huge length",
            head(&format!("Content-Length: {}\r\n", "9".repeat(30))) + &body,
        ),
        (
            "bad chunk size",
            head("Transfer-Encoding: chunked\r\n") + "zz\r\n" + &body,
        ),
        (
            "endless chunk size",
            head("Transfer-Encoding: chunked\r\n") + &"f".repeat(40),
        ),
        (
            "chunks without an end",
            head("Transfer-Encoding: chunked\r\n") + &chunked[..chunked.len() - 5],
        ),
        ("HTTP/0.9", body.clone()),
        ("no head", String::from("\r\n\r\n") + &body),
        ("another protocol", "SSH-2.0-OpenSSH_9.9\r\n".to_owned()),
        (
            "a status of four digits",
            whole.replace("200", "2000") + &body,
        ),
        ("a header without a colon", head("X\r\n") + &body),
        (
            "a folded header",
            head(&format!("X: a\r\n b\r\nContent-Length: {length}\r\n")) + &body,
        ),
        ("nothing", String::new()),
    ];
    for (name, answer) in wrong {
        let login = framed(answer.into_bytes());
        assert!(
            login.status < 0 && login.principal.is_empty(),
            "{name}: {login:?}"
        );
    }
}

#[test]
fn n10_an_answer_that_is_cut_names_nobody() {
    let whole = http_answer();
    for length in 0..whole.len() {
        if length > 40 && length % 17 != 0 && length + 1 != whole.len() {
            continue;
        }
        let part = whole[..length].to_vec();
        let sts = hostile(move |visit| {
            visit.request()?;
            visit.send(&part)?;
            visit.cut()
        });
        let login = Host::with_hostile(&sts, &[SHORT]).login(ALICE);
        assert!(
            login.status < 0 && login.principal.is_empty(),
            "{length}: {login:?}"
        );
    }
}

/// Without a length only the end of TLS tells a whole answer from a cut one.
#[test]
fn n10_an_answer_without_length_counts_only_if_tls_ends_in_order() {
    let body = CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012").body;
    let answer = (head("") + &body).into_bytes();
    let sts = hostile(move |visit| {
        visit.request()?;
        visit.send(&answer)?;
        visit.cut()
    });
    let login = Host::with_hostile(&sts, &[SHORT]).login(ALICE);
    login.assert_failed(&[MAWS_E_UPSTREAM]);
}

#[test]
fn x5_a_flood_of_records_without_content_holds_up_nobody() {
    let requests = AtomicUsize::new(0);
    let sts = hostile(move |visit| {
        while visit.request()?.is_some() {
            if requests.fetch_add(1, Ordering::SeqCst) == 1 {
                return visit.flood();
            }
            visit.send(&http_answer())?;
        }
        Ok(())
    });
    let host = Host::with_hostile(&sts, &[]);
    host.login(ALICE).assert_done(ALICE);
    let flooded = host.begin();
    flooded.until_pending();
    assert!(sts.wait(LONG, |seen| seen.requests == 2));
    for _ in 0..3 {
        host.login(ALICE).assert_done(ALICE);
    }
    // Nothing of an answer came, so it may have been sent again, over another connection.
    let status = flooded.poll(LONG);
    let ended = [MAWS_DONE as i32, MAWS_E_UPSTREAM as i32];
    assert!(ended.contains(&status), "{status}");
    flooded.finish(status);
}

#[test]
fn x5_a_slow_endless_or_silent_answer_costs_the_deadline_and_no_more() {
    let drip = |visit: &mut Visit<'_>, bytes: &[u8]| {
        for byte in bytes.iter().cycle() {
            visit.send(&[*byte])?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    };
    type Behaviour = Box<dyn Fn(&mut Visit<'_>) -> io::Result<()> + Send + Sync>;
    let behaviours: [Behaviour; 5] = [
        Box::new(|visit| visit.until_closed()),
        Box::new(move |visit| drip(visit, b"HTTP/1.1 200 OK\r\n")),
        Box::new(move |visit| {
            visit.send(head("Content-Length: 60000\r\n").as_bytes())?;
            drip(visit, b" ")
        }),
        Box::new(move |visit| {
            visit.send(head("Transfer-Encoding: chunked\r\n").as_bytes())?;
            drip(visit, b"1\r\n \r\n")
        }),
        Box::new(move |visit| {
            visit.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            drip(visit, b"HTTP/1.1 100 Continue\r\n\r\n")
        }),
    ];
    for behave in behaviours {
        let sts = hostile(move |visit| {
            visit.request()?;
            behave(visit)
        });
        let host = Host::with_hostile(&sts, &[SHORT]);
        let login = host.login(ALICE);
        login.assert_failed(&[MAWS_E_TIMEOUT, MAWS_E_UPSTREAM]);
        // And lets go of the connection.
        assert!(sts.wait(LONG, |seen| seen.ended == seen.connections));
    }
}
