//! Keeps an instance's configuration: looks at files and generations on the way of requests, and does what
//! [`moment`](super::moment) decides.

use super::card::{ParsedKeys, limits};
use super::folder::Folder;
use super::judge::{Broken, Found, Judgement, Master, judge};
use super::moment::{Action, CALL_MS, Due, FilesSeen, Generation, Observation, SETTLE_MS, Source, State};
use super::place::{KEYS, LIMITS};
use super::snapshot::Snapshot;
use super::texts::{Manifest, Text, Texts};
use crate::event::Event;
use crate::planted::{Bug, planted};
use crate::ports::{self, Ports, StoreError};
use crate::refusal::Refusal;
use farebox_access::{Keys, MasterKeys};
use farebox_limits::Limits;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

/// How often a request looks before it is answered from what there is.
const LOOKS: u32 = 5;

/// The version of a document that is not in force, and what it says if it can be read.
type Newer<T> = RefCell<Option<(String, Option<Rc<T>>)>>;

/// The configuration of an instance.
pub struct Keeper<P: Ports> {
    ports: Rc<P>,
    state: RefCell<State>,
    folder: RefCell<Rc<Folder>>,
    /// Why the folder could not be read.
    unread: RefCell<Option<String>>,
    broken: RefCell<Vec<Broken>>,
    snapshots: RefCell<BTreeMap<Source, Rc<Snapshot<P::Engines>>>>,
    /// What was told last, so that it is not told with every look.
    told: RefCell<Option<Event>>,
    /// What opens the document of keys. Not set while the variables are wrong.
    master: OnceCell<Option<MasterKeys>>,
    newer_keys: Newer<Keys>,
    newer_limits: Newer<Limits>,
}

/// What a request is answered from.
pub struct InForce<P: Ports> {
    /// The documents.
    pub snapshot: Rc<Snapshot<P::Engines>>,
    /// The moment at which they were in force, in milliseconds since 1970.
    pub now_ms: u64,
}

/// How an instance's configuration stands, for operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The generation that is in force; `None` when this instance goes by its files alone.
    pub generation: Option<u64>,
    /// One that is to come, and the moment from which it is in force.
    pub next: Option<(u64, u64)>,
    /// Files that are not part of the configuration as they are.
    pub broken: Vec<Broken>,
    /// What lies among the documents and is none.
    pub ignored: Vec<String>,
    /// Why the folder cannot be read.
    pub unread: Option<String>,
}

impl<P: Ports> Keeper<P> {
    /// Knows nothing yet.
    pub fn new(ports: Rc<P>) -> Rc<Self> {
        Rc::new(Self {
            ports,
            state: RefCell::default(),
            folder: RefCell::default(),
            unread: RefCell::default(),
            broken: RefCell::default(),
            snapshots: RefCell::default(),
            told: RefCell::default(),
            master: OnceCell::new(),
            newer_keys: RefCell::default(),
            newer_limits: RefCell::default(),
        })
    }

    /// Says what opens the document of keys, if anything does. The first word stands.
    pub fn opens_keys_with(&self, master: Option<&MasterKeys>) {
        self.master.get_or_init(|| master.cloned());
    }

