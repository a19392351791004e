//! Scripted faults, as a client sees them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::io::ErrorKind;
use std::time::Instant;

use sts_emulator::{CannedAnswer, Delivery, Fault, Minimum, Reply, StsEmulator};
use support::{Answer, Connection, LONG, json_request, request, start};

fn answer_under(fault: impl Into<Fault>) -> Answer {
    let emulator = start();
    emulator.push_fault(fault);
    Connection::open(&emulator).ask(&request())
}

fn connection_under(emulator: &StsEmulator, fault: impl Into<Fault>) -> Connection {
    emulator.push_fault(fault);
    let mut connection = Connection::open(emulator);
    connection.send(&request());
    connection
}

#[test]
fn throttling_and_outages_are_answered_as_sts_does() {
    let throttled = answer_under(Reply::Throttling);
    assert_eq!(throttled.status, 400);
    assert!(throttled.contains("<Code>Throttling</Code>"));
    assert!(throttled.contains("<Message>Rate exceeded</Message>"));
    let failed = answer_under(Reply::InternalFailure);
    assert_eq!(failed.status, 500);
    assert!(failed.contains("<Code>InternalFailure</Code>"));
    let unavailable = answer_under(Reply::ServiceUnavailable);
    assert_eq!(unavailable.status, 503);
    assert!(unavailable.contains("<Code>ServiceUnavailable</Code>"));
}

#[test]
fn a_redirect_names_the_other_address() {
    let answer = answer_under(Reply::Redirect {
        status: 302,
        location: "https://127.0.0.1:1/".into(),
    });
    assert_eq!(answer.status, 302);
    assert!(answer.contains("Location: https://127.0.0.1:1/\r\n"));
}

#[test]
fn a_canned_answer_is_sent_as_it_is() {
    let answer = answer_under(Reply::Canned(CannedAnswer {
        status: 418,
        content_type: Some("text/html".into()),
        headers: vec![("X-Odd".into(), "1".into())],
        body: "<html>".into(),
    }));
    assert_eq!((answer.status, answer.body.as_str()), (418, "<html>"));
    assert!(answer.contains("Content-Type: text/html\r\n"));
    assert!(answer.contains("X-Odd: 1\r\n"));
}

#[test]
fn one_answer_can_be_forced_into_xml() {
    let emulator = start();
    emulator.push_fault(Fault {
        force_xml: true,
        ..Fault::default()
    });
    let mut connection = Connection::open(&emulator);
    assert!(connection.ask(&json_request()).contains("text/xml"));
    assert!(connection.ask(&json_request()).contains("application/json"));
}

#[test]
fn a_late_answer_is_late() {
    let started = Instant::now();
    assert_eq!(answer_under(Fault::latency_ms(30)).status, 200);
    assert!(started.elapsed().as_millis() >= 30);
}

#[test]
fn a_fault_holds_for_as_many_requests_as_it_says() {
    let emulator = start();
    emulator.push_fault(Fault::from(Reply::Throttling).times(2));
    let mut connection = Connection::open(&emulator);
    let statuses = [(); 3].map(|()| connection.ask(&request()).status);
    assert_eq!(statuses, [400, 400, 200]);
}

#[test]
fn a_standing_fault_holds_until_it_is_ended() {
    let emulator = start();
    let mut connection = Connection::open(&emulator);
    emulator.set_standing_fault(Some(Reply::ServiceUnavailable.into()));
    assert_eq!(connection.ask(&request()).status, 503);
    assert_eq!(connection.ask(&request()).status, 503);
    emulator.set_standing_fault(None);
    assert_eq!(connection.ask(&request()).status, 200);
}

#[test]
fn a_connection_can_close_in_order_before_the_answer() {
    let emulator = start();
    let mut connection = connection_under(&emulator, Delivery::Close);
    assert!(connection.rest().unwrap().is_empty());
    assert_eq!(emulator.counters().unanswered, 1);
}

#[test]
fn a_connection_can_be_reset_before_the_answer() {
    let emulator = start();
    let mut connection = connection_under(&emulator, Delivery::Reset);
    let error = connection.rest().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(emulator.counters().unanswered, 1);
}

#[test]
fn a_connection_can_close_after_an_answer_that_did_not_say_so() {
    let emulator = start();
    let mut connection = connection_under(&emulator, Delivery::ThenClose);
    let answer = connection.receive().unwrap();
    assert_eq!(answer.status, 200);
    assert!(!answer.contains("Connection: close"));
    assert!(connection.rest().unwrap().is_empty());
}

#[test]
fn a_half_closed_connection_is_read_until_the_client_goes_away() {
    for (delivery, answers) in [
        (Delivery::HalfClose, false),
        (Delivery::ThenHalfClose, true),
    ] {
        let emulator = start();
        let mut connection = connection_under(&emulator, delivery);
        assert_eq!(!connection.rest().unwrap().is_empty(), answers);
        assert_eq!(emulator.counters().connections_closed, 0);
        drop(connection);
        let closed = Minimum {
            connections_closed: 1,
            ..Minimum::default()
        };
        assert!(emulator.wait(closed, LONG));
    }
}

#[test]
fn silence_lasts_until_the_client_goes_away() {
    let emulator = start();
    let connection = connection_under(&emulator, Delivery::Silence);
    assert!(emulator.wait_in_flight(1, LONG));
    drop(connection);
    let closed = Minimum {
        connections_closed: 1,
        ..Minimum::default()
    };
    assert!(emulator.wait(closed, LONG));
    assert_eq!(emulator.counters().unanswered, 1);
}

#[test]
fn a_dripped_answer_arrives_whole_in_the_end() {
    let answer = answer_under(Delivery::Drip { interval_ms: 0 });
    assert_eq!(answer.status, 200);
    assert!(answer.contains("user/alice"));
}

#[test]
fn a_surplus_answer_follows_the_one_that_was_asked_for() {
    for separate_record in [false, true] {
        let emulator = start();
        let other = CannedAnswer::identity("arn:aws:iam::123456789012:user/admin", "U", "1");
        let surplus = Delivery::Surplus {
            answer: other,
            separate_record,
        };
        let mut connection = connection_under(&emulator, surplus);
        assert!(connection.receive().unwrap().contains("user/alice"));
        assert!(connection.receive().unwrap().contains("user/admin"));
        assert_eq!(connection.ask(&request()).status, 200);
    }
}

#[test]
fn stopping_ends_drips_silence_and_holds() {
    let emulator = start();
    let mut connections = vec![
        connection_under(&emulator, Delivery::Silence),
        connection_under(
            &emulator,
            Delivery::Drip {
                interval_ms: 60_000,
            },
        ),
        connection_under(&emulator, Fault::latency_ms(60_000)),
    ];
    let three = Minimum {
        requests: 3,
        ..Minimum::default()
    };
    assert!(emulator.wait(three, LONG));
    emulator.hold(None);
    connections.push(connection_under(&emulator, Fault::default()));
    assert!(emulator.wait_in_flight(4, LONG));
    drop(emulator);
}

#[test]
fn sixty_four_requests_can_be_seen_in_flight_at_once() {
    let emulator = start();
    emulator.hold(None);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| assert_eq!(Connection::open(&emulator).ask(&request()).status, 200));
        }
        assert!(emulator.wait_in_flight(64, LONG));
        assert!(emulator.counters().by_status.is_empty());
        emulator.release();
    });
    assert_eq!(emulator.counters().in_flight_max, 64);
}
