//! `farebox quote`: prices one trip from the command line, without a server.

use anyhow::{Context, bail, ensure};
use clap::Args;
use farebox_pricing::{CardInfo, PriceError, RateCard, Side, VERSION};
use farebox_types::{Basis, Bill, Coupon, CouponValue, Currency, Decimal, Line, Segment, Trip, Unit};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Price one trip on a rate card.
///
/// Examples:
///
///   farebox quote --city 370100 --product express --distance 4.1km --duration 21m
///
///   farebox quote --card my-card.json --distance 12km --duration 35m --at 2026-11-21T23:30:00+08:00 --dynamic 1.2
///
///   farebox quote --city 110000 --product taxi --segments ride.json --json
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
    /// How far, for example 4.1km or 4100m.
    #[arg(long, value_parser = parse_distance, required_unless_present = "segments", conflicts_with = "segments")]
    distance: Option<u64>,
    /// How long, for example 21m, 1h5m or 1260s.
    #[arg(long, value_parser = parse_duration, required_unless_present = "segments", conflicts_with = "segments")]
    duration: Option<u64>,
    /// Metered pieces of the trip instead of distance and duration: a JSON list of {seq, started_at, distance_m,
    /// duration_s}.
    #[arg(long, value_name = "FILE")]
    segments: Option<PathBuf>,
    /// When the trip begins (RFC 3339). With --segments, the earliest of them; otherwise now.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<jiff::Timestamp>,
    /// Dynamic (surge) factor, for example 1.20.
    #[arg(long, value_name = "FACTOR")]
    dynamic: Option<Decimal>,
    /// Tolls to pass on, for example 10.00.
    #[arg(long, value_name = "AMOUNT")]
    tolls: Option<String>,
    /// A coupon: 5.00 off, or 20% off. May be given several times; they apply in order.
    #[arg(long, value_name = "AMOUNT|PERCENT%")]
    coupon: Vec<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SideArg {
    Passenger,
    Driver,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentDocument {
    seq: u64,
    started_at: jiff::Timestamp,
    distance_m: u64,
    duration_s: u64,
}

impl Quote {
    /// Prices the trip and prints its bill.
    ///
    /// # Errors
    ///
    /// When the card or the trip cannot be read, is not valid, or cannot be priced.
    pub fn run(&self) -> anyhow::Result<()> {
        let card = load_card(&card_path(self)?)?;
        let trip = trip(self, card.info().currency)?;
        let bill = card.price(&trip).map_err(|error| match error {
            PriceError::InvalidTrip(problem) => anyhow::anyhow!("the trip cannot be priced: {problem}"),
            PriceError::Overflow(code) => anyhow::anyhow!("the amount of \"{code}\" is too large to be priced"),
        })?;
        print!("{}", if self.json { json(&bill)? } else { table(card.info(), &trip, &bill) });
        Ok(())
    }
}

/// The bill as the API shows it, and the engine that priced it.
fn json(bill: &Bill) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        bill: &'a Bill,
        pricing: &'a str,
    }
    Ok(serde_json::to_string_pretty(&Document { bill, pricing: VERSION })? + "\n")
}

