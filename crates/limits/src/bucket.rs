//! The arithmetic of a limit: a token bucket, and a sliding window.
//!
//! All of it is in whole numbers. A rate of so many tokens a second is as many thousandths of a token in a millisecond, so the
//! bucket is counted in thousandths, and nothing is rounded but what is granted, which is whole tokens. The window is that of
//! the clock; what was granted in the one before counts by the part of it that still lies within the last so many seconds. No
//! product is above 2^53, so that Lua, which has doubles only, comes to the same.

use crate::limit::{Limit, Window};

/// Thousandths.
const MILLI: u64 = 1_000;

/// The longest time that tokens are counted for, in milliseconds: longer than any bucket takes to be full.
const LONGEST_MS: u64 = 2_000_000_000;

/// What is kept of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// When it was last looked at, in milliseconds.
    pub at_ms: u64,
    /// What was in the bucket then, in thousandths of a token.
    pub level_m: u64,
    /// How long the window is, in milliseconds; 0 without one.
    pub window_ms: u64,
    /// When the present window began, in milliseconds.
    pub start_ms: u64,
    /// What was granted in it.
    pub current: u64,
    /// What was granted in the one before.
    pub previous: u64,
}

/// What became of taking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many tokens: all that were asked for, fewer, or none.
    pub granted: u32,
    /// How many are left in the bucket.
    pub bucket: u32,
    /// How many are left of the window, if there is one.
    pub window: Option<u32>,
    /// After how many milliseconds there is a token again. Zero when there is one.
    pub retry_after_ms: u64,
}

/// Takes up to so many tokens at a moment: what is kept from then on, and how many they are. A limit that was never looked at
/// has a full bucket and an empty window. A clock that was put back gives nothing and takes nothing.
pub fn take(state: Option<State>, limit: &Limit, up_to: u32, now_ms: u64) -> (State, u32) {
    let full = u64::from(limit.burst) * MILLI;
    let level_m = state.map_or(full, |state| {
        let elapsed = now_ms.saturating_sub(state.at_ms).min(LONGEST_MS);
        full.min(state.level_m.saturating_add(elapsed * u64::from(limit.rate)))
    });
    let window_ms = limit.window.map_or(0, Window::ms);
    let start_ms = now_ms - now_ms.checked_rem(window_ms).unwrap_or(now_ms);
    let (current, previous) = match state {
        Some(state) if window_ms > 0 && state.window_ms == window_ms => {
            if state.start_ms >= start_ms {
                (state.current, state.previous)
            } else if state.start_ms + window_ms == start_ms {
                (0, state.current)
            } else {
                (0, 0)
            }
        }
        _ => (0, 0),
    };
    let state = State { at_ms: now_ms, level_m, window_ms, start_ms, current, previous };
    let fits = (level_m / MILLI).min(state.room(limit).unwrap_or(u64::MAX)).min(u64::from(up_to));
    let granted = u32::try_from(fits).unwrap_or(up_to);
    let counted = if window_ms > 0 { fits } else { 0 };
    (State { level_m: level_m - fits * MILLI, current: current + counted, ..state }, granted)
}

impl State {
    /// How many more fit into the window now. `None` without one.
    fn room(&self, limit: &Limit) -> Option<u64> {
        let Window { requests, .. } = limit.window?;
        let passed = self.at_ms.saturating_sub(self.start_ms).min(self.window_ms);
        let used = self
            .current
            .saturating_mul(self.window_ms)
            .saturating_add(self.previous.saturating_mul(self.window_ms - passed));
        (u64::from(requests) * self.window_ms).saturating_sub(used).checked_div(self.window_ms)
    }

    /// What is told of it after so many were granted.
    pub fn told(&self, limit: &Limit, granted: u32) -> Taken {
        let least = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let of_the_bucket = MILLI.saturating_sub(self.level_m).div_ceil(u64::from(limit.rate.max(1)));
        Taken {
            granted,
            bucket: least(self.level_m / MILLI),
            window: self.room(limit).map(least),
            retry_after_ms: of_the_bucket.max(self.window_waits(limit)),
        }
    }

    /// After how many milliseconds one more fits into the window.
    fn window_waits(&self, limit: &Limit) -> u64 {
        let Some(Window { requests, .. }) = limit.window.filter(|_| self.room(limit) == Some(0)) else { return 0 };
        let passed = self.at_ms.saturating_sub(self.start_ms).min(self.window_ms);
        let left = self.window_ms - passed;
        // One more fits when of what was granted in the window before only so much still counts.
        let until = |before: u64, may_count: u64| {
            self.window_ms - (may_count * self.window_ms / before.max(1)).min(self.window_ms)
        };
        match u64::from(requests).saturating_sub(1).checked_sub(self.current) {
            Some(may_count) => until(self.previous, may_count).saturating_sub(passed),
            None => left + until(self.current, u64::from(requests) - 1),
        }
    }

