//! STS's quota: requests per second, counted per account of the caller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Counts answered identities per account and second of the emulator's clock.
#[derive(Debug)]
pub(crate) struct Quota {
    per_second: u32,
    used: Mutex<HashMap<String, (u64, u32)>>,
}

impl Quota {
    pub(crate) fn new(per_second: u32) -> Self {
        Self {
            per_second,
            used: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one request of the account's quota; `false` if none is left in this second.
    pub(crate) fn take(&self, account: &str, now: SystemTime) -> bool {
        let second = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = used.entry(account.to_owned()).or_insert((second, 0));
        if entry.0 != second {
            *entry = (second, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1 <= self.per_second
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_account_has_its_own_quota_and_it_returns_with_the_next_second() {
        let quota = Quota::new(2);
        let now = UNIX_EPOCH + Duration::from_secs(100);
        assert!(quota.take("1", now));
        assert!(quota.take("1", now));
        assert!(!quota.take("1", now));
        assert!(quota.take("2", now));
        assert!(quota.take("1", now + Duration::from_secs(1)));
    }
}
