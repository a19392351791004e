//! `whoami`: whose credentials are taken, and what it says of those and of settings that are of no use.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::client::{BOB, assert_words, client};
use support::{ALICE, Machine, SHOP_APP, credentials, sts};

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

#[test]
fn the_credentials_are_those_of_the_first_source_that_has_any_and_it_is_named() {
    let sts = sts();
    let both = || client(&sts).with_keys_of(ALICE);
    let empty = || client(&sts).set(KEY_ID, "").set(SECRET, "");
    for (machine, arguments, arn, source) in [
        (
            both(),
            &["whoami"][..],
            ALICE,
            "credentials environment (AWS_ACCESS_KEY_ID)",
        ),
        (
            both(),
            &["whoami", "--profile", "bob"],
            BOB,
            "credentials profile bob",
        ),
        (
            both().set("AWS_PROFILE", "bob"),
            &["whoami"],
            ALICE,
            "which stands above AWS_PROFILE=bob; --profile takes the profile",
        ),
        (
            both().set("AWS_PROFILE", "bare"),
            &["whoami", "--profile", "bob"],
            BOB,
            "credentials profile bob",
        ),
        (
            client(&sts).set("AWS_PROFILE", "bob"),
            &["whoami"],
            BOB,
            "credentials profile bob",
        ),
        (
            empty().set("AWS_PROFILE", "bob"),
            &["whoami"],
            BOB,
            "credentials profile bob",
        ),
    ] {
        let user = format!("user: \"{arn}\",");
        machine.run(arguments).assert_says(0, &[&user, source]);
        let json = machine.run(&[arguments, &["--json"]].concat()).json();
        assert!(
            source.contains(json["credentials"].as_str().unwrap())
                || json["credentials"].as_str().unwrap().contains(source),
            "{json}"
        );
    }
}

