use super::*;

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const S: Duration = Duration::from_secs(1);
pub(super) const KEY: Key = account(1);

pub(super) const fn account(account: u64) -> Key {
    Key {
        endpoint: 0,
        account,
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Login {
    pub(super) key: Key,
    pub(super) deadline: Instant,
    pub(super) client: u64,
}

impl Queued for Login {
    fn key(&self) -> Key {
        self.key
    }
    fn deadline(&self) -> Instant {
        self.deadline
    }
    fn client(&self) -> u64 {
        self.client
    }
}

pub(super) struct Bench {
    pub(super) throttle: Throttle<Login>,
    pub(super) now: Instant,
    clients: u64,
}

impl Bench {
    pub(super) fn new(endpoints: usize, in_flight: usize, queue: usize) -> Bench {
        let limits = ThrottleLimits { in_flight, queue };
        let now = Instant::now();
        Bench {
            throttle: Throttle::new(now, endpoints, limits, Random::new(7)),
            now,
            clients: 0,
        }
    }

    /// A login of a client of its own.
    pub(super) fn login(&mut self, key: Key, time: Duration) -> Login {
        self.clients += 1;
        Login {
            key,
            deadline: self.now + time,
            client: self.clients,
        }
    }
}
