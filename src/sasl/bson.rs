//! A strict reader for one BSON document (bsonspec.org, version 1.1), bounds-checked throughout.
//!
//! Nested documents are checked too, in one loop without recursion: the client chooses the depth,
//! which may cost heap in proportion to the payload and must cost no stack.

use crate::reason::{Failure, Reason};

/// Longest payload, in bytes: the longest token and Authorization value, with room.
pub const PAYLOAD_LIMIT: usize = 32 * 1024;

const STRING: u8 = 0x02;
const DOCUMENT: u8 = 0x03;
const ARRAY: u8 = 0x04;
const BINARY: u8 = 0x05;
const INT32: u8 = 0x10;
const BINARY_OLD: u8 = 0x02;

/// One element of the top level. The value's bytes are well-formed for the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    kind: u8,
    /// Name of the field.
    pub key: &'a str,
    value: &'a [u8],
}

impl<'a> Element<'a> {
    /// The text of a string.
    pub fn string(&self) -> Option<&'a str> {
        if self.kind != STRING {
            return None;
        }
        let text = self.value.get(4..self.value.len().checked_sub(1)?)?;
        std::str::from_utf8(text).ok()
    }

    /// The bytes of a binary value of subtype 0.
    pub fn binary(&self) -> Option<&'a [u8]> {
        match (self.kind, self.value.get(4)) {
            (BINARY, Some(0)) => self.value.get(5..),
            _ => None,
        }
    }

    /// A 32-bit integer.
    pub fn int32(&self) -> Option<i32> {
        match self.kind {
            INT32 => Some(i32::from_le_bytes(self.value.try_into().ok()?)),
            _ => None,
        }
    }
}

/// Checks the document and gives its top-level elements in order.
pub fn read(payload: &[u8]) -> Result<Vec<Element<'_>>, Failure> {
    if payload.is_empty() {
        return Err(Reason::PayloadEmpty.into());
    }
    if payload.len() > PAYLOAD_LIMIT {
        return Err(Failure::new(
            Reason::PayloadTooLarge,
            format!("{} bytes", payload.len()),
        ));
    }
    let malformed = |error: BsonError| Failure::new(Reason::BsonMalformed, error.0);
    let mut cursor = Cursor {
        bytes: payload,
        at: 0,
    };
    let end = cursor.open_document(payload.len()).map_err(malformed)?;
    if end != payload.len() {
        return Err(malformed(BsonError("bytes follow the document")));
    }
    cursor.elements(end).map_err(malformed)
}

