//! What must stand in no log line, error or statistic: noted whenever a client of these tests sends
//! it, looked for in all that a host was told.
//!
//! Noted are hashes of pieces, no copies: tests of memory look for copies.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A text that holds so many bytes of a secret in a row gives it away; of less, chance may be the
/// reason. Pieces begin at every so manieth byte.
const PIECE: usize = 16;
const STEP: usize = 4;

static NOTED: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

fn hash(piece: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    piece.hash(&mut hasher);
    hasher.finish()
}

fn note(secret: &[u8]) {
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    let pieces = secret.windows(PIECE).step_by(STEP).map(hash);
    noted.get_or_insert_default().extend(pieces);
}

/// A session token, or another text of which nothing may be seen.
pub fn note_text(secret: &str) {
    note(secret.as_bytes());
}

/// The nonce of a server-first, in the ways in which bytes get into texts: of base64, the server's
/// half has its own.
pub fn note_nonce(nonce: &[u8]) {
    let hex: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
    let half = &nonce[nonce.len() / 2..];
    let texts = [STANDARD.encode(nonce), STANDARD.encode(half)];
    texts.iter().for_each(|text| note_text(text));
    note_text(&hex);
    note_text(&format!("{nonce:?}"));
}

/// An Authorization value: the signature, and what no text but the header itself has before it. The
/// access key id alone is no secret.
pub fn note_header(authorization: &[u8]) {
    for name in [&b"Credential="[..], b"SignedHeaders=", b"Signature="] {
        let places = authorization.windows(name.len()).enumerate();
        for (at, _) in places.filter(|(_, window)| *window == name) {
            let from = &authorization[at..];
            note(&from[..from.len().min(PIECE)]);
            if name == b"Signature=" {
                let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
                let digits = from[name.len()..].iter().take_while(is_digit).count();
                note(&from[name.len()..][..digits]);
            }
        }
    }
}

/// Whatever the client sends: the strings `a` and `t` of a client-second, as far as it is one.
pub fn note_payload(payload: &[u8]) {
    let mut rest = payload.get(4..).unwrap_or_default();
    while let [2, key, 0, l0, l1, l2, l3, text @ ..] = rest {
        let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        let Some((value, after)) = text.split_at_checked(length) else {
            break;
        };
        match key {
            b'a' => note_header(value),
            b't' => note(value),
            _ => {}
        }
        rest = after;
    }
}

/// The first piece of a secret in the text.
pub fn found_in(text: &str) -> Option<String> {
    let noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    let noted = noted.as_ref()?;
    let mut pieces = text.as_bytes().windows(PIECE);
    pieces
        .find(|piece| noted.contains(&hash(piece)))
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
}

/// Fails if a text holds a piece of a secret.
#[track_caller]
pub fn assert_absent(text: &str) {
    if let Some(piece) = found_in(text) {
        panic!("{piece} stands in {text}");
    }
}
