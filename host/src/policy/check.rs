//! `farebox policy check`.

use super::fees;
use crate::card::archive::Archive;
use crate::explain::condition;
use crate::table::{Align, lay_out};
use crate::{checked, input, output};
use clap::Args;
use farebox_commission::{Fees, Paying, Policy, Scenario};
use farebox_document::Problem;
use farebox_money::Decimal;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tell everything that is wrong with commission policies, and what they say
///
/// Rides that no scenario is for, scenarios that can never count, and those of which the order decides for some rides are told with
/// a ride to show it. With rate cards, taxes and what is passed on are told where they count, and fees that no card has. Problems
/// refuse a policy, and end the command with exit code 1; warnings do not. Each says where: a JSON Pointer.
///
/// Example:
///
///   farebox policy check config/policies/default.json --cards config/cards
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// Policies; "-" is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Rate cards that fees are compared with. May be given several times; folders in it are searched too.
    #[arg(long, value_name = "DIR")]
    cards: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What was found in one.
#[derive(Serialize)]
struct Report {
    file: String,
    /// Whether it can be used.
    good: bool,
    version: Option<String>,
    scenarios: Vec<Says>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// What a scenario says.
#[derive(Serialize)]
struct Says {
    name: String,
    when: String,
    cap_percent: String,
    counts: String,
    coupons: &'static str,
    /// How what is owed is paid.
    pays: String,
}

impl Check {
    /// Checks the policies and prints what was found.
    ///
    /// # Errors
    ///
    /// When rate cards cannot be read, or the answer cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let archive = Archive::open(&self.cards)?;
        let reports: Vec<Report> = self.files.iter().map(|path| self.report(path, &archive)).collect();
        if self.json {
            output::print(output::json(&reports)?)?;
        } else {
            output::print(reports.iter().map(|report| format!("{report}\n")).collect::<String>())?;
        }
        Ok(if reports.iter().all(|report| report.good) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn report(&self, path: &Path, archive: &Archive) -> Report {
        let file = input::name(path);
        match input::read_to_check(path).and_then(|text| Policy::parse(&text)) {
            Ok(policy) => {
                let mut warnings = policy.warnings().to_vec();
                if !self.cards.is_empty() {
                    warnings.extend(fees::warnings(&policy, archive.cards()));
                }
                let version = Some(policy.version().to_owned());
                let scenarios = policy.scenarios().iter().map(says).collect();
                Report { file, good: true, version, scenarios, problems: Vec::new(), warnings }
            }
            Err(problems) => {
                Report { file, good: false, version: None, scenarios: Vec::new(), problems, warnings: Vec::new() }
            }
        }
    }
}

fn says(scenario: &Scenario) -> Says {
    let counts = match scenario.fees() {
        Fees::Of(codes) => codes.join(", "),
        Fees::Exempt(codes) if codes.is_empty() => "all fees".to_owned(),
        Fees::Exempt(codes) => format!("all but {}", codes.join(", ")),
    };
    Says {
        name: scenario.name().to_owned(),
        when: scenario.when().map_or_else(|| "any ride".to_owned(), condition::words),
        cap_percent: (scenario.cap() * Decimal::ONE_HUNDRED).normalize().to_string(),
        counts,
        coupons: if scenario.is_after_coupons() { "after coupons" } else { "before coupons" },
        pays: pays(scenario.paying()),
    }
}

fn pays(paying: &Paying) -> String {
    let (steps, most) = (paying.steps().words(), paying.most().words());
    let mut words = if steps.is_empty() { "to the minor unit".to_owned() } else { format!("rounded up to {steps}") };
    if let Some(floor) = paying.floor() {
        words += &format!(", not below {} %", (floor * Decimal::ONE_HUNDRED).normalize());
    }
    if !most.is_empty() {
        words += &format!(", at most {most}");
    }
    words
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        let rows: Vec<[String; 6]> = self
            .scenarios
            .iter()
            .map(|says| {
                let cap = format!("{} %", says.cap_percent);
                let Says { name, when, counts, coupons, pays, .. } = says;
                [name.clone(), cap, counts.clone(), (*coupons).to_owned(), pays.clone(), when.clone()]
            })
            .collect();
        f.write_str(&lay_out([Align::Left, Align::Right, Align::Left, Align::Left, Align::Left, Align::Left], &rows))?;
        if let Some(version) = &self.version {
            writeln!(f, "  version {version}")?;
        }
        checked::write_findings(f, &self.problems, &self.warnings)
    }
}
