//! `whoami`: what a profile says beside its keys, and programs that give credentials.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sts_emulator::StsEmulator;
use support::client::assert_words;
use support::{ALICE, Machine, SHOP_APP, ca_file, credentials, sts};

/// A machine whose AWS files have these sections, and nothing that names STS.
fn machine(config: &str) -> Machine {
    let machine = Machine::new();
    let config = machine.file("config", config);
    machine.set("AWS_CONFIG_FILE", &config)
}

/// The keys of this identity as entries of a profile.
fn keys_of(arn: &str) -> String {
    let keys = credentials(arn);
    let token = keys
        .session_token
        .map(|token| format!("aws_session_token = {token}\n"));
    format!(
        "aws_access_key_id = {}\naws_secret_access_key = {}\n{}",
        keys.access_key_id,
        keys.secret_access_key,
        token.unwrap_or_default()
    )
}

/// What reaches this STS.
fn way_to(sts: &StsEmulator) -> String {
    format!(
        "ca_bundle = {}\nendpoint_url = {}\n",
        ca_file(sts),
        sts.endpoint()
    )
}

#[test]
fn the_address_of_sts_and_its_authorities_may_stand_in_the_profile() {
    let sts = sts();
    let (keys, endpoint, ca) = (keys_of(ALICE), sts.endpoint(), ca_file(&sts));
    for config in [
        format!("[default]\n{keys}{}", way_to(&sts)),
        format!(
            "[default]\n{keys}ca_bundle = {ca}\nservices = local\nendpoint_url = https://none.example\n\
             [services local]\nsts =\n  endpoint_url = {endpoint}\n"
        ),
        format!(
            "[default]\n{keys}ca_bundle = {ca}\nservices = local\nendpoint_url = {endpoint}\n\
             [services local]\ns3 =\n  endpoint_url = https://none.example\n"
        ),
    ] {
        machine(&config).run(&["whoami"]).assert_says(0, &[ALICE]);
    }
}

#[test]
fn a_setting_of_a_profile_that_cannot_be_used_is_named() {
    let keys = keys_of(ALICE);
    let fifo = tempfile::tempdir().unwrap();
    let fifo = fifo.path().join("fifo");
    let made = std::process::Command::new("mkfifo")
        .arg(&fifo)
        .status()
        .unwrap();
    assert!(made.success());
    let role = "role_arn = arn:aws:iam::123456789012:role/shop-app\n";
    let fifo = format!("{role}web_identity_token_file = {}\n", fifo.display());
    let device = format!("{role}web_identity_token_file = /dev/zero\n");
    for (entries, status, words) in [
        (
            "endpoint_url = sts.example\n",
            2,
            "endpoint_url of profile default: \"sts.example\" has no scheme",
        ),
        (
            "endpoint_url = https://sts.example/path\n",
            2,
            "endpoint_url of profile default: ",
        ),
        (
            "ca_bundle = /none/ca.pem\n",
            2,
            "ca_bundle of profile default: /none/ca.pem: No such file",
        ),
        (
            "ca_bundle = /dev/zero\n",
            2,
            "ca_bundle of profile default: /dev/zero: it is not a regular file",
        ),
        (
            "services = local\n[services local]\nsts =\n  endpoint_url = htps://x\n",
            2,
            "endpoint_url of sts in services local, of profile default: ",
        ),
        (
            fifo.as_str(),
            1,
            "web_identity_token_file of profile default: ",
        ),
        (
            device.as_str(),
            1,
            "web_identity_token_file of profile default: /dev/zero: it is not a regular file",
        ),
    ] {
        let keys = if entries.contains("role_arn") {
            ""
        } else {
            &keys
        };
        let run = machine(&format!("[default]\n{keys}{entries}")).run(&["whoami"]);
        assert_words(&run, status, &[words]);
    }
    let source = format!("[profile a]\n{role}source_profile = b\n[profile b]\n{device}");
    let run = machine(&source).run(&["whoami", "--profile", "a"]);
    assert_words(
        &run,
        1,
        &["web_identity_token_file of profile b: /dev/zero"],
    );
}

#[test]
fn an_empty_token_counts_as_none() {
    let sts = sts();
    let config = format!(
        "[default]\n{}aws_session_token =\n{}",
        keys_of(ALICE),
        way_to(&sts)
    );
    machine(&config).run(&["whoami"]).assert_says(0, &[ALICE]);
}

