//! One run: the clients of a plan, two hosts, a store, an auditor.

use crate::auditor::{Attempt, Auditor, Violation};
use crate::executor::{Executor, Owner, Slot};
use crate::exemptions::Exemption;
use crate::host::{BEGINNING, Documents, World};
use crate::node::{Node, QUIET_MS};
use crate::plan::{Act, Edit, HOSTS, INSTANCES, Missing, Plan, RELEASES, TripPlan, ms};
use crate::prices::{CITY, SecondOpinion};
use crate::store::SimStore;
use farebox_access::{Keys, Operation};
use farebox_billing::bills::{self, Billed};
use farebox_billing::caller::{Caller, Signed};
use farebox_billing::meter::Metered;
use farebox_billing::ports::Ids as _;
use farebox_billing::refusal::{Code, Refusal};
use farebox_billing::{Billing, Context, Wanted, estimates, journal, meter, repairs};
use farebox_fare::{Segment, Timestamp, time};
use farebox_kit::access::{self, EVERYTHING};
use farebox_kit::journal::Journal;
use farebox_records::{BillRecord, Kept};
use fastrand::Rng;
use serde_json::{Value, json};
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// A run ends after this many steps, whatever is left.
const MOST_STEPS: u64 = 100_000;

/// How long a client waits for an answer.
const PATIENCE: Duration = ms(3_000);

/// How often a client tries.
const TRIES: u32 = 4;

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The first promise that was not kept.
    pub violation: Option<Violation>,
    /// How many steps it took.
    pub steps: u64,
    /// How many requests were answered, by kind of answer.
    pub answers: BTreeMap<&'static str, u64>,
    /// How often each event was told.
    pub events: BTreeMap<String, u64>,
    /// What happened, a line each; empty unless it was asked for.
    pub story: Vec<String>,
}

/// What runs share: made once, since parsing it takes longer than a run.
pub struct Setting {
    configurations: [Rc<Documents>; RELEASES],
    opinion: Rc<SecondOpinion>,
    keys: Rc<Keys>,
}

impl Default for Setting {
    fn default() -> Self {
        let configurations = crate::prices::configurations();
        let opinion = Rc::new(SecondOpinion::of(&configurations));
        Self { configurations, opinion, keys: Rc::new(access::keys(BEGINNING).keys()) }
    }
}

impl Setting {
    /// Runs a plan to its end, or to the first promise that is not kept.
    pub fn run(&self, plan: &Plan, excused: &[Exemption], with_story: bool) -> Outcome {
        let run = Run::new(self, plan.clone(), excused.to_vec(), with_story);
        let steps = run.to_the_end();
        let outcome = Outcome {
            violation: run.auditor.violation(),
            steps,
            answers: run.answers.take(),
            events: run.events.take(),
            story: run.story.take(),
        };
        // Clients hold on to the run they are part of.
        run.executor.end(Owner::Client);
        run.executor.end(Owner::Store);
        for host in 0..run.hosts.borrow().len() {
            run.executor.end(Owner::Host(host));
        }
        outcome
    }
}

struct Run {
    plan: Rc<Plan>,
    executor: Rc<Executor>,
    store: Rc<SimStore>,
    auditor: Rc<Auditor>,
    configurations: [Rc<Documents>; RELEASES],
    /// What is on the disk of each host, and what its database knows.
    disks: Vec<(Rc<RefCell<Documents>>, Rc<Node>)>,
    hosts: RefCell<Vec<[Rc<Billing<World>>; INSTANCES]>>,
    ids: Rc<Cell<u64>>,
    events: Rc<RefCell<BTreeMap<String, u64>>>,
    answers: RefCell<BTreeMap<&'static str, u64>>,
    keys: Rc<Keys>,
    /// How many requests were signed.
    nonces: Cell<u64>,
    rng: RefCell<Rng>,
    /// Decides what the network sends again.
    network: RefCell<Rng>,
    story: RefCell<Vec<String>>,
    with_story: bool,
}

