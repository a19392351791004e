mod bench;
mod cancel;

use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;

use self::bench::*;
use super::*;
use crate::ports::Clock;
use crate::sasl::tests::{FIRST, second};

#[test]
fn a_login_runs_from_begin_to_an_identity() {
    let bench = bench(&[]);
    let conversation = bench.pending();
    bench.answers.send(alice()).unwrap();
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
    let outcome = conversation.outcome().unwrap();
    assert_eq!(
        outcome.principal.as_ref().unwrap(),
        "arn:aws:iam::123456789012:user/alice"
    );
    conversation.end().unwrap();
    assert_eq!(bench.ready.load(Ordering::SeqCst), 1);
}

#[test]
fn an_outcome_stays() {
    let bench = bench(&[]);
    let conversation = bench.pending();
    bench.answers.send(alice()).unwrap();
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
    conversation.cancel();
    assert_eq!(conversation.poll(Duration::ZERO), MAWS_DONE);
    assert_eq!(conversation.step(FIRST), MAWS_E_STATE);
    assert_eq!(conversation.poll(Duration::ZERO), MAWS_DONE);
}

#[test]
fn a_conversation_past_its_life_is_dead_whatever_comes() {
    let bench = bench(&[]);
    let (fresh, challenged) = (bench.begin(), bench.begin());
    assert_eq!(challenged.step(FIRST), MAWS_CONTINUE);
    bench.pass(Duration::from_secs(60));
    assert_eq!(fresh.step(FIRST), MAWS_E_TIMEOUT);
    assert_eq!(challenged.step(&second()), MAWS_E_TIMEOUT);
    assert_eq!(
        challenged.outcome().unwrap().reason,
        Reason::ConversationExpired
    );
}

#[test]
fn a_conversation_may_rest_almost_that_long_between_its_messages() {
    let bench = bench(&[]);
    let conversation = bench.begin();
    assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
    bench.pass(Duration::from_millis(59_999));
    assert_eq!(conversation.step(&second()), MAWS_PENDING);
    bench.answers.send(alice()).unwrap();
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
}

#[test]
fn a_verification_that_waited_too_long_is_never_sent() {
    let bench = bench(&[]);
    let first = bench.pending();
    bench.requests.recv_timeout(LONG).unwrap();
    let second = bench.pending();
    bench.pass(Duration::from_secs(8));
    bench.answers.send(alice()).unwrap();
    assert_eq!(first.poll(LONG), MAWS_DONE);
    assert_eq!(second.poll(LONG), MAWS_E_TIMEOUT);
    assert!(bench.requests.try_recv().is_err());
    assert_eq!(
        second.outcome().unwrap().reason,
        Reason::VerificationTimeout
    );
}

#[test]
fn a_cancelled_verification_is_never_sent() {
    let bench = bench(&[]);
    let first = bench.pending();
    let second = bench.pending();
    let third = bench.pending();
    second.cancel();
    assert_eq!(second.poll(Duration::ZERO), MAWS_E_CANCELLED);
    bench.answers.send(alice()).unwrap();
    bench.answers.send(alice()).unwrap();
    assert_eq!(first.poll(LONG), MAWS_DONE);
    assert_eq!(third.poll(LONG), MAWS_DONE);
    for conversation in [first, second, third] {
        conversation.end().unwrap();
    }
    assert_eq!(bench.requests.try_iter().count(), 2);
    assert_eq!(
        bench.ready.load(Ordering::SeqCst),
        2,
        "none for the cancelled one"
    );
}

#[test]
fn two_serial_calls_at_once_do_not_mix() {
    let bench = bench(&[]);
    let conversation = bench.pending();
    std::thread::scope(|scope| {
        let poll = scope.spawn(|| conversation.poll(LONG));
        while !conversation.state().entered {
            std::thread::yield_now();
        }
        assert_eq!(conversation.poll(Duration::ZERO), MAWS_E_IN_USE);
        assert_eq!(conversation.step(FIRST), MAWS_E_IN_USE);
        assert_eq!(conversation.end(), Err(MAWS_E_IN_USE));
        bench.answers.send(alice()).unwrap();
        assert_eq!(poll.join().unwrap(), MAWS_DONE);
    });
}

