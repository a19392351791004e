//! Which clients are let in while not all can be.
//!
//! A driver opens the connections of its pool a few at a time, and one that is refused clears the
//! pool, what it had included. Where logins are refused without regard to whose they are, every pool
//! is cleared again and again and none is ever complete. So a share of the clients is let in, each
//! with all of its logins, and it follows from what waits.

use std::time::{Duration, Instant};

/// Waiting logins, as a share of those that could be in time, under which more are let in.
const FEW: f64 = 0.15;
/// Time between two changes of the share, and how it changes.
const STEP: Duration = Duration::from_millis(200);
const LOWER: f64 = 0.8;
const RAISE: f64 = 1.1;
const LEAST: f64 = 0.02;
/// What one client may hold of what can be in time while others are left out: less than a few, so
/// that nobody can keep the share down alone.
const ONE_CLIENT: f64 = 0.1;
/// Drivers open two connections at a time.
const LEAST_OF_ONE: f64 = 2.0;
/// After so long it is the turn of others.
const ROTATION: Duration = Duration::from_secs(600);
/// 2^64 divided by the golden ratio: its multiples are spread evenly.
const NEXT_TURN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Those who wait before a login that comes.
#[derive(Debug)]
pub struct Crowd {
    /// How many, as a share of those that can be in time.
    pub waiting: f64,
    /// It is no matter of this login's own time alone.
    pub lasts: bool,
    /// How many can be in time.
    pub most: f64,
}

/// The share of one line or lane.
#[derive(Debug)]
pub struct Share {
    begun: Instant,
    changed: Instant,
    /// From 0 to 1.
    of_clients: f64,
}

impl Share {
    /// All are let in.
    pub fn new(now: Instant) -> Share {
        Share {
            begun: now,
            changed: now,
            of_clients: 1.0,
        }
    }

    /// This client's login may wait in such a crowd; `held` counts those that it has there.
    pub fn lets_in(
        &mut self,
        now: Instant,
        client: u64,
        crowd: &Crowd,
        held: impl FnOnce() -> usize,
    ) -> bool {
        if crowd.waiting >= 1.0 {
            if crowd.lasts {
                self.change(now, LOWER);
            }
            return false;
        }
        if crowd.waiting < FEW {
            self.change(now, RAISE);
        }
        if self.of_clients >= 1.0 || crowd.waiting <= 0.0 {
            return true;
        }
        let most_of_one = (crowd.most * ONE_CLIENT).max(LEAST_OF_ONE);
        self.place(now, client) < self.of_clients && (held() as f64) < most_of_one
    }

    fn change(&mut self, now: Instant, by: f64) {
        if now.saturating_duration_since(self.changed) >= STEP {
            self.changed = now;
            self.of_clients = (self.of_clients * by).clamp(LEAST, 1.0);
        }
    }

    /// Between 0 and 1, the same for the whole turn.
    fn place(&self, now: Instant, client: u64) -> f64 {
        let turn = now.saturating_duration_since(self.begun).as_secs() / ROTATION.as_secs();
        let place = client.wrapping_add(turn.wrapping_mul(NEXT_TURN));
        (place >> 32) as f64 / (1u64 << 32) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENTS: u64 = 100;

    fn client(number: u64) -> u64 {
        number.wrapping_mul(NEXT_TURN)
    }

    fn crowd(waiting: f64) -> Crowd {
        Crowd {
            waiting,
            lasts: true,
            most: 100.0,
        }
    }

    /// A share after seconds in which more waited than could be in time.
    fn crowded(begun: Instant) -> (Share, Instant) {
        let mut share = Share::new(begun);
        let mut now = begun;
        for _ in 0..5 {
            now += STEP;
            assert!(!share.lets_in(now, 0, &crowd(1.0), || 0));
        }
        (share, now)
    }

    fn let_in(share: &mut Share, now: Instant) -> Vec<u64> {
        (0..CLIENTS)
            .filter(|number| share.lets_in(now, client(*number), &crowd(0.5), || 0))
            .collect()
    }

    #[test]
    fn all_are_let_in_while_all_can_be_in_time() {
        let begun = Instant::now();
        let mut share = Share::new(begun);
        assert_eq!(let_in(&mut share, begun).len(), 100);
    }

    #[test]
    fn then_a_share_of_the_clients_with_all_of_its_logins() {
        let (mut share, now) = crowded(Instant::now());
        let first = let_in(&mut share, now);
        assert!((20..50).contains(&first.len()), "{first:?}");
        assert_eq!(let_in(&mut share, now + 60 * STEP), first);
    }

    #[test]
    fn as_few_wait_more_are_let_in_and_none_is_turned_away() {
        let (mut share, mut now) = crowded(Instant::now());
        let first = let_in(&mut share, now);
        for _ in 0..20 {
            now += STEP;
            share.lets_in(now, 0, &crowd(0.01), || 0);
        }
        let all = let_in(&mut share, now);
        assert_eq!(all.len(), 100);
        assert!(first.iter().all(|client| all.contains(client)));
    }

    #[test]
    fn nobody_has_all_places_of_the_share() {
        let (mut share, now) = crowded(Instant::now());
        let client = client(let_in(&mut share, now)[0]);
        assert!(share.lets_in(now, client, &crowd(0.5), || 9));
        assert!(!share.lets_in(now, client, &crowd(0.5), || 10));
    }

    #[test]
    fn where_nobody_waits_everybody_is_let_in() {
        let (mut share, now) = crowded(Instant::now());
        let all = (0..CLIENTS).all(|n| share.lets_in(now, client(n), &crowd(0.0), || 0));
        assert!(all);
    }

    #[test]
    fn a_login_with_little_time_changes_nothing_for_the_others() {
        let begun = Instant::now();
        let mut share = Share::new(begun);
        for step in 1..20 {
            let hasty = Crowd {
                lasts: false,
                ..crowd(1.0)
            };
            assert!(!share.lets_in(begun + STEP * step, 0, &hasty, || 0));
        }
        assert_eq!(let_in(&mut share, begun + 20 * STEP).len(), 100);
    }

    #[test]
    fn nobody_is_left_out_for_ever() {
        let begun = Instant::now();
        let (mut share, _) = crowded(begun);
        let mut left_out: Vec<_> = (0..CLIENTS).collect();
        for turn in 0..20 {
            let let_in = let_in(&mut share, begun + ROTATION * turn + STEP);
            left_out.retain(|client| !let_in.contains(client));
        }
        assert!(left_out.is_empty(), "{left_out:?}");
    }
}
