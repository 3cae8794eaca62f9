//! `./x sim`: runs any number of seeds, and tells the story of one.

use anyhow::{Context as _, bail};
use clap::Parser;
use farebox_sim::exemptions::{self, EXEMPTIONS, Exemption};
use farebox_sim::plan::Plan;
use farebox_sim::run::{Outcome, Setting};
use farebox_sim::search::{first_failure, shrink};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

/// Simulate billing: two hosts, many requests, a store that fails in every way, and an auditor
///
/// A seed decides everything, so a seed that fails, fails again. It is then made as small as it can be, and told.
///
/// Examples:
///
///   ./x sim --seeds 100000
///
///   ./x sim --seed 4711
///
///   ./x sim --without UnstoredBillsBindNobody
#[derive(Debug, Parser)]
#[command(name = "sim", verbatim_doc_comment)]
struct Sim {
    /// How many seeds to run.
    #[arg(long, value_name = "COUNT", default_value_t = 2_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    from: u64,
    /// Run this seed only, and tell what happens.
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Take an exemption back: what it excuses is then a failure. Can be repeated.
    #[arg(long, value_name = "EXEMPTION")]
    without: Vec<String>,
    /// Plant a defect into billing. Needs a build with the feature `planted`.
    #[arg(long, value_name = "BUG")]
    plant: Option<String>,
    /// List exemptions and defects, and do nothing.
    #[arg(long)]
    list: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let sim = Sim::parse();
    if sim.list {
        return list();
    }
    plant(sim.plant.as_deref())?;
    let excused = excused(&sim.without)?;
    let setting = Setting::default();
    let (first, last) = match sim.seed {
        Some(seed) => (seed, seed),
        None => (sim.from, sim.from.saturating_add(sim.seeds.saturating_sub(1))),
    };
    if let Some(seed) = sim.seed {
        let plan = Plan::of(seed);
        let outcome = setting.run(&plan, &excused, true);
        if !sim.json {
            print!("{plan}")?;
            for line in &outcome.story {
                print!("{line}\n")?;
            }
            print!("{} steps\n", outcome.steps)?;
        }
    }
    let bar = ProgressBar::new(last - first + 1);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left")?);
    let (mut answers, mut events, mut steps) = (BTreeMap::new(), BTreeMap::new(), 0);
    let failed = first_failure(&setting, first..=last, &excused, |outcome: &Outcome| {
        bar.inc(1);
        steps += outcome.steps;
        for (name, count) in &outcome.answers {
            *answers.entry(*name).or_insert(0) += count;
        }
        for (name, count) in &outcome.events {
            *events.entry(name.clone()).or_insert(0) += count;
        }
    });
    bar.finish_and_clear();
    let found = failed.and_then(|seed| shrink(&setting, Plan::of(seed), &excused));
    if sim.json {
        let violation = found.as_ref().map(|found| {
            json!({
                "seed": failed, "promise": format!("{:?}", found.violation.promise), "what": found.violation.to_string(),
                "plan": found.plan.to_string(), "story": found.story,
            })
        });
        let report = json!({
            "first_seed": first, "last_seed": failed.unwrap_or(last), "steps": steps, "answers": answers,
            "events": events, "violation": violation,
        });
        print!("{report:#}\n")?;
    } else if let (Some(seed), Some(found)) = (failed, &found) {
        print!("seed {seed} breaks a promise. The smallest plan that still does:\n\n{}\n", found.plan)?;
        for line in &found.story {
            print!("{line}\n")?;
        }
        print!("\n{}\n\nagain: ./x sim --seed {seed}\n", found.violation)?;
    } else {
        print!("{} seeds, {steps} steps: every promise was kept, but for what is exempted\n", last - first + 1)?;
        for (name, count) in &answers {
            print!("{count:>10}  {name}\n")?;
        }
        print!("events:\n")?;
        for (name, count) in &events {
            print!("{count:>10}  {name}\n")?;
        }
    }
    Ok(if found.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Writes to the standard output, and ends quietly when nobody listens.
macro_rules! print {
    ($($argument:tt)*) => {
        write!(std::io::stdout(), $($argument)*)
    };
}
use print;

fn excused(without: &[String]) -> anyhow::Result<Vec<Exemption>> {
    let mut excused = exemptions::all();
    for name in without {
        let count = excused.len();
        excused.retain(|exemption| format!("{exemption:?}") != *name);
        if excused.len() == count {
            let known: Vec<String> = exemptions::all().iter().map(|exemption| format!("{exemption:?}")).collect();
            bail!("there is no exemption {name:?}; there are {}", known.join(", "));
        }
    }
    Ok(excused)
}

fn list() -> anyhow::Result<ExitCode> {
    print!("exemptions:\n")?;
    for entry in EXEMPTIONS {
        print!("  {:?} breaks {:?}, as seed {} shows\n", entry.exemption, entry.promise, entry.seed)?;
    }
    print!("defects that can be planted:\n")?;
    for bug in farebox_billing::planted::Bug::ALL {
        print!("  {bug:?}\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "planted")]
fn plant(name: Option<&str>) -> anyhow::Result<()> {
    use farebox_billing::planted::{Bug, plant};
    let bug = |name: &str| {
        let bug = Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
        bug.with_context(|| format!("there is no defect {name:?}; --list names them"))
    };
    plant(name.map(bug).transpose()?);
    Ok(())
}

#[cfg(not(feature = "planted"))]
fn plant(name: Option<&str>) -> anyhow::Result<()> {
    let none: Option<()> = name.map_or(Some(()), |_| None);
    none.context(
        "this build has no defects to plant: cargo run --release -p farebox-sim --features planted -- --plant ...",
    )
}
