//! A callback of the host that blocks delays the login that it is for, and no other.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::abi::maws_log_level;
use mongodb_aws_auth::conversation::{Begin, Conversation};
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::plugin::Plugin;
use mongodb_aws_auth::ports::{Host, LoginIds, SystemClock};
use mongodb_aws_auth::reason::Reason;
use mongodb_aws_auth::sts::StsOverHttps;
use sts_emulator::{StsEmulator, client};
use support::*;

/// The login whose callbacks block.
const BLOCKED: usize = 13;

/// Which callback blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Callback {
    Log,
    Ready,
}

struct BlockingHost {
    callback: Callback,
    blocked: Mutex<Sender<()>>,
    gate: Mutex<Receiver<()>>,
}

impl BlockingHost {
    fn block(&self) {
        self.blocked.lock().unwrap().send(()).unwrap();
        // Until the test drops the other end.
        let _opened = self.gate.lock().unwrap().recv();
    }
}

impl Host for BlockingHost {
    fn log(&self, _: maws_log_level, reason: Reason, login: LoginIds, _: &str) {
        let outcome = reason.code() == MAWS_DONE || (reason.code() as i32) < 0;
        if self.callback == Callback::Log && login.log_id == BLOCKED as u64 && outcome {
            self.block();
        }
    }

    fn conv_ready(&self, conv_ctx: usize) {
        if self.callback == Callback::Ready && conv_ctx == BLOCKED {
            self.block();
        }
    }

    fn wants_ready(&self) -> bool {
        true
    }

    fn close(&self) {}
}

fn pending(plugin: &Plugin, number: usize) -> Arc<Conversation> {
    let begin = Begin {
        log_id: number as u64,
        ..begin(number)
    };
    let conversation = plugin.begin(&begin).unwrap();
    let (host, nonce) = challenge(&conversation);
    let second = client::client_second(&credentials(ALICE), &host, &nonce, SystemTime::now());
    assert_eq!(conversation.step(&client_second(&second)), MAWS_PENDING);
    conversation
}

/// The host, what it says when its callback blocks, and what lets that go on as it drops.
fn blocking_host(callback: Callback) -> (Box<BlockingHost>, Receiver<()>, Sender<()>) {
    let (blocked, is_blocked) = channel();
    let (gate, held) = channel();
    let host = Box::new(BlockingHost {
        callback,
        blocked: Mutex::new(blocked),
        gate: Mutex::new(held),
    });
    (host, is_blocked, gate)
}

/// All workers wait for a silent STS, a hundred logins expire in the queue, and the callback of one of
/// them blocks until all others have their outcome.
fn assert_isolated(callback: Callback) {
    let sts = StsEmulator::builder().start().unwrap();
    let (endpoint, ca_file) = (sts.endpoint(), sts.ca_path().to_str().unwrap().to_owned());
    let options = Options::new(&[
        ("awsStsEndpoint", &endpoint),
        ("awsStsCAFile", &ca_file),
        ("awsStsWorkers", "4"),
        ("awsStsTimeoutMs", "1000"),
    ])
    .unwrap();
    let (host, is_blocked, gate) = blocking_host(callback);
    let https = Arc::new(StsOverHttps::new(&options.settings).unwrap());
    // Level 0 is DEBUG.
    let plugin = Plugin::new(host, 0, options, https, Arc::new(SystemClock));
    sts.hold(None);
    let logins: Vec<_> = (0..104).map(|number| pending(&plugin, number)).collect();
    is_blocked.recv_timeout(LONG).unwrap();
    for (number, login) in logins.iter().enumerate() {
        if number != BLOCKED {
            assert_eq!(login.poll(LONG), MAWS_E_TIMEOUT, "{callback:?} {number}");
        }
    }
    // New logins are served meanwhile.
    sts.release();
    let next = pending(&plugin, 200);
    assert_eq!(next.poll(LONG), MAWS_DONE);
    drop(gate);
    assert_eq!(logins[BLOCKED].poll(LONG), MAWS_E_TIMEOUT);
    for login in logins.iter().chain([&next]) {
        login.end().unwrap();
        login.ended();
    }
    assert_eq!(plugin.shutdown(LONG), Ok(true));
}

#[test]
fn a_log_callback_that_blocks_delays_its_own_login_alone() {
    assert_isolated(Callback::Log);
}

#[test]
fn a_conv_ready_that_blocks_delays_its_own_login_alone() {
    assert_isolated(Callback::Ready);
}

#[test]
fn a_callback_that_blocks_after_a_success_holds_no_place_of_another_login() {
    for callback in [Callback::Log, Callback::Ready] {
        let sts = StsEmulator::builder().start().unwrap();
        let (endpoint, ca_file) = (sts.endpoint(), sts.ca_path().to_str().unwrap().to_owned());
        let options = Options::new(&[
            ("awsStsEndpoint", &endpoint),
            ("awsStsCAFile", &ca_file),
            ("awsStsWorkers", "1"),
        ])
        .unwrap();
        let (host, is_blocked, gate) = blocking_host(callback);
        let https = Arc::new(StsOverHttps::new(&options.settings).unwrap());
        let plugin = Plugin::new(host, 0, options, https, Arc::new(SystemClock));
        let first = pending(&plugin, BLOCKED);
        is_blocked.recv_timeout(LONG).unwrap();
        let next = pending(&plugin, 1);
        assert_eq!(next.poll(LONG), MAWS_DONE, "{callback:?}");
        drop(gate);
        for login in [&first, &next] {
            assert_eq!(login.poll(LONG), MAWS_DONE);
            login.end().unwrap();
            login.ended();
        }
        assert_eq!(plugin.shutdown(LONG), Ok(true));
    }
}
