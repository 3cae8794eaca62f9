//! Promises of the one moment, first by hand, then by a model of a node: instances, files that change, a store that is late.
#![allow(clippy::unwrap_used)]

use super::*;
use fastrand::Rng;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A manifest of "path=version" words.
fn manifest(words: &str) -> Manifest {
    words
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .map(|(p, v)| (p.to_owned(), v.to_owned()))
        .collect()
}

fn generation(number: u64, at_ms: u64, words: &str) -> Generation {
    Generation { number, at_ms, manifest: Rc::new(manifest(words)) }
}

fn looked(now: u64, rows: Option<&[Generation]>, files: &str) -> Observation {
    let files = FilesSeen { manifest: manifest(files), young: files.contains("new") };
    Observation::Looked { as_of_ms: now, rows: rows.map(<[_]>::to_vec), files: Some(files) }
}

fn enter(after: Option<u64>, manifest: &Manifest) -> Action {
    Action::Enter { after, manifest: Rc::new(manifest.clone()) }
}

fn propose(number: u64, lead_ms: u64, manifest: &Manifest) -> Action {
    Action::Propose { number, lead_ms, manifest: Rc::new(manifest.clone()) }
}

fn entered(after: Option<u64>, manifest: &Manifest) -> Observation {
    Observation::Entered { after, manifest: Rc::new(manifest.clone()) }
}

fn step(state: &mut State, observation: Observation, now: u64) -> Vec<Action> {
    let (next, actions) = std::mem::take(state).step(observation, now);
    *state = next;
    actions
}

/// The first instance of a node answers at once, from the files; they become generation 1, in force since then.
#[test]
fn a_node_begins() {
    let mut state = State::default();
    assert_eq!((state.due(0), state.in_force(0)), (Due::Always, None));
    let files = Rc::new(manifest("a=1"));
    let actions = step(&mut state, looked(0, Some(&[]), "a=1 b="), 5);
    assert_eq!(actions, [Action::Alone(Rc::clone(&files)), enter(None, &files)]);
    assert_eq!(state.in_force(5), Some(Source::Alone));
    assert_eq!(step(&mut state, entered(None, &files), 9), [propose(1, 0, &files)]);
    let first = Generation { number: 1, at_ms: 9, manifest: Rc::clone(&files) };
    assert_eq!(step(&mut state, Observation::Proposed(first.clone()), 12), [Action::Load(Rc::new(first))]);
    step(&mut state, Observation::Loaded(1), 12);
    assert_eq!(state.in_force(12), Some(Source::Generation(1)));
    assert!(!state.holds(Source::Alone));
}

/// A node that begins while files are being changed waits until they are not: half a change is never answered from. Files that
/// never stop changing are taken as they are after half a second.
#[test]
fn a_node_begins_in_the_middle() {
    let mut state = State::default();
    assert_eq!(step(&mut state, looked(0, Some(&[]), "a=new b=1"), 1), []);
    assert_eq!((state.due(2), state.in_force(2)), (Due::Always, None), "others wait as well");
    assert_eq!(step(&mut state, looked(100, Some(&[]), "a=new b=new"), 101), []);
    let whole = Rc::new(manifest("a=new b=new"));
    assert_eq!(step(&mut state, looked(200, Some(&[]), "a=new b=new"), 200), [], "however many look meanwhile");
    let actions = step(&mut state, looked(200, Some(&[]), "a=new b=new"), 201);
    assert_eq!(actions, [Action::Alone(Rc::clone(&whole)), enter(None, &whole)]);

    let mut state = State::default();
    for look in 0..5 {
        let files = format!("a=new{look}");
        assert_eq!(step(&mut state, looked(100 * look, None, &files), 100 * look), []);
    }
    let whole = Rc::new(manifest("a=new4"));
    assert_eq!(step(&mut state, Observation::OutOfPatience, 500), [Action::Alone(whole)]);
}

