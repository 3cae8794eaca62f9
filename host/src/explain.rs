//! `farebox explain`: says of a bill that was made why it is what it is, from its record.

pub mod condition;
pub mod document;
pub mod tree;

use crate::bill_text;
use crate::card::archive::Archive;
use crate::replay::diff;
use crate::replay::record::Record;
use crate::{input, output};
use clap::Args;
use farebox_pricing::{ENGINE, Side};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say of a bill that was made why it is what it is.
///
/// The bill is priced again from its record, on its own versions of the rate cards. Exit code 1 when it does not come to
/// what the record says.
#[derive(Debug, Args)]
pub struct Explain {
    /// A bill record, as GET /v1/trips/{trip_id}/bill answers it; "-" is the standard input.
    #[arg(value_name = "BILL")]
    bill: PathBuf,
    /// Where rate cards are, those of earlier days as well. May be given several times; folders in it are searched too.
    #[arg(long, value_name = "DIR", default_value = "config/cards")]
    cards: Vec<PathBuf>,
    /// Which of the two bills; both when left out.
    #[arg(long, value_parser = parse_side, value_name = "passenger|driver")]
    side: Option<Side>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn parse_side(text: &str) -> Result<Side, String> {
    let side = [Side::Passenger, Side::Driver].into_iter().find(|side| bill_text::side(*side) == text);
    side.ok_or_else(|| "there are passenger and driver".to_owned())
}

impl Explain {
    /// Explains the bill.
    ///
    /// # Errors
    ///
    /// When the record cannot be read, its rate cards are not known, or it cannot be priced.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let text = input::read_text(&self.bill)?;
        let name = input::name(&self.bill);
        let record = Record::parse(text.as_bytes()).map_err(|why| anyhow::anyhow!("{name}: {why}"))?;
        let archive = Archive::open(&self.cards)?;
        let mut proved = true;
        let mut documents = Vec::new();
        let mut pages = String::new();
        for side in self.side.map_or_else(|| vec![Side::Passenger, Side::Driver], |side| vec![side]) {
            let card = record.card(side, &archive).map_err(anyhow::Error::msg)?;
            let ride = record.ride(side, card.info().currency).map_err(anyhow::Error::msg)?;
            let explanation = card
                .explain(&ride.trip, ride.quoted.as_ref())
                .map_err(|error| anyhow::anyhow!(bill_text::price_error(&error)))?;
            let difference = diff::Comparison::of(record.bill(side), &explanation.bill).difference();
            proved &= difference.is_none();
            if self.json {
                documents.push(json!({
                    "side": bill_text::side(side),
                    "as_recorded": difference.is_none(),
                    "bill": explanation.bill,
                    "explanation": document::items(&explanation)?,
                }));
                continue;
            }
            if !pages.is_empty() {
                pages.push('\n');
            }
            pages += &tree::page(card.info(), &ride.trip, &explanation);
            if let Some(difference) = difference {
                writeln!(pages, "\nthis is not the bill of the record:\n{}", difference.indented("  "))?;
            }
        }
        if self.json {
            let document = json!({ "trip_id": record.trip_id, "pricing": ENGINE, "bills": documents });
            pages = output::json(&document)?;
        }
        output::print(pages)?;
        Ok(if proved { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
