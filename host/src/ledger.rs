//! `farebox ledger`: what a ledger owes, for whoever pays it and proves that it was paid.

use crate::jobs::slices::encoded;
use crate::output;
use crate::pages;
use crate::progress;
use crate::request::Server;
use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::process::ExitCode;

/// Print what the ledger owes: the top-ups of rides, those of later revisions of their bills with them
///
/// One record `farebox-top-up/1` a line, which `farebox reconcile --ledger` reads. A ride is listed under the day of its first bill, by the
/// clock of its city: what a later revision corrects is listed under that day as well. Needs a key for `read:driver` where requests have
/// to be signed.
///
/// Examples:
///
///   farebox ledger --city 110000 --day 2026-11-26 > top-ups.jsonl
///
///   farebox ledger --city 110000 --city 120000 --day 2026-11-25 --day 2026-11-26 | farebox reconcile --ledger - --payments payroll.csv
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Ledger {
    /// The city. Can be repeated.
    #[arg(long, required = true)]
    city: Vec<String>,
    /// The day on which the first bills were made, as 2026-11-26. Can be repeated.
    #[arg(long, required = true)]
    day: Vec<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(Deserialize)]
struct Page {
    top_ups: Vec<Box<RawValue>>,
    next: Option<String>,
}

impl Ledger {
    /// Asks for page after page, and prints each.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal: what was printed is not all then.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let bar = progress::spinner("{spinner} {pos} top-ups, {elapsed}")?;
        for city in &self.city {
            for day in &self.day {
                let path = format!("/v1/cities/{}/top-ups", encoded(city));
                pages::each(&self.server, &path, &[("day", day)], |Page { top_ups, next }| {
                    bar.inc(u64::try_from(top_ups.len()).unwrap_or(u64::MAX));
                    output::print(top_ups.iter().map(|record| format!("{record}\n")).collect::<String>())?;
                    Ok(next)
                })?;
            }
        }
        bar.finish_and_clear();
        Ok(ExitCode::SUCCESS)
    }
}
