//! L4: a fault of the plugin's own code ends one conversation, is reported, and nothing else.
//!
//! `cargo test --features failpoints --test failpoints`

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "catalogue/host.rs"]
#[allow(dead_code)]
mod host;
mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::abi::*;
use mongodb_aws_auth::failpoint::Point;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;

use host::{Host, call, empty_error, empty_step, view};
use support::{ALICE, JANE, LONG, client_first};

const PANIC: maws_status = MAWS_E_PANIC as maws_status;

/// A fault that one test asks for must not hit another.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
fn panics(call: impl FnOnce() -> maws_status) {
    Point::Call.arm();
    assert_eq!(call(), PANIC);
}

/// The outcome is there a moment before it is counted.
#[track_caller]
fn wait_until(holds: impl Fn() -> bool) {
    let since = std::time::Instant::now();
    while !holds() {
        assert!(since.elapsed() < LONG);
        std::thread::yield_now();
    }
}

#[test]
fn l4_a_panic_in_any_function_of_the_table_is_a_status_and_the_host_goes_on() {
    let _turn = turn();
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    let conv = host.begin();
    let plugin = host.plugin;
    let mut error = empty_error();

    let mut created = maws_plugin { id: u64::MAX };
    let none = std::ptr::null::<maws_option>();
    let null = std::ptr::null_mut::<u8>();
    panics(|| call!(create(std::ptr::null(), none, 0, &mut created, &mut error)));
    assert_eq!((created.id, error.status), (0, PANIC));
    panics(|| call!(destroy(plugin, 0)));
    panics(|| call!(set_options(plugin, none, 0, &mut error)));
    panics(|| {
        call!(get_option(
            plugin,
            view("awsStsHost"),
            null.cast(),
            0,
            null.cast()
        ))
    });
    panics(|| call!(set_log_level(plugin, 0)));
    panics(|| call!(stats(plugin, null.cast())));
    panics(|| call!(stats_json(plugin, null.cast(), 0, null.cast())));
    let mut begun = maws_conv { id: u64::MAX };
    panics(|| call!(begin(plugin, std::ptr::null(), &mut begun, &mut error)));
    assert_eq!((begun.id, error.status), (0, PANIC));
    panics(|| call!(step(conv.conv, none.cast(), 0, &mut empty_step())));
    panics(|| call!(poll(conv.conv, 0, &mut empty_step())));
    panics(|| call!(cancel(conv.conv)));
    panics(|| call!(info(conv.conv, null.cast())));
    panics(|| call!(end(conv.conv)));

    // Nothing was lost: the conversation goes on, and so does everything else.
    assert_eq!(conv.step(&client_first()).0, MAWS_CONTINUE as i32);
    drop(conv);
    assert_eq!(host.stats().conversations, 0);
    host.login(ALICE).assert_done(ALICE);
}

#[test]
fn l4_a_panic_in_a_worker_ends_one_login_and_is_reported_without_its_text() {
    let _turn = turn();
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    host.login(ALICE).assert_done(ALICE);
    for faults in 1..=3 {
        Point::Worker.arm();
        let login = host.login(ALICE);
        login.assert_refused(Reason::Panicked);
        assert_eq!(login.status, PANIC);
        assert!(login.detail.contains("src/"), "{login:?}");
        wait_until(|| host.stats().faults == faults);
        host.login(JANE).assert_done(JANE);
    }
    assert_reported(&host.stop());
}

/// Of logins in flight, the one whose worker fails is the only one that notices.
#[test]
fn l4_a_panic_beside_other_logins_leaves_them_alone() {
    let _turn = turn();
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    sts.hold(None);
    let others: Vec<_> = (0..8).map(|_| host.begin()).collect();
    others.iter().for_each(|conv| conv.until_pending());
    assert!(sts.wait_in_flight(8, LONG));
    Point::Worker.arm();
    host.login(ALICE).assert_refused(Reason::Panicked);
    sts.release();
    for conv in &others {
        assert_eq!(conv.poll(LONG), 0);
    }
}

#[test]
fn l4_a_worker_that_fails_at_its_start_costs_one_login_at_most_and_is_replaced() {
    let _turn = turn();
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    Point::WorkerStart.arm();
    // The first worker opens a connection ahead; the login may find another, or it.
    let reason = host.login(ALICE).reason;
    assert!(
        matches!(reason, None | Some(Reason::Panicked)),
        "{reason:?}"
    );
    host.login(ALICE).assert_done(ALICE);
    wait_until(|| host.stats().workers >= 1);
    assert_reported(&host.stop());
}

/// By its place, not by its text.
#[track_caller]
fn assert_reported(lines: &[String]) {
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    assert!(has("src/failpoint.rs") && !has("CANARY"), "{lines:?}");
}