#[test]
fn whoever_conv_ready_tells_may_poll_while_step_is_still_returning() {
    let (reached, step_is_logging) = channel();
    let (go_on, held) = channel::<()>();
    let held = Mutex::new(held);
    let bench = bench_with(&[], move |reason| {
        if reason == Reason::VerificationQueued {
            reached.send(()).unwrap();
            held.lock().unwrap().recv().unwrap();
        }
    });
    let conversation = bench.begin();
    assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
    std::thread::scope(|scope| {
        let step = scope.spawn(|| conversation.step(&second()));
        step_is_logging.recv_timeout(LONG).unwrap();
        assert_eq!(conversation.poll(Duration::ZERO), MAWS_PENDING);
        go_on.send(()).unwrap();
        assert_eq!(step.join().unwrap(), MAWS_PENDING);
    });
    bench.answers.send(alice()).unwrap();
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
}

#[test]
fn poll_needs_a_pending_verification() {
    let bench = bench(&[]);
    let conversation = bench.begin();
    assert_eq!(conversation.poll(Duration::ZERO), MAWS_E_STATE);
    assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
    assert_eq!(conversation.poll(Duration::ZERO), MAWS_E_STATE);
}

#[test]
fn a_full_queue_refuses_after_a_pause_and_the_conversation_is_over() {
    let bench = bench(&[("awsStsQueueLimit", "1")]);
    let busy = bench.pending();
    let waiting = bench.pending();
    let refused = bench.pending();
    bench.pass(Duration::from_millis(1500));
    assert_eq!(refused.poll(LONG), MAWS_E_OVERLOADED);
    assert_eq!(refused.outcome().unwrap().reason, Reason::QueueFull);
    bench.answers.send(alice()).unwrap();
    bench.answers.send(alice()).unwrap();
    assert_eq!(
        (busy.poll(LONG), waiting.poll(LONG)),
        (MAWS_DONE, MAWS_DONE)
    );
}

#[test]
fn a_login_elsewhere_than_external_never_begins() {
    let bench = bench(&[]);
    for database in ["admin", "", "$External", "test"] {
        let refused = bench
            .plugin
            .begin(&begin(database, true))
            .map(|_| ())
            .unwrap_err();
        assert_eq!(refused.reason, Reason::DatabaseNotExternal);
    }
}

#[test]
fn a_login_over_clear_text_is_refused_by_option() {
    let plain = bench(&[]);
    assert!(plain.plugin.begin(&begin("$external", false)).is_ok());
    let strict = bench(&[("awsRequireTLS", "true")]);
    let refused = strict
        .plugin
        .begin(&begin("$external", false))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(refused.reason, Reason::LinkNotTls);
    assert!(strict.plugin.begin(&begin("$external", true)).is_ok());
}

#[test]
fn conversations_are_counted_and_limited() {
    let bench = bench(&[("awsMaxConversations", "2")]);
    let (first, _second) = (bench.begin(), bench.begin());
    let refused = bench
        .plugin
        .begin(&begin("$external", true))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(refused.reason, Reason::ConversationsTooMany);
    first.end().unwrap();
    first.ended();
    assert!(bench.plugin.begin(&begin("$external", true)).is_ok());
}

#[test]
fn expired_conversations_give_their_place_back() {
    let bench = bench(&[("awsMaxConversations", "2")]);
    let live = [bench.begin(), bench.begin()];
    assert_eq!(live[0].step(FIRST), MAWS_CONTINUE);
    let full = || bench.plugin.begin(&begin("$external", true)).is_err();
    bench.plugin.make_room(|| live.to_vec());
    assert!(full(), "nothing has expired");
    bench.pass(Duration::from_secs(60));
    bench.plugin.make_room(|| live.to_vec());
    let others = [bench.begin(), bench.begin()];
    assert!(full());
    assert_eq!(
        live[0].outcome().unwrap().reason,
        Reason::ConversationExpired
    );
    assert_eq!(live[0].step(&second()), MAWS_E_STATE);
    // Their handles still count until the host ends them, but take no place.
    assert_eq!(bench.plugin.snapshot().conversations, 4);
    assert!(bench.plugin.shutdown(Duration::ZERO).is_err());
    for conversation in live.iter().chain(&others) {
        conversation.end().unwrap();
        conversation.ended();
    }
    assert_eq!(bench.plugin.snapshot().conversations, 0);
    let again = [bench.begin(), bench.begin()];
    assert!(full());
    drop(again);
}

