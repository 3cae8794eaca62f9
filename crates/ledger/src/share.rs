//! What a bucket may post of a budget. It lives in the bucket, so that a bill and what it draws are one step.
//!
//! `spent + returned <= granted`, always. `granted` and `returned` are sums over all time that only ever grow; what is spent may fall,
//! when a later revision of a bill owes less.
//!
//! A share that has lost something would spend it again. It is closed once that is noticed, by whoever notices it: it draws nothing,
//! returns nothing, and takes nothing, until an operator opens it and says what it has spent.

use crate::amounts::{Fault, counted, minus, plus};
use farebox_money::MinorUnits;

/// All that is kept of a share, which is also what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Tells it from every other that was ever in this bucket: a moment in microseconds, made where the share is. Never is it taken from a
    /// command, since commands come again: an old one would give what was lost already to the share that comes after it.
    pub life: u64,
    /// The newest account that it has heard of. Earlier ones are lost, and what they granted is not known any more.
    pub term: u64,
    /// How often it has changed in this life, which tells the newer of two of its words.
    pub changes: u64,
    /// By the account, over all time.
    pub granted: MinorUnits,
    /// To the account, over all time.
    pub returned: MinorUnits,
    /// By all trips of the bucket, as they stand.
    pub spent: MinorUnits,
    /// Whether anything is drawn.
    pub is_open: bool,
}

/// What an account says to a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The one whom the account means.
    pub life: u64,
    /// Which account says so.
    pub term: u64,
    /// Over all time.
    pub granted: MinorUnits,
    /// How much of that the share has said to have seen.
    pub acknowledged: MinorUnits,
    /// How much the share has said to have returned.
    pub returned: MinorUnits,
}

/// What is asked of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Takes what it is granted. One that has seen or returned less than the account was told has lost something, and closes.
    Allow(Allow),
    /// Draws for a trip what it owes and has not drawn: all of it, or nothing. Where it has drawn more, the rest is given back, and that
    /// always succeeds.
    Draw {
        /// What its revisions owe in sum. Below zero it owes nothing.
        owed: MinorUnits,
        /// What it has drawn so far, from 0.
        drawn: MinorUnits,
    },
    /// Returns all that is neither spent nor returned.
    Return,
    /// Says what it has, and from then on takes nothing of an account before this one.
    Report {
        /// The account that asks.
        term: u64,
    },
    /// It was found to have lost something. One that is closed begins another life as well: it may be closed because it is as it was then, and
    /// what an operator said then must not open it.
    Close {
        /// The one that was. Nothing is done to another.
        life: u64,
    },
    /// An operator says what it has. Does nothing where it is open.
    Open {
        /// The one that was looked at.
        life: u64,
        /// How often it had changed then: nothing is done if it has since.
        changes: u64,
        /// By the account, over all time.
        granted: MinorUnits,
        /// To the account, over all time.
        returned: MinorUnits,
        /// By all trips of the bucket.
        spent: MinorUnits,
    },
}

/// What a share answers, besides what it is then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It has at least what it was granted.
    Allowed,
    /// The trip has drawn what it owes.
    Drawn {
        /// In all, from 0.
        drawn: MinorUnits,
    },
    /// Nothing is drawn.
    Short {
        /// What the share would have to have besides, at least 1.
        missing: MinorUnits,
    },
    /// What was free is returned.
    Returned {
        /// Now, and not before; from 0.
        amount: MinorUnits,
    },
    /// It has said what it has. Whether it is for this account is in its `term`.
    Reported,
    /// It is open.
    Opened,
    /// It is closed.
    Closed,
    /// Meant for another life, made by an earlier account, or overtaken. Nothing is done.
    Stale,
    /// Nothing is done.
    Refused(Fault),
}

impl Share {
    /// Nothing is granted yet, in this life.
    pub const fn new(life: u64) -> Self {
        Self { life, term: 0, changes: 0, granted: 0, returned: 0, spent: 0, is_open: true }
    }

    /// What may be drawn: granted, and neither spent nor returned.
    ///
    /// # Errors
    ///
    /// When its numbers contradict one another, or are none.
    pub fn free(&self) -> Result<MinorUnits, Fault> {
        let used = plus(counted(self.spent)?, counted(self.returned)?)?;
        let free = minus(counted(self.granted)?, used)?;
        if free < 0 { Err(Fault::Overspent) } else { Ok(free) }
    }

    /// Another life begins, as one that has lost something.
    fn closed(self, at: u64) -> Self {
        // Not the next number: one that is put back twice to the same state would have the same life twice.
        let life = if at == self.life { at.saturating_add(1) } else { at };
        Self { life, is_open: false, ..self }
    }
}

/// Does what is asked. `at` is the moment where the share is, in microseconds: a share that is not there is begun then. The clock may be set
/// back; no two lives of a bucket may begin at the same moment.
pub fn step(share: Option<Share>, at: u64, command: Command) -> (Share, Reply) {
    let share = share.unwrap_or(Share::new(at));
    match decide(share, at, command) {
        Ok((next, reply)) if next == share => (share, reply),
        Ok((next, reply)) => (Share { changes: share.changes.saturating_add(1), ..next }, reply),
        Err(fault) => (share, Reply::Refused(fault)),
    }
}

