//! Who writes, and how long that is waited for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a statement waits for another process that writes: about as long as somebody waits for the statement. Those behind it wait
/// as well.
pub const BUSY: Duration = Duration::from_millis(500);

/// Whose turn it is to write: SQLite lets one at a time, and would have the other ask again and again.
pub(super) type Turn = Arc<Mutex<()>>;
