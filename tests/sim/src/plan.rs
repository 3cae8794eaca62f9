//! What a seed decides before anything happens: who does what when, and what goes wrong meanwhile.

use fastrand::Rng;
use std::fmt;
use std::time::Duration;

/// How many hosts there are.
pub const HOSTS: usize = 2;

/// How many instances each host has. They share its disk and its database.
pub const INSTANCES: usize = 2;

/// How many releases of the configuration there are.
pub const RELEASES: usize = 3;

/// How many buckets the store has.
pub const BUCKETS: usize = 4;

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides everything that the plan leaves open: latencies, and whose turn it is.
    pub seed: u64,
    /// For how long quotes are kept, in seconds.
    pub quote_ttl_s: u32,
    /// The rides.
    pub trips: Vec<TripPlan>,
    /// What the store does when.
    pub windows: Vec<Window>,
    /// When it loses what, and what is left of it.
    pub losses: Vec<Loss>,
    /// Which host crashes before which step of the run.
    pub crashes: Vec<Crash>,
    /// What becomes of the files of a host's configuration. No two come soon after one another: what the product promises
    /// of a file that is broken before anybody has seen what it was changed to is nothing.
    pub edits: Vec<Edit>,
    /// A host that begins without one of its documents, and which.
    pub without: Option<(usize, Missing)>,
    /// Of ten requests that are signed and write, how many the network sends again.
    pub again: u8,
    /// When a host is asked to repair what is due.
    pub sweeps: Vec<(Duration, usize)>,
}

/// What a host may begin without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The commission policy: its bills are not settled.
    Policy,
    /// The driver's rate card: it cannot bill.
    DriversCard,
}

/// Somebody changes the configuration of a host, file by file.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// When.
    pub at: Duration,
    /// On which host.
    pub host: usize,
    /// To which release; `None` breaks a rate card or the policy.
    pub release: Option<usize>,
}

/// A ride.
#[derive(Clone, Debug)]
pub struct TripPlan {
    /// Its number.
    pub number: usize,
    /// When its client begins.
    pub begins: Duration,
    /// Whether its passenger brings a coupon.
    pub coupon: bool,
    /// Whether its clients sign what writes, each try anew.
    pub signs: bool,
    /// What its client does, in order.
    pub acts: Vec<Act>,
    /// Other clients of the same ride: when they begin, and what they do.
    pub others: Vec<(Duration, Act)>,
}

/// Something that a client does. It tries again when it is told to, or told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Asks for an estimate; the bill will name it.
    Estimate,
    /// Posts the segments with these numbers.
    Meter(u64, u64),
    /// Asks for the bill.
    Bill,
    /// Asks for the bill in other words that mean the same.
    BillInOtherWords,
    /// Asks for another bill of the same ride.
    BillAnother,
    /// Reads the bill.
    Fetch,
    /// Looks at the bill's page.
    Show,
    /// Does nothing for so many milliseconds.
    Wait(u64),
}

/// What the store does for a while.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// From when.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
    /// What.
    pub fault: Fault,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Says no at once, and does nothing.
    Down,
    /// Says no to writes.
    ReadOnly,
    /// Takes every call, says nothing, and carries all out when it is over.
    Hang,
    /// Takes its time, often more than anybody waits.
    Slow,
    /// Loses calls, or loses answers, or is late, call by call.
    Flaky,
}

/// Something that is lost.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// When.
    pub at: Duration,
    /// This bucket, or everything.
    pub bucket: Option<usize>,
    /// It is not emptied, but as it was so long ago: another server has taken its place, which was behind.
    pub back: Option<Duration>,
}