fn decide(share: Share, at: u64, command: Command) -> Result<(Share, Reply), Fault> {
    let free = share.free()?;
    Ok(match command {
        Command::Allow(allow) => take(share, at, allow)?,
        Command::Draw { owed, drawn } => draw(share, free, owed, drawn)?,
        Command::Return if !share.is_open => (share, Reply::Closed),
        Command::Return => (Share { returned: plus(share.returned, free)?, ..share }, Reply::Returned { amount: free }),
        Command::Report { term } => (Share { term: term.max(share.term), ..share }, Reply::Reported),
        Command::Close { life } if life != share.life => (share, Reply::Stale),
        Command::Close { .. } => (share.closed(at), Reply::Closed),
        Command::Open { life, .. } if life != share.life => (share, Reply::Stale),
        Command::Open { .. } if share.is_open => (share, Reply::Opened),
        Command::Open { changes, .. } if changes != share.changes => (share, Reply::Stale),
        Command::Open { granted, returned, spent, .. } => {
            let opened = Share { granted, returned, spent, is_open: true, ..share };
            opened.free()?;
            (opened, Reply::Opened)
        }
    })
}

fn take(share: Share, at: u64, allow: Allow) -> Result<(Share, Reply), Fault> {
    let Allow { life, term, granted, acknowledged, returned } = allow;
    counted(granted)?;
    Ok(if life != share.life || term < share.term {
        (share, Reply::Stale)
    } else if !share.is_open {
        (share, Reply::Closed)
    } else if share.granted < acknowledged || share.returned < returned {
        (share.closed(at), Reply::Closed)
    } else {
        (Share { term, granted: share.granted.max(granted), ..share }, Reply::Allowed)
    })
}

fn draw(share: Share, free: MinorUnits, owed: MinorUnits, drawn: MinorUnits) -> Result<(Share, Reply), Fault> {
    let owed = counted(owed.max(0))?;
    let wants = minus(owed, counted(drawn)?)?;
    if wants <= 0 {
        // One that has lost something does not know all that it has spent. Less than nothing it has not. It has changed all the same: whoever
        // has added up what its trips have drawn has to do so again.
        let spent = plus(share.spent, wants)?.max(0);
        let changes = share.changes.saturating_add(u64::from(wants < 0));
        return Ok((Share { spent, changes, ..share }, Reply::Drawn { drawn: owed }));
    }
    Ok(if !share.is_open {
        (share, Reply::Closed)
    } else if wants > free {
        (share, Reply::Short { missing: minus(wants, free)? })
    } else {
        (Share { spent: plus(share.spent, wants)?, ..share }, Reply::Drawn { drawn: owed })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(granted: MinorUnits, returned: MinorUnits, spent: MinorUnits) -> Option<Share> {
        Some(Share { granted, returned, spent, ..Share::new(1) })
    }

    /// Amounts at the edges are drawn, returned and refused without anything being wrapped: up to 2^53, and not one more.
    #[test]
    fn edges() {
        use crate::amounts::MOST;
        let (all, reply) = step(has(MOST, 0, 0), 2, Command::Draw { owed: MOST, drawn: 0 });
        assert_eq!((all.spent, reply), (MOST, Reply::Drawn { drawn: MOST }));
        let (back, _) = step(Some(all), 2, Command::Draw { owed: i64::MIN, drawn: MOST });
        assert_eq!(back.spent, 0);
        let (returned, reply) = step(Some(back), 2, Command::Return);
        assert_eq!((returned.returned, reply), (MOST, Reply::Returned { amount: MOST }));
        for (owed, drawn, fault) in [
            (MOST + 1, 0, Fault::Overflow),
            (i64::MAX, 0, Fault::Overflow),
            (0, i64::MAX, Fault::Overflow),
            (0, -1, Fault::Negative),
            (i64::MAX, i64::MIN, Fault::Overflow),
        ] {
            let (share, reply) = step(has(MOST, 0, 0), 2, Command::Draw { owed, drawn });
            assert_eq!((Some(share), reply), (has(MOST, 0, 0), Reply::Refused(fault)), "{owed} {drawn}");
        }
        for granted in [MOST + 1, i64::MAX] {
            let allow = Allow { life: 1, term: 0, granted, acknowledged: 0, returned: 0 };
            assert_eq!(step(has(5, 0, 0), 2, Command::Allow(allow)).1, Reply::Refused(Fault::Overflow));
        }
    }

    /// What is kept and contradicts itself is not worked with.
    #[test]
    fn what_cannot_be_is_refused() {
        for (share, fault) in [
            (has(5, 3, 3), Fault::Overspent),
            (has(-1, 0, 0), Fault::Negative),
            (has(5, i64::MAX, i64::MAX), Fault::Overflow),
            (has(i64::MAX, 0, 0), Fault::Overflow),
        ] {
            assert_eq!(step(share, 2, Command::Return), (share.unwrap_or(Share::new(0)), Reply::Refused(fault)));
        }
    }
}