/// What a client asks a host.
#[derive(Clone, Debug)]
enum Ask {
    Estimate(Value),
    Meter(String, Value),
    Bill(String, Value),
    Fetch(String),
    Show(String),
}

/// What a request was signed with.
#[derive(Clone, Debug)]
struct Signature {
    nonce: String,
    created: Timestamp,
}

impl Ask {
    /// What is asked for, if it writes.
    fn writes(&self) -> Option<Operation> {
        match self {
            Self::Meter(..) => Some(Operation::AddSegments),
            Self::Bill(..) => Some(Operation::CreateBill),
            Self::Estimate(_) | Self::Fetch(_) | Self::Show(_) => None,
        }
    }
}

/// What a host answers.
#[derive(Debug)]
enum Answer {
    Estimated(String),
    Metered(Kept),
    Billed(Billed),
    Fetched(String),
    Shown,
    Refused(Refusal),
}

impl Answer {
    fn name(&self) -> &'static str {
        match self {
            Self::Estimated(_) => "estimated",
            Self::Metered(Kept::Shared) => "metered",
            Self::Metered(Kept::Node) => "metered here",
            Self::Billed(billed) if billed.new => "billed",
            Self::Billed(_) => "repeated",
            Self::Fetched(_) => "fetched",
            Self::Shown => "shown",
            Self::Refused(refusal) => refusal.code.word(),
        }
    }
}

impl Run {
    fn new(setting: &Setting, plan: Plan, excused: Vec<Exemption>, with_story: bool) -> Rc<Self> {
        let plan = Rc::new(plan);
        let executor = Rc::new(Executor::default());
        let auditor = Rc::new(Auditor::new(Rc::clone(&plan), Rc::clone(&setting.opinion), excused));
        let watch = {
            let (auditor, executor) = (Rc::clone(&auditor), Rc::clone(&executor));
            Box::new(move |contents: &crate::store::Contents| auditor.store_changed(contents, executor.now()))
        };
        let store = SimStore::new(Rc::clone(&executor), Rc::clone(&plan), watch);
        let mut rng = Rng::with_seed(plan.seed ^ 0x000d_15c0);
        let mut disk = |host: usize| {
            let release = usize::from(rng.u8(0..4) == 0);
            auditor.configured(host, release, Duration::ZERO);
            let documents = setting.configurations.get(release).map(|documents| (**documents).clone());
            let mut documents = documents.unwrap_or_default();
            if let Some((_, missing)) = plan.without.filter(|(of, _)| *of == host) {
                documents.retain(|path, _| match missing {
                    Missing::Policy => !path.starts_with("policies/"),
                    Missing::DriversCard => !path.ends_with(".driver.json"),
                });
            }
            (Rc::new(RefCell::new(documents)), Node::new(Rc::clone(&executor), rng.u64(..)))
        };
        let disks = (0..HOSTS).map(&mut disk).collect();
        let run = Rc::new(Self {
            rng: RefCell::new(Rng::with_seed(plan.seed ^ 0x0c11_e475)),
            network: RefCell::new(Rng::with_seed(plan.seed ^ 0x4e70_0a1c)),
            keys: Rc::clone(&setting.keys),
            nonces: Cell::default(),
            plan,
            executor,
            store,
            auditor,
            disks,
            configurations: setting.configurations.clone(),
            hosts: RefCell::default(),
            ids: Rc::default(),
            events: Rc::default(),
            answers: RefCell::default(),
            story: RefCell::default(),
            with_story,
        });
        for host in 0..crate::plan::HOSTS {
            let billing = run.start(host);
            run.hosts.borrow_mut().push(billing);
        }
        for trip in run.plan.trips.clone() {
            run.begin(trip);
        }
        for edit in run.plan.edits.clone() {
            let of_run = Rc::clone(&run);
            run.executor.spawn(Owner::Store, async move { of_run.edit(edit).await });
        }
        for (at, host) in run.plan.sweeps.clone() {
            let of_run = Rc::clone(&run);
            run.executor.spawn(Owner::Store, async move {
                of_run.executor.until(at).await;
                of_run.sweep_at(host);
            });
        }
        for loss in run.plan.losses.clone() {
            let of_run = Rc::clone(&run);
            run.executor.spawn(Owner::Store, async move {
                if let Some(back) = loss.back {
                    of_run.executor.until(loss.at.saturating_sub(back)).await;
                    of_run.store.copy();
                }
                of_run.executor.until(loss.at).await;
                of_run.store.lose(loss);
                of_run.auditor.lost(loss);
                of_run.tell(|| format!("the store loses {:?}", loss.bucket));
            });
        }
        run
    }

