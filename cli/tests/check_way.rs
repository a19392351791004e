//! `check`: several STS hosts, and a proxy on the way to them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;

use sts_emulator::StsEmulator;
use sts_emulator::proxy::ConnectProxy;
use support::host::{Host, Steps};
use support::{ALICE, Machine, SHOP_APP, SHOP_ROLE, sts};

const HOSTS: [&str; 2] = [
    "sts.eu-central-1.amazonaws.com",
    "sts.eu-west-1.amazonaws.com",
];

/// The steps of a host that is told two STS hosts, each at its own address.
fn check_two(host: &Host, second: &StsEmulator, more: &[&str]) -> Steps {
    let both = format!("{}{}", host.sts.ca_pem(), second.ca_pem());
    let ca_file = host.machine.file("both.pem", &both);
    let config = host.config(&[]);
    let hosts = format!("awsStsHost={}", HOSTS.join(" "));
    let endpoints = format!(
        "awsStsEndpoint={} {}",
        host.sts.endpoint(),
        second.endpoint()
    );
    let authorities = format!("awsStsCAFile={ca_file}");
    let mut arguments = more.to_vec();
    for parameter in [&hosts, &endpoints, &authorities] {
        arguments.extend(["--setParameter", parameter]);
    }
    host.check(&config, &arguments)
}

#[test]
fn every_host_of_the_list_is_looked_at_and_logged_in_over() {
    let host = Host::with(Machine::new().with_keys_of(SHOP_APP));
    let second = sts();
    let steps = check_two(&host, &second, &[]);
    assert_eq!(steps.status, 0, "{steps:#?}");
    for name in HOSTS {
        for step in [
            "name resolution",
            "route",
            "TLS with STS",
            "answer of STS",
            "clock",
            "latency",
        ] {
            steps.assert(step, "pass", &[name]);
        }
        steps.assert("login", "pass", &[name, SHOP_ROLE]);
        steps.assert("second login", "pass", &[name, "over a warm connection"]);
    }
    for sts in [&host.sts, &second] {
        let requests = sts.requests();
        let signed = requests.iter().filter(|recorded| {
            let mut names = recorded.request.headers.iter();
            names.any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        });
        assert_eq!(signed.count(), 2, "two logins over each");
    }
}

#[test]
fn a_host_that_fails_is_named_and_the_others_are_looked_at_all_the_same() {
    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let gone = sts();
    let (endpoint, ca) = (gone.endpoint(), gone.ca_pem().to_owned());
    drop(gone);
    let both = host
        .machine
        .file("both.pem", &format!("{}{ca}", host.sts.ca_pem()));
    let config = host.config(&[]);
    let hosts = format!("awsStsHost={}", HOSTS.join(" "));
    for (endpoints, broken, works) in [
        (
            format!("{endpoint} {}", host.sts.endpoint()),
            HOSTS[0],
            HOSTS[1],
        ),
        (
            format!("{} {endpoint}", host.sts.endpoint()),
            HOSTS[1],
            HOSTS[0],
        ),
    ] {
        let endpoints = format!("awsStsEndpoint={endpoints}");
        let ca_file = format!("awsStsCAFile={both}");
        let parameters = [&hosts, &endpoints, &ca_file].map(|p| ["--setParameter", p]);
        let steps = host.check(&config, &parameters.concat());
        steps.assert("route", "fail", &[broken, "firewall"]).assert(
            "login",
            "pass",
            &[works, ALICE],
        );
        assert_eq!(steps.count("fail"), 1, "{steps:#?}");
        assert_eq!(steps.status, 1);
    }
}

#[test]
fn the_way_leads_through_the_configured_proxy() {
    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let config = host.config(&[]);
    let proxy = ConnectProxy::start("200 OK").unwrap();
    let parameter = format!("awsStsProxy={}", proxy.url("user:hunter2@"));
    let arguments = ["check", "--config", &config, "--setParameter", &parameter];
    let more = ["--json", "--mongod", &host.server];
    let run = host.machine.run(&[&arguments[..], &more].concat());
    let shown = proxy.url("***@");
    Steps::of(&run)
        .assert("proxy", "pass", &[&shown, "awsStsProxy"])
        .assert("way through the proxy", "pass", &["connects to STS"])
        .assert("TLS with STS", "pass", &["issued by STS emulator"])
        .assert("login", "pass", &[ALICE]);
    assert!(!run.stdout.contains("hunter2"), "{run:?}");
    let heads = proxy.heads();
    let wanted = format!("CONNECT {} HTTP/1.1\r\n", host.sts.address());
    assert_eq!(heads.len(), 2, "the tool's own way, and the plugin's");
    assert!(
        heads.iter().all(|head| head.starts_with(&wanted)),
        "{heads:?}"
    );
}

#[test]
fn a_proxy_that_refuses_says_so() {
    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let config = host.config(&[]);
    let proxy = ConnectProxy::start("407 Proxy Authentication Required").unwrap();
    let parameter = format!("awsStsProxy={}", proxy.url(""));
    let steps = host.check(&config, &["--setParameter", &parameter]);
    steps
        .assert("way through the proxy", "fail", &["407", "awsStsProxy"])
        .assert("login", "skip", &["STS was not reached"]);
    assert_eq!(host.sts.counters().connections, 0);
}

#[test]
fn the_proxy_of_the_service_s_environment_is_used_where_the_option_says_env() {
    let host = Host::with(Machine::new().with_keys_of(ALICE));
    let config = host.config(&["awsStsProxy: env"]);
    let proxy = ConnectProxy::start("200 OK").unwrap();
    let service = format!("https_proxy={}\n", proxy.url(""));
    let environment = host.machine.file("default", &service);
    let steps = host.check(&config, &["--environment", &environment]);
    steps
        .assert("proxy", "pass", &[&proxy.url(""), &environment])
        .assert("login", "pass", &[ALICE]);
    assert_eq!(proxy.heads().len(), 2);

    fs::write(&environment, format!("{service}no_proxy=127.0.0.1\n")).unwrap();
    let steps = host.check(&config, &["--environment", &environment]);
    steps.assert("login", "pass", &[ALICE]);
    assert_eq!(
        proxy.heads().len(),
        2,
        "the exempt host is reached directly"
    );

    fs::write(&environment, "").unwrap();
    let steps = host.check(&config, &["--environment", &environment]);
    steps.assert("proxy", "warn", &["https_proxy is not set", "directly"]);
}
