//! Byte strings in one piece of memory.

use std::ops::Range;

/// Some rows, and room for more.
#[derive(Debug)]
pub struct Buffer {
    budget: usize,
    bytes: Vec<u8>,
    rows: Vec<Range<usize>>,
}

impl Buffer {
    /// One that takes up to `budget` bytes of memory, or a single row that is larger.
    pub fn new(budget: usize) -> Self {
        Self { budget, bytes: Vec::with_capacity(budget), rows: Vec::new() }
    }

    /// Whether a row fits in.
    pub fn has_room(&self, row: &[u8]) -> bool {
        let places = (self.rows.len() + 1).saturating_mul(size_of::<Range<usize>>());
        self.rows.is_empty() || self.bytes.len().saturating_add(row.len()).saturating_add(places) <= self.budget
    }

    pub fn push(&mut self, row: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(row);
        self.rows.push(start..self.bytes.len());
    }

    pub fn sort(&mut self) {
        let Self { bytes, rows, .. } = self;
        let row = |range: &Range<usize>| bytes.get(range.clone());
        rows.sort_unstable_by(|one, other| row(one).cmp(&row(other)));
    }

    /// One of the rows, counted from 0.
    pub fn row(&self, at: usize) -> Option<&[u8]> {
        self.bytes.get(self.rows.get(at)?.clone())
    }

    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().filter_map(|range| self.bytes.get(range.clone()))
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
    }
}
