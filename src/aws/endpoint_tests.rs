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
        "sts.us-iso-east-1.api.aws.ic.gov",
        "sts.us-isob-west-1.api.aws.scloud",
        "sts.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
        "sts-fips.us-isof-east-1.api.aws.hci.ic.gov",
        "sts.eusc-de-east-1.api.amazonwebservices.eu",
        "sts.us-gov-east-1.api.aws",
    ] {
        assert_eq!(sts_host_form(host), Ok(HostForm::Sts), "{host}");
    }
}

/// Partition, its domains (dnsSuffix, dualStackDnsSuffix) and regions, as in
/// <https://github.com/boto/botocore/blob/0e6e2404b85dc336dd2889814e089bde7d1a4c55/botocore/data/partitions.json>.
#[rustfmt::skip]
const BOTOCORE: [(&str, [&str; 2], &[&str]); 8] = [
    (
        "aws",
        ["amazonaws.com", "api.aws"],
        &["af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
    ),
    (
        "aws-cn",
        ["amazonaws.com.cn", "api.amazonwebservices.com.cn"],
        &["cn-north-1", "cn-northwest-1"],
    ),
    (
        "aws-eusc",
        ["amazonaws.eu", "api.amazonwebservices.eu"],
        &["eusc-de-east-1"],
    ),
    (
        "aws-iso",
        ["c2s.ic.gov", "api.aws.ic.gov"],
        &["us-iso-east-1", "us-iso-west-1"],
    ),
    (
        "aws-iso-b",
        ["sc2s.sgov.gov", "api.aws.scloud"],
        &["us-isob-east-1", "us-isob-west-1"],
    ),
    (
        "aws-iso-e",
        ["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"],
        &["eu-isoe-west-1"],
    ),
    (
        "aws-iso-f",
        ["csp.hci.ic.gov", "api.aws.hci.ic.gov"],
        &["us-isof-east-1", "us-isof-south-1"],
    ),
    (
        "aws-us-gov",
        ["amazonaws.com", "api.aws"],
        &["us-gov-east-1", "us-gov-west-1"],
    ),
];

#[test]
fn a5_region_and_domain_of_a_host_agree_as_in_botocore_s_partitions() {
    for (partition, domains, regions) in BOTOCORE {
        for region in regions {
            for (_, others, _) in BOTOCORE {
                for domain in others {
                    let own = domains.contains(&domain).then_some(partition);
                    for service in ["sts", "sts-fips"] {
                        let host = format!("{service}.{region}.{domain}");
                        assert_eq!(sts_partition(&host), own, "{host}");
                    }
                }
            }
        }
    }
}

#[test]
fn a5_the_region_of_an_address_of_sts_is_in_its_name() {
    for (name, region) in [
        ("sts.amazonaws.com", Some("us-east-1")),
        ("STS.eu-west-1.amazonaws.com", Some("eu-west-1")),
        ("sts.us-gov-west-1.api.aws", Some("us-gov-west-1")),
        (
            "vpce-0a.sts.eu-west-1.vpce.amazonaws.com",
            Some("eu-west-1"),
        ),
        (
            "vpce-0a-eu-west-1b.sts.eu-west-1.vpce.amazonaws.com",
            Some("eu-west-1"),
        ),
        (
            "vpce-0a.sts-fips.us-east-2.vpce.amazonaws.com",
            Some("us-east-2"),
        ),
        (
            "vpce-0a.sts.cn-north-1.vpce.amazonaws.com.cn",
            Some("cn-north-1"),
        ),
        ("vpce-0a.sts.cn-north-1.vpce.amazonaws.com", None),
        ("vpce-0a.s3.eu-west-1.vpce.amazonaws.com", None),
        ("sts.eu-west-1.example.com", None),
        ("sts.corp.example", None),
        ("10.0.0.1", None),
        ("::1", None),
        (".vpce.", None),
    ] {
        assert_eq!(sts_region(name).as_deref(), region, "{name}");
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
        "sts.cn-north-1.amazonaws.com",
        "sts.us-gov-west-1.c2s.ic.gov",
        "sts.eu-central-1.amazonaws.com.cn",
        "sts.us-iso-east-1.sc2s.sgov.gov",
        "sts.us-isob-east-1.api.aws",
        "sts.eusc-de-east-1.amazonaws.com",
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
