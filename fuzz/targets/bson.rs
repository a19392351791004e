//! Any bytes as a BSON document: what is accepted is well-formed, and its fields are what another
//! reader finds.
#![no_main]

use bson::raw::RawBsonRef;
use bson::spec::BinarySubtype;
use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::sasl::bson::{PAYLOAD_LIMIT, read};
use second_opinion::bson_fields;

fuzz_target!(|payload: &[u8]| {
    let Ok(elements) = read(payload) else { return };
    assert!(payload.len() <= PAYLOAD_LIMIT);
    let others = bson_fields(payload);
    assert_eq!(elements.len(), others.len());
    for (element, (key, value)) in elements.iter().zip(others) {
        assert_eq!(element.key, key);
        let (string, binary, int32) = (element.string(), element.binary(), element.int32());
        match value {
            RawBsonRef::String(text) => {
                assert_eq!((string, binary, int32), (Some(text), None, None))
            }
            RawBsonRef::Binary(other) if other.subtype == BinarySubtype::Generic => {
                assert_eq!((string, binary, int32), (None, Some(other.bytes), None));
            }
            RawBsonRef::Int32(number) => {
                assert_eq!((string, binary, int32), (None, None, Some(number)));
            }
            _ => assert_eq!((string, binary, int32), (None, None, None)),
        }
    }
});
