//! How much one user may ask for, however many processes ask.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How many requests of one user are looked at in a second.
pub(super) const REQUESTS_MAX: u32 = 100;

const WINDOW: Duration = Duration::from_secs(1);

/// How many users are kept account of at once; one more waits for the next second.
const USERS_MAX: usize = 64;

/// What each user has asked for in the last second.
#[derive(Debug, Default)]
pub(super) struct Budget(HashMap<u32, (Instant, u32)>);

impl Budget {
    /// Takes one request out of a user's budget; false if there is none left.
    pub(super) fn take(&mut self, user: u32, now: Instant) -> bool {
        let is_over = |begun: Instant| now.saturating_duration_since(begun) >= WINDOW;
        if self.0.len() >= USERS_MAX && !self.0.contains_key(&user) {
            self.0.retain(|_, (begun, _)| !is_over(*begun));
            if self.0.len() >= USERS_MAX {
                return false;
            }
        }
        let (begun, taken) = self.0.entry(user).or_insert((now, 0));
        if is_over(*begun) {
            (*begun, *taken) = (now, 0);
        }
        *taken += 1;
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
        assert_eq!((granted, budget.0.len()), (USERS_MAX, USERS_MAX));
        assert!(budget.take(2000, start + WINDOW));
        assert_eq!(budget.0.len(), 1);
    }
}