#[test]
fn a_verification_that_runs_is_not_ended_to_make_room() {
    let bench = bench(&[("awsMaxConversations", "1"), ("awsStsTimeoutMs", "60000")]);
    let conversation = bench.pending();
    bench.pass(Duration::from_secs(60));
    bench.plugin.make_room(|| vec![Arc::clone(&conversation)]);
    assert!(bench.plugin.begin(&begin("$external", true)).is_err());
    assert_eq!(conversation.code(), MAWS_PENDING);
    conversation.end().unwrap();
    drop(bench.answers);
}

#[test]
fn a_connection_that_cannot_be_opened_is_tried_again_while_there_is_time() {
    let bench = bench(&[]);
    bench.clock.0.lock().unwrap().1 = Some(Instant::now());
    let conversation = bench.pending();
    for reason in [Reason::ConnectFailed, Reason::NameResolution] {
        bench.answers.send(Err(reason.into())).unwrap();
    }
    bench.answers.send(alice()).unwrap();
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
}

#[test]
fn throttling_is_sent_again_until_there_is_an_answer() {
    let bench = bench(&[]);
    bench.clock.0.lock().unwrap().1 = Some(Instant::now());
    let conversation = bench.pending();
    bench
        .answers
        .send(sts_error(Reason::StsThrottling))
        .unwrap();
    bench.answers.send(sts_error(Reason::StsFailing)).unwrap();
    bench.answers.send(alice()).unwrap();
    assert_eq!(conversation.poll(LONG), MAWS_DONE);
}

#[test]
fn a_refusal_of_sts_is_not_asked_again() {
    let bench = bench(&[]);
    let conversation = bench.pending();
    bench
        .answers
        .send(sts_error(Reason::SignatureMismatch))
        .unwrap();
    assert_eq!(conversation.poll(LONG), MAWS_E_DENIED);
    assert_eq!(conversation.outcome().unwrap().sts_error_code, "Code");
}

#[test]
fn a_fault_in_a_worker_ends_one_login_and_no_more() {
    let bench = bench(&[]);
    let conversation = bench.pending();
    drop(bench.answers);
    assert_eq!(conversation.poll(LONG), MAWS_E_PANIC);
    let outcome = conversation.outcome().unwrap();
    assert_eq!(outcome.reason, Reason::Panicked);
    assert!(
        outcome.detail.contains("tests/bench.rs"),
        "{}",
        outcome.detail
    );
    assert!(
        !outcome.detail.contains("that the test asked for"),
        "the place, not the message"
    );
}

#[test]
fn an_idle_conversation_takes_less_than_a_kilobyte() {
    let bench = bench(&[]);
    let conversation = bench.begin();
    assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
    assert!(size_of::<Conversation>() + conversation.reply().len() <= 512);
}

#[test]
fn every_conversation_is_in_the_statistics_once() {
    let bench = bench(&[]);
    let verified = bench.pending();
    bench.answers.send(alice()).unwrap();
    assert_eq!(verified.poll(LONG), MAWS_DONE);
    let refused = bench.begin();
    assert_eq!(refused.step(b""), MAWS_E_PROTOCOL);
    let abandoned = bench.begin();
    for conversation in [&verified, &refused, &abandoned] {
        conversation.end().unwrap();
        conversation.ended();
    }
    let stats = bench.plugin.snapshot();
    assert_eq!((stats.begun, stats.conversations), (3, 0));
    assert_eq!(
        (stats.succeeded, stats.bad_protocol, stats.cancelled),
        (1, 1, 1)
    );
}
