//! STS: a token bucket for each account.

use std::time::{Duration, Instant};

/// The quotas of all accounts at one endpoint.
#[derive(Debug)]
pub struct Sts {
    per_second: f64,
    burst: f64,
    accounts: Vec<Bucket>,
    /// Requests that were answered, and throttled.
    pub answered: u64,
    pub throttled: u64,
}

#[derive(Clone, Debug)]
struct Bucket {
    left: f64,
    filled: Instant,
}

impl Sts {
    pub fn new(accounts: usize, per_second: f64, burst: f64, now: Instant) -> Sts {
        let full = Bucket {
            left: burst,
            filled: now,
        };
        Sts {
            per_second,
            burst,
            accounts: vec![full; accounts],
            answered: 0,
            throttled: 0,
        }
    }

    /// True: this request is within its account's quota.
    pub fn ask(&mut self, now: Instant, account: u64) -> bool {
        let found = usize::try_from(account).ok();
        let Some(bucket) = found.and_then(|at| self.accounts.get_mut(at)) else {
            return false;
        };
        let rested = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.left = (bucket.left + self.per_second * rested).min(self.burst);
        bucket.filled = now;
        let within = bucket.left >= 1.0;
        if within {
            bucket.left -= 1.0;
            self.answered += 1;
        } else {
            self.throttled += 1;
        }
        within
    }

    /// The shortest time in which STS can answer so many requests, spread evenly.
    pub fn ideal(&self, requests: usize) -> Duration {
        let each = requests as f64 / self.accounts.len() as f64;
        Duration::from_secs_f64((each - self.burst).max(0.0) / self.per_second)
    }
}
