//! Who asks, as far as what is carried out has to know.
//!
//! Whether a request is let in at all is decided before there is anything to carry out. Which city it is about, and whether the
//! driver's side is in the answer, is known later: then it is asked here once more, before anything is looked for.

use crate::refusal::{Code, Refusal};
use farebox_access::{Asked, Denied, Enforcement, Key, Keys, Operation, Who, may};
use farebox_fare::Timestamp;
use std::rc::Rc;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody who needs no key: on the machine itself, where requests need not be signed.
    Local,
    /// Whoever signs with a key.
    Signed(Signed),
}

/// A request that was signed with a key that there is.
#[derive(Clone, Debug)]
pub struct Signed {
    keys: Rc<Keys>,
    /// The key.
    pub key: String,
    /// What is asked for.
    pub operation: Operation,
    /// What no other request of this key may have, where something is written.
    pub nonce: String,
    /// When it was signed, in seconds since 1970.
    pub created: Timestamp,
    /// Another number for each time that the request comes in, however often its bytes do.
    pub attempt: u64,
}

impl Signed {
    /// A request for this, signed with a key of these.
    pub fn new(
        keys: Rc<Keys>,
        key: String,
        operation: Operation,
        nonce: String,
        created: Timestamp,
        attempt: u64,
    ) -> Self {
        Self { keys, key, operation, nonce, created, attempt }
    }

    fn key(&self) -> Option<&Key> {
        self.keys.get(&self.key)
    }
}

impl Caller {
    /// The key, if they need one.
    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::Local => None,
            Self::Signed(signed) => Some(&signed.key),
        }
    }

    /// Whether they may have this of a city.
    ///
    /// # Errors
    ///
    /// `city-not-allowed`, `scope-missing`.
    pub fn may(&self, city: &str, driver_side: bool) -> Result<(), Refusal> {
        let Self::Signed(signed) = self else { return Ok(()) };
        let asked = Asked { operation: signed.operation, city: Some(city), driver_side };
        may(Who { key: signed.key(), loopback: false, timer: false }, asked, Enforcement::On).map_err(denied)
    }
}

/// The refusal of a request that was carried out before.
pub(crate) fn replayed() -> Refusal {
    denied(Denied::Replayed)
}

fn denied(denied: Denied) -> Refusal {
    let code = match &denied {
        Denied::Replayed => Code::SignatureReplayed,
        Denied::City { .. } => Code::CityNotAllowed,
        Denied::Scope { .. } => Code::ScopeMissing,
        _ => return Refusal::internal(format!("a caller who was let in is not: {denied}")),
    };
    Refusal::new(code, denied.to_string())
}
