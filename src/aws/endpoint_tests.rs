use super::*;

#[test]
fn a5_aws_s_own_names_are_known() {
    for host in [
        "sts.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "sts.eu-central-1.amazonaws.com",
        "sts-fips.us-east-1.amazonaws.com",
        "sts-fips.us-west-2.amazonaws.com",
        "sts.us-gov-west-1.amazonaws.com",
        "sts.cn-north-1.amazonaws.com.cn",
        "sts.us-iso-east-1.c2s.ic.gov",
        "sts.us-isob-east-1.sc2s.sgov.gov",
        "sts.eu-isoe-west-1.cloud.adc-e.uk",
        "sts.us-isof-south-1.csp.hci.ic.gov",
        "sts.eusc-de-east-1.amazonaws.eu",
        "sts.us-east-1.api.aws",
        "sts.eu-west-1.api.aws",
        "sts.cn-north-1.api.amazonwebservices.com.cn",
        "sts.cn-northwest-1.api.amazonwebservices.com.cn",
    ] {
        assert_eq!(sts_host_form(host), Ok(HostForm::Sts), "{host}");
    }
}

/// No label is longer than 63, so that it is the whole that is too long or is not.
fn of_length(length: usize) -> String {
    let labels = format!("{0}.{0}.{0}.", "a".repeat(63));
    let last = length - labels.len() - ".example".len();
    format!("{labels}{}.example", "b".repeat(last))
}

#[test]
fn n1_other_names_need_the_operator_s_word() {
    for host in [
        "sts.amazonaws.com.evil",
        "sts.amazonaws.com.evil.example",
        "sts.us-east-1.amazonaws.com.evil",
        "evil-sts.amazonaws.com",
        "sts.amazonaws.com.cn",
        "sts.evil.amazonaws.com",
        "xsts.eu-central-1.amazonaws.com",
        "vpce-1.sts.us-east-1.vpce.amazonaws.com",
        "STS.amazonaws.com",
        "STS.AMAZONAWS.COM",
        "sts.minio.example",
        "127.0.0.1",
        "169.254.169.254",
        &of_length(255),
    ] {
        assert_eq!(sts_host_form(host), Ok(HostForm::Custom), "{host}");
    }
}

#[test]
fn n1_what_is_no_host_name_is_refused() {
    for host in [
        "",
        ".",
        ".a",
        "a.",
        "a..b",
        "localhost",
        "nodots",
        "x:443",
        "sts.example:443",
        "u@h",
        "u@h.example",
        "h/p",
        "h/p.example",
        "h.example/p",
        "h?q",
        "h#f",
        "h\\p",
        "h h",
        "h\r\nh",
        "[::1]",
        "https://sts.amazonaws.com",
        "sts.\u{e4}.com",
        "sts.am\u{e4}zonaws.com",
        "xn--sts-.amazonaws.com",
        "sts. amazonaws.com",
        "-a.b",
        "a-.b",
        &of_length(256),
        &format!("sts.{}", "a.".repeat(130)),
    ] {
        assert!(sts_host_form(host).is_err(), "{host:?}");
    }
}

#[test]
fn the_signing_region_is_the_one_that_drivers_derive() {
    for (host, region) in [
        ("sts.amazonaws.com", "us-east-1"),
        ("sts.eu-central-1.amazonaws.com", "eu-central-1"),
        ("first.second", "second"),
        ("first.second.third", "second"),
    ] {
        assert_eq!(
            Endpoint::new(host, None, None).unwrap().region(),
            region,
            "{host}"
        );
    }
    let endpoint = Endpoint::new("sts.minio.example", Some("us-east-1"), None).unwrap();
    assert_eq!(endpoint.region(), "us-east-1");
}

#[test]
fn n2_the_address_is_the_host_unless_an_endpoint_says_otherwise() {
    for (url, server_name, port) in [
        (None, "sts.amazonaws.com", 443),
        (Some("https://localhost"), "localhost", 443),
        (Some("https://localhost/"), "localhost", 443),
        (Some("https://127.0.0.1:8443"), "127.0.0.1", 8443),
        (Some("https://[::1]:8443/"), "::1", 8443),
        (Some("https://[::1]"), "::1", 443),
    ] {
        let endpoint = Endpoint::new("sts.amazonaws.com", None, url).unwrap();
        assert_eq!(
            (endpoint.server_name(), endpoint.port()),
            (server_name, port)
        );
        assert_eq!(endpoint.host(), "sts.amazonaws.com");
    }
}

#[test]
fn an_endpoint_is_https_with_host_and_port_alone() {
    for url in [
        "",
        "localhost",
        "http://localhost",
        "HTTPS://localhost",
        "https://",
        "https://:443",
        "https://h:0",
        "https://h:65536",
        "https://h:",
        "https://h:1:2",
        "https://h:+1",
        "https://u@h",
        "https://h/p",
        "https://h?q",
        "https://h#f",
        "https://[::1",
        "https://[x]",
        "https://[::1]x",
        "https://a..b",
        "https://h\r\n",
    ] {
        assert!(
            Endpoint::new("sts.amazonaws.com", None, Some(url)).is_err(),
            "{url:?}"
        );
    }
}

#[test]
fn an_sts_host_of_aws_gives_its_partition() {
    for (host, partition) in [
        ("sts.amazonaws.com", Some("aws")),
        ("sts.eu-central-1.amazonaws.com", Some("aws")),
        ("sts-fips.us-east-1.amazonaws.com", Some("aws")),
        ("sts.us-gov-west-1.amazonaws.com", Some("aws-us-gov")),
        ("sts.us-gov-west-1.api.aws", Some("aws-us-gov")),
        ("sts.cn-north-1.amazonaws.com.cn", Some("aws-cn")),
        ("sts.us-iso-east-1.c2s.ic.gov", Some("aws-iso")),
        ("sts.minio.example", None),
    ] {
        assert_eq!(sts_partition(host), partition, "{host}");
    }
}
