//! Any sequence of calls through the table of functions, with handles that are live, ended and
//! invented, against a model of what each call must say. STS is a closed port of this machine.
#![no_main]

use std::mem::transmute;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::abi::*;
use mongodb_aws_auth::options::table::OPTIONS;
use second_opinion::calls::{Handle, Live, Model, first, second};
use second_opinion::table::{
    API, begin_args, bytes_of, call, check_info, check_options, check_texts, error, get_option,
    info, option, stats, str_of, text_of, wrong_argument, zeroed,
};

const MOST_CALLS: usize = 48;
const MOST_PLUGINS: usize = 3;
const MOST_CONVERSATIONS: usize = 8;

#[derive(Arbitrary, Debug)]
enum Call<'a> {
    Create {
        key: &'a str,
        value: &'a str,
        with: bool,
    },
    Destroy(Handle),
    SetOptions(Handle, &'a str, &'a str),
    GetOption(Handle, &'a str, u8),
    SetLogLevel(Handle, i32),
    Quiesce(Handle),
    Texts(u32, i32),
    Stats(Handle, u8),
    StatsJson(Handle, u16),
    OptionAt(u32),
    Begin {
        plugin: Handle,
        database: Option<&'a str>,
        address: &'a str,
        flags: u32,
        budget: u32,
    },
    First(Handle),
    Second(Handle),
    Step {
        conv: Handle,
        payload: &'a [u8],
        size: u8,
    },
    Poll(Handle, u8),
    Cancel(Handle),
    Info(Handle, u8),
    End(Handle),
}

static READY: AtomicUsize = AtomicUsize::new(0);

fuzz_target!(|calls: Vec<Call<'_>>| {
    let mut model = Model::default();
    for one in calls.iter().take(MOST_CALLS) {
        make(&mut model, one);
    }
    for Live { id, .. } in std::mem::take(&mut model.conversations) {
        assert_eq!(call!(API.end, maws_conv { id }), MAWS_DONE as i32);
        assert_eq!(call!(API.end, maws_conv { id }), MAWS_E_HANDLE as i32);
    }
    for id in std::mem::take(&mut model.plugins) {
        let plugin = maws_plugin { id };
        let stats = stats(plugin);
        assert_eq!(
            (stats.conversations, stats.succeeded, stats.denied),
            (0, 0, 0)
        );
        assert_eq!(stats.faults, 0);
        assert_eq!(call!(API.destroy, plugin, 10_000), MAWS_DONE as i32);
        assert_eq!(call!(API.destroy, plugin, 0), MAWS_E_HANDLE as i32);
    }
});

