//! What replaying came to, as text and as JSON.

use super::distribution::Distribution;
use super::prove::{Detail, Failing, Failure, Proof};
use super::shadow::{Change, Section, Shadow, percent};
use super::stream::Done;
use crate::bill_text;
use crate::output;
use crate::table::{Align, lay_out};
use farebox_money::{Currency, Decimal};
use farebox_pricing::{CardInfo, ENGINE};
use serde_json::{Value, json};
use std::fmt::Write;

/// The thousandths at which a distribution is shown.
pub const PERCENTILES: [u64; 9] = [0, 10, 50, 250, 500, 750, 950, 990, 1000];

/// The word for one of [`PERCENTILES`].
#[must_use]
pub fn percentile_name(per_mille: u64) -> String {
    match per_mille {
        0 => "least".to_owned(),
        500 => "median".to_owned(),
        1000 => "most".to_owned(),
        _ => format!("p{}", per_mille / 10),
    }
}

/// A proof, as text.
pub fn proof_text(done: &Done<Proof>) -> String {
    let proof = &done.tally;
    let number = |count: u64| count.to_string();
    let failed = |failing| proof.failed.get(&failing).copied().unwrap_or_default();
    let mut rows = vec![
        [number(done.lines), "bill records".to_owned()],
        [number(proof.same_bytes), "come to what is recorded, to the byte".to_owned()],
    ];
    let others = [
        (proof.same_content, "come to what is recorded, but were laid out anew"),
        (failed(Failing::Different), "come to something else"),
        (failed(Failing::SettledDifferently), "settle to something else"),
        (failed(Failing::NotPriced), "cannot be priced"),
        (failed(Failing::UnknownVersion), "were made with rate cards or policies that are not there"),
        (failed(Failing::Unreadable), "cannot be read"),
    ];
    rows.extend(
        others.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| [number(count), what.to_owned()]),
    );
    let mut text = lay_out([Align::Right, Align::Left], &rows);
    for (engine, count) in proof.engines.iter().filter(|(engine, _)| **engine != ENGINE) {
        let _ = writeln!(text, "\n{count} were priced by pricing {engine}; this is pricing {ENGINE}");
    }
    for (line, failure) in proof.failures.iter() {
        let _ = write!(text, "\nline {line}");
        if !failure.trip_id.is_empty() {
            let _ = write!(text, ", trip {}", printable(&failure.trip_id));
        }
        if let Some(side) = failure.side {
            let _ = write!(text, ", {}'s bill", bill_text::side(side));
        }
        let _ = match &failure.detail {
            Detail::Message(message) => writeln!(text, ": {message}"),
            Detail::Difference(difference) => {
                writeln!(text, " (- recorded, + replayed)\n{}", printable(&difference.indented("  ")))
            }
        };
    }
    not_shown(&mut text, proof.failed(), proof.failures.iter().count());
    interrupted(&mut text, done);
    text
}

/// A proof, as JSON.
pub fn proof_json(done: &Done<Proof>) -> serde_json::Result<String> {
    let proof = &done.tally;
    let failure = |(line, failure): (u64, &Failure)| {
        let mut document = json!({
            "line": line,
            "trip_id": failure.trip_id,
            "side": failure.side.map(bill_text::side),
            "failing": failure.failing.code(),
        });
        match &failure.detail {
            Detail::Message(message) => document["message"] = json!(message),
            Detail::Difference(difference) => {
                document["recorded"] = difference.recorded.clone();
                document["replayed"] = difference.replayed.clone();
            }
        }
        document
    };
    let failed = |failing: Failing| proof.failed.get(&failing).copied().unwrap_or_default();
    let failed: serde_json::Map<String, Value> =
        Failing::ALL.into_iter().map(|failing| (failing.code().to_owned(), json!(failed(failing)))).collect();
    let document = json!({
        "bills": done.lines,
        "same_bytes": proof.same_bytes,
        "same_content": proof.same_content,
        "failed": failed,
        "failures": proof.failures.iter().map(failure).collect::<Vec<_>>(),
        "priced_by": proof.engines,
        "pricing": ENGINE,
        "interrupted": done.interrupted,
    });
    output::json(&document)
}

/// What candidates would have changed, as text.
pub fn shadow_text(done: &Done<Shadow>) -> String {
    let shadow = &done.tally;
    let mut text = String::new();
    for (card, section) in shadow.by_card() {
        section_text(&mut text, card, section);
    }
    let rows = [
        (done.lines, "bill records"),
        (shadow.others, "are for none of the candidates"),
        (shadow.unreadable.count(), "cannot be read"),
    ];
    let rows = rows.into_iter().enumerate().filter(|(index, (count, _))| *index == 0 || *count > 0);
    let rows: Vec<_> = rows.map(|(_, (count, what))| [count.to_string(), what.to_owned()]).collect();
    text += &lay_out([Align::Right, Align::Left], &rows);
    for (line, why) in shadow.unreadable.iter() {
        let _ = writeln!(text, "\nline {line}: {why}");
    }
    not_shown(&mut text, shadow.unreadable.count(), shadow.unreadable.iter().count());
    interrupted(&mut text, done);
    text
}