    /// What a request that comes now is answered from. It looks first when it is time to.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there never was anything to answer from.
    pub async fn in_force(self: &Rc<Self>) -> Result<InForce<P>, Refusal> {
        let mut now_ms = self.ports.now_ms();
        for _ in 0..LOOKS {
            let due = self.state.borrow().due(now_ms);
            let again = self.state.borrow().looked_ms().is_some();
            if due == Due::No || (again && planted(Bug::NeverLooksAgain)) {
                break;
            }
            self.look().await;
            now_ms = self.ports.now_ms();
            if self.has_something() {
                // A look that took so long that what it found may be over is followed by another.
                if due == Due::Once || !self.state.borrow().is_answered() {
                    break;
                }
            } else if self.unread.borrow().is_some() {
                break;
            } else {
                // Somebody is changing the files.
                self.ports.sleep(Duration::from_millis(SETTLE_MS)).await;
                now_ms = self.ports.now_ms();
            }
        }
        if !self.has_something() {
            let actions = self.observe(Observation::OutOfPatience);
            _ = self.carry_out(actions.into(), false).await;
        }
        let source = self.state.borrow().in_force(now_ms);
        let snapshot = source.and_then(|source| self.snapshots.borrow().get(&source).map(Rc::clone));
        let nothing = || {
            let why = self.unread.borrow().clone().unwrap_or_else(|| "it was not read yet".to_owned());
            Refusal::misconfigured(format!("the configuration: {why}"))
        };
        Ok(InForce { snapshot: snapshot.ok_or_else(nothing)?, now_ms })
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let (state, now_ms) = (self.state.borrow(), self.ports.now_ms());
        let generation = match state.in_force(now_ms) {
            Some(Source::Generation(number)) => Some(number),
            _ => None,
        };
        let next = state.newest().filter(|newest| newest.at_ms > now_ms).map(|newest| (newest.number, newest.at_ms));
        let folder = self.folder.borrow();
        let mut broken = self.broken.borrow().clone();
        for (path, why) in &folder.unreadable {
            if !broken.iter().any(|broken| broken.path == *path) {
                broken.push(Broken { path: path.clone(), why: why.clone(), last_good: false });
            }
        }
        Standing { generation, next, broken, ignored: folder.ignored.clone(), unread: self.unread.borrow().clone() }
    }

    /// The keys as their file has them, when that is another document than what a request is answered by, and it opens. They count
    /// at once, and not only when the change is in force: on a server that nobody asked for a while, the first requests with a key
    /// that was withdrawn would be answered for two seconds. No price depends on keys, and half a document does not open.
    pub fn newer_keys(&self, in_force: &Snapshot<P::Engines>, master: &MasterKeys) -> Option<Rc<Keys>> {
        let open = |text: &str| ParsedKeys::open(text, master).ok().map(|parsed| parsed.keys);
        self.newer(KEYS, in_force, &self.newer_keys, open)
    }

    /// The limits as their file has them, as [`newer_keys`](Self::newer_keys). No price depends on them either; and a file that is being
    /// written cannot be read.
    pub fn newer_limits(&self, in_force: &Snapshot<P::Engines>) -> Option<Rc<Limits>> {
        self.newer(LIMITS, in_force, &self.newer_limits, |text| limits(text).ok().map(Rc::new))
    }

    fn newer<T>(
        &self,
        path: &str,
        in_force: &Snapshot<P::Engines>,
        known: &Newer<T>,
        read: impl FnOnce(&str) -> Option<Rc<T>>,
    ) -> Option<Rc<T>> {
        let folder = self.folder.borrow();
        let text = folder.texts.get(path)?;
        if in_force.texts().get(path).is_some_and(|in_force| in_force.version == text.version) {
            return None;
        }
        let mut known = known.borrow_mut();
        match &*known {
            Some((version, document)) if *version == text.version => document.clone(),
            _ => {
                let document = read(&text.text);
                *known = Some((text.version.clone(), document.clone()));
                document
            }
        }
    }

    /// Looks at generations and files, and does what has to be done before an answer; the rest goes on after it.
    async fn look(self: &Rc<Self>) {
        let began_ms = self.ports.now_ms();
        self.observe(Observation::Began);
        let known = self.call(self.ports.generations()).await.ok();
        let now_ms = self.ports.now_ms();
        let as_of_ms = known.as_ref().map_or(began_ms, |known| known.now_ms.clamp(began_ms, now_ms.max(began_ms)));
        let rows = known.map(|known| known.newest.into_iter().filter_map(|row| self.read(row)).collect());
        // Another request was told later what there is: it knows more.
        if self.state.borrow().looked_ms().is_some_and(|looked| (as_of_ms + 1..=now_ms).contains(&looked))
            && self.state.borrow().in_force(self.ports.now_ms()).is_some()
        {
            return;
        }
        let files = if self.state.borrow().files_are_due(now_ms) { self.look_at_files(now_ms) } else { None };
        let actions = self.observe(Observation::Looked { as_of_ms, rows, files });
        if self.state.borrow().has_the_files() {
            // What was wrong with them has been put back as it was.
            self.broken.take();
        }
        let later = self.carry_out(actions.into(), false).await;
        if !later.is_empty() {
            let keeper = Rc::clone(self);
            self.ports.spawn(Box::pin(async move { _ = keeper.carry_out(later, true).await }));
        }
    }

