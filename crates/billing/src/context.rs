//! What a request is carried out in: one trace, one moment, one deadline, one configuration.

use crate::billing::Billing;
use crate::config::{InForce, Snapshot};
use crate::event::Event;
use crate::ports::{Ports, StoreError};
use crate::refusal::Refusal;
use crate::settings::Settings;
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
    trace: String,
    /// Until when the store is waited for, on the clock of [`Clock::elapsed`](crate::ports::Clock::elapsed); from the first
    /// call on. Many requests make none, and asking the clock is a call of the host.
    deadline: Cell<Option<Duration>>,
}

impl<P: Ports> Context<P> {
    /// The context of a request that comes now.
    ///
    /// # Errors
    ///
    /// `config-invalid` when variables or the folder of the configuration cannot be read.
    pub async fn new(billing: &Rc<Billing<P>>, trace: &str) -> Result<Self, Refusal> {
        let settings = billing.settings().await?;
        let InForce { snapshot, now_ms } = billing.in_force().await?;
        Ok(Self {
            deadline: Cell::new(None),
            now: i64::try_from(now_ms / 1000).unwrap_or(Timestamp::MAX),
            trace: trace.to_owned(),
            billing: Rc::clone(billing),
            config: snapshot,
            settings,
        })
    }

    /// The world around.
    pub fn ports(&self) -> &P {
        self.billing.ports()
    }

    /// Tells an event under the trace of the request.
    pub fn tell(&self, event: &Event) {
        self.ports().tell(&self.trace, event);
    }

    /// Waits for a call of the store that has a fallback.
    ///
    /// # Errors
    ///
    /// [`StoreError::TimedOut`] when there is no answer in time; and whatever the call says.
    pub async fn read<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.within(self.settings.read_deadline, call).await?
    }

    /// Waits for a call of the store that writes what must be written.
    ///
    /// # Errors
    ///
    /// [`StoreError::TimedOut`] when there is no answer in time: what was to be written may be, or may yet be. And
    /// whatever the call says.
    pub async fn write<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.within(self.settings.write_deadline, call).await?
    }

    /// Waits for a call as long as it is allowed to take, and never beyond the deadline of the request. The call is then
    /// abandoned; it may still take effect later.
    async fn within<T>(&self, allowed: Duration, call: impl Future<Output = T>) -> Result<T, StoreError> {
        let now = self.ports().elapsed();
        let deadline = self.deadline.get().unwrap_or_else(|| now.saturating_add(self.settings.request_deadline));
        self.deadline.set(Some(deadline));
        let left = deadline.saturating_sub(now);
        self.ports().within(allowed.min(left), call).await
    }
}
