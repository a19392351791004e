//! What memory a conversation, a hostile answer and a secret take, counted by the allocator.
//!
//! One program of its own: the allocator counts for the whole process, so the tests take turns.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../catalogue/host.rs"]
#[allow(dead_code, unused_imports)]
mod host;
mod storm;
#[path = "../support/mod.rs"]
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mongodb_aws_auth::abi::maws_code::*;
use sts_emulator::client::{ClientSecond, Signer};
use sts_emulator::hostile::{Certificate, HostileSts, Visit};

use host::{Conv, Host};
use support::{ALICE, LONG, SHOP_APP, client_first, client_second, credentials};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);
static FREED_WITH_TOKEN: AtomicUsize = AtomicUsize::new(0);
static FREED_WITH_SIGNATURE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The thread runs the plugin's code, not the test's or the server's.
    static IN_PLUGIN: Cell<bool> = const { Cell::new(false) };
}

struct Counting;

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), SeqCst) + layout.size();
        PEAK.fetch_max(live, SeqCst);
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), SeqCst);
        if WATCHING.load(SeqCst) && is_plugin_s_thread() {
            // SAFETY: the block is live until the call below. Parts of it may never have been
            // written; their bytes are only compared.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            note_secrets(bytes);
        }
        // SAFETY: as above. What is left behind must not be found again in a block that the plugin
        // allocates later and does not fill.
        unsafe { block.write_bytes(0, layout.size()) };
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn is_plugin_s_thread() -> bool {
    if IN_PLUGIN.try_with(Cell::get).unwrap_or(false) {
        return true;
    }
    let mut name = [0_u8; 16];
    // SAFETY: the kernel writes at most 16 bytes.
    unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    name.starts_with(b"maws-worker")
}

const TOKEN_PIECE: &[u8] = b"CANARYcanaryTOKENtokenCANARY";
const SIGNATURE_PIECE: &[u8] = b"Signature=";

fn note_secrets(bytes: &[u8]) {
    let holds = |piece: &[u8]| bytes.windows(piece.len()).any(|window| window == piece);
    if holds(TOKEN_PIECE) {
        FREED_WITH_TOKEN.fetch_add(1, SeqCst);
    }
    // The name alone stands in the program's own constants, which nobody frees.
    if holds(SIGNATURE_PIECE) {
        FREED_WITH_SIGNATURE.fetch_add(1, SeqCst);
    }
}

fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn live() -> usize {
    LIVE.load(SeqCst)
}

/// Says that everyone is alice.
fn answer() -> Vec<u8> {
    let body = sts_emulator::identity_json(ALICE, "AIDAALICE", "123456789012");
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
    format!("{head} {length}\r\n\r\n{body}").into_bytes()
}

fn answering() -> HostileSts {
    HostileSts::start(Certificate::Valid, |visit| {
        while visit.request()?.is_some() {
            visit.send(&answer())?;
        }
        Ok(())
    })
    .unwrap()
}

#[test]
fn f4_an_idle_conversation_takes_at_most_1_kib() {
    const COUNT: usize = 20_000;
    let _turn = turn();
    let sts = answering();
    let host = Host::with_hostile(&sts, &[("awsMaxConversations", "100000")]);
    host.set_log_off();
    let first = client_first();
    let mut conversations: Vec<Conv<'_>> = Vec::with_capacity(COUNT);
    let before = live();
    for _ in 0..COUNT {
        let conv = host.begin();
        assert_eq!(conv.step(&first).0, MAWS_CONTINUE as i32);
        conversations.push(conv);
    }
    let each = (live() - before) / COUNT;
    assert!(each <= 1024, "{each} bytes");
    conversations.clear();
    // The table of handles keeps its slots for the next ones.
    let kept = (live().saturating_sub(before)) / COUNT;
    assert!(kept <= 64, "{kept} bytes");
}

