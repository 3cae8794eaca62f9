//! `./x faults`: breaks the store under a running application, one fault after the other, and tells what became of rides.

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use farebox_faults::exemptions::EXEMPTIONS;
use farebox_faults::load::{Phases, Surge};
use farebox_faults::measure::{Figures, Latency};
use farebox_faults::plan::{FAULTS, Fault, Store};
use farebox_faults::report::{self, Told};
use farebox_faults::rides::Prices;
use farebox_faults::run::{Setting, Size};
use farebox_faults::stage::NothingCanBeMounted;
use farebox_kit::artifacts::repository;
use farebox_tests::server::{Runtime, spin_is_installed};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Break the store under a running application, and audit what it answered
///
/// Real hosts, real Redis servers behind a proxy, and SQLite. Requests are sent at their due times, however late answers are. Each
/// fault has a time before it, while it lasts, and after it; then everything is read back, and held to the invariants. A report
/// with a picture of each fault is written to --out. What is known not to be kept is a list; anything else is a failure.
///
/// Examples:
///
///   ./x faults --only hung --only flushed
///
///   ./x faults --seconds 16 --out target/faults/full
#[derive(Debug, Parser)]
#[command(name = "faults", verbatim_doc_comment)]
struct Faults {
    /// Carry out this fault only. Can be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// How long each of the three phases is.
    #[arg(long, value_name = "SECONDS", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How many requests are sent a second.
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// How long what is due is waited for after each fault, until nothing is.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    settle: u64,
    /// Give a variable of the hosts a value. Can be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    variable: Vec<String>,
    /// List faults and exemptions, and do nothing.
    #[arg(long)]
    list: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Where the report is written [default: target/faults]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The exit code of what Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// How long the same load without a fault is good to compare with.
const A_MINUTE: Duration = Duration::from_secs(60);

fn main() -> Result<ExitCode> {
    let faults = Faults::parse();
    if faults.list {
        return list();
    }
    let chosen = chosen(&faults.only)?;
    let out = faults.out.clone().unwrap_or_else(|| repository().join("target/faults"));
    fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let stop: &'static AtomicBool = Box::leak(Box::default());
    runtime.spawn(async move {
        let ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut ended) = ended {
            tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = ended.recv() => {} }
            stop.store(true, Ordering::Relaxed);
        }
    });
    let phase = Duration::from_secs(faults.seconds);
    let size = Size {
        phases: Phases { before: phase, during: phase, after: phase },
        rate: faults.rate,
        seed: 0,
        settle: Duration::from_secs(faults.settle),
        variables: faults.variable.clone(),
    };
    let setting =
        Setting { handle: runtime.handle().clone(), prices: Arc::new(Prices::native()?), stop, runtime: Runtime::Host };
    let (told, notes) = Runs { setting, size: &size, control: None }.all(&chosen)?;

    for told in &told {
        fs::write(out.join(report::file(&told.name)), &told.picture)?;
    }
    let page = report::markdown(&told, &size, &notes);
    fs::write(out.join("report.md"), &page)?;
    let unexpected: Vec<String> = told.iter().flat_map(report::unexpected).collect();
    let mut output = std::io::stdout().lock();
    if faults.json {
        writeln!(output, "{:#}", report::json(&told, &size, &notes))?;
    } else {
        // The tables.
        let tables = page.split("\n## Each fault").next().unwrap_or(&page);
        writeln!(output, "{tables}\n{}", out.join("report.md").display())?;
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(if unexpected.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one after the other.
struct Runs<'a> {
    setting: Setting<'a>,
    size: &'a Size,
    /// The same load without a fault: since when, where, on how many hosts, and how long it took.
    control: Option<(Instant, Store, usize, Latency)>,
}

impl Runs<'_> {
    /// Carries out faults. Answers what is told of each, and what has to be said of all.
    fn all(mut self, faults: &[&'static Fault]) -> Result<(Vec<Told>, Vec<String>)> {
        let spin = spin_is_installed();
        let mut runs: Vec<(&Fault, Runtime)> = faults.iter().map(|fault| (*fault, Runtime::Host)).collect();
        let mut notes = Vec::new();
        if spin {
            runs.extend(faults.iter().filter(|fault| fault.suits_spin()).map(|fault| (*fault, Runtime::Spin)));
        } else {
            notes.push("Nothing was run on Spin: spin is not on PATH.".to_owned());
        }
        let each = self.size.phases.total().as_secs() + 2;
        let bar = ProgressBar::new(each * runs.len() as u64);
        bar.set_style(ProgressStyle::with_template("{bar:40} {percent}%, {elapsed}, about {eta} left, {msg}")?);
        bar.enable_steady_tick(Duration::from_millis(500));
        let mut told = Vec::new();
        for (number, (fault, runtime)) in runs.iter().enumerate() {
            let name = match runtime {
                Runtime::Host => fault.name.to_owned(),
                Runtime::Spin => format!("{} on Spin", fault.name),
            };
            // Where nobody looks at a bar, a line now and then.
            if bar.is_hidden() {
                writeln!(std::io::stderr(), "{} of {}: {name}", number + 1, runs.len())?;
            }
            bar.set_message(name.clone());
            self.setting.runtime = *runtime;
            let before = each * number as u64;
            let tick = |over: Duration| bar.set_position(before + over.as_secs());
            let run = self.control(fault).and_then(|control| {
                let outcome = self.setting.run(fault, self.size, &tick)?;
                Ok(Told::new(name.clone(), &outcome, control))
            });
            match run {
                Ok(run) => told.push(run),
                Err(error) if error.is::<NothingCanBeMounted>() => {
                    notes.push(format!("{name} was not run: {error}."));
                }
                // By then what was started has been stopped.
                Err(_) if self.setting.stop.load(Ordering::Relaxed) => {
                    notes.push(format!("It was stopped in {name}."));
                    break;
                }
                Err(error) => return Err(error.context(name)),
            }
        }
        bar.finish_and_clear();
        Ok((told, notes))
    }

    /// How long answers to the same load take without the fault, in the same minute: for one phase.
    fn control(&mut self, fault: &Fault) -> Result<Latency> {
        let store =
            if fault.store == Store::Sqlite || fault.store == Store::SqliteOnADisk { "sqlite-none" } else { "none" };
        let control = Fault::named(store).context("there is a fault that is none")?;
        if let Some((since, of, hosts, latency)) = self.control
            && (of, hosts) == (control.store, fault.hosts)
            && since.elapsed() < A_MINUTE
        {
            return Ok(latency);
        }
        let control: &'static Fault = Box::leak(Box::new(Fault { hosts: fault.hosts, surge: Surge::None, ..*control }));
        let third = self.size.phases.during / 3;
        let size = Size { phases: Phases { before: third, during: third, after: third }, ..self.size.clone() };
        let since = Instant::now();
        let outcome = self.setting.run(control, &size, &|_| {})?;
        let latency = Figures::overall(&outcome);
        self.control = Some((since, control.store, fault.hosts, latency));
        Ok(latency)
    }
}

fn chosen(names: &[String]) -> Result<Vec<&'static Fault>> {
    if names.is_empty() {
        return Ok(FAULTS.iter().collect());
    }
    let known = || FAULTS.iter().map(|fault| fault.name).collect::<Vec<_>>().join(", ");
    let find = |name: &String| match Fault::named(name) {
        Some(fault) => Ok(fault),
        None => bail!("there is no fault {name:?}; there are {}", known()),
    };
    names.iter().map(find).collect()
}

fn list() -> Result<ExitCode> {
    let mut output = std::io::stdout().lock();
    for Fault { name, what, .. } in FAULTS {
        writeln!(output, "{name:<22} {what}")?;
    }
    writeln!(output, "\nwhat is not kept today:")?;
    for entry in EXEMPTIONS {
        let ids: Vec<&str> = entry.breaks.iter().map(|invariant| invariant.id()).collect();
        let faults = if entry.faults.is_empty() { "all".to_owned() } else { entry.faults.join(", ") };
        writeln!(output, "  {} ({:?}): {}; {faults}", ids.join(", "), entry.how, entry.why)?;
    }
    Ok(ExitCode::SUCCESS)
}
