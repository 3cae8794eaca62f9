//! Breaks the store under a running application, with real processes, and audits what it answered.
//!
//! `farebox up`, and as many of it as a fault asks for, reaches a real Redis through a proxy of ours, or keeps everything in SQLite.
//! Requests are sent at their due times, however late answers are. A [fault](plan) begins and ends among them, all that was answered
//! is [written down](history), the store is [read](stored) afterwards, and the [audit] holds the one against the other.
//! What is known not to be kept is a list, [`exemptions`].
//!
//! # Invariants
//!
//! | id | what is true |
//! |---|---|
//! | I1 | A bill that was answered as kept is at all later times the head, an older revision, or listed as superseded. |
//! | I1b | No bill is answered that is kept nowhere: what the store does not have waits in a journal, or gave way to another. |
//! | I2 | Equal requests for a trip get equal bytes, or a higher revision; once it is billed, one of other content is refused. |
//! | I2b | The same, of bills of which one was in a journal when it was answered. |
//! | I3 | There is a revision only if there is the one before it. |
//! | I4 | The ledger has an entry for a revision exactly if it owes a top-up, of that amount. |
//! | I5 | The entries of a trip come to what its head owes. |
//! | I6 | A bill that is final and not degraded has every segment that was acknowledged before it was asked for, no torn batch, and the prices of a native replay. |
//! | I7 | Every provisional head, and every trip with an acknowledged segment that its head lacks, is on the list of what is due. |
//! | I8 | An acknowledged segment is in the trip, or in a journal that names it; of a batch there is all or nothing. |
//! | I10 | No trip was answered two final bills that both owe a top-up, and of which none is the other's successor. |
//! | I13 | No total is wrong that is not marked: a bill that is neither degraded nor provisional is the bill of the whole ride. |
//! | I14 | A request is answered what it asks for: nothing only by a host that was killed. |
//! | I14b | Segments and reads are 503 only where there was no store, bills only where there was no journal either. |
//! | I15 | When all is over, no head is mocked of which the store has every segment. |
//! | I16 | A head is listed under one day, by its number. |
//! | I17 | When all is over, the head of a trip of which the store has every segment is final, and says of the ride, to the byte, what a bill says that is made natively over a store that never fails. |
//!
//! I9 (nothing is written under another incarnation than it was computed under), I11 (a journal has no holes, its chain verifies,
//! its size is bounded) and I12 (breakers, leases and clocks may be anything at any time) cannot be seen from outside.

pub mod audit;
pub mod exemptions;
pub mod history;
pub mod hosts;
pub mod load;
pub mod measure;
pub mod plan;
pub mod proxy;
pub mod redis;
pub mod report;
pub mod rides;
pub mod run;
pub mod sender;
pub mod stage;
pub mod stored;
pub mod svg;
