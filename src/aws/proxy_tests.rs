use super::*;

#[track_caller]
fn parsed(url: &str) -> (String, u16, bool, Option<(String, String)>) {
    let proxy = Proxy::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    let credentials = proxy.credentials();
    let credentials = credentials.map(|(user, password)| (user.to_owned(), password.to_owned()));
    let endpoint = proxy.endpoint();
    let name = endpoint.server_name().to_owned();
    (name, endpoint.port(), proxy.is_tls(), credentials)
}

#[test]
fn a_proxy_has_an_address_and_may_have_a_scheme() {
    for (url, name, port, tls) in [
        ("http://proxy.example:3128", "proxy.example", 3128, false),
        ("proxy.example:3128", "proxy.example", 3128, false),
        ("proxy", "proxy", 1080, false),
        ("10.0.0.1:8080", "10.0.0.1", 8080, false),
        ("[2001:db8::1]:8080", "2001:db8::1", 8080, false),
        ("[::1]", "::1", 1080, false),
        ("HTTP://Proxy.Example:3128/", "Proxy.Example", 3128, false),
        ("http://proxy", "proxy", 1080, false),
        ("https://proxy", "proxy", 443, true),
        ("Https://proxy:8443/", "proxy", 8443, true),
        ("http://proxy:3128/path?query#part", "proxy", 3128, false),
    ] {
        assert_eq!(parsed(url), (name.to_owned(), port, tls, None), "{url}");
    }
}

#[test]
fn a_proxy_may_have_credentials_also_without_a_password() {
    for (url, user, password) in [
        ("https://user:p%40ss@proxy/", "user", "p@ss"),
        ("user:secret@proxy:3128", "user", "secret"),
        ("http://user@proxy:3128", "user", ""),
        ("http://user:@proxy:3128", "user", ""),
        ("http://:secret@proxy:3128", "", "secret"),
        ("http://user:a:b@c@proxy:3128", "user", "a:b@c"),
        // As libcurl, which takes a % without two digits for itself.
        ("http://user:100%@proxy", "user", "100%"),
        ("http://user:%zz%4@proxy", "user", "%zz%4"),
        (
            "http://corp%5Cuser:p%C3%A4ss@proxy",
            "corp\\user",
            "p\u{e4}ss",
        ),
        ("http://user:p\u{e4}ss@proxy", "user", "p\u{e4}ss"),
    ] {
        let wanted = Some((user.to_owned(), password.to_owned()));
        assert_eq!(parsed(url).3, wanted, "{url}");
    }
    assert_eq!(parsed("http://@proxy:3128").3, None);
}

#[test]
fn any_other_url_is_refused() {
    for url in [
        "",
        "http://",
        "://proxy:3128",
        "http://proxy:0",
        "http://proxy:",
        "http://proxy:65536",
        "http://proxy:31x",
        "http://pro xy",
        " proxy:3128",
        "proxy:3128\n",
        "ftp://proxy:21",
        "direct://",
        "http:/proxy:3128",
        "http:proxy:3128",
        "http://[::1",
        "http://::1:3128",
        "http://pr\u{f6}xy:3128",
        "http://us\u{0}er:secret@proxy",
        "http://user:s%00cret@proxy",
        "http://user:s%0d%0acret@proxy",
        "http://user:%ff@proxy",
    ] {
        assert!(Proxy::parse(url).is_err(), "{url:?}");
    }
    for url in [
        "http://user:pa/ss@proxy:3128",
        "http://user:12/34@proxy",
        "http://user:pa?ss@proxy",
        "user:pa#ss@proxy:3128",
    ] {
        let text = Proxy::parse(url).unwrap_err().to_string();
        assert!(text.contains("%2F"), "{url}: {text}");
    }
}

