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
        (
            "TLS with STS",
            "TLS 1.3; certificate for 127.0.0.1, issued by STS emulator throw-away CA",
        ),
        ("answer of STS", "without a signature"),
        ("clock", "as STS's"),
        ("latency", "warm"),
        ("start of the plugin", "takes the server's options"),
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
            "Not checked: - users: whether the user of a login exists",
            "20 passed, 0 with a warning, 0 failed",
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
    let text = "net:\n  tls:\n    mode: requireTLS\n    certificateKeyFile: /etc/ssl/mongod.pem\n    FIPSMode: true\n";
    let config = host.machine.file("fips.conf", text);
    let steps = host.check(&config, &["--offline", "--plugin", &host.plugin]);
    steps.assert("FIPS mode", "warn", &["rustls with aws-lc"]);
}

#[test]
fn a_file_that_cannot_be_read_ends_with_2() {
    let host = Host::new();
    let config = host.config(&[]);
    let broken = host.machine.file("broken.conf", "net: [\n");
    let fifo = host.machine.home.path().join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let large = host.machine.file("large", "");
    let file = fs::File::options().write(true).open(&large).unwrap();
    file.set_len(1 << 40).unwrap();
    for (path, words) in [
        (&*broken, "not YAML"),
        ("/none/mongod.conf", "No such file"),
        ("/dev/zero", "not a regular file"),
        (fifo.to_str().unwrap(), "not a regular file"),
        (host.machine.home.path().to_str().unwrap(), "is a directory"),
        (&large, "is larger than"),
    ] {
        for option in ["--config", "--users", "--environment"] {
            if path == broken && option != "--config" {
                continue;
            }
            let named = ["check", "--offline", "--config", &config, option, path];
            let named = match option {
                "--config" => [&named[..2], &named[4..]].concat(),
                _ => named.to_vec(),
            };
            let run = host.machine.run(&named);
            assert_eq!(run.status, 2, "{option} {path}: {run:?}");
            let said = run.complaint();
            assert!(
                said.contains(path) && said.contains(words),
                "{option} {path}: {said}"
            );
        }
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
    assert!(run.complaint().contains("users.json"), "{run:?}");
}
