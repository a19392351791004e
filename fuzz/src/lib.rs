//! Second opinions: what parsers written by others say of the same bytes.
//!
//! The direction is the same everywhere: whatever the plugin accepts, the other parser must read to
//! the same values. The plugin may be stricter, never more lenient and never of another opinion.

pub mod calls;
pub mod http;
pub mod sts;
pub mod table;

use bson::RawDocument;
use bson::raw::RawBsonRef;
use bson::spec::BinarySubtype;

/// The only field of this name. The plugin refuses a known field that is duplicated.
pub fn bson_field<'a>(payload: &'a [u8], key: &str) -> Option<RawBsonRef<'a>> {
    let mut found = bson_fields(payload)
        .into_iter()
        .filter(|(name, _)| *name == key);
    let value = found.next().map(|(_, value)| value);
    assert!(found.next().is_none(), "{key} is duplicated");
    value
}

/// Every field of the top level.
pub fn bson_fields(payload: &[u8]) -> Vec<(&str, RawBsonRef<'_>)> {
    let document = RawDocument::from_bytes(payload).expect("a document");
    document
        .iter()
        .map(|field| field.map(|(key, value)| (key.as_str(), value)))
        .collect::<Result<_, _>>()
        .expect("a field")
}

/// The bytes of a binary value of subtype 0.
pub fn generic_binary<'a>(value: Option<RawBsonRef<'a>>) -> Option<&'a [u8]> {
    match value {
        Some(RawBsonRef::Binary(binary)) if binary.subtype == BinarySubtype::Generic => {
            Some(binary.bytes)
        }
        _ => None,
    }
}

/// The text of a string.
pub fn string<'a>(value: Option<RawBsonRef<'a>>) -> Option<&'a str> {
    match value {
        Some(RawBsonRef::String(text)) => Some(text),
        _ => None,
    }
}

/// A BSON document with these strings.
pub fn document_of_strings(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut document = vec![0; 4];
    for (key, text) in fields {
        document.push(2);
        document.extend(key.bytes().chain([0]));
        document.extend((text.len() as u32 + 1).to_le_bytes());
        document.extend(text.bytes().chain([0]));
    }
    document.push(0);
    let length = document.len() as u32;
    document[..4].copy_from_slice(&length.to_le_bytes());
    document
}
