//! How many files the process may have open, of which each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open beside connections: the store, the configuration of each instance, logs.
const OTHERS: u64 = 512;

/// Raises the limit as far as so many connections need and the system allows; returns how many there may be.
pub(super) fn make_room(wanted: u32) -> u32 {
    let before = getrlimit(Resource::Nofile);
    let needed = u64::from(wanted).saturating_add(OTHERS);
    let limit = match (before.current, before.maximum) {
        (None, _) => return wanted,
        (Some(current), _) if current >= needed => return wanted,
        (Some(current), maximum) => {
            let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
            match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
                Ok(()) => raised,
                Err(error) => {
                    tracing::warn!("cannot raise the limit of open files: {error}");
                    current
                }
            }
        }
    };
    let fits = fitted(wanted, limit);
    if fits < wanted {
        tracing::warn!(
            "there may be {fits} connections instead of {wanted}: the system allows {limit} open files; ulimit -Hn {needed} allows them"
        );
    }
    fits
}

/// How many connections there may be with so many open files. At least half of a small limit is for others.
fn fitted(wanted: u32, limit: u64) -> u32 {
    let others = OTHERS.min(limit / 2);
    u32::try_from(limit.saturating_sub(others)).unwrap_or(u32::MAX).clamp(1, wanted.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There are never more connections than files for them and for everything else.
    #[test]
    fn limits() {
        for (wanted, limit, expected) in
            [(2048, 1 << 20, 2048), (2048, 2560, 2048), (2048, 1024, 512), (2048, 256, 128), (10, 0, 1), (1, 5000, 1)]
        {
            assert_eq!(fitted(wanted, limit), expected, "{wanted} of {limit}");
        }
    }
}
