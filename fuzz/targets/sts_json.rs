//! Any bytes as STS's answer in JSON: what is accepted is within limits, and the known members are
//! what another reader finds.
#![no_main]

use jzon::JsonValue;
use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Answer, read_answer};

fuzz_target!(|body: &[u8]| {
    let caller = read_answer(200, Some("application/json"), body);
    let error = read_answer(403, Some("application/json"), body);
    if let Ok(Answer::Caller(caller)) = caller
        && let Some(document) = parse(body)
    {
        let response = &document["GetCallerIdentityResponse"];
        let result = &response["GetCallerIdentityResult"];
        assert_eq!(result["Arn"].as_str(), Some(&*caller.arn.text));
        assert_eq!(result["UserId"].as_str(), Some(&*caller.user_id));
        assert_eq!(result["Account"].as_str(), Some(&*caller.arn.account));
        if !caller.request_id.is_empty() {
            let id = response["ResponseMetadata"]["RequestId"].as_str();
            assert_eq!(id, Some(&*caller.request_id));
        }
    }
    match error {
        Ok(Answer::Error(error)) => {
            let Some(document) = parse(body) else {
                return;
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

/// The document as the second reader sees it. Unknown members need only follow JSON's grammar, which
/// has escapes of half a surrogate pair; the second reader refuses those.
fn parse(body: &[u8]) -> Option<JsonValue> {
    let text = str::from_utf8(body).expect("UTF-8");
    let document = match jzon::parse(text) {
        Err(_) if text.contains("\\u") => return None,
        document => document.expect("JSON"),
    };
    assert!(depth(&document) <= 8 && members(&document) <= 64);
    Some(document)
}

fn children(value: &JsonValue) -> Vec<&JsonValue> {
    match value {
        JsonValue::Object(object) => object.iter().map(|(_, value)| value).collect(),
        JsonValue::Array(array) => array.iter().collect(),
        _ => Vec::new(),
    }
}

fn depth(value: &JsonValue) -> usize {
    let is_nest = matches!(value, JsonValue::Object(_) | JsonValue::Array(_));
    let deepest = children(value).into_iter().map(depth).max();
    usize::from(is_nest) + deepest.unwrap_or(0)
}

fn members(value: &JsonValue) -> usize {
    children(value)
        .into_iter()
        .map(|child| 1 + members(child))
        .sum()
}
