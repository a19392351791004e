//! Reading one HTTP/1.1 response, strictly (RFC 9112), from the bytes that have come so far.
//!
//! Refused, since two readers could disagree on them: lines that do not end in CRLF, folded lines,
//! space before a colon, more than one length, a length beside a transfer coding, chunk extensions
//! and trailers.

use crate::reason::{Failure, Reason};

/// Longest head, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// Longest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;
/// Most bytes of a response, with room for the framing of small chunks.
pub const RESPONSE_LIMIT: usize = HEAD_LIMIT + 2 * BODY_LIMIT;
/// Most interim (1xx) responses before the real one.
const INTERIM_LIMIT: usize = 4;

/// A whole response.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Value of Content-Type.
    pub content_type: Option<String>,
    /// The body is compressed or otherwise encoded.
    pub encoded: bool,
    /// The body, freed of its framing.
    pub body: Vec<u8>,
    /// Nothing was left over, and the server did not say that it closes.
    pub reusable: bool,
    /// Something was left over.
    pub surplus: bool,
}

/// Reads the response in `bytes`. None: more has to come. `ended`: nothing more will, and the
/// stream ended in order.
pub fn read(bytes: &[u8], ended: bool) -> Result<Option<Response>, Failure> {
    let mut rest = bytes;
    for _ in 0..=INTERIM_LIMIT {
        let Some((head, body)) = split_head(rest)? else {
            return incomplete(bytes, ended);
        };
        let head = Head::parse(head)?;
        match head.status {
            100 | 102..=199 => rest = body,
            _ => return head.with_body(body, ended),
        }
    }
    Err(malformed("too many interim responses"))
}

fn incomplete(bytes: &[u8], ended: bool) -> Result<Option<Response>, Failure> {
    match (ended, bytes.len() > HEAD_LIMIT) {
        (_, true) => Err(Failure::new(Reason::AnswerTooLarge, "its head")),
        (true, _) => Err(Failure::new(
            Reason::ConnectionLost,
            "closed within the head",
        )),
        (false, _) => Ok(None),
    }
}

fn malformed(what: &str) -> Failure {
    Failure::new(Reason::AnswerHttp, what)
}

/// The head without its empty line, and what follows; none while the empty line is not there.
fn split_head(bytes: &[u8]) -> Result<Option<(&str, &[u8])>, Failure> {
    const END: &[u8] = b"\r\n\r\n";
    let limited = bytes.get(..HEAD_LIMIT).unwrap_or(bytes);
    let Some(at) = limited.windows(END.len()).position(|window| window == END) else {
        return Ok(None);
    };
    let (head, rest) = bytes.split_at(at);
    let head = str::from_utf8(head).map_err(|_| malformed("its head is not text"))?;
    Ok(Some((head, rest.get(END.len()..).unwrap_or_default())))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilEnd,
}

struct Head {
    status: u16,
    content_type: Option<String>,
    encoded: bool,
    framing: Framing,
    closes: bool,
}

impl Head {
    fn parse(text: &str) -> Result<Head, Failure> {
        let mut lines = text.split("\r\n");
        let status = status(lines.next().unwrap_or_default())?;
        let mut head = Head {
            status,
            content_type: None,
            encoded: false,
            framing: Framing::UntilEnd,
            closes: false,
        };
        for line in lines {
            let (name, value) = field(line)?;
            head.take(name, value)?;
        }
        if matches!(status, 204 | 304) {
            head.framing = Framing::Length(0);
        }
        Ok(head)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("content-length") {
            self.frame(Framing::Length(length(value)?))
        } else if is("transfer-encoding") {
            match value.eq_ignore_ascii_case("chunked") {
                true => self.frame(Framing::Chunked),
                false => Err(malformed("a transfer coding other than chunked")),
            }
        } else if is("content-type") {
            match self.content_type.replace(value.to_owned()) {
                None => Ok(()),
                Some(_) => Err(Failure::new(Reason::AnswerContentType, "it stands twice")),
            }
        } else {
            self.encoded |= is("content-encoding");
            let closes = |token: &str| token.trim().eq_ignore_ascii_case("close");
            self.closes |= is("connection") && value.split(',').any(closes);
            Ok(())
        }
    }

