//! What people are told of a reconciliation.

use super::listed::{ALIGNED, HEAD, Listed, rows};
use crate::bill_text::{count, signed};
use crate::table::{Align, lay_out};
use farebox_reconcile::{Balance, Class, Outcome, Refused, Summary, Sums};
use std::fmt::Write as _;

/// All of it.
pub fn report(outcome: &Outcome, listed: &Listed) -> String {
    match outcome {
        Outcome::Refused(refused) => told_refused(refused),
        Outcome::Reconciled(summary) => told_summary(summary, listed),
    }
}

/// The same in a line, for those who read the rest elsewhere.
pub fn in_a_line(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(refused) => nothing_compared(refused.count()),
        Outcome::Reconciled(summary) => headline(summary),
    }
}

fn nothing_compared(number: u64) -> String {
    format!("nothing was compared: {} cannot be read", lines(number))
}

fn told_refused(refused: &Refused) -> String {
    let mut text = format!("{}\n", nothing_compared(refused.count()));
    for line in refused.lines() {
        _ = writeln!(text, "  {line}");
    }
    if let Some(more) = refused.not_told() {
        _ = writeln!(text, "  and {more} more");
    }
    text
}

/// The one sentence.
pub fn headline(summary: &Summary) -> String {
    let Summary { records, payments, .. } = summary;
    let counted = |number: u64, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    let all = format!("{} and {}", counted(*records, "top-up"), counted(*payments, "payment"));
    if summary.matches() {
        return format!("{all}: every top-up was paid once");
    }
    let differ: u64 = summary.classes.iter().filter(|of| of.class != Class::Matched).map(|of| of.keys).sum();
    format!("{all}: {} as owed, {differ} not", summary.keys(Class::Matched))
}

fn told_summary(summary: &Summary, listed: &Listed) -> String {
    let mut text = format!("{}\n", headline(summary));
    if summary.repeated > 0 {
        _ = writeln!(text, "repeated in the ledger, and counted once: {}", lines(summary.repeated));
    }
    for sums in &summary.sums {
        text.push('\n');
        text.push_str(&table(sums));
    }
    for (class, findings) in listed.classes() {
        let keys = summary.keys(class);
        let shown = u64::try_from(findings.len()).unwrap_or(keys);
        let these = if shown < keys { format!(", the first {shown} of {keys}") } else { format!(", {keys}") };
        _ = writeln!(text, "\n{}{these}:", class.title());
        let all = std::iter::once(HEAD.map(str::to_owned)).chain(findings.iter().flat_map(rows));
        text.push_str(&lay_out(ALIGNED, &all.collect::<Vec<_>>()));
    }
    text
}

/// "1 line", "2 lines".
pub fn lines(number: u64) -> String {
    usize::try_from(number).map_or_else(|_| format!("{number} lines"), |number| count(number, "line"))
}

/// What is above the columns of [`balance`].
pub const BALANCE_HEAD: [&str; 5] = ["top-ups", "owed", "payments", "paid", "difference"];

/// What is owed and paid in a currency, class by class, and together.
fn table(sums: &Sums) -> String {
    let named = |name: &str, cells: [String; 5]| {
        let [records, owed, payments, paid, difference] = cells;
        [name.to_owned(), records, owed, payments, paid, difference]
    };
    let mut rows = vec![named(sums.currency.code(), BALANCE_HEAD.map(str::to_owned))];
    rows.extend(sums.classes.iter().map(|(class, of_class)| named(class.title(), balance(sums, of_class))));
    rows.push(named("together", balance(sums, &sums.all)));
    let right = Align::Right;
    lay_out([Align::Left, right, right, right, right, right], &rows)
}

/// A balance in columns.
pub fn balance(sums: &Sums, balance: &Balance) -> [String; 5] {
    let Balance { owed, paid } = balance;
    let money = |amount| sums.currency.format(amount);
    let difference = balance.difference().map_or_else(
        || "too large".to_owned(),
        |difference| if difference == 0 { String::new() } else { signed(sums.currency, difference) },
    );
    [owed.count.to_string(), money(owed.amount), paid.count.to_string(), money(paid.amount), difference]
}

#[cfg(test)]
mod tests;
