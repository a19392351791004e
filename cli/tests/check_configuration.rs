//! `check`: configurations and servers with which nobody logs in, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;

use support::host::{Host, Steps};
use support::{Machine, SHOP_ROLE, install_server};

/// A configuration of these lines alone, checked offline with a server that is built with the adapter.
fn check_lines(text: &str) -> Steps {
    let host = Host::new();
    let config = host.machine.file("mongod.conf", text);
    host.check(&config, &["--offline", "--plugin", &host.plugin])
}

#[test]
fn a_configuration_that_no_server_starts_with_is_never_green() {
    const MECHANISMS: &str =
        "setParameter:\n  authenticationMechanisms: SCRAM-SHA-256,MONGODB-AWS\n";
    for (text, step, words) in [
        (
            format!("{MECHANISMS}awsStsHost: sts.amazonaws.com\n"),
            "configuration",
            "line 3: awsStsHost",
        ),
        (
            format!("{MECHANISMS}security:\n  awsAllowRoot: true\n"),
            "configuration",
            "outside of setParameter",
        ),
        (
            format!("{MECHANISMS}net:\n  authenticationMechanisms: PLAIN\n"),
            "configuration",
            "outside of setParameter",
        ),
        (
            format!("{MECHANISMS}  awsAuthPluginPth: /x\n"),
            "options",
            "Did you mean awsAuthPluginPath?",
        ),
        (
            format!("{MECHANISMS}  awsStsHots: x\n"),
            "options",
            "Did you mean awsStsHost?",
        ),
        (
            format!("{MECHANISMS}  awsAllowedAccounts: [123456789012, 210987654321]\n"),
            "configuration",
            "YAML list",
        ),
        (
            format!("{MECHANISMS}  awsAllowedAccounts: 123456789012,210987654321\n"),
            "options",
            "separated by white space, not by commas",
        ),
        (
            format!("{MECHANISMS}  awsAllowedPartitions: aws,aws-cn\n"),
            "options",
            "separated by white space, not by commas",
        ),
        (
            "setParameter:\n  authenticationMechanisms: SCRAM-SHA-256, MONGODB-AWS\n".to_owned(),
            "mechanisms",
            "white space around it",
        ),
        (
            "setParameter:\n  authenticationMechanisms: [SCRAM-SHA-256, MONGODB-AWS]\n".to_owned(),
            "configuration",
            "YAML list",
        ),
        (
            "setparameter:\n  authenticationMechanisms: MONGODB-AWS\n".to_owned(),
            "configuration",
            "did you mean setParameter?",
        ),
        (
            format!("secrity:\n  authorization: enabled\n{MECHANISMS}"),
            "configuration",
            "line 2: secrity.authorization: there is no such section; did you mean security.authorization?",
        ),
        (
            format!("net:\n  tls:\n    mode: requiretls\n{MECHANISMS}"),
            "configuration",
            "did you mean requireTLS?",
        ),
        (
            format!("stsHost: sts.amazonaws.com\n{MECHANISMS}"),
            "configuration",
            "Put awsStsHost below setParameter:",
        ),
        (
            format!("net:\n  tls:\n    mode: requireTLS\n{MECHANISMS}"),
            "TLS for clients",
            "certificateKeyFile is not set",
        ),
        (
            format!("{MECHANISMS}  awsMaxSessionSecs: 31536001\n"),
            "options",
            "a whole number from 0 to 31536000",
        ),
        (
            format!("{MECHANISMS}  awsStsCAFile: ca.pem\n"),
            "options",
            "an absolute path",
        ),
        (
            format!("{MECHANISMS}  awsAuthPluginPath: lib/plugin.so\n"),
            "options",
            "an absolute path",
        ),
        (
            format!("{MECHANISMS}  awsStsEndpoint: https://vpce.example.com/sts\n"),
            "options",
            "an endpoint looks like https://HOST or https://HOST:PORT",
        ),
        (
            format!("{MECHANISMS}  awsStsEndpoint: https://vpce.example.com?a=b\n"),
            "options",
            "an endpoint looks like https://HOST or https://HOST:PORT",
        ),
        (
            format!("{MECHANISMS}  awsStsEndpoint: https://user:pass@vpce.example.com\n"),
            "options",
            "https://***@vpce.example.com",
        ),
        (
            format!(
                "{MECHANISMS}  awsStsHost: sts.eu-central-1.amazonaws.com\n  awsStsEndpoint: https://vpce-0a.sts.us-east-1.vpce.amazonaws.com\n"
            ),
            "options",
            "in region us-east-1",
        ),
        (
            format!(
                "{MECHANISMS}  awsStsHost: sts.us-west-2.amazonaws.com\n  awsStsEndpoint: https://sts.amazonaws.com\n"
            ),
            "options",
            "in region us-east-1",
        ),
    ] {
        let steps = check_lines(&text);
        steps.assert(step, "fail", &[words]);
        assert_eq!(steps.status, 1, "{text}");
    }
    for (text, words) in [
        (
            format!("{MECHANISMS}setParameter:\n  awsStsWorkers: 8\n"),
            "line 3: setParameter stands here a second time",
        ),
        (
            "security:\n  authorization: enabled\nsecurity:\n  keyFile: /x\n".to_owned(),
            "line 3: security",
        ),
        (
            format!("{MECHANISMS}  awsStsProxy: {{__exec: pass}}\n"),
            "--outputConfig",
        ),
        (
            "__rest: https://config.example\n".to_owned(),
            "--outputConfig",
        ),
        (
            "net: &net\n  port: 1\nother: *net\n".to_owned(),
            "--outputConfig",
        ),
        (
            "setParameter:\n  <<: {awsStsHost: x}\n".to_owned(),
            "line 2: << merges",
        ),
        (
            "port = 27017\nauth = true\n".to_owned(),
            "old form NAME = VALUE",
        ),
    ] {
        let machine = Machine::new();
        let config = machine.file("mongod.conf", &text);
        let run = machine.run(&["check", "--offline", "--config", &config]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.complaint().contains(words), "{words}: {run:?}");
    }
}

