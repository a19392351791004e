//! One server: the plugin's admission, or none.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mongodb_aws_auth::admission::{
    Admission, AdmissionLimits, Done, Key, Next, Random, Verdict, Waiting,
};
use mongodb_aws_auth::reason::Reason;

use crate::arguments::Arguments;

/// One login of one pool's connection.
#[derive(Debug)]
pub struct Login {
    pub pool: usize,
    pub account: u64,
    deadline: Instant,
    /// The pool's generation at its beginning, and now.
    born: u32,
    generation: Rc<Cell<u32>>,
}

impl Login {
    pub fn new(pool: usize, account: u64, deadline: Instant, generation: &Rc<Cell<u32>>) -> Login {
        Login {
            pool,
            account,
            deadline,
            born: generation.get(),
            generation: Rc::clone(generation),
        }
    }
}

impl Waiting for Login {
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

    /// The driver has not given it up.
    fn is_wanted(&self) -> bool {
        self.born == self.generation.get()
    }
}

/// What a server does next.
pub enum Act {
    Send(Login),
    Refuse(Login, Reason),
    Sleep(Option<Instant>),
}

/// A server with its plugin.
pub struct Server {
    admission: Option<Admission<Login>>,
    /// When its timer goes off, if it is set.
    pub alarm: Option<Instant>,
}

impl Server {
    pub fn new(now: Instant, fleet: &Arguments, number: usize) -> Server {
        let limits = AdmissionLimits {
            requests: fleet.workers,
            waiting: fleet.queue,
        };
        let seed = fleet.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (number as u64 + 1) << 20;
        let admission = || Admission::new(now, 1, limits, Random::new(seed));
        Server {
            admission: fleet.admission.then(admission),
            alarm: None,
        }
    }

    /// Takes a login, or gives it back to be sent at once.
    pub fn submit(&mut self, now: Instant, login: Login) -> Option<Login> {
        match &mut self.admission {
            Some(admission) => admission.submit(now, login),
            None => Some(login),
        }
    }

    pub fn next(&mut self, now: Instant) -> Act {
        match self.admission.as_mut().map(|a| a.next(now, true)) {
            Some(Next::Run(login)) => Act::Send(login),
            Some(Next::Refuse(login, reason)) => Act::Refuse(login, reason),
            Some(Next::Wait(until)) => Act::Sleep(until),
            None => Act::Sleep(None),
        }
    }

    /// STS has answered, or throttled. Gives the login back if it is over: it is refused or verified.
    pub fn answer(
        &mut self,
        now: Instant,
        round_trip: Duration,
        login: Login,
        within_quota: bool,
    ) -> Option<Login> {
        let Some(admission) = &mut self.admission else {
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
        admission.done(now, login.key(), done);
        if within_quota || login.deadline <= now {
            return Some(login);
        }
        admission.again(now, login, None);
        None
    }
}