    /// Changes the files of a host's configuration, one after the other.
    async fn edit(&self, Edit { at, host, release }: Edit) {
        self.executor.until(at).await;
        let Some((disk, _)) = self.disks.get(host) else { return };
        let Some(release) = release else {
            let broken = if at.as_millis().is_multiple_of(2) { ".driver.json" } else { "default.json" };
            let path = disk.borrow().keys().find(|path| path.ends_with(broken)).cloned();
            self.tell(|| format!("{path:?} of host {host} is broken"));
            disk.borrow_mut().extend(path.map(|path| (path, "{".to_owned())));
            return;
        };
        for (path, text) in self.configurations.get(release).into_iter().flat_map(|documents| documents.iter()) {
            disk.borrow_mut().insert(path.clone(), text.clone());
            self.executor.until(self.executor.now() + ms(40)).await;
        }
        self.auditor.configured(host, release, self.executor.now());
        self.tell(|| format!("host {host} has release {release}"));
    }

    /// Starts a host.
    fn start(&self, host: usize) -> [Rc<Billing<World>>; INSTANCES] {
        let (documents, node) = self.disks.get(host).cloned().expect("every host has a disk");
        std::array::from_fn(|_| {
            Billing::new(World {
                executor: Rc::clone(&self.executor),
                plan: Rc::clone(&self.plan),
                store: Rc::clone(&self.store),
                documents: Rc::clone(&documents),
                node: Rc::clone(&node),
                positions: RefCell::default(),
                host,
                ids: Rc::clone(&self.ids),
                events: Rc::clone(&self.events),
            })
        })
    }

