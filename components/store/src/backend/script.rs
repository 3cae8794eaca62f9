//! The atomic steps in Redis: Lua scripts, each on the keys of one bucket.

use farebox_document::hex;
use sha1::{Digest, Sha1};
use std::sync::LazyLock;

/// A script, and the hash Redis knows it by.
pub struct Script {
    /// What it does, in Lua.
    pub source: &'static str,
    /// SHA-1 of the source, 40 lower-case hexadecimal digits.
    pub sha: String,
}

/// The source of a write: what every write does first, its own part, and what every write does last.
macro_rules! write_script {
    ($($part:literal),+) => {
        std::sync::LazyLock::new(|| {
            $crate::backend::Script::new(concat!(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/backend/prologue.lua")),
                "local function step()\n",
                $(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $part)), "\n",)+
                "end\n\n",
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/backend/epilogue.lua"))
            ))
        })
    };
}
pub(crate) use write_script;

/// The same of a write that is part of a request which may be carried out once.
macro_rules! write_once_script {
    ($own:literal) => {
        $crate::backend::write_script!("backend/once.lua", $own)
    };
}
pub(crate) use write_once_script;

/// A step that writes nothing of its own.
pub static LOOK: LazyLock<Script> = write_script!("backend/look.lua");

impl Script {
    /// A script of this source.
    pub fn new(source: &'static str) -> Self {
        Self { source, sha: hex(&Sha1::digest(source)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From RFC 3174.
    #[test]
    fn the_hash_is_the_one_redis_computes() {
        assert_eq!(Script::new("abc").sha, "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
