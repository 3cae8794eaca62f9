//! The breaker, over many schedules: instances of a node that share rows, ask, are late, and end.
#![allow(clippy::unwrap_used)]

use farebox_resilience::GIVEN_UP;
use farebox_resilience::breaker::{
    Breaker, Change, Heard, Kind, LEASE_MS, LOOK_MS, PROBATION_MS, PROBE_MS, Pass, Row, TRUST_MS,
};

const WHY: Heard<'static> = Heard::Failed("Redis did not answer");

/// The row, as the node's database keeps it.
#[derive(Default)]
struct Database {
    row: Row,
    answers: bool,
}

impl Database {
    fn new() -> Self {
        Self { row: Row { generation: 0, ..Row::default() }, answers: true }
    }

    /// Compares and swaps: what is kept.
    fn enter(&mut self, change: &Change) -> Option<Row> {
        if !self.answers {
            return None;
        }
        if self.row.generation == change.expected {
            assert!(change.row.generation > self.row.generation);
            self.row = change.row.clone();
        }
        Some(self.row.clone())
    }
}

fn settle(breaker: &mut Breaker, database: &mut Database, change: Option<Change>) {
    let Some(change) = change else { return };
    match database.enter(&change) {
        Some(kept) => _ = breaker.settled(&change, kept),
        None => breaker.unsettled(&change),
    }
}

/// A call that fails at once.
fn fail(breaker: &mut Breaker, database: &mut Database, now: u64) -> bool {
    let Ok(pass) = breaker.admit(now) else { return false };
    let change = breaker.heard(pass, WHY, now);
    settle(breaker, database, change);
    true
}

/// Tries whether it works again, if it is time: whether it did.
fn probe(breaker: &mut Breaker, database: &mut Database, heard: Heard<'_>, holder: u64, now: u64) -> bool {
    let Some(change) = breaker.probe(holder, now) else { return false };
    if let Some(kept) = database.enter(&change)
        && !breaker.settled(&change, kept)
    {
        return false;
    }
    let change = breaker.probed(&change.row, heard, now);
    settle(breaker, database, change);
    true
}

/// A few failures in a row open it, for all who look; then nobody is let through until one who tries it is answered.
#[test]
fn opens_and_closes() {
    let (mut database, mut one, mut other) = (Database::new(), Breaker::default(), Breaker::default());
    for _ in 1..GIVEN_UP {
        assert!(fail(&mut one, &mut database, 1_000));
    }
    let pass = one.admit(1_000).unwrap();
    assert_eq!(one.heard(pass, Heard::Answered, 1_001), None, "an answer in between");
    for _ in 0..GIVEN_UP {
        assert!(fail(&mut one, &mut database, 1_010));
    }
    assert_eq!(one.admit(1_020), Err("Redis did not answer"));
    assert!(other.admit(1_020).is_ok(), "it has not looked yet");
    assert!(other.learn(database.row.clone()) && !other.learn(database.row.clone()));
    assert!(other.admit(1_020).is_err());
    assert_eq!((one.refused(), other.refused()), (1, 1));

    // One of them tries, and nobody is answered.
    assert!(!probe(&mut other, &mut database, WHY, 2, 1_009 + PROBE_MS));
    assert!(probe(&mut other, &mut database, WHY, 2, 1_010 + PROBE_MS));
    assert!(
        !probe(&mut one, &mut database, WHY, 1, 1_020 + PROBE_MS),
        "the other one has the lease, or tried just now"
    );
    assert!(one.admit(1_020 + PROBE_MS).is_err());
    // Before it is time, because something else is answered: not while somebody tries, and not twice.
    let early = other.probe_at_once(3, 1_020 + PROBE_MS).unwrap();
    assert_eq!(other.probe_at_once(3, 1_020 + PROBE_MS), None);
    assert!(other.settled(&early, database.enter(&early).unwrap()));
    assert!(one.learn(database.row.clone()));
    assert_eq!(one.probe_at_once(1, 1_020 + PROBE_MS), None);
    let change = other.probed(&early.row, WHY, 1_020 + PROBE_MS);
    settle(&mut other, &mut database, change);
    // It is answered.
    assert!(probe(&mut other, &mut database, Heard::Answered, 2, 1_020 + 2 * PROBE_MS));
    assert!(other.admit(1_020 + 2 * PROBE_MS).is_ok());
    assert!(one.learn(database.row.clone()));
    assert!(one.admit(1_020 + 2 * PROBE_MS).is_ok());
    assert_eq!((database.row.is_open, database.row.opened), (false, 1));
    // For a while the first failure is enough.
    assert!(fail(&mut one, &mut database, 1_030 + 2 * PROBE_MS));
    assert!(database.row.is_open);
}

