//! Any text as an Authorization value: accepted if and only if it is, byte for byte, the canonical
//! form of its access key id and signature.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{AuthorizationRules, check_authorization};

const DAY: &str = "20261123";
const REGION: &str = "eu-central-1";
const WITHOUT_TOKEN: &str = "content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;\
                             x-mongodb-server-nonce";
const WITH_TOKEN: &str = "content-length;content-type;host;x-amz-date;x-amz-security-token;\
                          x-mongodb-gs2-cb-flag;x-mongodb-server-nonce";

fuzz_target!(|data: &[u8]| {
    let Some((flag, Ok(value))) = data.split_first().map(|(f, v)| (f, str::from_utf8(v))) else {
        return;
    };
    // A letter, so that seeds are text: t for a login with a token.
    let token = *flag == b't';
    let rules = AuthorizationRules {
        day: DAY,
        region: REGION,
        token,
    };
    let access_key_id = check_authorization(value, &rules).ok();
    assert_eq!(access_key_id, canonical_key_id(value, token));
});

/// The access key id of a value in canonical form, found from both ends.
fn canonical_key_id(value: &str, token: bool) -> Option<&str> {
    let headers = if token { WITH_TOKEN } else { WITHOUT_TOKEN };
    let at = value.len().checked_sub(64)?;
    let (front, signature) = value.is_char_boundary(at).then(|| value.split_at(at))?;
    let fixed = format!("/{DAY}/{REGION}/sts/aws4_request, SignedHeaders={headers}, Signature=");
    let access_key_id = front
        .strip_suffix(&*fixed)?
        .strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
    let id = |c: char| matches!(c, '0'..='9' | 'A'..='Z' | 'a'..='z' | '_');
    let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    let is_valid = (1..=128).contains(&access_key_id.len())
        && access_key_id.chars().all(id)
        && signature.chars().all(hex);
    is_valid.then_some(access_key_id)
}
