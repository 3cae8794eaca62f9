//! `farebox reconcile`: whether every top-up that the ledger owes was paid once.
//!
//! All that is decided is decided in [`farebox_reconcile`]; here files are opened, and people are told.

mod listed;
mod page;
mod redriven;
mod told;

use self::listed::Listed;
use self::redriven::Redriven;
use crate::input;
use crate::output;
use crate::progress;
use anyhow::{Context as _, ensure};
use clap::Args;
use farebox_reconcile::{CsvTable, Delimiter, Finding, JsonLines, Layout, Names, Notation, Outcome, Reconciliation};
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prove that every top-up that the ledger owes was paid once, or tell which were not
///
/// Compares the ledger, a top-up a line in JSON, with what a bank or a payroll system says it paid, in CSV. A payment is for the top-up of its
/// city, trip and revision. Files may be of any length: what does not fit into memory goes to --scratch.
///
/// Columns of payments are city, trip_id, revision, currency and amount, and may be paid_at, reference and driver_id; all others are passed
/// over. The header has to be the first row.
///
/// Exit code 0 when all was paid once as it is owed and nothing else was, 1 when something differs, and 2 when something cannot be read: then
/// nothing is compared, and all that cannot be read is told.
///
/// Examples:
///
///   farebox reconcile --ledger top-ups.jsonl --payments payroll.csv
///
///   farebox reconcile --ledger top-ups.jsonl --payments bank.csv --columns amount=Betrag,trip_id=Fahrt --decimal-comma
///
///   farebox reconcile --ledger top-ups.jsonl --payments payroll.csv --redrive unpaid.jsonl --html > report.html
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Reconcile {
    /// The ledger: records of top-ups, one a line; "-" is the standard input. May be given several times.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    ledger: Vec<PathBuf>,
    /// What was paid, as CSV in UTF-8; "-" is the standard input. May be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    payments: Vec<PathBuf>,
    /// What the header calls columns that it does not call by their own names, as amount=Betrag,trip_id=Fahrt.
    #[arg(long, value_name = "COLUMN=NAME,...", value_parser = Names::parse)]
    columns: Option<Names>,
    /// What is between columns: comma, semicolon, tab, or the sign itself. Found out of the header when left out.
    #[arg(long, value_parser = Delimiter::parse)]
    delimiter: Option<Delimiter>,
    /// Amounts have a comma before their decimals, and maybe points between groups of three digits.
    #[arg(long)]
    decimal_comma: bool,
    /// Amounts have a point before their decimals, and maybe commas between groups of three digits. When neither is said it is so, and an
    /// amount that could be either, as 1.234 or 1,234, is refused.
    #[arg(long, conflicts_with = "decimal_comma")]
    decimal_point: bool,
    /// Write the top-ups that were not paid to a file, as a ledger. They may be handed to whoever pays once more; no others are written.
    #[arg(long, value_name = "FILE")]
    redrive: Option<PathBuf>,
    /// The folder for what does not fit into memory: about twice as much as the inputs. The system's temporary folder when left out.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Print JSON Lines: what became of each top-up and each payment, and a summary.
    #[arg(long, conflicts_with_all = ["csv", "html"])]
    json: bool,
    /// Print CSV: a row for each top-up and each payment.
    #[arg(long, conflicts_with = "html")]
    csv: bool,
    /// Print a page that needs nothing else to be shown.
    #[arg(long)]
    html: bool,
}

/// Something cannot be read, or not be compared to its end.
const UNREADABLE: u8 = 2;

