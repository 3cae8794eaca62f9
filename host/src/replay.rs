//! `farebox replay`: prices bills again from their records, on their own rate cards or on candidates.
//!
//! - [`record`]: what is read of a bill record
//! - [`stream`]: through a file of any length, on all cores
//! - [`prove`]: the same versions, the same bytes
//! - [`shadow`]: other cards, and what would have been different
//! - `report`, `page`: what people and programs are told

pub mod diff;
pub mod distribution;
pub mod first;
pub mod prove;
pub mod record;
pub mod settling;
pub mod shadow;
pub mod stream;

mod chart;
mod page;
mod report;

use crate::card::archive::Archive;
use crate::{input, output, quote};
use anyhow::{Context, ensure};
use clap::Args;
use flate2::read::MultiGzDecoder;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use prove::Proof;
use shadow::{Candidates, Shadow};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use stream::{Done, Run, Tally};

/// Price bills again from their records: prove them, or try another rate card on them
///
/// Without --card every bill is priced on the versions of its rate cards, settled under its version of the policy, and
/// compared with its record, byte for byte.
/// Exit code 1 when one differs or cannot be compared.
///
/// With --card the bills of the candidate's city, product and side are priced on the candidate instead, and what would
/// have been different is reported. Exit code 1 when one cannot be priced or read.
///
/// Ctrl-C ends it with what was done so far, and exit code 130.
///
/// Examples:
///
///   farebox replay bills.jsonl --cards config/cards --cards archive
///
///   farebox replay bills.jsonl --card candidate.json --html report.html
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Replay {
    /// Bill records, one a line, as GET /v1/trips/{trip_id}/bill answers them, or as `farebox archive write` has written them (.gz); "-" is
    /// the standard input.
    #[arg(value_name = "BILLS")]
    bills: PathBuf,
    /// Where rate cards are, those of earlier days as well. May be given several times; folders in it are searched too.
    #[arg(long, value_name = "DIR", default_value = "config/cards", conflicts_with = "card")]
    cards: Vec<PathBuf>,
    /// Where commission policies are, those of earlier days as well. May be given several times.
    #[arg(long, value_name = "DIR", default_value = "config/policies", conflicts_with = "card")]
    policies: Vec<PathBuf>,
    /// A candidate to price history with. May be given several times, for different bills.
    #[arg(long, value_name = "FILE")]
    card: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write a page with the distributions, that needs nothing else to be shown.
    #[arg(long, value_name = "FILE", requires = "card", conflicts_with = "cards")]
    html: Option<PathBuf>,
    /// How many failures, and how many of the largest changes, to show.
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    show: usize,
    /// How many threads. All cores when left out.
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<NonZero<usize>>,
}

impl Replay {
    /// Replays the bills and prints what came out.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written, or a candidate is not a good rate card.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.card.is_empty() { self.prove() } else { self.shadow() }
    }

    fn prove(&self) -> anyhow::Result<ExitCode> {
        let archive = Archive::open(self.cards.iter().chain(&self.policies))?;
        let done = self.go_through(|| Proof::new(&archive, self.show))?;
        output::print(if self.json { report::proof_json(&done)? } else { report::proof_text(&done) })?;
        self.finish(&done, done.tally.failed())
    }

    fn shadow(&self) -> anyhow::Result<ExitCode> {
        let cards = self.card.iter().map(|path| quote::load_card(path)).collect::<anyhow::Result<_>>()?;
        let candidates = Candidates::new(cards).map_err(anyhow::Error::msg)?;
        let done = self.go_through(|| Shadow::new(&candidates, self.show))?;
        if let Some(path) = &self.html {
            let page = page::page(&input::name(&self.bills), &done);
            std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
        }
        output::print(if self.json { report::shadow_json(&done)? } else { report::shadow_text(&done) })?;
        self.finish(&done, done.tally.failed())
    }

    fn go_through<T: Tally>(&self, new: impl Fn() -> T + Sync) -> anyhow::Result<Done<T>> {
        let (reader, length): (Box<dyn BufRead + Send>, _) = if input::is_stdin(&self.bills) {
            (Box::new(BufReader::new(io::stdin())), None)
        } else {
            let file = File::open(&self.bills).with_context(|| format!("cannot read {}", self.bills.display()))?;
            if self.bills.extension().is_some_and(|end| end == "gz") {
                (Box::new(BufReader::with_capacity(1 << 20, MultiGzDecoder::new(file))), None)
            } else {
                let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
                (Box::new(BufReader::with_capacity(1 << 20, file)), length)
            }
        };
        let stop = stream::stop_on_interrupt().context("cannot listen for Ctrl-C")?;
        let lines = Arc::new(AtomicU64::new(0));
        let bar = progress_bar(length, &lines);
        let all = std::thread::available_parallelism().map_or(1, NonZero::get);
        let workers = self.jobs.map_or(all, NonZero::get);
        let done = Run { workers, stop: &stop, bar: &bar, lines: &lines }.tally(reader, new);
        bar.finish_and_clear();
        Ok(done)
    }

    /// Says how fast it was, and how it ended.
    fn finish<T>(&self, done: &Done<T>, failed: u64) -> anyhow::Result<ExitCode> {
        let rate = per_second(done.lines, done.elapsed);
        let bills = HumanCount(done.lines);
        output::say(format_args!("{bills} bills in {:.1?}: {} bills/s", done.elapsed, HumanCount(rate)));
        if let Some(error) = &done.error {
            anyhow::bail!("cannot read {} any further: {error}", input::name(&self.bills));
        }
        if done.interrupted {
            output::say("interrupted: the rest was not looked at");
            return Ok(ExitCode::from(130));
        }
        ensure!(done.lines > 0, "there are no bills in {}", input::name(&self.bills));
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn per_second(count: u64, elapsed: Duration) -> u64 {
    let rate = u128::from(count) * 1_000_000_000 / elapsed.as_nanos().max(1);
    u64::try_from(rate).unwrap_or(u64::MAX)
}

/// Shown on a terminal, and nowhere else.
fn progress_bar(length: Option<u64>, lines: &Arc<AtomicU64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{bar:40} {percent:>3}%  {lines} bills, {rate} bills/s, {eta} left"),
        None => (ProgressBar::no_length(), "{spinner} {bytes}  {lines} bills, {rate} bills/s"),
    };
    let (counted, rated) = (Arc::clone(lines), Arc::clone(lines));
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style
        .with_key("lines", move |_: &ProgressState, text: &mut dyn Write| {
            let _ = write!(text, "{}", HumanCount(counted.load(Ordering::Relaxed)));
        })
        .with_key("rate", move |state: &ProgressState, text: &mut dyn Write| {
            let rate = per_second(rated.load(Ordering::Relaxed), state.elapsed());
            let _ = write!(text, "{}", HumanCount(rate));
        });
    bar.with_style(style)
}