fn section_text(text: &mut String, card: &CardInfo, section: &Section) {
    let currency = card.currency;
    let Section { bills, changed, raised, lowered, not_priced, .. } = section;
    let _ = writeln!(text, "{}\n{}", card.title, subtitle(card));
    let _ = writeln!(
        text,
        "{bills} bills: {changed} changed ({raised} higher, {lowered} lower), {} unchanged, {} not priced\n",
        bills - changed,
        not_priced.count()
    );
    for (line, (trip_id, why)) in not_priced.iter() {
        let _ = writeln!(text, "  line {line}, trip {}: {why}", printable(trip_id));
    }
    if *bills == 0 {
        return;
    }
    let mut rows = vec![["", "bills", "before", "after", "change", "%"].map(str::to_owned)];
    let sum = |name: &str, change: Change| {
        let [before, after, delta, percent] = change_cells(change, currency);
        [name.to_owned(), String::new(), before, after, delta, percent]
    };
    for item in items(section).filter(|item| !item.discount) {
        let [before, after, delta, percent] = change_cells(item.amount, currency);
        rows.push([item.code.clone(), counts(item.bills), before, after, delta, percent]);
    }
    rows.push(sum("total", section.total));
    for item in items(section).filter(|item| item.discount) {
        let [before, after, delta, percent] = change_cells(item.amount, currency);
        rows.push([item.code.clone(), counts(item.bills), before, after, delta, percent]);
    }
    if section.payable != section.total {
        rows.push(sum("payable", section.payable));
    }
    *text += &lay_out([Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Right], &rows);

    let mut rows = vec![["per bill", "before", "after", "change", "%"].map(str::to_owned)];
    for per_mille in PERCENTILES {
        let [before, after, delta, percent] = percentile_cells(section, per_mille, currency);
        rows.push([percentile_name(per_mille), before, after, delta, percent]);
    }
    text.push('\n');
    *text += &lay_out([Align::Left, Align::Right, Align::Right, Align::Right, Align::Right], &rows);

    let mut rows = vec![["largest changes", "line", "before", "after", "change", "%"].map(str::to_owned)];
    for trip in section.largest.iter() {
        let change = Change { before: trip.before.into(), after: trip.after.into() };
        let [before, after, delta, percent] = change_cells(change, currency);
        rows.push([printable(&trip.trip_id), trip.line.to_string(), before, after, delta, percent]);
    }
    if rows.len() > 1 {
        text.push('\n');
        *text += &lay_out([Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Right], &rows);
    }
    text.push('\n');
}

/// "110000 express (passenger), amounts in CNY, rate card ...".
#[must_use]
pub fn subtitle(card: &CardInfo) -> String {
    let CardInfo { city, product, side, currency, version, .. } = card;
    format!("{city} {product} ({}), amounts in {currency}, rate card {version}", bill_text::side(*side))
}

/// Those items that ever came to something.
pub fn items(section: &Section) -> impl Iterator<Item = &super::shadow::ItemChange> {
    section.items.iter().filter(|item| item.bills != Change::default())
}

/// On how many bills: "5", or "5 -> 7" when that changes.
#[must_use]
pub fn counts(bills: Change) -> String {
    if bills.delta() == 0 { bills.before.to_string() } else { format!("{} -> {}", bills.before, bills.after) }
}

/// Before, after, change, and the change in percent.
#[must_use]
pub fn change_cells(change: Change, currency: Currency) -> [String; 4] {
    let percent = percent(change.before, change.delta()).map(percent_text).unwrap_or_default();
    [money(currency, change.before), money(currency, change.after), signed(currency, change.delta()), percent]
}

/// What a percentile of a section is: totals before and after, the change, the change in percent.
#[must_use]
pub fn percentile_cells(section: &Section, per_mille: u64, currency: Currency) -> [String; 4] {
    let at = |distribution: &Distribution| distribution.percentile(per_mille);
    let text = |value: Option<i64>, text: &dyn Fn(i64) -> String| value.map(text).unwrap_or_default();
    [
        text(at(&section.before), &|value| money(currency, value.into())),
        text(at(&section.after), &|value| money(currency, value.into())),
        text(at(&section.deltas), &|value| signed(currency, value.into())),
        text(at(&section.percents), &percent_text),
    ]
}