#[test]
fn f4_a_million_conversations_that_are_never_finished_leave_memory_flat() {
    const LIMIT: usize = 20_000;
    let _turn = turn();
    let sts = answering();
    let host = Host::with_hostile(&sts, &[("awsConversationTimeoutMs", "600000")]);
    host.set_log_off();
    let first = client_first();
    let mut conversations: Vec<Conv<'_>> = Vec::with_capacity(LIMIT);
    let before = live();
    let mut at_the_limit = 0;
    for begun in 0..1_000_000 {
        match host.try_begin("$external", true) {
            Ok(conv) => {
                assert_eq!(conv.step(&first).0, MAWS_CONTINUE as i32);
                conversations.push(conv);
            }
            Err(refused) => {
                assert_eq!(refused, MAWS_E_OVERLOADED as i32);
                assert!(begun >= LIMIT);
                if begun == LIMIT {
                    at_the_limit = live();
                }
            }
        }
    }
    assert_eq!(conversations.len(), LIMIT);
    assert!(at_the_limit - before <= LIMIT * 1024);
    let grown = live().saturating_sub(at_the_limit);
    assert!(grown < 64 * 1024, "{grown} bytes");
    conversations.clear();
    assert_eq!(host.stats().conversations, 0);
    host.login(ALICE).assert_done(ALICE);
}

