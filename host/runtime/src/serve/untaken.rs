//! What there is of answers that their clients have yet to take, of all connections together: whoever asks for much and takes
//! little must not take all the memory that the machine has.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The sum, in bytes, and how large it may be.
pub(super) struct Untaken {
    limit: usize,
    sum: AtomicUsize,
    exceeded: Notify,
}

impl Untaken {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, sum: AtomicUsize::new(0), exceeded: Notify::new() }
    }

    pub(super) fn add(&self, bytes: usize) {
        let before = self.sum.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limit {
            self.exceeded.notify_one();
        }
    }

    /// So much of what was added is gone.
    pub(super) fn remove(&self, bytes: usize) {
        self.sum.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Waits until it was more than it may be.
    pub(super) async fn exceeded(&self) {
        self.exceeded.notified().await;
    }

    /// By how much it is more than it may be.
    pub(super) fn excess(&self) -> usize {
        self.sum.load(Ordering::Relaxed).saturating_sub(self.limit)
    }
}

/// Whose connections end so that there is less by `excess`: those that leave most lying, and no more of them than it takes. Members
/// are numbers, and what each leaves lying.
pub(super) fn who_leaves_most(excess: usize, members: impl Iterator<Item = (u64, usize)>) -> Vec<u64> {
    let mut members: Vec<(u64, usize)> = members.filter(|(_, bytes)| *bytes > 0).collect();
    members.sort_unstable_by_key(|(number, bytes)| (std::cmp::Reverse(*bytes), *number));
    let mut left = excess;
    let is_needed = |(_, bytes): &(u64, usize)| {
        let is_needed = left > 0;
        left = left.saturating_sub(*bytes);
        is_needed
    };
    members.into_iter().take_while(is_needed).map(|(number, _)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever leaves most lying goes first; nobody goes who leaves nothing, and nobody whose going is not needed.
    #[test]
    fn who_goes() {
        for (why, excess, members, expected) in [
            ("all is well", 0, &[(1, 50), (2, 80)][..], &[][..]),
            ("one is enough", 1, &[(1, 50), (2, 80), (3, 0)], &[2]),
            ("exactly enough", 80, &[(1, 50), (2, 80)], &[2]),
            ("two are needed", 81, &[(1, 50), (2, 80), (3, 20)], &[2, 1]),
            ("as much: who came first", 10, &[(7, 50), (3, 50)], &[3]),
            ("not even all are enough", 500, &[(1, 50), (2, 80), (3, 0)], &[2, 1]),
            ("nobody leaves anything", 10, &[(1, 0)], &[]),
        ] {
            assert_eq!(who_leaves_most(excess, members.iter().copied()), expected, "{why}");
        }
    }

    /// What is added and removed comes to nothing, and it is told when it is too much, not before.
    #[tokio::test]
    async fn told_when_it_is_too_much() {
        let untaken = Untaken::new(100);
        let is_told =
            async || tokio::time::timeout(std::time::Duration::from_millis(20), untaken.exceeded()).await.is_ok();
        untaken.add(100);
        assert!(!is_told().await);
        untaken.add(1);
        assert_eq!((is_told().await, untaken.excess()), (true, 1));
        untaken.remove(101);
        assert_eq!((is_told().await, untaken.excess()), (false, 0));
    }
}