/// Why the document is malformed.
#[derive(Debug, PartialEq, Eq)]
struct BsonError(&'static str);

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Checks all elements up to `end` and gives those of the top level.
    fn elements(&mut self, end: usize) -> Result<Vec<Element<'a>>, BsonError> {
        let mut open = vec![end];
        let mut top = Vec::new();
        while let Some(&end) = open.last() {
            let kind = self.take(1, end)?.first().copied().unwrap_or_default();
            if kind == 0 {
                if self.at != end {
                    return Err(BsonError("a document ends before its length"));
                }
                open.pop();
                continue;
            }
            let key = self.cstring(end)?;
            let start = self.at;
            let inner = self.value(kind, end)?;
            if open.len() == 1 {
                let stop = inner.unwrap_or(self.at);
                let value = self
                    .bytes
                    .get(start..stop)
                    .ok_or(BsonError("a value is out of bounds"))?;
                top.push(Element { kind, key, value });
            }
            open.extend(inner);
        }
        Ok(top)
    }

    /// Skips one value; of a document only its length, giving where it ends.
    fn value(&mut self, kind: u8, end: usize) -> Result<Option<usize>, BsonError> {
        match kind {
            0x01 | 0x09 | 0x11 | 0x12 => self.take(8, end).map(|_| None),
            STRING | 0x0D | 0x0E => self.string(end).map(|()| None),
            DOCUMENT | ARRAY => self.open_document(end).map(Some),
            BINARY => self.binary(end).map(|()| None),
            0x06 | 0x0A | 0x7F | 0xFF => Ok(None),
            0x07 => self.take(12, end).map(|_| None),
            0x08 => match self.take(1, end)? {
                [0 | 1] => Ok(None),
                _ => Err(BsonError("a boolean is neither 0 nor 1")),
            },
            0x0B => {
                self.cstring(end)?;
                self.cstring(end)?;
                Ok(None)
            }
            0x0C => {
                self.string(end)?;
                self.take(12, end).map(|_| None)
            }
            0x0F => self.code_with_scope(end).map(Some),
            INT32 => self.take(4, end).map(|_| None),
            0x13 => self.take(16, end).map(|_| None),
            _ => Err(BsonError("an element has an unknown type")),
        }
    }

    fn take(&mut self, count: usize, end: usize) -> Result<&'a [u8], BsonError> {
        let stop = self.at.checked_add(count).filter(|&stop| stop <= end);
        let stop = stop.ok_or(BsonError("a value is longer than its document"))?;
        let taken = self
            .bytes
            .get(self.at..stop)
            .ok_or(BsonError("a value is out of bounds"))?;
        self.at = stop;
        Ok(taken)
    }

    fn length(&mut self, end: usize) -> Result<usize, BsonError> {
        let bytes = self
            .take(4, end)?
            .try_into()
            .map_err(|_| BsonError("a value is out of bounds"))?;
        usize::try_from(i32::from_le_bytes(bytes)).map_err(|_| BsonError("a length is negative"))
    }

    fn cstring(&mut self, end: usize) -> Result<&'a str, BsonError> {
        let rest = self
            .bytes
            .get(self.at..end)
            .ok_or(BsonError("a value is out of bounds"))?;
        let length = rest
            .iter()
            .position(|&b| b == 0)
            .ok_or(BsonError("a name has no end"))?;
        let text = self.take(length, end)?;
        self.take(1, end)?;
        std::str::from_utf8(text).map_err(|_| BsonError("a name is not UTF-8"))
    }

    fn string(&mut self, end: usize) -> Result<(), BsonError> {
        let length = self.length(end)?;
        match self.take(length, end)?.split_last() {
            Some((0, text)) if std::str::from_utf8(text).is_ok() => Ok(()),
            Some((0, _)) => Err(BsonError("a string is not UTF-8")),
            _ => Err(BsonError("a string has no end")),
        }
    }

    fn binary(&mut self, end: usize) -> Result<(), BsonError> {
        let length = self.length(end)?;
        let subtype = self.take(1, end)?;
        let data = self.take(length, end)?;
        if subtype == [BINARY_OLD] {
            let inner = data
                .get(..4)
                .and_then(|b| b.try_into().ok())
                .map(i32::from_le_bytes);
            let inner = inner.and_then(|n| usize::try_from(n).ok());
            if inner.and_then(|n| n.checked_add(4)) != Some(data.len()) {
                return Err(BsonError("an old binary's inner length is wrong"));
            }
        }
        Ok(())
    }

    /// Reads a document's length and gives where the document ends.
    fn open_document(&mut self, end: usize) -> Result<usize, BsonError> {
        let start = self.at;
        let length = self.length(end)?;
        if length < 5 {
            return Err(BsonError("a document is shorter than 5 bytes"));
        }
        let stop = start.checked_add(length).filter(|&stop| stop <= end);
        stop.ok_or(BsonError("a document is longer than the one around it"))
    }

    fn code_with_scope(&mut self, end: usize) -> Result<usize, BsonError> {
        let start = self.at;
        let length = self.length(end)?;
        let stop = start.checked_add(length).filter(|&stop| stop <= end);
        let stop = stop.ok_or(BsonError("a value is longer than its document"))?;
        self.string(stop)?;
        let scope_end = self.open_document(stop)?;
        if scope_end != stop {
            return Err(BsonError("a code's scope does not fill its length"));
        }
        Ok(scope_end)
    }
}

#[cfg(test)]
#[path = "bson_tests.rs"]
mod tests;
