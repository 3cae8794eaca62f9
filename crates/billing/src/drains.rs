//! The job that drives into the shared store what waits in the journal of this node, a slice at a time.

use crate::answers::Drained;
use crate::context::Context;
use crate::journal;
use crate::ports::Ports;
use crate::refusal::Refusal;
use farebox_fare::time;
use std::time::Duration;

/// How many entries are driven in in a slice, and for how long: then it is answered how far that went.
const SLICE: usize = 200;
const SLICE_LASTS: Duration = Duration::from_secs(2);

/// How many are taken at a time. Nobody else is given them for some seconds, should the store not take them.
const AT_A_TIME: u32 = 16;

/// At how many buckets of the shared store it is looked with each slice.
const LOOKS_AT: u32 = 16;

/// Looks what the shared store may have lost, and drives in what waits, the oldest first. Two at once do no harm; where there is no journal, nothing waits.
///
/// # Errors
///
/// That the journal does not say how much is left. When the shared store does not take it, that is answered.
pub async fn drain<P: Ports>(context: &Context<P>) -> Result<Drained, Refusal> {
    let ports = context.ports();
    let began = ports.elapsed();
    let (mut driven_in, mut stopped, mut is_over) = (0, None, false);
    if let Err(error) = journal::look(&context.billing, LOOKS_AT).await {
        stopped = Some(error.degradation());
    }
    while !is_over && driven_in < SLICE && ports.elapsed().saturating_sub(began) < SLICE_LASTS {
        match journal::drive_in(&context.billing, AT_A_TIME).await {
            Ok(found) => {
                driven_in += found;
                is_over = found == 0;
            }
            Err(error) => {
                stopped = Some(error.degradation());
                is_over = true;
            }
        }
    }
    let standing = context.here(ports.journal()).await.map_err(|error| error.into_refusal("journal.standing"))?;
    let oldest = standing.oldest_ms.map(|ms| time::format(i64::try_from(ms / 1_000).unwrap_or(i64::MAX)));
    Ok(Drained { driven_in, waiting: standing.waiting, oldest, stopped, more: !is_over && standing.waiting > 0 })
}
