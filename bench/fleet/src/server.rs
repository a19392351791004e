//! One server: the plugin's throttle, or none.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mongodb_aws_auth::throttle::{
    Done, Key, Next, Queued, Random, Throttle, ThrottleLimits, Verdict,
};

use crate::arguments::Arguments;

/// One login, of one connection of a pool.
#[derive(Debug)]
pub struct Login {
    pub pool: usize,
    pub account: u64,
    deadline: Instant,
    /// The pool's generation when the login began, and now.
    began_in: u32,
    generation: Rc<Cell<u32>>,
}

impl Login {
    pub fn new(pool: usize, account: u64, deadline: Instant, generation: &Rc<Cell<u32>>) -> Login {
        Login {
            pool,
            account,
            deadline,
            began_in: generation.get(),
            generation: Rc::clone(generation),
        }
    }

    /// The driver has not cancelled it.
    pub fn is_wanted(&self) -> bool {
        self.began_in == self.generation.get()
    }
}

impl Queued for Login {
    fn key(&self) -> Key {
        Key {
            endpoint: 0,
            account: self.account,
        }
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn client(&self) -> u64 {
        // As evenly spread as the plugin's hash.
        (self.pool as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// A server with its plugin.
pub struct Server {
    throttle: Option<Throttle<Login>>,
    /// Without a throttle: logins that are sent at once.
    unthrottled: VecDeque<Login>,
    /// When its timer fires, if it is set.
    pub timer: Option<Instant>,
}

impl Server {
    pub fn new(now: Instant, fleet: &Arguments, number: usize) -> Server {
        let limits = ThrottleLimits {
            in_flight: fleet.workers,
            queue: fleet.queue,
        };
        let seed = fleet.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (number as u64 + 1) << 20;
        let throttle = || Throttle::new(now, 1, limits, Random::new(seed));
        Server {
            throttle: fleet.throttle.then(throttle),
            unthrottled: VecDeque::new(),
            timer: None,
        }
    }

    /// Takes a login; the id is for [`Server::cancel`].
    pub fn submit(&mut self, now: Instant, login: Login) -> u64 {
        match &mut self.throttle {
            Some(throttle) => throttle.submit(now, login),
            None => {
                self.unthrottled.push_back(login);
                0
            }
        }
    }

    /// Drops a queued login.
    pub fn cancel(&mut self, id: u64) {
        if let Some(throttle) = &mut self.throttle {
            throttle.remove(id);
        }
    }

    pub fn next(&mut self, now: Instant) -> Next<Login> {
        match (&mut self.throttle, self.unthrottled.pop_front()) {
            (Some(throttle), _) => throttle.next(now),
            (None, Some(login)) => Next::Run(0, login),
            (None, None) => Next::Wait(None),
        }
    }

    /// STS has answered or throttled. Returns the login if that ends it: it is verified or refused.
    pub fn answer(
        &mut self,
        now: Instant,
        round_trip: Duration,
        id: u64,
        login: Login,
        within_quota: bool,
    ) -> Option<Login> {
        let Some(throttle) = &mut self.throttle else {
            return Some(login);
        };
        let verdict = match within_quota {
            true => Verdict::Answered,
            false => Verdict::Throttled,
        };
        let done = Done {
            verdict,
            sent: now - round_trip,
            took: round_trip,
        };
        throttle.done(now, login.key(), done);
        if within_quota || login.deadline <= now || !login.is_wanted() {
            return Some(login);
        }
        throttle.retry(now, id, login, None);
        None
    }
}
