//! A fault, from its start to what is known of it.

use crate::audit::{self, Invariant, Violation};
use crate::history::{Answered, Asked, Bill, Exchange, Excuses, Span, Stored, Trip};
use crate::load::{Phases, Schedule, Surge, What, shape};
use crate::plan::Fault;
use crate::rides::{self, BATCHES, CITY, Prices};
use crate::sender::{self, Sent, Target, drive};
use crate::stage::Stage;
use anyhow::{Context as _, Result, bail};
use farebox_tests::server::Runtime;
use hyper::Method;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// How long after a fault the store may still be away: connections are tried again after a second at most.
const GRACE: Duration = Duration::from_millis(2_500);

/// For how long after a fault a host is asked for what is stored until it has asked the store: a busy machine is late, and what a host
/// keeps itself meanwhile says nothing about what it finds.
const FINDS_WITHIN: Duration = Duration::from_secs(20);

/// How often hosts are asked to repair what is due, how often in vain before it is taken to be all, and for how long at most. What came due in
/// a second is repaired in a later one.
const AGAIN: Duration = Duration::from_millis(300);
const IN_VAIN: u32 = 6;
const PUT_RIGHT: Duration = Duration::from_secs(10);

/// How often memory and log are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How large a run is.
#[derive(Clone, Debug)]
pub struct Size {
    /// How long each phase is.
    pub phases: Phases,
    /// Requests a second.
    pub rate: u32,
    /// Which load.
    pub seed: u64,
    /// For how long after the load hosts are asked to repair what is due, until nothing is; ten seconds at least.
    pub settle: Duration,
    /// Variables of the hosts, "name=value".
    pub variables: Vec<String>,
}

/// What a run is carried out with.
pub struct Setting<'a> {
    /// Where requests and proxies run.
    pub handle: Handle,
    /// What rides come to.
    pub prices: Arc<Prices>,
    /// Set to end early.
    pub stop: &'a AtomicBool,
    /// What serves the application.
    pub runtime: Runtime,
}

/// What was looked at now and then.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// When.
    pub at: Duration,
    /// The memory of the hosts, in KiB.
    pub memory: u64,
    /// How many lines they had logged.
    pub lines: usize,
}

/// What is known of a run.
pub struct Outcome {
    /// The fault.
    pub fault: &'static Fault,
    /// When it lasted.
    pub window: Span,
    /// All that was sent, in order.
    pub sent: Vec<Sent>,
    /// The trips.
    pub trips: BTreeMap<usize, Trip>,
    /// What was found.
    pub violations: Vec<(usize, Violation)>,
    /// Memory and log.
    pub looks: Vec<Look>,
}

impl Outcome {
    /// How many trips break something.
    pub fn count(&self, invariant: Invariant) -> usize {
        self.violations.iter().filter(|(_, violation)| violation.invariant == invariant).count()
    }
}

