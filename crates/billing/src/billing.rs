//! What the requests of an instance share. All of it is a cache: an instance may end at any request.

use crate::backlog::Backlog;
use crate::breaking::Breaking;
use crate::config::switches::Switches;
use crate::config::{Card, InForce, Keeper, ParsedPolicy, Snapshot, Standing};
use crate::driving::Driving;
use crate::engines::Engines;
use crate::event::Event;
use crate::once;
use crate::ports::Ports;
use crate::refusal::Refusal;
use crate::refusing::Refusing;
use crate::settings::{self, Settings};
use crate::standing::Limiting;
use farebox_access::{Enforcement, Keys, MasterKeys};
use farebox_limits::Limits;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// The rate cards that an instance prices with.
pub(crate) type CardOf<P> = Card<<<P as Ports>::Engines as Engines>::Card>;

/// The policies that bills are settled under.
pub(crate) type PolicyOf<P> = ParsedPolicy<<<P as Ports>::Engines as Engines>::Policy>;

/// Rate cards by city and version.
type Earlier<P> = HashMap<(String, String), Rc<CardOf<P>>>;

/// Billing, as one instance carries it out.
pub struct Billing<P: Ports> {
    ports: Rc<P>,
    settings: OnceCell<Rc<Settings>>,
    config: Rc<Keeper<P>>,
    /// The rate cards of earlier versions that somebody asked for. There are few: quotes do not live long.
    pub(crate) earlier: RefCell<Earlier<P>>,
    /// What was told of a store that refuses.
    pub(crate) refusing: Refusing,
    /// What does not answer.
    pub(crate) breaking: Breaking,
    /// What operators had switched when a request looked last.
    switched: RefCell<Option<Rc<Switches>>>,
    /// What callers may be let before the store is asked again.
    pub(crate) limiting: Limiting,
    /// Work that goes on after answers.
    pub(crate) backlog: Backlog,
    /// What is known of this node's journal.
    pub(crate) driving: Driving,
    /// Cities, and days whose bills have left the store, or were found to stay.
    pub(crate) retired: RefCell<BTreeSet<(String, String)>>,
    /// Whether everything was looked at once, so that no request waits for it.
    pub(crate) looked: Cell<bool>,
    /// What a planted defect remembers of trips.
    #[cfg(feature = "planted")]
    pub(crate) remembered: RefCell<HashMap<String, Vec<farebox_fare::Segment>>>,
}

impl<P: Ports> Billing<P> {
    /// An instance that knows nothing yet.
    pub fn new(ports: P) -> Rc<Self> {
        let ports = Rc::new(ports);
        Rc::new(Self {
            config: Keeper::new(Rc::clone(&ports)),
            ports,
            settings: OnceCell::new(),
            earlier: RefCell::default(),
            refusing: Refusing::default(),
            breaking: Breaking::default(),
            switched: RefCell::default(),
            limiting: Limiting::default(),
            backlog: Backlog::default(),
            driving: Driving::default(),
            retired: RefCell::default(),
            looked: Cell::default(),
            #[cfg(feature = "planted")]
            remembered: RefCell::default(),
        })
    }

    /// The world around.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// The settings, read once.
    ///
    /// # Errors
    ///
    /// `config-invalid`; the log names every variable that is wrong. It is tried again with the next request.
    pub async fn settings(&self) -> Result<Rc<Settings>, Refusal> {
        if let Some(settings) = self.settings.get() {
            return Ok(Rc::clone(settings));
        }
        let mut values: [String; settings::VARIABLES.len()] = Default::default();
        for (value, name) in values.iter_mut().zip(settings::VARIABLES) {
            let unreadable = |why| Refusal::misconfigured(format!("variable {name} cannot be read: {why}"));
            *value = self.ports.variable(name).await.map_err(unreadable)?;
        }
        let settings = Settings::parse(&values)?;
        self.config.opens_keys_with(settings.master_keys.as_ref());
        let mut told = Vec::new();
        if settings.signs_with_the_development_key {
            told.push(Event::DevelopmentKey);
        }
        if settings.signatures == Enforcement::Off {
            told.push(Event::SignaturesOff);
        }
        if !told.is_empty() {
            let ports = Rc::clone(&self.ports);
            self.ports.spawn(Box::pin(async move {
                for event in told {
                    once::tell_once_a_day(&*ports, &event).await;
                }
            }));
        }
        // A request that came at the same time may have set it; then both are equal.
        Ok(Rc::clone(self.settings.get_or_init(|| Rc::new(settings))))
    }

    /// The configuration that a request that comes now is answered from, and when that is.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there never was anything to answer from. It is tried again with the next request.
    pub async fn in_force(&self) -> Result<InForce<P>, Refusal> {
        self.config.in_force().await
    }

    /// The configuration alone.
    ///
    /// # Errors
    ///
    /// As [`in_force`](Self::in_force).
    pub async fn config(&self) -> Result<Rc<Snapshot<P::Engines>>, Refusal> {
        Ok(self.in_force().await?.snapshot)
    }

    /// The keys as their file has them, when they are not in force yet.
    pub fn newer_keys(&self, in_force: &Snapshot<P::Engines>, master: &MasterKeys) -> Option<Rc<Keys>> {
        self.config.newer_keys(in_force, master)
    }

    /// How much whom is let: as the file has it, be it in force yet or not. `None` when nobody is limited. A document that cannot be used is
    /// told where documents are, and limits nobody.
    pub(crate) fn limits(&self, in_force: &Snapshot<P::Engines>) -> Option<Rc<Limits>> {
        self.config.newer_limits(in_force).or_else(|| in_force.limits().ok().flatten())
    }

    /// Tells what operators have switched, when that is another thing than it was: once for a generation and node.
    pub(crate) fn tell_what_is_switched(&self, snapshot: &Snapshot<P::Engines>) {
        let switches = snapshot.switches();
        let before = self.switched.replace(Some(Rc::clone(&switches)));
        let is_as_before = |before: &Rc<Switches>| Rc::ptr_eq(before, &switches) || before.words() == switches.words();
        if before.as_ref().map_or_else(|| switches.words().is_empty(), is_as_before) {
            return;
        }
        let (what, generation) = (switches.to_string(), self.standing().generation.unwrap_or_default());
        let ports = Rc::clone(&self.ports);
        self.ports.spawn(Box::pin(async move {
            once::tell_once_a_day(&*ports, &Event::Switched { generation, what }).await;
        }));
    }

    /// Tells an event under the trace of the request that it happened to. What happens to every request of an outage is told at first and
    /// then every few seconds, with how often it happened: a log that is full of it tells nothing else.
    pub fn tell(&self, trace: &str, event: &Event) {
        if let Some(kind) = event.often() {
            match self.breaking.happened(&kind, self.ports.elapsed_ms()) {
                None => return,
                Some(0) => {}
                Some(times) => self.ports.tell("", &Event::Repeated { of: kind, times }),
            }
        }
        self.ports.tell(trace, event);
    }

    /// How the configuration stands: its generation, and what of its files is broken or ignored.
    pub fn standing(&self) -> Standing {
        self.config.standing()
    }
}
