//! What is found when everything is looked at.

use crate::answers::{Check, Verdict};
use crate::asking::PROBE;
use crate::billing::Billing;
use crate::config::{Broken, Snapshot, Standing};
use crate::context::Context;
use crate::engines::{Catalogue as _, Engines, Side};
use crate::patience::Patience;
use crate::ports::{Ports, StoreError};
use crate::refusal::Refusal;
use crate::requests::Tariffs as _;
use crate::settings::Settings;
use farebox_access::Enforcement;
use farebox_fare::Timestamp;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The checks that decide whether bills can be answered.
const DECIDE: [&str; 4] = ["variables", "configuration", "bills", "keys"];

/// As much of a problem as a check tells, in characters.
const TOLD: usize = 300;

/// The variables, the configuration, and what is wrong with either.
pub(super) struct Look<P: Ports> {
    pub(super) settings: Result<Rc<Settings>, Refusal>,
    pub(super) config: Result<Rc<Snapshot<P::Engines>>, Refusal>,
    pub(super) standing: Standing,
    pub(super) broken: Vec<Broken>,
    pub(super) misfits: Vec<Misfit>,
    /// In which the store is asked.
    pub(super) context: Option<Context<P>>,
    pub(super) checks: Vec<Check>,
}

/// A product whose rate cards do not go together.
pub(super) struct Misfit {
    pub(super) city: String,
    pub(super) product: String,
    pub(super) why: String,
}

impl<P: Ports> Look<P> {
    /// Looks at everything but the store. What was parsed once is not parsed again.
    pub(super) async fn at(billing: &Rc<Billing<P>>, trace: &str) -> Self {
        let settings = billing.settings().await;
        let config = billing.config().await;
        let standing = billing.standing();
        let (mut broken, mut misfits) = (standing.broken.clone(), Vec::new());
        if let Ok(config) = &config {
            broken = all_broken(config, settings.as_deref().ok(), &standing);
            misfits = all_misfits(config);
        }
        let told = |refusal: &Refusal| refusal.reason().to_owned();
        let bills = config.as_ref().map_err(|_| "nothing is in force".to_owned());
        let mut checks = vec![
            check("variables", settings.as_ref().err().map(told)),
            check("configuration", config.as_ref().err().map(told)),
            check("bills", bills.and_then(|config| bills_can_be_priced(config, billing.ports().now())).err()),
            check("documents", documents(&standing, &broken, &misfits)),
        ];
        if let (Ok(settings), Ok(config)) = (&settings, &config)
            && settings.signatures == Enforcement::On
        {
            checks.push(check("keys", config.admitting_keys(settings.master_keys.as_ref()).err()));
        }
        let context = Context::new(billing, trace).await.ok();
        Self { settings, config, standing, broken, misfits, context, checks }
    }

    /// The first city: the one that the store is tried under.
    pub(super) fn city(&self) -> Option<&str> {
        self.config.as_ref().ok()?.cities().first().copied()
    }

    /// Reads from the store. Any question that reaches the backend will do.
    pub(super) async fn read_store(&mut self) {
        let (Some(context), Some(city)) = (&self.context, self.city()) else { return };
        let read = context.read(Patience::Short, context.ports().quote(city, PROBE));
        let check = timed("store", context.ports(), read).await;
        self.checks.push(check);
    }

    /// What the checks come to.
    pub(super) fn verdict(&self) -> Verdict {
        verdict(&self.checks)
    }
}

fn verdict(checks: &[Check]) -> Verdict {
    let mut failed = checks.iter().filter(|check| !check.ok).peekable();
    if failed.peek().is_none() {
        Verdict::Ready
    } else if failed.any(|check| DECIDE.contains(&check.name)) {
        Verdict::NotReady
    } else {
        Verdict::Degraded
    }
}

/// A check that takes no time to speak of.
fn check(name: &'static str, problem: Option<String>) -> Check {
    Check { name, ok: problem.is_none(), took_us: None, problem: problem.map(clipped) }
}

