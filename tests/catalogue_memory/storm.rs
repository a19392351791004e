//! L3: what a crowd of logins costs that come at once.

use std::io;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use mongodb_aws_auth::abi::maws_code::*;
use sts_emulator::client::Signer;
use sts_emulator::hostile::{Certificate, HostileSts, Visit};

use crate::host::{Conv, Host};
use crate::support::{ALICE, LONG, SHOP_APP, client_first, client_second, credentials};
use crate::{PEAK, answer, live, turn};

/// Says that everyone is alice, a tenth of a second later.
fn a_tenth_of_a_second_away(visit: &mut Visit<'_>) -> io::Result<()> {
    while visit.request()?.is_some() {
        thread::sleep(Duration::from_millis(100));
        visit.send(&answer())?;
    }
    Ok(())
}

/// So many conversations whose client-second comes next.
fn challenged(host: &Host, count: usize) -> Vec<Conv<'_>> {
    let first = client_first();
    let begin = |_| {
        let conv = host.begin();
        assert_eq!(conv.step(&first).0, MAWS_CONTINUE as i32);
        conv
    };
    (0..count).map(begin).collect()
}

/// The server in these tests looks at no signature, so one message does for all.
fn message(token: Option<String>) -> Vec<u8> {
    let mut who = credentials(token.as_ref().map_or(ALICE, |_| SHOP_APP));
    who.session_token = token;
    let now = std::time::SystemTime::now();
    client_second(&Signer::new(&who, "sts.amazonaws.com", &[7; 64], now).client_second())
}

#[test]
fn l3_ten_thousand_logins_at_once_are_in_time_or_refused_as_busy_in_bounded_memory() {
    const CROWD: usize = 10_000;
    const DEADLINE: Duration = Duration::from_secs(8);
    let _turn = turn();
    let sts = HostileSts::start(Certificate::Valid, a_tenth_of_a_second_away).unwrap();
    let host = Host::with_hostile(&sts, &[("awsConversationTimeoutMs", "600000")]);
    host.set_log_off();
    let crowd = challenged(&host, CROWD);
    let second = message(None);
    let before = live();
    PEAK.store(before, SeqCst);
    for conv in &crowd {
        assert_eq!(conv.step(&second).0, MAWS_PENDING as i32);
    }
    let (mut done, mut refused) = (0, 0);
    for conv in crowd {
        let status = conv.poll(LONG);
        let info = conv.info();
        if status == MAWS_DONE as i32 {
            done += 1;
            // By the plugin's own figures; a thread may be late to look at the clock.
            let taken = Duration::from_micros(info.queue_us + info.connect_us + info.sts_us);
            assert!(taken < DEADLINE + Duration::from_secs(1), "{taken:?}");
        } else {
            refused += 1;
            // Whose time is over on a slow machine, before it was seen that it would be.
            conv.finish(status)
                .assert_failed(&[MAWS_E_OVERLOADED, MAWS_E_TIMEOUT]);
        }
    }
    let stats = host.stats();
    assert!(done > 0 && stats.overloaded > 0, "{done} logged in");
    assert_eq!(stats.overloaded + stats.timed_out, refused);
    assert!(stats.sts_requests <= done + stats.timed_out);
    let peak = PEAK.load(SeqCst) - before;
    assert!(peak < CROWD * (second.len() + 1024), "{peak} bytes");
}

/// So the limits of conversations and of what waits are a limit of memory.
#[test]
fn l3_what_waits_takes_the_length_of_its_message_and_1_kib() {
    const COUNT: usize = 1000;
    let _turn = turn();
    let sts = HostileSts::start(Certificate::Valid, |visit| {
        visit.request()?;
        visit.until_closed()
    })
    .unwrap();
    let limits = [("awsStsWorkers", "1"), ("awsStsTimeoutMs", "60000")];
    let host = Host::with_hostile(&sts, &limits);
    host.set_log_off();
    for token in [None, Some("T".repeat(16 * 1024))] {
        let second = message(token);
        let crowd = challenged(&host, COUNT);
        let before = live();
        for conv in &crowd {
            assert_eq!(conv.step(&second).0, MAWS_PENDING as i32);
        }
        let each = (live() - before) / COUNT;
        assert!(each <= second.len() + 1024, "{each} bytes");
    }
}
