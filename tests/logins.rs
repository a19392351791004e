//! Who logs in, and under which name.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::abi::maws_log_level::MAWS_LOG_WARNING;
use mongodb_aws_auth::conversation::Begin;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;
use support::*;

#[test]
fn identities_become_the_users_of_external() {
    let server = Server::start();
    for (arn, principal) in [
        (ALICE, ALICE),
        (JANE, JANE),
        (SHOP_APP, "arn:aws:iam::123456789012:role/shop-app"),
        (
            "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Reader_0123456789abcdef/jane.doe@example.com",
            "arn:aws:iam::123456789012:role/AWSReservedSSO_Reader_0123456789abcdef",
        ),
        (
            "arn:aws-cn:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0",
            "arn:aws-cn:iam::123456789012:role/shop-app",
        ),
        (
            "arn:aws-us-gov:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0",
            "arn:aws-us-gov:iam::123456789012:role/shop-app",
        ),
    ] {
        let login = server.login(arn);
        assert_eq!(
            (login.code, login.principal()),
            (MAWS_DONE, principal),
            "{arn}: {login:?}"
        );
        assert_eq!(login.outcome.caller.as_ref().unwrap().arn.text, arn);
    }
}

#[test]
fn a_verified_login_tells_who_and_how_long() {
    let server = Server::start();
    let login = server.login(SHOP_APP);
    let caller = login.outcome.caller.clone().unwrap();
    assert_eq!(caller.arn.account, "123456789012");
    assert_eq!(caller.user_id, "AROASHOPAPPEXAMPLE001:i-0123456789abcdef0");
    assert!(!login.outcome.sts_request_id.is_empty());
    assert!(login.outcome.total >= login.outcome.times.sts);
}

#[test]
fn the_sts_wildcard_form_is_mongodb_s() {
    let server = Server::with(&[("awsPrincipalFormat", "stsWildcard")]);
    assert_eq!(
        server.login(SHOP_APP).principal(),
        "arn:aws:sts::123456789012:assumed-role/shop-app/*"
    );
    assert_eq!(server.login(JANE).principal(), JANE);
}

#[test]
fn root_and_federated_users_log_in_only_by_option_and_instances_never() {
    const ROOT: &str = "arn:aws:iam::123456789012:root";
    const FEDERATED: &str = "arn:aws:sts::123456789012:federated-user/carol";
    const INSTANCE: &str =
        "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0123456789abcdef0";

    let server = Server::start();
    server.login(ROOT).assert_refused(Reason::RootNotAllowed);
    server
        .login(FEDERATED)
        .assert_refused(Reason::FederatedNotAllowed);
    server
        .login(INSTANCE)
        .assert_refused(Reason::InstanceIdentity);

    let server = Server::with(&[("awsAllowRoot", "true"), ("awsAllowFederated", "true")]);
    assert_eq!(server.login(ROOT).principal(), ROOT);
    assert_eq!(server.login(FEDERATED).principal(), FEDERATED);
    server
        .login(INSTANCE)
        .assert_refused(Reason::InstanceIdentity);
}

#[test]
fn the_operator_narrows_accounts_partitions_and_principals() {
    const OTHER_ALICE: &str = "arn:aws:iam::210987654321:user/alice";
    const CHINA: &str = "arn:aws-cn:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0";

    let server = Server::with(&[("awsAllowedAccounts", "123456789012")]);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    server
        .login(OTHER_ALICE)
        .assert_refused(Reason::AccountNotAllowed);

    let server = Server::with(&[("awsAllowedPartitions", "aws aws-us-gov")]);
    assert_eq!(server.login(SHOP_APP).code, MAWS_DONE);
    server
        .login(CHINA)
        .assert_refused(Reason::PartitionNotAllowed);

    let allowed =
        "arn:aws:iam::123456789012:user/division/* arn:aws:iam::123456789012:role/shop-app";
    let server = Server::with(&[("awsAllowedPrincipals", allowed)]);
    assert_eq!(server.login(JANE).code, MAWS_DONE);
    assert_eq!(server.login(SHOP_APP).code, MAWS_DONE);
    server
        .login(ALICE)
        .assert_refused(Reason::PrincipalNotAllowed);
}

