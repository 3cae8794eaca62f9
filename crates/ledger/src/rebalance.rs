//! Whom to ask to return something, so that a bucket that is short is served.
//!
//! It is decided from what the account knows and what the shares have just said. Whoever acts on it is right to do so at any later time,
//! as often as they like: to return something that was not needed costs a call.

use crate::account::Account;
use crate::amounts::{Fault, counted, minus, plus};
use crate::share::Share;
use farebox_money::MinorUnits;

/// What is to be done for somebody who wants something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// To ask the account: the bucket and what is available have enough.
    Ask,
    /// To tell these shares what they were granted, to have them return all that is free, and to tell the account. Those that have most
    /// come first, so that few are asked. Then it is planned again.
    Return(Vec<u32>),
    /// To hear of these, since there may be enough with what they have: they have said nothing, or what they said is old, or they are
    /// closed. What is closed an operator has to open.
    Hear(Vec<u32>),
    /// There is not enough even if all is returned; so much is left, from 0. It stays so unless a trip gives something back, or the limit
    /// is raised. Shares that are heard one after the other while a trip gives back may count it in two of them: whoever is told this
    /// just then is told again later.
    Gone {
        /// What the limit has and nobody has spent.
        left: MinorUnits,
    },
}

/// Decides what is to be done so that somebody gets so much, at least 1, in a bucket: all of it, and not what is missing there. `said` is what each
/// share has just said, in the order of the buckets.
///
/// # Errors
///
/// When amounts are none, or there is no such bucket.
pub fn plan(account: &Account, said: &[Option<Share>], bucket: u32, wants: MinorUnits) -> Result<Plan, Fault> {
    let unheard = account.unheard();
    if !unheard.is_empty() {
        return Ok(Plan::Hear(unheard));
    }
    counted(wants)?;
    let mut within_reach = account.available()?;
    let (mut others, mut unknown, mut is_known) = (Vec::new(), Vec::new(), false);
    for (other, granted) in account.numbered() {
        let said = usize::try_from(other).ok().and_then(|place| said.get(place)).copied().flatten();
        let Some((granted, said)) = granted.zip(said).filter(|(granted, said)| {
            said.is_open
                && said.life == granted.life
                && said.returned >= granted.returned
                && said.changes >= granted.changes
        }) else {
            unknown.push(other);
            continue;
        };
        // With what it was granted and has not seen yet, and what it has returned and the account does not know yet.
        let unspent = minus(granted.out()?, counted(said.spent)?)?;
        if other == bucket {
            is_known = true;
            within_reach = plus(within_reach, unspent)?;
        } else if unspent > 0 {
            others.push((unspent, other));
        }
    }
    if !is_known {
        return if unknown.contains(&bucket) { Ok(Plan::Hear(vec![bucket])) } else { Err(Fault::UnknownBucket) };
    }
    if within_reach >= wants {
        return Ok(Plan::Ask);
    }
    others.sort_by_key(|(unspent, other)| (-unspent, *other));
    let mut asked = Vec::new();
    for (unspent, other) in others {
        within_reach = plus(within_reach, unspent)?;
        asked.push(other);
        if within_reach >= wants {
            return Ok(Plan::Return(asked));
        }
    }
    Ok(if unknown.is_empty() { Plan::Gone { left: within_reach.max(0) } } else { Plan::Hear(unknown) })
}