/// A sum of money, which may be more than an amount can be.
#[must_use]
pub fn money(currency: Currency, minor: i128) -> String {
    match i64::try_from(minor) {
        Ok(minor) => currency.format(minor),
        Err(_) => Decimal::try_from_i128_with_scale(minor, currency.exponent())
            .map_or_else(|_| format!("{minor} minor units"), |amount| amount.to_string()),
    }
}

/// As [`money`], with a sign when it grew.
#[must_use]
pub fn signed(currency: Currency, minor: i128) -> String {
    let sign = if minor > 0 { "+" } else { "" };
    format!("{sign}{}", money(currency, minor))
}

/// Hundredths of a percent as percent: "+3.25".
#[must_use]
pub fn percent_text(hundredths: i64) -> String {
    let sign = if hundredths > 0 { "+" } else { "" };
    format!("{sign}{}", Decimal::new(hundredths, 2))
}

/// Text from a record, without what would play tricks on a terminal.
fn printable(text: &str) -> String {
    let safe = |letter: char| if letter.is_control() && letter != '\n' { char::REPLACEMENT_CHARACTER } else { letter };
    text.chars().map(safe).collect()
}

fn not_shown(text: &mut String, all: u64, shown: usize) {
    let rest = all - u64::try_from(shown).unwrap_or(all);
    if rest > 0 {
        let _ = writeln!(text, "\nand {rest} more that fail; --show says how many to show");
    }
}

fn interrupted<T>(text: &mut String, done: &Done<T>) {
    if done.interrupted {
        let _ = writeln!(text, "\ninterrupted: this is what the first {} bills came to", done.lines);
    }
}

/// What candidates would have changed, as JSON. Amounts are decimal text, percentages hundredths of a percent as decimal
/// text in percent.
pub fn shadow_json(done: &Done<Shadow>) -> serde_json::Result<String> {
    let shadow = &done.tally;
    let unreadable = shadow.unreadable.iter().map(|(line, why)| json!({ "line": line, "message": why }));
    let document = json!({
        "bills": done.lines,
        "candidates": shadow.by_card().map(|(card, section)| section_json(card, section)).collect::<Vec<_>>(),
        "for_no_candidate": shadow.others,
        "unreadable": { "count": shadow.unreadable.count(), "first": unreadable.collect::<Vec<_>>() },
        "pricing": ENGINE,
        "interrupted": done.interrupted,
    });
    output::json(&document)
}

fn section_json(card: &CardInfo, section: &Section) -> Value {
    let currency = card.currency;
    let change = |change: Change| {
        json!({
            "before": money(currency, change.before),
            "after": money(currency, change.after),
            "delta": money(currency, change.delta()),
            "percent": percent(change.before, change.delta()).map(|percent| Decimal::new(percent, 2).to_string()),
        })
    };
    let items = items(section).map(|item| {
        json!({
            "code": item.code,
            "discount": item.discount,
            "bills_before": u64::try_from(item.bills.before).unwrap_or_default(),
            "bills_after": u64::try_from(item.bills.after).unwrap_or_default(),
            "amount": change(item.amount),
        })
    });
    let percentiles = |distribution: &Distribution, text: &dyn Fn(i64) -> String| {
        let at = |per_mille| Some((percentile_name(per_mille), json!(text(distribution.percentile(per_mille)?))));
        PERCENTILES.into_iter().filter_map(at).collect::<serde_json::Map<_, _>>()
    };
    let amount = |value: i64| money(currency, value.into());
    let in_percent = |value: i64| Decimal::new(value, 2).to_string();
    let largest = section.largest.iter().map(|trip| {
        json!({
            "trip_id": trip.trip_id,
            "line": trip.line,
            "total": change(Change { before: trip.before.into(), after: trip.after.into() }),
        })
    });
    let not_priced = section.not_priced.iter();
    let not_priced =
        not_priced.map(|(line, (trip_id, why))| json!({ "line": line, "trip_id": trip_id, "message": why }));
    json!({
        "card": card,
        "bills": section.bills,
        "changed": section.changed,
        "unchanged": section.bills - section.changed,
        "higher": section.raised,
        "lower": section.lowered,
        "not_priced": { "count": section.not_priced.count(), "first": not_priced.collect::<Vec<_>>() },
        "total": change(section.total),
        "payable": change(section.payable),
        "items": items.collect::<Vec<_>>(),
        "percentiles": {
            "before": percentiles(&section.before, &amount),
            "after": percentiles(&section.after, &amount),
            "delta": percentiles(&section.deltas, &amount),
            "percent": percentiles(&section.percents, &in_percent),
        },
        "largest": largest.collect::<Vec<_>>(),
    })
}
