//! Several STS endpoints: where new logins go when one of them fails, and back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::conversation::{Begin, Conversation};
use mongodb_aws_auth::reason::Reason;
use sts_emulator::{
    CannedAnswer, Delivery, Fault, Minimum, Reply, StsEmulator, client, identity_json,
};
use support::*;

const FIRST: &str = "sts.eu-central-1.amazonaws.com";
const SECOND: &str = "sts.eu-west-1.amazonaws.com";

struct Regions {
    server: Server,
    second: StsEmulator,
}

/// Two emulators; the server's own is the first.
fn regions() -> Regions {
    let (first, second) = (sts(), sts());
    let bundle = first.ca_path().with_file_name("both.pem");
    let pems = [&first, &second].map(|sts| std::fs::read_to_string(sts.ca_path()).unwrap());
    std::fs::write(&bundle, pems.concat()).unwrap();
    let places = format!("{} {}", first.endpoint(), second.endpoint());
    let server = Server::around(
        first,
        &[
            ("awsStsHost", &format!("{FIRST} {SECOND}")),
            ("awsStsEndpoint", &places),
            ("awsStsCAFile", bundle.to_str().unwrap()),
        ],
    );
    Regions { server, second }
}

fn sts() -> StsEmulator {
    StsEmulator::builder().start().unwrap()
}

impl Regions {
    /// The host that a new login is to sign for.
    fn advertised(&self) -> String {
        let conversation = self.server.begin();
        let (host, _) = challenge(&conversation);
        self.end(&conversation);
        host
    }

    /// Begins logins until one is to sign for this host.
    fn wait_for(&self, host: &str) {
        let until = Instant::now() + LONG;
        while self.advertised() != host {
            assert!(Instant::now() < until, "{host} is never advertised");
            std::thread::yield_now();
        }
    }

    /// A login that STS verifies now.
    fn pending(&self) -> Arc<Conversation> {
        let conversation = self.server.begin();
        self.answer(&conversation);
        conversation
    }

    fn answer(&self, conversation: &Arc<Conversation>) {
        let (host, nonce) = challenge(conversation);
        let second = client::client_second(&credentials(ALICE), &host, &nonce, SystemTime::now());
        assert_eq!(conversation.step(&client_second(&second)), MAWS_PENDING);
    }

    fn end(&self, conversation: &Arc<Conversation>) {
        conversation.end().unwrap();
        conversation.ended();
    }

    fn first_fails(&self) {
        self.server
            .sts
            .set_standing_fault(Some(Delivery::Close.into()));
        (0..5).for_each(|_| {
            self.server
                .login(ALICE)
                .assert_refused(Reason::ConnectionLost)
        });
    }
}

#[test]
fn new_logins_go_to_the_first_endpoint() {
    let regions = regions();
    assert_eq!(regions.server.login(ALICE).code, MAWS_DONE);
    assert_eq!(regions.advertised(), FIRST);
    assert_eq!(regions.second.counters().connections, 0);
}

#[test]
fn an_endpoint_that_keeps_failing_is_left_and_comes_back_by_itself() {
    let regions = regions();
    regions.first_fails();
    assert_eq!(regions.advertised(), SECOND);
    assert_eq!(regions.server.login(ALICE).code, MAWS_DONE);
    assert_eq!(regions.second.counters().requests, 1);

    regions.server.sts.set_standing_fault(None);
    regions.wait_for(FIRST);
    assert_eq!(regions.server.login(ALICE).code, MAWS_DONE);
    assert_eq!(regions.second.counters().requests, 1);
    let lines = regions.server.host.lines();
    let said = |reason| lines.iter().filter(|(_, said, _)| *said == reason).count();
    assert_eq!(
        (said(Reason::EndpointDown), said(Reason::EndpointUp)),
        (1, 1)
    );
}