    /// What a host has accepted, and the store may not have.
    fn journal(&self, host: usize) -> Ref<'_, Journal> {
        self.disks.get(host).map(|(_, node)| node.journal.borrow()).expect("every host has a disk")
    }

    /// Lets every host drive in what waits in its journal, when the store does not fail any more, and the host has looked at each of its
    /// buckets.
    fn drive_in(self: &Rc<Self>) {
        let losses = self.plan.losses.iter().map(|loss| loss.at);
        let ends = self.plan.windows.iter().map(|window| window.until).chain(losses).chain([self.executor.now()]);
        let over = ends.max().unwrap_or_default() + ms(QUIET_MS);
        for host in 0..HOSTS {
            let of_run = Rc::clone(self);
            let billing = self.hosts.borrow().get(host).and_then(|instances| instances.first()).map(Rc::clone);
            self.executor.spawn(Owner::Host(host), async move {
                of_run.executor.until(over).await;
                let Some(billing) = billing else { return };
                while journal::look(&billing, 4).await.is_ok_and(|looked_at| looked_at > 0) {}
                while !matches!(journal::drive_in(&billing, 16).await, Ok(0)) {}
                // What came due in a second is repaired in a later one; and what another host drives in comes due meanwhile.
                for _ in 0..4 {
                    of_run.executor.until(of_run.executor.now() + ms(1_500)).await;
                    of_run.sweep(host, &billing).await;
                }
                while !matches!(journal::drive_in(&billing, 16).await, Ok(0)) {}
            });
        }
    }

    /// Lets a host repair what is due.
    fn sweep_at(self: &Rc<Self>, host: usize) {
        let instance = self.rng.borrow_mut().usize(0..INSTANCES);
        let billing = self.hosts.borrow().get(host).and_then(|instances| instances.get(instance)).map(Rc::clone);
        let of_run = Rc::clone(self);
        self.executor.spawn(Owner::Host(host), async move {
            let Some(billing) = billing else { return };
            of_run.auditor.asked(host, of_run.executor.now());
            of_run.sweep(host, &billing).await;
        });
    }

    /// Repairs what is due, all of it. Who cannot says so, and it is tried again by whoever is asked next.
    async fn sweep(&self, host: usize, billing: &Rc<Billing<World>>) {
        let Ok(context) = Context::new(billing, "00000000000000000000000000000002").await else { return };
        let swept = repairs::sweep(&context, Some(CITY), None).await;
        let name = match &swept {
            Ok(swept) if swept.repaired > 0 => "repaired",
            Ok(_) => "nothing repaired",
            Err(_) => "not swept",
        };
        *self.answers.borrow_mut().entry(name).or_default() += 1;
        self.tell(|| format!("host {host} has repaired what was due: {swept:?}"));
    }

    fn to_the_end(self: &Rc<Self>) -> u64 {
        let mut rng = Rng::with_seed(self.plan.seed ^ 0x05e9_0e9c);
        let (mut steps, mut over) = (0, false);
        while steps < MOST_STEPS && self.auditor.violation().is_none() {
            for crash in self.plan.crashes.iter().filter(|crash| crash.step == steps) {
                self.tell(|| format!("host {} crashes, and starts again", crash.host));
                self.executor.end(Owner::Host(crash.host));
                self.auditor.crashed(crash.host, self.executor.now());
                let started = self.start(crash.host);
                if let Some(host) = self.hosts.borrow_mut().get_mut(crash.host) {
                    *host = started;
                }
                if over {
                    self.drive_in();
                }
            }
            if !self.executor.step(&mut rng) {
                if over {
                    break;
                }
                over = true;
                self.drive_in();
            }
            steps += 1;
        }
        if self.auditor.violation().is_none() {
            let journals: Vec<_> = (0..HOSTS).map(|host| self.journal(host)).collect();
            self.auditor.over(&self.store.contents(), &journals, self.executor.now());
        }
        steps
    }

    /// Begins the clients of a trip.
    fn begin(self: &Rc<Self>, trip: TripPlan) {
        let estimate: Rc<RefCell<Option<String>>> = Rc::default();
        let trip = Rc::new(trip);
        let mut clients: Vec<(Duration, Vec<Act>)> = vec![(trip.begins, trip.acts.clone())];
        clients.extend(trip.others.iter().map(|(begins, act)| (*begins, vec![*act])));
        for (begins, acts) in clients {
            let client = Client { run: Rc::clone(self), trip: Rc::clone(&trip), estimate: Rc::clone(&estimate) };
            self.executor.spawn(Owner::Client, async move {
                client.run.executor.until(begins).await;
                for act in acts {
                    client.perform(act).await;
                }
            });
        }
    }

    /// Asks a host, and waits for its answer: `None` when it crashes meanwhile, or takes too long.
    /// With what is answered comes which attempt at a signed request it was.
    async fn ask(self: &Rc<Self>, host: usize, ask: Ask, signature: Option<Signature>) -> Option<(Answer, u64)> {
        let instance = self.rng.borrow_mut().usize(0..INSTANCES);
        let billing = self.hosts.borrow().get(host)?.get(instance).map(Rc::clone)?;
        let (filler, slot) = Slot::new();
        let filler = Rc::new(RefCell::new(Some(filler)));
        let (answers, of_run) = (Rc::clone(&filler), Rc::clone(self));
        self.executor.spawn(Owner::Host(host), async move {
            of_run.auditor.asked(host, of_run.executor.now());
            let attempt = billing.ports().unique();
            let signed = signature.zip(ask.writes()).map(|(Signature { nonce, created }, operation)| {
                let keys = Rc::clone(&of_run.keys);
                Signed::new(keys, EVERYTHING.to_owned(), operation, nonce, created, attempt)
            });
            let answer = carry_out(&billing, ask, signed).await.unwrap_or_else(Answer::Refused);
            if let Some(filler) = answers.borrow_mut().take() {
                filler.fill((answer, attempt));
            }
        });
        // Whoever takes the filler first decides: the host, or the client's patience.
        let (executor, gives_up) = (Rc::clone(&self.executor), Rc::downgrade(&filler));
        drop(filler);
        self.executor.spawn(Owner::Client, async move {
            executor.until(executor.now() + PATIENCE).await;
            if let Some(filler) = gives_up.upgrade() {
                drop(filler.borrow_mut().take());
            }
        });
        slot.take().await
    }

    fn tell(&self, line: impl FnOnce() -> String) {
        if self.with_story {
            self.story.borrow_mut().push(format!("{:>6} ms  {}", self.executor.now().as_millis(), line()));
        }
    }
}

