//! `whoami`: the way to STS. Proxies, addresses and certificate authorities, each by its own name.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::os::unix::ffi::OsStringExt as _;
use std::process::Command;

use sts_emulator::proxy::ConnectProxy;
use support::client::{assert_words, client};
use support::{ALICE, Machine, Run, ca_file, sts};

/// A port of this machine that nobody listens on.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_proxy_that_fails_is_named_with_its_variable_and_without_its_password() {
    let sts = sts();
    let port = closed_port();
    for (variable, value, shown) in [
        (
            "https_proxy",
            format!("http://127.0.0.1:{port}"),
            format!("http://127.0.0.1:{port} (https_proxy)"),
        ),
        (
            "HTTPS_PROXY",
            format!("127.0.0.1:{port}"),
            format!("http://127.0.0.1:{port} (HTTPS_PROXY)"),
        ),
        (
            "https_proxy",
            format!("http://jane:hunter2@127.0.0.1:{port}/"),
            format!("http://***@127.0.0.1:{port} (https_proxy)"),
        ),
    ] {
        let machine = client(&sts).with_keys_of(ALICE).set(variable, &value);
        let run = machine.run(&["whoami"]);
        let through = format!("no answer from STS through the proxy {shown}");
        assert_words(&run, 1, &[&through, "no_proxy"]);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
    assert_eq!(sts.counters().connections, 0);
}

