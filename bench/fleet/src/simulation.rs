//! What happens when: events in the order of their time.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use mongodb_aws_auth::reason::Reason;
use mongodb_aws_auth::throttle::{Next, Random};

use crate::arguments::Arguments;
use crate::client::{PAUSE_AFTER_CLEAR, Pool};
use crate::server::{Login, Server};
use crate::sts::Sts;

/// Over how long clients notice that their connections are lost.
const NOTICE: Duration = Duration::from_millis(100);

/// How it went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// When the first half, 99 % and all of the pools were complete.
    pub half: Option<Duration>,
    pub most: Option<Duration>,
    pub all: Option<Duration>,
    /// Connections that are up at the end.
    pub up: u64,
    /// The least that STS's quota allows.
    pub ideal: Duration,
    pub requests: u64,
    pub throttled: u64,
    /// Logins that were refused, by the reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Connections that were authenticated, and lost again as their pool was cleared.
    pub lost: u64,
    /// Logins that were verified after their client had cancelled them.
    pub in_vain: u64,
    /// The moments that were asked for, and the end.
    pub timeline: Vec<Moment>,
}

/// The fleet at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Since the connections were lost.
    pub since: Duration,
    /// Connections that are up.
    pub up: u64,
    /// Pools that are complete.
    pub complete: u64,
}

impl Outcome {
    pub fn all_are_up(&self) -> bool {
        self.all.is_some()
    }
}

enum Event {
    /// A pool opens what it may.
    Connect { pool: usize },
    /// STS's answer is back.
    Answer {
        id: u64,
        login: Login,
        within_quota: bool,
    },
    /// A server's timer fires.
    Timer { server: usize },
}

struct Simulation {
    now: Instant,
    begun: Instant,
    round_trip: Duration,
    deadline: Duration,
    pools: Vec<Pool>,
    complete: usize,
    servers: Vec<Server>,
    sts: Sts,
    random: Random,
    /// By time, then in the order in which they were planned.
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    planned: Vec<Option<Event>>,
    free: Vec<usize>,
    outcome: Outcome,
}

/// Runs until every pool is complete, or the time is over.
pub fn run(fleet: &Arguments) -> Outcome {
    let mut simulation = Simulation::new(fleet);
    let until = simulation.begun + fleet.longest;
    let mut next = fleet.timeline.map(|_| simulation.begun);
    while simulation.complete < simulation.pools.len() {
        let Some(Reverse((at, slot))) = simulation.due.pop() else {
            break;
        };
        if at > until {
            break;
        }
        while let (Some(moment), Some(step)) = (next, fleet.timeline)
            && moment <= at
        {
            simulation.now = moment;
            simulation.record();
            next = Some(moment + step);
        }
        simulation.now = at;
        let event = simulation.planned.get_mut(slot).and_then(Option::take);
        simulation.free.push(slot);
        if let Some(event) = event {
            simulation.happen(event);
        }
    }
    simulation.outcome.requests = simulation.sts.answered + simulation.sts.throttled;
    simulation.outcome.throttled = simulation.sts.throttled;
    simulation.outcome.up = simulation.up();
    if next.is_some() {
        simulation.record();
    }
    simulation.outcome
}

