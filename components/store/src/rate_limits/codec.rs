//! How limits look to the script and the statement, which take and give back the same numbers.

use crate::Fault;
use farebox_limits::bucket::State;
use farebox_limits::{Limit, Taken, Window};

/// What a step is given: how many tokens, the rate, the burst, the requests of the window and its milliseconds, 0 without one, and
/// for how long it is kept, in milliseconds.
pub fn arguments(limit: &Limit, up_to: u32) -> [u64; 6] {
    let requests = limit.window.map_or(0, |window| window.requests.into());
    let window_ms = limit.window.map_or(0, Window::ms);
    [up_to.into(), limit.rate.into(), limit.burst.into(), requests, window_ms, State::kept_ms(limit)]
}

/// What a step answered: how many tokens, and what is kept from then on. `None` when it is not as a step answers.
pub fn taken(answer: [u64; 6], limit: &Limit, up_to: u32) -> Option<Taken> {
    let [granted, at_ms, level_m, start_ms, current, previous] = answer;
    let granted = u32::try_from(granted).ok().filter(|granted| *granted <= up_to)?;
    let state = State { at_ms, level_m, window_ms: limit.window.map_or(0, Window::ms), start_ms, current, previous };
    Some(state.told(limit, granted))
}

/// The fault of an answer that is not as a step answers.
pub fn corrupt(backend: &str) -> Fault {
    Fault::Other(format!("{backend}: a rate limit is not as this component writes it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told is what the arithmetic says of what is kept.
    #[test]
    fn answers() {
        let limit = Limit { rate: 2, burst: 10, window: Some(Window { requests: 9, seconds: 3 }) };
        assert_eq!(arguments(&limit, 4), [4, 2, 10, 9, 3_000, 7_000]);
        assert_eq!(arguments(&Limit { window: None, ..limit }, 4), [4, 2, 10, 0, 0, 6_000]);
        let told = taken([4, 7_000, 6_000, 6_000, 4, 0], &limit, 4);
        assert_eq!(told, Some(Taken { granted: 4, bucket: 6, window: Some(5), retry_after_ms: 0 }));
        assert_eq!(taken([5, 7_000, 6_000, 6_000, 4, 0], &limit, 4), None);
        assert_eq!(taken([u64::MAX, 0, 0, 0, 0, 0], &limit, 4), None);
    }
}
