//! What a backend does with limits.

use crate::Fault;
use farebox_limits::{Limit, MOST_AT_ONCE, Taken};

/// Limits of this site. They belong to no city: no fence is looked at.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait RateLimits {
    /// Takes up to so many tokens of a limit. Asked again it takes again.
    async fn take(&self, name: &str, limit: &Limit, up_to: u32) -> Result<Taken, Fault>;
}

/// Checks what the arithmetic could not take.
///
/// # Errors
///
/// A number is out of its range. Says which, and the range.
pub fn check(limit: &Limit, up_to: u32) -> Result<(), Fault> {
    let (field, number, most) = match limit.out_of_range().first() {
        Some(wrong) => *wrong,
        None if up_to > MOST_AT_ONCE || up_to == 0 => ("up-to", up_to, MOST_AT_ONCE),
        None => return Ok(()),
    };
    Err(Fault::Other(format!("a limit's {field} is {number}; it must be from 1 to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_ranges() {
        let limit = Limit { rate: 1, burst: 1, window: None };
        assert_eq!(check(&limit, 1), Ok(()));
        assert_eq!(check(&limit, MOST_AT_ONCE), Ok(()));
        for (limit, up_to, right) in [
            (limit, 0, "up-to is 0; it must be from 1 to 1000"),
            (limit, MOST_AT_ONCE + 1, "up-to is 1001; it must be from 1 to 1000"),
            (Limit { rate: 0, ..limit }, 1, "rate is 0; it must be from 1 to 100000"),
        ] {
            assert_eq!(check(&limit, up_to), Err(Fault::Other(format!("a limit's {right}"))));
        }
    }
}
