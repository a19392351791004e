//! Any bytes as STS's answer in JSON: what is accepted reads the same to another reader.
#![no_main]

use jzon::JsonValue;
use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Answer, read_answer};

fuzz_target!(|body: &[u8]| {
    if let Ok(Answer::Caller(caller)) = read_answer(200, Some("application/json"), body) {
        let document = parse(body);
        let response = only_members(&document, &["GetCallerIdentityResponse"]);
        let parts = &response["GetCallerIdentityResponse"];
        only_members(parts, &["GetCallerIdentityResult", "ResponseMetadata"]);
        let result = only_members(
            &parts["GetCallerIdentityResult"],
            &["Arn", "UserId", "Account"],
        );
        assert_eq!(result["Arn"].as_str(), Some(&*caller.arn));
        assert_eq!(result["UserId"].as_str(), Some(&*caller.user_id));
        assert_eq!(result["Account"].as_str(), Some(&*caller.account));
        if !caller.request_id.is_empty() {
            let id = parts["ResponseMetadata"]["RequestId"].as_str();
            assert_eq!(id, Some(&*caller.request_id));
        }
    }
    // An error's code decides; a server error needs none.
    match read_answer(403, Some("application/json"), body) {
        Ok(Answer::Error(error)) => {
            // Members that are stepped over are held to JSON's grammar alone, which has escapes of
            // half a surrogate pair; the second reader refuses them.
            let text = str::from_utf8(body).expect("UTF-8");
            let document = match jzon::parse(text) {
                Err(_) if text.contains("\\u") => return,
                document => document.expect("JSON"),
            };
            let code = document["Error"]["Code"].as_str().expect("a code");
            assert!(error.code.is_empty() || error.code == code);
            if !error.request_id.is_empty() {
                assert_eq!(document["RequestId"].as_str(), Some(&*error.request_id));
            }
        }
        Ok(Answer::Caller(_)) => panic!("an identity out of an error"),
        Err(_) => {}
    }
});

fn parse(body: &[u8]) -> JsonValue {
    jzon::parse(str::from_utf8(body).expect("UTF-8")).expect("JSON")
}

fn only_members<'a>(value: &'a JsonValue, names: &[&str]) -> &'a JsonValue {
    let object = value.as_object().expect("an object");
    assert!(object.iter().all(|(name, _)| names.contains(&name)));
    value
}
