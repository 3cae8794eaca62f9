//! What is told of all runs: a page, pictures, JSON. Nothing of it is of this machine but its figures.

use crate::audit::Invariant;
use crate::exemptions::excused;
use crate::measure::{Figures, Latency, Part, thousandths, timeline};
use crate::run::{Outcome, Size};
use crate::svg;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// A fault, and the same load without one.
pub struct Told {
    /// The name, and on what if it is not the host.
    pub name: String,
    /// What happened, in words.
    pub what: &'static str,
    /// Its figures.
    pub figures: Figures,
    /// How long it took without the fault.
    pub control: Latency,
    /// How many trips break what, and an example.
    pub broken: BTreeMap<Invariant, (usize, String)>,
    /// How many trips there were.
    pub trips: usize,
    /// The picture.
    pub picture: String,
    fault: &'static str,
}

impl Told {
    /// Tells of a run.
    pub fn new(name: String, outcome: &Outcome, control: Latency) -> Self {
        let mut broken: BTreeMap<Invariant, (usize, String)> = BTreeMap::new();
        for (ride, violation) in &outcome.violations {
            let example = || (0, format!("{}: {}", crate::sender::trip(*ride), violation.what));
            broken.entry(violation.invariant).or_insert_with(example).0 += 1;
        }
        let title = format!("{name}: {}", outcome.fault.what);
        Self {
            picture: svg::timeline(&title, &timeline(&outcome.sent), outcome.window),
            figures: Figures::of(outcome),
            what: outcome.fault.what,
            fault: outcome.fault.name,
            trips: outcome.trips.len(),
            name,
            control,
            broken,
        }
    }

    fn count(&self, invariants: &[Invariant]) -> usize {
        invariants.iter().filter_map(|invariant| self.broken.get(invariant)).map(|(count, _)| count).sum()
    }

    /// What is broken that is not on the list of exemptions.
    pub fn unexpected(&self) -> impl Iterator<Item = (Invariant, &(usize, String))> {
        let of_it = |(invariant, _): &(&Invariant, _)| !excused(self.fault, **invariant, false);
        self.broken.iter().filter(of_it).map(|(invariant, found)| (*invariant, found))
    }
}

/// What is not told in a column of its own.
const OTHERS: [Invariant; 8] = [
    Invariant::RevisionsFollow,
    Invariant::LedgerIsOwed,
    Invariant::LedgerAddsUp,
    Invariant::ProvisionalIsDue,
    Invariant::AllIsAnswered,
    Invariant::RefusedWithoutAStore,
    Invariant::HeadIsListed,
    Invariant::FinalIsComplete,
];

/// The report, as a page of Markdown. `notes` are what has to be said of all of it.
pub fn markdown(told: &[Told], size: &Size, notes: &[String]) -> String {
    let mut page = String::new();
    // Writing to a text does not fail.
    let mut put = |line: std::fmt::Arguments<'_>| _ = writeln!(page, "{line}");
    put(format_args!("# Faults\n"));
    put(format_args!(
        "{} requests a second, open loop; {} s before each fault, {} s of it, {} s after it.\n",
        size.rate,
        tenths(size.phases.before),
        tenths(size.phases.during),
        tenths(size.phases.after)
    ));
    for note in notes {
        put(format_args!("{note}\n"));
    }
    put(format_args!("## Answers\n"));
    put(format_args!(
        "Latencies are p50 / p99 / longest, in ms, from when a request was due. A fault is known of from two seconds after its beginning. The control is the same load without the fault.\n"
    ));
    put(format_args!(
        "| fault | requests | answered before, during, after | before | during | known of | after | control | recovery |"
    ));
    put(format_args!("|---|---|---|---|---|---|---|---|---|"));
    for Told { name, figures, control, .. } in told {
        let [before, during, after] = &figures.parts;
        let requests = before.requests + during.requests + after.requests;
        let answered = |part: &Part| percent(thousandths(part.answered, part.requests));
        put(format_args!(
            "| {name} | {requests} | {}, {}, {} | {} | {} | {} | {} | {} | {} |",
            answered(before),
            answered(during),
            answered(after),
            latency(before.latency),
            latency(during.latency),
            latency(figures.known),
            latency(after.latency),
            latency(*control),
            figures.recovery.map_or("not seen".to_owned(), |recovery| format!("{} s", tenths(recovery)))
        ));
    }
    put(format_args!("\n## What was kept\n"));
    put(format_args!(
        "Trips of which something is not true. Degraded: bills answered while the fault lasted, of all that were.\n"
    ));
    put(format_args!(
        "| fault | trips | degraded | lost (I1, I8) | doubled (I10) | contradicting (I2, I2b) | wrong, not marked (I13) | kept nowhere (I1b) | mocked for good (I15) | others | memory, MiB | log lines |"
    ));
    put(format_args!("|---|---|---|---|---|---|---|---|---|---|---|---|"));
    for fault in told {
        let Told { name, figures, trips, .. } = fault;
        let [_, during, _] = &figures.parts;
        let [first, most, last] = figures.memory.map(|kib| kib / 1024);
        let [meanwhile, all] = figures.lines;
        let short = match figures.short {
            (_, 0) => "0".to_owned(),
            (short, count) => format!("{count} (short by {})", money(short)),
        };
        let others: Vec<String> = OTHERS
            .iter()
            .filter_map(|invariant| Some(format!("{invariant}: {}", fault.broken.get(invariant)?.0)))
            .collect();
        put(format_args!(
            "| {name} | {trips} | {} | {} | {} | {} | {short} | {} | {} | {} | {first}, {most}, {last} | {meanwhile} of {all} |",
            degraded(during),
            fault.count(&[Invariant::AnsweredIsKept, Invariant::AcknowledgedIsKept]),
            fault.count(&[Invariant::PaidOnce]),
            fault.count(&[Invariant::RepeatsAgree, Invariant::UnkeptRepeatsAgree]),
            fault.count(&[Invariant::KeptSomewhere]),
            fault.count(&[Invariant::MockedIsRepaired]),
            if others.is_empty() { "-".to_owned() } else { others.join(", ") },
        ));
    }
    put(format_args!("\n## What is not on the list of exemptions\n"));
    let unexpected: Vec<String> = told.iter().flat_map(unexpected).collect();
    put(format_args!("{}", if unexpected.is_empty() { "Nothing.".to_owned() } else { unexpected.join("\n") }));
    put(format_args!("\n## Each fault\n"));
    for fault in told {
        put(format_args!("### {}\n\n{}\n\n![]({})\n", fault.name, sentence(fault.what), file(&fault.name)));
        for (invariant, (count, example)) in &fault.broken {
            put(format_args!("- {invariant}, {}: {count}. {example}", invariant.words()));
        }
        put(format_args!(""));
    }
    page
}

