//! What a client of the emulator gets, over TLS.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::time::{Duration, SystemTime};

use serde_json::Value;
use sts_emulator::StsEmulator;
use sts_emulator::client::Signer;
use support::{Connection, HOST, alice, credentials, json_request, request, start, trusting};

#[test]
fn an_honest_request_is_answered_in_xml() {
    let answer = Connection::open(&start()).ask(&request());
    assert_eq!(answer.status, 200);
    assert!(answer.contains("Content-Type: text/xml\r\n"));
    assert!(answer.contains("x-amzn-RequestId: "));
    assert!(answer.contains("Date: "));
    assert!(answer.contains("<Arn>arn:aws:iam::123456789012:user/alice</Arn>"));
}

#[test]
fn it_is_answered_in_json_when_it_accepts_json() {
    let answer = Connection::open(&start()).ask(&json_request());
    assert!(answer.contains("Content-Type: application/json\r\n"));
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    let result = &json["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
    assert_eq!(result["Arn"], "arn:aws:iam::123456789012:user/alice");
    assert_eq!(result["Account"], "123456789012");
}

#[test]
fn an_emulator_of_a_compatible_service_answers_in_xml_always() {
    let emulator = StsEmulator::builder().force_xml().start().unwrap();
    let answer = Connection::open(&emulator).ask(&json_request());
    assert!(answer.contains("Content-Type: text/xml\r\n"));
}

#[test]
fn errors_are_answered_in_the_form_that_is_accepted() {
    let emulator = start();
    let mut bad = json_request();
    bad.headers.retain(|(name, _)| name != "Authorization");
    let answer = Connection::open(&emulator).ask(&bad);
    assert_eq!(answer.status, 403);
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(json["Error"]["Code"], "MissingAuthenticationToken");
    assert_eq!(json["Error"]["Type"], "Sender");
}

#[test]
fn many_requests_share_a_connection_and_each_is_judged_by_itself() {
    let emulator = start();
    let mut connection = Connection::open(&emulator);
    let bob = credentials("arn:aws:iam::123456789012:user/bob");
    let bob = Signer::new(&bob, HOST, &[7; 64], SystemTime::now()).request();
    assert!(connection.ask(&request()).contains("user/alice"));
    assert!(connection.ask(&bob).contains("user/bob"));
    assert!(connection.ask(&request()).contains("user/alice"));
    let counters = emulator.counters();
    assert_eq!((counters.connections, counters.requests), (1, 3));
}

#[test]
fn connection_close_is_obeyed() {
    let emulator = start();
    let mut closing = request();
    closing.headers.push(("Connection".into(), "close".into()));
    let mut connection = Connection::open(&emulator);
    assert_eq!(connection.ask(&closing).status, 200);
    assert!(connection.rest().unwrap().is_empty());
}

#[test]
fn bytes_that_are_no_http_get_400_and_the_connection_ends() {
    let emulator = start();
    let mut odd = request();
    odd.target = "no-slash".into();
    let mut connection = Connection::open(&emulator);
    assert_eq!(connection.ask(&odd).status, 400);
    assert!(connection.rest().unwrap().is_empty());
    assert_eq!(emulator.counters().requests, 0);
}

#[test]
fn the_certificate_holds_for_the_loopback_names_sts_and_the_given_hosts() {
    let emulator = StsEmulator::builder().host("sts.test").start().unwrap();
    let config = trusting(&emulator);
    for name in [
        "localhost",
        "127.0.0.1",
        "::1",
        "sts.amazonaws.com",
        "sts.test",
    ] {
        assert!(
            Connection::open_as(&emulator, &config, name).is_ok(),
            "{name}"
        );
    }
    assert!(Connection::open_as(&emulator, &config, "other.test").is_err());
}

#[test]
fn only_those_trust_an_emulator_who_have_its_ca() {
    let (one, other) = (start(), start());
    assert!(Connection::open_as(&one, &trusting(&other), "localhost").is_err());
}

#[test]
fn a_second_connection_resumes_the_tls_session() {
    let emulator = start();
    let config = trusting(&emulator);
    for _ in 0..2 {
        let mut connection = Connection::open_as(&emulator, &config, "localhost").unwrap();
        assert_eq!(connection.ask(&request()).status, 200);
    }
    let counters = emulator.counters();
    assert_eq!(
        (counters.handshakes_full, counters.handshakes_resumed),
        (1, 1)
    );
}

#[test]
fn signatures_are_judged_by_the_given_clock() {
    let then = SystemTime::now() - Duration::from_secs(86_400);
    let emulator = StsEmulator::builder().clock(move || then).start().unwrap();
    let mut connection = Connection::open(&emulator);
    assert!(
        connection
            .ask(&request())
            .contains("Signature not yet current")
    );
    let of_then = Signer::new(&alice(), HOST, &[7; 64], then).request();
    assert_eq!(connection.ask(&of_then).status, 200);
}

#[test]
fn an_account_beyond_its_quota_is_throttled_and_others_are_not() {
    let now = SystemTime::now();
    let emulator = StsEmulator::builder()
        .quota(1)
        .clock(move || now)
        .start()
        .unwrap();
    let mut connection = Connection::open(&emulator);
    assert_eq!(connection.ask(&request()).status, 200);
    let throttled = connection.ask(&request());
    assert_eq!(throttled.status, 400);
    assert!(throttled.contains("<Code>Throttling</Code>"));
    let elsewhere = credentials("arn:aws:iam::210987654321:user/alice");
    let elsewhere = Signer::new(&elsewhere, HOST, &[7; 64], now).request();
    assert_eq!(connection.ask(&elsewhere).status, 200);
}

#[test]
fn the_ca_file_is_written_before_the_start_returns_and_a_temporary_one_goes_with_the_emulator() {
    let emulator = start();
    let path = emulator.ca_path().to_owned();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), emulator.ca_pem());
    drop(emulator);
    assert!(!path.exists());
}

#[test]
fn dropping_the_emulator_ends_open_connections() {
    let emulator = start();
    let mut connection = Connection::open(&emulator);
    let _ = connection.ask(&request());
    drop(emulator);
    assert!(connection.rest().is_err() || connection.rest().unwrap().is_empty());
}

#[test]
fn requests_are_remembered_as_they_came() {
    let emulator = start();
    let request = request();
    let _ = Connection::open(&emulator).ask(&request);
    let recorded = emulator.requests();
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].request, request);
    assert_eq!(recorded[0].connection, 1);
}
