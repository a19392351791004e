//! Races of the interface: each test runs a small scene in thousands of orders of its threads.
//!
//! `scripts/sanitize races` builds them with `--cfg shuttle`. A scene that fails names its order,
//! which `shuttle::replay` runs again. Waits never time out here, so that whoever waits in vain is
//! a deadlock, and seen.

mod scene;

use std::time::Duration;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

use self::scene::{Scene, spawn};
use crate::abi::maws_code::*;
use crate::plugin::InUse;
use crate::reason::Reason;
use crate::sasl::tests::{FIRST, second};
use crate::sync::thread;

const LONG: Duration = Duration::from_secs(3600);
/// Orders that are tried for each scene, and by how many changes of thread they differ.
const ORDERS: usize = 2_000;
const CHANGES: usize = 3;

/// Runs the scene in random orders and in orders that favour rare ones.
fn in_many_orders(scene: fn()) {
    let mut config = Config::new();
    config.stack_size = 512 * 1024;
    Runner::new(RandomScheduler::new(ORDERS), config.clone()).run(scene);
    Runner::new(PctScheduler::new(CHANGES, ORDERS), config).run(scene);
}

#[test]
fn cancel_against_the_answer_gives_one_outcome_that_stays() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.pending(0);
        let poll = spawn(&scene, move |scene| scene.get(handle).unwrap().poll(LONG));
        let cancel = spawn(&scene, move |scene| scene.get(handle).unwrap().cancel());
        let code = poll.join().unwrap();
        cancel.join().unwrap();
        assert!(matches!(code, MAWS_DONE | MAWS_E_CANCELLED), "{code:?}");
        let conversation = scene.get(handle).unwrap();
        assert_eq!(conversation.poll(Duration::ZERO), code);
        assert_eq!(conversation.outcome().unwrap().code, code);
        scene.end(handle, 0).unwrap();
        assert_eq!(scene.ready(0), usize::from(code == MAWS_DONE));
        assert_eq!(scene.destroy(), Ok(true));
        assert_eq!(scene.ready(0), usize::from(code == MAWS_DONE));
    });
}

#[test]
fn a_conversation_that_waits_without_a_poll_is_reported_once() {
    in_many_orders(|| {
        let scene = Scene::new(true, "2");
        let (first, second) = (scene.pending(0), scene.pending(1));
        for (handle, context) in [(first, 0), (second, 1)] {
            assert_eq!(scene.get(handle).unwrap().poll(LONG), MAWS_DONE);
            scene.end(handle, context).unwrap();
            assert_eq!(scene.ready(context), 1);
        }
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn whoever_conv_ready_tells_finds_the_outcome_even_while_step_runs() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.begin(0).unwrap();
        assert_eq!(scene.get(handle).unwrap().step(FIRST), MAWS_CONTINUE);
        let told = spawn(&scene, move |scene| {
            while scene.ready(0) == 0 {
                thread::yield_now();
            }
            let conversation = scene.get(handle).unwrap();
            assert_eq!(conversation.poll(Duration::ZERO), MAWS_DONE);
            scene.end(handle, 0)
        });
        assert_eq!(scene.get(handle).unwrap().step(&second()), MAWS_PENDING);
        assert_eq!(told.join().unwrap(), Ok(()));
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn no_callback_runs_after_end() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.pending(0);
        scene.end(handle, 0).unwrap();
        let before = scene.ready(0);
        assert!(before <= 1);
        assert_eq!(scene.destroy(), Ok(true));
        assert_eq!(scene.ready(0), before);
    });
}

#[test]
fn of_two_ends_one_ends_and_the_other_is_told() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let handle = scene.pending(0);
        let other = spawn(&scene, move |scene| scene.end(handle, 0));
        let cancel = spawn(&scene, move |scene| {
            if let Some(conversation) = scene.get(handle) {
                conversation.cancel();
            }
        });
        let results = [scene.end(handle, 0), other.join().unwrap()];
        cancel.join().unwrap();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let told = |r: &Result<_, _>| matches!(r, Ok(()) | Err(MAWS_E_IN_USE | MAWS_E_HANDLE));
        assert!(results.iter().all(told), "{results:?}");
        assert_eq!(scene.plugin.snapshot().conversations, 0);
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn cancel_against_step_never_leaves_a_verification_that_nobody_ends() {
    in_many_orders(|| {
        let scene = Scene::new(false, "1");
        let handle = scene.begin(0).unwrap();
        assert_eq!(scene.get(handle).unwrap().step(FIRST), MAWS_CONTINUE);
        let cancel = spawn(&scene, move |scene| scene.get(handle).unwrap().cancel());
        let conversation = scene.get(handle).unwrap();
        let code = conversation.step(&second());
        // Cancelled before, within or after the step: MAWS_E_STATE says that it was over.
        assert!(
            matches!(code, MAWS_PENDING | MAWS_E_CANCELLED | MAWS_E_STATE),
            "{code:?}"
        );
        cancel.join().unwrap();
        assert_eq!(conversation.poll(LONG), MAWS_E_CANCELLED);
        drop(conversation);
        scene.end(handle, 0).unwrap();
        assert_eq!(scene.destroy(), Ok(true));
        assert_eq!(scene.ready(0), 0);
    });
}