fn make(model: &mut Model, one: &Call<'_>) {
    match *one {
        Call::Create { key, value, with } => create(model, key, value, with),
        Call::Destroy(handle) => {
            let (id, live) = model.plugin(handle);
            let busy = model.conversations.iter().any(|c| c.plugin == id);
            let status = call!(API.destroy, maws_plugin { id }, 10_000);
            let expected = match (live, busy) {
                (false, _) => MAWS_E_HANDLE,
                (true, true) => MAWS_E_IN_USE,
                (true, false) => MAWS_DONE,
            };
            assert_eq!(status, expected as i32);
            if expected == MAWS_DONE {
                model.forget_plugin(id);
            }
        }
        Call::SetOptions(handle, key, value) => {
            let (id, live) = model.plugin(handle);
            let option = [option(key, value)];
            let mut error = error();
            let status = call!(
                API.set_options,
                maws_plugin { id },
                option.as_ptr(),
                1,
                &mut error
            );
            expect(status, live, &[MAWS_DONE, MAWS_E_OPTION]);
            if status == MAWS_DONE as i32 {
                assert_eq!(get_option(id, key), value.as_bytes());
            } else {
                assert_eq!(error.status, status);
                assert_ne!(error.message[0], 0);
            }
        }
        Call::GetOption(handle, key, cap) => {
            let (id, live) = model.plugin(handle);
            let mut buffer = vec![0; cap.into()];
            let status = call!(
                API.get_option,
                maws_plugin { id },
                str_of(key),
                buffer.as_mut_ptr(),
                buffer.len(),
                ptr::null_mut()
            );
            expect(status, live, &[MAWS_DONE, MAWS_E_OPTION, MAWS_E_BUFFER]);
        }
        Call::SetLogLevel(handle, level) => {
            let (id, live) = model.plugin(handle);
            let legal = (0..=4).contains(&level);
            let expected = if legal { MAWS_DONE } else { MAWS_E_ARGUMENT };
            expect(
                call!(API.set_log_level, maws_plugin { id }, level),
                live,
                &[expected],
            );
        }
        Call::Quiesce(handle) => {
            let (id, live) = model.plugin(handle);
            expect(call!(API.quiesce, maws_plugin { id }), live, &[MAWS_DONE]);
            model.quiesced(id);
        }
        Call::Texts(reason, status) => check_texts(reason, status),
        Call::Stats(handle, size) => {
            let (id, live) = model.plugin(handle);
            let mut out: maws_stats = zeroed();
            out.struct_size = size.into();
            let fits = usize::from(size) >= STATS_AT_FIRST;
            let expected = if fits { MAWS_DONE } else { MAWS_E_ARGUMENT };
            // A host of a later version has a longer struct: here the size is no more than claimed.
            if usize::from(size) <= size_of::<maws_stats>() {
                expect(
                    call!(API.stats, maws_plugin { id }, &mut out),
                    live,
                    &[expected],
                );
                // SAFETY: a struct of integers without padding, as tests/c/layout.c asserts.
                let bytes: [u8; size_of::<maws_stats>()] = unsafe { transmute(out) };
                assert!(bytes[usize::from(size).max(4)..].iter().all(|b| *b == 0));
            }
        }
        Call::StatsJson(handle, cap) => {
            let (id, live) = model.plugin(handle);
            let mut buffer = vec![0; cap.into()];
            let mut needed = 0;
            let status = call!(
                API.stats_json,
                maws_plugin { id },
                buffer.as_mut_ptr(),
                buffer.len(),
                &mut needed
            );
            expect(status, live, &[MAWS_DONE, MAWS_E_BUFFER]);
            assert_eq!(status == MAWS_DONE as i32, live && needed <= buffer.len());
        }
        Call::OptionAt(index) => {
            let count = OPTIONS.len() as u32;
            assert_eq!(call!(API.option_at, index).is_null(), index >= count);
        }
        Call::Begin {
            plugin,
            database,
            address,
            flags,
            budget,
        } => {
            begin(
                model,
                plugin,
                database.unwrap_or("$external"),
                address,
                flags,
                budget,
            );
        }
        Call::First(handle) => step(model, handle, &first(), size_of::<maws_step>()),
        Call::Second(handle) => step(model, handle, &second(), size_of::<maws_step>()),
        Call::Step {
            conv,
            payload,
            size,
        } => step(model, conv, payload, size.into()),
        Call::Poll(handle, wait) => poll(model, handle, wait),
        Call::Cancel(handle) => {
            let (id, live) = model.conversation(handle);
            expect(call!(API.cancel, maws_conv { id }), live, &[MAWS_DONE]);
            if live {
                let code = info(id).status;
                assert!(code < 0, "{code}");
                model.saw(id, code);
            }
        }
        Call::Info(handle, size) => {
            let (id, live) = model.conversation(handle);
            let mut out: maws_info = zeroed();
            out.struct_size = size.into();
            if usize::from(size) < size_of::<maws_info>() {
                expect(
                    call!(API.info, maws_conv { id }, &mut out),
                    live,
                    &[MAWS_E_ARGUMENT],
                );
            } else if live {
                check_info(&info(id));
            }
        }
        Call::End(handle) => {
            let (id, live) = model.conversation(handle);
            expect(call!(API.end, maws_conv { id }), live, &[MAWS_DONE]);
            model.forget_conversation(id);
        }
    }
}

fn create(model: &mut Model, key: &str, value: &str, with: bool) {
    if model.plugins.len() >= MOST_PLUGINS {
        return;
    }
    let host = maws_host {
        struct_size: size_of::<maws_host>() as u32,
        abi_minor: MAWS_ABI_MINOR,
        host_ctx: 7,
        log: Some(on_log),
        conv_ready: Some(on_ready),
        log_level: 0,
        reserved: 0,
    };
    let fixed = [
        option(
            "awsStsCAFile",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/c/unused_ca.pem"),
        ),
        option("awsStsEndpoint", "https://127.0.0.1:1"),
    ];
    let mut options = fixed.to_vec();
    options.extend(with.then(|| option(key, value)));
    let checked = check_options(&options);
    let mut plugin = maws_plugin { id: 1 };
    let mut error = error();
    let status = call!(
        API.create,
        &host,
        options.as_ptr(),
        options.len(),
        &mut plugin,
        &mut error
    );
    assert_eq!(status, checked);
    if status == MAWS_DONE as i32 {
        assert_ne!(plugin.id, 0);
        assert!(!model.plugins.contains(&plugin.id));
        model.plugins.push(plugin.id);
        assert_eq!(
            get_option(plugin.id, "awsStsEndpoint"),
            b"https://127.0.0.1:1"
        );
    } else {
        assert!(with);
        assert_eq!(
            (status, error.status, plugin.id),
            (MAWS_E_OPTION as i32, status, 0)
        );
    }
}

