//! Random bytes where the system call getrandom is missing or denied: seccomp filters that hold for the
//! threads of one test.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::sync::Once;
use std::thread;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::reason::Reason;
use mongodb_aws_auth::sts::StsOverHttps;

use support::{ALICE, SHOP_APP, Server, client_first};

const CA_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c/unused_ca.pem");

/// From here on getrandom fails with this error in the calling thread, and in those that it starts.
fn deny_getrandom(error: i32) {
    let statement = |code: u32, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    // The number of the call is the first member of seccomp_data.
    let filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        statement(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            1,
            libc::SYS_getrandom as u32,
        ),
        statement(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | error as u32,
        ),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_ptr().cast_mut(),
    };
    // SAFETY: both calls read their arguments alone; the filter lives through them.
    let (privileges, filtered) = unsafe {
        (
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program),
        )
    };
    assert_eq!((privileges, filtered), (0, 0));
    let mut byte = 0_u8;
    // SAFETY: the buffer has room for one byte.
    let count = unsafe { libc::syscall(libc::SYS_getrandom, &raw mut byte, 1, 0) };
    let found = std::io::Error::last_os_error().raw_os_error();
    assert_eq!((count, found), (-1, Some(error)));
}

fn with_getrandom_failing(error: i32, body: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            deny_getrandom(error);
            body();
        });
        thread.join().unwrap();
    });
}

/// aws-lc asks once in a process whether there is getrandom.
fn on_an_old_kernel() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        with_getrandom_failing(libc::ENOSYS, || {
            let options = Options::new(&[("awsStsCAFile", CA_FILE)]).unwrap();
            StsOverHttps::new(&options.settings).unwrap();
        });
    });
}

#[test]
fn without_getrandom_logins_take_their_random_bytes_from_the_device() {
    on_an_old_kernel();
    with_getrandom_failing(libc::ENOSYS, || {
        let server = Server::start();
        for arn in [ALICE, SHOP_APP, ALICE] {
            let login = server.login(arn);
            assert_eq!(login.code, MAWS_DONE, "{login:?}");
        }
        let reply = || {
            let conversation = server.begin();
            assert_eq!(conversation.step(&client_first()), MAWS_CONTINUE);
            let reply = conversation.reply().to_vec();
            conversation.cancel();
            conversation.end().unwrap();
            conversation.ended();
            reply
        };
        assert_ne!(reply(), reply());
    });
}

#[test]
fn any_other_failure_of_getrandom_ends_the_login_with_its_cause() {
    on_an_old_kernel();
    for (error, cause) in [
        (libc::EPERM, "Operation not permitted"),
        (libc::EACCES, "Permission denied"),
        (libc::EIO, "Input/output error"),
        (libc::EINVAL, "Invalid argument"),
        (libc::EAGAIN, "Resource temporarily unavailable"),
    ] {
        let server = Server::start();
        with_getrandom_failing(error, || {
            let conversation = server.begin();
            assert_eq!(conversation.step(&client_first()), MAWS_E_SYSTEM);
            conversation.end().unwrap();
            conversation.ended();
            let outcome = conversation.outcome().unwrap();
            assert_eq!(outcome.reason, Reason::RandomFailed);
            assert!(outcome.detail.contains(cause), "{outcome:?}");
        });
        assert_eq!(server.sts.counters().requests, 0);
    }
}

#[test]
fn a_plugin_is_created_also_where_getrandom_is_denied() {
    on_an_old_kernel();
    for error in [libc::EPERM, libc::EIO, libc::EACCES] {
        let sts = sts_emulator::StsEmulator::builder().start().unwrap();
        with_getrandom_failing(error, || {
            let server = Server::around(sts, &[]);
            let conversation = server.begin();
            assert_eq!(conversation.step(&client_first()), MAWS_E_SYSTEM);
            conversation.end().unwrap();
            conversation.ended();
        });
    }
}