    fn frame(&mut self, framing: Framing) -> Result<(), Failure> {
        match std::mem::replace(&mut self.framing, framing) {
            Framing::UntilEnd => Ok(()),
            _ => Err(malformed("more than one length")),
        }
    }

    fn with_body(self, bytes: &[u8], ended: bool) -> Result<Option<Response>, Failure> {
        let (body, used) = match self.framing {
            Framing::Length(length) if length > BODY_LIMIT => return Err(too_large()),
            Framing::Length(length) => match bytes.get(..length) {
                Some(body) => (body.to_vec(), length),
                None if ended => return Err(cut()),
                None => return Ok(None),
            },
            Framing::Chunked => match unchunk(bytes)? {
                Some(found) => found,
                None if ended => return Err(cut()),
                None => return Ok(None),
            },
            Framing::UntilEnd if bytes.len() > BODY_LIMIT => return Err(too_large()),
            Framing::UntilEnd if ended => (bytes.to_vec(), bytes.len()),
            Framing::UntilEnd => return Ok(None),
        };
        Ok(Some(Response {
            status: self.status,
            content_type: self.content_type,
            encoded: self.encoded,
            body,
            surplus: used != bytes.len(),
            reusable: !ended && !self.closes && used == bytes.len(),
        }))
    }
}

fn too_large() -> Failure {
    Failure::new(Reason::AnswerTooLarge, "its body")
}

fn cut() -> Failure {
    Failure::new(Reason::ConnectionLost, "closed within the body")
}

/// `HTTP/1.1 SP 3DIGIT SP reason`; the reason may be empty.
fn status(line: &str) -> Result<u16, Failure> {
    let code = line
        .strip_prefix("HTTP/1.1 ")
        .filter(|rest| rest.bytes().all(is_text))
        .and_then(|rest| rest.split(' ').next())
        .filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|code| code.parse().ok())
        .filter(|code| (100..=599).contains(code) && *code != 101);
    code.ok_or_else(|| malformed("its status line"))
}

fn field(line: &str) -> Result<(&str, &str), Failure> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    match line.split_once(':') {
        Some((name, value))
            if !name.is_empty() && name.bytes().all(token) && value.bytes().all(is_text) =>
        {
            Ok((name, value.trim_matches([' ', '\t'])))
        }
        _ => Err(malformed("a header line")),
    }
}

/// May stand in a reason or a value: a line feed alone may not, which other readers take for a
/// line's end.
fn is_text(b: u8) -> bool {
    b == b'\t' || (b >= b' ' && b != 0x7F)
}

fn length(value: &str) -> Result<usize, Failure> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let length = digits.then(|| value.parse().ok()).flatten();
    length.ok_or_else(|| malformed("its length"))
}

/// The body of chunks and how many bytes they took; none while they are not complete.
fn unchunk(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Failure> {
    let mut body = Vec::new();
    let mut rest = bytes;
    loop {
        let Some((size, after)) = chunk_size(rest)? else {
            return Ok(None);
        };
        if body.len() + size > BODY_LIMIT {
            return Err(too_large());
        }
        let Some((chunk, after)) = after.split_at_checked(size) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        rest = match after {
            [b'\r', b'\n', after @ ..] => after,
            [] | [b'\r'] => return Ok(None),
            _ => return Err(malformed("a chunk's end")),
        };
        if size == 0 {
            return Ok(Some((body, bytes.len() - rest.len())));
        }
    }
}

/// One to five hexadecimal digits and CRLF.
fn chunk_size(bytes: &[u8]) -> Result<Option<(usize, &[u8])>, Failure> {
    const LONGEST: usize = 5;
    let count = bytes.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (digits, after) = bytes.split_at(count);
    match after {
        _ if count > LONGEST => Err(malformed("a chunk's size")),
        [b'\r', b'\n', after @ ..] if count > 0 => {
            let digits = str::from_utf8(digits).unwrap_or_default();
            let size = usize::from_str_radix(digits, 16);
            Ok(Some((
                size.map_err(|_| malformed("a chunk's size"))?,
                after,
            )))
        }
        [] => Ok(None),
        [b'\r'] if count > 0 => Ok(None),
        _ => Err(malformed("a chunk's size")),
    }
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
