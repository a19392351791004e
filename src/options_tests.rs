use super::*;

fn error(given: &[(&str, &str)]) -> String {
    Options::new(given).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_valid_and_are_those_of_the_table() {
    let options = Options::new(&[]).unwrap();
    for spec in OPTIONS {
        assert_eq!(
            options.text(spec.key()).as_deref(),
            spec.default.to_str().ok(),
            "{}",
            spec.key()
        );
    }
    let limits = options.settings.limits;
    assert_eq!(limits.sts_timeout, Duration::from_secs(8));
    assert_eq!(limits.connect_timeout, Duration::from_secs(3));
    assert_eq!(limits.conversation_timeout, Duration::from_secs(60));
    assert_eq!(
        (limits.workers, limits.queue, limits.conversations),
        (64, 10_000, 20_000)
    );
    assert_eq!(
        options.settings.endpoints.at(0).server_name(),
        "sts.amazonaws.com"
    );
}

#[test]
fn every_option_is_described() {
    for spec in OPTIONS {
        assert!(spec.key().starts_with("aws"), "{}", spec.key());
        assert!(spec.help.to_str().unwrap().ends_with('.'), "{}", spec.key());
        assert!(spec.min <= spec.max);
    }
}

#[test]
fn an_unknown_key_is_named_with_those_that_there_are() {
    let text = error(&[("awsStsHosts", "x")]);
    assert!(
        text.starts_with("awsStsHosts: no such option; there are awsStsHost, "),
        "{text}"
    );
}

#[test]
fn a_bad_value_is_named_with_key_and_what_is_valid() {
    for (key, value, valid) in [
        ("awsStsWorkers", "0", "a whole number from 1 to 1024"),
        ("awsStsWorkers", "1025", "a whole number from 1 to 1024"),
        ("awsStsWorkers", "-1", "a whole number from 1 to 1024"),
        ("awsStsWorkers", "+1", "a whole number from 1 to 1024"),
        ("awsStsWorkers", "1.0", "a whole number from 1 to 1024"),
        ("awsStsWorkers", "", "a whole number from 1 to 1024"),
        (
            "awsStsWorkers",
            "99999999999999999999",
            "a whole number from 1 to 1024",
        ),
        ("awsStsTimeoutMs", "8s", "a whole number from 500 to 60000"),
        ("awsAllowRoot", "yes", "true or false"),
        ("awsAllowRoot", "", "true or false"),
        ("awsPrincipalFormat", "role", "iamRole or stsWildcard"),
        ("awsStsProxy", "none", "http://HOST:PORT, env, or empty"),
        ("awsStsProxy", "ENV", "http://HOST:PORT, env, or empty"),
        ("awsStsProxy", "socks5h://p:1080", "SOCKS proxies are not"),
        (
            "awsStsProxy",
            "ftp://proxy:21",
            "a proxy looks like http://",
        ),
        (
            "awsStsHost",
            "sts.cn-north-1.amazonaws.com",
            "amazonaws.com.cn and api.amazonwebservices.com.cn (aws-cn)",
        ),
        (
            "awsStsHost",
            "sts-fips.us-east-1.c2s.ic.gov",
            "amazonaws.com and api.aws (aws)",
        ),
        (
            "awsAllowedAccounts",
            "123",
            "accounts are numbers of 12 digits",
        ),
        ("awsAllowedPartitions", "aws azure", "partitions are aws"),
        ("awsAllowedPrincipals", "alice", "entries start with arn:"),
        ("awsAllowedPrincipals", "arn:*:x", "entries start with arn:"),
        ("awsStsHost", "", "1 to 255 characters"),
        ("awsStsHost", "sts.amazonaws.com:443", "no scheme, port"),
        (
            "awsStsHost",
            "sts.amazonaws.com.evil",
            "awsStsAllowCustomHost=true",
        ),
        (
            "awsStsHost",
            "vpce-1.sts.us-east-1.vpce.amazonaws.com",
            "awsStsEndpoint",
        ),
        ("awsStsEndpoint", "http://localhost", "https://HOST"),
        ("awsStsRegion", "EU", "eu-central-1"),
        ("awsStsRegion", "eu-central-1", "custom hosts only"),
    ] {
        let text = error(&[(key, value)]);
        let start = format!("{key}: \"{value}\" is invalid: ");
        assert!(text.starts_with(&start) && text.contains(valid), "{text}");
    }
}

#[test]
fn a_custom_host_is_taken_by_the_operator_s_word() {
    let custom = [
        ("awsStsAllowCustomHost", "true"),
        ("awsStsHost", "sts.minio.example"),
    ];
    let options = Options::new(&custom).unwrap();
    assert_eq!(options.settings.endpoints.at(0).region(), "minio");
    let region = [custom[0], custom[1], ("awsStsRegion", "us-east-1")];
    assert_eq!(
        Options::new(&region)
            .unwrap()
            .settings
            .endpoints
            .at(0)
            .region(),
        "us-east-1"
    );
}

#[test]
fn an_option_is_given_once() {
    assert!(error(&[("awsStsWorkers", "1"), ("awsStsWorkers", "2")]).contains("twice"));
}

#[test]
fn root_and_federated_users_have_no_name_in_mongodb_s_form() {
    for key in ["awsAllowRoot", "awsAllowFederated"] {
        let text = error(&[("awsPrincipalFormat", "stsWildcard"), (key, "true")]);
        assert!(text.starts_with(key), "{text}");
    }
}

#[test]
fn a_change_at_run_time_is_all_or_none() {
    let options = Options::new(&[]).unwrap();
    let changed = options
        .change(&[("awsStsWorkers", "8"), ("awsAllowRoot", "true")])
        .unwrap();
    assert_eq!(changed.settings.limits.workers, 8);
    assert!(changed.settings.identity.allow_root);
    assert!(
        options
            .change(&[("awsStsWorkers", "8"), ("awsAllowRoot", "x")])
            .is_err()
    );
    assert!(
        changed
            .change(&[("awsStsWorkers", "9")])
            .unwrap()
            .settings
            .identity
            .allow_root
    );
}

#[test]
fn startup_options_do_not_change_at_run_time() {
    let options = Options::new(&[]).unwrap();
    for spec in OPTIONS.iter().filter(|spec| !spec.runtime) {
        let text = options
            .change(&[(spec.key(), "x")])
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(text.contains("at startup only"), "{text}");
    }
}

#[test]
fn a_value_from_outside_cannot_forge_a_log_line() {
    assert!(!error(&[("awsStsHost", "a\nb")]).contains('\n'));
    assert!(!error(&[("a\nb", "")]).contains('\n'));
}

const TWO: (&str, &str) = (
    "awsStsHost",
    "sts.eu-central-1.amazonaws.com\tsts.eu-west-1.amazonaws.com",
);

#[test]
fn several_sts_hosts_stand_in_order_of_preference_each_with_its_own_place() {
    let options = Options::new(&[TWO]).unwrap();
    let endpoints = &options.settings.endpoints;
    assert_eq!(endpoints.count(), 2);
    assert_eq!(endpoints.at(0).region(), "eu-central-1");
    assert_eq!(endpoints.at(1).server_name(), "sts.eu-west-1.amazonaws.com");

    let places = (
        "awsStsEndpoint",
        "https://one.example https://two.example:8443",
    );
    let options = Options::new(&[TWO, places]).unwrap();
    let second = options.settings.endpoints.at(1);
    assert_eq!(
        (second.host(), second.server_name(), second.port()),
        ("sts.eu-west-1.amazonaws.com", "two.example", 8443)
    );
}

#[test]
fn sts_hosts_that_do_not_go_together_are_refused() {
    for (hosts, places, valid) in [
        ("sts.amazonaws.com sts.amazonaws.com", "", "is duplicated"),
        (
            "sts.amazonaws.com sts.cn-north-1.amazonaws.com.cn",
            "",
            "one AWS partition",
        ),
        (
            "sts.us-gov-west-1.amazonaws.com sts.us-east-1.amazonaws.com",
            "",
            "one AWS partition",
        ),
        (TWO.1, "https://one.example", "one URL for each host"),
        (
            TWO.1,
            "https://sts.eu-central-1.amazonaws.com https://sts.eu-north-1.amazonaws.com",
            "is in region eu-north-1",
        ),
        (
            "sts.amazonaws.com",
            "https://sts.eu-west-1.amazonaws.com",
            "clients sign for us-east-1",
        ),
        (
            "sts.us-gov-west-1.amazonaws.com",
            "https://vpce-1-a.sts.us-gov-east-1.vpce.amazonaws.com",
            "is in region us-gov-east-1",
        ),
        (
            TWO.1,
            "https://one.example http://two.example",
            "https://HOST",
        ),
    ] {
        let text = error(&[("awsStsHost", hosts), ("awsStsEndpoint", places)]);
        assert!(text.contains(valid), "{text}");
    }
    let custom = ("awsStsAllowCustomHost", "true");
    let mixed = (
        "awsStsHost",
        "sts.minio.example sts.us-east-1.amazonaws.com",
    );
    assert!(error(&[custom, mixed]).contains("one AWS partition"));
}

#[test]
fn an_endpoint_of_the_region_that_clients_sign_for_is_accepted() {
    for (host, endpoint) in [
        ("sts.amazonaws.com", "https://sts.us-east-1.amazonaws.com"),
        ("sts.us-east-1.amazonaws.com", "https://sts.amazonaws.com"),
        (
            "sts.eu-west-1.amazonaws.com",
            "https://STS-FIPS.eu-west-1.api.aws:443",
        ),
        (
            "sts.eu-west-1.amazonaws.com",
            "https://vpce-0a-b.sts.eu-west-1.vpce.amazonaws.com",
        ),
        ("sts.eu-west-1.amazonaws.com", "https://sts.corp.example"),
        ("sts.eu-west-1.amazonaws.com", "https://10.0.0.1:8443"),
    ] {
        let given = [("awsStsHost", host), ("awsStsEndpoint", endpoint)];
        assert!(Options::new(&given).is_ok(), "{host} {endpoint}");
    }
}

#[test]
fn no_value_is_cut_or_holds_a_nul() {
    let long = format!("/{}", "x".repeat(1 << 20));
    for (key, value, what) in [
        (
            "awsStsCAFile",
            "/etc/ca.pem\0/dev/zero",
            "NUL character, and this one at byte 11",
        ),
        ("awsStsProxy", "http://proxy:3128\0", "at byte 17"),
        ("awsAllowedAccounts", "\0", "at byte 0"),
        ("awsStsRegion", "eu-west-1\0", "at byte 9"),
        (
            "awsStsCAFile",
            &long,
            "at most 1048576 bytes, and this one 1048577",
        ),
        ("awsAllowedPrincipals", &long, "at most 1048576 bytes"),
        (
            "awsStsHost",
            &"sts.amazonaws.com ".repeat(65),
            "at most 64 hosts",
        ),
    ] {
        let text = error(&[(key, value)]);
        assert!(text.starts_with(key) && text.contains(what), "{text}");
        // What an error of the interface holds.
        assert!(text.len() < 500, "{text}");
    }
    let text = error(&[("awsStsCAFileName", &long), (&long, "x")]);
    assert!(
        text.starts_with("awsStsCAFileName: no such option"),
        "{text}"
    );
    let text = error(&[(&long, "x")]);
    assert!(
        text.contains("more characters): no such option") && text.len() < 500,
        "{text}"
    );
    let longest = long.get(..1 << 20).unwrap();
    let options = Options::new(&[("awsStsCAFile", longest)]).unwrap();
    assert_eq!(options.text("awsStsCAFile").as_deref(), Some(longest));
}

#[test]
fn a_file_is_named_by_its_absolute_path() {
    for path in [
        "ca.pem",
        "./ca.pem",
        "../etc/ca.pem",
        "~/ca.pem",
        " /etc/ca.pem",
    ] {
        let text = error(&[("awsStsCAFile", path)]);
        let wanted = format!("awsStsCAFile: \"{path}\" is invalid: an absolute path");
        assert!(text.starts_with(&wanted), "{text}");
    }
    for path in ["", "/etc/ca.pem"] {
        assert!(Options::new(&[("awsStsCAFile", path)]).is_ok(), "{path}");
    }
}

#[test]
fn a_password_is_in_no_debug_form_and_in_no_error() {
    let url = "http://user:hunter2@proxy.example:3128";
    let options = Options::new(&[("awsStsProxy", url)]).unwrap();
    let twice = error(&[("awsStsProxy", url), ("awsStsProxy", url)]);
    let late = options.change(&[("awsStsProxy", url)]).unwrap_err();
    for shown in [
        format!("{options:?} {:?}", options.settings),
        format!("{late:?} {late}"),
        twice,
    ] {
        assert!(shown.contains("proxy.example"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert!(format!("{options:?}").contains(r#""awsStsWorkers": "64""#));
}

#[test]
fn d1_credentials_in_an_address_stand_in_no_error() {
    for (key, value) in [
        (
            "awsStsEndpoint",
            "https://user:hunter2@sts.us-east-1.amazonaws.com",
        ),
        ("awsStsEndpoint", "https://hunter2@sts.amazonaws.com"),
        ("awsStsEndpoint", "https://sts.amazonaws.com/?token=hunter2"),
        ("awsStsEndpoint", "https://sts.amazonaws.com#hunter2"),
        ("awsStsEndpoint", "ftp://a:hun@hunter2@b"),
        ("awsStsEndpoint", "https://a https://user:hunter2@b"),
        ("awsStsHost", "user:hunter2@sts.amazonaws.com"),
        ("awsStsHost", "https://user:hunter2@sts.amazonaws.com"),
        ("awsStsCAFile", "http://user:hunter2@proxy"),
        ("awsStsRegion", "http://user:hunter2@proxy"),
        ("awsStsProxy", "socks5://user:hunter2@proxy:1080"),
    ] {
        let error = Options::new(&[(key, value)]).map(|_| ());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(key) && !error.contains("hunter2"), "{error}");
    }
    let error = OptionError::new("awsStsCAFile", "/etc/ca@home.pem", "a file").to_string();
    assert!(error.contains("/etc/ca@home.pem"), "{error}");
}