/// A host that crashes, and starts again.
#[derive(Clone, Copy, Debug)]
pub struct Crash {
    /// Before this step of the run.
    pub step: u64,
    /// Which host.
    pub host: usize,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut trips: Vec<TripPlan> = (0..rng.usize(1..=4)).map(|number| trip(&mut rng, number)).collect();
        let mut windows = Vec::new();
        let mut from = 0;
        for _ in 0..rng.usize(0..=4) {
            from += rng.u64(0..1500);
            let until = from + rng.u64(50..2500);
            let fault = *rng
                .choice(&[Fault::Down, Fault::ReadOnly, Fault::Hang, Fault::Slow, Fault::Flaky, Fault::Flaky])
                .unwrap_or(&Fault::Down);
            windows.push(Window { from: ms(from), until: ms(until), fault });
            from = until;
        }
        let mut losses = if rng.u8(0..6) == 0 {
            let bucket = rng.bool().then(|| rng.usize(0..BUCKETS));
            vec![Loss { at: ms(rng.u64(0..6000)), bucket, back: None }]
        } else {
            Vec::new()
        };
        let crash = |rng: &mut Rng| Crash { step: rng.u64(0..400), host: rng.usize(0..HOSTS) };
        let crashes = (0..rng.usize(0..=4).saturating_sub(1)).map(|_| crash(&mut rng)).collect();
        let quote_ttl_s = *rng.choice(&[0, 3, 900, 900]).unwrap_or(&900);
        let mut edits = Vec::new();
        let mut at = 0;
        for _ in 0..rng.usize(0..=3) {
            at += rng.u64(2_500..5_000);
            let release = (rng.u8(0..4) > 0).then(|| rng.usize(0..RELEASES));
            edits.push(Edit { at: ms(at), host: rng.usize(0..HOSTS), release });
        }
        let missing = if rng.bool() { Missing::Policy } else { Missing::DriversCard };
        let without = (rng.u8(0..8) == 0).then(|| (rng.usize(0..HOSTS), missing));
        let mut of_signatures = Rng::with_seed(seed ^ 0x0516_4ed5);
        trips.iter_mut().for_each(|trip| trip.signs = of_signatures.u8(0..3) > 0);
        let again = *of_signatures.choice(&[0, 1, 5]).unwrap_or(&0);
        let mut of_copies = Rng::with_seed(seed ^ 0xc0_bed0);
        losses.iter_mut().for_each(|loss| loss.back = of_copies.bool().then(|| ms(of_copies.u64(1..3_000))));
        let mut of_crowds = Rng::with_seed(seed ^ 0x00c0_0bd5);
        trips.iter_mut().for_each(|trip| trip.others.extend(crowd(&mut of_crowds)));
        let mut of_sweeps = Rng::with_seed(seed ^ 0x0005_5eeb);
        let sweep = |rng: &mut Rng| (ms(rng.u64(500..9_000)), rng.usize(0..HOSTS));
        let sweeps = (0..of_sweeps.usize(0..=4)).map(|_| sweep(&mut of_sweeps)).collect();
        Self { seed, quote_ttl_s, trips, windows, losses, crashes, edits, without, again, sweeps }
    }

    /// Plans with one thing less, the largest things first.
    pub fn smaller(&self) -> Vec<Self> {
        let mut plans = Vec::new();
        let mut without = |change: &dyn Fn(&mut Self)| {
            let mut plan = self.clone();
            change(&mut plan);
            plans.push(plan);
        };
        for index in 0..self.trips.len() {
            without(&|plan| {
                plan.trips.remove(index);
            });
        }
        for index in 0..self.windows.len() {
            without(&|plan| {
                plan.windows.remove(index);
            });
        }
        for index in 0..self.losses.len() {
            without(&|plan| {
                plan.losses.remove(index);
            });
        }
        for index in 0..self.crashes.len() {
            without(&|plan| {
                plan.crashes.remove(index);
            });
        }
        for index in 0..self.sweeps.len() {
            without(&|plan| {
                plan.sweeps.remove(index);
            });
        }
        for index in 0..self.edits.len() {
            without(&|plan| {
                plan.edits.remove(index);
            });
        }
        if self.without.is_some() {
            without(&|plan| plan.without = None);
        }
        if self.again > 0 {
            without(&|plan| plan.again = 0);
        }
        for (trip, planned) in self.trips.iter().enumerate() {
            if planned.signs {
                without(&|plan| {
                    if let Some(trip) = plan.trips.get_mut(trip) {
                        trip.signs = false;
                    }
                });
            }
            for index in 0..planned.others.len() {
                without(&|plan| {
                    plan.trips.get_mut(trip).map(|trip| trip.others.remove(index));
                });
            }
            for index in 0..planned.acts.len() {
                without(&|plan| {
                    plan.trips.get_mut(trip).map(|trip| trip.acts.remove(index));
                });
            }
        }
        plans
    }

    /// What the store does at a moment; `None` when it works.
    pub fn fault(&self, at: Duration) -> Option<Window> {
        self.windows.iter().copied().find(|window| (window.from..window.until).contains(&at))
    }

    /// Whether the store does anything but work at some moment between two.
    pub fn fails_between(&self, first: Duration, last: Duration) -> bool {
        self.windows.iter().any(|window| window.from <= last && first <= window.until)
    }

    /// Whether a host's configuration is broken at some time, or begins with something missing.
    pub fn breaks(&self) -> bool {
        self.without.is_some() || self.edits.iter().any(|edit| edit.release.is_none())
    }

    /// Whether a bucket loses something.
    pub fn may_lose(&self, bucket: usize) -> bool {
        self.losses.iter().any(|loss| loss.bucket.is_none_or(|lost| lost == bucket))
    }

    /// Whether anything goes wrong at all.
    pub fn is_calm(&self) -> bool {
        self.windows.is_empty() && self.losses.is_empty() && self.crashes.is_empty()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}; quotes are kept for {} s", self.seed, self.quote_ttl_s)?;
        for Window { from, until, fault } in &self.windows {
            writeln!(f, "  the store: {fault:?} from {} to {} ms", from.as_millis(), until.as_millis())?;
        }
        for Loss { at, bucket, back } in &self.losses {
            let what = bucket.map_or_else(|| "everything".to_owned(), |bucket| format!("bucket {bucket}"));
            let since =
                back.map_or_else(String::new, |back| format!(" that came in the {} ms before", back.as_millis()));
            writeln!(f, "  the store loses {what}{since} at {} ms", at.as_millis())?;
        }
        for Crash { step, host } in &self.crashes {
            writeln!(f, "  host {host} crashes before step {step}")?;
        }
        if let Some((host, missing)) = self.without {
            writeln!(f, "  host {host} begins without {missing:?}")?;
        }
        for Edit { at, host, release } in &self.edits {
            let what = release.map_or_else(|| "something broken".to_owned(), |release| format!("release {release}"));
            writeln!(f, "  host {host} gets {what} at {} ms", at.as_millis())?;
        }
        for (at, host) in &self.sweeps {
            writeln!(f, "  host {host} repairs what is due at {} ms", at.as_millis())?;
        }
        if self.again > 0 {
            writeln!(f, "  the network sends {} of 10 again that are signed and write", self.again)?;
        }
        for TripPlan { number, begins, coupon, signs, acts, others } in &self.trips {
            let coupon = if *coupon { ", with a coupon" } else { "" };
            let signs = if *signs { ", signed" } else { "" };
            writeln!(f, "  trip {number} from {} ms{coupon}{signs}: {acts:?}, others {others:?}", begins.as_millis())?;
        }
        Ok(())
    }
}

