use super::tests::{reasons, texts};
use super::*;

/// Lines of several servers about one user that is not there.
fn no_user_of(name: &str) -> [String; 9] {
    let escaped = format!("Could not find user \\\"{name}\\\" for db \\\"$external\\\"");
    let plain = format!("Could not find user \"{name}\" for db \"$external\"");
    [
        // 4.2, and its older relatives.
        format!(
            "2026-01-02T03:04:05.678+0000 I  ACCESS   [conn1] SASL MONGODB-AWS authentication failed for {name} on $external from client 1.2.3.4:5 ; UserNotFound: {plain}"
        ),
        format!("UserNotFound: Could not find user {name}@$external"),
        // 4.4, 5.0 and 7.0.
        format!(
            r#"{{"t":{{"$date":"2026-01-02T03:04:05.678Z"}},"s":"I","c":"ACCESS","id":20249,"ctx":"conn1","msg":"Authentication failed","attr":{{"mechanism":"MONGODB-AWS","principalName":"{name}","authenticationDatabase":"$external","client":"1.2.3.4:5","result":"UserNotFound: {escaped}"}}}}"#
        ),
        format!(
            r#"{{"s":"I","c":"ACCESS","id":20249,"msg":"Authentication failed","attr":{{"mechanism":"MONGODB-AWS","speculative":false,"principalName":"{name}","authenticationDatabase":"$external","remote":"1.2.3.4:5","extraInfo":{{}},"error":"UserNotFound: {escaped}"}}}}"#
        ),
        format!(
            r#"mongodb-1  | {{"s":"I","c":"ACCESS","id":5286307,"msg":"Failed to authenticate","attr":{{"client":"1.2.3.4:5","isSpeculative":false,"mechanism":"MONGODB-AWS","user":"{name}","db":"$external","error":"UserNotFound: {escaped}","result":11,"metrics":{{}},"extraInfo":{{}}}}}}"#
        ),
        // An audit log, an answer, drivers.
        format!(
            r#"{{"atype":"authenticate","local":{{"ip":"1.2.3.4"}},"param":{{"user":"{name}","db":"$external","mechanism":"MONGODB-AWS"}},"result":11}}"#
        ),
        format!(r#"{{"ok":0,"errmsg":"{escaped}","code":11,"codeName":"UserNotFound"}}"#),
        format!("MongoServerError[UserNotFound]: {plain}"),
        format!(
            "pymongo.errors.OperationFailure: {plain}, full error: {{'ok': 0.0, 'errmsg': '{plain}', 'code': 11, 'codeName': 'UserNotFound'}}"
        ),
    ]
}

#[test]
fn a_user_that_is_not_there_leads_to_the_command_that_creates_it() {
    for name in [
        "arn:aws:iam::123456789012:user/team/jane@example.com",
        "arn:aws:iam::123456789012:role/shop-app",
        "arn:aws-cn:sts::123456789012:assumed-role/shop-app/*",
    ] {
        for line in no_user_of(name) {
            let found = meaning(&line);
            let command = found.create_user.unwrap_or_else(|| panic!("{line}"));
            assert!(command.contains(&format!("user: \"{name}\",")), "{command}");
            assert_eq!(found.texts.len(), 1, "{line}");
            assert!(
                found.texts[0].remedy.to_lowercase().contains("create"),
                "{line}"
            );
        }
    }
}

#[test]
fn a_user_of_another_kind_or_database_is_explained_without_a_command() {
    for line in [
        r#"UserNotFound: Could not find user "root" for db "admin""#,
        r#"UserNotFound: Could not find user "CN=client,O=Shop" for db "$external""#,
        r#"{"c":"ACCESS","id":20249,"attr":{"error":"UserNotFound: Could not find user \"arn:aws:iam::123456789012:user/a\" for db \"admin\""}}"#,
        "MongoServerError: Could not find user",
    ] {
        let found = meaning(line);
        assert_eq!(found.create_user, None, "{line}");
        assert_eq!(found.texts.len(), 1, "{line}");
    }
    let line = r#"Could not find user "arn:aws:iam::123456789012:user/a" for db "test""#;
    assert!(
        meaning(line).texts[0]
            .remedy
            .contains("authSource=%24external")
    );
}

#[test]
fn numbers_of_other_programs_are_no_guess() {
    for line in [
        "WT_PANIC: WiredTiger library panic, error code 13: Permission denied",
        r#"{"s":"F","c":"STORAGE","id":22435,"msg":"WiredTiger error","attr":{"error":13,"message":"WT_PANIC: code: 13"}}"#,
        "reason 301 port 27017",
        "sshd[301]: Received disconnect from 10.0.0.1 port 22:11: reason 302",
        r#"{"c":"NETWORK","id":22944,"msg":"Connection ended","attr":{"reason":301}}"#,
        r#"{"level":"info","status":301,"reason":304,"url":"/login"}"#,
        "exit code 18",
        "exit status 1",
        "HTTP 301 Moved Permanently",
        "internal error: disk full",
        r#"{"c":"REPL","id":1,"msg":"Heartbeat failed","attr":{"error":"HostUnreachable: no route"}}"#,
        "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
        "An error occurred (ExpiredToken) when calling the ListBuckets operation",
        "18 errors, 301 warnings",
    ] {
        assert!(meaning(line).is_empty(), "{line}: {:?}", meaning(line));
    }
}

#[test]
fn every_message_number_of_servers_is_known_alone_and_in_its_line() {
    for id in (3_911_601..=3_911_608).chain([20_249, 20_250, 5_286_306, 5_286_307]) {
        for text in [
            id.to_string(),
            format!("id {id}"),
            format!(r#"{{"c":"ACCESS","id":{id},"msg":"x","attr":{{}}}}"#),
        ] {
            let found = texts(&text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].starts_with(&id.to_string()), "{text}: {found:?}");
        }
    }
}

#[test]
fn the_end_of_a_login_says_whose_it_was() {
    let arn = "arn:aws:iam::123456789012:user/alice";
    for (line, wanted) in [
        (
            format!(r#"{{"c":"ACCESS","id":20250,"msg":"Authentication succeeded","attr":{{"mechanism":"MONGODB-AWS","principalName":"{arn}","authenticationDatabase":"$external","remote":"1.2.3.4:5"}}}}"#),
            format!("It was {arn} of $external."),
        ),
        (
            format!(r#"{{"c":"ACCESS","id":5286306,"msg":"Successfully authenticated","attr":{{"client":"1.2.3.4:5","mechanism":"MONGODB-AWS","user":"{arn}","db":"$external","result":0}}}}"#),
            format!("It was {arn} of $external."),
        ),
        (
            format!("2026-01-02T03:04:05.678+0000 I  ACCESS   [conn1] Successfully authenticated as principal {arn} on $external from client 1.2.3.4:5"),
            format!("It was {arn} of $external."),
        ),
        (
            r#"{"c":"ACCESS","id":5286307,"msg":"Failed to authenticate","attr":{"user":"root","db":"admin","error":"AuthenticationFailed: SCRAM authentication failed, storedKey mismatch","result":18}}"#.to_owned(),
            "It was root of admin.".to_owned(),
        ),
    ] {
        let found = meaning(&line);
        assert_eq!(found.login, Some(wanted), "{line}");
        assert_eq!((found.texts.len(), found.create_user), (1, None), "{line}");
    }
    let refused = r#"{"c":"ACCESS","id":5286307,"attr":{"error":"AuthenticationFailed: MONGODB-AWS login 7 was refused (reason 412)","result":18}}"#;
    assert_eq!(reasons(refused), [412]);
}

#[test]
fn texts_of_loaders_options_and_drivers_are_found() {
    for (text, wanted) in [
        (
            "Error parsing command line: unrecognised option '--awsStsHost'",
            "unrecognised option '{name}'",
        ),
        (
            "Error parsing INI config file: unrecognised option 'awsAuthPluginPath'",
            "unrecognised option '{name}'",
        ),
        (
            "cannot load '/opt/p.so': /opt/p.so: cannot open shared object file: No such file or directory",
            "cannot open shared object file",
        ),
        (
            "./host: error while loading shared libraries: libmongodb_aws_auth.so.1: cannot open shared object file: No such file or directory",
            "cannot open shared object file",
        ),
        (
            "/opt/p.so: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by /opt/p.so)",
            "version `GLIBC_{version}' not found",
        ),
        (
            "version `GLIBCXX_3.4.30' not found",
            "version `{version}' not found",
        ),
        (
            "OSError: p.so: wrong ELF class: ELFCLASS32",
            "wrong ELF class: {class}",
        ),
        (
            "./host: symbol lookup error: ./host: undefined symbol: maws_plugin_entry_v1",
            "undefined symbol: maws_{name}",
        ),
        (
            "p.so: undefined symbol: SSL_new",
            "undefined symbol: {name}",
        ),
        ("p.so: invalid ELF header", "invalid ELF header"),
        (
            "cannot load 'p.so': p.so: file too short",
            ": file too short",
        ),
        (
            "InvalidOperationException: Unable to find credentials for MONGODB-AWS authentication.",
            "Unable to find credentials for MONGODB-AWS authentication",
        ),
        (
            "auth error: SECRET_ACCESS_KEY is set, but ACCESS_KEY_ID is missing",
            "SECRET_ACCESS_KEY is set, but ACCESS_KEY_ID is missing",
        ),
        (
            "botocore.exceptions.PartialCredentialsError: Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
            "Partial credentials found in {source}, missing: {name}",
        ),
        (
            "Mongo::Auth::Aws::CredentialsNotFound: Could not locate AWS credentials (checked Client URI and Ruby options)",
            "Could not locate AWS credentials",
        ),
        (
            "auth error: sasl conversation error: unable to authenticate using mechanism \"MONGODB-AWS\": (AuthenticationFailed) Authentication failed.",
            "18 AuthenticationFailed: Authentication failed",
        ),
        ("MAWS_E_VERSION: the plugin is newer", "-3 MAWS_E_VERSION"),
    ] {
        assert_eq!(texts(text), [wanted], "{text}");
    }
}

#[test]
fn numbers_alone_are_no_lines_of_a_log() {
    let known = |text: &str| {
        meanings(text)
            .iter()
            .filter(|found| !found.is_empty())
            .count()
    };
    for (text, wanted) in [
        ("301\n302\n", 2),
        ("\n301\n\nSignatureMismatch\n", 2),
        ("GET /login\nid: 301\nstatus 13\n", 0),
        ("{\n \"status\": 301,\n \"id\": 13\n}\n", 0),
        ("port 1\n11\n12\n", 0),
        (
            "{\n \"c\": \"ACCESS\",\n \"id\": 3911602,\n \"attr\": {\n  \"reason\": 301,\n  \"login\": 11\n }\n}\n",
            1,
        ),
    ] {
        assert_eq!(known(text), wanted, "{text}");
    }
}

#[test]
fn what_sts_says_is_known_without_its_code() {
    for (text, wanted) in [
        (
            "Signature expired: 20261129T080000Z is now earlier than 20261129T094500Z",
            304,
        ),
        (
            "Signature not yet current: 20261129T140000Z is still later",
            305,
        ),
        (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
            306,
        ),
        (
            "error: credential should be scoped to a valid region, not 'x'",
            306,
        ),
        (
            "The request signature we calculated does not match the signature you provided.",
            301,
        ),
        (
            "The security token included in the request is invalid.",
            302,
        ),
        ("The security token included in the request is expired", 303),
    ] {
        assert_eq!(reasons(text), [wanted], "{text}");
    }
}
