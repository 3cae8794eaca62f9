//! A service with one key, `dispatch`.

use farebox_signatures::{Key, Keys, Secret};

pub struct Dispatch(pub Secret);

impl Key for Dispatch {
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.0)
    }
}

impl Keys for Dispatch {
    type Key = Self;

    fn key(&self, id: &str) -> Option<&Self> {
        (id == "dispatch").then_some(self)
    }
}