async fn carry_out(billing: &Rc<Billing<World>>, ask: Ask, signed: Option<Signed>) -> Result<Answer, Refusal> {
    let mut context = Context::new(billing, "00000000000000000000000000000001").await?;
    if let Some(signed) = signed {
        context.caller = Caller::Signed(signed);
    }
    let context = Rc::new(context);
    Ok(match ask {
        Ask::Estimate(document) => Answer::Estimated(estimates::create(&context, &document).await?.estimate_id),
        Ask::Meter(trip, document) => {
            let metered = meter::add_segments(&*context, &trip, &document).await;
            journal::after_answer(&*context);
            Answer::Metered(match metered? {
                Metered::Shared(_) => Kept::Shared,
                Metered::Here(_) => Kept::Node,
            })
        }
        Ask::Bill(trip, document) => {
            let billed = bills::create(&*context, &trip, &document).await;
            journal::after_answer(&*context);
            Answer::Billed(billed?)
        }
        Ask::Fetch(trip) => Answer::Fetched(bills::fetch(&*context, &trip, Some(CITY)).await?),
        Ask::Show(trip) => {
            bills::detail(&*context, &trip, Some(CITY), Wanted::default()).await?;
            Answer::Shown
        }
    })
}

/// A client of a trip.
#[derive(Clone)]
struct Client {
    run: Rc<Run>,
    trip: Rc<TripPlan>,
    estimate: Rc<RefCell<Option<String>>>,
}

impl Client {
    async fn perform(&self, act: Act) {
        let run = &self.run;
        if let Act::Wait(time) = act {
            return run.executor.until(run.executor.now() + ms(time)).await;
        }
        for _ in 0..TRIES {
            let host = run.rng.borrow_mut().usize(0..crate::plan::HOSTS);
            let ask = self.ask(act);
            let signature = ask.writes().filter(|_| self.trip.signs).map(|_| self.sign());
            if let Some(signature) = &signature {
                self.overhear(&ask, signature);
            }
            if !self.send(host, &ask, signature).await {
                return;
            }
            let pause = run.rng.borrow_mut().u64(20..600);
            run.executor.until(run.executor.now() + ms(pause)).await;
        }
    }

    /// Sends a request, and hears what is answered. Whether to ask again.
    async fn send(&self, host: usize, ask: &Ask, signature: Option<Signature>) -> bool {
        let (run, sent) = (&self.run, self.run.executor.now());
        let nonce = signature.as_ref().map(|signature| signature.nonce.clone());
        let signed = nonce.as_ref().map(|nonce| format!(", signed with {nonce}")).unwrap_or_default();
        run.tell(|| format!("{} asks host {host}: {}{signed}", self.name(), Self::story(ask)));
        let answer = run.ask(host, ask.clone(), signature).await;
        let name = answer.as_ref().map_or("nothing", |(answer, _)| answer.name());
        *run.answers.borrow_mut().entry(name).or_default() += 1;
        run.tell(|| {
            let heard = Self::heard(answer.as_ref().map(|(answer, _)| answer));
            format!("{} hears from host {host}{signed}: {heard}", self.name())
        });
        let Some((answer, number)) = answer else { return true };
        let trip = self.name();
        let attempt = nonce.as_ref().map(|nonce| Attempt { trip: &trip, nonce, number, sent });
        self.hear(ask, answer, attempt, host, sent)
    }

