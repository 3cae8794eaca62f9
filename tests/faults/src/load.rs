//! What is asked when: a schedule that is made before, so that nothing that is answered changes it.

use crate::rides::{BATCHES, SHAPES};
use std::time::Duration;

/// How long each phase is.
#[derive(Clone, Copy, Debug)]
pub struct Phases {
    /// Before the fault begins.
    pub before: Duration,
    /// While it lasts.
    pub during: Duration,
    /// After it ended.
    pub after: Duration,
}

impl Phases {
    /// All of them.
    pub fn total(self) -> Duration {
        self.before + self.during + self.after
    }
}

/// What is asked on top while the fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surge {
    /// Nothing.
    None,
    /// So many times as much, all in all.
    Times(u32),
    /// This many bills at the same moment, when the fault begins: fewer where the rate is low, twice as many as it.
    AtOnce(u32),
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// An estimate. The bill names it, if it is answered by then.
    Estimate,
    /// A batch of segments; when it is refused, it is sent again.
    Segments(usize),
    /// The bill.
    Bill,
    /// The same again.
    Repeat,
    /// A bill with other content.
    Other,
    /// The bill, to be read.
    Read,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When it is due, counted from the beginning.
    pub at: Duration,
    /// Of which ride.
    pub ride: usize,
    /// What is asked.
    pub what: What,
    /// Which host.
    pub host: usize,
}

/// All requests, in order.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// How many rides there are.
    pub rides: usize,
    /// The requests.
    pub dues: Vec<Due>,
}

/// How many requests a ride has, times 100: estimates of a quarter, three batches, a bill, repeats of half, a bill of other content of
/// one in twenty, a read of a quarter.
const REQUESTS: u32 = 505;

/// How long a ride takes until it is billed, at least.
const RIDDEN: Duration = Duration::from_millis(450);

/// The shape of a ride.
pub fn shape(ride: usize) -> usize {
    ride % SHAPES
}

impl Schedule {
    /// Plans so many requests a second over some hosts. The same seed makes the same plan.
    pub fn new(phases: Phases, rate: u32, hosts: usize, surge: Surge, seed: u64) -> Self {
        let mut schedule = Self::default();
        let mut chance = fastrand::Rng::with_seed(seed);
        let rate = rate.max(1);
        let every = Duration::from_secs(1) * REQUESTS / 100 / rate;
        let (begin, end) = (phases.before, phases.before + phases.during);
        let mut at = Duration::ZERO;
        while at < phases.total() {
            schedule.ride(at, hosts, &mut chance);
            at += every;
        }
        match surge {
            Surge::None => {}
            Surge::Times(times) => {
                let every = every / times.saturating_sub(1).max(1);
                let mut at = begin.saturating_sub(RIDDEN);
                while at + RIDDEN < end {
                    schedule.ride(at, hosts, &mut chance);
                    at += every;
                }
            }
            Surge::AtOnce(count) => {
                let count = count.min(2 * rate);
                for number in 0..count {
                    let ride = schedule.rides;
                    schedule.rides += 1;
                    let host = ride % hosts.max(1);
                    let segments = phases.before * 9 / 10 * number / count;
                    for batch in 0..BATCHES.len() {
                        schedule.dues.push(Due { at: segments, ride, what: What::Segments(batch), host });
                    }
                    schedule.dues.push(Due { at: begin, ride, what: What::Bill, host });
                }
            }
        }
        schedule.dues.retain(|due| due.at < phases.total());
        schedule.dues.sort_by_key(|due| due.at);
        schedule
    }

    fn ride(&mut self, at: Duration, hosts: usize, chance: &mut fastrand::Rng) {
        let ride = self.rides;
        self.rides += 1;
        let ms = Duration::from_millis;
        let (host, other_host) = (ride % hosts.max(1), (ride + 1) % hosts.max(1));
        let mut push = |at, what, host| self.dues.push(Due { at, ride, what, host });
        if ride.is_multiple_of(4) {
            push(at, What::Estimate, host);
        }
        for batch in 0..BATCHES.len() {
            push(at + ms(50 + 130 * batch as u64), What::Segments(batch), host);
        }
        let billed = at + RIDDEN + ms(chance.u64(0..150));
        push(billed, What::Bill, host);
        if ride % 2 == 1 {
            // Of some at once, of some in another phase.
            let later = if chance.bool() { chance.u64(1..100) } else { chance.u64(100..2_500) };
            push(billed + ms(later), What::Repeat, other_host);
        }
        if ride % 20 == 7 {
            push(billed + ms(chance.u64(100..1_000)), What::Other, other_host);
        }
        if ride % 4 == 2 {
            push(billed + ms(chance.u64(20..1_500)), What::Read, other_host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(seconds: u64) -> Phases {
        let phase = Duration::from_secs(seconds);
        Phases { before: phase, during: phase, after: phase }
    }

    fn count(schedule: &Schedule, from: u64, to: u64) -> usize {
        schedule.dues.iter().filter(|due| (from..to).contains(&due.at.as_secs())).count()
    }

    /// The rate is what was asked for, but for the first moments; a surge is on top of it while the fault lasts.
    #[test]
    fn the_rate_is_kept() {
        let even = Schedule::new(phases(8), 200, 1, Surge::None, 1);
        let surge = Schedule::new(phases(8), 200, 1, Surge::Times(4), 1);
        for (schedule, expected) in [(&even, 200), (&surge, 800)] {
            let per_second = count(schedule, 10, 15) / 5;
            assert!((expected * 9 / 10..=expected * 11 / 10).contains(&per_second), "{per_second}");
        }
        assert!(count(&surge, 19, 24) < 1_200, "{}", count(&surge, 19, 24));
    }

    /// A ride is billed once, after all of its segments were sent; half of the bills are asked for again, by the other host.
    #[test]
    fn rides_are_whole() {
        let schedule = Schedule::new(phases(4), 100, 2, Surge::AtOnce(64), 7);
        let of = |what: What| schedule.dues.iter().filter(move |due| due.what == what);
        for bill in of(What::Bill) {
            let before = schedule.dues.iter().filter(|due| due.ride == bill.ride && due.at < bill.at);
            assert_eq!(before.filter(|due| matches!(due.what, What::Segments(_))).count(), BATCHES.len());
            assert!(of(What::Repeat).all(|repeat| repeat.ride != bill.ride || repeat.host != bill.host));
        }
        let (bills, repeats, others) = (of(What::Bill).count(), of(What::Repeat).count(), of(What::Other).count());
        assert!(bills > 2 * repeats && repeats > 10 * others / 2 && others > 0, "{bills} {repeats} {others}");
        let at_once = of(What::Bill).filter(|due| due.at == Duration::from_secs(4)).count();
        assert!((64..80).contains(&at_once), "{at_once}");
    }
}
