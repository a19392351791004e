//! `check`: what can be wrong in the configuration and on the host, and what it says of it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use support::host::Host;
use support::{ALICE, Machine, SHOP_APP, SHOP_ROLE};

#[test]
fn a_host_that_is_in_order_passes_every_step() {
    let host = Host::with(Machine::new().with_keys_of(SHOP_APP));
    let users = host
        .machine
        .file("users.json", &format!(r#"[{{"user":"{SHOP_ROLE}"}}]"#));
    let steps = host.check(&host.config(&[]), &["--users", &users]);
    assert_eq!(steps.status, 0, "{steps:#?}");
    for (name, words) in [
        ("server program", "knows the plugin's parameters"),
        ("mechanisms", "MONGODB-AWS"),
        ("configuration", "where a server looks"),
        ("plugin path", "libmongodb_aws_auth.so.1"),
        ("authorization", "asks for a login"),
        ("LDAP authorization", "not used"),
        ("TLS for clients", "required"),
        ("options", "sts.amazonaws.com (region us-east-1)"),
        ("proxy", "none"),
        ("plugin file", "libmongodb_aws_auth.so.1"),
        ("plugin", "rustls with aws-lc"),
        ("name resolution", "127.0.0.1"),
        ("route", "connected from 127.0.0.1"),
        ("TLS with STS", "issued by STS emulator throw-away CA"),
        ("answer of STS", "without a signature"),
        ("clock", "as STS's"),
        ("latency", "warm"),
        ("start of the plugin", "takes the server's options"),
        ("random bytes", "the plugin has them"),
        ("login", SHOP_ROLE),
        ("second login", "over a warm connection"),
        ("users", "1 of 1"),
        ("user of the login", "in the list"),
    ] {
        steps.assert(name, "pass", &[words]);
    }
}

#[test]
fn people_read_the_same_with_a_summary() {
    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let config = host.config(&[]);
    let arguments = ["check", "--config", &config, "--mongod", &host.server];
    let run = host.machine.run(&arguments);
    run.assert_says(
        0,
        &[
            "pass login:",
            ALICE,
            "Not looked at: - users: whether the user of a login exists",
            "21 passed, 0 with a warning, 0 failed",
        ],
    );
    assert!(!run.stdout.contains("Failed:"), "{run:?}");
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
}

#[test]
fn what_is_wrong_in_the_configuration_is_told_without_the_network() {
    let host = Host::new();
    for (line, name, status, words) in [
        (
            "authenticationMechanisms: MONGODB-AWS",
            "mechanisms",
            "warn",
            "only mechanism",
        ),
        (
            "authenticationMechanisms: SCRAM-SHA-256",
            "mechanisms",
            "fail",
            "not among them",
        ),
        (
            "awsMaxSessionSecs: 3600",
            "options",
            "pass",
            "sts.amazonaws.com",
        ),
        ("awsStsWorkers: 0", "options", "fail", "1 to 1024"),
        ("awsStsHots: x", "options", "fail", "no such option"),
        (
            "awsstshost: sts.amazonaws.com",
            "options",
            "fail",
            "awsStsHost",
        ),
        (
            "awsPrincipalFormat: stsWildcard",
            "options",
            "pass",
            "sts.amazonaws.com",
        ),
    ] {
        let steps = host.check(&host.config(&[line]), &["--offline"]);
        steps.assert(name, status, &[words]);
        assert_eq!(
            steps.status,
            i32::from(status == "fail"),
            "{line}: {steps:#?}"
        );
    }
    assert_eq!(host.sts.counters().connections, 0);
}

#[test]
fn a_server_that_is_set_up_for_something_else_is_warned_of() {
    let host = Host::new();
    let config = host.machine.file(
        "bare.conf",
        "security:\n  ldap:\n    authz:\n      queryTemplate: '{USER}?memberOf?base'\n",
    );
    let steps = host.check(&config, &["--offline", "--plugin", &host.plugin]);
    steps
        .assert("mechanisms", "fail", &["not offered"])
        .assert("plugin path", "warn", &["Percona Server"])
        .assert("authorization", "warn", &["not enabled"])
        .assert("LDAP authorization", "warn", &["ignored"])
        .assert("TLS for clients", "warn", &["relayed"])
        .assert("STS", "skip", &["--offline"])
        .assert("login", "skip", &["--offline"]);
}

#[test]
fn a_server_in_fips_mode_is_told_of_the_plugin_s_own_tls() {
    let host = Host::new();
    let text = "net:\n  tls:\n    mode: requireTLS\n    FIPSMode: true\n";
    let config = host.machine.file("fips.conf", text);
    let steps = host.check(&config, &["--offline", "--plugin", &host.plugin]);
    steps.assert("FIPS mode", "warn", &["rustls with aws-lc"]);
}

#[test]
fn a_configuration_that_cannot_be_read_ends_with_2() {
    let machine = Machine::new();
    let broken = machine.file("mongod.conf", "net: [\n");
    for path in [&broken, "/none/mongod.conf"] {
        let run = machine.run(&["check", "--config", path]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains("mongod.conf"), "{run:?}");
    }
}

#[test]
fn parameters_of_the_command_line_stand_above_the_files() {
    let host = Host::new();
    let config = host.config(&["awsStsHost: sts.eu-west-1.amazonaws.com"]);
    let more = [
        "--offline",
        "--setParameter",
        "awsStsHost=sts.us-west-2.amazonaws.com",
    ];
    host.check(&config, &more)
        .assert("options", "pass", &["us-west-2"]);
}

#[test]
fn a_plugin_that_a_server_would_not_load_fails() {
    let host = Host::new();
    let config = host.config(&[]);
    fs::set_permissions(&host.plugin, fs::Permissions::from_mode(0o666)).unwrap();
    host.check(&config, &["--offline"]).assert(
        "plugin file",
        "fail",
        &["writable by group or others"],
    );
    host.check(&config, &["--offline", "--plugin", "/none/plugin.so"])
        .assert(
            "plugin file",
            "fail",
            &["/none/plugin.so", "Install the package"],
        )
        .assert("login", "skip", &["the plugin was not loaded"]);
    let text = host.machine.file("text.so", "no library");
    fs::set_permissions(&text, fs::Permissions::from_mode(0o644)).unwrap();
    host.check(&config, &["--offline", "--plugin", &text])
        .assert("plugin", "fail", &["could not load it either"]);
}

#[test]
fn a_proxy_is_warned_of_and_its_password_never_shown() {
    let proxy = "http://user:hunter2@proxy:3128";
    let host = Host::with(Machine::new().set("https_proxy", proxy));
    let config = host.config(&[]);
    let arguments = ["check", "--offline", "--config", &config, "--mongod"];
    let run = host
        .machine
        .run(&[&arguments[..], &[&host.server]].concat());
    run.assert_says(0, &["https_proxy is set", "awsStsEndpoint"]);
    assert!(!run.stdout.contains("hunter2"), "{run:?}");

    let host = Host::new();
    let config = host.config(&[]);
    let service = format!("# service\nHTTPS_PROXY=\"{proxy}\"\n");
    let file = host.machine.file("default", &service);
    host.check(&config, &["--offline", "--environment", &file])
        .assert("proxy", "warn", &["HTTPS_PROXY", "default"]);
}

#[test]
fn the_environment_of_a_running_server_is_the_one_that_counts() {
    let host = Host::new();
    let mut server = Command::new("cat")
        .env("ALL_PROXY", "http://proxy:3128")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = server.id().to_string();
    let by_option = host.check(&host.config(&[]), &["--offline", "--pid", &pid]);
    let pid_file = host.machine.file("mongod.pid", &pid);
    let config = format!("processManagement:\n  pidFilePath: {pid_file}\n");
    let config = host.machine.file("pid.conf", &config);
    let by_file = host.check(&config, &["--offline"]);
    drop(server.stdin.take());
    server.wait().unwrap();
    for steps in [by_option, by_file] {
        steps.assert("proxy", "warn", &["ALL_PROXY", &pid]);
    }
}

#[test]
fn a_list_of_users_that_is_none_ends_with_2() {
    let host = Host::new();
    let users = host.machine.file("users.json", "{\"cursor\":1}");
    let config = host.config(&[]);
    let arguments = ["check", "--offline", "--config", &config, "--users", &users];
    let run = host.machine.run(&arguments);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.stderr.contains("users.json"), "{run:?}");
}

/// A configuration of these lines alone, checked offline with a server that is built with the adapter.
fn check_lines(text: &str) -> support::host::Steps {
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
            format!(
                "{MECHANISMS}  awsStsHost: sts.eu-central-1.amazonaws.com\n  awsStsEndpoint: https://vpce-0a.sts.us-east-1.vpce.amazonaws.com\n"
            ),
            "options",
            "which is in region us-east-1",
        ),
        (
            format!(
                "{MECHANISMS}  awsStsHost: sts.us-west-2.amazonaws.com\n  awsStsEndpoint: https://sts.amazonaws.com\n"
            ),
            "options",
            "which is in region us-east-1",
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
    ] {
        let machine = Machine::new();
        let config = machine.file("mongod.conf", &text);
        let run = machine.run(&["check", "--offline", "--config", &config]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains(words), "{words}: {run:?}");
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
fn every_wrong_option_is_named_by_the_tool_and_by_the_installed_plugin() {
    let lines = [
        "awsStsWorkers: 0",
        "awsStsHots: x",
        "awsAllowRoot: perhaps",
        "awsAllowedAccounts: 1,2",
        "awsStsCAFile: /none",
        "awsPrincipalFormat: iamrole",
    ];
    let names = [
        "awsStsWorkers",
        "awsStsHots",
        "awsAllowRoot",
        "awsAllowedAccounts",
        "awsPrincipalFormat",
    ];
    let text: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    let steps = check_lines(&format!("setParameter:\n{text}"));
    for step in ["options", "start of the plugin"] {
        for name in names {
            steps.assert(step, "fail", &[name]);
        }
    }
    // A file is looked at when nothing else is wrong.
    check_lines("setParameter:\n  awsStsCAFile: /none\n").assert("options", "fail", &["/none"]);
}

#[test]
fn a_server_that_cannot_load_the_plugin_or_is_not_there_fails() {
    let host = Host::new();
    let config = host.config(&[]);
    let stock = support::install_server(host.machine.home.path(), "\u{7f}ELF a stock build");
    let script = host.machine.home.path().join("bin");
    fs::create_dir(&script).unwrap();
    let script = support::install_server(&script, "#!/bin/sh\nexec mongod.real\n");
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
        let steps = support::host::Steps::of(&host.machine.run(&arguments));
        steps.assert("server program", status, &[words]);
        assert_eq!(steps.status, i32::from(status == "fail"), "{program}");
    }
    // The service or the path names it; here neither does.
    let empty = host.machine.home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let machine = Machine::new().set("PATH", empty.to_str().unwrap());
    let run = machine.run(&["check", "--offline", "--config", &config, "--json"]);
    support::host::Steps::of(&run).assert("server program", "fail", &["--mongod FILE"]);
    let bin = host.machine.home.path().join("bin");
    let machine = Machine::new().set("PATH", bin.to_str().unwrap());
    let run = machine.run(&["check", "--offline", "--config", &config, "--json"]);
    support::host::Steps::of(&run).assert("server program", "warn", &["by PATH"]);
}

#[test]
fn what_was_not_looked_at_and_what_failed_stand_at_the_end() {
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
    let (_, end) = run.stdout.split_once("\nNot looked at:\n").unwrap();
    let (unseen, failed) = end.split_once("\nFailed:\n").unwrap();
    for words in [
        "STS: left out",
        "users: whether the user of a login exists",
        "clients:",
    ] {
        assert!(unseen.contains(words), "{words}: {unseen}");
    }
    for words in ["awsStsWorkers", "awsRequireTLS", "4 failed"] {
        assert!(failed.contains(words), "{words}: {failed}");
    }
    let users = host.machine.file("users.txt", &format!("{SHOP_ROLE}\n"));
    let run = host
        .machine
        .run(&[&arguments[..], &["--users", &users]].concat());
    assert!(!run.stdout.contains("whether the user"), "{run:?}");
}
