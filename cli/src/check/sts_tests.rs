use super::*;
use crate::check::{Status, Step};

fn clock_step(offset: i64) -> Step {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = OffsetDateTime::now_utc() + time::Duration::seconds(offset);
    let answer = HttpAnswer {
        status: 403,
        date: date.format(&form).ok(),
        server: None,
        reusable: true,
        body: String::new(),
    };
    let mut findings = Findings::default();
    clock(&answer, &mut findings);
    findings.0.remove(0)
}

#[test]
fn the_clock_is_judged_as_sts_judges_signatures() {
    for (offset, status, word) in [
        (0, Status::Pass, "as STS's"),
        (120, Status::Warn, "behind"),
        (-120, Status::Warn, "ahead"),
        (1000, Status::Fail, "behind"),
        (-1000, Status::Fail, "ahead"),
    ] {
        let step = clock_step(offset);
        assert_eq!(step.status, status, "{step:?}");
        assert!(step.found.contains(word), "{step:?}");
    }
}

#[test]
fn a_date_is_read_in_the_form_of_http() {
    assert_eq!(
        http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
        Some(784_111_777)
    );
    assert_eq!(http_date("1994-11-06"), None);
}

#[test]
fn an_address_that_takes_no_connection_is_warned_of() {
    let open = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let addresses = [closed, open.local_addr().unwrap()];
    let mut findings = Findings::default();
    assert!(route(&addresses, Duration::from_secs(5), &mut findings).is_some());
    let step = findings.0.remove(0);
    assert_eq!(step.status, Status::Warn);
    assert!(step.found.contains(&closed.to_string()), "{step:?}");
}

#[test]
fn a_slow_way_or_one_that_closes_is_warned_of() {
    let status = |cold, warm: Option<u64>| {
        let mut findings = Findings::default();
        let warm = warm.map(Duration::from_millis);
        latency(Duration::from_millis(cold), warm, &mut findings);
        findings.0.remove(0).status
    };
    assert_eq!(status(100, Some(10)), Status::Pass);
    assert_eq!(status(100, None), Status::Warn);
    assert_eq!(status(4000, Some(10)), Status::Warn);
}