    /// How long it has to be kept, in milliseconds: after that it is as if it had never been.
    pub fn kept_ms(limit: &Limit) -> u64 {
        let full = (u64::from(limit.burst) * MILLI).div_ceil(u64::from(limit.rate.max(1)));
        full.max(limit.window.map_or(0, |window| 2 * window.ms())) + MILLI
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is granted, left, and how long there is nothing: step by step, from a limit that was never looked at.
    #[test]
    fn steps() {
        let slow = Limit { rate: 2, burst: 10, window: None };
        let window = Limit { rate: 1_000, burst: 1_000, window: Some(Window { requests: 10, seconds: 10 }) };
        let both = Limit { rate: 1, burst: 4, window: Some(Window { requests: 6, seconds: 60 }) };
        for (limit, steps) in [
            // When, how many; granted, left in the bucket and the window, wait.
            (
                slow,
                &[
                    (5_000, 4, (4, 6, None, 0)),
                    (5_000, 20, (6, 0, None, 500)),
                    (5_499, 1, (0, 0, None, 1)),
                    (5_500, 1, (1, 0, None, 500)),
                    // A clock that is put back gives nothing, and goes on from there.
                    (1_000, 1, (0, 0, None, 500)),
                    (1_500, 5, (1, 0, None, 500)),
                    (900_000, 50, (10, 0, None, 500)),
                ][..],
            ),
            (
                window,
                &[
                    (20_000, 6, (6, 994, Some(4), 0)),
                    (25_000, 6, (4, 996, Some(0), 6_000)),
                    (29_999, 1, (0, 1_000, Some(0), 1_001)),
                    // Of the ten that were granted before nine still count.
                    (30_999, 1, (0, 1_000, Some(0), 1)),
                    (31_000, 5, (1, 999, Some(0), 1_000)),
                    (35_000, 9, (4, 996, Some(0), 1_000)),
                    (40_000, 9, (5, 995, Some(0), 2_000)),
                    (70_000, 20, (10, 990, Some(0), 11_000)),
                ],
            ),
            (
                both,
                &[
                    (0, 10, (4, 0, Some(2), 1_000)),
                    (1_000, 10, (1, 0, Some(1), 1_000)),
                    (9_000, 10, (1, 3, Some(0), 61_000)),
                    (60_000, 10, (0, 4, Some(0), 10_000)),
                    (70_000, 10, (1, 3, Some(0), 10_000)),
                ],
            ),
        ] {
            let mut state = None;
            for (at, up_to, expected) in steps {
                let (next, granted) = take(state, &limit, *up_to, *at);
                let Taken { granted, bucket, window, retry_after_ms } = next.told(&limit, granted);
                assert_eq!((granted, bucket, window, retry_after_ms), *expected, "{limit:?} at {at}");
                state = Some(next);
            }
        }
    }

    /// A limit that is changed goes on from what is in the bucket; a window of another length begins empty.
    #[test]
    fn changes() {
        let window = |seconds| Some(Window { requests: 10, seconds });
        let (state, _) = take(None, &Limit { rate: 1, burst: 100, window: window(10) }, 10, 0);
        let smaller = Limit { rate: 1, burst: 5, window: window(10) };
        assert_eq!(take(Some(state), &smaller, 10, 0).1, 0, "the window has had all");
        let other = Limit { rate: 1, burst: 5, window: window(20) };
        let (state, granted) = take(Some(state), &other, 10, 0);
        assert_eq!((granted, state.told(&other, granted).window), (5, Some(5)));
        let none = Limit { rate: 1, burst: 5, window: None };
        assert_eq!(
            take(Some(state), &none, 10, 3_000),
            (State { at_ms: 3_000, level_m: 0, window_ms: 0, start_ms: 0, current: 0, previous: 0 }, 3)
        );
    }

    /// The largest numbers are far from what cannot be counted.
    #[test]
    fn extremes() {
        let most = Limit {
            rate: crate::limit::MOST_RATE,
            burst: crate::limit::MOST_BURST,
            window: Some(Window { requests: crate::limit::MOST_REQUESTS, seconds: crate::limit::MOST_SECONDS }),
        };
        let far = 1 << 52;
        let (state, granted) = take(None, &most, u32::MAX, 0);
        assert_eq!(granted, 1_000_000);
        let (state, granted) = take(Some(state), &most, u32::MAX, far);
        assert_eq!(granted, 1_000_000);
        assert_eq!(state.told(&most, granted).retry_after_ms, 1);
        let nonsense = State {
            at_ms: 0,
            level_m: u64::MAX,
            window_ms: 86_400_000,
            start_ms: 0,
            current: u64::MAX / 2,
            previous: u64::MAX,
        };
        assert_eq!(take(Some(nonsense), &most, 1, 5).1, 0);
        assert_eq!(State::kept_ms(&Limit { rate: 1, burst: 1_000_000, window: None }), 1_000_001_000);
    }
}
