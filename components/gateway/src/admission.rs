//! Whether a request is let in: before its body is read, and before anything is looked for.
//!
//! What is decided stands in `farebox-access`; here is what it is decided from. A request that is let in goes on with whoever asks
//! in its context, and is asked once more when its city is known.

use crate::peer;
use crate::refusals;
use farebox_access::{Asked, Enforcement, Keys, Need, Operation, Who, identify, may};
use farebox_billing::caller::{Caller, Signed};
use farebox_billing::ports::Ports;
use farebox_billing::settings::Settings;
use farebox_billing::{Billing, Context, Standing, journal};
use farebox_signatures as signatures;
use farebox_web::problem::ProblemDetails;
use farebox_web::request::Request;
use std::cell::OnceCell;
use std::rc::Rc;

/// The header in which a host says the key of its timers.
const TIMERS_KEY: &str = "farebox-timers-key";

/// A request that is let in.
pub struct Admitted<P: Ports> {
    /// What it is carried out in, once that was needed.
    context: OnceCell<Rc<Context<P>>>,
}

impl<P: Ports> Admitted<P> {
    /// What it is carried out in. Where nobody is asked for a key it is made now: nothing is looked at before the body is known to
    /// be good.
    ///
    /// # Errors
    ///
    /// `config-invalid` when variables or the folder of the configuration cannot be read.
    pub async fn context(&self, billing: &Rc<Billing<P>>, trace: &str) -> Result<Rc<Context<P>>, ProblemDetails> {
        if let Some(context) = self.context.get() {
            return Ok(Rc::clone(context));
        }
        let context = Context::new(billing, trace).await.map(Rc::new).map_err(refusals::details)?;
        Ok(Rc::clone(self.context.get_or_init(|| context)))
    }

    /// How much the caller may still ask for, if that was looked at.
    pub fn standing(&self) -> Option<Standing> {
        self.context.get()?.standing()
    }

    /// Goes on with what is to be done when there is something to answer.
    pub fn after_answer(&self) {
        if let Some(context) = self.context.get() {
            journal::after_answer(context);
        }
    }

    /// Whether it is known who asks.
    pub fn is_signed(&self) -> bool {
        self.context.get().is_some_and(|context| matches!(context.caller, Caller::Signed(_)))
    }
}

/// Lets a request in.
///
/// # Errors
///
/// 401 when it is not known who asks, 403 when they may not; `config-invalid` when that cannot be found out.
pub async fn admit<P: Ports>(
    billing: &Rc<Billing<P>>,
    request: &Request,
    operation: Operation,
    trace: &str,
) -> Result<Admitted<P>, ProblemDetails> {
    if operation.need(true) == Need::Nothing {
        return Ok(Admitted { context: OnceCell::new() });
    }
    let (enforcement, timer) = match billing.settings().await {
        Ok(settings) => (settings.signatures, is_on_a_timer(&settings, request)),
        // What is wrong with variables has to be told to somebody.
        Err(_) if operation == Operation::Status => (Enforcement::Off, false),
        Err(refusal) => return Err(refusals::details(refusal)),
    };
    let host = Who { key: None, loopback: false, timer };
    if timer && may(host, asked(operation), enforcement).is_ok() {
        return Ok(Admitted { context: OnceCell::new() });
    }
    if !operation.asks_who(enforcement) {
        let peer = peer::admit(request.headers(peer::HEADER));
        let who = Who { key: None, loopback: peer.is_ok(), timer: false };
        may(who, asked(operation), enforcement).or_else(|denied| peer.and(Err(refusals::denied(&denied))))?;
        return Ok(Admitted { context: OnceCell::new() });
    }
    let mut context = Context::new(billing, trace).await.map_err(refusals::details)?;
    let master = context.settings.master_keys.as_ref();
    let newer = master.and_then(|master| billing.newer_keys(&context.config, master));
    let in_force = || context.config.admitting_keys(master).map(|parsed| Rc::clone(&parsed.keys));
    // Without keys nobody is let in, and `/readyz` says why.
    let keys = newer.map_or_else(in_force, Ok).unwrap_or_default();
    context.caller = Caller::Signed(signed(&keys, &context, request, operation)?);
    Ok(Admitted { context: OnceCell::from(Rc::new(context)) })
}

/// Whether the host that runs this asks on a timer: it says the key that it has given.
fn is_on_a_timer(settings: &Settings, request: &Request) -> bool {
    let (said, key) = (request.header(TIMERS_KEY), settings.timers_key.as_ref());
    key.zip(said).is_some_and(|(key, said)| key.is(said))
}

/// The city is not known yet. The driver's side is in every bill; elsewhere it depends on what is found.
fn asked(operation: Operation) -> Asked<'static> {
    Asked { operation, city: None, driver_side: operation == Operation::Bill }
}

fn signed<P: Ports>(
    keys: &Rc<Keys>,
    context: &Context<P>,
    request: &Request,
    operation: Operation,
) -> Result<Signed, ProblemDetails> {
    let parts = signatures::Request {
        method: request.method.as_str(),
        path: request.path(),
        query: request.query(),
        headers: &request.headers,
        body: &request.body,
    };
    let denied = |denied| refusals::denied(&denied);
    let identified = identify(keys, &parts, context.now, context.settings.clock_window_s).map_err(denied)?;
    let who = Who { key: Some(identified.key), loopback: false, timer: false };
    may(who, asked(operation), Enforcement::On).map_err(denied)?;
    let key = identified.key.id.clone();
    let attempt = context.ports().unique();
    Ok(Signed::new(Rc::clone(keys), key, operation, identified.nonce, identified.created, attempt))
}