#[test]
fn rules_that_match_nobody_fail_and_entries_that_do_are_warned_of() {
    const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
    for (lines, status, words) in [
        (
            format!("  awsAllowedPrincipals: {ALICE},{ALICE}\n"),
            "fail",
            "awsAllowedPrincipals",
        ),
        (
            "  awsAllowedPrincipals: arn:aws:iam::123456789012:role/team/app\n".to_owned(),
            "fail",
            "role/app",
        ),
        (
            format!("  awsAllowedPrincipals: {ALICE}\n  awsAllowedAccounts: 210987654321\n"),
            "fail",
            "awsAllowedAccounts",
        ),
        (
            "  awsAllowedPartitions: aws-cn\n".to_owned(),
            "fail",
            "partition aws",
        ),
        (
            format!(
                "  awsAllowedPrincipals: {ALICE} arn:aws:iam::210987654321:user/bob\n  \
                 awsAllowedAccounts: 123456789012\n"
            ),
            "warn",
            "user/bob",
        ),
        (
            "  awsAllowedPartitions: aws aws-us-gv\n".to_owned(),
            "warn",
            "aws-us-gov",
        ),
    ] {
        let steps = check_lines(&format!("setParameter:\n{lines}"));
        steps.assert("options", status, &[words]);
    }
}

#[test]
fn limits_that_clients_do_not_wait_for_are_warned_of() {
    for (lines, words) in [
        ("  awsStsTimeoutMs: 10001\n", "awsStsTimeoutMs is 10001 ms"),
        ("  awsStsTimeoutMs: 60000\n", "Drivers give up after 10 s"),
        (
            "  awsStsTimeoutMs: 2000\n",
            "awsStsConnectTimeoutMs is 3000 ms, and awsStsTimeoutMs for all",
        ),
        (
            "  awsStsConnectTimeoutMs: 9000\n",
            "awsStsConnectTimeoutMs is 9000 ms",
        ),
    ] {
        let steps = check_lines(&format!("setParameter:\n{lines}"));
        steps.assert("options", "warn", &[words]);
    }
    let steps = check_lines("setParameter:\n  awsStsTimeoutMs: 10000\n");
    assert!(
        steps.steps["options"]
            .iter()
            .all(|step| step["status"] == "pass"),
        "{steps:#?}"
    );
}

