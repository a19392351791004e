//! `check`: the way to STS and the login, and what it says where they fail.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sts_emulator::{CannedAnswer, Fault, Reply};
use support::client::{BOB, assert_words, client};
use support::host::Host;
use support::{ALICE, Machine, SHOP_APP, SHOP_ROLE, ca_file, sts};

#[test]
fn each_part_of_the_way_to_sts_fails_with_its_own_words() {
    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let closed = {
        let gone = sts();
        gone.endpoint()
    };
    let other_ca = sts();
    let config = host.config(&[]);
    for (parameter, name, words) in [
        (
            "awsStsEndpoint=https://sts.invalid".to_owned(),
            "name resolution",
            "getent hosts sts.invalid",
        ),
        (format!("awsStsEndpoint={closed}"), "route", "firewall"),
        (
            format!("awsStsCAFile={}", ca_file(&other_ca)),
            "TLS with STS",
            "issued by STS emulator throw-away CA",
        ),
    ] {
        let steps = host.check(&config, &["--setParameter", &parameter]);
        steps.assert(name, "fail", &[words]);
        steps.assert("login", "skip", &["STS was not reached"]);
        assert_eq!(steps.status, 1);
    }
}

#[test]
fn something_else_than_sts_is_told_apart() {
    let host = Host::new();
    let config = host.config(&[]);
    for (reply, words) in [
        (Reply::ServiceUnavailable, "status 503"),
        (
            Reply::Canned(CannedAnswer {
                status: 200,
                content_type: Some("text/html".to_owned()),
                headers: vec![("Via".to_owned(), "portal".to_owned())],
                body: "<html>".to_owned(),
            }),
            "by portal",
        ),
    ] {
        host.sts.push_fault(reply);
        host.check(&config, &[])
            .assert("answer of STS", "fail", &[words]);
    }
    host.sts.push_fault(Fault::from(Reply::Throttling));
    let throttled = ["status 400", "too many logins per second"];
    host.check(&config, &[])
        .assert("answer of STS", "fail", &throttled);
}

#[test]
fn a_login_that_is_refused_names_reason_and_remedy() {
    let expired = "arn:aws:sts::123456789012:assumed-role/shop-app/yesterday";
    let host = Host::with(Machine::new().with_keys_of(expired));
    let steps = host.check(&host.config(&[]), &[]);
    steps.assert(
        "login",
        "fail",
        &["reason 303", "ExpiredToken", "get new temporary"],
    );
    assert_eq!(steps.status, 1);

    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let rule = ["awsAllowedAccounts: 012345678901"];
    host.check(&host.config(&rule), &[])
        .assert("login", "fail", &["reason 310", "123456789012"]);
}

#[test]
fn without_credentials_the_login_is_left_out_with_a_word_on_how_to_get_them() {
    let host = Host::new();
    let steps = host.check(&host.config(&[]), &[]);
    steps.assert("login", "skip", &["no AWS credentials", "aws sso login"]);
    steps.assert("random bytes", "pass", &["the plugin has them"]);
    assert_eq!(steps.status, 0);
    host.check(&host.config(&[]), &["--no-login"])
        .assert("login", "skip", &["--no-login"])
        .assert("random bytes", "pass", &["the plugin has them"]);
}

#[test]
fn a_verified_login_without_a_user_is_warned_of() {
    let host = Host::with(Machine::new().with_keys_of(SHOP_APP));
    let with_path = "arn:aws:iam::123456789012:role/team/shop-app";
    for (others, status) in [("", "fail"), (ALICE, "warn")] {
        let users = host
            .machine
            .file("users.txt", &format!("{with_path}\n{others}\n"));
        let steps = host.check(&host.config(&[]), &["--users", &users]);
        steps
            .assert("users", "warn", &[with_path, "never matches", SHOP_ROLE])
            .assert("users", status, &[])
            .assert("user of the login", "warn", &[SHOP_ROLE, "this host's own"]);
        assert_eq!(steps.status, i32::from(status == "fail"));
    }
}

#[test]
fn a_proxy_is_warned_of_once_and_changes_no_login() {
    let proxy = "http://127.0.0.1:1";
    let machine = Machine::new().set("https_proxy", proxy);
    let host = Host::with(machine.with_keys_of(ALICE));
    let steps = host.check(&host.config(&[]), &[]);
    steps
        .assert("proxy", "warn", &["https_proxy"])
        .assert("login", "pass", &[ALICE]);
    assert_eq!(steps.count("warn"), 1, "{steps:#?}");
}

#[test]
fn a_metadata_service_that_does_not_answer_is_no_fault_of_a_database_host() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let nowhere = || {
        Machine::new()
            .set("AWS_EC2_METADATA_DISABLED", "false")
            .set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &closed)
    };
    let run = nowhere().run(&["whoami"]);
    assert_words(&run, 1, &["no AWS credentials were found", "hop limit"]);
    let host = Host::with(nowhere());
    let steps = host.check(&host.config(&[]), &[]);
    steps.assert("login", "skip", &["no AWS credentials were found"]);
    assert_eq!(steps.status, 0, "{steps:#?}");
}

#[test]
fn credentials_that_are_set_and_of_no_use_fail_the_check() {
    let sts = sts();
    for (machine, words) in [
        (
            Machine::new().set("AWS_ACCESS_KEY_ID", "AKIAALONE"),
            "AWS_SECRET_ACCESS_KEY is not",
        ),
        (
            Machine::new()
                .with_keys_of(ALICE)
                .set("AWS_PROFILE", "nope"),
            "there is no profile nope",
        ),
        (
            Machine::new().with_keys_of(ALICE).set("AWS_REGION", "Mars"),
            "AWS_REGION: \"Mars\" is no region",
        ),
        (
            Machine::new()
                .set("AWS_ACCESS_KEY_ID", "a b")
                .set("AWS_SECRET_ACCESS_KEY", "x"),
            "holds, behind 1 characters, a space",
        ),
    ] {
        let host = Host::at(machine, support::sts());
        let steps = host.check(&host.config(&[]), &[]);
        steps.assert("login", "fail", &[&words.replace('"', "\\\"")]);
        assert_eq!(steps.status, 1, "{steps:#?}");
    }
    let host = Host::at(client(&sts), sts);
    let arguments = ["check", "--config", "x", "--profile", "nope"];
    let config = host.config(&[]);
    let arguments = arguments.map(|word| if word == "x" { config.as_str() } else { word });
    let run = host
        .machine
        .run(&[&arguments[..], &["--mongod", &host.server]].concat());
    assert_words(&run, 2, &["--profile: there is no profile nope"]);
    let steps = host.check(&config, &["--profile", "bob"]);
    steps.assert("login", "pass", &[BOB, "credentials of profile bob"]);
}