impl Setting<'_> {
    /// Carries out a fault. `tick` is told how much of it is over.
    ///
    /// # Errors
    ///
    /// Something could not be started, done or read; or it was stopped.
    pub fn run(&self, fault: &'static Fault, size: &Size, tick: &dyn Fn(Duration)) -> Result<Outcome> {
        let mut stage = Stage::new(fault, self.runtime, &size.variables, &self.handle)?;
        let phases = size.phases;
        let schedule = Arc::new(Schedule::new(phases, size.rate, fault.hosts, fault.surge, size.seed));
        let begin = Instant::now() + Duration::from_millis(50);
        let load = self.handle.spawn(drive(schedule, stage.targets(), begin, phases.total()));
        let played = self.play(fault, &mut stage, phases, begin, tick);
        if played.is_err() {
            load.abort();
        }
        let (window, mut looks) = played?;
        while !load.is_finished() {
            self.go_on()?;
            stage.settle(false)?;
            std::thread::sleep(Duration::from_millis(10));
        }
        let sent = self.handle.block_on(load).context("the load did not end")?;
        stage.settle(true)?;
        looks.push(look(&stage, begin));
        stage.wait_for_breakers();

        self.put_right(&mut stage, size.settle.max(PUT_RIGHT))?;
        let mut stored = stage.stored()?;
        let mut trips: BTreeMap<usize, Trip> = BTreeMap::new();
        for sent in &sent {
            trips.entry(sent.ride).or_default().exchanges.push(exchange(sent));
        }
        for (ride, trip) in &mut trips {
            trip.stored = stored.remove(&sender::trip(*ride)).unwrap_or_default();
        }
        self.handle.block_on(read_back(&mut trips, stage.targets(), begin))?;

        let away = Span { from: window.from, to: window.to + GRACE };
        let away = if fault.away { vec![away] } else { Vec::new() };
        // Where the embedded database is all there is, there is no journal beside it.
        let unkept = if fault.store.is_embedded() { away.clone() } else { Vec::new() };
        let excuses = Excuses { away, unkept, killed: stage.killed(begin) };
        let mut violations = Vec::new();
        for (ride, trip) in &trips {
            let price = |segments: &BTreeSet<u64>| self.prices.of(shape(*ride), segments);
            violations.extend(
                audit::trip(trip, &price, self.prices.whole(shape(*ride)), &excuses)
                    .into_iter()
                    .map(|found| (*ride, found)),
            );
        }
        Ok(Outcome { fault, window, sent, trips, violations, looks })
    }

    /// Does what the fault says, when it says so.
    fn play(
        &self,
        fault: &Fault,
        stage: &mut Stage,
        phases: Phases,
        begin: Instant,
        tick: &dyn Fn(Duration),
    ) -> Result<(Span, Vec<Look>)> {
        let mut steps = fault.steps(phases.during).into_iter().peekable();
        let has_steps = steps.peek().is_some();
        let mut window = Span { from: phases.before, to: phases.before };
        let mut looks = Vec::new();
        let mut looked = Duration::ZERO;
        while begin.elapsed() < phases.total() || steps.peek().is_some() {
            self.go_on()?;
            let now = begin.elapsed();
            while let Some((at, action)) = steps.next_if(|(at, _)| phases.before + *at <= begin.elapsed()) {
                stage.apply(action, phases.during).with_context(|| format!("{}: {action:?}", fault.name))?;
                window.to = begin.elapsed().max(phases.before + at);
            }
            stage.settle(false)?;
            if looks.is_empty() || now >= looked + LOOK {
                looked = now;
                looks.push(look(stage, begin));
                tick(now.min(phases.total()));
            }
            let next = steps.peek().map_or(LOOK, |(at, _)| (phases.before + *at).saturating_sub(begin.elapsed()));
            std::thread::sleep(next.min(Duration::from_millis(20)));
        }
        if fault.surge != Surge::None || !has_steps {
            window.to = window.to.max(phases.before + phases.during);
        }
        Ok((window, looks))
    }

    /// Asks the hosts to repair what is due, as a job does that asks all the time, until nothing comes of it any more. Each request drives in
    /// what waits in a journal as well.
    fn put_right(&self, stage: &mut Stage, longest: Duration) -> Result<()> {
        let (began, targets) = (Instant::now(), stage.targets());
        let (mut before, mut in_vain) = (usize::MAX, 0);
        loop {
            self.go_on()?;
            for target in &*targets {
                // One that does not answer has more to do than this.
                _ = self.handle.block_on(target.ask(Method::POST, "/internal/jobs/repair", String::new()));
            }
            let is_left = |stored: &&Stored| stored.due || !stored.waiting.is_empty() || !stored.journaled.is_empty();
            let left = stage.stored()?.values().filter(is_left).count();
            in_vain = if left < before { 0 } else { in_vain + 1 };
            if left == 0 || in_vain >= IN_VAIN || began.elapsed() >= longest {
                return Ok(());
            }
            before = left;
            std::thread::sleep(AGAIN);
        }
    }

    fn go_on(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            bail!("stopped");
        }
        Ok(())
    }
}

fn look(stage: &Stage, begin: Instant) -> Look {
    Look { at: begin.elapsed(), memory: stage.memory(), lines: stage.lines() }
}

