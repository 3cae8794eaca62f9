//! Bills and their parts in words, for tables, trees and differences.

use farebox_fare::{Basis, Bill, Line, Rule, Source, Trip, Unit};
use farebox_money::{Currency, Decimal, MinorUnits, Rounding};
use farebox_pricing::{CardInfo, PriceError, Side};

/// How much of it: "800 m". Empty for what is charged once.
#[must_use]
pub fn quantity(line: &Line) -> String {
    let quantity = line.quantity.normalize();
    match line.unit {
        Unit::Trip => String::new(),
        Unit::Meter => format!("{quantity} m"),
        Unit::Second => format!("{quantity} s"),
        Unit::Piece => format!("{quantity} x"),
        Unit::Money => line.quantity.to_string(),
    }
}

/// At which rate: "1.35 / km". Empty for what is charged once.
#[must_use]
pub fn rate(line: &Line) -> String {
    let per = line.per.normalize();
    match line.unit {
        Unit::Trip => String::new(),
        Unit::Meter if per == Decimal::ONE_THOUSAND => format!("{} / km", line.rate),
        Unit::Meter => format!("{} / {per} m", line.rate),
        Unit::Second if per == Decimal::from(60) => format!("{} / min", line.rate),
        Unit::Second => format!("{} / {per} s", line.rate),
        Unit::Piece => line.rate.to_string(),
        Unit::Money if per == Decimal::ONE_HUNDRED => format!("{} %", line.rate),
        Unit::Money if per == Decimal::ONE => format!("x {}", line.rate),
        Unit::Money => format!("x {} / {per}", line.rate),
    }
}

/// The code, and which coupon it was.
#[must_use]
pub fn code(line: &Line) -> String {
    line.reference.as_ref().map_or_else(|| line.code.clone(), |id| format!("{} {id}", line.code))
}

/// How a line came to its amount: "800 m x 1.35 / km = 1.08".
#[must_use]
pub fn arithmetic(line: &Line, currency: Currency) -> String {
    let amount = currency.format(line.amount);
    let exact = line.quantity.checked_mul(line.rate).and_then(|product| product.checked_div(line.per));
    // Nobody needs to read all decimals of a third.
    let shown = exact.map(|exact| exact.round_dp(6).normalize());
    let rounded = match shown {
        Some(shown) if shown != currency.to_major(line.amount) => {
            let cut = if exact.is_some_and(|exact| exact.normalize() != shown) { "..." } else { "" };
            format!("{shown}{cut}, rounded {} to {amount}", rounding(line, currency))
        }
        _ => amount,
    };
    let (quantity, rate) = (quantity(line), rate(line));
    match line.unit {
        Unit::Trip => rounded,
        Unit::Money if line.per.normalize() == Decimal::ONE_HUNDRED => format!("{rate} of {quantity} = {rounded}"),
        // These bring their sign along.
        Unit::Money | Unit::Piece => format!("{quantity} {rate} = {rounded}"),
        Unit::Meter | Unit::Second => format!("{quantity} x {rate} = {rounded}"),
    }
}

/// How the amount of a line was rounded: "half-up", "down to 0.50".
#[must_use]
pub fn rounding(line: &Line, currency: Currency) -> String {
    let mode = match line.why.rounding {
        Rounding::HalfUp => "half-up",
        Rounding::HalfEven => "half-even",
        Rounding::Down => "down",
        Rounding::Up => "up",
    };
    match line.why.step {
        1 => mode.to_owned(),
        step => format!("{mode} in steps of {}", currency.format(step)),
    }
}

/// Where the quantity of a line comes from, when that is worth telling.
#[must_use]
pub fn source(line: &Line) -> Option<&'static str> {
    match line.why.source {
        Source::Card | Source::Items => None,
        // An amount that came with the ride.
        Source::Trip if line.unit == Unit::Trip => None,
        Source::Trip => Some("of the whole ride"),
        Source::Segments => Some("measured by segments"),
        Source::Spread => Some("spread evenly over the ride"),
    }
}

/// What put a line on the bill, when it is not the item's own figures.
#[must_use]
pub fn rule(line: &Line) -> Option<&'static str> {
    match line.why.rule {
        Rule::Rate | Rule::Coupon => None,
        Rule::Floor => Some("brought up to its floor"),
        Rule::Cap => Some("brought down to its cap"),
        Rule::Growth => Some("brought back to what it may have grown since the quote"),
    }
}

/// A bill, line by line, in words that differ when the bills do.
#[must_use]
pub fn lines(bill: &Bill) -> Vec<String> {
    let currency = bill.currency;
    let line = |line: &Line| {
        let mut text = format!("{}  {}", code(line), arithmetic(line, currency));
        let branch = line.why.branch.map(|branch| format!("branch {branch}"));
        let notes = [rule(line).map(str::to_owned), branch, source(line).map(str::to_owned)];
        let notes: Vec<String> = notes.into_iter().flatten().chain([rounding(line, currency)]).collect();
        text.push_str(&format!("  ({})", notes.join(", ")));
        text
    };
    let mut text = vec![format!("{}, {}", bill.currency, basis(bill.basis)), format!("rate card {}", bill.rate_card)];
    text.extend(bill.lines.iter().map(line));
    text.push(format!("total  {}", currency.format(bill.total)));
    text.extend(bill.discounts.iter().map(line));
    text.push(format!("payable  {}", currency.format(bill.payable)));
    text.extend(bill.included.iter().map(line).map(|line| format!("included  {line}")));
    text
}

/// What is being priced, in three lines.
#[must_use]
pub fn heading(card: &CardInfo, trip: &Trip) -> String {
    let start = jiff::Timestamp::from_second(trip.started_at)
        .and_then(|start| start.in_tz(&card.time_zone))
        .map_or_else(|_| trip.started_at.to_string(), |start| start.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let CardInfo { title, city, product, time_zone, currency, .. } = card;
    let (side, basis) = (side(card.side), basis(trip.basis));
    format!(
        "{title}\n{city} {product} ({side}), {basis}, from {start} {time_zone}\n{} m, {} s, amounts in {currency}\n",
        trip.distance_m, trip.duration_s,
    )
}

/// The word for a side.
#[must_use]
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Passenger => "passenger",
        Side::Driver => "driver",
    }
}

/// The word for a basis.
#[must_use]
pub fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Estimated => "estimated",
        Basis::Metered => "metered",
        Basis::Mocked => "mocked",
    }
}

/// Why a ride could not be priced.
#[must_use]
pub fn price_error(error: &PriceError) -> String {
    match error {
        PriceError::InvalidTrip(problem) => format!("the trip cannot be priced: {problem}"),
        PriceError::Overflow(code) => format!("the amount of \"{code}\" is too large to be priced"),
        PriceError::Contradiction(contradiction) => format!("the bill contradicts itself: {contradiction}"),
    }
}

/// An amount with its sign, also when it grew: "+1.20".
#[must_use]
pub fn signed(currency: Currency, amount: MinorUnits) -> String {
    if amount > 0 { format!("+{}", currency.format(amount)) } else { currency.format(amount) }
}

/// "1 problem", "2 problems".
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