#[test]
fn a_source_that_is_named_and_of_no_use_is_an_error_and_never_another_one_s_turn() {
    let sts = sts();
    let alice = || client(&sts).with_keys_of(ALICE);
    let keys = credentials(ALICE);
    for (machine, arguments, status, words) in [
        (
            alice(),
            &["whoami", "--profile", "nope"][..],
            2,
            "--profile: there is no profile nope; there are bare, bob, half, lost, spaced",
        ),
        (
            alice(),
            &["whoami", "--profile", "Bob"],
            2,
            "Did you mean bob?",
        ),
        (
            alice(),
            &["whoami", "--profile", ""],
            2,
            "--profile is empty: leave it out, or name a profile; there are bare, bob",
        ),
        (
            alice().set("AWS_PROFILE", "bop"),
            &["whoami"],
            2,
            "AWS_PROFILE: there is no profile bop",
        ),
        (
            alice(),
            &["check", "--offline", "--profile"],
            2,
            "a value is required",
        ),
        (
            alice(),
            &["whoami", "--profile", "bare"],
            1,
            "the profile bare has no credentials",
        ),
        (alice(), &["whoami", "--profile", "half"], 1, "profile half"),
        (
            alice(),
            &["whoami", "--profile", "spaced"],
            1,
            "aws_access_key_id of profile spaced holds, behind 4 characters, a space",
        ),
        (
            client(&sts).set(KEY_ID, &keys.access_key_id),
            &["whoami"],
            1,
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
        (
            client(&sts)
                .set(SECRET, &keys.secret_access_key)
                .set("AWS_PROFILE", "bob"),
            &["whoami"],
            1,
            "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
        ),
        (
            client(&sts)
                .set(KEY_ID, &keys.access_key_id)
                .set(SECRET, ""),
            &["whoami"],
            1,
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
    ] {
        let run = machine.run(arguments);
        assert_words(&run, status, &[words]);
        assert!(!run.stdout.contains("createUser"), "{run:?}");
    }
    assert_eq!(sts.counters().connections, 0);
}

#[test]
fn credentials_that_a_store_or_a_slip_has_spoilt_are_named_and_sent_to_nobody() {
    let sts = sts();
    let keys = credentials(SHOP_APP);
    let (key_id, secret) = (&keys.access_key_id, &keys.secret_access_key);
    let token = keys.session_token.clone().unwrap();
    let real_secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let plain_secret = "wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY";
    for (id, secret, token, words) in [
        (
            format!("{key_id}\n"),
            secret.clone(),
            token.clone(),
            "AWS_ACCESS_KEY_ID ends with a line end",
        ),
        (
            format!("{key_id}\r"),
            secret.clone(),
            token.clone(),
            "AWS_ACCESS_KEY_ID ends with a line end",
        ),
        (
            format!(" {key_id}"),
            secret.clone(),
            token.clone(),
            "AWS_ACCESS_KEY_ID begins with a space",
        ),
        (
            format!("'{key_id}'"),
            secret.clone(),
            token.clone(),
            "AWS_ACCESS_KEY_ID holds \"'\"",
        ),
        (
            key_id.clone(),
            format!("{secret}\n"),
            token.clone(),
            "AWS_SECRET_ACCESS_KEY ends with a line end",
        ),
        (
            key_id.clone(),
            format!("\t{secret}"),
            token.clone(),
            "AWS_SECRET_ACCESS_KEY begins with a tab",
        ),
        (
            key_id.clone(),
            secret.clone(),
            format!("{token}\n"),
            "AWS_SESSION_TOKEN ends with a line end",
        ),
        (
            key_id.clone(),
            secret.clone(),
            format!("a\u{7}{token}"),
            "AWS_SESSION_TOKEN holds, behind 1 characters, the character U+0007",
        ),
        (key_id.clone(), secret.clone(), "é".to_owned(), "U+00E9"),
        (
            real_secret.to_owned(),
            key_id.clone(),
            token.clone(),
            "are exchanged",
        ),
        (
            plain_secret.to_owned(),
            key_id.clone(),
            token.clone(),
            "are exchanged",
        ),
        (
            plain_secret.to_owned(),
            "y".to_owned(),
            token.clone(),
            "are exchanged",
        ),
    ] {
        let machine = client(&sts).set(KEY_ID, &id).set(SECRET, &secret);
        let machine = machine.set("AWS_SESSION_TOKEN", &token);
        for arguments in [&["whoami"][..], &["whoami", "--json"]] {
            let run = machine.run(arguments);
            assert_eq!(run.status, 1, "{run:?}");
            let all = format!("{}{}", run.stdout, run.stderr);
            for value in [real_secret, plain_secret, secret.trim(), token.trim()] {
                assert!(value.len() < 3 || !all.contains(value), "{run:?}");
            }
            if arguments.len() == 1 {
                assert_words(&run, 1, &[words]);
            }
        }
    }
    assert_eq!(sts.counters().connections, 0);
}

#[test]
fn settings_that_cannot_be_used_are_named_by_their_own_names() {
    let sts = sts();
    let alice = || client(&sts).with_keys_of(ALICE);
    let der = alice().file("ca.der", "\u{1}\u{2}");
    for (name, value, words) in [
        (
            "AWS_REGION",
            "EU-WEST-1",
            "AWS_REGION: \"EU-WEST-1\" is no region; one looks like eu-central-1. Did you mean eu-west-1?",
        ),
        ("AWS_REGION", "us-east-1a", "Did you mean us-east-1?"),
        (
            "AWS_REGION",
            "us-east-1\n",
            "AWS_REGION: \"us-east-1?\" is no region",
        ),
        (
            "AWS_DEFAULT_REGION",
            "Ohio",
            "AWS_DEFAULT_REGION: \"Ohio\" is no region",
        ),
        (
            "AWS_ENDPOINT_URL_STS",
            "127.0.0.1:4566",
            "AWS_ENDPOINT_URL_STS: \"127.0.0.1:4566\" has no scheme",
        ),
        (
            "AWS_ENDPOINT_URL_STS",
            "htps://sts.example",
            "Did you mean https://?",
        ),
        ("AWS_ENDPOINT_URL_STS", "https://a b", "white space"),
        (
            "AWS_CA_BUNDLE",
            "/none/ca.pem",
            "AWS_CA_BUNDLE: /none/ca.pem: No such file or directory",
        ),
        ("AWS_CA_BUNDLE", &der, "AWS_CA_BUNDLE: "),
        (
            "AWS_CA_BUNDLE",
            "/dev/zero",
            "AWS_CA_BUNDLE: /dev/zero: it is not a regular file",
        ),
        (
            "AWS_CONFIG_FILE",
            "/dev/zero",
            "AWS_CONFIG_FILE: /dev/zero: it is not a regular file",
        ),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            "/",
            "AWS_SHARED_CREDENTIALS_FILE: /: it is not a regular file",
        ),
        (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "/dev/zero",
            "AWS_WEB_IDENTITY_TOKEN_FILE: /dev/zero: it is not a regular file",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "/dev/urandom",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: /dev/urandom: it is not a regular file",
        ),
        (
            "AWS_ENDPOINT_URL_STS",
            "https://sts.example/path",
            "AWS_ENDPOINT_URL_STS: \"https://sts.example/path\" has a path",
        ),
        (
            "AWS_CONFIG_FILE",
            "/none/config",
            "user: \"arn:aws:iam::123456789012:user/alice\",",
        ),
        (
            "AWS_MAX_ATTEMPTS",
            "0",
            "user: \"arn:aws:iam::123456789012:user/alice\",",
        ),
        (
            "AWS_RETRY_MODE",
            "moon",
            "user: \"arn:aws:iam::123456789012:user/alice\",",
        ),
        (
            "AWS_USE_FIPS_ENDPOINT",
            "moon",
            "user: \"arn:aws:iam::123456789012:user/alice\",",
        ),
        (
            "https_proxy",
            "socks5h://user:hunter2@proxy:1080",
            "https_proxy of the environment is \"socks5h://***@proxy:1080\": SOCKS proxies are not supported",
        ),
        (
            "HTTPS_PROXY",
            "http://user:hunter2@a b",
            "HTTPS_PROXY of the environment is \"http://***@a b\": a proxy looks like",
        ),
    ] {
        let status = if words.starts_with("user:") { 0 } else { 2 };
        let run = alice().set(name, value).run(&["whoami"]);
        assert_words(&run, status, &[words]);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
    for (arguments, words) in [
        (
            ["--sts-endpoint", "sts.eu-west-1.amazonaws.com"],
            "--sts-endpoint: \"sts.eu-west-1.amazonaws.com\" has no scheme",
        ),
        (["--sts-endpoint", "//sts"], "--sts-endpoint: "),
        (
            ["--ca-file", "/none"],
            "--ca-file: /none: No such file or directory",
        ),
        (
            ["--region", "eu_west_1"],
            "--region: \"eu_west_1\" is no region",
        ),
        (["--region", ""], "--region: \"\" is no region"),
        (
            ["--profile", "lost"],
            "region of profile lost: \"Frankfurt\" is no region",
        ),
    ] {
        let run = alice().run(&[&["whoami"][..], &arguments].concat());
        assert_words(&run, 2, &[words]);
    }
}

#[test]
fn a_region_with_a_slip_is_no_fault_of_the_network() {
    let machine = Machine::new()
        .with_keys_of(ALICE)
        .set("AWS_REGION", "eu-centrall-1");
    let run = machine.run(&["whoami"]);
    assert_words(
        &run,
        1,
        &["The region eu-centrall-1 comes from AWS_REGION. Did you mean eu-central-1?"],
    );
}