#[test]
fn an_endpoint_that_falls_silent_is_left_while_its_logins_still_wait() {
    let regions = regions();
    let silence = Some(Delivery::Silence.into());
    regions.server.sts.set_standing_fault(silence);
    let waiting = [regions.pending(), regions.pending()];
    regions.wait_for(SECOND);
    assert_eq!(regions.server.login(ALICE).code, MAWS_DONE);
    for conversation in &waiting {
        assert_eq!(conversation.code(), MAWS_PENDING);
        regions.end(conversation);
    }
}

#[test]
fn a_login_that_was_signed_for_a_host_goes_to_no_other() {
    let regions = regions();
    let early = regions.server.begin();
    regions.first_fails();
    assert_eq!(regions.advertised(), SECOND);
    regions.answer(&early);
    assert_eq!(early.poll(LONG), MAWS_E_UPSTREAM);
    regions.end(&early);
    assert_eq!(regions.second.counters().requests, 0);
}

#[test]
fn what_is_the_client_s_fault_counts_against_no_endpoint() {
    let regions = regions();
    for _ in 0..10 {
        let login = regions.server.login_by(|host, nonce| {
            let mut wrong = credentials(ALICE);
            wrong.secret_access_key = "wrong".to_owned();
            client::Signer::new(&wrong, host, nonce, SystemTime::now())
        });
        login.assert_refused(Reason::SignatureMismatch);
    }
    let throttling = Fault::from(Reply::Throttling).times(3);
    regions.server.sts.push_fault(throttling);
    assert_eq!(regions.server.login(ALICE).code, MAWS_DONE);
    assert_eq!(regions.advertised(), FIRST);
}

#[test]
fn what_a_client_can_provoke_takes_no_endpoint_down() {
    let odd_arn = identity_json(
        "arn:aws:iam::123456789012:odd/thing",
        "AIDA1",
        "123456789012",
    );
    for (status, body) in [(400, "<html>"), (413, ""), (431, "<html>"), (200, &odd_arn)] {
        let regions = regions();
        let answer = CannedAnswer {
            status,
            body: body.to_owned(),
            ..CannedAnswer::default()
        };
        let provoked = Fault::from(Reply::Canned(answer)).times(10);
        regions.server.sts.push_fault(provoked);
        for _ in 0..10 {
            assert_ne!(regions.server.login(ALICE).code, MAWS_DONE);
        }
        assert_eq!(regions.advertised(), FIRST, "{status}");
    }
}

#[test]
fn answers_that_no_client_can_provoke_do() {
    for (status, body) in [(404, ""), (200, "<html>")] {
        let regions = regions();
        let answer = CannedAnswer {
            status,
            body: body.to_owned(),
            ..CannedAnswer::default()
        };
        let broken = Fault::from(Reply::Canned(answer)).times(5);
        regions.server.sts.push_fault(broken);
        for _ in 0..5 {
            assert_ne!(regions.server.login(ALICE).code, MAWS_DONE);
        }
        assert_eq!(regions.advertised(), SECOND, "{status}");
    }
}

#[test]
fn a_login_with_hardly_any_time_says_nothing_of_its_endpoint() {
    let regions = regions();
    let silence = Some(Delivery::Silence.into());
    regions.server.sts.set_standing_fault(silence);
    for _ in 0..6 {
        let hasty = Begin {
            budget: Some(Duration::from_millis(50)),
            ..begin(0)
        };
        let conversation = regions.server.plugin.begin(&hasty).unwrap();
        regions.answer(&conversation);
        assert_eq!(conversation.poll(LONG), MAWS_E_TIMEOUT);
        regions.end(&conversation);
    }
    assert_eq!(regions.advertised(), FIRST);
}

#[test]
fn a_login_that_has_only_begun_has_a_connection_opened_for_it() {
    let server = Server::start();
    let conversation = server.begin();
    let (host, nonce) = challenge(&conversation);
    let open = Minimum {
        handshakes: 1,
        ..Minimum::default()
    };
    assert!(server.sts.wait(open, LONG));
    let second = client::client_second(&credentials(ALICE), &host, &nonce, SystemTime::now());
    assert_eq!(conversation.step(&client_second(&second)), MAWS_PENDING);
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
    conversation.end().unwrap();
    conversation.ended();
    assert_eq!(server.sts.counters().connections, 1);
}
