//! One limit.

use serde::{Deserialize, Serialize};

/// The most requests a second, and so the most thousandths of a token in a millisecond.
pub const MOST_RATE: u32 = 100_000;

/// The most requests at once.
pub const MOST_BURST: u32 = 1_000_000;

/// The most requests of a window.
pub const MOST_REQUESTS: u32 = 10_000_000;

/// The longest window, in seconds: a day.
pub const MOST_SECONDS: u32 = 86_400;

/// The most tokens that are taken in one step.
pub const MOST_AT_ONCE: u32 = 1_000;

/// A batch is this part of what is let at once: a tenth.
const BATCHES: u32 = 10;

/// The most of a batch. More would save little, and be held by each instance.
const MOST_OF_A_BATCH: u32 = 100;

/// A limit: a token bucket, and a sliding window if there is one. A request has to fit into both.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many requests a second there may be in the long run: 1 to 100,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100_000)))]
    pub rate: u32,
    /// How many there may be at once: 1 to 1,000,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub burst: u32,
    /// How many there may be in a longer time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// A sliding window.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// How many requests there may be in it: 1 to 10,000,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10_000_000)))]
    pub requests: u32,
    /// How long it is, in seconds: up to a day.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 86_400)))]
    pub seconds: u32,
}

impl Window {
    /// How long it is, in milliseconds.
    pub const fn ms(self) -> u64 {
        self.seconds as u64 * 1_000
    }
}

impl Limit {
    /// Every number that is not in its range: its field, itself, and the range.
    pub fn out_of_range(&self) -> Vec<(&'static str, u32, u32)> {
        let mut all = vec![("rate", self.rate, MOST_RATE), ("burst", self.burst, MOST_BURST)];
        if let Some(window) = self.window {
            all.push(("window/requests", window.requests, MOST_REQUESTS));
            all.push(("window/seconds", window.seconds, MOST_SECONDS));
        }
        all.retain(|(_, number, most)| !(1..=*most).contains(number));
        all
    }

    /// How many tokens an instance takes at a time: a tenth of what is let at once, or in the window if that is less; at least 1
    /// and at most 100.
    ///
    /// So a limit that lets 200 at once costs one call of the store for 20 requests, and no instance has more than a tenth of it.
    pub fn batch(&self) -> u32 {
        let at_once = self.window.map_or(self.burst, |window| window.requests.min(self.burst));
        (at_once / BATCHES).clamp(1, MOST_OF_A_BATCH)
    }

    /// How long a batch takes to come, in milliseconds.
    pub fn batch_ms(&self) -> u64 {
        u64::from(self.batch()).saturating_mul(1_000).div_ceil(u64::from(self.rate.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches are large enough to save calls where limits are large, and small where they are small.
    #[test]
    fn batches() {
        let window = |requests| Some(Window { requests, seconds: 60 });
        for (rate, burst, window, batch, ms) in [
            (1, 1, None, 1, 1_000),
            (1, 19, None, 1, 1_000),
            (3, 20, None, 2, 667),
            (50, 200, None, 20, 400),
            (50, 200, window(1_000), 20, 400),
            (50, 200, window(60), 6, 120),
            (50, 200, window(1), 1, 20),
            (1_000, 1_000, None, 100, 100),
            (100_000, 1_000_000, None, 100, 1),
        ] {
            let limit = Limit { rate, burst, window };
            assert_eq!((limit.batch(), limit.batch_ms()), (batch, ms), "{limit:?}");
        }
    }

    /// Every number has a range, and what is out of it is told by its field.
    #[test]
    fn ranges() {
        let limit = |rate, burst, requests, seconds| Limit { rate, burst, window: Some(Window { requests, seconds }) };
        assert_eq!(limit(1, 1, 1, 1).out_of_range(), []);
        assert_eq!(limit(MOST_RATE, MOST_BURST, MOST_REQUESTS, MOST_SECONDS).out_of_range(), []);
        let fields = |limit: Limit| limit.out_of_range().into_iter().map(|(field, ..)| field).collect::<Vec<_>>();
        let all = ["rate", "burst", "window/requests", "window/seconds"];
        assert_eq!(fields(limit(0, 0, 0, 0)), all);
        assert_eq!(fields(limit(MOST_RATE + 1, MOST_BURST + 1, MOST_REQUESTS + 1, MOST_SECONDS + 1)), all);
    }
}
