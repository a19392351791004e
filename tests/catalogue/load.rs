//! L: overload, outages and the environment. What needs a process of its own stands in tests/c.

use std::sync::atomic::{AtomicBool, Ordering};

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::{Reply, StsEmulator};

use crate::host::{Conv, Host, honest};
use crate::support::{ALICE, JANE, LONG, client_second};

#[test]
fn l1_throttling_is_waited_out_and_is_temporary_when_it_lasts() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsStsTimeoutMs", "1000")]);
    sts.push_fault(Reply::Throttling);
    host.login(ALICE).assert_done(ALICE);
    assert_eq!(sts.counters().requests, 2);
    sts.reset();
    sts.set_standing_fault(Some(Reply::Throttling.into()));
    let login = host.login(ALICE);
    login.assert_refused(Reason::StsThrottling);
    login.assert_failed(&[MAWS_E_UPSTREAM]);
    assert!(sts.counters().requests <= 8, "{:?}", sts.counters());
}

#[test]
fn l1_one_account_s_throttling_is_not_another_s() {
    let sts = StsEmulator::builder().quota(1).start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsStsTimeoutMs", "60000")]);
    let storm: Vec<Conv<'_>> = (0..50)
        .map(|_| {
            let conv = host.begin();
            conv.until_pending();
            conv
        })
        .collect();
    let other = "arn:aws:iam::210987654321:user/alice";
    host.login(other).assert_done(other);
    for conv in &storm {
        assert_eq!(conv.cancel(), 0);
    }
}

#[test]
fn l2_an_outage_is_temporary_and_over_when_sts_is_back() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsStsTimeoutMs", "1000")]);
    for reply in [Reply::InternalFailure, Reply::ServiceUnavailable] {
        sts.push_fault(reply.clone());
        host.login(ALICE).assert_done(ALICE);
        sts.set_standing_fault(Some(reply.into()));
        host.login(ALICE).assert_refused(Reason::StsFailing);
        sts.set_standing_fault(None);
        host.login(ALICE).assert_done(ALICE);
    }
}

/// A thousand logins wait for STS; none of the host's threads does.
#[test]
fn l2_a_silent_sts_holds_no_thread_of_the_host() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsStsTimeoutMs", "60000")]);
    sts.hold(None);
    let waiting: Vec<Conv<'_>> = (0..1000)
        .map(|_| {
            let conv = host.begin();
            conv.until_pending();
            conv
        })
        .collect();
    assert!(sts.wait_in_flight(64, LONG));
    let stats = host.stats();
    assert_eq!((stats.in_flight, stats.queued), (64, 936));
    for conv in &waiting[..990] {
        assert_eq!(conv.cancel(), 0);
    }
    sts.release();
    for conv in &waiting[990..] {
        assert_eq!(conv.poll(LONG), 0);
    }
    drop(waiting);
    host.login(JANE).assert_done(JANE);
}

#[test]
fn l3_beyond_workers_and_queue_logins_are_refused_after_a_pause() {
    let sts = StsEmulator::builder().start().unwrap();
    let limits = [
        ("awsStsWorkers", "8"),
        ("awsStsQueueLimit", "500"),
        ("awsStsTimeoutMs", "60000"),
    ];
    let host = Host::with_emulator(&sts, &limits);
    sts.hold(None);
    let mut pending = Vec::new();
    for _ in 0..600 {
        let conv = host.begin();
        let (h, n) = conv.challenge();
        let status = conv.step(&client_second(&honest(&h, &n))).0;
        assert_eq!(status, MAWS_PENDING as i32);
        pending.push(conv);
    }
    for conv in pending.split_off(508) {
        let status = conv.poll(LONG);
        conv.finish(status).assert_refused(Reason::QueueFull);
    }
    sts.release();
    for conv in pending {
        assert_eq!(conv.poll(LONG), 0);
    }
    assert_eq!(sts.counters().requests, 508);
    assert_eq!(host.stats().overloaded, 92);
}

/// Junk costs no place in the queue: it is refused before.
#[test]
fn l3_what_is_refused_here_is_never_queued() {
    let sts = StsEmulator::builder().start().unwrap();
    let limits = [("awsStsWorkers", "1"), ("awsStsQueueLimit", "1")];
    let host = Host::with_emulator(&sts, &limits);
    for _ in 0..1000 {
        let login = host.login_with(|_, _| b"junk".to_vec());
        login.assert_refused(Reason::BsonMalformed);
    }
    assert_eq!(host.stats().sts_requests, 0);
    host.login(ALICE).assert_done(ALICE);
}

#[test]
fn l10_deadlines_are_monotonic() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("SystemTime"), "{}", path.display());
        }
    }
    assert!(files > 30);
}

#[test]
fn l11_options_change_a_thousand_times_under_logins_and_none_fails() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let login = || {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) || count == 0 {
                host.login(ALICE).assert_done(ALICE);
                count += 1;
            }
        };
        let logins = [scope.spawn(login), scope.spawn(login)];
        for round in 0..1000_u32 {
            let workers = (1 + round % 8).to_string();
            let timeout = (8000 + round).to_string();
            let good = [("awsStsWorkers", &*workers), ("awsStsTimeoutMs", &*timeout)];
            assert_eq!(host.set_options(&good), 0);
            let bad = [("awsStsWorkers", "3"), ("awsStsTimeoutMs", "no number")];
            assert_eq!(host.set_options(&bad), MAWS_E_OPTION as i32);
        }
        done.store(true, Ordering::Relaxed);
        for login in logins {
            login.join().unwrap();
        }
    });
}

#[test]
fn l11_what_cannot_be_meant_is_refused_at_create_and_at_run_time_with_its_reason() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let long = "arn:aws:iam::123456789012:user/a ".repeat(1 << 15);
    let role = "arn:aws:iam::123456789012:role/team/shop-app";
    let two = "arn:aws:iam::123456789012:user/a,arn:aws:iam::123456789012:user/b";
    for (key, value, why) in [
        (
            "awsAllowedAccounts",
            "123456789012\0",
            "NUL character, and this one at byte 12",
        ),
        (
            "awsAllowedPrincipals",
            "arn:aws:iam::123456789012:user/a\0*",
            "NUL",
        ),
        ("awsAllowedPartitions", "\0aws", "at byte 0"),
        ("awsAllowedPrincipals", &long, "at most 1048576 bytes"),
        (
            "awsAllowedPrincipals",
            role,
            "user name is arn:aws:iam::123456789012:role/shop-app",
        ),
        ("awsAllowedPrincipals", two, "separated by white space"),
        (
            "awsAllowedAccounts",
            "123456789012,210987654321",
            "separated by white space",
        ),
        (
            "awsAllowedPartitions",
            "aws;aws-cn",
            "separated by white space",
        ),
    ] {
        let refused = Host::create(&[(key, value)]).err().unwrap();
        assert_eq!(refused.status, MAWS_E_OPTION as i32, "{key}");
        let message = &refused.message;
        assert!(
            message.starts_with(key) && message.contains(why),
            "{message}"
        );
        assert_eq!(
            host.set_options(&[(key, value)]),
            MAWS_E_OPTION as i32,
            "{key}"
        );
    }
    host.login(ALICE).assert_done(ALICE);
}