fn card_path(args: &Quote) -> anyhow::Result<PathBuf> {
    let side = match args.side {
        SideArg::Passenger => "passenger",
        SideArg::Driver => "driver",
    };
    let (Some(city), Some(product)) = (&args.city, &args.product) else {
        return args.card.clone().context("give --card, or --city and --product");
    };
    let cards = args.config.join("cards");
    let path = cards.join(city).join(format!("{product}.{side}.json"));
    if !path.exists() {
        let known = known_cards(&cards, side);
        ensure!(
            !known.is_empty(),
            "there are no rate cards in {}; --config names the directory above it",
            cards.display()
        );
        bail!("there is no {side} card for --city {city} --product {product}; there are: {}", known.join(", "));
    }
    Ok(path)
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

fn load_card(path: &Path) -> anyhow::Result<RateCard> {
    let document =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the rate card {}", path.display()))?;
    RateCard::parse(&document).map_err(|problems| {
        let count = problems.len();
        let mut message = format!("{} has {count} problem{}", path.display(), if count == 1 { "" } else { "s" });
        for problem in problems {
            let _ = write!(message, "\n  {problem}");
        }
        anyhow::anyhow!(message)
    })
}

fn trip(args: &Quote, currency: Currency) -> anyhow::Result<Trip> {
    let segments = args.segments.as_deref().map(load_segments).transpose()?;
    let tolls = args.tolls.as_deref().map_or(Ok(0), |tolls| amount("--tolls", tolls, currency))?;
    let coupons = args.coupon.iter().enumerate().map(|(index, text)| coupon(index, text, currency));
    let coupons = coupons.collect::<anyhow::Result<_>>()?;
    let sum = |of: fn(&Segment) -> u64, segments: &[Segment]| {
        segments.iter().try_fold(0_u64, |sum, s| sum.checked_add(of(s)))
    };
    let (basis, distance_m, duration_s) = match &segments {
        Some(segments) => {
            let distance = sum(|segment| segment.distance_m, segments).context("the distance is too large")?;
            let duration = sum(|segment| segment.duration_s, segments).context("the duration is too large")?;
            (Basis::Metered, distance, duration)
        }
        None => (Basis::Estimated, args.distance.unwrap_or_default(), args.duration.unwrap_or_default()),
    };
    let segments = segments.unwrap_or_default();
    let earliest = segments.iter().map(|segment| segment.started_at).min();
    let given = args.at.map(jiff::Timestamp::as_second);
    let started_at = given.or(earliest).unwrap_or_else(|| jiff::Timestamp::now().as_second());
    let elapsed = i64::try_from(duration_s).context("the duration is too large")?;
    let ended_at = started_at.checked_add(elapsed).context("the duration is too large")?;
    Ok(Trip {
        basis,
        started_at,
        ended_at,
        distance_m,
        duration_s,
        segments,
        dynamic_factor: args.dynamic,
        tolls,
        coupons,
    })
}

fn load_segments(path: &Path) -> anyhow::Result<Vec<Segment>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the segments {}", path.display()))?;
    let documents: Vec<SegmentDocument> =
        serde_json::from_str(&text).with_context(|| format!("{} is not a list of segments", path.display()))?;
    ensure!(!documents.is_empty(), "{} has no segments", path.display());
    let segments = documents.into_iter().map(|document| Segment {
        sequence: document.seq,
        started_at: document.started_at.as_second(),
        distance_m: document.distance_m,
        duration_s: document.duration_s,
    });
    Ok(segments.collect())
}

fn amount(flag: &str, text: &str, currency: Currency) -> anyhow::Result<i64> {
    let exponent = currency.exponent();
    currency.parse(text).map_err(|_| {
        anyhow::anyhow!("{flag} {text}: not an amount in {currency}; give a number with at most {exponent} decimals")
    })
}

fn coupon(index: usize, text: &str, currency: Currency) -> anyhow::Result<Coupon> {
    let value = match text.strip_suffix('%') {
        Some(percent) => match Decimal::from_str_exact(percent) {
            Ok(percent) => CouponValue::Percent(percent),
            Err(_) => bail!("--coupon {text}: not a percentage; write it like 20%"),
        },
        None => CouponValue::Amount(amount("--coupon", text, currency)?),
    };
    Ok(Coupon { id: (index + 1).to_string(), value, min_spend: 0, max_off: None })
}

/// "4.1km", "4100m" or "4100": whole metres in the end.
fn parse_distance(text: &str) -> Result<u64, String> {
    let (number, metres_per) = match (text.strip_suffix("km"), text.strip_suffix('m')) {
        (Some(number), _) => (number, 1000),
        (None, Some(number)) => (number, 1),
        (None, None) => (text, 1),
    };
    let metres = Decimal::from_str_exact(number.trim()).ok().and_then(|number| number.checked_mul(metres_per.into()));
    let whole = metres.filter(|metres| metres.is_integer()).and_then(|metres| u64::try_from(metres).ok());
    whole.ok_or_else(|| "not a distance in whole metres; write it like 4.1km or 4100m".to_owned())
}

