//! What a request is carried out in: one trace, one moment, one deadline, one configuration.

use crate::billing::Billing;
use crate::caller::Caller;
use crate::config::{InForce, Snapshot};
use crate::event::Event;
use crate::patience::Patience;
use crate::ports::{CallError, Ports, StoreError, advice};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::standing::Standing;
use farebox_fare::Timestamp;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

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
        let InForce { snapshot, now_ms } = billing.in_force().await?;
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

    /// The world around.
    pub fn ports(&self) -> &P {
        self.billing.ports()
    }

    /// Tells an event under the trace of the request.
    pub fn tell(&self, event: &Event) {
        self.ports().tell(&self.trace, event);
    }

    /// Waits for a call of the store that reads, or that nothing depends on.
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
        self.heard(self.ports().within(allowed, call).await?)
    }

    /// Waits for a call of the store that writes what must be written.
    ///
    /// # Errors
    ///
    /// [`StoreError::TimedOut`] when there is no answer in time: what was to be written may be, or may yet be. And
    /// whatever the call says.
    pub(crate) async fn write<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: CallError,
    {
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

    fn since_the_first_call(&self) -> Duration {
        let now = self.ports().elapsed();
        let first = self.first_call.get().unwrap_or(now);
        self.first_call.set(Some(first));
        now.saturating_sub(first)
    }
}