    fn sign(&self) -> Signature {
        let number = self.run.nonces.get() + 1;
        self.run.nonces.set(number);
        let created = BEGINNING.saturating_add_unsigned(self.run.executor.now().as_secs());
        Signature { nonce: format!("nonce-{number:012}"), created }
    }

    /// Lets the network send a request again, before it arrives or later, perhaps more than once.
    fn overhear(&self, ask: &Ask, signature: &Signature) {
        let (run, mut rng) = (&self.run, self.run.network.borrow_mut());
        if rng.u8(0..10) >= run.plan.again {
            return;
        }
        for _ in 0..rng.usize(1..=2) {
            let at = run.executor.now() + if rng.bool() { ms(rng.u64(0..20)) } else { ms(rng.u64(0..4_000)) };
            let host = rng.usize(0..crate::plan::HOSTS);
            let (client, ask, signature) = (self.clone(), ask.clone(), signature.clone());
            run.executor.spawn(Owner::Client, async move {
                client.run.executor.until(at).await;
                client.send(host, &ask, Some(signature)).await;
            });
        }
    }

    /// Tells the auditor what was answered. Whether to ask again.
    fn hear(&self, ask: &Ask, answer: Answer, attempt: Option<Attempt<'_>>, host: usize, sent: Duration) -> bool {
        let (run, now) = (&self.run, self.run.executor.now());
        let (auditor, trip) = (&run.auditor, self.name());
        if let Some(attempt) = attempt {
            match &answer {
                Answer::Metered(kept) => auditor.answered_once(attempt, *kept, None, now, &run.store.contents()),
                Answer::Billed(billed) => {
                    let kept = BillRecord::read(&billed.document).map_or(Kept::Shared, |record| record.kept);
                    auditor.answered_once(attempt, kept, Some(billed), now, &run.store.contents());
                }
                Answer::Refused(Refusal { code: Code::SignatureReplayed, .. }) => {
                    auditor.refused_as_replay(attempt, now, &run.store.contents());
                    return true;
                }
                _ => {}
            }
        }
        match (ask, answer) {
            (_, Answer::Estimated(id)) => _ = self.estimate.borrow_mut().get_or_insert(id),
            (Ask::Meter(_, document), Answer::Metered(kept)) => {
                let journal = run.journal(host);
                let here = (kept == Kept::Node).then_some((host, &*journal));
                auditor.segments_acknowledged(&trip, &segments_of(document), here, now, &run.store.contents());
            }
            (Ask::Bill(_, document), Answer::Billed(billed)) => {
                auditor.bill_made(&trip, host, &billed, sent, now);
                let by = (host, &*run.journal(host));
                auditor.bill_answered(&trip, &identity(document), &billed, by, (sent, now), &run.store.contents());
            }
            (_, Answer::Fetched(document)) => auditor.bill_fetched(&trip, document, host, (sent, now)),
            (_, Answer::Refused(refusal)) => {
                auditor.refused(&trip, &refusal, ask.writes().is_some(), sent, now);
                return matches!(refusal.code, Code::StoreUnavailable | Code::StoreTimedOut);
            }
            _ => {}
        }
        false
    }

    fn ask(&self, act: Act) -> Ask {
        let (trip, auditor) = (self.name(), &self.run.auditor);
        match act {
            Act::Estimate => Ask::Estimate(self.estimate_request()),
            Act::Meter(first, last) => {
                let document = json!({"city": CITY, "segments": (first..=last).map(segment).collect::<Vec<_>>()});
                auditor.segments_sent(&trip, &segments_of(&document));
                Ask::Meter(trip, document)
            }
            Act::Bill | Act::BillInOtherWords | Act::BillAnother | Act::Wait(_) => {
                let document = self.bill_request(act);
                auditor.bill_asked(&trip, &identity(&document));
                Ask::Bill(trip, document)
            }
            Act::Fetch => Ask::Fetch(trip),
            Act::Show => Ask::Show(trip),
        }
    }