/// Now and then several ask for the bill at about the same time, while the ride is still measured.
fn crowd(rng: &mut Rng) -> Vec<(Duration, Act)> {
    if rng.u8(0..3) > 0 {
        return Vec::new();
    }
    let begins = rng.u64(0..5_000);
    let number = rng.u64(1..=6);
    let acts = [Act::Bill, Act::Bill, Act::Meter(number, number), Act::Bill];
    acts.into_iter().map(|act| (ms(begins + rng.u64(0..120)), act)).collect()
}

fn trip(rng: &mut Rng, number: usize) -> TripPlan {
    let mut acts = Vec::new();
    if rng.u8(0..3) > 0 {
        acts.push(Act::Estimate);
    }
    let batches = rng.u64(0..=4);
    let mut next = 1;
    for _ in 0..batches {
        let count = rng.u64(1..=3);
        acts.push(Act::Meter(next, next + count - 1));
        // What was posted is posted again now and then.
        next += if rng.u8(0..5) == 0 { count - 1 } else { count };
        if rng.u8(0..4) == 0 {
            acts.push(Act::Wait(rng.u64(1..800)));
        }
    }
    acts.push(Act::Bill);
    if rng.u8(0..3) == 0 {
        // A client that bills too early, measures on, and asks again.
        acts.push(Act::Wait(rng.u64(1..2500)));
        acts.push(Act::Meter(next, next + rng.u64(0..2)));
        acts.push(Act::Wait(rng.u64(1..2500)));
        acts.push(Act::Bill);
    }
    for _ in 0..rng.usize(0..=4) {
        acts.push(Act::Wait(rng.u64(1..3000)));
        let act = [Act::Bill, Act::Bill, Act::BillInOtherWords, Act::Fetch, Act::Show, Act::BillAnother];
        acts.push(*rng.choice(&act).unwrap_or(&Act::Bill));
    }
    let others = (0..rng.usize(0..=4).saturating_sub(2)).map(|_| {
        let act = [Act::Bill, Act::BillInOtherWords, Act::BillAnother, Act::Fetch];
        (ms(rng.u64(0..4000)), *rng.choice(&act).unwrap_or(&Act::Bill))
    });
    let others = others.collect();
    TripPlan { number, begins: ms(rng.u64(0..800)), coupon: rng.bool(), signs: false, acts, others }
}

/// Milliseconds.
pub const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