/// What was asked and answered, as the audit has it.
fn exchange(sent: &Sent) -> Exchange {
    let asked = match sent.what {
        What::Estimate => Asked::Estimate,
        What::Segments(batch) => Asked::Segments(BATCHES.get(batch).into_iter().flatten().copied().collect()),
        What::Bill | What::Repeat => Asked::Bill,
        What::Other => Asked::Other,
        What::Read => Asked::Read,
    };
    let answered = match &sent.answer {
        Err(why) => Answered::Nothing(why.clone()),
        Ok((status, body)) => match (&asked, status) {
            (Asked::Estimate, 201) | (Asked::Segments(_), 200 | 202) => Answered::Done,
            (Asked::Bill | Asked::Other, 200..=202) | (Asked::Read, 200) => match Bill::read(body) {
                Ok(bill) => Answered::Bill(Box::new(bill)),
                Err(why) => Answered::Refused(*status, why),
            },
            _ => {
                let problem: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                Answered::Refused(*status, problem["code"].as_str().unwrap_or_default().to_owned())
            }
        },
    };
    Exchange { asked, answered, sent: sent.sent, heard: sent.heard }
}

/// Reads every bill that was answered, and looks for every segment that was acknowledged: the same number with other content is a
/// conflict if, and only if, it is there.
///
/// # Errors
///
/// A host does not get at its store again.
async fn read_back(trips: &mut BTreeMap<usize, Trip>, targets: Arc<[Target]>, begin: Instant) -> Result<()> {
    const AT_ONCE: usize = 16;
    /// A ride, its bill as it is read now, and the numbers of its segments that were found.
    type ReadBack = (usize, Option<Sent>, BTreeSet<u64>);
    let mut asking: JoinSet<Result<ReadBack>> = JoinSet::new();
    let asked: Vec<(usize, bool, Vec<usize>)> = trips
        .iter()
        .map(|(ride, trip)| {
            let is_billed = trip.exchanges.iter().any(|exchange| matches!(exchange.answered, Answered::Bill(_)));
            (*ride, is_billed, rides::batches_in(&trip.stored.segments).collect())
        })
        .collect();
    let mut answers = Vec::new();
    for (ride, is_billed, batches) in asked {
        if asking.len() >= AT_ONCE {
            answers.extend(asking.join_next().await);
        }
        let targets = Arc::clone(&targets);
        asking.spawn(async move {
            let mut found = BTreeSet::new();
            let Some(target) = targets.first() else { return Ok((ride, None, found)) };
            let trip = format!("/v1/trips/{}", sender::trip(ride));
            let mut read = None;
            if is_billed {
                let due = begin.elapsed();
                let answer = target.ask(Method::GET, &format!("{trip}/bill?city={CITY}"), String::new()).await;
                read = Some(Sent { ride, what: What::Read, due, sent: due, heard: begin.elapsed(), answer });
            }
            for batch in batches {
                let body = rides::segments(shape(ride), batch, true);
                if is_found(target, &format!("{trip}/segments"), &body).await? {
                    found.extend(BATCHES.get(batch).into_iter().flatten());
                }
            }
            Ok((ride, read, found))
        });
    }
    while let Some(answer) = asking.join_next().await {
        answers.push(answer);
    }
    for answer in answers {
        let (ride, read, found) = answer.context("a host was not asked")??;
        let Some(trip) = trips.get_mut(&ride) else { continue };
        trip.exchanges.extend(read.as_ref().map(exchange));
        trip.found = Some(found);
    }
    Ok(())
}

/// Whether the store that a host asks has segments of these numbers and other content. Asked until it was the store that answered.
///
/// # Errors
///
/// It did not within the time.
async fn is_found(target: &Target, path: &str, body: &str) -> Result<bool> {
    let began = Instant::now();
    loop {
        let answer = target.ask(Method::POST, path, body.to_owned()).await;
        match &answer {
            Ok((409, _)) => return Ok(true),
            Ok((200, _)) => return Ok(false),
            _ if began.elapsed() < FINDS_WITHIN => tokio::time::sleep(GRACE / 10).await,
            _ => bail!("{path}: {FINDS_WITHIN:?} after the fault the store was not asked yet: {answer:?}"),
        }
    }
}
