//! How everything stands.

use super::look::{Look, Misfit, timed};
use crate::answers::{
    BreakerState, BreakerStatus, BrokenDocument, ConfigurationStatus, DocumentsStatus, EngineNumbers, JournalStatus,
    MisfitDocument, NextGeneration, SheddingStatus, StatusDocument, StoreStatus,
};
use crate::asking::{KEPT_S, PROBE, WRITTEN};
use crate::billing::Billing;
use crate::config::switches::Switches;
use crate::config::{Broken, Text, Texts};
use crate::engines::Engines;
use crate::ports::{JournalStanding, Kind, Ports, Row};
use farebox_access::Enforcement;
use farebox_fare::time;
use farebox_resilience::shedding::Priority;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The variables whose values are told.
const SHOWN: [&str; 12] = [
    "store_backend",
    "site",
    "sqlite_synchronous",
    "buckets",
    "quote_ttl_s",
    "trip_ttl_s",
    "store_read_deadline_ms",
    "store_write_deadline_ms",
    "store_budget_ms",
    "cors_origins",
    "signatures",
    "clock_window_s",
];

/// Looks at everything: at what [`readiness`](super::readiness) looks at, and at whether the store can be written.
///
/// It writes a quote that no estimate has, always the same, under the first city: the least that goes all the way a write
/// goes, past the fence and the buckets, and is written anew each time. A document would be written once and then only
/// looked for.
pub async fn status<P: Ports>(billing: &Rc<Billing<P>>, trace: &str) -> StatusDocument {
    let mut look = Look::at(billing, trace).await;
    look.read_store().await;
    let mut variables = BTreeMap::new();
    for name in SHOWN {
        // One that is missing is told by whoever needs it.
        if let Ok(value) = billing.ports().variable(name).await {
            variables.insert(name, value);
        }
    }
    let store = write_stores(&mut look)
        .await
        .map(|city| StoreStatus { backend: variables.get("store_backend").cloned().unwrap_or_default(), city });
    let journal = journal(&look).await;
    let switches = look.config.as_ref().map(|config| config.switches()).unwrap_or_default();
    StatusDocument {
        status: look.verdict(),
        release: env!("CARGO_PKG_VERSION"),
        engines: EngineNumbers { pricing: P::Engines::pricing(), commission: P::Engines::commission() },
        variables,
        signatures: signatures(&look),
        development_key: look.settings.as_ref().ok().map(|settings| settings.signs_with_the_development_key),
        store,
        journal,
        configuration: configuration(&look),
        breakers: breakers(billing),
        shedding: shedding(billing, &switches),
        switched: switches.words(),
        checks: look.checks,
    }
}

/// The breakers as this instance knows them, which is as they are on this node, to a quarter of a second.
fn breakers<P: Ports>(billing: &Billing<P>) -> Vec<BreakerStatus> {
    let standing = billing.breaking.standing().into_iter();
    let breaker = |(kind, row, refused): (Kind, Row, u64)| BreakerStatus {
        kind: kind.word(),
        state: if row.is_open { BreakerState::Open } else { BreakerState::Closed },
        since: (row.opened > 0).then(|| time::format(i64::try_from(row.since_ms / 1000).unwrap_or(i64::MAX))),
        why: (row.opened > 0).then_some(row.why),
        opened: row.opened,
        refused,
    };
    standing.map(breaker).collect()
}

/// What is turned away.
fn shedding<P: Ports>(billing: &Billing<P>, switches: &Switches) -> SheddingStatus {
    let ((late, _), switched) = (billing.breaking.level(billing.ports().elapsed_ms()), switches.shed.level());
    let level = late.max(switched);
    let why = if switched >= late { "switched" } else { "late" };
    SheddingStatus { level: level.map_or("none", Priority::word), why: level.map(|_| why) }
}

