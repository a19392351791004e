use super::*;

const PARAMETERS: [&str; 6] = [
    "authenticationMechanisms",
    "awsAuthPluginPath",
    "awsStsHost",
    "awsAllowRoot",
    "awsMaxSessionSecs",
    "awsRequireTLS",
];

#[track_caller]
fn assert_fault(name: &str, value: &str, words: &str) {
    let fault = fault(name, value, false, &PARAMETERS);
    let (what, remedy) = fault.unwrap_or_else(|| panic!("{name} passes"));
    let said = format!("{what} {remedy}");
    assert!(said.contains(words), "{name}: {said}");
}

#[test]
fn a_setting_that_no_server_knows_is_named_with_the_one_that_is_meant() {
    for (name, meant) in [
        ("secrity.authorization", "security.authorization"),
        ("Security.keyFile", "security.keyFile"),
        ("security.authorisation", "security.authorization"),
        ("security.keyfile", "security.keyFile"),
        ("security.clusterAuthmode", "security.clusterAuthMode"),
        (
            "security.ldap.authz.queryTemplat",
            "security.ldap.authz.queryTemplate",
        ),
        ("net.tls.CAfile", "net.tls.CAFile"),
        ("net.tls.certificateKeyfile", "net.tls.certificateKeyFile"),
        ("net.tsl.mode", "net.tls.mode"),
        ("net.tls.PEMKeyFile", "net.ssl.PEMKeyFile"),
        ("net.bindIP", "net.bindIp"),
        ("ntework.port", "net.port"),
        ("systemlog.path", "systemLog"),
        ("replicaton.replSetName", "replication"),
        ("Storage.dbPath", "storage"),
        ("authorization", "security.authorization"),
        ("tls.mode", "net.tls.mode"),
        ("port", "net.port"),
        ("security.tls.mode", "net.tls.mode"),
        ("net.keyFile", "security.keyFile"),
    ] {
        assert_fault(name, "x", &format!("did you mean {meant}?"));
    }
    for name in [
        "auth",
        "awesome.thing",
        "security.foo",
        "net.tls.foo.bar",
        "security",
        "<<.net.port",
    ] {
        assert_fault(name, "x", "no server starts with that");
    }
}

#[test]
fn what_belongs_to_another_place_is_told_where() {
    for name in [
        "net.setParameter.ttlMonitorEnabled",
        "storage.setParameter.awsStsHost",
        "systemLog.component.setParameter.x",
    ] {
        assert_fault(name, "x", "Write setParameter: at the beginning of a line.");
    }
    assert_fault(
        "storage.security.authorization",
        "x",
        "Write security: at the beginning",
    );
    assert_fault("security.net.tls.mode", "x", "Write net: at the beginning");
    for (name, meant) in [
        ("authenticationMechanisms", "authenticationMechanisms"),
        ("authenticationMechanism", "authenticationMechanisms"),
        ("net.authenticationMechanism", "authenticationMechanisms"),
        ("awsAllowRoots", "awsAllowRoot"),
        ("storage.AWSALLOWROOT", "awsAllowRoot"),
        ("stsHost", "awsStsHost"),
        ("security.MaxSessionSecs", "awsMaxSessionSecs"),
        ("net.tls.requireTLS", "awsRequireTLS"),
    ] {
        assert_fault(name, "x", &format!("Put {meant} below setParameter:"));
    }
}

#[test]
fn a_section_without_settings_is_no_section() {
    for value in ["", "~", "null"] {
        assert_fault("security", value, "it is empty");
    }
    for name in ["net", "setParameter", "storage"] {
        assert_fault(name, "27017", "a value of its own");
    }
}

#[test]
fn values_are_taken_in_exactly_their_letters() {
    for (name, value, words) in [
        ("security.authorization", "Enabled", "did you mean enabled?"),
        (
            "security.authorization",
            "true",
            "none of enabled, disabled",
        ),
        ("security.authorization", "on", "none of enabled, disabled"),
        ("net.tls.mode", "requiretls", "did you mean requireTLS?"),
        (
            "net.tls.mode",
            "requireSSL",
            "none of disabled, allowTLS, preferTLS, requireTLS",
        ),
        ("net.ssl.mode", "RequireSSL", "did you mean requireSSL?"),
        ("net.tls.mode", "", "none of disabled"),
        ("security.clusterAuthMode", "X509", "did you mean x509?"),
        ("net.tls.FIPSMode", "yes", "neither true nor false"),
        (
            "security.transitionToAuth",
            "True",
            "neither true nor false",
        ),
        ("net.ipv6", "1", "neither true nor false"),
        (
            "security.authenticationMechanisms",
            "PLAIN",
            "Write it as a list: [PLAIN].",
        ),
    ] {
        assert_fault(name, value, words);
    }
}

#[test]
fn what_servers_take_passes() {
    for (name, value, is_list) in [
        ("security.authorization", "enabled", false),
        (
            "security.authenticationMechanisms",
            "PLAIN,MONGODB-AWS",
            true,
        ),
        ("security.clusterIpSourceAllowlist", "10.0.0.1", true),
        ("security.kmip.serverName", "x", false),
        ("security.ldap.bind.useOSDefaults", "true", false),
        ("security.vault.secretVersion", "1", false),
        ("net.tls.mode", "preferTLS", false),
        ("net.ssl.PEMKeyFile", "/x", false),
        ("net.port", "27017", false),
        ("storage.wiredTiger.engineConfig.cacheSizeGB", "1", false),
        ("systemLog.component.replication.verbosity", "1", false),
        ("systemLog.component.storage.journal.verbosity", "1", false),
        ("processManagement.loadExtensions", "a,b", true),
        ("sharding.configDB", "c/x:1", false),
        ("snmp.subagent", "true", false),
    ] {
        assert_eq!(fault(name, value, is_list, &PARAMETERS), None, "{name}");
    }
    for (name, _) in SETTINGS {
        assert_eq!(wrong_place(name, &[]), None, "{name}");
    }
}

#[test]
fn a_parameter_with_another_name_is_told_of() {
    for (name, words) in [
        ("stsHost", "did you mean awsStsHost?"),
        (
            "authenticationMechanism",
            "did you mean authenticationMechanisms?",
        ),
        ("AwsAllowRoot", "did you mean awsAllowRoot?"),
        ("allowRoot", "did you mean awsAllowRoot?"),
        ("net.port", "one value"),
        ("awsStsHost.first", "one value"),
        ("logComponentVerbosity.network", "one value"),
    ] {
        let (what, _) = parameter_fault(name, &PARAMETERS).unwrap();
        assert!(what.contains(words), "{name}: {what}");
    }
    for name in [
        "awsStsHost",
        "awsStsHots",
        "maxSessions",
        "ttlMonitorEnabled",
    ] {
        assert_eq!(parameter_fault(name, &PARAMETERS), None, "{name}");
    }
}
