use super::*;

#[test]
fn a_reason_is_read_where_a_line_of_ours_has_it() {
    for (text, wanted) in [
        (r#"{"attr":{"reason":304,"detail":"x"}}"#, Some(304)),
        (
            r#"{"c":"ACCESS","id":3911602,"msg":"MONGODB-AWS login refused","attr":{"reason":310}}"#,
            Some(310),
        ),
        (
            r#"2026-01-02T03:04:05.678+0000 I  ACCESS   [conn1] MONGODB-AWS login refused { "login" : 1, "reason" : 301, "detail" : "" }"#,
            Some(301),
        ),
        (
            r#"{"c":"ACCESS","id":3911607,"msg":"MONGODB-AWS plugin","attr":{"message":6,"login":0}}"#,
            Some(6),
        ),
        (
            r#"{"event":"plugin","level":"info","id":7,"text":"x"}"#,
            Some(7),
        ),
        (
            r#"{"event":"login","outcome":"refused","reason":302,"detail":"x"}"#,
            Some(302),
        ),
        (
            r#"mongodb-1  | {"c":"ACCESS","id":20249,"attr":{"error":"AuthenticationFailed: MONGODB-AWS login 7 was refused (reason 412)"}}"#,
            Some(412),
        ),
        (
            r#"{"log":"{\"c\":\"ACCESS\",\"msg\":\"MONGODB-AWS login refused\",\"attr\":{\"reason\":303}}\n","stream":"stdout"}"#,
            Some(303),
        ),
        ("login refused, reason 310: the account", Some(310)),
        (
            "10.0.0.1:5 is refused, MONGODB-AWS, reason 301: x",
            Some(301),
        ),
        ("Reason 301: x", Some(301)),
        ("2026/01/02 03:04:05 reason 301: x", Some(301)),
        ("it failed (reason 412)", Some(412)),
        // Lines of others.
        ("reason 301 port 27017", None),
        ("Failed login, reason 301 port 22", None),
        ("connection closed, reason 301", None),
        ("the reason is 301 times the same", None),
        (
            r#"{"c":"NETWORK","id":22944,"msg":"x","attr":{"reason":301}}"#,
            None,
        ),
        (r#"{"level":"info","message":"moved","reason":301}"#, None),
        ("no reason given", None),
        ("reasonable 3", None),
        ("authentication failed, no_reason 3", None),
        ("", None),
    ] {
        assert_eq!(Line::of(text).reason(), wanted, "{text}");
    }
}

#[test]
fn a_code_is_read_from_answers_of_servers_and_from_lines_of_logins() {
    for (text, wanted) in [
        (
            r#"{"ok":0,"errmsg":"x","code":334,"codeName":"MechanismUnavailable"}"#,
            Some(334),
        ),
        (
            "OperationFailure: x, full error: {'ok': 0.0, 'code': 391}",
            Some(391),
        ),
        ("MongoServerError: x { ok: 0, code: 18 }", Some(18)),
        ("authentication failed, code: 18", Some(18)),
        (
            r#"{"c":"ACCESS","id":20436,"msg":"Checking authorization failed","attr":{"error":{"code":13,"codeName":"Unauthorized"}}}"#,
            Some(13),
        ),
        (
            r#"{"c":"ACCESS","id":5286307,"msg":"Failed to authenticate","attr":{"user":"a","result":11}}"#,
            Some(11),
        ),
        (
            r#"{"atype":"authenticate","param":{"user":"a"},"result":18}"#,
            Some(18),
        ),
        // Lines of others.
        (
            "WT_PANIC: WiredTiger library panic, error code 13: Permission denied",
            None,
        ),
        ("WT_PANIC code: 13", None),
        (
            r#"{"c":"STORAGE","id":22435,"msg":"WiredTiger error","attr":{"error":13,"code":13,"message":"WT_PANIC"}}"#,
            None,
        ),
        (
            "2026-01-02T03:04:05.678+0000 E  STORAGE  [initandlisten] authentication of a page failed, code: 13",
            None,
        ),
        ("exit code 18", None),
        ("sasl: postcode 18", None),
        (r#"{"code":18,"message":"x"}"#, None),
    ] {
        assert_eq!(Line::of(text).code(), wanted, "{text}");
    }
}

#[test]
fn a_member_is_read_from_json_and_from_words() {
    for (text, name, wanted) in [
        (
            "a=1 principal=arn:aws:iam::1:user/a b",
            "principal",
            Some("arn:aws:iam::1:user/a"),
        ),
        (r#"\"principal\":\"arn:x\""#, "principal", Some("arn:x")),
        (
            r#"{"attr":{"principal":"arn:x"}}"#,
            "principal",
            Some("arn:x"),
        ),
        (r#"{"attr":{"principal":7}}"#, "principal", None),
        ("no_principal x", "principal", None),
        ("principal", "principal", None),
    ] {
        assert_eq!(Line::of(text).member(&[name]), wanted, "{text}");
    }
}

#[test]
fn what_a_line_says_are_its_texts() {
    let line = r#"mongod: {"msg":"a","attr":{"error":"b \"c\"","remote":"1.2.3.4"}} x"#;
    assert_eq!(Line::of(line).texts(), ["mongod:", "b \"c\"", "a"]);
    assert_eq!(Line::of("{ a: 1 }").texts(), ["{ a: 1 }"]);
    let deep = format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500));
    assert_eq!(Line::of(&deep).texts(), [deep.as_str()]);
}

#[test]
fn a_long_line_is_cut_at_a_character() {
    let line = "é".repeat(LINE_LIMIT);
    assert_eq!(bounded(&line).len(), LINE_LIMIT);
    assert_eq!(bounded(&format!("x{line}")).len(), LINE_LIMIT - 1);
    assert_eq!(bounded(" a \n"), "a");
}
