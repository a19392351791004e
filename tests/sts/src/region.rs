//! Which region a host name stands for.

/// The region that MongoDB drivers sign for, given the host the server told them: `us-east-1` for the
/// global name and for names without a dot, otherwise the second dot-separated label.
pub fn region_of_host(host: &str) -> &str {
    if host == "sts.amazonaws.com" {
        return "us-east-1";
    }
    host.split('.').nth(1).unwrap_or("us-east-1")
}

/// The region in which STS serves requests for `host`, or `None` if it is none of STS's own names.
pub(crate) fn region_served(host: &str) -> Option<&str> {
    let name = host.split_once(':').map_or(host, |(name, _port)| name);
    if name == "sts.amazonaws.com" {
        return Some("us-east-1");
    }
    let mut labels = name.splitn(3, '.');
    match (labels.next(), labels.next(), labels.next()) {
        (Some("sts" | "sts-fips"), Some(region), Some(_suffix)) => Some(region),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_sign_for_the_second_label() {
        assert_eq!(region_of_host("sts.amazonaws.com"), "us-east-1");
        assert_eq!(region_of_host("sts.eu-west-1.amazonaws.com"), "eu-west-1");
        assert_eq!(region_of_host("localhost:9443"), "us-east-1");
        assert_eq!(region_of_host("127.0.0.1:9443"), "0");
        assert_eq!(
            region_of_host("vpce-1.sts.us-east-1.vpce.amazonaws.com"),
            "sts"
        );
    }

    #[test]
    fn only_names_of_sts_itself_fix_the_region() {
        assert_eq!(region_served("sts.amazonaws.com"), Some("us-east-1"));
        assert_eq!(
            region_served("sts-fips.us-west-2.amazonaws.com"),
            Some("us-west-2")
        );
        assert_eq!(
            region_served("sts.cn-north-1.amazonaws.com.cn"),
            Some("cn-north-1")
        );
        assert_eq!(region_served("localhost"), None);
        assert_eq!(region_served("sts.localhost"), None);
        assert_eq!(region_served("sso.eu-west-1.amazonaws.com"), None);
    }
}
