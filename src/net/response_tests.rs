use super::*;

fn whole(text: &str) -> Response {
    read(text.as_bytes(), false)
        .unwrap()
        .unwrap_or_else(|| panic!("incomplete: {text:?}"))
}

#[track_caller]
fn assert_refused(text: &str, reason: Reason) {
    for ended in [false, true] {
        match read(text.as_bytes(), ended) {
            Err(failure) => assert_eq!(failure.reason, reason, "{text:?}"),
            Ok(response) => panic!("{text:?} was read as {response:?}"),
        }
    }
}

#[test]
fn a_response_with_a_length_is_read() {
    let response = whole(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length:4 \r\nX-Odd:\r\n\r\nbody",
    );
    let expected = Response {
        status: 200,
        content_type: Some("application/json".to_owned()),
        encoded: false,
        body: b"body".to_vec(),
        reusable: true,
        surplus: false,
    };
    assert_eq!(response, expected);
    assert_eq!(
        whole("HTTP/1.1 403 \r\nContent-Length: 0\r\n\r\n").status,
        403
    );
}

#[test]
fn every_shorter_part_of_a_response_waits_for_more() {
    for text in [
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
    ] {
        assert_eq!(whole(text).body, b"body");
        for length in 0..text.len() {
            assert_eq!(
                read(&text.as_bytes()[..length], false),
                Ok(None),
                "{:?}",
                &text[..length]
            );
            let cut = read(&text.as_bytes()[..length], true).map_err(|f| f.reason);
            assert_eq!(cut, Err(Reason::ConnectionLost), "{:?}", &text[..length]);
        }
    }
}

#[test]
fn a_body_without_a_length_goes_to_the_orderly_end() {
    let text = "HTTP/1.1 200 OK\r\n\r\nbody";
    assert_eq!(read(text.as_bytes(), false), Ok(None));
    let response = read(text.as_bytes(), true).unwrap().unwrap();
    assert_eq!(
        (response.body.as_slice(), response.reusable),
        (&b"body"[..], false)
    );
}

#[test]
fn a_connection_is_reusable_only_if_nothing_is_left_over() {
    for (text, reusable) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", true),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n",
            false,
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx\n", false),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            true,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x, Close\r\n\r\nx",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx",
            true,
        ),
    ] {
        assert_eq!(whole(text).reusable, reusable, "{text:?}");
    }
    let ended = read(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", true)
        .unwrap()
        .unwrap();
    assert!(!ended.reusable);
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    for text in [
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "<html>\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 9\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 O\rK\r\n\r\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\nz\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\nz\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\nz\n0\n\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nzz0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        assert_refused(text, Reason::AnswerHttp);
    }
}

#[test]
fn a_response_has_limits() {
    let long = "x".repeat(HEAD_LIMIT + 1);
    assert_refused(
        &format!("HTTP/1.1 200 OK\r\nX: {long}"),
        Reason::AnswerTooLarge,
    );
    assert_refused(
        &format!("HTTP/1.1 200 OK\r\nX: {long}\r\n\r\n"),
        Reason::AnswerTooLarge,
    );
    assert_refused(
        "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n",
        Reason::AnswerTooLarge,
    );
    let body = "x".repeat(BODY_LIMIT);
    assert_eq!(
        whole(&format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n{body}"
        ))
        .body
        .len(),
        BODY_LIMIT
    );
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}1\r\nx\r\n0\r\n\r\n"
    );
    assert_refused(&chunked, Reason::AnswerTooLarge);
    assert_refused(
        &format!("HTTP/1.1 200 OK\r\n\r\n{body}x"),
        Reason::AnswerTooLarge,
    );
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(INTERIM_LIMIT + 1);
    assert_refused(&interim, Reason::AnswerHttp);
}

#[test]
fn encodings_and_a_second_content_type_are_told() {
    assert!(
        whole("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n").encoded
    );
    let twice =
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n";
    assert_refused(twice, Reason::AnswerContentType);
}

#[test]
fn a_status_without_a_body_has_none() {
    let response = whole("HTTP/1.1 204 No Content\r\n\r\n");
    assert!(response.body.is_empty() && response.reusable);
}
