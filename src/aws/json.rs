//! STS's JSON answers, read by serde_json: objects within limits.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Deepest nesting. STS nests three deep.
const DEPTH_LIMIT: usize = 8;
/// Most members and array elements. STS writes seven.
const MEMBER_LIMIT: usize = 64;

/// Why a document is refused. It quotes nothing of the document, which may repeat the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// It is nested too deeply or has too many members.
    BeyondLimits,
    /// It is not JSON, or not of the expected shape.
    Malformed {
        /// Where that shows, from 1.
        line: usize,
        /// Where that shows, from 1.
        column: usize,
    },
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonError::BeyondLimits => f.write_str("it is too deep or has too many members"),
            JsonError::Malformed { line, column } => write!(f, "line {line} column {column}"),
        }
    }
}

impl std::error::Error for JsonError {}

/// Parses a whole document. Members that `T` has no field for are ignored; those that it has are
/// refused if they are repeated.
pub fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, JsonError> {
    // serde_json skips ignored members without any limit.
    if !is_within_limits(text) {
        return Err(JsonError::BeyondLimits);
    }
    let parsed = serde_json::from_str(text);
    let Object(value) = parsed.map_err(|error| JsonError::Malformed {
        line: error.line(),
        column: error.column(),
    })?;
    Ok(value)
}

/// Counts brackets and commas outside strings. Of a document that is not JSON it need not make
/// sense: serde_json refuses that.
fn is_within_limits(text: &str) -> bool {
    let (mut depth, mut members) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                // The first member has no comma before it.
                depth += 1;
                members += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => members += 1,
            _ => {}
        }
        if depth > DEPTH_LIMIT || members > MEMBER_LIMIT {
            return false;
        }
    }
    true
}

/// A struct written as an object. A derived struct alone can be read from an array as well, its
/// members in order and without their names.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Known {
        a: u32,
    }

    fn read_a(text: &str) -> Option<u32> {
        parse::<Known>(text).ok().map(|known| known.a)
    }

    #[test]
    fn x3_unknown_members_are_ignored_also_where_they_are_repeated() {
        for text in [
            r#"{"a":1,"b":2,"b":{"a":3},"c":[{"a":4},null,true,"\"{[,"]}"#,
            r#"{"b":"\\","a":1}"#,
        ] {
            assert_eq!(read_a(text), Some(1), "{text}");
        }
    }

    #[test]
    fn x3_a_known_member_is_required_once_in_an_object() {
        for text in [r#"{"b":1}"#, r#"{"a":1,"a":1}"#, "[1]", "1", "{}", ""] {
            assert_eq!(read_a(text), None, "{text}");
        }
    }

    #[test]
    fn x3_depth_and_number_of_members_have_limits() {
        let nested = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"a":1,"b":{open}{close}}}"#)
        };
        assert_eq!(read_a(&nested(DEPTH_LIMIT - 1)), Some(1));
        assert_eq!(read_a(&nested(DEPTH_LIMIT)), None);
        let wide = |members: usize| format!(r#"{{"a":1{}}}"#, r#","b":0"#.repeat(members - 1));
        assert_eq!(read_a(&wide(MEMBER_LIMIT)), Some(1));
        assert_eq!(read_a(&wide(MEMBER_LIMIT + 1)), None);
        let in_text = format!(r#"{{"a":1,"b":"{}\"{}"}}"#, "[".repeat(99), ",".repeat(99));
        assert_eq!(read_a(&in_text), Some(1));
    }

    #[test]
    fn d1_an_error_quotes_nothing_of_the_document() {
        let error = parse::<Known>(r#"{"a":"secret"}"#).unwrap_err();
        assert_eq!(error.to_string(), "line 1 column 13");
    }
}
