//! What STS decides costs one request. What is refused before is in tests/catalogue.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::{Duration, SystemTime};

use mongodb_aws_auth::reason::Reason;
use sts_emulator::client::Signer;
use support::*;

fn alice(host: &str, nonce: &[u8]) -> Signer {
    Signer::new(&credentials(ALICE), host, nonce, SystemTime::now())
}

#[test]
fn what_sts_decides_is_told_by_its_answer_and_costs_one_request() {
    let server = Server::start();
    let wrong_secret = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(ALICE);
        credentials.secret_access_key = "wrong".to_owned();
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let unknown_key = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(ALICE);
        credentials.access_key_id = "AKIAUNKNOWNEXAMPLE01".to_owned();
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let expired_token = |host: &str, nonce: &[u8]| {
        let expired = "arn:aws:sts::123456789012:assumed-role/shop-app/yesterday";
        Signer::new(&credentials(expired), host, nonce, SystemTime::now())
    };
    let missing_token = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(SHOP_APP);
        credentials.session_token = None;
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let wrong_token = |host: &str, nonce: &[u8]| {
        let mut credentials = credentials(SHOP_APP);
        credentials.session_token = Some("other".to_owned());
        Signer::new(&credentials, host, nonce, SystemTime::now())
    };
    let altered_nonce = |host: &str, nonce: &[u8]| {
        let altered: Vec<u8> = nonce.iter().map(|byte| byte ^ 1).collect();
        alice(host, &altered)
    };
    let other_host = |_: &str, nonce: &[u8]| alice("sts.us-east-1.amazonaws.com", nonce);
    let stale = |host: &str, nonce: &[u8]| {
        let past = SystemTime::now() - Duration::from_secs(16 * 60);
        Signer::new(&credentials(ALICE), host, nonce, past)
    };
    let early = |host: &str, nonce: &[u8]| {
        let future = SystemTime::now() + Duration::from_secs(16 * 60);
        Signer::new(&credentials(ALICE), host, nonce, future)
    };
    type MakeSigner<'a> = &'a dyn Fn(&str, &[u8]) -> Signer;
    let cases: [(&str, MakeSigner<'_>, Reason); 9] = [
        ("wrong secret", &wrong_secret, Reason::SignatureMismatch),
        ("unknown key", &unknown_key, Reason::AccessKeyUnknown),
        ("expired token", &expired_token, Reason::TokenExpired),
        ("missing token", &missing_token, Reason::AccessKeyUnknown),
        ("wrong token", &wrong_token, Reason::AccessKeyUnknown),
        ("altered nonce", &altered_nonce, Reason::SignatureMismatch),
        (
            "signed for another host",
            &other_host,
            Reason::SignatureMismatch,
        ),
        ("stale date", &stale, Reason::SignatureExpired),
        ("early date", &early, Reason::SignatureNotYetCurrent),
    ];
    for (name, signer, reason) in cases {
        server.sts.reset();
        let login = server.login_by(signer);
        login.assert_refused(reason);
        assert_eq!(server.sts.counters().requests, 1, "{name}");
        assert!(!login.outcome.sts_error_code.is_empty(), "{name}");
        assert!(!login.outcome.sts_request_id.is_empty(), "{name}");
    }
}
