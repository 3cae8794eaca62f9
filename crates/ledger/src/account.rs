//! What the buckets of a city were granted of a budget. It lives in one place of the city.
//!
//! For each bucket it knows what it has granted, how much of that the share has seen, and what the share has returned. What is
//! available is the limit without all that is granted and not returned. As each share spends no more than it was granted and has not
//! returned, all of them together spend no more than the limit.
//!
//! A new account grants nothing until every bucket has said what it has. So there is no difference between one that is new and one that was
//! lost: nobody has to know which it is. Shares that have told it what they have take nothing of the account before it.

use crate::amounts::{Fault, counted, minus, plus};
use crate::share::{Allow, Share};
use farebox_money::MinorUnits;

/// All that is kept of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What all buckets together may spend, from 0.
    pub limit: MinorUnits,
    /// Which of several limits this is: the highest is in force.
    pub generation: u64,
    /// Tells it from every other account that this budget had. Later ones have higher terms.
    pub term: u64,
    /// What is known of each bucket. `None` until it has said what it has.
    pub buckets: Vec<Option<Granted>>,
}

/// What an account knows of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Which share of the bucket.
    pub life: u64,
    /// To it, over all time.
    pub granted: MinorUnits,
    /// How much of that it has said to have seen.
    pub acknowledged: MinorUnits,
    /// What it has said to have returned, over all time.
    pub returned: MinorUnits,
    /// What it had spent when it was heard last. Nothing is granted by it: it may have changed.
    pub spent: MinorUnits,
    /// Which of its words that was.
    pub changes: u64,
}

/// What is asked of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Somebody wants more in a bucket than its share has free. What was granted and not seen when the share said so counts: one that is
    /// asked twice grants once.
    Ask {
        /// Where it is wanted.
        bucket: u32,
        /// What its share was when it was asked last.
        said: Share,
        /// What is missing there.
        wants: MinorUnits,
    },
    /// A share has said what it has.
    Learn {
        /// Where it is.
        bucket: u32,
        /// What it was then.
        said: Share,
    },
    /// There is another limit. It may be less than what is out: nothing is granted then until enough came back.
    Limit {
        /// Which one it is. One that is not higher than that in force does nothing.
        generation: u64,
        /// What all buckets together may spend, from 0.
        limit: MinorUnits,
    },
    /// An operator says that a share was lost, and which one takes its place. Comes before that one is opened.
    Readmit {
        /// Where it is.
        bucket: u32,
        /// The share that was lost.
        life: u64,
        /// The one that is there, which has to be closed.
        said: Share,
    },
    /// The account was found to have lost something: every bucket has to say anew what it has.
    Close,
}

/// What an account answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To be told to the share, which then has what was wanted. One that was lost finds out by it.
    Allow(Allow),
    /// Nothing is granted.
    Short {
        /// From 0, and less than what is wanted.
        available: MinorUnits,
        /// What others had and had not spent, as far as they were heard.
        unspent_elsewhere: MinorUnits,
    },
    /// What was said is known.
    Learned,
    /// This limit is in force.
    Limited {
        /// In minor units, from 0.
        limit: MinorUnits,
    },
    /// What the share is to be opened with, besides what it has spent.
    Readmitted {
        /// Which share.
        life: u64,
        /// To the one that was lost, over all time.
        granted: MinorUnits,
        /// By it, as far as it was heard.
        returned: MinorUnits,
    },
    /// The word is of another share than the account means: it is old, or that share was lost.
    OtherLife {
        /// The one that is meant.
        life: u64,
    },
    /// The share is closed: it does not know what it has spent.
    ShareClosed,
    /// Nothing is granted until all buckets have said what they have.
    Closed {
        /// To an account of this term.
        term: u64,
        /// Those that have not.
        unheard: Vec<u32>,
    },
    /// Nothing is done.
    Refused(Fault),
}

/// What becomes of a word of a share.
enum Heard {
    Known(Granted),
    OtherLife(u64),
    ShareClosed,
    /// It was said to an earlier account: more may have been granted since.
    TooEarly,
    /// It knows more than the account, which has lost something.
    Ahead,
}