impl Simulation {
    fn new(fleet: &Arguments) -> Simulation {
        let now = Instant::now();
        let pool = |number: usize| {
            let account = (number / fleet.servers % fleet.accounts) as u64;
            Pool::new(
                number % fleet.servers,
                account,
                fleet.pool,
                fleet.connecting,
            )
        };
        let sts = Sts::new(fleet.accounts, fleet.quota, fleet.burst, now);
        let outcome = Outcome {
            ideal: sts.ideal(fleet.connections),
            ..Outcome::default()
        };
        let mut simulation = Simulation {
            now,
            begun: now,
            round_trip: fleet.round_trip,
            deadline: fleet.deadline,
            pools: (0..fleet.connections / fleet.pool).map(pool).collect(),
            complete: 0,
            servers: (0..fleet.servers)
                .map(|n| Server::new(now, fleet, n))
                .collect(),
            sts,
            random: Random::new(fleet.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            due: BinaryHeap::new(),
            planned: Vec::new(),
            free: Vec::new(),
            outcome,
        };
        for pool in 0..simulation.pools.len() {
            let notices = simulation.random.between(Duration::ZERO, NOTICE);
            simulation.plan(notices, Event::Connect { pool });
        }
        simulation
    }

    fn up(&self) -> u64 {
        self.pools.iter().map(|pool| pool.up as u64).sum()
    }

    fn record(&mut self) {
        self.outcome.timeline.push(Moment {
            since: self.now.saturating_duration_since(self.begun),
            up: self.up(),
            complete: self.complete as u64,
        });
    }

    fn plan(&mut self, after: Duration, event: Event) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.planned.push(None);
            self.planned.len() - 1
        });
        if let Some(place) = self.planned.get_mut(slot) {
            *place = Some(event);
        }
        self.due.push(Reverse((self.now + after, slot)));
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Connect { pool } => self.connect(pool),
            Event::Answer {
                id,
                login,
                within_quota,
            } => self.answer(id, login, within_quota),
            Event::Timer { server } => {
                if let Some(server) = self.servers.get_mut(server) {
                    server.timer = None;
                }
                self.serve(server);
            }
        }
    }

    fn connect(&mut self, number: usize) {
        while let Some(pool) = self.pools.get_mut(number)
            && pool.may_connect()
        {
            let deadline = self.now + self.deadline;
            let login = Login::new(number, pool.account, deadline, &pool.generation);
            let at = pool.server;
            if let Some(server) = self.servers.get_mut(at) {
                pool.connects(server.submit(self.now, login));
            }
            self.serve(at);
        }
    }

    /// Lets a server do all that it can do now.
    fn serve(&mut self, number: usize) {
        while let Some(server) = self.servers.get_mut(number) {
            match server.next(self.now) {
                Next::Run(id, login) => self.send(id, login),
                Next::Refuse(login, reason) => self.refuse(login, reason),
                Next::Wait(Some(until)) if server.timer.is_none_or(|timer| until < timer) => {
                    server.timer = Some(until);
                    let after = until.saturating_duration_since(self.now);
                    return self.plan(after, Event::Timer { server: number });
                }
                Next::Wait(_) => return,
            }
        }
    }

    /// STS decides after half of the round trip.
    fn send(&mut self, id: u64, login: Login) {
        let arrives = self.now + self.round_trip / 2;
        let within_quota = self.sts.ask(arrives, login.account);
        let event = Event::Answer {
            id,
            login,
            within_quota,
        };
        self.plan(self.round_trip, event);
    }

    fn answer(&mut self, id: u64, login: Login, within_quota: bool) {
        let Some(at) = self.pools.get(login.pool).map(|pool| pool.server) else {
            return;
        };
        let server = self.servers.get_mut(at);
        let (now, round_trip) = (self.now, self.round_trip);
        let ended = server.and_then(|s| s.answer(now, round_trip, id, login, within_quota));
        match ended {
            Some(login) if within_quota => self.verified(id, &login),
            Some(login) => self.refuse(login, Reason::StsThrottling),
            None => {}
        }
        self.serve(at);
    }

    fn verified(&mut self, id: u64, login: &Login) {
        let pools = self.pools.len();
        let Some(pool) = self.pools.get_mut(login.pool) else {
            return;
        };
        if !login.is_wanted() {
            self.outcome.in_vain += 1;
            return;
        }
        pool.authenticated(id);
        if pool.is_up() {
            self.complete += 1;
            let since = self.now.saturating_duration_since(self.begun);
            let outcome = &mut self.outcome;
            for (share, when) in [
                (50, &mut outcome.half),
                (99, &mut outcome.most),
                (100, &mut outcome.all),
            ] {
                if self.complete * 100 >= pools * share && when.is_none() {
                    *when = Some(since);
                }
            }
        }
        self.connect(login.pool);
    }

    fn refuse(&mut self, login: Login, reason: Reason) {
        if !login.is_wanted() {
            return;
        }
        *self.outcome.refused.entry(reason.name()).or_default() += 1;
        let Some(pool) = self.pools.get_mut(login.pool) else {
            return;
        };
        let was_up = pool.is_up();
        let cleared = pool.refused();
        self.outcome.lost += cleared.lost as u64;
        if let Some(server) = self.servers.get_mut(pool.server) {
            let cancelled = cleared.cancelled.into_iter();
            cancelled.for_each(|id| server.cancel(id));
        }
        self.complete -= usize::from(was_up);
        let pause = PAUSE_AFTER_CLEAR + self.random.between(Duration::ZERO, NOTICE);
        self.plan(pause, Event::Connect { pool: login.pool });
    }
}
