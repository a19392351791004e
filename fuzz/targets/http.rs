//! Any bytes as an HTTP response: what is accepted reads the same to another reader, and no cut of
//! the bytes into two reads changes it.
#![no_main]

use httparse::{EMPTY_HEADER, Header, Status};
use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::sts::response::{Response, read};

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let cut = usize::from(u16::from_le_bytes(*cut)) % (bytes.len() + 1);
    let (whole, ended) = (read(bytes, false), read(bytes, true));
    match &whole {
        Ok(Some(response)) => {
            check(response, bytes);
            let ended = ended.expect("whole").expect("whole");
            assert!(!ended.reusable, "the server has closed");
            assert_eq!(
                (ended.status, &ended.body),
                (response.status, &response.body)
            );
        }
        Ok(None) => match ended {
            Ok(Some(response)) => check(&response, bytes),
            Ok(None) => panic!("nothing more will come"),
            Err(_) => {}
        },
        Err(_) => assert!(ended.is_err()),
    }
    match read(&bytes[..cut], false) {
        Ok(None) => {}
        Ok(Some(first)) => {
            let whole = whole.expect("whole already").expect("whole already");
            assert_eq!((first.status, first.body), (whole.status, whole.body));
            assert_eq!(whole.reusable, first.reusable && cut == bytes.len());
        }
        Err(_) => assert!(whole.is_err(), "what is wrong stays wrong"),
    }
});

fn check(response: &Response, bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        let mut headers = [EMPTY_HEADER; 1024];
        let mut head = httparse::Response::new(&mut headers);
        let length = match head.parse(rest) {
            Ok(Status::Complete(length)) => length,
            // The second reader's table is full; ours has none.
            Err(httparse::Error::TooManyHeaders) => return,
            other => panic!("{other:?}"),
        };
        let (code, body) = (head.code.expect("a status"), &rest[length..]);
        if (100..200).contains(&code) {
            rest = body;
            continue;
        }
        assert_eq!(response.status, code);
        let content_type = values(head.headers, "content-type");
        assert!(content_type.len() < 2);
        let content_type = content_type.first().map(|value| value.trim_ascii());
        assert_eq!(
            response.content_type.as_deref().map(str::as_bytes),
            content_type
        );
        assert_eq!(
            response.encoded,
            !values(head.headers, "content-encoding").is_empty()
        );
        check_body(response, head.headers, body);
        return;
    }
}

fn check_body(response: &Response, headers: &[Header<'_>], body: &[u8]) {
    let lengths = values(headers, "content-length");
    let codings = values(headers, "transfer-encoding");
    assert!(lengths.len() + codings.len() < 2, "two lengths");
    if matches!(response.status, 204 | 304) {
        assert!(response.body.is_empty());
    } else if let Some(length) = lengths.first() {
        let length = str::from_utf8(length).expect("digits").trim().parse();
        assert_eq!(length, Ok(response.body.len()));
        assert!(body.starts_with(&response.body));
    } else if !codings.is_empty() {
        assert_eq!(response.body, unchunk(body));
    } else {
        assert_eq!(response.body, body);
        assert!(!response.reusable);
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let Ok(Status::Complete((at, size))) = httparse::parse_chunk_size(rest) else {
            panic!("no size of a chunk")
        };
        let (chunk, after) = rest[at..].split_at(usize::try_from(size).expect("a size"));
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").expect("a chunk's end");
        if size == 0 {
            return body;
        }
    }
}

fn values<'a>(headers: &[Header<'a>], name: &str) -> Vec<&'a [u8]> {
    let named = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name));
    named.map(|header| header.value).collect()
}
