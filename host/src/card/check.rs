//! `farebox card check`.

use super::together;
use crate::bill_text::count;
use crate::{checked, input, output};
use clap::Args;
use farebox_document::Problem;
use farebox_pricing::{CardInfo, RateCard};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tell everything that is wrong with rate cards, and what is odd about them.
///
/// Problems refuse a card, and end the command with exit code 1; warnings do not. Each says where: a JSON Pointer. Cards that
/// are given together are checked together: no two for one day, and none for the passenger without one for the driver.
#[derive(Debug, Args)]
pub struct Check {
    /// Rate cards; "-" is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    cards: Vec<CardReport>,
    good: usize,
    refused: usize,
    problems: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct CardReport {
    file: String,
    /// Whether it can be used.
    good: bool,
    #[serde(flatten)]
    card: Option<Description>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// What a good card says of itself.
#[derive(Serialize)]
struct Description {
    #[serde(flatten)]
    info: CardInfo,
    items: Vec<String>,
}

impl Check {
    /// Checks the cards and prints what was found.
    ///
    /// # Errors
    ///
    /// When the answer cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut cards: Vec<CardReport> = self.files.iter().map(|file| check(file)).collect();
        check_together(&self.files, &mut cards);
        let report = Report::new(cards);
        if self.json {
            output::print(output::json(&report)?)?;
        } else {
            output::print(&report)?;
        }
        Ok(if report.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn check(path: &Path) -> CardReport {
    let file = input::name(path);
    match input::read_to_check(path).and_then(|text| RateCard::parse(&text)) {
        Ok(card) => {
            let items = card.codes().map(str::to_owned).collect();
            let description = Description { info: card.info().clone(), items };
            let warnings = card.warnings().to_vec();
            CardReport { file, good: true, card: Some(description), problems: Vec::new(), warnings }
        }
        Err(problems) => CardReport { file, good: false, card: None, problems, warnings: Vec::new() },
    }
}

/// Adds what is wrong with cards in view of the others.
fn check_together(files: &[PathBuf], cards: &mut [CardReport]) {
    let info = |card: &CardReport| card.card.as_ref().map(|description| description.info.clone());
    let infos: Vec<Option<CardInfo>> = cards.iter().map(info).collect();
    let given: Vec<_> = files.iter().zip(&infos).map(|(file, info)| (file.as_path(), info.as_ref())).collect();
    for (card, problems) in cards.iter_mut().zip(together::problems(&given)) {
        card.good &= problems.is_empty();
        card.problems.extend(problems);
    }
}

impl Report {
    fn new(cards: Vec<CardReport>) -> Self {
        let good = cards.iter().filter(|card| card.good).count();
        Self {
            good,
            refused: cards.len() - good,
            problems: cards.iter().map(|card| card.problems.len()).sum(),
            warnings: cards.iter().map(|card| card.warnings.len()).sum(),
            cards,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for card in &self.cards {
            writeln!(f, "{card}")?;
        }
        let Self { cards, good, refused, problems, warnings } = self;
        let (cards, problems) = (count(cards.len(), "card"), count(*problems, "problem"));
        writeln!(f, "{cards}: {good} good, {refused} refused; {problems}, {}", count(*warnings, "warning"))
    }
}

impl fmt::Display for CardReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        if let Some(Description { info, items }) = &self.card {
            writeln!(f, "  {}", info.title)?;
            writeln!(f, "  version {}", info.version)?;
            writeln!(f, "  items   {}", items.join(", "))?;
        }
        checked::write_findings(f, &self.problems, &self.warnings)
    }
}