#[test]
fn the_way_leads_through_the_proxy_that_is_set() {
    let sts = sts();
    let proxy = ConnectProxy::start("200 OK").unwrap();
    for credentials in ["", "jane:hunter2@", "j%40ne:hunter2%2F@"] {
        let machine = client(&sts).with_keys_of(ALICE);
        let machine = machine.set("https_proxy", &proxy.url(credentials));
        machine.run(&["whoami"]).assert_says(0, &[ALICE]);
    }
    let heads = proxy.heads();
    assert_eq!(heads.len(), 3);
    // j@ne:hunter2/ in base64.
    assert!(heads[2].contains("Basic akBuZTpodW50ZXIyLw=="), "{heads:?}");
    for status in [
        "407 Proxy Authentication Required",
        "403 Forbidden",
        "502 Bad Gateway",
    ] {
        let proxy = ConnectProxy::start(status).unwrap();
        let machine = client(&sts).with_keys_of(ALICE);
        let run = machine
            .set("https_proxy", &proxy.url("jane:hunter2@"))
            .run(&["whoami"]);
        let shown = format!("through the proxy {} (https_proxy)", proxy.url("***@"));
        assert_words(&run, 1, &[&shown]);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
}

#[test]
fn lines_are_as_long_as_the_terminal_is_wide() {
    let sts = sts();
    let proxy = format!("http://127.0.0.1:{}", closed_port());
    let both = || client(&sts).with_keys_of(ALICE).set("AWS_PROFILE", "bob");
    for machine in [
        both(),
        both().set("https_proxy", &proxy),
        both().set("AWS_CA_BUNDLE", ""),
    ] {
        for (columns, most) in [("40", 60), ("80", 80)] {
            let machine = Machine {
                environment: machine.environment.clone(),
                ..Machine::new()
            };
            let run = machine.set("COLUMNS", columns).run(&["whoami"]);
            let longest = run.stdout.lines().map(|line| line.chars().count()).max();
            assert!(longest.unwrap() <= most, "{columns}: {run:?}");
        }
    }
}

#[test]
fn hosts_of_no_proxy_are_reached_without_one() {
    let sts = sts();
    let proxy = format!("http://127.0.0.1:{}", closed_port());
    for (variable, hosts) in [
        ("no_proxy", "*"),
        ("NO_PROXY", " * "),
        ("no_proxy", "127.0.0.1"),
        ("no_proxy", "example.com 127.0.0.0/8"),
        ("NO_PROXY", "localhost,127.0.0.1"),
    ] {
        let machine = client(&sts).with_keys_of(ALICE).set("https_proxy", &proxy);
        machine
            .set(variable, hosts)
            .run(&["whoami"])
            .assert_says(0, &[ALICE]);
    }
    for variable in ["all_proxy", "ALL_PROXY"] {
        let machine = client(&sts).with_keys_of(ALICE).set(variable, &proxy);
        machine.run(&["whoami"]).assert_says(0, &[ALICE]);
        let nobody = format!("https://127.0.0.1:{}", closed_port());
        let run = machine.run(&["whoami", "--sts-endpoint", &nobody]);
        assert_words(
            &run,
            1,
            &[&format!(
                "{variable} is set, which neither this tool nor the plugin uses"
            )],
        );
    }
}

#[test]
fn a_proxy_of_a_wrong_form_is_refused_by_its_name() {
    let sts = sts();
    for value in [
        "http://",
        "http://proxy:3128:1",
        "http://proxy:0",
        "http://proxy:99999",
        "http://pro xy:3128",
        " http://proxy:3128",
        "ftp://proxy:3128",
        "http://[::1:3128",
        "http://proxy:port",
    ] {
        let machine = client(&sts).with_keys_of(ALICE).set("https_proxy", value);
        let run = machine.run(&["whoami"]);
        assert_words(
            &run,
            2,
            &["https_proxy of the environment is", "a proxy looks like"],
        );
    }
}

#[test]
fn a_variable_that_is_no_text_is_refused_by_its_name() {
    let sts = sts();
    let machine = client(&sts).with_keys_of(ALICE);
    for name in [
        "https_proxy",
        "HTTPS_PROXY",
        "no_proxy",
        "NO_PROXY",
        "AWS_PROFILE",
    ] {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_mongodb-aws-auth"));
        let tool = tool
            .arg("whoami")
            .env_clear()
            .env("HOME", machine.home.path());
        let tool = tool.envs(
            machine
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        );
        let value = std::ffi::OsString::from_vec(b"http://pro\xffxy".to_vec());
        let output = tool.env(name, value).output().unwrap();
        let run = Run {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert_words(&run, 2, &[name, "UTF-8"]);
    }
}

#[test]
fn an_address_with_more_than_host_and_port_is_refused() {
    let sts = sts();
    let endpoint = sts.endpoint();
    let machine = || {
        client(&sts)
            .with_keys_of(ALICE)
            .set("AWS_ENDPOINT_URL_STS", "")
    };
    for more in ["/path", "/path/", "?a=b", "#a", "/?a", "//"] {
        let url = format!("{endpoint}{more}");
        let run = machine().run(&["whoami", "--sts-endpoint", &url]);
        assert_words(
            &run,
            2,
            &["--sts-endpoint: ", "a path, a query or a fragment"],
        );
    }
    for user in ["jane@", "jane:hunter2@", ":hunter2@"] {
        let url = endpoint.replace("://", &format!("://{user}"));
        let run = machine().run(&["whoami", "--sts-endpoint", &url]);
        assert_words(&run, 2, &["--sts-endpoint: ", "a user in it"]);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
    assert_eq!(sts.counters().connections, 0);
}

#[test]
fn an_empty_address_counts_as_not_set() {
    let sts = sts();
    let endpoint = sts.endpoint();
    let slash = format!("{endpoint}/");
    let base = || {
        let machine = Machine::new().with_keys_of(ALICE);
        machine
            .set("AWS_CA_BUNDLE", &ca_file(&sts))
            .set("AWS_ENDPOINT_URL_STS", "")
    };
    let general = base().set("AWS_ENDPOINT_URL", &endpoint);
    general.run(&["whoami"]).assert_says(0, &[ALICE]);
    let given = base().set("AWS_ENDPOINT_URL", "");
    given
        .run(&["whoami", "--sts-endpoint", &slash])
        .assert_says(0, &[ALICE]);
    let wrong = base().set("AWS_ENDPOINT_URL", "nonsense");
    wrong
        .run(&["whoami", "--sts-endpoint", &endpoint])
        .assert_says(0, &[ALICE]);
    let run = base().run(&["whoami", "--sts-endpoint", ""]);
    assert_words(&run, 2, &["--sts-endpoint is empty"]);
}

#[test]
fn a_failure_of_tls_names_the_settings_of_this_tool() {
    let sts = sts();
    let endpoint = sts.endpoint();
    let machine = Machine::new().with_keys_of(ALICE);
    for run in [
        machine.run(&["whoami", "--sts-endpoint", &endpoint]),
        machine
            .set("AWS_ENDPOINT_URL_STS", &endpoint)
            .run(&["whoami"]),
    ] {
        assert_words(&run, 1, &["unknown issuer", "--ca-file or AWS_CA_BUNDLE"]);
        assert!(!run.stdout.contains("awsSts"), "{run:?}");
    }
}
