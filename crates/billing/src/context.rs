//! What a request is carried out in: one trace, one moment, one deadline, one configuration.

use crate::asking::Waited;
use crate::billing::Billing;
use crate::caller::Caller;
use crate::config::{InForce, Snapshot};
use crate::event::Event;
use crate::patience::Patience;
use crate::ports::{CallError, Kind, Ports, StoreError, advice};
use crate::refusal::{Code, Refusal};
use crate::settings::Settings;
use crate::standing::Standing;
use farebox_fare::Timestamp;
use farebox_resilience::shedding::{self, Priority};
use futures::future::join;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// After how many seconds it is worth asking again for what an operator has switched off.
const SWITCHED_S: u64 = 10;

/// The context of one request.
pub struct Context<P: Ports> {
    /// What the requests of an instance share.
    pub billing: Rc<Billing<P>>,
    /// The documents that it is answered from.
    pub config: Rc<Snapshot<P::Engines>>,
    /// The variables that it is answered by.
    pub settings: Rc<Settings>,
    /// When it came.
    pub now: Timestamp,
    /// Who asks.
    pub caller: Caller,
    trace: String,
    /// When the store was first called, on the clock of [`Clock::elapsed`](crate::ports::Clock::elapsed). Many requests never
    /// call it, and asking the clock is a call of the host.
    first_call: Cell<Option<Duration>>,
    pub(crate) standing: Cell<Option<Standing>>,
    /// Whether the store has answered a call of this request.
    store_answers: Cell<bool>,
}

impl<P: Ports> Context<P> {
    /// The context of a request that comes now, from somebody who needs no key.
    ///
    /// # Errors
    ///
    /// `config-invalid` when variables or the folder of the configuration cannot be read.
    pub async fn new(billing: &Rc<Billing<P>>, trace: &str) -> Result<Self, Refusal> {
        let settings = billing.settings().await?;
        let (in_force, ()) = join(billing.in_force(), billing.look_at_breakers()).await;
        let InForce { snapshot, now_ms } = in_force?;
        billing.tell_what_is_switched(&snapshot);
        Ok(Self {
            first_call: Cell::new(None),
            standing: Cell::new(None),
            store_answers: Cell::default(),
            now: i64::try_from(now_ms / 1000).unwrap_or(Timestamp::MAX),
            caller: Caller::Local,
            trace: trace.to_owned(),
            billing: Rc::clone(billing),
            config: snapshot,
            settings,
        })
    }

    /// How much the caller may still ask for, if that is limited and was looked at.
    pub fn standing(&self) -> Option<Standing> {
        self.standing.get()
    }

    /// Whether the shared store has answered this request what it asked, at least once.
    pub(crate) fn store_answers(&self) -> bool {
        self.store_answers.get()
    }

    /// Under what it is traced.
    pub(crate) fn trace(&self) -> &str {
        &self.trace
    }

    /// The world around.
    pub fn ports(&self) -> &P {
        self.billing.ports()
    }

    /// Tells an event under the trace of the request.
    pub fn tell(&self, event: &Event) {
        self.billing.tell(&self.trace, event);
    }

    /// Waits for a call of the store that reads.
    ///
    /// # Errors
    ///
    /// [`StoreError::TimedOut`] when there is no answer in time; and whatever the call says.
    pub(crate) async fn read<T>(
        &self,
        patience: Patience,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let allowed = self.settings.deadlines.of_a_read(patience, self.since_the_first_call());
        let waited = if patience == Patience::Long { Waited::Fully } else { Waited::Briefly };
        self.ask(Kind::Reads, waited, allowed, call).await
    }

    /// Waits for a call of the store that writes what nothing depends on, as briefly as for a read that can be done without.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) async fn write_briefly<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let allowed = self.settings.deadlines.of_a_read(Patience::Short, self.since_the_first_call());
        self.ask(Kind::Posts, Waited::Briefly, allowed, call).await
    }

    /// Waits for a call of the store that writes what must be written.
    ///
    /// # Errors
    ///
    /// [`StoreError::TimedOut`] when there is no answer in time: what was to be written may be, or may yet be. And
    /// whatever the call says.
    pub(crate) async fn write<T, E>(&self, kind: Kind, call: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: CallError,
    {
        let allowed = self.settings.deadlines.of_a_write(self.since_the_first_call());
        self.ask(kind, Waited::Fully, allowed, call).await
    }

    /// Waits for a call that is made whatever is known of the store: of the node's own database, or one that more depends on than time.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub(crate) async fn ask_regardless<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let allowed = self.settings.deadlines.of_a_write(self.since_the_first_call());
        self.heard(self.ports().within(allowed, call).await?)
    }

    /// Waits for a call of the journal: as long as for a write, whatever the shared store has left of the time of its request.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub(crate) async fn here<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: CallError,
    {
        let allowed = self.settings.deadlines.write;
        self.unless_refused(self.ports().within(allowed, call).await?)
    }

    fn heard<T, E: CallError>(&self, answer: Result<T, E>) -> Result<T, E> {
        if answer.is_ok() {
            self.store_answers.set(true);
        }
        self.unless_refused(answer)
    }

    async fn ask<T, E: CallError>(
        &self,
        kind: Kind,
        waited: Waited,
        allowed: Duration,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let pass = self.billing.admit(kind)?;
        let answer = self.ports().timed(allowed, call).await;
        self.billing.hear(kind, pass, waited, (allowed, self.settings.deadlines), &answer);
        self.heard(answer.map_err(|_| StoreError::TimedOut)?)
    }

    /// Tells it when the store refuses, whatever becomes of the request: that does not go away by itself. Now and then is
    /// enough: where the disk is full, the log may be on it.
    fn unless_refused<T, E: CallError>(&self, answer: Result<T, E>) -> Result<T, E> {
        if let Err(error) = &answer
            && let Some(StoreError::Refused(why)) = error.of_store()
            && self.billing.refusing.is_news(why, self.ports().elapsed())
        {
            self.tell(&Event::StoreRefused { advice: advice(why), why: why.clone() });
        }
        answer
    }

    /// For how long the details of an estimate are kept, in seconds. Zero: not at all.
    pub(crate) fn quote_ttl_s(&self) -> u32 {
        self.config.switches().quote_ttl_s(self.settings.quote_ttl_s)
    }

    /// Turns a request away when this node is late, or when an operator said so. To be asked first: what is turned away is to cost
    /// nothing.
    ///
    /// # Errors
    ///
    /// `overloaded`.
    pub(crate) fn unless_shed(&self, priority: Priority) -> Result<(), Refusal> {
        let switched = shedding::is_shed(self.config.switches().shed.level(), priority);
        let (level, retry_after_s) = self.billing.breaking.level(self.ports().elapsed_ms());
        let (why, retry_after_s) = if switched {
            ("an operator has switched them off for a while", SWITCHED_S)
        } else if shedding::is_shed(level, priority) {
            ("this node has more to do than it can, and does what is more important", retry_after_s)
        } else {
            return Ok(());
        };
        let detail = format!("{} are turned away: {why}; ask again in {retry_after_s} s", priority.word());
        self.tell(&Event::TurnedAway { what: priority.word(), why });
        Err(Refusal { retry_after_s: Some(retry_after_s), ..Refusal::new(Code::Overloaded, detail) })
    }

    fn since_the_first_call(&self) -> Duration {
        let now = self.ports().elapsed();
        let first = self.first_call.get().unwrap_or(now);
        self.first_call.set(Some(first));
        now.saturating_sub(first)
    }
}
