//! The first few of many.

/// Keeps those that come first, and counts them all.
#[derive(Clone, Debug, PartialEq)]
pub struct First<T> {
    most: usize,
    count: u64,
    /// By their place, ascending.
    kept: Vec<(u64, T)>,
}

impl<T> First<T> {
    /// Keeps at most so many.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, count: 0, kept: Vec::new() }
    }

    /// Takes one in; `make` is only called when it is kept. Places ascend.
    pub fn add(&mut self, place: u64, make: impl FnOnce() -> T) {
        self.count += 1;
        if self.kept.len() < self.most {
            self.kept.push((place, make()));
        }
    }

    /// Takes in others, from other places.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.kept.extend(other.kept);
        self.kept.sort_by_key(|(place, _)| *place);
        self.kept.truncate(self.most);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Those that were kept, with their places.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.kept.iter().map(|(place, kept)| (*place, kept))
    }
}
