use super::*;

#[test]
fn values_are_the_text_of_the_file_under_dotted_names() {
    let config = ServerConfig::parse(
        "net:\n  tls:\n    mode: requireTLS\nsecurity.authorization: enabled\nsetParameter:\n  \
         authenticationMechanisms: SCRAM-SHA-256,MONGODB-AWS\n  awsAllowedAccounts: 012345678901\n  \
         awsAllowRoot: false # for now\n  list: [a, b]\n",
    )
    .unwrap();
    assert_eq!(config.get("net.tls.mode"), Some("requireTLS"));
    assert_eq!(config.get("security.authorization"), Some("enabled"));
    assert_eq!(config.parameter("awsAllowedAccounts"), Some("012345678901"));
    assert_eq!(config.parameter("awsAllowRoot"), Some("false"));
    assert_eq!(config.parameter("list"), Some("a,b"));
    assert_eq!(config.parameters().count(), 4);
    assert!(config.is_list("setParameter.list") && !config.is_list("net.tls.mode"));
    assert_eq!(config.line("net.tls.mode"), Some(3));
    assert_eq!(config.line("net.port"), None);
}

#[test]
fn no_value_is_in_the_debug_form() {
    let mut config = ServerConfig::default();
    config.set_parameter("awsStsProxy", "http://user:hunter2@proxy");
    let shown = format!("{config:?}");
    assert!(shown.contains("awsStsProxy"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn an_empty_file_sets_nothing() {
    for text in ["", "# nothing\n", "---\n", "~"] {
        assert_eq!(ServerConfig::parse(text), Ok(ServerConfig::default()));
    }
}

#[test]
fn what_a_server_would_not_start_with_is_refused_with_its_line() {
    for (text, words) in [
        ("a: [", "not YAML"),
        ("a: 1\na: 2\n", "line 2: a stands here a second time"),
        (
            "setParameter:\n  x: 1\nnet:\n  port: 1\nsetParameter:\n  y: 2\n",
            "line 5: setParameter stands here a second time",
        ),
        (
            "net:\n  tls:\n    mode: a\n  tls:\n    mode: a\n",
            "line 4: net.tls stands here a second time",
        ),
        (
            "net.port: 1\nnet:\n  port: 2\n",
            "net.port is set twice, in line 1 first",
        ),
        ("word", "no server's configuration"),
        ("- a\n- b\n", "no server's configuration"),
        ("a: 1\n---\na: 2\n", "second document"),
        ("a: [{b: 1}]\n", "a list of more than words"),
        ("? [a]\n: b\n", "a key is not a word"),
        (
            "net: &net\n  port: 1\nsecurity:\n  <<: *net\n",
            "line 4: << merges",
        ),
        ("<<: {net: {port: 1}}\n", "line 1: << merges"),
        ("setParameter:\n  <<: [{a: 1}]\n", "line 2: << merges"),
        (
            "setParameter.awsAllowRoot: true\n",
            "line 1: setParameter.awsAllowRoot is no setting",
        ),
    ] {
        let error = ServerConfig::parse(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    let deep = "{a: ".repeat(40);
    assert!(ServerConfig::parse(&deep).is_err());
}

#[test]
fn a_setting_has_the_line_of_its_name() {
    let text = "net:\n  bindIp:\n    - a\n    - b\n  port:\n    1\nsecurity: {authorization: enabled,\n  keyFile: x}\n\
                setParameter:\n  long: >\n    a\n    b\n  list: [a,\n    b]\n";
    let config = ServerConfig::parse(text).unwrap();
    for (name, line) in [
        ("net.bindIp", 2),
        ("net.port", 5),
        ("security.authorization", 7),
        ("security.keyFile", 8),
        ("setParameter.long", 10),
        ("setParameter.list", 13),
    ] {
        assert_eq!(config.line(name), Some(line), "{name}");
    }
}

#[test]
fn the_key_value_is_that_of_the_setting_above_it() {
    let text = "net:\n  port:\n    value: 1\nsetParameter:\n  value: 2\n";
    let config = ServerConfig::parse(text).unwrap();
    assert_eq!(config.get("net.port"), Some("1"));
    assert_eq!(config.parameter("value"), Some("2"));
}

#[test]
fn the_form_before_yaml_is_told_of() {
    for text in [
        "dbpath=/var/lib/mongodb\nauth = true\n",
        "# mongod.conf\n\nport = 27017\nsetParameter=awsStsHost=sts.amazonaws.com\n",
        "bind_ip = ::1\nlogpath = \"/var/log/x: y\"\n",
        "fork=true",
        "\u{feff}port = 1\r\nauth = true\r\n",
    ] {
        let error = ServerConfig::parse(text).unwrap_err();
        assert_eq!(error, ConfigError::OldForm, "{text}");
        let said = error.to_string();
        assert!(
            said.contains("old form") && said.contains("--outputConfig"),
            "{said}"
        );
    }
    for text in ["word", "a: [", "net:\n  port = 1\n", "net: {\n", "= 1"] {
        assert_ne!(
            ServerConfig::parse(text).map(drop),
            Err(ConfigError::OldForm),
            "{text}"
        );
    }
}

#[test]
fn what_only_a_server_can_read_leads_to_its_own_output() {
    for text in [
        "a: &x b\nc: *x\n",
        "a: &x [b]\nc:\n  d: *x\n",
        "setParameter:\n  awsStsProxy:\n    __exec: /bin/proxy\n    trim: whitespace\n",
        "__rest: https://config.example/mongod\ntype: yaml\n",
        "net:\n  tls:\n    certificateKeyFilePassword: {__exec: pass}\n",
    ] {
        let error = ServerConfig::parse(text).unwrap_err().to_string();
        assert!(error.contains("--outputConfig"), "{text}: {error}");
    }
}
