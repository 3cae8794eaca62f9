//! What requests are signed with.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::sync::LazyLock;

/// The fewest bytes of a secret: as many as the hash has, below which it would be the weakest part (RFC 2104, section 3).
pub const SECRET_BYTES: usize = 32;

/// A secret that the caller and this service share, ready to sign with.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// A secret of these bytes. `None` when there are fewer than [`SECRET_BYTES`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < SECRET_BYTES {
            return None;
        }
        Hmac::new_from_slice(bytes).ok().map(Self)
    }

    /// The signature of these bytes.
    pub fn mac(&self, bytes: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(bytes).finalize().into_bytes().into()
    }

    /// Whether this is the signature of these bytes. It takes as long for a wrong one as for a right one.
    pub fn made(&self, mac: &[u8], bytes: &[u8]) -> bool {
        self.0.clone().chain_update(bytes).verify_slice(mac).is_ok()
    }

    /// A secret that nobody has signed with, for keys that there are not: they are looked at as long as those there are.
    pub(crate) fn decoy() -> &'static Self {
        static DECOY: LazyLock<Secret> = LazyLock::new(|| Secret::new(&[0; SECRET_BYTES]).expect("it is long enough"));
        &DECOY
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