/// What is broken that is not on the list of exemptions, a line each.
pub fn unexpected(told: &Told) -> impl Iterator<Item = String> {
    told.unexpected().map(|(invariant, (count, example))| {
        format!("- {}: {invariant}, {}: {count} trips. {example}", told.name, invariant.words())
    })
}

/// The same as JSON. Times in microseconds, memory in KiB, money in minor units.
pub fn json(told: &[Told], size: &Size, notes: &[String]) -> Value {
    let latency = |latency: Latency| {
        let Latency { p50, p99, max } = latency;
        json!({"p50_us": micros(p50), "p99_us": micros(p99), "max_us": micros(max)})
    };
    let part = |part: &Part| {
        json!({
            "requests": part.requests, "answered": part.answered, "bills": part.bills, "degraded": part.degraded,
            "reasons": part.reasons, "latency": latency(part.latency),
        })
    };
    let fault = |told: &Told| {
        let Told { name, what, figures, control, broken, trips, .. } = told;
        let Figures { parts: [before, during, after], known, recovery, memory, lines, short } = figures;
        let broken: BTreeMap<&str, Value> = broken
            .iter()
            .map(|(invariant, (count, example))| {
                let is_excused = excused(told.fault, *invariant, false);
                (invariant.id(), json!({"trips": count, "example": example, "exempted": is_excused}))
            })
            .collect();
        json!({
            "name": name, "what": what, "trips": trips, "before": part(before), "during": part(during), "after": part(after),
            "known": latency(*known), "control": latency(*control), "recovery_us": recovery.map(micros), "memory_kib": memory,
            "log_lines": {"during": lines[0], "all": lines[1]},
            "short": {"amount": short.0, "trips": short.1}, "broken": broken,
        })
    };
    json!({
        "rate": size.rate, "notes": notes,
        "phases_us": [micros(size.phases.before), micros(size.phases.during), micros(size.phases.after)],
        "faults": told.iter().map(fault).collect::<Vec<_>>(),
    })
}

/// The name of a fault's picture.
pub fn file(name: &str) -> String {
    format!("{}.svg", name.replace(' ', "-"))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn latency(Latency { p50, p99, max }: Latency) -> String {
    let ms = |time: Duration| {
        let micros = micros(time);
        if micros < 10_000 {
            format!("{}.{}", micros / 1_000, micros % 1_000 / 100)
        } else {
            format!("{}", micros / 1_000)
        }
    };
    format!("{} / {} / {}", ms(p50), ms(p99), ms(max))
}

fn degraded(part: &Part) -> String {
    if part.degraded == 0 {
        return format!("0 of {}", part.bills);
    }
    let reasons: Vec<String> = part.reasons.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
    let share = percent(thousandths(part.degraded, part.bills));
    format!("{} of {} ({share}): {}", part.degraded, part.bills, reasons.join(", "))
}

fn percent(thousandths: usize) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

fn tenths(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn money(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
