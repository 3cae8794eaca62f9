//! How a ride was to be measured.

use farebox_document::words;

words! {
    /// How a ride was to be measured.
    #[derive(Default)]
    pub enum Metering {
        /// By segments: when there are none, they are missing.
        #[default]
        Segments = "segments",
        /// Not at all: there are no segments, and none will come.
        None = "none",
    }
}

impl Metering {
    /// Whether it is by segments, as it is unless something else is said.
    pub(crate) fn is_by_segments(&self) -> bool {
        *self == Self::Segments
    }
}