/// A call of the store, and how long it takes.
pub(super) async fn timed<P: Ports, T>(
    name: &'static str,
    ports: &P,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Check {
    let began = ports.elapsed();
    let problem = call.await.err().map(|error| error.line());
    let took = ports.elapsed().saturating_sub(began);
    Check { took_us: Some(u64::try_from(took.as_micros()).unwrap_or(u64::MAX)), ..check(name, problem) }
}

/// Whether any product of any city has two rate cards now that a bill can be priced on.
fn bills_can_be_priced<E: Engines>(config: &Snapshot<E>, now: Timestamp) -> Result<(), String> {
    let mut why = "there is no rate card".to_owned();
    for city in config.cities() {
        for product in config.products(city) {
            match Side::BOTH.map(|side| config.card(city, product, side, now)) {
                [Ok(Some(passenger)), Ok(Some(driver))] if passenger.currency == driver.currency => return Ok(()),
                [Err(refusal), _] | [_, Err(refusal)] => refusal.reason().clone_into(&mut why),
                _ => why = format!("cards/{city}/{product}: none is in force, or they are in two currencies"),
            }
        }
    }
    Err(format!("no product of any city can be priced on both sides; the last one looked at: {why}"))
}

/// Every document that is not in force as its file is, or is in force and broken; by path.
fn all_broken<E: Engines>(config: &Snapshot<E>, settings: Option<&Settings>, standing: &Standing) -> Vec<Broken> {
    let mut all: BTreeMap<String, Broken> = BTreeMap::new();
    let mut add = |path: String, refusal: Refusal| {
        let why = refusal.reason();
        let why = why.strip_prefix(&format!("{path}: ")).unwrap_or(why).to_owned();
        all.insert(path.clone(), Broken { path, why, last_good: false });
    };
    for city in config.cities() {
        for product in config.products(city) {
            for (path, card) in Side::BOTH.into_iter().flat_map(|side| config.cards(city, product, side)) {
                if let Err(refusal) = card {
                    add(path.to_owned(), refusal);
                }
            }
        }
    }
    for city in config.cities_with_rules() {
        if let Err(refusal) = config.city(city) {
            add(format!("cities/{city}.json"), refusal);
        }
    }
    if let Err(refusal) = config.policy() {
        add("policies/default.json".to_owned(), refusal);
    }
    if let Some(master) = settings.and_then(|settings| settings.master_keys.as_ref())
        && config.has_keys()
        && let Err(refusal) = config.keys(master)
    {
        add("keys.json".to_owned(), refusal);
    }
    if let Err(refusal) = config.limits() {
        add("limits.json".to_owned(), refusal);
    }
    if let Err(refusal) = config.switches_or_why() {
        add("switches.json".to_owned(), refusal);
    }
    for locale in config.locales().into_iter().filter(|_| E::Catalogue::RENDERS) {
        if let Err(refusal) = config.catalogue(locale) {
            add(format!("copy/{locale}.ftl"), refusal);
        }
    }
    for broken in &standing.broken {
        // What the file has is newer than what is in force.
        all.insert(broken.path.clone(), broken.clone());
    }
    all.into_values().collect()
}

fn all_misfits<E: Engines>(config: &Snapshot<E>) -> Vec<Misfit> {
    let mut all = Vec::new();
    for city in config.cities() {
        for product in config.products(city) {
            let misfit = |why| Misfit { city: city.to_owned(), product: product.to_owned(), why };
            all.extend(config.misfits(city, product).into_iter().map(misfit));
        }
    }
    all
}

/// The first thing that is wrong with documents, and how many there are.
fn documents(standing: &Standing, broken: &[Broken], misfits: &[Misfit]) -> Option<String> {
    let unread = standing.unread.clone().into_iter();
    let broken = broken.iter().map(|Broken { path, why, last_good }| {
        let in_force = if *last_good { ", and the last good one is in force" } else { "" };
        format!("{path}{in_force}: {why}")
    });
    let misfits = misfits.iter().map(|Misfit { city, product, why }| format!("cards/{city}/{product}: {why}"));
    let mut all = unread.chain(broken).chain(misfits);
    let first = clipped(all.next()?);
    match all.count() {
        0 => Some(first),
        more => Some(format!("{more} more, see /statusz; {first}")),
    }
}

/// A broken document can have a great many problems.
fn clipped(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TOLD) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what no bill can be answered without makes it not ready.
    #[test]
    fn verdicts() {
        for (broken, expected) in [
            (&[][..], Verdict::Ready),
            (&["documents"], Verdict::Degraded),
            (&["store"], Verdict::Degraded),
            (&["store", "store-write", "documents", "database"], Verdict::Degraded),
            (&["bills"], Verdict::NotReady),
            (&["keys"], Verdict::NotReady),
            (&["store", "configuration"], Verdict::NotReady),
            (&["variables", "documents"], Verdict::NotReady),
        ] {
            let names = [&DECIDE[..], &["documents", "store", "store-write", "database", "database-write"]].concat();
            let check = |name: &'static str| check(name, broken.contains(&name).then(|| "broken".to_owned()));
            let checks: Vec<_> = names.into_iter().map(check).collect();
            assert_eq!(verdict(&checks), expected, "{broken:?}");
        }
    }

    /// A check is short, however much is wrong.
    #[test]
    fn problems_are_clipped() {
        let broken = |path: &str| Broken { path: path.to_owned(), why: "\u{4ef7}".repeat(5_000), last_good: true };
        let all = [broken("cards/a/b.driver.json"), broken("cards/a/b.passenger.json")];
        let told = documents(&Standing::default(), &all, &[]).unwrap_or_default();
        let begins = "1 more, see /statusz; cards/a/b.driver.json, and the last good one is in force: \u{4ef7}";
        assert!(told.starts_with(begins) && told.chars().count() < 400, "{told}");
        let told = documents(&Standing { unread: Some("gone".to_owned()), ..Standing::default() }, &[], &[]);
        assert_eq!(told.as_deref(), Some("gone"));
    }
}