/// Many requests that look at the same moment find the same files, and that does not make half an edit whole.
#[test]
fn files_settle_by_the_clock() {
    let mut state = State::default();
    let rows = [generation(1, 0, "a=1 b=1")];
    step(&mut state, looked(1_000, Some(&rows), "a=1 b=1"), 1_000);
    step(&mut state, Observation::Loaded(1), 1_000);
    assert_eq!(step(&mut state, looked(1_400, Some(&rows), "a=2 b=1"), 1_400), [Action::LookAgain]);
    for now in [1_400, 1_401, 1_499] {
        assert_eq!(step(&mut state, looked(now, Some(&rows), "a=2 b=1"), now), [], "{now}");
    }
    assert_eq!(step(&mut state, looked(1_499, Some(&rows), "a=2 b=2"), 1_499), [Action::LookAgain]);
    assert_eq!(step(&mut state, looked(1_598, Some(&rows), "a=2 b=2"), 1_598), []);
    let actions = step(&mut state, looked(1_599, Some(&rows), "a=2 b=2"), 1_599);
    assert!(matches!(&actions[..], [Action::Judge { .. }]), "{actions:?}");
}

/// A change that was seen twice is judged and entered, is loaded ahead of its moment, and is in force from it on.
#[test]
fn a_change() {
    let mut state = State::default();
    let first = generation(1, 0, "a=1 b=1");
    let rows = [first.clone()];
    assert_eq!(step(&mut state, looked(1_000, Some(&rows), "a=1 b=1"), 1_001), [Action::Load(Rc::new(first))]);
    step(&mut state, Observation::Loaded(1), 1_002);
    assert_eq!(step(&mut state, looked(1_400, Some(&rows), "a=2 b=1"), 1_401), [Action::LookAgain]);
    let actions = step(&mut state, looked(1_501, Some(&rows), "a=2 b=1"), 1_502);
    let [Action::Judge { against: Some(1), base, files }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((&**base, &**files), (&manifest("a=1 b=1"), &manifest("a=2 b=1")));
    let good = Rc::new(manifest("a=2 b=1"));
    let judged = Observation::Judged { against: Some(1), files: (*good).clone(), good: (*good).clone() };
    assert_eq!(step(&mut state, judged, 1_510), [enter(Some(1), &good)]);
    // It is under way: looking once more begins nothing.
    assert_eq!(step(&mut state, looked(1_515, Some(&rows), "a=2 b=1"), 1_516), []);
    assert_eq!(step(&mut state, entered(Some(1), &good), 1_510), [propose(2, LEAD_MS, &good)]);
    let second = generation(2, 1_520 + LEAD_MS, "a=2 b=1");
    assert_eq!(step(&mut state, Observation::Proposed(second.clone()), 1_530), [Action::Load(Rc::new(second))]);
    step(&mut state, Observation::Loaded(2), 1_540);
    let in_force = |now| state.in_force(now);
    assert_eq!(in_force(1_519 + LEAD_MS), Some(Source::Generation(1)));
    assert_eq!(in_force(1_520 + LEAD_MS), Some(Source::Generation(2)));
}

/// A file whose new version is broken is judged once, not with every look; and a restart begins from the row, not from it.
#[test]
fn a_broken_successor() {
    let mut state = State::default();
    let rows = [generation(7, 0, "a=1")];
    assert_eq!(
        step(&mut state, looked(0, Some(&rows), "a=new-bad"), 1),
        [Action::Load(Rc::new(rows[0].clone())), Action::LookAgain]
    );
    step(&mut state, Observation::Loaded(7), 2);
    assert_eq!(step(&mut state, looked(100, Some(&rows), "a=new-bad"), 101).len(), 1);
    let judged = Observation::Judged { against: Some(7), files: manifest("a=new-bad"), good: manifest("a=1") };
    assert_eq!(step(&mut state, judged, 102), []);
    assert_eq!(step(&mut state, looked(500, Some(&rows), "a=new-bad"), 501), []);
    assert_eq!(state.in_force(501), Some(Source::Generation(7)));
}

/// Whoever loses the race for a number takes what is kept under it, and what it wanted becomes the next one.
#[test]
fn a_race() {
    let mut state = State::default();
    let rows = [generation(1, 0, "a=1")];
    step(&mut state, looked(0, Some(&rows), "a=3"), 1);
    step(&mut state, Observation::Loaded(1), 1);
    step(&mut state, looked(100, Some(&rows), "a=3"), 101);
    step(&mut state, Observation::Judged { against: Some(1), files: manifest("a=3"), good: manifest("a=3") }, 102);
    step(&mut state, entered(Some(1), &manifest("a=3")), 103);
    let winner = generation(2, 900, "a=2");
    assert_eq!(step(&mut state, Observation::Proposed(winner.clone()), 104), [Action::Load(Rc::new(winner.clone()))]);
    step(&mut state, Observation::Loaded(2), 104);
    let rows = [rows[0].clone(), winner];
    assert_eq!(step(&mut state, looked(500, Some(&rows), "a=3"), 501).len(), 1, "judged against the winner");
    let judged = Observation::Judged { against: Some(2), files: manifest("a=3"), good: manifest("a=3") };
    assert_eq!(step(&mut state, judged, 502), [], "there are never two generations ahead");
    assert_eq!(step(&mut state, looked(800, Some(&rows), "a=3"), 801), []);
    assert_eq!(state.due(899), Due::No);
    assert_eq!(state.due(900), Due::Once, "the next one does not wait for the next look");
    let actions = step(&mut state, looked(900, Some(&rows), "a=3"), 900);
    assert_eq!(actions, [enter(Some(2), &manifest("a=3"))]);
}

/// Whoever was still entering texts when another instance was faster proposes nothing: there are never two ahead.
#[test]
fn too_late_to_propose() {
    let mut state = State::default();
    let rows = [generation(1, 0, "a=1")];
    step(&mut state, looked(100, Some(&rows), "a=2"), 100);
    let rows = [rows[0].clone(), generation(2, 1_000, "a=2")];
    step(&mut state, looked(300, Some(&rows), "a=2"), 300);
    assert_eq!(step(&mut state, entered(Some(1), &manifest("a=2")), 301), []);
}

/// A generation that does not load leaves the old one in force, and is tried again; at a start, the files stand in.
#[test]
fn what_does_not_load() {
    let (first, second) = (generation(1, 0, "a=1"), generation(2, 1_000, "a=2"));
    let rows = [first.clone(), second.clone()];
    let mut state = State::default();
    let loads = step(&mut state, looked(900, Some(&rows), "a=2"), 900);
    assert_eq!(loads, [Action::Load(Rc::new(first)), Action::Load(Rc::new(second.clone()))]);
    step(&mut state, Observation::Loaded(1), 900);
    assert_eq!(step(&mut state, Observation::NotLoaded(2), 900), []);
    assert_eq!(state.in_force(5_000), Some(Source::Generation(1)));
    assert_eq!(step(&mut state, looked(5_000, Some(&rows), "a=2"), 5_000), [Action::Load(Rc::new(second))]);

    let mut state = State::default();
    step(&mut state, looked(5_000, Some(&rows), "a=2"), 5_000);
    assert_eq!(step(&mut state, Observation::NotLoaded(2), 5_001), [Action::Alone(Rc::new(manifest("a=2")))]);
    assert_eq!(state.in_force(5_001), Some(Source::Alone));
}

/// Without a store an instance answers from its files, and switches as soon as it has judged them.
#[test]
fn alone() {
    let mut state = State::default();
    assert_eq!(step(&mut state, looked(0, None, "a=1"), 1), [Action::Alone(Rc::new(manifest("a=1")))]);
    assert_eq!(step(&mut state, looked(400, None, "a=2"), 401), [Action::LookAgain]);
    assert_eq!(step(&mut state, looked(500, None, "a=2"), 501).len(), 1);
    let judged = Observation::Judged { against: None, files: manifest("a=2"), good: manifest("a=2") };
    assert_eq!(step(&mut state, judged, 502), [Action::Alone(Rc::new(manifest("a=2")))]);
    assert_eq!(step(&mut state, looked(900, None, "a=2"), 901), []);
}

/// How often an instance looks: once when it is time, always when it is late, and by one request at a time when the store
/// does not answer.
#[test]
fn when_to_look() {
    let mut state = State::default();
    step(&mut state, looked(1_000, Some(&[]), "a=1"), 1_010);
    for (now, due) in [
        (1_010, Due::No),
        (1_149, Due::No),
        (1_150, Due::Once),
        (1_250, Due::Always),
        (99_000, Due::Always),
        (900, Due::Always),
    ] {
        assert_eq!(state.due(now), due, "{now}");
    }
    step(&mut state, Observation::Began, 1_150);
    assert_eq!((state.due(1_200), state.due(1_250)), (Due::No, Due::Always));
    step(&mut state, looked(1_250, None, "a=1"), 1_300);
    assert_eq!([1_399, 1_400, 1_749, 1_750].map(|now| state.due(now)), [Due::No, Due::Once, Due::Once, Due::Always]);
}

// The model.

/// What can happen on a node.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A request comes to an instance.
    Request(usize),
    /// The store has read its rows for an instance of this age; the answer is on its way.
    RowsRead(usize, u32),
    /// An instance has its answer, and looks at the files.
    RowsAnswered(usize, u32, u64, Option<usize>),
    /// The texts of a manifest are entered.
    Entered(usize, u32, Option<u64>, Option<Manifest>),
    /// A proposal is written, perhaps when nobody waits for it any more.
    Proposed(usize, u32, u64, u64, Manifest, bool),
    /// Its answer reaches the instance: the index of the row.
    ProposalAnswered(usize, u32, usize),
    /// It is time to look again.
    Again(usize, u32),
    /// Somebody changes a file.
    Edit(String, Option<String>),
    /// An instance ends, and another begins.
    Restart(usize),
    /// The store stops answering, or answers again.
    Store(bool),
}