impl Account {
    /// An account that grants nothing yet. `at` is the moment where it is, in microseconds, later than that at which any other of this budget
    /// was begun: two that begin at one would take each other's words and grants for their own.
    pub fn new(at: u64, generation: u64, limit: MinorUnits, buckets: u32) -> Self {
        Self { limit, generation, term: at, buckets: (0..buckets).map(|_| None).collect() }
    }

    /// What is neither granted nor out: below zero after the limit was lowered.
    ///
    /// # Errors
    ///
    /// When amounts are beyond what there may be.
    pub fn available(&self) -> Result<MinorUnits, Fault> {
        let left = |left, granted: &Granted| minus(left, granted.out()?);
        self.buckets.iter().flatten().try_fold(counted(self.limit)?, left)
    }

    /// The buckets that have not said what they have.
    pub fn unheard(&self) -> Vec<u32> {
        self.numbered().filter(|(_, granted)| granted.is_none()).map(|(bucket, _)| bucket).collect()
    }

    /// What its share may be told, at any time. `None` while the bucket has not said what it has.
    pub fn allow(&self, bucket: u32) -> Option<Allow> {
        let (term, granted) = (self.term, self.granted(bucket)?);
        let Granted { life, granted, acknowledged, returned, .. } = granted;
        Some(Allow { life, term, granted, acknowledged, returned })
    }

    /// What is known of a bucket.
    pub fn granted(&self, bucket: u32) -> Option<Granted> {
        self.buckets.get(usize::try_from(bucket).ok()?).copied().flatten()
    }

    /// The buckets with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Option<Granted>)> {
        (0..).zip(&self.buckets)
    }

    fn with(mut self, bucket: u32, granted: Granted) -> Self {
        if let Some(place) = usize::try_from(bucket).ok().and_then(|bucket| self.buckets.get_mut(bucket)) {
            *place = Some(granted);
        }
        self
    }

    /// One that knows of no bucket, and is later than any that was heard of.
    fn anew(mut self, at: u64, heard: u64) -> Self {
        self.buckets.fill(None);
        let term = at.max(heard.max(self.term).saturating_add(1));
        Self { term, ..self }
    }

    fn closed(&self) -> Reply {
        Reply::Closed { term: self.term, unheard: self.unheard() }
    }

    fn unspent_elsewhere(&self, bucket: u32) -> Result<MinorUnits, Fault> {
        let others = self.numbered().filter(|(other, _)| *other != bucket).filter_map(|(_, granted)| *granted);
        others.into_iter().try_fold(0, |sum, other| plus(sum, minus(other.out()?, other.spent)?.max(0)))
    }

    /// What a bucket is granted that needs so much, at least 1. Half of an even part of the rest if that is more, so that not every bill asks,
    /// and there is something left for the others. `None` when there is not enough.
    fn grant(&self, needs: MinorUnits) -> Result<Option<MinorUnits>, Fault> {
        let available = self.available()?;
        let halves = i64::try_from(self.buckets.len()).ok().and_then(|buckets| buckets.checked_mul(2));
        let batch = halves.and_then(|halves| available.checked_div(halves)).ok_or(Fault::Overflow)?;
        Ok((needs <= available).then(|| needs.max(batch)))
    }

    /// What a word of the share of a bucket comes to.
    fn hear(&self, bucket: u32, said: Share) -> Result<Heard, Fault> {
        said.free()?;
        let known = usize::try_from(bucket).ok().and_then(|bucket| self.buckets.get(bucket));
        let known = *known.ok_or(Fault::UnknownBucket)?;
        let Share { life, term, changes, granted, returned, spent, is_open } = said;
        Ok(match known {
            _ if term > self.term => Heard::Ahead,
            Some(known) if known.life != life => Heard::OtherLife(known.life),
            _ if !is_open => Heard::ShareClosed,
            None if term < self.term => Heard::TooEarly,
            None => Heard::Known(Granted { life, granted, acknowledged: granted, returned, spent, changes }),
            Some(known) if granted > known.granted => Heard::Ahead,
            // One that has seen or returned less than is known was lost, or this word is late. The share knows which: it is told.
            Some(known) => {
                let (spent, changes) =
                    if changes < known.changes { (known.spent, known.changes) } else { (spent, changes) };
                let (acknowledged, returned) = (known.acknowledged.max(granted), known.returned.max(returned));
                Heard::Known(Granted { acknowledged, returned, spent, changes, ..known })
            }
        })
    }
}