#[test]
fn every_wrong_option_is_named_once() {
    let lines = [
        "awsStsWorkers: 0",
        "awsStsHots: x",
        "awsAllowRoot: perhaps",
        "awsAllowedAccounts: 1,2",
        "awsStsCAFile: /none",
        "awsPrincipalFormat: iamrole",
        "awsMaxSessionSecs: 1h",
    ];
    let names = [
        "awsStsWorkers",
        "awsStsHots",
        "awsAllowRoot",
        "awsAllowedAccounts",
        "awsPrincipalFormat",
        "awsMaxSessionSecs",
        "awsStsCAFile",
    ];
    let text: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    let steps = check_lines(&format!("setParameter:\n{text}"));
    for name in names {
        steps.assert("options", "fail", &[name]);
    }
    // The installed plugin says the same, which is not repeated.
    steps.assert("start of the plugin", "skip", &["options are not valid"]);
    assert_eq!(steps.count("fail"), names.len() + 1, "{steps:#?}");
    // A file is looked at when nothing else is wrong.
    check_lines("setParameter:\n  awsStsCAFile: /none\n").assert("options", "fail", &["/none"]);
}

#[test]
fn a_server_that_cannot_load_the_plugin_or_is_not_there_fails() {
    let host = Host::new();
    let config = host.config(&[]);
    let stock = install_server(host.machine.home.path(), "\u{7f}ELF a stock build");
    let script = host.machine.home.path().join("bin");
    fs::create_dir(&script).unwrap();
    let script = install_server(&script, "#!/bin/sh\nexec mongod.real\n");
    for (program, status, words) in [
        (stock.as_str(), "fail", "does not know awsAuthPluginPath"),
        (&config, "fail", "nobody may execute it"),
        ("/none/mongod", "fail", "No such file"),
        ("/etc", "fail", "no regular file"),
        (&script, "warn", "is a script"),
    ] {
        let arguments = [
            "check",
            "--offline",
            "--config",
            &config,
            "--json",
            "--mongod",
            program,
        ];
        let steps = Steps::of(&host.machine.run(&arguments));
        steps.assert("server program", status, &[words]);
        assert_eq!(steps.status, i32::from(status == "fail"), "{program}");
    }
    // The service or the path names it; here neither does.
    let empty = host.machine.home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let machine = Machine::new().set("PATH", empty.to_str().unwrap());
    let run = machine.run(&["check", "--offline", "--config", &config, "--json"]);
    Steps::of(&run).assert("server program", "fail", &["--mongod FILE"]);
    let bin = host.machine.home.path().join("bin");
    let machine = Machine::new().set("PATH", bin.to_str().unwrap());
    let run = machine.run(&["check", "--offline", "--config", &config, "--json"]);
    Steps::of(&run).assert("server program", "warn", &["by PATH"]);
}

#[test]
fn what_was_not_checked_and_what_failed_are_at_the_end() {
    let host = Host::new();
    let config = host.config(&["awsStsWorkers: 0", "awsRequireTLS: perhaps"]);
    let arguments = [
        "check",
        "--offline",
        "--config",
        &config,
        "--mongod",
        &host.server,
    ];
    let run = host.machine.run(&arguments);
    assert_eq!(run.status, 1, "{run:?}");
    let (_, end) = run.stdout.split_once("\nNot checked:\n").unwrap();
    let (unseen, failed) = end.split_once("\nFailed:\n").unwrap();
    for words in [
        "STS: left out",
        "users: whether the user of a login exists",
        "clients:",
    ] {
        assert!(unseen.contains(words), "{words}: {unseen}");
    }
    for words in ["awsStsWorkers", "awsRequireTLS", "2 failed"] {
        assert!(failed.contains(words), "{words}: {failed}");
    }
    let users = host.machine.file("users.txt", &format!("{SHOP_ROLE}\n"));
    let run = host
        .machine
        .run(&[&arguments[..], &["--users", &users]].concat());
    assert!(!run.stdout.contains("whether the user"), "{run:?}");
}

#[test]
fn parameters_of_the_command_line_are_looked_at_without_a_file() {
    let host = Host::new();
    for (parameter, step, words) in [
        (
            "authenticationMechanism=MONGODB-AWS",
            "configuration",
            "did you mean authenticationMechanisms?",
        ),
        (
            "authenticationMechanisms=PLAIN, MONGODB-AWS",
            "mechanisms",
            "white space around it",
        ),
        (
            "AwsStsHost=sts.amazonaws.com",
            "configuration",
            "did you mean awsStsHost?",
        ),
        (
            "awsStsHots=sts.amazonaws.com",
            "options",
            "Did you mean awsStsHost?",
        ),
    ] {
        let arguments = ["check", "--offline", "--json", "--plugin", &host.plugin];
        let more = ["--setParameter", parameter];
        let run = host.machine.run(&[&arguments[..], &more].concat());
        Steps::of(&run).assert(step, "fail", &[words]);
    }
}