/// Where nobody has asked for a while, the next one is let through, and not refused for what was so then.
#[test]
fn old_failures_refuse_nobody() {
    let (mut database, mut breaker) = (Database::new(), Breaker::default());
    (0..GIVEN_UP).for_each(|_| _ = fail(&mut breaker, &mut database, 1_000));
    assert!(breaker.admit(999 + TRUST_MS).is_err());
    let pass = breaker.admit(1_000 + TRUST_MS).unwrap();
    let change = breaker.heard(pass, Heard::Answered, 1_001 + TRUST_MS);
    settle(&mut breaker, &mut database, change);
    assert!(!database.row.is_open);
    // And it opens no sooner than at first, once it has worked for long.
    let later = 1_001 + TRUST_MS + PROBATION_MS;
    assert!(fail(&mut breaker, &mut database, later));
    assert!(breaker.admit(later).is_ok());
}

/// What was begun before it opened does not close it, and what was begun before it closed does not open it.
#[test]
fn late_news_are_none() {
    let (mut database, mut breaker) = (Database::new(), Breaker::default());
    let early: Vec<Pass> = (0..8).map(|_| breaker.admit(900).unwrap()).collect();
    (0..GIVEN_UP).for_each(|_| _ = fail(&mut breaker, &mut database, 1_000));
    assert_eq!(breaker.heard(early[0], Heard::Answered, 1_100), None);
    assert!(breaker.admit(1_100).is_err());
    assert!(probe(&mut breaker, &mut database, Heard::Answered, 1, 1_500));
    assert!(early.iter().all(|pass| breaker.heard(*pass, WHY, 1_510).is_none()));
    assert!(breaker.admit(1_520).is_ok());
}

/// A lease whose holder has ended is over soon.
#[test]
fn a_lease_ends() {
    let (mut database, mut one, mut other) = (Database::new(), Breaker::default(), Breaker::default());
    (0..GIVEN_UP).for_each(|_| _ = fail(&mut one, &mut database, 1_000));
    let lease = one.probe(1, 1_500).unwrap();
    assert_eq!(one.probe(1, 1_501), None, "once at a time, also while the lease is being entered");
    assert!(one.settled(&lease, database.enter(&lease).unwrap()));
    other.learn(database.row.clone());
    assert!(!probe(&mut other, &mut database, Heard::Answered, 2, 1_499 + LEASE_MS));
    assert!(probe(&mut other, &mut database, Heard::Answered, 2, 1_500 + LEASE_MS));
    // The first one comes back, and is too late.
    assert_eq!(one.probed(&lease.row, WHY, 2_600), Some(one_row(&one)));
    fn one_row(breaker: &Breaker) -> Change {
        Change { expected: breaker.row().generation - 1, row: breaker.row().clone() }
    }
    let stale = Change { expected: one.row().generation - 1, row: one.row().clone() };
    let kept = database.enter(&stale).unwrap();
    assert!(!one.settled(&stale, kept));
    assert!(!database.row.is_open && !one.row().is_open);
}

#[test]
fn words_are_read_back() {
    assert_eq!(Kind::ALL.map(|kind| Kind::of(kind.word())), Kind::ALL.map(Some));
    assert_eq!(Kind::of("else"), None);
}

/// A call, a probe, or an entry that is under way.
enum UnderWay {
    Call(usize, Pass, bool),
    Probe(usize, Row, bool),
    Entry(usize, Change, bool),
}