/// The most memory that the plugin takes for a login with this answer, beside what the server of
/// the test takes, which is a constant.
fn peak_of(behave: impl Fn(&mut Visit<'_>) -> io::Result<()> + Send + Sync + 'static) -> usize {
    let sts = HostileSts::start(Certificate::Valid, move |visit| {
        visit.request()?;
        behave(visit)
    })
    .unwrap();
    let host = Host::with_hostile(&sts, &[]);
    host.set_log_off();
    let before = live();
    PEAK.store(before, SeqCst);
    let login = host.login(ALICE);
    assert!(login.status < 0 && login.principal.is_empty(), "{login:?}");
    assert!(sts.wait(LONG, |seen| seen.ended == seen.connections));
    PEAK.load(SeqCst) - before
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/// Sends the bytes until there were a gigabyte, or nobody listens any more.
fn gigabyte(visit: &mut Visit<'_>, bytes: &[u8]) -> io::Result<()> {
    for _ in 0..(1 << 30) / bytes.len() {
        visit.send(bytes)?;
    }
    Ok(())
}

#[test]
fn x5_an_answer_of_a_gigabyte_costs_no_memory() {
    const MOST: usize = 1024 * 1024;
    let _turn = turn();
    let with_length = peak_of(|visit| {
        visit.send(&[HEAD, b"Content-Length: 1073741824\r\n\r\n"].concat())?;
        gigabyte(visit, &[b' '; 16 * 1024])
    });
    let without_length = peak_of(|visit| {
        visit.send(&[HEAD, b"\r\n"].concat())?;
        gigabyte(visit, &[b' '; 16 * 1024])
    });
    let chunked = peak_of(|visit| {
        visit.send(&[HEAD, b"Transfer-Encoding: chunked\r\n\r\n"].concat())?;
        let chunk = [&b"1000\r\n"[..], &[b' '; 0x1000], b"\r\n"].concat();
        gigabyte(visit, &chunk)
    });
    let head = peak_of(|visit| {
        visit.send(HEAD)?;
        gigabyte(visit, &[&b"X: "[..], &[b'y'; 1000], b"\r\n"].concat())
    });
    let line = peak_of(|visit| gigabyte(visit, &[b'H'; 16 * 1024]));
    let interim = peak_of(|visit| gigabyte(visit, b"HTTP/1.1 100 Continue\r\n\r\n"));
    for peak in [with_length, without_length, chunked, head, line, interim] {
        assert!(peak < MOST, "{peak} bytes");
    }
}

/// A gzip file that says, in bits, "a zero, and 258 more of it" again and again (RFC 1951, fixed
/// codes): some 150 times its own size.
fn gzip_bomb(bytes: usize) -> Vec<u8> {
    const HEAD: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
    const LAST_BLOCK_FIXED_CODES: &[u8] = &[1, 1, 0];
    const ZERO: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0];
    const AGAIN: &[u8] = &[1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    const END: &[u8] = &[0; 7];
    let times = bytes * 8 / AGAIN.len();
    let begin = [LAST_BLOCK_FIXED_CODES, ZERO].concat();
    let bits = [begin, AGAIN.repeat(times), END.to_vec()].concat();
    let byte = |bits: &[u8]| (0_u8..).zip(bits).map(|(at, bit)| bit << at).sum();
    let packed: Vec<u8> = bits.chunks(8).map(byte).collect();
    [HEAD, &packed].concat()
}

#[test]
fn x5_a_gzip_bomb_is_not_unpacked() {
    let _turn = turn();
    let peak = peak_of(|visit| {
        let body = gzip_bomb(60_000);
        let head = format!(
            "Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        visit.send(&[HEAD, head.as_bytes(), &body].concat())
    });
    assert!(peak < 1024 * 1024, "{peak} bytes");
}

#[test]
fn x4_a_deep_or_wide_answer_costs_no_memory_and_no_stack() {
    let _turn = turn();
    let deep_xml = "<a>".repeat(20_000);
    let deep_json = "[".repeat(60_000);
    let wide_xml = format!("<a>{}</a>", "<b/>".repeat(15_000));
    let deeper_json = "{\"GetCallerIdentityResponse\":".repeat(2000);
    for (media_type, body) in [
        ("text/xml", deep_xml),
        ("application/json", deep_json),
        ("text/xml", wide_xml),
        ("application/json", deeper_json),
    ] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let peak = peak_of(move |visit| visit.send(format!("{head}{body}").as_bytes()));
        assert!(peak < 4 * 1024 * 1024, "{peak} bytes");
    }
}

/// Copies of the token and of the Authorization header that one login frees without wiping them.
fn unwiped(answers: bool) -> (usize, usize) {
    let sts = match answers {
        true => answering(),
        false => HostileSts::start(Certificate::Valid, |visit| visit.request().map(drop)).unwrap(),
    };
    let host = Host::with_hostile(&sts, &[]);
    let conv = host.begin();
    let (h, n) = conv.challenge();
    let mut who = credentials(SHOP_APP);
    let token = String::from_utf8(TOKEN_PIECE.repeat(20)).unwrap();
    who.session_token = Some(token);
    let second: ClientSecond = Signer::new(&who, &h, &n, SystemTime::now()).client_second();
    let payload = client_second(&second);
    drop(second);
    drop(who);
    FREED_WITH_TOKEN.store(0, SeqCst);
    FREED_WITH_SIGNATURE.store(0, SeqCst);
    WATCHING.store(true, SeqCst);
    IN_PLUGIN.set(true);
    let status = conv.step(&payload).0;
    IN_PLUGIN.set(false);
    assert_eq!(status, MAWS_PENDING as i32);
    let status = conv.poll(LONG);
    assert_eq!(status == 0, answers);
    // The worker's own buffers go with it.
    IN_PLUGIN.set(true);
    drop(conv);
    drop(host);
    IN_PLUGIN.set(false);
    WATCHING.store(false, SeqCst);
    (
        FREED_WITH_TOKEN.load(SeqCst),
        FREED_WITH_SIGNATURE.load(SeqCst),
    )
}

/// The plugin's own buffers are wiped, and the TLS library encrypts its copy in place.
#[test]
fn d1_no_copy_of_token_or_header_is_freed_unwiped() {
    let _turn = turn();
    for answers in [true, false] {
        assert_eq!(unwiped(answers), (0, 0), "answered: {answers}");
    }
}

/// An error of STS that repeats the request leaves copies in what its parser allocates, and in the
/// answer's body; docs/security-catalogue.md says so. The worker's buffer, which lives on, holds none.
#[test]
fn d1_an_answer_that_repeats_the_token_leaves_none_in_the_worker_s_buffer() {
    let _turn = turn();
    let token = String::from_utf8(TOKEN_PIECE.repeat(20)).unwrap();
    let body = format!(
        "{{\"Error\":{{\"Code\":\"SignatureDoesNotMatch\",\"Message\":\"{token}\"}},\"RequestId\":\"1\"}}"
    );
    let length = body.len();
    let head = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length:";
    let answer = format!("{head} {length}\r\n\r\n{body}").into_bytes();
    let sts = HostileSts::start(Certificate::Valid, move |visit| {
        while visit.request()?.is_some() {
            visit.send(&answer)?;
        }
        Ok(())
    })
    .unwrap();
    let host = Host::with_hostile(&sts, &[]);
    host.login(ALICE)
        .assert_refused(mongodb_aws_auth::reason::Reason::SignatureMismatch);
    // The buffers of the worker go when it does: nothing of the answer may be in them by then.
    FREED_WITH_TOKEN.store(0, SeqCst);
    WATCHING.store(true, SeqCst);
    drop(host);
    WATCHING.store(false, SeqCst);
    assert_eq!(FREED_WITH_TOKEN.load(SeqCst), 0);
}
