//! `farebox quote`: prices one trip from the command line, without a server.

mod amount;
mod coupon;
mod trip;

use crate::bill_text;
use crate::explain::{document, tree};
use crate::table::{Align, lay_out};
use crate::{input, output};
use anyhow::{Context, bail, ensure};
use clap::Args;
use farebox_billing::config::Place;
use farebox_billing::pricing::of_the_driver;
use farebox_fare::{Bill, Facts, Line, Timestamp, Trip};
use farebox_pricing::{ENGINE, Explanation, RateCard, Side};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Price one trip on a rate card, without a server
///
/// Examples:
///
///   farebox quote --city 370100 --product express --distance 4.1km --duration 21m
///
///   farebox quote --card my-card.json --distance 12km --duration 35m --at 2026-11-21T23:30:00+08:00 --dynamic 1.2
///
///   farebox quote --city 110000 --product taxi --segments ride.json --coupon 20%,max=10 --explain
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Quote {
    /// City of the card, for example 110000.
    #[arg(long, required_unless_present = "card", conflicts_with = "card", requires = "product")]
    city: Option<String>,
    /// Product of the card, for example express.
    #[arg(long, requires = "city")]
    product: Option<String>,
    /// Whose bill to price.
    #[arg(long, value_enum, default_value = "passenger", conflicts_with = "card")]
    side: SideArg,
    /// A rate card to use instead of one from the configuration.
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// Where the configuration is.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    #[command(flatten)]
    trip: trip::TripArgs,
    /// The ride as it was quoted, so that limits on growth apply: facts, as a bill record has them under "quoted".
    #[arg(long, value_name = "FILE", help_heading = "The ride")]
    quoted: Option<PathBuf>,
    /// Say of every fee why it was charged, or why not.
    #[arg(long)]
    explain: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// What the files of facts should hold.
const FACTS: &str = "the facts of a ride";

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SideArg {
    Passenger,
    Driver,
}

impl Quote {
    /// Prices the trip and prints its bill.
    ///
    /// # Errors
    ///
    /// When the card or the trip cannot be read, is not valid, or cannot be priced.
    pub fn run(&self) -> anyhow::Result<()> {
        let cards = card_paths(self)?.iter().map(|path| load_card(path)).collect::<anyhow::Result<Vec<_>>>()?;
        // All cards of a product are in one currency.
        let currency = cards.first().context("there is no rate card")?.info().currency;
        let trip = self.trip.read(currency)?;
        let card = in_force(cards, trip.started_at)?;
        let quoted = self.quoted.as_deref().map(|path| input::read_document::<Facts>(path, FACTS)).transpose()?;
        let quoted = quoted.map(|facts| facts.trip(currency)).transpose();
        let quoted = quoted.map_err(|why| anyhow::anyhow!("--quoted: {why}"))?;
        // As the service does it: coupons are not the driver's business.
        let of_the_side = |trip| if card.info().side == Side::Driver { of_the_driver(trip) } else { trip };
        let (trip, quoted) = (of_the_side(trip), quoted.map(of_the_side));
        let explanation =
            card.explain(&trip, quoted.as_ref()).map_err(|error| anyhow::anyhow!(bill_text::price_error(&error)))?;
        let text = match (self.json, self.explain) {
            (true, explain) => json(&explanation, explain)?,
            (false, true) => tree::page(card.info(), &trip, &explanation),
            (false, false) => page(&card, &trip, &explanation.bill),
        };
        output::print(text)
    }
}

/// The bill as the API shows it, and the engine that priced it.
fn json(explanation: &Explanation, explain: bool) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        bill: &'a Bill,
        pricing: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        explanation: Option<Vec<Value>>,
    }
    let items = explain.then(|| document::items(explanation)).transpose()?;
    let document = Document { bill: &explanation.bill, pricing: ENGINE, explanation: items };
    Ok(output::json(&document)?)
}

