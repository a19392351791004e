use super::*;

fn read_all(mut bytes: &[u8]) -> Vec<Request> {
    let mut reader = RequestReader::default();
    std::iter::from_fn(|| reader.next(&mut bytes).unwrap()).collect()
}

fn refusal(mut bytes: &[u8]) -> ReadError {
    RequestReader::default().next(&mut bytes).unwrap_err()
}

#[test]
fn a_request_keeps_its_headers_in_order() {
    let requests =
        read_all(b"POST /x?a=1&b=2 HTTP/1.1\r\nB: 2\r\nA:  1 \r\nContent-Length: 2\r\n\r\nhi");
    let request = requests.first().unwrap();
    assert_eq!(request.method, "POST");
    assert_eq!(request.path(), "/x");
    assert_eq!(request.query("b"), Some("2"));
    assert_eq!(request.headers.first().unwrap().0, "B");
    assert_eq!(request.header("a"), Some("1"));
    assert_eq!(request.body, b"hi");
}

#[test]
fn a_whole_url_is_taken_for_its_path() {
    for (url, path) in [
        ("https://sts.amazonaws.com/a?b=c", "/a"),
        ("http://127.0.0.1:80", "/"),
    ] {
        let head = format!("GET {url} HTTP/1.1\r\n\r\n");
        assert_eq!(read_all(head.as_bytes()).first().unwrap().path(), path);
    }
}

#[test]
fn a_request_in_http_1_0_is_taken_where_that_is_wanted_and_is_the_last() {
    let mut bytes = &b"GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n"[..];
    let mut reader = RequestReader::with_http_1_0();
    let first = reader.next(&mut bytes).unwrap().unwrap();
    assert_eq!(first.path(), "/a");
    assert_eq!(reader.next(&mut bytes).unwrap(), None);
}

#[test]
fn requests_that_arrive_together_are_read_one_by_one() {
    let bytes = b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\naGET /b HTTP/1.1\r\n\r\n";
    assert_eq!(read_all(bytes).len(), 2);
}

#[test]
fn an_end_inside_a_message_is_an_error_and_between_messages_it_is_not() {
    assert!(matches!(refusal(b"POST / HT"), ReadError::Io(_)));
    assert!(matches!(
        refusal(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc"),
        ReadError::Io(_)
    ));
    assert!(read_all(b"").is_empty());
}

#[test]
fn malformed_requests_are_refused() {
    let cases: [&[u8]; 9] = [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET ftp://x/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nA : 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: 1\n2\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    ];
    for case in cases {
        let text = String::from_utf8_lossy(case);
        assert!(matches!(refusal(case), ReadError::Malformed(_)), "{text}");
    }
}

#[test]
fn a_response_gets_its_length_unless_it_brings_its_own_framing() {
    let response = Response::new(200, "text/plain", "hi");
    assert_eq!(
        response.to_bytes(),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
    );
    let wrong = response.with("Content-Length", "7").to_bytes();
    let text = String::from_utf8(wrong).unwrap();
    assert_eq!(text.matches("Content-Length").count(), 1);
}
