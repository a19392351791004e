//! A small, strict reader and writer of HTTP/1.1 messages, independent of what they mean.

use std::io::{self, Read};

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 1024 * 1024;

/// A request as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The request target: path and query.
    pub target: String,
    /// The headers, in order, names as sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Did the peer ask to close the connection after the answer?
    pub fn wants_close(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The value of a query parameter; nothing is percent-decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

/// Why no request could be read.
#[derive(Debug)]
pub enum ReadError {
    /// The connection failed, or ended inside a message.
    Io(io::Error),
    /// The bytes are not a request that this reader accepts.
    Malformed(&'static str),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads requests one after the other from a connection that stays open.
#[derive(Debug, Default)]
pub struct RequestReader {
    buffer: Vec<u8>,
    takes_http_1_0: bool,
    /// The last request was in HTTP/1.0: no other comes over this connection.
    over: bool,
}

impl RequestReader {
    /// One that takes requests in HTTP/1.0 too; each is the last one of its connection.
    pub fn with_http_1_0() -> Self {
        Self {
            takes_http_1_0: true,
            ..Self::default()
        }
    }

    /// The next request, or `None` when the peer closed the connection between two requests.
    pub fn next(&mut self, stream: &mut impl Read) -> Result<Option<Request>, ReadError> {
        if self.over {
            return Ok(None);
        }
        let head_length = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(ReadError::Malformed("the head is too long"));
            }
            if !self.fill(stream)? {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(ReadError::Io(io::ErrorKind::UnexpectedEof.into()))
                };
            }
        };
        let head: Vec<u8> = self.buffer.drain(..head_length).collect();
        let (mut request, version) = parse_head(&head)?;
        self.over = version == "HTTP/1.0" && self.takes_http_1_0;
        if version != "HTTP/1.1" && !self.over {
            return Err(ReadError::Malformed("not an HTTP/1.1 request line"));
        }
        let length = content_length(&request)?;
        while self.buffer.len() < length {
            if !self.fill(stream)? {
                return Err(ReadError::Io(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        request.body = self.buffer.drain(..length).collect();
        Ok(Some(request))
    }

    fn fill(&mut self, stream: &mut impl Read) -> io::Result<bool> {
        let mut chunk = [0_u8; 8192];
        loop {
            match stream.read(&mut chunk) {
                Ok(count) => {
                    self.buffer
                        .extend_from_slice(chunk.get(..count).unwrap_or_default());
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// The request without its body, and the version that it is in.
fn parse_head(head: &[u8]) -> Result<(Request, &str), ReadError> {
    let text =
        std::str::from_utf8(head).map_err(|_| ReadError::Malformed("the head is not UTF-8"))?;
    let mut lines = text.trim_end_matches("\r\n").split("\r\n");
    let request_line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, version] = request_line.as_slice() else {
        return Err(ReadError::Malformed("not an HTTP/1.1 request line"));
    };
    let target = origin_form(target);
    if method.is_empty() || !method.bytes().all(is_token) || !target.starts_with('/') {
        return Err(ReadError::Malformed("odd method or target"));
    }
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .ok_or(ReadError::Malformed("a header line has no colon"))?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(ReadError::Malformed("odd header name"));
        }
        let value = value.trim_matches([' ', '\t']);
        if value.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(ReadError::Malformed("control character in a header"));
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    let request = Request {
        method: (*method).to_owned(),
        target: target.to_owned(),
        headers,
        body: Vec::new(),
    };
    Ok((request, version))
}

/// A server has to take a whole URL, too (RFC 9112, section 3.2.2); an AWS SDK sends one through a proxy.
fn origin_form(target: &str) -> &str {
    let whole = target
        .strip_prefix("https://")
        .or(target.strip_prefix("http://"));
    let path = whole.map(|rest| rest.find('/').and_then(|at| rest.get(at..)));
    path.map_or(target, |path| path.unwrap_or("/"))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn content_length(request: &Request) -> Result<usize, ReadError> {
    if request.header("transfer-encoding").is_some() {
        return Err(ReadError::Malformed("transfer codings are not spoken here"));
    }
    let mut lengths = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = match (lengths.next(), lengths.next()) {
        (None, _) => return Ok(0),
        (Some((_, value)), None) => value,
        _ => return Err(ReadError::Malformed("more than one Content-Length")),
    };
    length
        .parse()
        .ok()
        .filter(|count| *count <= MAX_BODY && length.bytes().all(|b| b.is_ascii_digit()))
        .ok_or(ReadError::Malformed("odd Content-Length"))
}

/// A response to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, in order. `Content-Length` is added when absent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A response with a body of the given media type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// The same response with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The bytes that go on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let framed = |(name, _): &(String, String)| {
            name.eq_ignore_ascii_case("content-length")
                || name.eq_ignore_ascii_case("transfer-encoding")
        };
        if !self.headers.iter().any(framed) {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
