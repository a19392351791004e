//! What the statistics say about logins.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use mongodb_aws_auth::stats::LoginTimes;
use serde_json::Value;
use sts_emulator::{Delivery, Reply, client};
use support::*;

#[test]
fn every_login_is_counted_by_its_outcome_and_its_endpoint() {
    let server = Server::start();
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    let refused = server.login_by(|host, nonce| {
        let mut wrong = credentials(ALICE);
        wrong.secret_access_key = "wrong".to_owned();
        client::Signer::new(&wrong, host, nonce, SystemTime::now())
    });
    refused.assert_refused(Reason::SignatureMismatch);
    server.sts.set_standing_fault(Some(Delivery::Close.into()));
    server.login(ALICE).assert_refused(Reason::ConnectionLost);

    let now = server.plugin.snapshot();
    assert_eq!((now.succeeded, now.denied, now.upstream_failed), (1, 1, 1));
    let LoginTimes {
        queue, sts, total, ..
    } = now.times;
    assert_eq!([queue, sts, total].map(|time| time.count), [3; 3]);
    assert!(total.sum_us >= queue.sum_us + sts.sum_us);
    assert!(total.max_us <= total.sum_us);
    let [endpoint] = &now.endpoints[..] else {
        panic!("{:?}", now.endpoints);
    };
    assert_eq!(endpoint.host, STS_HOST);
    assert_eq!(
        (endpoint.answered, endpoint.throttled, endpoint.failed),
        (2, 0, 1)
    );
    assert_eq!(endpoint.sts.count, now.sts_requests);
    assert_eq!((now.sts_stale, now.sts_retries), (1, 1));
}

#[test]
fn throttling_is_counted_and_its_account_seen_while_it_lasts() {
    let server = Server::start();
    server.sts.push_fault(Reply::Throttling);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    let now = server.plugin.snapshot();
    assert_eq!((now.sts_throttled, now.sts_retries), (1, 1));
    assert_eq!(now.throttled_accounts, 1);
    assert_eq!(now.endpoints[0].throttled, 1);
}

/// The server's diagnostic data capture stores a new schema whenever a field comes or goes.
#[test]
fn the_fields_are_fixed_and_none_is_named_after_a_host_or_an_account() {
    let server = Server::start();
    let before = serde_json::to_value(server.plugin.snapshot()).unwrap();
    server.sts.push_fault(Reply::Throttling);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    let after = serde_json::to_value(server.plugin.snapshot()).unwrap();
    assert_eq!(shape(&before), shape(&after));
    for name in names(&after) {
        assert!(name.chars().all(char::is_alphabetic), "{name}");
    }
}

/// The names and their order, without the values.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let shapes = members
                .iter()
                .map(|(name, member)| (name.clone(), shape(member)));
            Value::Object(shapes.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(shape).collect()),
        _ => Value::Null,
    }
}

fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let below = members.values().flat_map(names);
            members.keys().cloned().chain(below).collect()
        }
        Value::Array(items) => items.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}
