//! Requests that write are carried out once: whoever sends the same signed bytes again is refused.
//!
//! The store refuses, in the same step in which it would write. It keeps the nonce of a request for as long as its signature
//! may be accepted anywhere.

use crate::caller::{Caller, replayed};
use crate::context::Context;
use crate::event::Event;
use crate::planted::{Bug, planted};
use crate::ports::{Entered, Once, Ports};
use crate::refusal::Refusal;
use crate::settings::MOST_CLOCK_WINDOW_S;
use farebox_fare::Timestamp;

/// By how much the clocks of two nodes may differ, in seconds, where the clock window is as wide as it can be. Where it is
/// narrower they may differ by what is left of it as well.
const CLOCKS_DIFFER_S: u32 = 300;

/// The request as the store is told of it; `None` for a caller who need not sign.
pub(crate) fn once<P: Ports>(context: &Context<P>) -> Option<Once> {
    let Caller::Signed(signed) = &context.caller else { return None };
    let (key, nonce) = (signed.key.clone(), signed.nonce.clone());
    let attempt = if planted(Bug::AttemptsAreOne) { 0 } else { signed.attempt };
    Some(Once { key, nonce, attempt, ttl_s: ttl_s(signed.created, context.now) })
}

/// Enters a request that is answered without a write. Where the store does not take it, it is answered all the same, as it would
/// be if there had been nothing to find: that is an event.
///
/// # Errors
///
/// `signature-replayed`.
pub(crate) async fn enter<P: Ports>(context: &Context<P>, city: &str, trip_id: &str) -> Result<(), Refusal> {
    let Some(once) = once(context).filter(|_| !planted(Bug::RepeatsAreNotEntered)) else { return Ok(()) };
    // Where it can be told whether a request was sent again, it is: no breaker decides that.
    match context.ask_regardless(context.ports().enter(city, trip_id, &once)).await {
        Ok(Entered::Fresh) => Ok(()),
        Ok(Entered::Replayed) => Err(replayed()),
        Err(error) => {
            let (city, trip) = (city.to_owned(), trip_id.to_owned());
            context.tell(&Event::NonceNotKept { city, trip, why: error.line() });
            Ok(())
        }
    }
}

/// For how long the nonce of a request is kept that was signed at `created` and came when the clock of its node said `now`, in
/// seconds from the step that enters it.
///
/// It is the widest window that counts, not the one that is set: after a restart it may be another, and on another node it may be
/// already. It is a duration, so that what the store's clock says does not matter.
fn ttl_s(created: Timestamp, now: Timestamp) -> u32 {
    let until = created.saturating_add((MOST_CLOCK_WINDOW_S + CLOCKS_DIFFER_S).into());
    u32::try_from(until.saturating_sub(now)).unwrap_or_default().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There is no moment in which a node accepts a signature and its nonce is forgotten: whatever window the one node had that
    /// carried it out, whatever window the other has, and whatever their clocks say, as long as they differ by less than is said.
    #[test]
    fn a_nonce_is_kept_for_as_long_as_its_signature_counts() {
        let created = 1_800_000_000;
        for window in [1, 300, i64::from(MOST_CLOCK_WINDOW_S)] {
            for carried_out in [created - window, created, created + window] {
                let kept_until = carried_out + i64::from(ttl_s(created, carried_out));
                for later_window in [1, 300, i64::from(MOST_CLOCK_WINDOW_S)] {
                    let may_differ = i64::from(MOST_CLOCK_WINDOW_S + CLOCKS_DIFFER_S) - later_window;
                    for differs in [-may_differ, 0, may_differ - 1] {
                        // By the clock of the first node: the last second in which the other, which is behind by so much, accepts it.
                        let accepted_until = created + later_window + differs;
                        assert!(accepted_until < kept_until, "{window} {carried_out} {later_window} {differs}");
                    }
                }
                // And not much longer.
                assert!(kept_until <= created + 3_900);
            }
        }
    }

    /// The store takes no time to live of zero, nor one that is not a number of seconds.
    #[test]
    fn it_is_kept_for_a_second_at_least() {
        for (created, now, expected) in
            [(0, 0, 3_900), (0, 3_600, 300), (3_600, 0, 7_500), (0, 3_900, 1), (0, i64::MAX, 1), (i64::MIN, 0, 1)]
        {
            assert_eq!(ttl_s(created, now), expected, "{created} {now}");
        }
    }
}