/// Whether requests have to be signed, and what that means here.
fn signatures<P: Ports>(look: &Look<P>) -> String {
    let Ok(settings) = &look.settings else {
        return "not known, the variables are wrong: nothing that needs a key is answered".to_owned();
    };
    if settings.signatures == Enforcement::Off {
        return "off: only callers on this machine are answered; behind a proxy on it, that is everybody".to_owned();
    }
    let keys = look.config.as_ref().ok().map(|config| config.admitting_keys(settings.master_keys.as_ref()));
    match keys.and_then(Result::ok) {
        None => "required, and there are no keys: nothing that needs one is answered".to_owned(),
        Some(keys) => {
            let previous = ", sealed under a previous master key: change any key before that is given up";
            let number = keys.keys.len();
            let there = if number == 1 { "there is 1 key".to_owned() } else { format!("there are {number} keys") };
            format!("required: {there}{}", if keys.under_previous { previous } else { "" })
        }
    }
}

/// How the journal stands.
async fn journal<P: Ports>(look: &Look<P>) -> Option<JournalStatus> {
    let context = look.context.as_ref()?;
    let JournalStanding { waiting, oldest_ms, superseded, refused, bytes } =
        context.here(context.ports().journal()).await.ok()?;
    let oldest = oldest_ms.map(|ms| time::format(i64::try_from(ms / 1000).unwrap_or(i64::MAX)));
    Some(JournalStatus { waiting, oldest, superseded, refused, bytes })
}

/// Writes the store, and reads and writes the database of the node: the city that it was done for.
async fn write_stores<P: Ports>(look: &mut Look<P>) -> Option<String> {
    let (context, city) = (look.context.as_ref()?, look.city()?.to_owned());
    let (ports, file) = (context.ports(), Text::new(WRITTEN));
    let checks = [
        timed("store-write", ports, context.write(Kind::Posts, ports.put_quote(&city, PROBE, WRITTEN, KEPT_S))).await,
        timed("database", ports, context.ask_regardless(ports.generations())).await,
        timed("database-write", ports, context.ask_regardless(ports.put_file(&file.version, &file.text))).await,
    ];
    look.checks.extend(checks);
    Some(city)
}

fn configuration<P: Ports>(look: &Look<P>) -> ConfigurationStatus {
    let standing = &look.standing;
    let next = standing.next.map(|(generation, at_ms)| {
        let at = i64::try_from(at_ms.div_ceil(1000)).unwrap_or(i64::MAX);
        NextGeneration { generation, at: time::format(at) }
    });
    let broken = |Broken { path, why, last_good }: &Broken| BrokenDocument {
        path: path.clone(),
        why: why.clone(),
        last_good: *last_good,
    };
    let misfit = |Misfit { city, product, why }: &Misfit| MisfitDocument {
        city: city.clone(),
        product: product.clone(),
        why: why.clone(),
    };
    ConfigurationStatus {
        generation: standing.generation,
        next,
        documents: look.config.as_ref().map(|config| documents(config.texts())).unwrap_or_default(),
        broken: look.broken.iter().map(broken).collect(),
        misfits: look.misfits.iter().map(misfit).collect(),
        ignored: standing.ignored.clone(),
        unread: standing.unread.clone(),
    }
}

/// The documents of each folder.
fn documents(texts: &Texts) -> BTreeMap<String, DocumentsStatus> {
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in texts.iter() {
        let folder = path.split('/').next().unwrap_or_default();
        folders.entry(folder.to_owned()).or_default().push(format!("{path} {}\n", text.version));
    }
    let status =
        |lines: Vec<String>| DocumentsStatus { count: lines.len(), version: Text::new(&lines.concat()).version };
    folders.into_iter().map(|(folder, lines)| (folder, status(lines))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    /// The variables that are secrets, or have one in them.
    const SECRET: [&str; 6] =
        ["redis_url", "signing_key", "previous_signing_keys", "master_key", "previous_master_keys", "timers_key"];

    /// Every variable of the gateway is either told or known to be a secret.
    #[test]
    fn variables_are_told_or_secret() {
        let manifest = include_str!("../../../../spin.toml");
        let (_, variables) = manifest.split_once("[component.gateway.variables]\n").unwrap();
        let lines = variables.lines().take_while(|line| !line.starts_with('['));
        let names: BTreeSet<&str> = lines.filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
        assert_eq!(names, SHOWN.into_iter().chain(SECRET).collect());
    }
}
