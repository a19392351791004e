//! The three BSON messages of the mechanism (driver specification, auth.md, MONGODB-AWS).

use super::bson::{self, Element};
use crate::aws::SignedParts;
use crate::reason::{Failure, Reason};

/// Length of the client's nonce and of the server's, in bytes.
pub const NONCE_LENGTH: usize = 32;
/// Most unknown fields that are ignored: the specification reserves some, and drivers may add some.
const UNKNOWN_FIELDS_LIMIT: usize = 16;
/// GS2 channel-binding flag `n`: the client does not support channel binding.
const FLAG_NONE: i32 = b'n' as i32;

/// The client's nonce and the server's, in this order.
pub type Nonces = [u8; 2 * NONCE_LENGTH];

/// Reads client-first `{r: binData 0 (32 bytes), p: int32 110}`, in any order, and gives the nonce.
pub fn read_client_first(payload: &[u8]) -> Result<[u8; NONCE_LENGTH], Failure> {
    let elements = bson::read(payload)?;
    let [nonce, flag] = known_fields(&elements, ["r", "p"])?;
    let nonce = nonce.ok_or_else(|| Failure::new(Reason::FieldMissing, "r"))?;
    let flag = flag.ok_or_else(|| Failure::new(Reason::FieldMissing, "p"))?;

    let nonce = nonce.binary().ok_or(Reason::ClientNonceLength)?;
    let nonce = nonce.try_into().map_err(|_| {
        Failure::new(
            Reason::ClientNonceLength,
            format!("it has {} bytes", nonce.len()),
        )
    })?;
    match flag.int32() {
        Some(FLAG_NONE) => Ok(nonce),
        Some(other) => Err(Failure::new(
            Reason::ChannelBindingFlag,
            format!("it is {other}"),
        )),
        None => Err(Failure::new(Reason::FieldType, "p is not an int32")),
    }
}

/// Writes server-first `{s: binData 0 (64 bytes), h: string}`.
pub fn write_server_first(nonces: &Nonces, host: &str) -> Vec<u8> {
    let mut elements = Vec::with_capacity(96 + host.len());
    elements.extend_from_slice(b"\x05s\x00\x40\x00\x00\x00\x00");
    elements.extend_from_slice(nonces);
    elements.extend_from_slice(b"\x02h\x00");
    elements.extend_from_slice(&(host.len() as u32 + 1).to_le_bytes());
    elements.extend_from_slice(host.as_bytes());
    elements.extend_from_slice(b"\x00\x00");

    let mut document = Vec::with_capacity(elements.len() + 4);
    document.extend_from_slice(&(elements.len() as u32 + 4).to_le_bytes());
    document.extend_from_slice(&elements);
    document
}

/// Reads client-second `{a: string, d: string, t: string}`, in any order, `t` optional.
pub fn read_client_second(payload: &[u8]) -> Result<SignedParts<'_>, Failure> {
    let elements = bson::read(payload)?;
    let [authorization, date, token] = known_fields(&elements, ["a", "d", "t"])?;
    Ok(SignedParts {
        authorization: required_string(authorization, "a")?,
        date: required_string(date, "d")?,
        token: token.map(|t| required_string(Some(t), "t")).transpose()?,
    })
}

fn required_string<'a>(element: Option<Element<'a>>, key: &str) -> Result<&'a str, Failure> {
    let element = element.ok_or_else(|| Failure::new(Reason::FieldMissing, key))?;
    element
        .string()
        .ok_or_else(|| Failure::new(Reason::FieldType, format!("{key} is not a string")))
}

/// Finds the known fields, each at most once, and ignores others up to the limit.
fn known_fields<'a, const N: usize>(
    elements: &[Element<'a>],
    keys: [&str; N],
) -> Result<[Option<Element<'a>>; N], Failure> {
    let mut found = [None; N];
    let mut unknown = 0;
    for element in elements {
        let slot = keys.iter().position(|key| *key == element.key);
        match slot.and_then(|slot| found.get_mut(slot)) {
            Some(slot @ None) => *slot = Some(*element),
            Some(Some(_)) => return Err(Failure::new(Reason::FieldDuplicate, element.key)),
            None => unknown += 1,
        }
    }
    if unknown > UNKNOWN_FIELDS_LIMIT {
        return Err(Failure::new(Reason::FieldsTooMany, format!("{unknown}")));
    }
    Ok(found)
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
