//! What the statistics say of logins.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
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
    let times = &now.times;
    for (phases, name) in [
        (&times.succeeded, "succeeded"),
        (&times.refused, "refused"),
        (&times.failed, "failed"),
    ] {
        let counts = (phases.queue.count, phases.sts.count, phases.total.count);
        assert_eq!(counts, (1, 1, 1), "{name}");
    }
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
