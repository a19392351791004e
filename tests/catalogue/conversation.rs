//! F: order, states, threads and handles.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Instant;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::abi::maws_principal_kind::MAWS_PRINCIPAL_NONE;
use mongodb_aws_auth::abi::{maws_conv, maws_info, maws_plugin, maws_stats};
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;

use crate::host::{Host, call, empty_step, honest};
use crate::support::{ALICE, LONG, client_first, client_second};

fn bench() -> (StsEmulator, Host) {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[]);
    (sts, host)
}

#[test]
fn f1_messages_come_in_order_and_a_failure_is_final() {
    let (sts, host) = bench();
    let second = client_second(&honest("sts.amazonaws.com", &[0; 64]));
    let sequences: [&[&[u8]]; 5] = [
        &[&second],
        &[&client_first(), &client_first()],
        &[&client_first(), b"bad", &second],
        &[b"bad", &client_first()],
        &[&client_first(), b""],
    ];
    for sequence in sequences {
        let conv = host.begin();
        let mut refused = false;
        for payload in sequence {
            let status = conv.step(payload).0;
            if refused {
                assert_eq!(status, MAWS_E_STATE as i32);
            }
            refused |= status == MAWS_E_PROTOCOL as i32;
        }
        assert!(refused);
        let status = conv.poll(LONG);
        conv.finish(status).assert_failed(&[MAWS_E_PROTOCOL]);
    }
    assert_eq!(sts.counters().requests, 0);
    // A third message neither helps nor harms.
    let conv = host.begin();
    conv.until_pending();
    assert_eq!(conv.step(&second).0, MAWS_E_STATE as i32);
    assert_eq!(conv.step(b"").0, MAWS_E_STATE as i32);
    let status = conv.poll(LONG);
    assert_eq!(conv.step(b"").0, MAWS_E_STATE as i32);
    conv.finish(status).assert_done(ALICE);
}

#[test]
fn f2_there_is_no_identity_before_the_end_nor_after_a_failure() {
    let (sts, host) = bench();
    sts.hold(None);
    let at_begin = host.begin();
    let challenged = host.begin();
    challenged.challenge();
    let pending = host.begin();
    pending.until_pending();
    let failed = host.begin();
    failed.step(b"bad");
    let cancelled = host.begin();
    cancelled.until_pending();
    assert_eq!(cancelled.cancel(), 0);
    for conv in [at_begin, challenged, pending, failed, cancelled] {
        let info = conv.info();
        let views = [info.principal, info.raw_arn, info.account, info.user_id];
        let answered = [info.session_name, info.sts_request_id, info.sts_error_code];
        let lengths = views.iter().chain(&answered).map(|view| view.len);
        assert_eq!(lengths.sum::<usize>(), 0, "of status {}", info.status);
        assert_eq!(info.kind, MAWS_PRINCIPAL_NONE as i32);
        assert_ne!(info.status, 0);
    }
    sts.release();
    // A result that has no place is not written.
    let conv = host.begin();
    // SAFETY: numbers and views, for which zeros are legal.
    let mut info: maws_info = unsafe { std::mem::zeroed() };
    info.struct_size = size_of::<maws_info>() as u32 - 1;
    info.total_us = 77;
    assert_eq!(call!(info(conv.conv, &mut info)), MAWS_E_ARGUMENT as i32);
    assert_eq!((info.total_us, info.status), (77, 0));
}

#[test]
fn f3_of_two_threads_in_one_handle_one_is_told_so_and_nothing_mixes() {
    const ROUNDS: usize = 10_000;
    let (sts, host) = bench();
    host.set_log_off();
    let first = client_first();
    let both = Barrier::new(2);
    let conv = Mutex::new(None);
    let [continued, in_use, late] = [const { AtomicUsize::new(0) }; 3];
    let (ready, since) = (AtomicUsize::new(0), Instant::now());
    let step = |conv: maws_conv, round: usize| {
        // Not the barrier: it wakes one of the two late.
        ready.fetch_add(1, Ordering::SeqCst);
        while ready.load(Ordering::SeqCst) < 2 * round {
            std::hint::spin_loop();
        }
        let (payload, length) = (first.as_ptr(), first.len());
        let counter = match call!(step(conv, payload, length, &mut empty_step())) {
            status if status == MAWS_CONTINUE as i32 => &continued,
            status if status == MAWS_E_IN_USE as i32 => &in_use,
            // The other was done already, so this was a second client-first.
            status if status == MAWS_E_PROTOCOL as i32 => &late,
            other => panic!("{other}"),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        both.wait();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1.. {
                both.wait();
                let Some(conv) = *conv.lock().unwrap() else {
                    break;
                };
                step(conv, round);
            }
        });
        for round in 1.. {
            let mine = host.begin();
            *conv.lock().unwrap() = Some(mine.conv);
            both.wait();
            step(mine.conv, round);
            assert_eq!(continued.load(Ordering::Relaxed), round);
            // A busy machine may take more rounds until two calls meet.
            let met = in_use.load(Ordering::Relaxed) > 0 || since.elapsed() > LONG;
            if round >= ROUNDS && met {
                *conv.lock().unwrap() = None;
                both.wait();
                break;
            }
        }
    });
    let [in_use, late, continued] = [in_use, late, continued].map(AtomicUsize::into_inner);
    assert_eq!(in_use + late, continued);
    assert!(in_use > 0);
    assert_eq!(sts.counters().requests, 0);
}

