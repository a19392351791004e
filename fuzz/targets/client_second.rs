//! Any bytes as client-second, and any three texts as its fields: what is accepted reads the same
//! to another reader, and the request made of it has headers of printable ASCII alone.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Endpoint, SignedParts, SignedRequest};
use mongodb_aws_auth::sasl::messages::read_client_second;
use second_opinion::{bson_field, document_of_strings, string};

static ENDPOINT: LazyLock<Arc<Endpoint>> = LazyLock::new(|| {
    Arc::new(Endpoint::new("sts.amazonaws.com", None, None).expect("the global host"))
});

fuzz_target!(|data: &[u8]| {
    if let Ok(parts) = read_client_second(data) {
        assert_eq!(string(bson_field(data, "a")), Some(parts.authorization));
        assert_eq!(string(bson_field(data, "d")), Some(parts.date));
        assert_eq!(bson_field(data, "t").is_some(), parts.token.is_some());
        assert_eq!(string(bson_field(data, "t")), parts.token);
        check_request(&parts);
    }

    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(3, '\n');
    let (authorization, date) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    let token = lines.next();
    let mut fields = vec![("a", authorization), ("d", date)];
    fields.extend(token.map(|token| ("t", token)));
    let payload = document_of_strings(&fields);
    let expected = SignedParts {
        authorization,
        date,
        token,
    };
    if payload.len() <= mongodb_aws_auth::sasl::bson::PAYLOAD_LIMIT {
        assert_eq!(read_client_second(&payload), Ok(expected));
    }
    check_request(&expected);
});

fn check_request(parts: &SignedParts<'_>) {
    let Ok(request) = SignedRequest::check(parts, &[7; 64], Arc::clone(&ENDPOINT)) else {
        return;
    };
    let header = |name: &str| {
        let mut values = request.headers().filter(|(known, _)| *known == name);
        let value = values.next().map(|(_, value)| value);
        assert!(values.next().is_none(), "{name} is duplicated");
        value
    };
    assert_eq!(header("host"), Some("sts.amazonaws.com"));
    assert_eq!(header("authorization"), Some(parts.authorization));
    assert_eq!(header("x-amz-date"), Some(parts.date));
    assert_eq!(header("x-amz-security-token"), parts.token);
    for (_, value) in request.headers() {
        assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)));
    }
}
