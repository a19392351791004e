//! The payloads of MONGODB-AWS as clients write and read them: BSON.

use crate::client::ClientSecond;

/// Bytes of the client's nonce.
pub const NONCE: usize = 32;

/// The length of `s` in server-first: the client's nonce, then the server's.
const BOTH_NONCES: usize = 2 * NONCE;

/// `{r: nonce, p: 110}`
pub fn client_first(nonce: &[u8; NONCE]) -> Vec<u8> {
    let mut elements = b"\x05r\0\x20\0\0\0\0".to_vec();
    elements.extend(nonce);
    elements.extend(b"\x10p\0\x6E\0\0\0");
    document(&elements)
}

/// Host and nonce of `{s: 64 bytes, h: string}`, in this order; `None` for anything else.
pub fn read_server_first(reply: &[u8]) -> Option<(String, Vec<u8>)> {
    let elements = reply.get(4..)?.strip_prefix(b"\x05s\0\x40\0\0\0\0")?;
    let (nonce, rest) = elements.split_at_checked(BOTH_NONCES)?;
    let host = rest.strip_prefix(b"\x02h\0")?.get(4..)?;
    let host = host.strip_suffix(b"\0\0")?;
    Some((String::from_utf8(host.to_vec()).ok()?, nonce.to_vec()))
}

/// `{a, d, t}`, without `t` for credentials that have no token.
pub fn client_second(second: &ClientSecond) -> Vec<u8> {
    let mut elements = string_element("a", &second.a);
    elements.extend(string_element("d", &second.d));
    elements.extend(second.t.iter().flat_map(|token| string_element("t", token)));
    document(&elements)
}

/// One element of type string.
pub fn string_element(key: &str, value: &str) -> Vec<u8> {
    let mut element = vec![2];
    element.extend(key.bytes().chain([0]));
    element.extend((value.len() as u32 + 1).to_le_bytes());
    element.extend(value.bytes().chain([0]));
    element
}

/// The document of these elements.
pub fn document(elements: &[u8]) -> Vec<u8> {
    let mut document = (elements.len() as u32 + 5).to_le_bytes().to_vec();
    document.extend(elements);
    document.push(0);
    document
}