fn begin(
    model: &mut Model,
    plugin: Handle,
    database: &str,
    address: &str,
    flags: u32,
    budget: u32,
) {
    if model.conversations.len() >= MOST_CONVERSATIONS {
        return;
    }
    let (id, live) = model.plugin(plugin);
    let args = begin_args(database, address, flags, budget);
    let mut conv = maws_conv { id: 1 };
    let mut error = error();
    let status = call!(API.begin, maws_plugin { id }, &args, &mut conv, &mut error);
    let known_flags = flags & !MAWS_BEGIN_TLS == 0;
    let expected: &[maws_code] = match (known_flags, model.is_quiesced(id)) {
        (false, _) => &[MAWS_E_ARGUMENT],
        (true, true) => &[MAWS_E_CANCELLED, MAWS_E_PROTOCOL],
        (true, false) => &[MAWS_DONE, MAWS_E_PROTOCOL, MAWS_E_OVERLOADED],
    };
    expect(status, live, expected);
    if live && !known_flags {
        assert_eq!(wrong_argument(), b"begin.flags");
    }
    if status == MAWS_DONE as i32 {
        assert_eq!(database, "$external");
        assert_ne!(conv.id, 0);
        model.began(conv.id, id);
    } else {
        assert_eq!((error.status, conv.id), (status, 0));
    }
}

fn step(model: &mut Model, handle: Handle, payload: &[u8], size: usize) {
    let (id, live) = model.conversation(handle);
    let mut out: maws_step = zeroed();
    out.struct_size = size as u32;
    if size < size_of::<maws_step>() {
        let status = call!(
            API.step,
            maws_conv { id },
            payload.as_ptr(),
            payload.len(),
            &mut out
        );
        return expect(status, live, &[MAWS_E_ARGUMENT]);
    }
    out.struct_size = size_of::<maws_step>() as u32;
    let before = model.code(id);
    let status = call!(
        API.step,
        maws_conv { id },
        payload.as_ptr(),
        payload.len(),
        &mut out
    );
    if !live {
        return assert_eq!(status, MAWS_E_HANDLE as i32);
    }
    match before {
        Some(code) if code != MAWS_CONTINUE as i32 => assert_eq!(status, MAWS_E_STATE as i32),
        _ => {
            assert!(matches!(status, 1 | 2 | -45..=-20), "{status}");
            model.saw(id, status);
        }
    }
    let reply = bytes_of(out.reply);
    assert_eq!(reply.is_empty(), status != MAWS_CONTINUE as i32);
}

fn poll(model: &mut Model, handle: Handle, wait: u8) {
    let (id, live) = model.conversation(handle);
    let mut out: maws_step = zeroed();
    out.struct_size = size_of::<maws_step>() as u32;
    let status = call!(API.poll, maws_conv { id }, (wait % 8).into(), &mut out);
    if !live {
        return assert_eq!(status, MAWS_E_HANDLE as i32);
    }
    match model.code(id) {
        None | Some(CONTINUE) => assert_eq!(status, MAWS_E_STATE as i32),
        Some(_) => model.saw(id, status),
    }
    assert!(bytes_of(out.reply).is_empty());
}

/// Bytes of the struct when it first stood in the interface.
const STATS_AT_FIRST: usize = 144;
const CONTINUE: i32 = MAWS_CONTINUE as i32;

#[track_caller]
fn expect(status: maws_status, live: bool, legal: &[maws_code]) {
    let dead = [MAWS_E_HANDLE];
    let legal = if live { legal } else { &dead };
    assert!(legal.iter().any(|code| *code as i32 == status), "{status}");
}

unsafe extern "C" fn on_log(ctx: usize, event: *const maws_log_event) {
    assert_eq!(ctx, 7);
    // SAFETY: the event lives through the callback.
    let event = unsafe { &*event };
    let text = text_of(event.text);
    assert!(text.iter().all(|b| (b' '..=b'~').contains(b)));
}

unsafe extern "C" fn on_ready(ctx: usize, _conv: usize) {
    assert_eq!(ctx, 7);
    READY.fetch_add(1, Ordering::Relaxed);
    // From inside a callback every call is refused.
    assert_eq!(call!(API.cancel, maws_conv { id: 0 }), MAWS_E_STATE as i32);
}