#[test]
fn a_token_that_does_not_go_with_its_key_is_told() {
    let sts = sts();
    let long_term = credentials(ALICE);
    let token = credentials(SHOP_APP).session_token.unwrap();
    let config = format!(
        "[default]\n{}aws_session_token = {token}\n{}[profile temporary]\n{}{}",
        keys_of(ALICE),
        way_to(&sts),
        keys_of(SHOP_APP).split("aws_session_token").next().unwrap(),
        way_to(&sts)
    );
    let left_over = "a long-term one (AKIA...), which has no session token";
    let run = machine(&config).run(&["whoami"]);
    assert_words(&run, 1, &[left_over, "aws_session_token from the profile"]);
    let run = machine(&config).run(&["whoami", "--profile", "temporary"]);
    assert_words(
        &run,
        1,
        &["a temporary one (ASIA...), and its session token is missing"],
    );
    let environment = machine(&format!("[default]\n{}", way_to(&sts)))
        .set("AWS_ACCESS_KEY_ID", &long_term.access_key_id)
        .set("AWS_SECRET_ACCESS_KEY", &long_term.secret_access_key)
        .set("AWS_SESSION_TOKEN", &token);
    assert_words(
        &environment.run(&["whoami"]),
        1,
        &[left_over, "AWS_SESSION_TOKEN"],
    );
}

/// A program's answer with the keys of this identity, as a command for a profile.
fn printing(machine: &Machine, arn: &str) -> String {
    let keys = credentials(arn);
    let answer = serde_json::json!({
        "Version": 1,
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "SessionToken": keys.session_token,
    });
    format!("cat {}", machine.file("answer.json", &answer.to_string()))
}

#[test]
fn a_program_gives_credentials_and_its_standard_error_is_nobody_s_business() {
    let sts = sts();
    for arn in [ALICE, SHOP_APP] {
        let machine = Machine::new();
        let command = printing(&machine, arn);
        let config = format!(
            "[default]\ncredential_process = sh -c 'echo hunter2 >&2; {command}'\n{}",
            way_to(&sts)
        );
        let config = machine.file("config", &config);
        let run = machine.set("AWS_CONFIG_FILE", &config).run(&["whoami"]);
        run.assert_says(0, &[arn, "profile default"]);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
}

#[test]
fn a_role_is_assumed_at_the_address_of_the_profile() {
    let sts = sts();
    let keys = keys_of(ALICE);
    let role = "role_arn = arn:aws:iam::123456789012:role/shop-app\nrole_session_name = jane\n";
    let way = way_to(&sts);
    let config = format!("[profile a]\n{role}source_profile = b\n{way}[profile b]\n{keys}");
    let empty = machine(&config).set("AWS_ENDPOINT_URL_STS", "");
    for machine in [machine(&config), empty] {
        let run = machine.run(&["whoami", "--profile", "a"]);
        run.assert_says(0, &["assumed-role/shop-app/jane"]);
    }
}

#[test]
fn a_role_is_assumed_with_the_credentials_of_a_program() {
    let sts = sts();
    let machine = Machine::new();
    let command = printing(&machine, ALICE);
    let role = "role_arn = arn:aws:iam::123456789012:role/shop-app\nrole_session_name = jane\n";
    let way = way_to(&sts);
    let config = format!(
        "[profile a]\n{role}source_profile = b\n{way}[profile b]\ncredential_process = {command}\n\
         [profile own]\n{role}source_profile = own\ncredential_process = {command}\n{way}"
    );
    let config = machine.file("config", &config);
    let machine = machine
        .set("AWS_CONFIG_FILE", &config)
        .set("AWS_ENDPOINT_URL_STS", &sts.endpoint());
    for profile in ["a", "own"] {
        let run = machine.run(&["whoami", "--profile", profile]);
        run.assert_says(
            0,
            &["assumed-role/shop-app/jane", &format!("profile {profile}")],
        );
    }
}

#[test]
fn a_program_that_fails_is_told_without_its_output() {
    for (command, words) in [
        (
            "sh -c 'echo hunter2 >&2; echo hunter2; exit 3'",
            "exit status: 3",
        ),
        ("/none/program hunter2", "exit status: 127"),
        ("echo hunter2", "its answer is wrong at line 1"),
        ("true", "its answer is wrong at line"),
    ] {
        let machine = machine(&format!("[profile a]\ncredential_process = {command}\n"));
        for arguments in [
            &["whoami", "--profile", "a"][..],
            &["whoami", "--profile", "a", "--json"],
        ] {
            let run = machine.run(arguments);
            assert_words(&run, 1, &["credential_process of profile a: ", words]);
            assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
        }
    }
}