    fn estimate_request(&self) -> Value {
        let mut request = json!({
            "city": CITY, "products": ["express"], "distance_m": 4100, "duration_s": 1260,
            "origin": {"lat": 36.65, "lng": 117.12}, "destination": {"lat": 36.67, "lng": 117.0},
            "depart_at": time::format(BEGINNING),
        });
        self.add_passenger(&mut request);
        request
    }

    fn bill_request(&self, act: Act) -> Value {
        let mut request = json!({
            "city": CITY, "product": "express", "started_at": time::format(BEGINNING),
            "ended_at": time::format(BEGINNING + 1800),
            "origin": {"lat": 36.65, "lng": 117.12}, "destination": {"lat": 36.67, "lng": 117.0},
            "dynamic": "1.2",
        });
        self.add_passenger(&mut request);
        if let Some(id) = &*self.estimate.borrow() {
            request["estimate_id"] = id.as_str().into();
        }
        match act {
            Act::BillInOtherWords => {
                request["dynamic"] = "1.2000".into();
                request["started_at"] = "2026-11-21T08:00:00+08:00".into();
            }
            Act::BillAnother => request["tolls"] = "5.00".into(),
            _ => {}
        }
        request
    }

    fn add_passenger(&self, request: &mut Value) {
        if self.trip.coupon {
            request["passenger"] = json!({"id": "p-1", "coupons": [{"id": "c-1", "kind": "percent", "value": "20", "max_off": "3.00", "funded_by": {"driver": "50"}}]});
        }
    }

    fn name(&self) -> String {
        format!("trip-{}", self.trip.number)
    }

    fn story(ask: &Ask) -> String {
        match ask {
            Ask::Estimate(_) => "an estimate".to_owned(),
            Ask::Meter(_, document) => {
                let numbers: Vec<u64> = segments_of(document).iter().map(|segment| segment.sequence).collect();
                format!("takes segments {numbers:?}")
            }
            Ask::Bill(_, document) => format!("the bill, {}", identity(document)),
            Ask::Fetch(_) => "what the bill is".to_owned(),
            Ask::Show(_) => "the page of the bill".to_owned(),
        }
    }

    fn heard(answer: Option<&Answer>) -> String {
        match answer {
            None => "nothing".to_owned(),
            Some(Answer::Billed(Billed { document, new })) => {
                let bill: Value = serde_json::from_str(document).unwrap_or_default();
                format!(
                    "{} bill of {}, {}, kept {}, made {}",
                    if *new { "a new" } else { "the earlier" },
                    bill["passenger"]["payable"],
                    bill["basis"],
                    bill["kept"],
                    bill["billed_at"],
                )
            }
            Some(Answer::Refused(refusal)) => format!("{}: {}", refusal.code.word(), refusal.reason()),
            Some(answer) => answer.name().to_owned(),
        }
    }
}

/// What makes two requests for a bill equal, however they are written.
fn identity(document: &Value) -> String {
    format!("tolls {}, estimate {}", document["tolls"], document["estimate_id"])
}

/// A piece of a ride; the same for the same number.
fn segment(number: u64) -> Value {
    let started_at = BEGINNING + i64::try_from(number * 60).unwrap_or_default();
    json!({
        "seq": number, "started_at": time::format(started_at), "distance_m": 500 + number * 37, "duration_s": 60 + number,
    })
}

fn segments_of(document: &Value) -> Vec<Segment> {
    let number = |segment: &Value, name: &str| segment[name].as_u64().unwrap_or_default();
    let segment = |segment: &Value| Segment {
        sequence: number(segment, "seq"),
        started_at: segment["started_at"].as_str().and_then(time::parse).unwrap_or_default(),
        distance_m: number(segment, "distance_m"),
        duration_s: number(segment, "duration_s"),
    };
    document["segments"].as_array().into_iter().flatten().map(segment).collect()
}
