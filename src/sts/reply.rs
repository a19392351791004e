//! One response of STS, read to its end.

use std::io::Read as _;

use ureq::http::{Response, Version, header};
use zeroize::Zeroizing;

use super::call;
use crate::aws::{Answer, read_answer};
use crate::reason::{Failure, Reason};

/// Longest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// What counts of a response.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    content_type: Option<String>,
    encoded: bool,
    body: Zeroizing<Vec<u8>>,
}

impl Reply {
    /// What STS says in it.
    pub fn answer(&self) -> Result<Answer, Failure> {
        if self.encoded {
            return Err(Reason::AnswerEncoded.into());
        }
        read_answer(self.status, self.content_type.as_deref(), &self.body)
    }
}

/// Refuses what readers may see another end of: a coding other than chunks, which ureq takes for none,
/// one in HTTP/1.0, or one beside a length (RFC 9112, section 6).
fn check_coding(response: &Response<ureq::Body>) -> Result<(), Failure> {
    let headers = response.headers();
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else {
        return Ok(());
    };
    let is_chunked = coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
    let has_length = headers.contains_key(header::CONTENT_LENGTH);
    match is_chunked && !has_length && response.version() == Version::HTTP_11 {
        true => Ok(()),
        false => Err(Failure::new(Reason::AnswerHttp, "its transfer coding")),
    }
}

/// Reads the body to its end, so that the connection can serve another call.
pub fn read(mut response: Response<ureq::Body>) -> Result<Reply, Failure> {
    check_coding(&response)?;
    let content_types = response.headers().get_all(header::CONTENT_TYPE);
    let mut content_types = content_types.into_iter();
    let content_type = content_types.next();
    if content_types.next().is_some() {
        return Err(Failure::new(Reason::AnswerContentType, "it is duplicated"));
    }
    let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into());
    let encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    let status = response.status().as_u16();
    let too_large = || Failure::new(Reason::AnswerTooLarge, "its body");
    let length = match response.body().content_length() {
        Some(length) => usize::try_from(length).map_err(|_| too_large())?,
        None => BODY_LIMIT,
    };
    if length > BODY_LIMIT {
        return Err(too_large());
    }
    // As long as it may become: a copy that growing leaves behind would never be wiped. One byte
    // more, so that its end is read.
    let mut body = Zeroizing::new(vec![0; length + 1]);
    let mut reader = response.body_mut().as_reader();
    let mut filled = 0;
    loop {
        let space = body.get_mut(filled..).unwrap_or_default();
        if space.is_empty() {
            return Err(too_large());
        }
        let count = reader.read(space);
        match count.map_err(|error| call::from_io(error, Reason::ConnectionLost))? {
            0 => break,
            count => filled += count,
        }
    }
    body.truncate(filled);
    Ok(Reply {
        status,
        content_type,
        encoded,
        body,
    })
}
