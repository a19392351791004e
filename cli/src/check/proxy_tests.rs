use super::*;
use crate::check::{Status, Step};

fn environment_of(variables: &[(&str, &str)]) -> Environment {
    let pairs = variables.iter();
    Environment {
        whose: "process 1".to_owned(),
        variables: pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        pid: Some(1),
    }
}

fn settled(variables: &[(&str, &str)]) -> (Step, String) {
    let mut config = ServerConfig::default();
    config.set_parameter(OPTION, FROM_ENVIRONMENT);
    let mut findings = Findings::default();
    settle(&environment_of(variables), &mut config, &mut findings);
    let url = config.parameter(OPTION).unwrap().to_owned();
    (findings.0.remove(0), url)
}

#[test]
fn the_environment_s_proxy_is_taken_as_curl_takes_it() {
    for (variables, url) in [
        (&[("https_proxy", "proxy:3128")][..], "http://proxy:3128"),
        (
            &[("https_proxy", ""), ("HTTPS_PROXY", "http://a:1")],
            "http://a:1",
        ),
        (
            &[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:2")],
            "http://a:1",
        ),
        (&[("HTTPS_PROXY", "10.0.0.1:8080")], "http://10.0.0.1:8080"),
    ] {
        let (step, taken) = settled(variables);
        assert_eq!(
            (step.status, taken.as_str()),
            (Status::Pass, url),
            "{step:?}"
        );
    }
}

#[test]
fn a_proxy_that_is_not_taken_is_named_with_its_variable_and_without_its_password() {
    for (name, value, words) in [
        ("https_proxy", "socks5://user:hunter2@proxy:1080", "SOCKS"),
        (
            "HTTPS_PROXY",
            "ftp://user:hunter2@proxy",
            "a proxy looks like",
        ),
        (
            "https_proxy",
            "user:hunter2@proxy:port",
            "a proxy looks like",
        ),
    ] {
        let (step, taken) = settled(&[(name, value)]);
        assert_eq!((step.status, taken.as_str()), (Status::Fail, ""));
        let said = format!("{} {}", step.found, step.remedy);
        assert!(said.contains(name) && said.contains(words), "{said}");
        assert!(
            said.contains("***@proxy") && !said.contains("hunter2"),
            "{said}"
        );
    }
    let (step, _) = settled(&[("ALL_PROXY", "http://proxy:1")]);
    assert_eq!(step.status, Status::Warn);
    assert!(step.remedy.contains("ALL_PROXY"), "{step:?}");
}

#[test]
fn hosts_that_no_proxy_exempts_are_told_as_connected_to_directly() {
    const PROXY: (&str, &str) = ("https_proxy", "http://a:1");
    const TWO: &str = "sts.us-east-1.amazonaws.com sts.eu-west-1.amazonaws.com";
    for (option, hosts, no_proxy, status, words) in [
        (
            "env",
            "",
            ("no_proxy", "*"),
            Status::Pass,
            "is not used: no_proxy is \"*\". STS is connected to directly",
        ),
        (
            "env",
            "",
            ("NO_PROXY", ".amazonaws.com"),
            Status::Pass,
            "is not used",
        ),
        (
            "env",
            TWO,
            ("no_proxy", "us-east-1.amazonaws.com"),
            Status::Pass,
            "but not for sts.us-east-1.amazonaws.com:",
        ),
        (
            "env",
            TWO,
            ("no_proxy", "*,other"),
            Status::Pass,
            "http://a:1, from https_proxy of process 1",
        ),
        (
            "env",
            "",
            ("no_proxy", "example.com"),
            Status::Pass,
            "http://a:1, from https_proxy of process 1",
        ),
        (
            "",
            "",
            ("no_proxy", "*"),
            Status::Pass,
            "no_proxy exempts STS",
        ),
        (
            "",
            TWO,
            ("no_proxy", "sts.us-east-1.amazonaws.com"),
            Status::Warn,
            "https_proxy is set",
        ),
        (
            "",
            TWO,
            ("NO_PROXY", "amazonaws.com"),
            Status::Pass,
            "no_proxy exempts STS",
        ),
    ] {
        let mut config = ServerConfig::default();
        config.set_parameter(OPTION, option);
        if !hosts.is_empty() {
            config.set_parameter("awsStsHost", hosts);
        }
        let mut findings = Findings::default();
        settle(
            &environment_of(&[PROXY, no_proxy]),
            &mut config,
            &mut findings,
        );
        let step = findings.0.remove(0);
        assert_eq!(step.status, status, "{no_proxy:?}: {step:?}");
        let is_whole = !words.starts_with("http://") || step.found == words;
        assert!(
            step.found.contains(words) && is_whole,
            "{no_proxy:?}: {step:?}"
        );
    }
}

#[test]
fn an_environment_shows_no_values() {
    let environment = environment_of(&[("https_proxy", "http://user:hunter2@proxy")]);
    let shown = format!("{environment:?}");
    assert!(shown.contains("https_proxy"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
