//! `check`: each thing that can be wrong on a database host, and what it says of it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use sts_emulator::{CannedAnswer, Fault, Reply, StsEmulator};
use support::{ALICE, Machine, Run, SHOP_APP, SHOP_ROLE, ca_file, install_plugin, sts};

/// A database host with the plugin, and STS within its reach.
struct Host {
    machine: Machine,
    sts: StsEmulator,
    plugin: String,
}

impl Host {
    fn new() -> Host {
        Host::with(Machine::new())
    }

    fn with(machine: Machine) -> Host {
        let plugin = install_plugin(machine.home.path());
        let sts = sts();
        Host {
            machine,
            sts,
            plugin,
        }
    }

    /// A configuration that has nothing wrong, with these lines among its parameters.
    fn config(&self, parameters: &[&str]) -> String {
        let mut text = format!(
            "net:\n  tls:\n    mode: requireTLS\nsecurity:\n  authorization: enabled\n\
             setParameter:\n  awsStsEndpoint: {}\n  awsStsCAFile: {}\n  awsAuthPluginPath: {}\n",
            self.sts.endpoint(),
            ca_file(&self.sts),
            self.plugin
        );
        if !parameters
            .iter()
            .any(|line| line.starts_with("authenticationMechanisms"))
        {
            text.push_str("  authenticationMechanisms: SCRAM-SHA-256,MONGODB-AWS\n");
        }
        for line in parameters {
            text.push_str(&format!("  {line}\n"));
        }
        self.machine.file("mongod.conf", &text)
    }

    fn check(&self, config: &str, more: &[&str]) -> Steps {
        let base = ["check", "--config", config, "--json"];
        Steps::of(&self.machine.run(&[&base[..], more].concat()))
    }
}

/// The steps of one run by their names.
#[derive(Debug)]
struct Steps {
    status: i32,
    steps: BTreeMap<String, Vec<Value>>,
}

impl Steps {
    fn of(run: &Run) -> Steps {
        let json = run.json();
        let mut steps: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for step in json["steps"].as_array().unwrap() {
            let name = step["name"].as_str().unwrap().to_owned();
            steps.entry(name).or_default().push(step.clone());
        }
        assert_eq!(json["ok"], run.status == 0, "{run:?}");
        Steps {
            status: run.status,
            steps,
        }
    }

    /// One of the steps of this name ended so, and says all the words.
    #[track_caller]
    fn assert(&self, name: &str, status: &str, words: &[&str]) -> &Steps {
        let found = self.steps.get(name).map(Vec::as_slice).unwrap_or_default();
        let fits = |step: &&Value| {
            let text = step.to_string();
            step["status"] == status && words.iter().all(|word| text.contains(word))
        };
        assert!(found.iter().any(|step| fits(&step)), "{name}: {self:#?}");
        self
    }
}

#[test]
fn a_host_that_is_in_order_passes_every_step() {
    let host = Host::with(Machine::new().with_keys_of(SHOP_APP));
    let users = host
        .machine
        .file("users.json", &format!(r#"[{{"user":"{SHOP_ROLE}"}}]"#));
    let steps = host.check(&host.config(&[]), &["--users", &users]);
    assert_eq!(steps.status, 0, "{steps:#?}");
    for (name, words) in [
        ("mechanisms", "MONGODB-AWS"),
        ("authorization", "asks for a login"),
        ("LDAP authorization", "not used"),
        ("TLS for clients", "required"),
        ("options", "sts.amazonaws.com (region us-east-1)"),
        ("proxy", "none"),
        ("plugin file", "libmongodb_aws_auth.so.1"),
        ("plugin", "rustls with ring"),
        ("name resolution", "127.0.0.1"),
        ("route", "connected from 127.0.0.1"),
        ("TLS with STS", "issued by STS emulator throw-away CA"),
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
    let wanted = 19;
    assert_eq!(steps.steps.len(), wanted, "{steps:#?}");
}

#[test]
fn people_read_the_same_with_a_summary() {
    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let config = host.config(&[]);
    let run = host.machine.run(&["check", "--config", &config]);
    run.assert_says(
        0,
        &[
            "pass login:",
            ALICE,
            "17 passed, 0 with a warning, 0 failed",
        ],
    );
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
        .assert("authorization", "warn", &["not enabled"])
        .assert("LDAP authorization", "warn", &["ignored"])
        .assert("TLS for clients", "warn", &["relayed"])
        .assert("STS", "skip", &["--offline"])
        .assert("login", "skip", &["--offline"]);
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
        );
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
    let run = host
        .machine
        .run(&["check", "--offline", "--config", &config]);
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
            "getent hosts",
        ),
        (format!("awsStsEndpoint={closed}"), "route", "Firewall"),
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
    host.check(&config, &[])
        .assert("answer of STS", "fail", &["status 400"]);
}

#[test]
fn a_login_that_is_refused_names_reason_and_remedy() {
    let expired = "arn:aws:sts::123456789012:assumed-role/shop-app/yesterday";
    let host = Host::with(Machine::new().with_keys_of(expired));
    let steps = host.check(&host.config(&[]), &[]);
    steps.assert(
        "login",
        "fail",
        &["reason 303", "ExpiredToken", "fetch new temporary"],
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
    assert_eq!(steps.status, 0);
    host.check(&host.config(&[]), &["--no-login"])
        .assert("login", "skip", &["--no-login"]);
}

#[test]
fn a_verified_login_without_a_user_fails() {
    let host = Host::with(Machine::new().with_keys_of(SHOP_APP));
    let with_path = "arn:aws:iam::123456789012:role/team/shop-app";
    let users = host.machine.file("users.txt", &format!("{with_path}\n"));
    let steps = host.check(&host.config(&[]), &["--users", &users]);
    steps
        .assert("users", "warn", &[with_path, "never matches", SHOP_ROLE])
        .assert("user of the login", "fail", &[SHOP_ROLE]);
    assert_eq!(steps.status, 1);
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