#[test]
fn begin_against_destroy_either_counts_or_is_refused() {
    in_many_orders(|| {
        let scene = Scene::new(true, "1");
        let login = spawn(&scene, |scene| match scene.begin(0) {
            Ok(handle) => {
                let conversation = scene.get(handle).unwrap();
                assert_eq!(conversation.step(FIRST), MAWS_CONTINUE);
                assert_eq!(conversation.step(&second()), MAWS_PENDING);
                assert_eq!(conversation.poll(LONG), MAWS_DONE);
                scene.end(handle, 0).unwrap();
            }
            Err(reason) => assert_eq!(reason, Reason::ShuttingDown),
        });
        let destroyed = scene.destroy();
        login.join().unwrap();
        match destroyed {
            Ok(drained) => assert!(drained),
            Err(InUse) => assert_eq!(scene.destroy(), Ok(true)),
        }
        assert_eq!(scene.begin(1), Err(Reason::ShuttingDown));
    });
}

#[test]
fn of_two_destroys_one_destroys() {
    in_many_orders(|| {
        let scene = Scene::new(false, "1");
        // A call to STS is in flight for a conversation that is gone.
        let handle = scene.pending(0);
        scene.end(handle, 0).unwrap();
        let other = spawn(&scene, |scene| scene.destroy().is_ok());
        let results = [scene.destroy().is_ok(), other.join().unwrap()];
        assert_eq!(results.iter().filter(|done| **done).count(), 1);
        assert_eq!(scene.plugin.snapshot().workers, 0);
    });
}

#[test]
fn logins_go_on_while_options_change() {
    in_many_orders(|| {
        let scene = Scene::new(true, "2");
        let change = spawn(&scene, |scene| {
            for workers in ["1", "2", "1"] {
                scene
                    .plugin
                    .set_options(&[("awsStsWorkers", workers)])
                    .unwrap();
            }
        });
        let login = |context: usize| {
            move |scene: &Scene| {
                let handle = scene.pending(context);
                assert_eq!(scene.get(handle).unwrap().poll(LONG), MAWS_DONE);
                scene.end(handle, context).unwrap();
            }
        };
        let others = [spawn(&scene, login(0)), spawn(&scene, login(1))];
        login(2)(&scene);
        login(3)(&scene);
        others.into_iter().for_each(|other| other.join().unwrap());
        change.join().unwrap();
        let workers = scene.plugin.options().text("awsStsWorkers");
        assert_eq!(workers.as_deref(), Some("1"));
        assert_eq!(scene.destroy(), Ok(true));
    });
}

#[test]
fn statistics_count_every_login_once_whoever_looks() {
    in_many_orders(|| {
        let scene = Scene::new(true, "2");
        let watch = spawn(&scene, |scene| {
            for _ in 0..3 {
                let now = scene.plugin.snapshot();
                assert!(now.conversations <= 2 && now.in_flight <= 2);
                assert!(now.succeeded + now.cancelled <= 2);
            }
        });
        let other = spawn(&scene, |scene| {
            let handle = scene.pending(0);
            scene.get(handle).unwrap().cancel();
            scene.end(handle, 0).unwrap();
        });
        let handle = scene.pending(1);
        assert_eq!(scene.get(handle).unwrap().poll(LONG), MAWS_DONE);
        scene.end(handle, 1).unwrap();
        other.join().unwrap();
        watch.join().unwrap();
        assert_eq!(scene.destroy(), Ok(true));
        let now = scene.plugin.snapshot();
        assert_eq!((now.begun, now.succeeded + now.cancelled), (2, 2));
        assert_eq!((now.conversations, now.in_flight, now.workers), (0, 0, 0));
        assert_eq!(now.succeeded as usize, scene.ready(0) + scene.ready(1));
    });
}