#[derive(Default)]
struct Instance {
    state: State,
    age: u32,
    /// Requests that wait for a look.
    waiting: u32,
    snapshots: BTreeMap<Source, Rc<Manifest>>,
}

struct Model {
    rng: Rng,
    now: u64,
    number: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    instances: Vec<Instance>,
    disk: Manifest,
    /// Every text that ever was at a path.
    ever: BTreeMap<String, BTreeSet<String>>,
    edited: u64,
    rows: Vec<(u64, Generation)>,
    /// Whether the store answers, and since when; before, it did not.
    store: (bool, u64),
    /// A machine so busy that the store takes as long as it is waited for, and longer.
    slow: bool,
    answers: u64,
    converged: u64,
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let instances = (0..rng.usize(1..=4)).map(|_| Instance::default()).collect();
        let mut model = Self {
            rng,
            now: 1_000_000,
            number: 0,
            events: BinaryHeap::new(),
            instances,
            disk: manifest("a=0 b=0"),
            ever: BTreeMap::from([
                ("a".to_owned(), BTreeSet::from(["0".to_owned()])),
                ("b".to_owned(), BTreeSet::from(["0".to_owned()])),
            ]),
            edited: 1_000_000,
            rows: Vec::new(),
            store: (true, 0),
            slow: false,
            answers: 0,
            converged: 0,
        };
        model.slow = model.rng.u8(0..4) == 0;
        for instance in 0..model.instances.len() {
            model.after(0, 50, Event::Request(instance));
        }
        // Edits come in bursts, as people save; some are broken, some are withdrawals.
        let mut at = 0;
        for text in 1..=model.rng.u64(0..8) {
            at += if model.rng.bool() { model.rng.u64(0..900) } else { model.rng.u64(2_000..5_000) };
            let path = model.rng.choice(["a", "b", "c"]).unwrap().to_owned();
            let text = match model.rng.u8(0..6) {
                0 => None,
                1 => Some(format!("bad{text}")),
                _ => Some(text.to_string()),
            };
            model.after(at, at, Event::Edit(path, text));
        }
        for _ in 0..model.rng.u8(0..4) {
            let instance = model.rng.usize(0..model.instances.len());
            model.after(0, 12_000, Event::Restart(instance));
        }
        if model.rng.u8(0..3) == 0 {
            let from = model.rng.u64(0..8_000);
            model.after(from, from, Event::Store(false));
            model.after(from + 1, from + 3_000, Event::Store(true));
        }
        model
    }

    fn after(&mut self, least: u64, most: u64, event: Event) {
        self.number += 1;
        let at = self.now + self.rng.u64(least..=most);
        self.events.push(Reverse((at, self.number, event)));
    }

    fn run(&mut self) {
        let end = self.now + 16_000;
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            if at > end {
                break;
            }
            self.now = at;
            self.happens(event);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Request(at) => {
                // The last instance is hardly ever asked; the others all the time.
                let rare = at > 0 && at + 1 == self.instances.len();
                self.after(1, if rare { 3_000 } else { 60 }, Event::Request(at));
                match self.instances[at].state.due(self.now) {
                    Due::No => self.answer(at),
                    Due::Once | Due::Always => {
                        self.instances[at].waiting += 1;
                        self.look(at);
                    }
                }
            }
            Event::Again(at, age) if self.instances[at].age == age => self.look(at),
            Event::RowsRead(at, age) => {
                let now = self.now;
                let rows = self.store.0.then_some(self.rows.len());
                self.after(0, if self.slow { CALL_MS / 2 } else { 100 }, Event::RowsAnswered(at, age, now, rows));
            }
            Event::RowsAnswered(at, age, as_of_ms, rows) if self.instances[at].age == age => {
                let newest = |known: usize| {
                    self.rows[known.saturating_sub(2)..known].iter().map(|(_, row)| row.clone()).collect()
                };
                let young = self.edited + SETTLE_MS >= self.now;
                let (rows, files) = (rows.map(newest), FilesSeen { manifest: self.disk.clone(), young });
                let files = self.instances[at].state.files_are_due(self.now).then_some(files);
                self.learns(at, Observation::Looked { as_of_ms, rows, files });
                let state = &self.instances[at].state;
                // With nothing to answer from, or nothing that is not over perhaps, they wait for the next look.
                if state.in_force(self.now).is_none() {
                    return self.after(SETTLE_MS, SETTLE_MS + 20, Event::Again(at, age));
                }
                if state.is_answered() && state.due(self.now) == Due::Always {
                    return self.look(at);
                }
                for _ in 0..std::mem::take(&mut self.instances[at].waiting) {
                    self.answer(at);
                }
            }
            Event::Entered(at, age, after, manifest) if self.instances[at].age == age => {
                let manifest = manifest.map(Rc::new);
                let entered = |manifest| Observation::Entered { after, manifest };
                self.learns(at, manifest.map_or(Observation::NotEntered, entered));
            }
            Event::Proposed(at, age, number, lead_ms, texts, late) => {
                if !self.store.0 {
                    return self.after(0, 10, Event::Entered(at, age, None, None));
                }
                let index = usize::try_from(number - 1).unwrap();
                assert!(index <= self.rows.len(), "a number is left out");
                if index == self.rows.len() {
                    // The store looked at its clock a while before this can be read.
                    let commit = self.rng.u64(0..if self.slow { COMMIT_MS } else { 20 });
                    let at_ms = self.now + lead_ms - commit.min(lead_ms);
                    self.rows.push((self.now, Generation { number, at_ms, manifest: Rc::new(texts) }));
                }
                if !late {
                    self.after(0, 50, Event::ProposalAnswered(at, age, index));
                }
            }
            Event::ProposalAnswered(at, age, index) if self.instances[at].age == age => {
                let kept = self.rows[index].1.clone();
                self.learns(at, Observation::Proposed(kept));
            }
            Event::Edit(path, text) => {
                self.edited = self.now;
                if let Some(text) = &text {
                    self.ever.entry(path.clone()).or_default().insert(text.clone());
                }
                match text {
                    Some(text) => self.disk.insert(path, text),
                    None => self.disk.remove(&path),
                };
            }
            Event::Restart(at) => {
                let age = self.instances[at].age + 1;
                self.instances[at] = Instance { age, ..Instance::default() };
            }
            Event::Store(answers) => self.store = (answers, self.now),
            // Of an instance that has ended.
            _ => {}
        }
    }

    fn look(&mut self, at: usize) {
        self.learns(at, Observation::Began);
        let age = self.instances[at].age;
        self.after(0, if self.slow { CALL_MS / 2 } else { 100 }, Event::RowsRead(at, age));
    }

    fn learns(&mut self, at: usize, observation: Observation) {
        let instance = &mut self.instances[at];
        let age = instance.age;
        for action in step(&mut instance.state, observation, self.now) {
            match action {
                Action::Load(row) => {
                    self.instances[at].snapshots.insert(Source::Generation(row.number), Rc::clone(&row.manifest));
                    self.learns(at, Observation::Loaded(row.number));
                }
                Action::Alone(files) => _ = self.instances[at].snapshots.insert(Source::Alone, files),
                Action::LookAgain => self.after(SETTLE_MS, SETTLE_MS + 20, Event::Again(at, age)),
                Action::Judge { against, base, files } => {
                    let mut good = readable(&files);
                    for (path, text) in &mut good {
                        if let (true, Some(old)) = (text.starts_with("bad"), base.get(path)) {
                            text.clone_from(old);
                        }
                    }
                    self.learns(at, Observation::Judged { against, files: (*files).clone(), good });
                }
                Action::Enter { after, manifest } => {
                    let entered = self.store.0.then(|| (*manifest).clone());
                    self.after(0, 100, Event::Entered(at, age, after, entered));
                }
                Action::Propose { number, lead_ms, manifest } => {
                    let waits = self.rng.u64(0..if self.slow { 3 * CALL_MS } else { 150 });
                    let late = waits > CALL_MS;
                    self.after(waits, waits, Event::Proposed(at, age, number, lead_ms, (*manifest).clone(), late));
                    if late {
                        // It is not waited for any longer, and takes effect all the same.
                        self.after(CALL_MS, CALL_MS, Event::Entered(at, age, None, None));
                    }
                }
            }
        }
        let Instance { state, snapshots, .. } = &mut self.instances[at];
        snapshots.retain(|source, _| state.holds(*source));
    }

    /// An answer: it is of the configuration that everybody answers from now, and of the newest files.
    fn answer(&mut self, at: usize) {
        self.answers += 1;
        let now = self.now;
        let instance = &self.instances[at];
        let source = instance.state.in_force(now).expect("an instance that has looked has something to answer from");
        let answered = &instance.snapshots[&source];
        let (up, since) = self.store;
        let begun = self.rows.first().is_some_and(|(entered, _)| entered + STALE_MS + CALL_MS < now);
        if up && since + 2 * STALE_MS + CALL_MS < now && begun {
            let expected = &self.rows.iter().rfind(|(_, row)| row.at_ms <= now).unwrap().1;
            assert_eq!(answered, &expected.manifest, "two generations at {now}: {source:?}, {expected:?}");
        }
        if up && !self.slow && self.edited.max(since) + 2_000 < now {
            self.converged += 1;
            let paths: BTreeSet<&String> = self.disk.keys().chain(answered.keys()).collect();
            for path in paths {
                let text = answered.get(path);
                match self.disk.get(path) {
                    Some(bad) if bad.starts_with("bad") => {
                        assert!(text.is_none_or(|text| self.ever[path].contains(text)), "{path} is {text:?}");
                    }
                    newest => assert_eq!(text, newest, "{path} at {now} is not the newest of {}", self.edited),
                }
            }
        }
    }
}

/// Whatever happens, all instances answer from one generation at a time, which is that of the newest good files two seconds
/// after they were changed.
#[test]
fn one_generation_at_a_time_and_soon_the_newest() {
    let (mut answers, mut converged, mut generations) = (0, 0, 0);
    for seed in 0..4_000 {
        let mut model = Model::new(seed);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model.run()));
        assert!(result.is_ok(), "seed {seed}");
        answers += model.answers;
        converged += model.converged;
        generations += model.rows.len();
    }
    assert!(answers > 2_000_000 && converged > 700_000 && generations > 10_000, "{answers} {converged} {generations}");
}