#[test]
fn a_socks_proxy_is_told_that_it_is_not_supported() {
    for url in [
        "socks://proxy:1080",
        "socks4://proxy",
        "socks4a://proxy:1080",
        "socks5://user:secret@proxy:1080",
        "SOCKS5h://proxy:1080",
    ] {
        let text = Proxy::parse(url).unwrap_err().to_string();
        assert!(text.starts_with("SOCKS proxies are not supported"), "{url}");
    }
}

#[test]
fn a_password_is_not_shown() {
    for (url, shown) in [
        ("http://proxy:1", "http://proxy:1"),
        ("https://[::1]:3128/", "https://[::1]:3128/"),
        ("proxy", "proxy"),
        ("http://user:se:cr@et@proxy:3128", "http://***@proxy:3128"),
        ("user:secret@proxy:3128", "***@proxy:3128"),
        ("http://user@proxy", "http://***@proxy"),
        ("socks5://user:secret@proxy:1080", "socks5://***@proxy:1080"),
        // The host is missing, or the password has a character of its own meaning.
        ("http://user:secret", "http://user:***"),
        ("user:secret", "user:***"),
        ("user:12/34", "user:***"),
        ("http://user:secret@proxy:secret", "http://***@proxy:***"),
        ("http://user:4711secret/@proxy", "http://***@proxy"),
        ("http://user:secret://x", "http://user:***"),
        ("user:secret://x@proxy", "***@proxy"),
        ("", ""),
    ] {
        assert_eq!(without_password(url), shown, "{url}");
    }
    let shown = format!("{:?}", Proxy::parse("http://user:secret@proxy").unwrap());
    assert!(
        !shown.contains("user") && !shown.contains("\"secret\""),
        "{shown}"
    );
}

#[test]
fn no_proxy_names_hosts_and_domains() {
    let no_proxy = "localhost, .amazonaws.com,*.corp.example\tTail.Example.\n10.0.0.1";
    for (host, exempt) in [
        ("localhost", true),
        ("sts.amazonaws.com", true),
        ("STS.AmazonAWS.com", true),
        ("sts.amazonaws.com.", true),
        ("amazonaws.com", true),
        ("xamazonaws.com", false),
        ("amazonaws.com.example", false),
        ("a.corp.example", true),
        ("a.tail.example", true),
        ("example", false),
        ("10.0.0.1", true),
        ("10.0.0.12", false),
        ("110.0.0.1", false),
    ] {
        assert_eq!(is_exempt(no_proxy, host), exempt, "{host}");
    }
    for (no_proxy, exempt) in [
        ("*", true),
        (" * ", true),
        // As libcurl has it, the asterisk stands alone.
        ("localhost,*", false),
        ("", false),
        (",, ,", false),
        (".", false),
        ("any.example:443", false),
    ] {
        assert_eq!(is_exempt(no_proxy, "any.example"), exempt, "{no_proxy:?}");
    }
}

#[test]
fn no_proxy_names_addresses_and_networks() {
    for (no_proxy, host, exempt) in [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("10.1.2.3/8", "10.9.9.9", true),
        ("192.168.1.128/25", "192.168.1.129", true),
        ("192.168.1.128/25", "192.168.1.127", false),
        ("169.254.169.254/32", "169.254.169.254", true),
        ("169.254.169.254/32", "169.254.169.253", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("0.0.0.0/0", "sts.amazonaws.com", false),
        ("10.0.0.0/33", "10.0.0.0", false),
        ("10.0.0.0/", "10.0.0.0", false),
        ("10.0.0.0/x", "10.0.0.0", false),
        ("10.0.0.0/-8", "10.0.0.0", false),
        ("10.0.0/8", "10.0.0.1", false),
        ("2001:db8::/32", "2001:db8:1::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("[fd00::1]", "fd00::1", true),
        ("fd00::1", "fd00:0:0::1", true),
        ("::/0", "fd00::1", true),
        ("::1/129", "::1", false),
        ("localhost 10.0.0.0/8,x", "10.1.1.1", true),
    ] {
        assert_eq!(is_exempt(no_proxy, host), exempt, "{no_proxy} {host}");
    }
}