    /// The files as they are; `None` when they cannot be read.
    fn look_at_files(&self, now_ms: u64) -> Option<FilesSeen> {
        let before = Rc::clone(&self.folder.borrow());
        match Folder::read(&*self.ports, Some(&before), now_ms) {
            Ok(folder) => {
                let files = FilesSeen { manifest: folder.manifest(), young: folder.changed_within(SETTLE_MS, now_ms) };
                self.folder.replace(Rc::new(folder));
                self.unread.replace(None);
                Some(files)
            }
            Err(why) => {
                self.unread.replace(Some(why));
                None
            }
        }
    }

    /// Carries out actions, and what follows from them. What can wait until after an answer is left over unless it is `after`.
    async fn carry_out(self: &Rc<Self>, mut actions: VecDeque<Action>, after: bool) -> VecDeque<Action> {
        let mut left = VecDeque::new();
        while let Some(action) = actions.pop_front() {
            let observation = match action {
                Action::Alone(manifest) => {
                    self.answer_alone(&manifest);
                    continue;
                }
                Action::Load(generation) => self.load(&generation).await,
                later if !after => {
                    left.push_back(later);
                    continue;
                }
                Action::LookAgain => {
                    self.ports.sleep(Duration::from_millis(SETTLE_MS)).await;
                    Box::pin(self.look()).await;
                    continue;
                }
                Action::Judge { against, base, files } => {
                    let master = match self.master.get() {
                        None => Master::Unknown,
                        Some(None) => Master::None,
                        Some(Some(keys)) => Master::Keys(keys),
                    };
                    let Judgement { good, broken } =
                        judge::<P::Engines>(&base, &files, master, |path, version| self.text(path, version));
                    self.refuse(broken);
                    Observation::Judged { against, files: (*files).clone(), good }
                }
                Action::Enter { after, manifest } => self.enter(after, manifest).await,
                Action::Propose { number, lead_ms, manifest } => self.propose(number, lead_ms, &manifest).await,
            };
            actions.extend(self.observe(observation));
        }
        left
    }

    /// Whether there is something to answer from.
    fn has_something(&self) -> bool {
        self.state.borrow().in_force(self.ports.now_ms()).is_some()
    }

    /// Answers from files, until there is a generation.
    fn answer_alone(&self, manifest: &Manifest) {
        let texts = manifest.keys().filter_map(|path| Some((path.clone(), self.here(path, manifest.get(path)?)?)));
        let texts = texts.collect();
        self.add(Source::Alone, texts);
    }

    async fn load(&self, generation: &Generation) -> Observation {
        let mut texts = Vec::with_capacity(generation.manifest.len());
        for (path, version) in &*generation.manifest {
            let text = match self.here(path, version) {
                Some(text) => Ok(text),
                None => self.fetch(version).await,
            };
            match text {
                Ok(text) => texts.push((path.clone(), text)),
                Err(why) => {
                    let number = generation.number;
                    self.tell(Event::GenerationNotLoaded { generation: number, why: format!("{path}: {why}") });
                    return Observation::NotLoaded(number);
                }
            }
        }
        self.add(Source::Generation(generation.number), texts.into_iter().collect());
        Observation::Loaded(generation.number)
    }

    /// Adds a snapshot; what is the same in the newest one before is not parsed again.
    fn add(&self, source: Source, texts: Texts) {
        let mut snapshots = self.snapshots.borrow_mut();
        let before = snapshots.last_key_value().map(|(_, before)| Rc::clone(before));
        snapshots.insert(source, Rc::new(Snapshot::new(texts, before.as_deref())));
    }

    async fn fetch(&self, version: &str) -> Result<Text, String> {
        let text = self.call(self.ports.file(version)).await.map_err(|error| error.line())?;
        let text = Text::new(&text.ok_or_else(|| "the store does not have its text".to_owned())?);
        if text.version == version { Ok(text) } else { Err("the store has another text under its version".to_owned()) }
    }

