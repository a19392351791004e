//! The first response in a stream of bytes, read from the whole stream at once (RFC 9112).
//!
//! It takes what the plugin may take: bare line feeds in the head, equal lengths in duplicate,
//! trailers. What readers are known to disagree about is no response.

use std::iter;

/// A response that has come as a whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub content_type: Option<String>,
    pub encoded: bool,
    pub body: Vec<u8>,
    /// Where the next response would begin; none if only the end of the stream ends this one.
    pub end: Option<usize>,
}

/// The first response that is not interim.
pub fn first_response(bytes: &[u8]) -> Option<Response> {
    let mut begin = 0;
    loop {
        let (head, length) = Head::read(&bytes[begin..])?;
        begin += length;
        if !matches!(head.status, 100 | 102..=199) {
            return head.with_body(bytes, begin);
        }
    }
}

struct Head {
    is_http_1_0: bool,
    status: u16,
    /// Names in lower case.
    headers: Vec<(String, Vec<u8>)>,
}

impl Head {
    /// The head at the beginning, and its length.
    fn read(bytes: &[u8]) -> Option<(Head, usize)> {
        let mut rest = bytes;
        let mut lines = iter::from_fn(|| {
            let (line, after) = rest.split_at(rest.iter().position(|&b| b == b'\n')?);
            rest = &after[1..];
            Some(line.strip_suffix(b"\r").unwrap_or(line))
        });
        let first = lines.by_ref().find(|line| !line.is_empty())?;
        let (is_http_1_0, status) = status_line(first)?;
        let mut headers = Vec::new();
        loop {
            match lines.next()? {
                b"" => break,
                line => headers.push(header(line)?),
            }
        }
        let head = Head {
            is_http_1_0,
            status,
            headers,
        };
        Some((head, bytes.len() - rest.len()))
    }

    fn values(&self, name: &str) -> Vec<&[u8]> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| &**value).collect()
    }

    fn with_body(self, bytes: &[u8], begin: usize) -> Option<Response> {
        let (body, end) = self.body(&bytes[begin..])?;
        let content_type = self.values("content-type").first().copied();
        Some(Response {
            status: self.status,
            content_type: content_type.map(|value| String::from_utf8_lossy(value).into_owned()),
            encoded: !self.values("content-encoding").is_empty(),
            body,
            end: end.map(|end| begin + end),
        })
    }

    /// The body and where it ends.
    fn body(&self, rest: &[u8]) -> Option<(Vec<u8>, Option<usize>)> {
        let codings = self.values("transfer-encoding");
        let lengths = self.values("content-length");
        if matches!(self.status, 101 | 204 | 304) {
            return Some((Vec::new(), Some(0)));
        }
        match (&*codings, &*lengths) {
            ([], []) => Some((rest.to_vec(), None)),
            ([], lengths) => {
                let length = length(lengths)?;
                Some((rest.get(..length)?.to_vec(), Some(length)))
            }
            ([coding], []) if coding.eq_ignore_ascii_case(b"chunked") && !self.is_http_1_0 => {
                chunked(rest)
            }
            _ => None,
        }
    }
}

/// The version and the status.
fn status_line(line: &[u8]) -> Option<(bool, u16)> {
    let line = printable(line)?;
    let is_http_1_0 = match line.get(..9)? {
        b"HTTP/1.0 " => true,
        b"HTTP/1.1 " => false,
        _ => return None,
    };
    let status = line.get(9..12)?;
    let is_status = status.iter().all(u8::is_ascii_digit) && status[0] != b'0';
    let is_end = matches!(line.get(12), None | Some(b' '));
    let status = str::from_utf8(status).ok()?.parse().ok()?;
    (is_status && is_end).then_some((is_http_1_0, status))
}

fn header(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let line = printable(line)?;
    let (name, value) = line.split_at(line.iter().position(|&b| b == b':')?);
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = str::from_utf8(name).ok()?.to_ascii_lowercase();
    is_name.then(|| (name, value[1..].trim_ascii().to_vec()))
}

fn printable(line: &[u8]) -> Option<&[u8]> {
    let is_control = |&b: &u8| b.is_ascii_control() && b != b'\t';
    (!line.iter().any(is_control)).then_some(line)
}

/// The length that all of them give.
fn length(values: &[&[u8]]) -> Option<usize> {
    let elements = values
        .iter()
        .flat_map(|value| value.split(|&b| b == b','))
        .map(|element| {
            let digits = element.trim_ascii();
            let is_number = digits.iter().all(u8::is_ascii_digit);
            str::from_utf8(digits)
                .ok()
                .filter(|_| is_number)?
                .parse()
                .ok()
        });
    let lengths: Vec<usize> = elements.collect::<Option<_>>()?;
    let first = *lengths.first()?;
    lengths.iter().all(|other| *other == first).then_some(first)
}

/// The content of all chunks, and where the trailers end: none if the stream ends behind the last chunk's
/// size, or behind a trailer.
fn chunked(bytes: &[u8]) -> Option<(Vec<u8>, Option<usize>)> {
    let mut rest = bytes;
    let mut body = Vec::new();
    loop {
        let size = chunk_size(line(&mut rest)?)?;
        if size == 0 {
            break;
        }
        body.extend(rest.split_off(..size)?);
        if !line(&mut rest)?.is_empty() {
            return None;
        }
    }
    loop {
        if rest.is_empty() {
            return Some((body, None));
        }
        if line(&mut rest)?.is_empty() {
            return Some((body, Some(bytes.len() - rest.len())));
        }
    }
}

/// Bare digits are the rule. White space around them and a plus sign, which ureq takes, change no reader's
/// number.
fn chunk_size(line: &[u8]) -> Option<usize> {
    let size = line.split(|&b| b == b';').next()?;
    usize::from_str_radix(str::from_utf8(size).ok()?.trim(), 16).ok()
}

/// The next line, without the CRLF that ends it.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = rest.iter().position(|&b| b == b'\r')?;
    let line = rest.split_off(..length)?;
    *rest = rest.strip_prefix(b"\r\n")?;
    Some(line)
}
