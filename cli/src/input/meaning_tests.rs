use super::*;

pub(super) fn reasons(text: &str) -> Vec<u32> {
    let reasons = meaning(text).reasons;
    reasons.into_iter().map(Reason::number).collect()
}

pub(super) fn texts(text: &str) -> Vec<String> {
    let texts = meaning(text).texts;
    texts.iter().map(|text| text.title()).collect()
}

#[test]
fn each_way_to_name_a_reason_finds_it() {
    for (text, wanted) in [
        ("301", 301),
        ("301,", 301),
        ("reason 301", 301),
        ("signaturemismatch", 301),
        ("SignatureDoesNotMatch", 301),
        ("signaturedoesnotmatch:", 301),
        ("INVALIDCLIENTTOKENID", 302),
        ("ExpiredToken", 303),
        (r#"{"attr":{"reason":304,"detail":"x"}}"#, 304),
        ("login refused, reason 310: the account", 310),
        (
            "AuthenticationFailed: MONGODB-AWS login 7 was refused (reason 412)",
            412,
        ),
        (
            "tls WITH the sts endpoint FAILED: invalid peer certificate",
            412,
        ),
        (
            "An error occurred (InvalidClientTokenId) when calling GetCallerIdentity",
            302,
        ),
        (
            "An error occurred (SignatureDoesNotMatch): Signature expired: A is now earlier than B",
            304,
        ),
        (
            "SignatureDoesNotMatch: Signature not yet current: 20260101T000000Z is still later",
            305,
        ),
    ] {
        assert_eq!(reasons(text), [wanted], "{text}");
    }
}

#[test]
fn codes_and_texts_of_servers_drivers_and_sts_are_found() {
    for (text, wanted) in [
        ("391", "391 ReauthenticationRequired"),
        ("code 18", "18 AuthenticationFailed: Authentication failed"),
        ("(18)", "18 AuthenticationFailed: Authentication failed"),
        (
            "authenticationfailed",
            "18 AuthenticationFailed: Authentication failed",
        ),
        (
            "MongoServerError: Authentication failed.",
            "18 AuthenticationFailed: Authentication failed",
        ),
        (
            r#"{"ok":0,"errmsg":"x","code":334,"codeName":"MechanismUnavailable"}"#,
            "334 MechanismUnavailable",
        ),
        (
            "pymongo.errors.OperationFailure: x, full error: {'code': 391}",
            "391 ReauthenticationRequired",
        ),
        ("3911602", "3911602 MONGODB-AWS login refused"),
        ("IncompleteSignature", "IncompleteSignature"),
        ("regiondisabledexception", "RegionDisabledException"),
        (
            "botocore: An error occurred (OptInRequired) when calling",
            "OptInRequired",
        ),
        (
            "BadValue: Unknown --setParameter 'awsAuthPluginPath'",
            "Unknown --setParameter '{name}'",
        ),
        (
            "unknown --setparameter 'awsStsHost'",
            "Unknown --setParameter '{name}'",
        ),
        (
            "Received authentication for mechanism MONGODB-AWS which is not enabled",
            "mechanism {mechanism} which is not enabled",
        ),
        (
            "Received authentication for mechanism MONGODB-AWS which is unknown or not enabled",
            "mechanism {mechanism} which is unknown or not enabled",
        ),
        (
            "PyMongoAuthAwsError: temporary MONGODB-AWS credentials could not be obtained, error: x",
            "temporary MONGODB-AWS credentials could not be obtained",
        ),
        (
            "Error: Invalid source 'admin' for mechanism 'MONGODB-AWS' specified.",
            "Invalid source '{source}' for mechanism '{mechanism}' specified",
        ),
        (
            "Unrecognized option: awsStsHost",
            "Unrecognized option: {name}",
        ),
        (
            "MongoMissingCredentialsError: Could not obtain temporary MONGODB-AWS credentials",
            "Could not obtain temporary MONGODB-AWS credentials",
        ),
        (
            "ReadTimeout: HTTPConnectionPool(host='169.254.169.254', port=80): Read timed out",
            "169.254.169.254",
        ),
        (
            "ConfigurationError: authentication source must be $external or None for MONGODB-AWS",
            "authentication source must be $external or None for {mechanism}",
        ),
        (
            "MongoMissingDependencyError: Optional module `@aws-sdk/credential-providers` not found. Please",
            "Optional module `@aws-sdk/credential-providers` not found",
        ),
    ] {
        assert_eq!(texts(text), [wanted], "{text}");
        assert_eq!(reasons(text), [0; 0], "{text}");
    }
    // The number of a message of the plugin's, too.
    assert_eq!((reasons("11").len(), texts("11").len()), (1, 1));
    assert_eq!((reasons("code 11").len(), texts("code 11").len()), (0, 1));
}

#[test]
fn every_status_of_the_interface_is_explained_by_number_and_name() {
    for (number, name) in [
        (-1, "MAWS_E_ARGUMENT"),
        (-2, "MAWS_E_STATE"),
        (-3, "MAWS_E_VERSION"),
        (-4, "MAWS_E_OPTION"),
        (-5, "MAWS_E_FORKED"),
        (-6, "MAWS_E_HANDLE"),
        (-7, "maws_e_in_use"),
        (-8, "MAWS_E_BUFFER"),
        (-20, "MAWS_E_PROTOCOL"),
        (-21, "MAWS_E_DENIED"),
        (-40, "MAWS_E_OVERLOADED"),
        (-41, "MAWS_E_TIMEOUT"),
        (-42, "maws_e_upstream"),
        (-43, "MAWS_E_CANCELLED"),
        (-44, "MAWS_E_SYSTEM"),
        (-60, "MAWS_E_PANIC"),
        (-61, "MAWS_E_INTERNAL"),
    ] {
        let by_number = meaning(&number.to_string());
        assert!(!by_number.is_empty(), "{number}");
        assert_eq!(by_number, meaning(name), "{name}");
        assert_eq!(by_number, meaning(&format!("status {number}")), "{number}");
    }
}

#[test]
fn what_names_nothing_is_no_guess() {
    for text in [
        "",
        " ",
        "999",
        "-1000",
        "code 999",
        "the moon is full",
        "signature",
        "clock",
        "Throttl",
        "STS",
        "failed",
        "an error",
        "principal arn:aws:iam::123456789012:user/alice",
        "mongodb-aws",
    ] {
        assert!(meaning(text).is_empty(), "{text}: {:?}", meaning(text));
    }
}

#[test]
fn a_verified_login_has_the_command_that_creates_its_user() {
    for line in [
        r#"{"id":3911601,"msg":"MONGODB-AWS login verified","attr":{"principal":"arn:aws:iam::123456789012:role/shop-app"}}"#,
        "MONGODB-AWS login verified principal=arn:aws:iam::123456789012:role/shop-app",
        r#"{"text":"no user of $external matches the verified ARN","principal":"arn:aws:iam::123456789012:role/shop-app"}"#,
    ] {
        let command = meaning(line).create_user.unwrap();
        assert!(
            command.contains("user: \"arn:aws:iam::123456789012:role/shop-app\""),
            "{command}"
        );
    }
    for line in [
        r#"{"id":3911602,"msg":"MONGODB-AWS login refused","attr":{"principal":"arn:aws:iam::123456789012:role/a"}}"#,
        r#"{"msg":"MONGODB-AWS login verified","attr":{"principal":"alice"}}"#,
    ] {
        assert_eq!(meaning(line).create_user, None, "{line}");
    }
}

#[test]
fn a_refusal_for_a_clock_says_by_how_much() {
    let line = r#"{"attr":{"reason":305,"detail":"Signature not yet current: 25691129T100000Z is still later than 20261129T101500Z (20261129T100000Z + 15 min.)"}}"#;
    assert!(meaning(line).clock.unwrap().contains("Buddhist"));
    assert_eq!(meaning("305").clock, None);
}

#[test]
fn several_numbers_and_names_are_explained_each() {
    for (text, wanted) in [
        ("301 302", &[301, 302][..]),
        ("301, 302 and 304.", &[301, 302, 304]),
        ("Reason 301:", &[301]),
        ("SignatureMismatch (301)", &[301]),
        ("ExpiredToken AccessDenied", &[303, 307]),
    ] {
        assert_eq!(reasons(text), wanted, "{text}");
    }
    assert_eq!(meaning("MAWS_E_DENIED (-21)"), meaning("-21"));
    assert_eq!(texts("18 391").len(), 2);
    let partly = meaning("301 999");
    assert_eq!((partly.reasons.len(), partly.unknown), (1, vec![999]));
    assert!(meaning("998 999").is_empty());
}
