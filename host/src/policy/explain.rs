//! `farebox commission explain`, also as `farebox policy explain`.

use super::explanation::{document, page};
use crate::card::archive::Archive;
use crate::replay::record::Record;
use crate::replay::settling::circumstances;
use crate::{input, output};
use anyhow::{Context, anyhow};
use clap::Args;
use farebox_commission::{Billed, Policy};
use farebox_fare::Bill;
use farebox_pricing::Side;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say of a bill why it was settled as it was: which scenarios were tried, and what counts line by line
///
/// The two bills are taken from the record as they are; local time and holidays are those of the passenger's rate card. With
/// --policy the bill is settled under another policy, before that counts. Exit code 1 when it does not come to what the record
/// says, and no other policy was given.
///
/// Example:
///
///   farebox commission explain bill.json --policy config/policies/default.json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Explain {
    /// A bill record, as GET /v1/trips/{trip_id}/bill answers it; "-" is the standard input.
    #[arg(value_name = "BILL")]
    bill: PathBuf,
    /// Settle it under this policy, and not under that of the record.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Where commission policies are, those of earlier days as well. May be given several times.
    #[arg(long, value_name = "DIR", default_value = "config/policies", conflicts_with = "policy")]
    policies: Vec<PathBuf>,
    /// Where rate cards are, those of earlier days as well. May be given several times; folders in it are searched too.
    #[arg(long, value_name = "DIR", default_value = "config/cards")]
    cards: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Explains the settlement.
    ///
    /// # Errors
    ///
    /// When the record cannot be read, its rate card or policy is not known, or it cannot be settled.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let text = input::read_text(&self.bill)?;
        let name = input::name(&self.bill);
        let record = Record::parse(text.as_bytes()).map_err(|why| anyhow!("{name}: {why}"))?;
        let given = self.policy.as_ref().map(|path| {
            let text = input::read_text(path)?;
            Policy::parse(&text).map_err(|problems| {
                let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
                anyhow!("{} is refused:\n{}", input::name(path), lines.join("\n"))
            })
        });
        let given = given.transpose()?;
        let folders = self.cards.iter().chain(self.policies.iter().filter(|_| given.is_none()));
        let archive = Archive::open(folders)?;
        let policy = match &given {
            Some(policy) => policy,
            None => {
                let version = record.policy().with_context(|| {
                    format!("{name}: it was not settled, since no policy could be used; --policy settles it under one")
                })?;
                archive.policy(version).map_err(anyhow::Error::msg)?
            }
        };
        let ride = circumstances(&archive, &record).map_err(anyhow::Error::msg)?;
        let bill = |side| -> anyhow::Result<Bill> {
            serde_json::from_str(record.bill(side).get())
                .with_context(|| format!("{name}: a bill of it cannot be read"))
        };
        let (passenger, driver) = (bill(Side::Passenger)?, bill(Side::Driver)?);
        let partners = record.partners(&passenger).map_err(|why| anyhow!("{name}: {why}"))?;
        let billed = Billed { passenger: &passenger, driver: &driver, partners };
        let explanation = policy.explain_bills(&ride, billed);
        let explanation = explanation.map_err(|error| anyhow!("{name}: it cannot be settled: {error:?}"))?;
        let recorded = record.settlement.as_ref().filter(|_| given.is_none());
        let is_recorded = recorded.is_none_or(|settlement| explanation.settlement.confirms(settlement));
        let text = if self.json {
            output::json(&document(&record, policy, &explanation, is_recorded))?
        } else {
            page(&record, &ride, policy, &explanation, is_recorded)
        };
        output::print(text)?;
        Ok(if is_recorded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