impl Granted {
    /// What the share may have spent, or may spend yet.
    ///
    /// # Errors
    ///
    /// When amounts are beyond what there may be.
    pub fn out(&self) -> Result<MinorUnits, Fault> {
        minus(self.granted, self.returned)
    }
}

/// Does what is asked. `at` is the moment where the account is, in microseconds, as in [`Account::new`].
pub fn step(account: Account, at: u64, command: Command) -> (Account, Reply) {
    match decide(&account, at, command) {
        Ok((next, reply)) => (next, reply),
        Err(fault) => (account, Reply::Refused(fault)),
    }
}

fn decide(account: &Account, at: u64, command: Command) -> Result<(Account, Reply), Fault> {
    let same = || account.clone();
    let (bucket, said, wants) = match command {
        Command::Ask { bucket, said, wants } => (bucket, said, Some(wants)),
        Command::Learn { bucket, said } => (bucket, said, None),
        Command::Limit { generation, limit } => {
            let newer = Account { limit: counted(limit)?, generation, ..same() };
            let next = if generation > account.generation { newer } else { same() };
            let limit = next.limit;
            return Ok((next, Reply::Limited { limit }));
        }
        Command::Readmit { bucket, life, said } => return readmit(account, bucket, life, said),
        Command::Close => {
            let anew = same().anew(at, account.term);
            let reply = anew.closed();
            return Ok((anew, reply));
        }
    };
    let granted = match account.hear(bucket, said)? {
        Heard::Known(granted) => granted,
        Heard::OtherLife(life) => return Ok((same(), Reply::OtherLife { life })),
        Heard::ShareClosed => return Ok((same(), Reply::ShareClosed)),
        Heard::TooEarly => return Ok((same(), account.closed())),
        Heard::Ahead => {
            let anew = same().anew(at, said.term);
            let reply = anew.closed();
            return Ok((anew, reply));
        }
    };
    let next = same().with(bucket, granted);
    if !next.unheard().is_empty() {
        let reply = next.closed();
        return Ok((next, reply));
    }
    let Some(wants) = wants else { return Ok((next, Reply::Learned)) };
    // What was granted and had not been seen is on its way, or is told once more.
    let needs = minus(counted(wants)?, minus(granted.granted, said.granted)?)?;
    let more = if needs > 0 { next.grant(needs)? } else { Some(0) };
    let Some(more) = more else {
        let (available, unspent_elsewhere) = (next.available()?.max(0), next.unspent_elsewhere(bucket)?);
        return Ok((next, Reply::Short { available, unspent_elsewhere }));
    };
    let granted = Granted { granted: plus(granted.granted, more)?, ..granted };
    let Granted { life, granted: sum, acknowledged, returned, .. } = granted;
    let allow = Allow { life, term: next.term, granted: sum, acknowledged, returned };
    Ok((next.with(bucket, granted), Reply::Allow(allow)))
}

/// A closed share takes the place of the one that was lost. Words of that one are none from then on: the new one is opened with what was known
/// to be returned, and would not know of more.
fn readmit(account: &Account, bucket: u32, life: u64, said: Share) -> Result<(Account, Reply), Fault> {
    let Some(granted) = account.granted(bucket) else { return Ok((account.clone(), account.closed())) };
    let is_new = granted.life != said.life;
    if is_new && (granted.life != life || said.is_open) {
        return Ok((account.clone(), Reply::OtherLife { life: granted.life }));
    }
    let granted = if is_new { Granted { life: said.life, changes: said.changes, ..granted } } else { granted };
    let Granted { life, granted: sum, returned, .. } = granted;
    Ok((account.clone().with(bucket, granted), Reply::Readmitted { life, granted: sum, returned }))
}
