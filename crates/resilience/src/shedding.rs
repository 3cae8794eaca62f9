//! Who is turned away first when this node is late itself.
//!
//! A timer that is told of late says nothing about whoever was waited for: this node has more to do than it can. Then it does
//! less: pages first, then estimates. A ride that is over is billed to the last.

/// What a request is for, the least important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// A page that shows how an amount came about: it can be looked at later.
    Detail,
    /// A price before a ride: whoever asked asks again.
    Estimate,
    /// What a ride has come to so far: it is sent again.
    Segments,
    /// The bill of a ride. Never turned away.
    Bill,
}

impl Priority {
    /// All of them, the least important first.
    pub const ALL: [Self; 4] = [Self::Detail, Self::Estimate, Self::Segments, Self::Bill];

    /// What there is of it, as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Detail => "details",
            Self::Estimate => "estimates",
            Self::Segments => "segments",
            Self::Bill => "bills",
        }
    }
}

/// What is turned away: this, and all that is less important. `None`: nothing.
pub type Level = Option<Priority>;

/// Whether something is turned away at a level.
pub fn is_shed(level: Level, priority: Priority) -> bool {
    priority != Priority::Bill && level.is_some_and(|level| priority <= level)
}

/// A timer that is this late, in milliseconds, is nothing: other tasks had their turn.
pub const ON_TIME_MS: u64 = 30;

/// How late a timer may be, in milliseconds. Beyond the first pages are turned away, beyond the second estimates as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Borne {
    /// Of pages.
    pub late_ms: u64,
    /// Of estimates.
    pub very_late_ms: u64,
}

/// For how long nothing has to be late before more is done again, in milliseconds.
pub const CALM_MS: u64 = 1_000;

/// How many late timers in a row mean something, rather than one unlucky moment.
const IN_A_ROW: u32 = 2;

/// How late this node has been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// How many timers in a row were late.
    in_a_row: u32,
    /// How many in a row were very late.
    very: u32,
    /// What is turned away, and since when nothing has called for that, in milliseconds.
    level: Level,
    last_ms: u64,
}

impl Lateness {
    /// A timer was told of so late. More is turned away at once, less only after [`CALM_MS`] of calm.
    pub fn timer(&mut self, late_ms: u64, borne: Borne, now_ms: u64) {
        let count = |is_late: bool, so_far: u32| if is_late { so_far.saturating_add(1) } else { 0 };
        self.in_a_row = count(late_ms > borne.late_ms.max(ON_TIME_MS), self.in_a_row);
        self.very = count(late_ms > borne.very_late_ms.max(ON_TIME_MS), self.very);
        let calls_for = if self.very >= IN_A_ROW {
            Some(Priority::Estimate)
        } else if self.in_a_row >= IN_A_ROW {
            Some(Priority::Detail)
        } else {
            return;
        };
        let level = self.level(now_ms);
        // Less late is no calm yet for what very late called for.
        if calls_for >= level {
            self.level = calls_for;
        }
        self.last_ms = now_ms;
    }

    /// What is turned away now.
    pub fn level(&self, now_ms: u64) -> Level {
        let age_ms = now_ms.checked_sub(self.last_ms)?;
        self.level.filter(|_| age_ms < CALM_MS)
    }

    /// After how many seconds it is worth asking again, when something is turned away now: when it would be taken if nothing is late
    /// until then, and a second more, since all who are told come back then.
    pub fn retry_after_s(&self, now_ms: u64) -> u64 {
        let left_ms = self.last_ms.saturating_add(CALM_MS).saturating_sub(now_ms).min(CALM_MS);
        left_ms.div_ceil(1_000) + 1
    }
}

/// How late a timer was, in milliseconds: it was to take `asked_ms`, and took `took_ms`.
pub const fn late_ms(asked_ms: u64, took_ms: u64) -> u64 {
    took_ms.saturating_sub(asked_ms)
}

/// Whether a timer says something about whoever was waited for, rather than about this node.
pub const fn is_on_time(late_ms: u64) -> bool {
    late_ms <= ON_TIME_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is turned away at each level: never a bill.
    #[test]
    fn levels() {
        let shed = |level: Level| Priority::ALL.map(|priority| is_shed(level, priority));
        assert_eq!(shed(None), [false; 4]);
        assert_eq!(shed(Some(Priority::Detail)), [true, false, false, false]);
        assert_eq!(shed(Some(Priority::Estimate)), [true, true, false, false]);
        assert_eq!(shed(Some(Priority::Segments)), [true, true, true, false]);
        assert_eq!(shed(Some(Priority::Bill)), [true, true, true, false]);
    }

    const BORNE: Borne = Borne { late_ms: 60, very_late_ms: 250 };

    /// One late timer is nothing; two in a row turn pages away, two that are very late estimates; a second of calm ends it.
    #[test]
    fn lateness() {
        use Priority::{Detail, Estimate};
        let mut lateness = Lateness::default();
        for (at, late, expected) in [
            (0, 0, None),
            (100, 61, None),
            (110, 60, None),
            (120, 61, None),
            (130, 500, Some(Detail)),
            (140, 500, Some(Estimate)),
            (150, 70, Some(Estimate)),
            (1_149, 0, Some(Estimate)),
            (1_150, 0, None),
            (1_160, 70, None),
            (1_170, 70, Some(Detail)),
        ] {
            lateness.timer(late, BORNE, at);
            assert_eq!(lateness.level(at), expected, "{late} ms late at {at}");
        }
        assert_eq!(lateness.level(2_169), Some(Detail));
        assert_eq!(lateness.level(2_170), None);
        // The clock was set back.
        assert_eq!(lateness.level(1_000), None);
    }

    /// Whoever comes back when told to is taken, if nothing was late since.
    #[test]
    fn retry_after_is_true() {
        let mut lateness = Lateness::default();
        lateness.timer(70, BORNE, 10_000);
        lateness.timer(70, BORNE, 10_000);
        for now in [10_000, 10_500, 10_999] {
            assert_eq!(lateness.level(now + 1_000 * lateness.retry_after_s(now)), None);
            assert_eq!(lateness.retry_after_s(now), 2);
        }
    }
}