/// The latest of some cards whose day has begun.
fn in_force(cards: Vec<RateCard>, at: Timestamp) -> anyhow::Result<RateCard> {
    let begins = cards.iter().filter_map(|card| card.info().effective_from.clone()).min().unwrap_or_default();
    let begun = cards.into_iter().filter(|card| card.info().effective_at.is_none_or(|effective_at| effective_at <= at));
    begun.max_by_key(|card| card.info().effective_at).with_context(|| {
        format!("the ride begins before there is a card for it: the first is in force from {begins} on; see --at")
    })
}

/// The file that is named, or those of the product in the configuration, one for each day that one is in force from.
fn card_paths(args: &Quote) -> anyhow::Result<Vec<PathBuf>> {
    let side = match args.side {
        SideArg::Passenger => "passenger",
        SideArg::Driver => "driver",
    };
    let (Some(city), Some(product)) = (&args.city, &args.product) else {
        return Ok(vec![args.card.clone().context("give --card, or --city and --product")?]);
    };
    let cards = args.config.join("cards");
    let folder = cards.join(city);
    let names = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let is_card = |name: &std::ffi::OsString| {
        let path = format!("cards/{city}/{}", name.to_str()?);
        let place = Place::of(&path)?;
        matches!(place, Place::Card { product: of, side: on, .. } if of == *product && on.word() == side).then_some(())
    };
    let mut paths: Vec<PathBuf> = names.filter(|name| is_card(name).is_some()).map(|name| folder.join(name)).collect();
    paths.sort();
    if paths.is_empty() {
        let known = known_cards(&cards, side);
        ensure!(
            !known.is_empty(),
            "there are no rate cards in {}; --config names the directory above it",
            cards.display()
        );
        bail!("there is no {side} card for --city {city} --product {product}; there are: {}", known.join(", "));
    }
    Ok(paths)
}

/// "city product" for each card of a side, in order.
fn known_cards(cards: &Path, side: &str) -> Vec<String> {
    let names = |directory: &Path| {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>()
    };
    let mut known = Vec::new();
    for city in names(cards) {
        for file in names(&cards.join(&city)) {
            if let Some(product) = file.strip_suffix(&format!(".{side}.json")) {
                known.push(format!("{city} {product}"));
            }
        }
    }
    known.sort();
    known
}

/// Reads a rate card.
///
/// # Errors
///
/// Everything that is wrong with it.
pub(crate) fn load_card(path: &Path) -> anyhow::Result<RateCard> {
    let document = input::read_text(path)?;
    RateCard::parse(&document).map_err(|problems| {
        let mut message = format!("{} has {}", input::name(path), bill_text::count(problems.len(), "problem"));
        for problem in problems {
            let _ = write!(message, "\n  {problem}");
        }
        anyhow::anyhow!(message)
    })
}

/// The bill as a table.
fn page(card: &RateCard, trip: &Trip, bill: &Bill) -> String {
    let amount = |minor| bill.currency.format(minor);
    let line =
        |line: &Line| [bill_text::code(line), bill_text::quantity(line), bill_text::rate(line), amount(line.amount)];
    let sum = |name: &str, minor| [name.to_owned(), String::new(), String::new(), amount(minor)];
    let mut rows = vec![["fee", "quantity", "rate", "amount"].map(str::to_owned)];
    rows.extend(bill.lines.iter().map(line));
    rows.push(sum("total", bill.total));
    if !bill.discounts.is_empty() {
        rows.extend(bill.discounts.iter().map(line));
        rows.push(sum("payable", bill.payable));
    }
    if !bill.included.is_empty() {
        rows.push(["of which", "", "", ""].map(str::to_owned));
        rows.extend(bill.included.iter().map(line));
    }
    let table = lay_out([Align::Left, Align::Right, Align::Right, Align::Right], &rows);
    format!("{}\n{table}\nrate card {}, pricing {ENGINE}\n", bill_text::heading(card.info(), trip), bill.rate_card)
}