/// However instances ask, look, are late with what they heard, end, and lose their database:
///
/// - nobody is refused unless a call that was sent while nothing answered has failed within [`TRUST_MS`]
/// - what works from the beginning is never refused, and never tried
/// - of two who try at once one has the lease, unless the database does not answer
/// - generations never go back
/// - once it works, and somebody asks now and then, all are let through again within a short while
#[test]
fn schedules() {
    let schedules = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let mut random = fastrand::Rng::with_seed(7);
    let (mut refusals, mut opened, mut probes) = (0_u64, 0_u64, 0_u64);
    for schedule in 0..schedules {
        let mut now = 1_000_000;
        let mut database = Database::new();
        let mut instances = [Breaker::default(), Breaker::default(), Breaker::default()];
        let mut under_way: Vec<UnderWay> = Vec::new();
        let never_fails = random.u8(..8) == 0;
        let mut works = never_fails || random.bool();
        let mut last_failure: Option<u64> = None;
        for _ in 0..40 {
            now += random.u64(..200);
            database.answers = random.u8(..16) != 0;
            if !never_fails && random.u8(..16) == 0 {
                works = !works;
            }
            let at = random.usize(..instances.len());
            let before = database.row.generation;
            match random.u8(..10) {
                0..=3 => match instances[at].admit(now) {
                    Ok(pass) => under_way.push(UnderWay::Call(at, pass, works)),
                    Err(_) => {
                        refusals += 1;
                        assert!(!never_fails, "schedule {schedule}: refused what works");
                        let age = now - last_failure.expect("somebody failed");
                        assert!(age < TRUST_MS, "schedule {schedule}: refused for what was {age} ms ago");
                    }
                },
                4..=6 if !under_way.is_empty() => match under_way.swap_remove(random.usize(..under_way.len())) {
                    UnderWay::Call(at, pass, answered) => {
                        let heard = if answered { Heard::Answered } else { WHY };
                        if !answered {
                            last_failure = Some(now);
                        }
                        if let Some(change) = instances[at].heard(pass, heard, now) {
                            under_way.push(UnderWay::Entry(at, change, false));
                        }
                    }
                    UnderWay::Probe(at, row, answered) => {
                        probes += 1;
                        if !answered {
                            last_failure = Some(now);
                        }
                        let heard = if answered { Heard::Answered } else { WHY };
                        if let Some(change) = instances[at].probed(&row, heard, now) {
                            under_way.push(UnderWay::Entry(at, change, false));
                        }
                    }
                    UnderWay::Entry(at, change, is_lease) => {
                        let has_lease = match database.enter(&change) {
                            Some(kept) => {
                                let is_ours = instances[at].settled(&change, kept);
                                assert!(
                                    !is_ours || database.row == change.row,
                                    "schedule {schedule}: two have entered"
                                );
                                is_ours
                            }
                            None => {
                                instances[at].unsettled(&change);
                                true
                            }
                        };
                        if is_lease && has_lease {
                            under_way.push(UnderWay::Probe(at, change.row, works));
                        }
                    }
                },
                7 => {
                    if let Some(change) = instances[at].probe(random.u64(1..), now) {
                        assert!(!never_fails, "schedule {schedule}: tried what works");
                        under_way.push(UnderWay::Entry(at, change, true));
                    }
                }
                8 if database.answers => _ = instances[at].learn(database.row.clone()),
                // It ends, and another begins in its place: what was under way is not heard of.
                9 if random.bool() => {
                    instances[at] = Breaker::default();
                    instances[at].learn(database.row.clone());
                    under_way.retain(|what| match what {
                        UnderWay::Call(of, ..) | UnderWay::Probe(of, ..) | UnderWay::Entry(of, ..) => *of != at,
                    });
                }
                _ => {}
            }
            assert!(database.row.generation >= before, "schedule {schedule}");
        }
        opened += database.row.opened;
        // It works, and all go on asking.
        database.answers = true;
        let until = now + TRUST_MS + PROBE_MS + 2 * LOOK_MS;
        while now < until {
            now += LOOK_MS;
            for (number, instance) in instances.iter_mut().enumerate() {
                instance.learn(database.row.clone());
                let holder = u64::try_from(number).unwrap() + 1;
                probe(instance, &mut database, Heard::Answered, holder, now);
                if let Ok(pass) = instance.admit(now) {
                    let change = instance.heard(pass, Heard::Answered, now);
                    settle(instance, &mut database, change);
                }
            }
        }
        for instance in &mut instances {
            assert!(instance.admit(now).is_ok(), "schedule {schedule}: refused for good: {instance:?}");
        }
    }
    let enough = schedules / 200;
    assert!(
        refusals > enough && opened > enough && probes > enough,
        "{refusals} refusals, {opened} opened, {probes} probes"
    );
}

/// While nothing answers, and all ask without end, almost nobody waits: but for the first few there are probes only, and few.
#[test]
fn few_are_slow() {
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        let mut database = Database::new();
        let mut instances = [Breaker::default(), Breaker::default()];
        // Calls are given up on after a while.
        let mut waiting: Vec<(u64, usize, Pass)> = Vec::new();
        let (mut slow, mut probes, mut asked) = (0, 0, 0);
        let mut looked = [0; 2];
        for now in (1_000..31_000).step_by(5) {
            let at = random.usize(..2);
            if now >= looked[at] + LOOK_MS {
                looked[at] = now;
                instances[at].learn(database.row.clone());
            }
            asked += 1;
            match instances[at].admit(now) {
                Ok(pass) => waiting.push((now + 500, at, pass)),
                Err(_) => probes += i32::from(probe(&mut instances[at], &mut database, WHY, now, now)),
            }
            slow += waiting.iter().filter(|(until, ..)| *until == now).count();
            for (_, at, pass) in waiting.extract_if(.., |(until, ..)| *until <= now).collect::<Vec<_>>() {
                let change = instances[at].heard(pass, WHY, now);
                settle(&mut instances[at], &mut database, change);
            }
        }
        assert!(slow < 200 && asked == 6_000, "{slow} of {asked} waited");
        assert!((50..=60).contains(&probes), "{probes} probes in 30 s");
    }
}
