//! How often a failing STS is asked again.

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Bounds requests that are sent again to a share of those sent at first, over the whole plugin, so
/// that a failing STS is not hit harder than a healthy one.
#[derive(Debug)]
pub struct RetryBudget {
    /// In hundredths of a request.
    saved: AtomicU32,
}

impl RetryBudget {
    const PER_REQUEST: u32 = 15;
    const COST: u32 = 100;
    /// What a quiet server starts with and saves up at the most.
    const LIMIT: u32 = 20 * Self::COST;

    /// A full budget.
    pub fn new() -> RetryBudget {
        RetryBudget {
            saved: AtomicU32::new(Self::LIMIT),
        }
    }

    /// A request is sent.
    pub fn request(&self) {
        let add = |saved: u32| Some((saved + Self::PER_REQUEST).min(Self::LIMIT));
        let _always_added = self.saved.fetch_update(Relaxed, Relaxed, add);
    }

    /// Pays for sending one again, if that can be afforded.
    pub fn spend(&self) -> bool {
        self.saved
            .fetch_update(Relaxed, Relaxed, |saved| saved.checked_sub(Self::COST))
            .is_ok()
    }
}

impl Default for RetryBudget {
    fn default() -> RetryBudget {
        RetryBudget::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_again_stays_within_its_share_of_what_is_sent() {
        let budget = RetryBudget::new();
        while budget.spend() {}
        let again = (0..1000).filter(|_| {
            budget.request();
            budget.spend()
        });
        assert_eq!(again.count(), 150);
    }

    #[test]
    fn a_quiet_server_has_some_in_hand_but_not_more_and_more() {
        let budget = RetryBudget::new();
        (0..1000).for_each(|_| budget.request());
        assert_eq!((0..1000).filter(|_| budget.spend()).count(), 20);
    }
}