impl Reconcile {
    /// Compares the files, and prints what came out.
    ///
    /// # Errors
    ///
    /// Nobody reads the answer any more. All other errors are told here, with exit code 2: 1 says that something differs.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let outcome = match self.reconcile() {
            Err(error) if output::nobody_reads(&error) => return Err(error),
            Err(error) => {
                output::say(format_args!("error: {error:#}"));
                return Ok(ExitCode::from(UNREADABLE));
            }
            Ok(outcome) => outcome,
        };
        Ok(match outcome {
            Outcome::Refused(_) => ExitCode::from(UNREADABLE),
            Outcome::Reconciled(summary) if summary.matches() => ExitCode::SUCCESS,
            Outcome::Reconciled(_) => ExitCode::FAILURE,
        })
    }

    fn reconcile(&self) -> anyhow::Result<Outcome> {
        let inputs = || self.ledger.iter().chain(&self.payments);
        ensure!(
            inputs().filter(|path| input::is_stdin(path)).count() <= 1,
            "the standard input, \"-\", can be one of the files only"
        );
        let scratch = self.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let mut reconciliation = Reconciliation::new(&scratch);
        let bar = progress::spinner("{spinner} {bytes} read, {elapsed}")?;
        for path in &self.ledger {
            reconciliation.ledger(&input::name(path), open(path, &bar)?)?;
        }
        for path in &self.payments {
            reconciliation.payments(&input::name(path), open(path, &bar)?, &self.layout())?;
        }
        bar.finish_and_clear();
        let redriven = self.redrive.as_deref().map(Redriven::create).transpose()?;
        self.report(reconciliation, redriven)
    }

    fn layout(&self) -> Layout {
        let notation = match (self.decimal_comma, self.decimal_point) {
            (true, _) => Notation::Comma,
            (_, true) => Notation::Point,
            _ => Notation::Undeclared,
        };
        Layout { delimiter: self.delimiter, names: self.columns.clone().unwrap_or_default(), notation }
    }

    /// Goes through all keys. Whatever may be any number of lines is written while it is found out.
    fn report(&self, reconciliation: Reconciliation, redriven: Option<Redriven>) -> anyhow::Result<Outcome> {
        let out = BufWriter::new(io::stdout().lock());
        if self.json {
            let mut lines = JsonLines::new(out);
            let outcome = go_through(reconciliation, redriven, |finding| lines.finding(finding))?;
            lines.finish(&outcome).context(CANNOT_WRITE)?;
            return Ok(outcome);
        }
        if self.csv {
            let mut table = CsvTable::new(out).context(CANNOT_WRITE)?;
            let outcome = go_through(reconciliation, redriven, |finding| table.finding(finding))?;
            table.finish(&outcome).context(CANNOT_WRITE)?;
            output::say(told::in_a_line(&outcome));
            return Ok(outcome);
        }
        drop(out);
        let mut listed = Listed::default();
        let outcome = go_through(reconciliation, redriven, |finding| {
            listed.add(finding);
            Ok(())
        })?;
        output::print(if self.html { page::page(&outcome, &listed) } else { told::report(&outcome, &listed) })?;
        Ok(outcome)
    }
}

const CANNOT_WRITE: &str = "cannot write to the standard output";

/// Goes through all keys, and writes what may be paid once more. That file gets its name only when all went well.
fn go_through(
    reconciliation: Reconciliation,
    mut redriven: Option<Redriven>,
    mut tell: impl FnMut(&Finding) -> io::Result<()>,
) -> anyhow::Result<Outcome> {
    let bar = progress::spinner("{spinner} {pos} compared, {elapsed}")?;
    let outcome = reconciliation.finish::<anyhow::Error>(|finding| {
        bar.inc(1);
        if let Some(redriven) = &mut redriven {
            redriven.add(finding)?;
        }
        tell(finding).context(CANNOT_WRITE)
    })?;
    bar.finish_and_clear();
    if let (Some(redriven), Outcome::Reconciled(_)) = (redriven, &outcome) {
        redriven.finish()?;
    }
    Ok(outcome)
}

fn open(path: &Path, bar: &ProgressBar) -> anyhow::Result<Box<dyn BufRead>> {
    if input::is_stdin(path) {
        return Ok(Box::new(BufReader::new(bar.wrap_read(io::stdin()))));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, bar.wrap_read(file))))
}