fn parse_time(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse().map_err(|_| "not a time with its offset; write it like 2026-11-21T08:00:00+08:00".to_owned())
}

/// "21m", "1h5m", "1260s" or "1260": whole seconds in the end.
fn parse_duration(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let duration = text.parse::<jiff::SignedDuration>().ok().filter(|duration| duration.subsec_nanos() == 0);
    duration
        .and_then(|duration| u64::try_from(duration.as_secs()).ok())
        .ok_or_else(|| "not a duration in whole seconds; write it like 21m, 1h5m or 1260s".to_owned())
}

fn table(card: &CardInfo, trip: &Trip, bill: &Bill) -> String {
    let side = match card.side {
        Side::Passenger => "passenger",
        Side::Driver => "driver",
    };
    let basis = match bill.basis {
        Basis::Estimated => "estimated",
        Basis::Metered => "metered",
        Basis::Mocked => "mocked",
    };
    let start = jiff::Timestamp::from_second(trip.started_at)
        .and_then(|start| start.in_tz(&card.time_zone))
        .map_or_else(|_| trip.started_at.to_string(), |start| start.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let mut rows: Vec<[String; 4]> = vec![["fee", "quantity", "rate", "amount"].map(str::to_owned)];
    let amount = |minor| bill.currency.format(minor);
    let line = |line: &Line| {
        let code = line.reference.as_ref().map_or_else(|| line.code.clone(), |id| format!("{} {id}", line.code));
        [code, quantity(line), rate(line), amount(line.amount)]
    };
    let sum = |name: &str, minor| [name.to_owned(), String::new(), String::new(), amount(minor)];
    rows.extend(bill.lines.iter().map(line));
    rows.push(sum("total", bill.total));
    if !bill.discounts.is_empty() {
        rows.extend(bill.discounts.iter().map(line));
        rows.push(sum("payable", bill.payable));
    }
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2), width(3)];
    let mut text = format!("{}\n", card.title);
    let _ = writeln!(text, "{} {} ({side}), {basis}, from {start} {}", card.city, card.product, card.time_zone);
    let _ = writeln!(text, "{} m, {} s, amounts in {}\n", trip.distance_m, trip.duration_s, bill.currency);
    for [code, quantity, rate, amount] in &rows {
        let _ = writeln!(
            text,
            "  {code:<0$}  {quantity:>1$}  {rate:>2$}  {amount:>3$}",
            widths[0], widths[1], widths[2], widths[3]
        );
    }
    let _ = writeln!(text, "\nrate card {}, pricing {VERSION}", bill.rate_card);
    text
}

fn quantity(line: &Line) -> String {
    let quantity = line.quantity.normalize();
    match line.unit {
        Unit::Trip => String::new(),
        Unit::Meter => format!("{quantity} m"),
        Unit::Second => format!("{quantity} s"),
        Unit::Piece => format!("{quantity} x"),
        Unit::Money => line.quantity.to_string(),
    }
}

fn rate(line: &Line) -> String {
    let per = line.per.normalize();
    match line.unit {
        Unit::Trip => String::new(),
        Unit::Meter if per == Decimal::ONE_THOUSAND => format!("{} / km", line.rate),
        Unit::Meter => format!("{} / {per} m", line.rate),
        Unit::Second if per == Decimal::from(60) => format!("{} / min", line.rate),
        Unit::Second => format!("{} / {per} s", line.rate),
        Unit::Piece => line.rate.to_string(),
        Unit::Money if per == Decimal::ONE_HUNDRED => format!("{} %", line.rate),
        Unit::Money => format!("x {}", line.rate),
    }
}
