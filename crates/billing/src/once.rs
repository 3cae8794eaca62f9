//! Told once a day on a node, however many instances there are: the same, word for word.

use crate::config::Text;
use crate::event::Event;
use crate::ports::Ports;
use std::time::Duration;

/// How long the node's database is waited for. Nobody waits for this.
const PATIENCE: Duration = Duration::from_secs(1);

/// Milliseconds in a day.
const DAY_MS: u64 = 86_400_000;

/// Tells an event that is true of the whole node, unless another instance has told it today.
///
/// Instances know nothing of each other but what is in the database of their node, so it is noted there. Where it cannot be
/// looked up it is told: twice is better than never. Instances that begin at the same moment may all tell it.
pub(crate) async fn tell_once_a_day<P: Ports>(ports: &P, event: &Event) {
    let note = Text::new(&format!("told on day {}: {}", ports.now_ms() / DAY_MS, event.line("")));
    if let Ok(Ok(Some(_))) = ports.within(PATIENCE, ports.file(&note.version)).await {
        return;
    }
    ports.tell("", event);
    // Where it cannot be noted, the next instance tells it again.
    _ = ports.within(PATIENCE, ports.put_file(&note.version, &note.text)).await;
}
