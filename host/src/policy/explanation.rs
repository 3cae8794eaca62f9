//! Why a settlement is what it is: for people, and as JSON.

use crate::replay::record::Record;
use crate::table::{Align, lay_out};
use farebox_commission::{Circumstances, CountedLine, ENGINE, Explanation, Policy, Settlement, Verdict};
use farebox_money::{Currency, Decimal, MinorUnits};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The whole page: the ride, the scenarios, what counts, and what it comes to.
pub fn page(
    record: &Record,
    ride: &Circumstances,
    policy: &Policy,
    explanation: &Explanation,
    is_recorded: bool,
) -> String {
    let currency = explanation.settlement.currency;
    let mut text = format!(
        "{}, {} {}, began {}\n\nscenarios\n",
        record.trip_id,
        record.city,
        record.product,
        ride.begins.describe()
    );
    let scenarios: Vec<[String; 2]> =
        explanation.scenarios.iter().map(|scenario| [scenario.name.clone(), verdict(&scenario.verdict)]).collect();
    text += &lay_out([Align::Left, Align::Left], &scenarios);
    for (title, lines) in [("passenger", &explanation.passenger), ("driver", &explanation.driver)] {
        let rows: Vec<[String; 3]> = lines.iter().map(|line| row(line, currency)).collect();
        let _ = write!(text, "\n{title}\n{}", lay_out([Align::Left, Align::Right, Align::Left], &rows));
    }
    text += "\nsettlement\n";
    text += &lay_out([Align::Left, Align::Right, Align::Left], &sums(explanation));
    let _ = writeln!(text, "\npolicy {}, commission {ENGINE}", policy.version());
    if !is_recorded {
        text += "\nthis is not the settlement of the record\n";
    }
    text
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Counts => "counts".to_owned(),
        Verdict::DoesNotApply { because } => format!("for other rides: this one is {}", because.join(", ")),
        Verdict::NotTried => "not tried".to_owned(),
    }
}

fn row(line: &CountedLine, currency: Currency) -> [String; 3] {
    let (amount, word) = match line {
        CountedLine { included: true, .. } => (-line.amount, "contained in the prices, and does not count"),
        CountedLine { counts: true, .. } => (line.amount, "counts"),
        _ => (line.amount, "does not count"),
    };
    [line.code.clone(), currency.format(amount), word.to_owned()]
}

fn sums(explanation: &Explanation) -> Vec<[String; 3]> {
    let Explanation { settlement, base, coupons, driver_coupons, partners, driver_counted, .. } = explanation;
    let currency = settlement.currency;
    let money = |amount: MinorUnits| currency.format(amount);
    let percent = |rate: Decimal| format!("{} %", (rate * Decimal::ONE_HUNDRED).normalize());
    let mut rows = vec![["base".to_owned(), money(*base), "what counts of the passenger's bill".to_owned()]];
    if *coupons != 0 {
        let less = format!("what counts of the passenger's bill, less {} of coupons", money(*coupons));
        rows = vec![["base".to_owned(), money(*base), less]];
    }
    let Settlement { take, take_rate, cap, top_up, held_back, take_after, take_rate_after, .. } = settlement;
    let mut of_driver = "what counts of the driver's bill".to_owned();
    if *driver_coupons != 0 {
        let _ = write!(of_driver, ", less {} of coupons", money(*driver_coupons));
    }
    rows.push(["driver".to_owned(), money(*driver_counted), of_driver]);
    if *partners != 0 {
        let why = "of the coupons: the platform has it from partners, so it lowers neither base nor take";
        rows.push(["partners".to_owned(), money(*partners), why.to_owned()]);
    }
    rows.push(["take".to_owned(), money(*take), percent(*take_rate)]);
    let most = if *top_up > 0 { money(*take_after) } else { String::new() };
    rows.push(["cap".to_owned(), most, percent(*cap)]);
    let owed = if *top_up > 0 { "paid to the driver" } else { "the take is within the cap" };
    rows.push(["top-up".to_owned(), money(*top_up), owed.to_owned()]);
    if *held_back > 0 {
        let why = "more than the scenario pays for a ride: the take stays above the cap";
        rows.push(["held back".to_owned(), money(*held_back), why.to_owned()]);
    }
    rows.push(["take after".to_owned(), money(*take_after), percent(*take_rate_after)]);
    rows
}

/// The same as JSON.
pub fn document(record: &Record, policy: &Policy, explanation: &Explanation, is_recorded: bool) -> Value {
    let currency = explanation.settlement.currency;
    let money = |amount: MinorUnits| currency.format(amount);
    let line = |line: &CountedLine| json!({"code": line.code, "amount": money(line.amount), "counts": line.counts, "included": line.included});
    json!({
        "trip_id": record.trip_id,
        "policy": policy.version(),
        "commission": ENGINE,
        "as_recorded": is_recorded,
        "scenarios": explanation.scenarios,
        "passenger": explanation.passenger.iter().map(line).collect::<Vec<_>>(),
        "driver": explanation.driver.iter().map(line).collect::<Vec<_>>(),
        "base": money(explanation.base),
        "coupons": money(explanation.coupons),
        "driver_coupons": money(explanation.driver_coupons),
        "partners": money(explanation.partners),
        "driver_counted": money(explanation.driver_counted),
        "settlement": explanation.settlement,
    })
}
