//! Signing in, slowed down: so many attempts from one address and for one account, and only a few passwords checked at a
//! time, for each check takes memory and time on purpose.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

use crate::passwords;

/// Attempts from one address at once; one more every six seconds.
const FROM_ADDRESS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// Attempts for one account at once; one more every twelve seconds.
const FOR_ACCOUNT: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// Passwords checked at the same time.
const CHECKS: usize = 2;
/// Keys remembered before those that are free again are forgotten.
const KEYS: usize = 10_000;

/// Stands at the sign-in form.
pub struct Guard {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    accounts: DefaultKeyedRateLimiter<String>,
    checks: Semaphore,
    nobody: OnceLock<Option<String>>,
    clock: DefaultClock,
}

impl Default for Guard {
    fn default() -> Guard {
        let every = |secs| {
            Quota::with_period(Duration::from_secs(secs)).unwrap_or(Quota::per_minute(NonZeroU32::MIN))
        };
        Guard {
            addresses: RateLimiter::keyed(every(6).allow_burst(FROM_ADDRESS)),
            accounts: RateLimiter::keyed(every(12).allow_burst(FOR_ACCOUNT)),
            checks: Semaphore::new(CHECKS),
            nobody: OnceLock::new(),
            clock: DefaultClock::default(),
        }
    }
}

impl Guard {
    /// Whether one more attempt is let through.
    ///
    /// # Errors
    /// How many seconds to wait.
    pub fn admit(&self, address: Option<IpAddr>, email: &str) -> Result<(), u64> {
        if let Some(address) = address {
            take(&self.addresses, &address, &self.clock)?;
        }
        take(&self.accounts, &email.to_lowercase(), &self.clock)
    }

    /// Whether this is the password. Takes as long for an account that does not exist or has no password, so that the
    /// time does not tell which addresses are known.
    pub async fn is_right(self: std::sync::Arc<Self>, password: String, phc: Option<String>) -> bool {
        let Ok(_turn) = self.checks.acquire().await else { return false };
        let guard = self.clone();
        let check = move || match phc {
            Some(phc) => passwords::is_right(&password, &phc),
            None => {
                let nobody = guard.nobody.get_or_init(|| passwords::hash("nobody has this password").ok());
                let _ = nobody.as_deref().map(|phc| passwords::is_right(&password, phc));
                false
            }
        };
        tokio::task::spawn_blocking(check).await.unwrap_or(false)
    }
}

fn take<K: Hash + Eq + Clone>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
    clock: &DefaultClock,
) -> Result<(), u64> {
    if limiter.len() > KEYS {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| until.wait_time_from(clock.now()).as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_not_guessed_at_from_many_addresses() {
        let guard = Guard::default();
        let address = |last| Some(IpAddr::from([192, 0, 2, last]));
        for last in 0..10 {
            assert_eq!(guard.admit(address(last), "maja@nordpump.example"), Ok(()));
        }
        let refused = guard.admit(address(99), "Maja@nordpump.example");
        assert!(refused.is_err_and(|secs| secs <= 13), "{refused:?}");
        assert_eq!(guard.admit(address(99), "jonas@nordpump.example"), Ok(()));
    }

    #[test]
    fn an_address_does_not_try_many_accounts() {
        let guard = Guard::default();
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let tried =
            (0..40).take_while(|number| guard.admit(address, &format!("{number}@example.org")).is_ok());
        assert_eq!(tried.count(), 20);
    }
}
