use std::collections::VecDeque;
use std::sync::mpsc::channel;

use super::*;
use crate::plugin::Plugin;

#[test]
fn cancel_wakes_a_poll_of_another_thread() {
    let bench = bench(&[]);
    let conversation = bench.pending();
    std::thread::scope(|scope| {
        let poll = scope.spawn(|| conversation.poll(LONG));
        while !conversation.state().entered {
            std::thread::yield_now();
        }
        conversation.cancel();
        assert_eq!(poll.join().unwrap(), MAWS_E_CANCELLED);
    });
    bench.answers.send(alice()).unwrap();
}

type Hook = Box<dyn FnOnce() + Send>;

/// A clock at which threads can be held: each look at it runs the next hook.
#[derive(Clone, Default)]
struct HookedClock(Arc<Mutex<VecDeque<Hook>>>);

impl Clock for HookedClock {
    fn now(&self) -> Instant {
        let hook = self.0.lock().unwrap().pop_front();
        hook.into_iter().for_each(|hook| hook());
        Instant::now()
    }
}

impl HookedClock {
    fn next(&self, hook: impl FnOnce() + Send + 'static) {
        self.0.lock().unwrap().push_back(Box::new(hook));
    }
}

#[test]
fn a_step_that_begins_within_a_cancel_does_not_undo_it() {
    let clock = HookedClock::default();
    let sts = ScriptedSts {
        requests: Mutex::new(channel().0),
        answers: Mutex::new(channel().1),
    };
    let plugin = Plugin::new(
        Box::new(CountingHost {
            ready: Arc::default(),
            on_log: Box::new(|_| {}),
        }),
        0,
        Options::new(&[]).unwrap(),
        Arc::new(sts),
        Arc::new(clock.clone()),
    );
    let conversation = plugin.begin(&begin("$external", true)).unwrap();
    assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);

    let (stepping, has_begun) = channel();
    let (let_go, held) = channel::<()>();
    let (code, stepped) = channel();
    let stepper = Arc::clone(&conversation);
    clock.next(move || {
        std::thread::spawn(move || code.send(stepper.step(&second())));
        has_begun.recv_timeout(LONG).unwrap();
    });
    clock.next(move || {
        stepping.send(()).unwrap();
        held.recv_timeout(LONG).unwrap();
    });
    conversation.cancel();
    let_go.send(()).unwrap();

    assert_eq!(stepped.recv_timeout(LONG), Ok(MAWS_E_CANCELLED));
    assert_eq!(conversation.poll(Duration::ZERO), MAWS_E_CANCELLED);
    assert_eq!(conversation.outcome().unwrap().reason, Reason::Cancelled);
}
