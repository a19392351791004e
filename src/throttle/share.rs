//! Which clients join a queue while not all can be in time.
//!
//! A driver that is refused once closes its whole pool. Refused at random, every pool is closed again
//! and again and none is ever complete; so some clients get all of their logins in, and others none.

use std::time::{Duration, Instant};

/// Load under which more clients are admitted.
const LOW: f64 = 0.15;
/// Time between two changes of the share, and how it changes.
const STEP: Duration = Duration::from_millis(200);
const LOWER: f64 = 0.8;
const RAISE: f64 = 1.1;
const LEAST: f64 = 0.02;
/// What one client may hold of what can be in time while others are refused: less than the low load, so
/// that nobody keeps the share down alone.
const ONE_CLIENT: f64 = 0.1;
/// Drivers open two connections at a time.
const LEAST_OF_ONE: f64 = 2.0;
/// When other clients get their turn.
const ROTATION: Duration = Duration::from_secs(600);
/// 2^64 divided by the golden ratio: its multiples are spread evenly.
const NEXT_TURN: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a new login finds in its queue.
#[derive(Debug)]
pub struct Load {
    /// Queued logins as a share of those that can be in time: none more from 1 on.
    pub level: f64,
    /// The queue is at its limit or more than a second long, so not only logins in a hurry are late.
    pub lasting: bool,
    /// How many can be in time.
    pub in_time: f64,
}

impl Load {
    /// Of so many queued, with so many turns a second in the time that the new one has.
    pub fn new(queued: usize, limit: usize, rate: f64, time: Duration) -> Load {
        let (queued, limit) = (queued as f64, limit as f64);
        let in_time = match time.is_zero() {
            true => 0.0,
            false => limit.min(rate * time.as_secs_f64()),
        };
        Load {
            level: if in_time > 0.0 { queued / in_time } else { 1.0 },
            lasting: queued >= limit || queued >= rate,
            in_time,
        }
    }
}

/// The clients of one queue that are admitted.
#[derive(Debug)]
pub struct Share {
    created: Instant,
    changed: Instant,
    /// From 0 to 1.
    of_clients: f64,
}

impl Share {
    /// All are admitted.
    pub fn new(now: Instant) -> Share {
        Share {
            created: now,
            changed: now,
            of_clients: 1.0,
        }
    }

    /// This client, which has `held` logins in the queue, may add one.
    pub fn admits(&mut self, now: Instant, client: u64, load: &Load, held: usize) -> bool {
        if load.level >= 1.0 {
            if load.lasting {
                self.change(now, LOWER);
            }
            return false;
        }
        if load.level < LOW {
            self.change(now, RAISE);
        }
        if self.of_clients >= 1.0 || load.level <= 0.0 {
            return true;
        }
        let most = (load.in_time * ONE_CLIENT).max(LEAST_OF_ONE);
        self.rank(now, client) < self.of_clients && (held as f64) < most
    }

    fn change(&mut self, now: Instant, by: f64) {
        if now.saturating_duration_since(self.changed) >= STEP {
            self.changed = now;
            self.of_clients = (self.of_clients * by).clamp(LEAST, 1.0);
        }
    }

    /// Between 0 and 1, the same until the next rotation.
    fn rank(&self, now: Instant, client: u64) -> f64 {
        let turn = now.saturating_duration_since(self.created).as_secs() / ROTATION.as_secs();
        let rank = client.wrapping_add(turn.wrapping_mul(NEXT_TURN));
        (rank >> 32) as f64 / (1u64 << 32) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENTS: u64 = 100;

    fn client(number: u64) -> u64 {
        number.wrapping_mul(NEXT_TURN)
    }

    fn load(level: f64) -> Load {
        Load {
            level,
            lasting: true,
            in_time: 100.0,
        }
    }

    /// A share after a second in which more logins came than could be in time.
    fn overloaded(created: Instant) -> (Share, Instant) {
        let mut share = Share::new(created);
        let mut now = created;
        for _ in 0..5 {
            now += STEP;
            assert!(!share.admits(now, 0, &load(1.0), 0));
        }
        (share, now)
    }

    fn admitted(share: &mut Share, now: Instant) -> Vec<u64> {
        (0..CLIENTS)
            .filter(|number| share.admits(now, client(*number), &load(0.5), 0))
            .collect()
    }

    #[test]
    fn all_clients_are_admitted_while_all_logins_can_be_in_time() {
        let created = Instant::now();
        let mut share = Share::new(created);
        assert_eq!(admitted(&mut share, created).len(), 100);
    }

    #[test]
    fn in_overload_the_same_clients_are_admitted_again_and_again() {
        let (mut share, now) = overloaded(Instant::now());
        let first = admitted(&mut share, now);
        assert!((20..50).contains(&first.len()), "{first:?}");
        assert_eq!(admitted(&mut share, now + 60 * STEP), first);
    }

    #[test]
    fn as_the_load_falls_more_clients_are_admitted_and_none_is_dropped() {
        let (mut share, mut now) = overloaded(Instant::now());
        let first = admitted(&mut share, now);
        for _ in 0..20 {
            now += STEP;
            share.admits(now, 0, &load(0.01), 0);
        }
        let all = admitted(&mut share, now);
        assert_eq!(all.len(), 100);
        assert!(first.iter().all(|client| all.contains(client)));
    }

    #[test]
    fn in_overload_one_client_holds_a_tenth_of_the_queue_at_most() {
        let (mut share, now) = overloaded(Instant::now());
        let client = client(admitted(&mut share, now)[0]);
        assert!(share.admits(now, client, &load(0.5), 9));
        assert!(!share.admits(now, client, &load(0.5), 10));
    }

    #[test]
    fn an_empty_queue_admits_every_client() {
        let (mut share, now) = overloaded(Instant::now());
        let all = (0..CLIENTS).all(|n| share.admits(now, client(n), &load(0.0), 0));
        assert!(all);
    }

    #[test]
    fn a_login_in_a_hurry_changes_nothing_for_others() {
        let created = Instant::now();
        let mut share = Share::new(created);
        for step in 1..20 {
            let hasty = Load {
                lasting: false,
                ..load(1.0)
            };
            assert!(!share.admits(created + STEP * step, 0, &hasty, 0));
        }
        assert_eq!(admitted(&mut share, created + 20 * STEP).len(), 100);
    }

    #[test]
    fn every_client_gets_its_turn() {
        let created = Instant::now();
        let (mut share, _) = overloaded(created);
        let mut refused: Vec<_> = (0..CLIENTS).collect();
        for turn in 0..20 {
            let admitted = admitted(&mut share, created + ROTATION * turn + STEP);
            refused.retain(|client| !admitted.contains(client));
        }
        assert!(refused.is_empty(), "{refused:?}");
    }
}