#[test]
fn f3_end_does_not_wait_for_sts() {
    let (sts, host) = bench();
    sts.hold(None);
    let conv = host.begin();
    conv.until_pending();
    assert!(sts.wait_in_flight(1, LONG));
    assert_eq!(call!(end(conv.conv)), 0);
    assert_eq!(sts.counters().requests, 1);
    sts.release();
}

#[test]
fn f4_beyond_the_limit_begin_is_refused_and_room_comes_back() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsMaxConversations", "10")]);
    let ten: Vec<_> = (0..10).map(|_| host.begin()).collect();
    for _ in 0..1000 {
        let refused = host.try_begin("$external", true).err();
        assert_eq!(refused, Some(MAWS_E_OVERLOADED as i32));
    }
    assert_eq!(host.stats().conversations, 10);
    drop(ten);
    assert_eq!(host.stats().conversations, 0);
    host.login(ALICE).assert_done(ALICE);
}

#[test]
fn f4_a_conversation_past_its_deadline_is_dead() {
    let sts = StsEmulator::builder().start().unwrap();
    let host = Host::with_emulator(&sts, &[("awsConversationTimeoutMs", "1000")]);
    let conv = host.begin();
    let (h, n) = conv.challenge();
    // Nothing happens at the deadline, so there is nothing to wait for but the time itself.
    std::thread::sleep(std::time::Duration::from_millis(1000));
    let status = conv.step(&client_second(&honest(&h, &n))).0;
    conv.finish(status)
        .assert_refused(Reason::ConversationExpired);
    assert_eq!(sts.counters().requests, 0);
}

#[test]
fn f4_a_conversation_past_its_deadline_gives_its_place_to_another() {
    let sts = StsEmulator::builder().start().unwrap();
    let limits = [
        ("awsMaxConversations", "2"),
        ("awsConversationTimeoutMs", "1000"),
    ];
    let host = Host::with_emulator(&sts, &limits);
    let silent = [host.begin(), host.begin()];
    let until = Instant::now() + LONG;
    let next = loop {
        match host.try_begin("$external", true) {
            Ok(next) => break next,
            Err(refused) => assert_eq!(refused, MAWS_E_OVERLOADED as i32),
        }
        assert!(Instant::now() < until);
        std::thread::yield_now();
    };
    next.until_pending();
    assert_eq!(next.poll(LONG), 0);
    for conv in silent {
        let status = conv.step(&client_first()).0;
        assert_ne!(status, MAWS_CONTINUE as i32);
        conv.finish(status)
            .assert_failed(&[MAWS_E_TIMEOUT, MAWS_E_STATE]);
    }
}

#[test]
fn f5_a_stale_or_forged_handle_is_refused_by_every_call() {
    let (_sts, host) = bench();
    let conv = host.begin();
    let id = conv.conv.id;
    drop(conv);
    let again = host.begin();
    assert_ne!(again.conv.id, id);
    let mut forged = vec![0, 1, id, u64::MAX, id ^ 1, id << 32, id & 0xFFFF_FFFF];
    forged.extend((0..64).map(|bit| again.conv.id ^ (1 << bit)));
    let others: Vec<_> = (0..100).map(|_| host.begin()).collect();
    forged.retain(|id| !others.iter().any(|conv| conv.conv.id == *id));
    for id in forged {
        let conv = maws_conv { id };
        // SAFETY: numbers and views, for which zeros are legal.
        let mut info: maws_info = unsafe { std::mem::zeroed() };
        info.struct_size = size_of::<maws_info>() as u32;
        let statuses = [
            call!(step(conv, b"x".as_ptr(), 1, &mut empty_step())),
            call!(poll(conv, 0, &mut empty_step())),
            call!(cancel(conv)),
            call!(info(conv, &mut info)),
            call!(end(conv)),
            call!(end(conv)),
        ];
        assert_eq!(statuses, [MAWS_E_HANDLE as i32; 6], "{id:#x}");
    }
    assert_eq!(host.stats().conversations, 101);
}

#[test]
fn f5_a_forged_plugin_handle_is_refused_by_every_call() {
    let (_sts, host) = bench();
    let real = host.plugin.id;
    // Bits that no handle of another test has.
    let bits = (16..32).chain(40..64);
    for id in bits.map(|bit| real ^ (1 << bit)).chain([0, u64::MAX]) {
        let plugin = maws_plugin { id };
        // SAFETY: the struct holds numbers only.
        let mut stats: maws_stats = unsafe { std::mem::zeroed() };
        stats.struct_size = size_of::<maws_stats>() as u32;
        let statuses = [
            call!(stats(plugin, &mut stats)),
            call!(set_log_level(plugin, 0)),
            call!(destroy(plugin, 0)),
        ];
        assert_eq!(statuses, [MAWS_E_HANDLE as i32; 3], "{id:#x}");
    }
}

#[test]
fn f5_racing_ends_free_a_conversation_once() {
    let (_sts, host) = bench();
    for _ in 0..1000 {
        let conv = host.begin();
        let barrier = Barrier::new(4);
        let freed = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    if call!(end(conv.conv)) == 0 {
                        freed.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(freed.load(Ordering::Relaxed), 1);
        assert_eq!(host.stats().conversations, 0);
    }
}