    async fn enter(&self, after: Option<u64>, manifest: Rc<Manifest>) -> Observation {
        // What the newest generation has is there.
        let newest = self.state.borrow().newest().map(|newest| Rc::clone(&newest.manifest)).unwrap_or_default();
        for (path, version) in manifest.iter().filter(|(path, version)| newest.get(*path) != Some(version)) {
            let Some(text) = self.here(path, version) else {
                return self.not_entered(&StoreError::Other(format!("the text of {path} is not here any more")));
            };
            if let Err(error) = self.call(self.ports.put_file(version, &text.text)).await {
                return self.not_entered(&error);
            }
        }
        Observation::Entered { after, manifest }
    }

    async fn propose(&self, number: u64, lead_ms: u64, manifest: &Manifest) -> Observation {
        let manifest = match serde_json::to_string(manifest) {
            Ok(manifest) => manifest,
            Err(error) => return self.not_entered(&StoreError::Other(error.to_string())),
        };
        let proposal = ports::Proposal { number, lead_ms, manifest };
        match self.call(self.ports.propose(&proposal)).await.map(|kept| self.read(kept)) {
            Ok(Some(kept)) => Observation::Proposed(kept),
            Ok(None) => Observation::NotEntered,
            Err(error) => self.not_entered(&error),
        }
    }

    fn not_entered(&self, error: &StoreError) -> Observation {
        self.tell(Event::GenerationNotEntered { why: error.line() });
        Observation::NotEntered
    }

    /// A generation as the store has it. One that cannot be read is as one whose texts are missing.
    fn read(&self, row: ports::Generation) -> Option<Generation> {
        // What is kept under a number stays.
        if let Some(known) = self.state.borrow().known(row.number) {
            return Some(known.clone());
        }
        match serde_json::from_str(&row.manifest) {
            Ok(manifest) => Some(Generation { number: row.number, at_ms: row.at_ms, manifest: Rc::new(manifest) }),
            Err(error) => {
                let why = format!("its manifest cannot be read: {error}");
                self.tell(Event::GenerationNotLoaded { generation: row.number, why });
                None
            }
        }
    }

    /// Learns something: what is to be done about it.
    fn observe(&self, observation: Observation) -> Vec<Action> {
        let state = self.state.take();
        let (state, actions) = state.step(observation, self.ports.now_ms());
        self.snapshots.borrow_mut().retain(|source, _| state.holds(*source));
        self.state.replace(state);
        actions
    }

    /// Waits for the store, as long as a call may take.
    async fn call<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.ports.within(Duration::from_millis(CALL_MS), call).await?
    }

    /// A text that this instance has: in the folder, or of a snapshot.
    fn here(&self, path: &str, version: &str) -> Option<Text> {
        let is_it = |text: &&Text| text.version == version;
        let of_the_folder = self.folder.borrow().texts.get(path).filter(is_it).cloned();
        of_the_folder.or_else(|| {
            let snapshots = self.snapshots.borrow();
            let mut all = snapshots.values().rev();
            all.find_map(|snapshot| snapshot.texts().get(path).filter(is_it).cloned())
        })
    }

    fn text(&self, path: &str, version: &str) -> Found {
        let folder = self.folder.borrow();
        let why = || folder.unreadable.get(path).map_or("its text is not here", String::as_str).to_owned();
        self.here(path, version).map(|text| text.text).ok_or_else(why)
    }

    /// Remembers what is broken, and tells what was not told before.
    fn refuse(&self, broken: Vec<Broken>) {
        let known = self.broken.replace(broken.clone());
        for Broken { path, why, last_good } in broken.into_iter().filter(|broken| !known.contains(broken)) {
            self.ports.tell("", &Event::DocumentRefused { path, last_good, why });
        }
    }

    fn tell(&self, event: Event) {
        if self.told.borrow().as_ref() != Some(&event) {
            self.ports.tell("", &event);
            self.told.replace(Some(event));
        }
    }
}
