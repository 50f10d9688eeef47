//! How much one user may ask for, however many processes ask.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How many requests of one user are looked at in a second.
pub(super) const REQUESTS_MAX: u32 = 100;

const WINDOW: Duration = Duration::from_secs(1);

/// How many users are kept account of at once; one more waits for the next second.
const USERS_MAX: usize = 64;

/// What each user has asked for in this second.
#[derive(Debug, Default)]
pub(super) struct Budget {
    begun: Option<Instant>,
    taken: HashMap<u32, u32>,
}

impl Budget {
    /// Takes one request out of a user's budget; false if there is none left.
    pub(super) fn take(&mut self, user: u32, now: Instant) -> bool {
        if self.begun.is_none_or(|begun| now.saturating_duration_since(begun) >= WINDOW) {
            self.begun = Some(now);
            self.taken.clear();
        }
        if self.taken.len() >= USERS_MAX && !self.taken.contains_key(&user) {
            return false;
        }
        let taken = self.taken.entry(user).or_default();
        *taken = taken.saturating_add(1);
        *taken <= REQUESTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_budget_of_its_own_that_comes_back_with_the_next_second() {
        let mut budget = Budget::default();
        let start = Instant::now();
        let granted = |budget: &mut Budget, user, now| {
            (0..10 * REQUESTS_MAX).filter(|_| budget.take(user, now)).count()
        };
        assert_eq!(granted(&mut budget, 1, start), REQUESTS_MAX as usize);
        assert_eq!(granted(&mut budget, 2, start), REQUESTS_MAX as usize);
        let later = start + WINDOW - Duration::from_millis(1);
        assert_eq!(granted(&mut budget, 1, later), 0);
        assert_eq!(granted(&mut budget, 1, start + WINDOW), REQUESTS_MAX as usize);
    }

    #[test]
    fn a_crowd_of_users_takes_no_more_room_than_there_is() {
        let mut budget = Budget::default();
        let start = Instant::now();
        let granted = (0..1000).filter(|user| budget.take(*user, start)).count();
        assert_eq!((granted, budget.taken.len()), (USERS_MAX, USERS_MAX));
        assert!(budget.take(2000, start + WINDOW));
        assert_eq!(budget.taken.len(), 1);
    }
}