#[test]
fn a_rule_that_lets_nobody_in_is_logged_once() {
    let server = Server::with(&[("awsAllowedPartitions", "aws aws-usgov")]);
    let told = || {
        let lines = server.host.lines();
        let warned = lines
            .into_iter()
            .filter(|(_, reason, _)| *reason == Reason::RuleWithoutEffect);
        warned
            .map(|(level, _, line)| {
                assert_eq!(level, MAWS_LOG_WARNING);
                line
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(told().len(), 1);
    assert!(
        told()[0].contains("the nearest is aws-us-gov"),
        "{:?}",
        told()
    );
    server
        .plugin
        .set_options(&[("awsStsWorkers", "8")])
        .unwrap();
    assert_eq!(told().len(), 1);
    let root = "arn:aws:iam::123456789012:root arn:aws:iam::123456789012:user/*";
    server
        .plugin
        .set_options(&[("awsAllowedPrincipals", root)])
        .unwrap();
    assert_eq!(told().len(), 2);
    assert!(
        told()[1].contains("without awsAllowRoot=true"),
        "{:?}",
        told()
    );
    server
        .plugin
        .set_options(&[("awsAllowRoot", "true")])
        .unwrap();
    assert_eq!(told().len(), 2);
}

#[test]
fn a_client_s_address_stands_in_log_lines_printable_and_never_cut_without_a_word() {
    let server = Server::start();
    let long = "x".repeat(300);
    for (address, shown) in [
        ("10.0.0.1:5", "(client 10.0.0.1:5)"),
        ("10.0.0.1\0:5", "(client 10.0.0.1?:5)"),
        ("\r\n{\"forged\":1}", "(client ??{\"forged\":1})"),
        ("h\u{f6}st:1", "(client h?st:1)"),
        ("", "(client )"),
        (&long, "... (44 more characters))"),
    ] {
        let login = Begin {
            client_addr: address,
            ..begin(0)
        };
        let conversation = server.plugin.begin(&login).unwrap();
        conversation.step(b"");
        conversation.end().unwrap();
        conversation.ended();
        let (_, _, line) = server.host.lines().pop().unwrap();
        assert!(line.ends_with(shown), "{line}");
    }
}

#[test]
fn a_run_time_option_holds_for_the_next_conversation() {
    let server = Server::start();
    let begun_before = server.begin();
    server
        .plugin
        .set_options(&[("awsAllowedAccounts", "210987654321")])
        .unwrap();
    server
        .login(ALICE)
        .assert_refused(Reason::AccountNotAllowed);
    assert_eq!(
        server.login("arn:aws:iam::210987654321:user/alice").code,
        MAWS_DONE
    );
    begun_before.end().unwrap();
    begun_before.ended();
}

#[test]
fn a_regional_host_has_its_own_signing_region() {
    let host = "sts.eu-central-1.amazonaws.com";
    let server = Server::with(&[("awsStsHost", host)]);
    let login = server.login_by(|advertised, nonce| {
        assert_eq!(advertised, host);
        sts_emulator::client::Signer::new(
            &credentials(ALICE),
            advertised,
            nonce,
            std::time::SystemTime::now(),
        )
    });
    assert_eq!(login.principal(), ALICE, "{login:?}");
}

#[test]
fn an_sts_compatible_service_may_answer_in_xml_whatever_is_asked_for() {
    let sts = StsEmulator::builder().force_xml().start().unwrap();
    let server = Server::around(sts, &[]);
    assert_eq!(server.login(SHOP_APP).code, MAWS_DONE);
}

#[test]
fn sixty_four_verifications_are_in_flight_at_once_and_no_step_waits_for_them() {
    let server = Server::start();
    server.sts.hold(None);
    let conversations: Vec<_> = (0..64).map(|ctx| server.begin_as(ctx)).collect();
    for conversation in &conversations {
        let (host, nonce) = challenge(conversation);
        let now = std::time::SystemTime::now();
        let second = sts_emulator::client::client_second(&credentials(ALICE), &host, &nonce, now);
        assert_eq!(conversation.step(&client_second(&second)), MAWS_PENDING);
    }
    assert!(
        server.sts.wait_in_flight(64, LONG),
        "{:?}",
        server.sts.counters()
    );
    server.sts.release();
    for conversation in &conversations {
        assert_eq!(conversation.poll(LONG), MAWS_DONE);
        conversation.end().unwrap();
        conversation.ended();
    }
    assert!((0..64).all(|ctx| server.host.ready_count(ctx) == 1));
}

#[test]
fn logins_one_after_another_share_one_connection() {
    let server = Server::start();
    for _ in 0..20 {
        assert_eq!(server.login(ALICE).code, MAWS_DONE);
    }
    assert_eq!(server.sts.counters().connections, 1);
}

#[test]
fn refused_logins_share_one_connection_too() {
    let server = Server::start();
    for _ in 0..20 {
        let login = server.login_by(|host, nonce| {
            let mut wrong = credentials(ALICE);
            wrong.secret_access_key = "wrong".to_owned();
            sts_emulator::client::Signer::new(&wrong, host, nonce, std::time::SystemTime::now())
        });
        login.assert_refused(Reason::SignatureMismatch);
    }
    assert_eq!(server.sts.counters().connections, 1);
}
