//! What is written to STS and how its answer is read, whoever waits for it.

use zeroize::Zeroize as _;

use super::fault::Fault;
use super::response::{self, RESPONSE_LIMIT, Response};
use super::{Connection, USER_AGENT};
use crate::aws::{Answer, Endpoint, SignedRequest, read_answer};
use crate::reason::{Failure, Reason};

/// Holds any answer of STS; longer ones make it grow.
const READ_BYTES: usize = 4 * 1024;

/// Head and body as one piece, for one record and one system call.
pub fn write_request(request: &SignedRequest, to: &mut Vec<u8>) {
    // Grown once: a copy that growing leaves behind would never be wiped.
    let headers = request
        .headers()
        .map(|(name, value)| name.len() + value.len() + 4);
    to.reserve(headers.sum::<usize>() + 256);
    to.extend_from_slice(b"POST / HTTP/1.1\r\n");
    let length = SignedRequest::BODY.len().to_string();
    let ours = [
        ("content-length", length.as_str()),
        ("user-agent", USER_AGENT),
    ];
    for (name, value) in request.headers().chain(ours) {
        for part in [name, ": ", value, "\r\n"] {
            to.extend_from_slice(part.as_bytes());
        }
    }
    to.extend_from_slice(b"\r\n");
    to.extend_from_slice(SignedRequest::BODY.as_bytes());
}

/// A request that no login is asked for: STS answers it with a refusal.
pub fn write_probe(endpoint: &Endpoint, to: &mut Vec<u8>) {
    let (host, body) = (endpoint.host(), SignedRequest::BODY);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\
         user-agent: {USER_AGENT}\r\n\r\n{body}",
        body.len()
    );
    to.extend_from_slice(head.as_bytes());
}

/// Reads the response behind the bytes of it that have come so far; 0 bytes are its orderly end.
/// None: `read` gave none, since more has to come.
pub fn read_response(
    bytes: &mut Vec<u8>,
    mut read: impl FnMut(&mut [u8]) -> Result<Option<usize>, Fault>,
) -> Result<Option<Response>, Fault> {
    loop {
        let filled = bytes.len();
        if filled >= RESPONSE_LIMIT {
            return Err(Reason::AnswerTooLarge.into());
        }
        make_room(bytes, filled + READ_BYTES);
        let count = read(bytes.get_mut(filled..).unwrap_or_default());
        let came = count.as_ref().ok().copied().flatten();
        bytes.truncate(filled + came.unwrap_or(0));
        let Some(count) = count? else {
            return Ok(None);
        };
        if let Some(response) = response::read(bytes, count == 0)? {
            return Ok(Some(response));
        }
    }
}

/// Lets the bytes grow to this length. What growing leaves behind is wiped, too: STS's errors can
/// repeat the request.
fn make_room(bytes: &mut Vec<u8>, length: usize) {
    if length > bytes.capacity() {
        let mut longer = Vec::with_capacity(length.max(2 * bytes.capacity()));
        longer.extend_from_slice(bytes);
        bytes.zeroize();
        *bytes = longer;
    }
    bytes.resize(length, 0);
}

/// What came over a connection that had rested before: whether that was an answer to this request,
/// and to nothing else. True beside it: the connection may rest again.
pub fn of_rested(
    connection: &mut Connection,
    bytes: &[u8],
    response: Result<Response, Fault>,
) -> Result<(Response, bool), Fault> {
    let response = response.map_err(|fault| Fault {
        // The request changes nothing at STS, so it may be sent again.
        stale: bytes.is_empty() && is_loss(&fault),
        ..fault
    })?;
    if response.surplus || !connection.is_drained() {
        // The first of two may be an answer to what another login asked over this connection.
        let failure = Failure::new(Reason::AnswerHttp, "more than one answer");
        return Err(Fault {
            stale: true,
            ..failure.into()
        });
    }
    let reusable = response.reusable && !connection.has_ended();
    Ok((response, reusable))
}

fn is_loss(fault: &Fault) -> bool {
    matches!(
        fault.failure.reason,
        Reason::ConnectionLost | Reason::TlsFailed
    )
}

/// What STS says in the response.
pub fn answer(response: &Response) -> Result<Answer, Failure> {
    if response.encoded {
        return Err(Reason::AnswerEncoded.into());
    }
    read_answer(
        response.status,
        response.content_type.as_deref(),
        &response.body,
    )
}
