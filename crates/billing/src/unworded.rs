//! Repairs where there is no copy: amounts and fee codes, and no words.

use crate::engines::{BorneAmount, RepairWords, RepairedLine, SideRepair};
use farebox_money::{Currency, Decimal, MinorUnits};
use farebox_records::LineDifference;

/// What is left of a repair without words. Amounts are written with the code of their currency, as copy without a pattern for it does; fees are
/// called by their codes.
pub(crate) fn unworded(repair: SideRepair<'_>) -> RepairWords {
    let difference = repair.difference;
    let currency = difference.currency;
    let amount = |minor: MinorUnits| written(currency, currency.to_major(minor));
    let line = |LineDifference { code, before, after }: &LineDifference| RepairedLine {
        code: code.clone(),
        label: code.clone(),
        before: amount(*before),
        after: amount(*after),
    };
    // Two amounts fit a decimal together.
    let apart = currency.to_major(difference.after).checked_sub(currency.to_major(difference.before));
    let apart = apart.unwrap_or_default();
    let plus = if apart > Decimal::ZERO { "+" } else { "" };
    RepairWords {
        title: String::new(),
        text: String::new(),
        outcome: String::new(),
        before: amount(difference.before),
        after: amount(difference.after),
        difference: format!("{plus}{}", written(currency, apart)),
        borne: (difference.borne != 0).then(|| BorneAmount { amount: amount(difference.borne), text: String::new() }),
        lines: difference.lines.iter().map(line).collect(),
    }
}

fn written(currency: Currency, major: Decimal) -> String {
    let minus = if major < Decimal::ZERO { "-" } else { "" };
    format!("{minus}{} {}", currency.code(), major.abs())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_fare::{Basis, Bill};
    use farebox_records::Difference;

    /// Every amount of a repair is there without copy, with its currency, its decimals and its sign.
    #[test]
    fn amounts_without_words() {
        let check = |code: &str, [before, after, borne]: [MinorUnits; 3], expected: [&str; 4]| {
            let currency = Currency::from_code(code).unwrap();
            let lines = vec![LineDifference { code: "tolls".into(), before, after }];
            let difference = Difference { currency, before, after, borne, lines };
            let bill = Bill {
                currency,
                basis: Basis::Metered,
                lines: Vec::new(),
                total: 0,
                discounts: Vec::new(),
                payable: 0,
                included: Vec::new(),
                rate_card: String::new(),
            };
            let words = unworded(SideRepair { bill: &bill, because: &[], closed: true, difference: &difference });
            let borne = words.borne.as_ref().map_or("", |borne| &borne.amount);
            assert_eq!([&words.before, &words.after, &words.difference, borne], expected);
            let line = &words.lines[0];
            assert_eq!(
                [&line.code, &line.label, &line.before, &line.after],
                ["tolls", "tolls", expected[0], expected[1]]
            );
            assert_eq!([&words.title, &words.text, &words.outcome], ["", "", ""]);
        };
        check("CNY", [4_720, 5_066, 454], ["CNY 47.20", "CNY 50.66", "+CNY 3.46", "CNY 4.54"]);
        check("CNY", [5_066, 4_720, 0], ["CNY 50.66", "CNY 47.20", "-CNY 3.46", ""]);
        check("JPY", [1_200, 1_200, 5], ["JPY 1200", "JPY 1200", "JPY 0", "JPY 5"]);
        check("KWD", [-5, 0, 0], ["-KWD 0.005", "KWD 0.000", "+KWD 0.005", ""]);
        let most = ["-CNY 92233720368547758.08", "CNY 92233720368547758.07", "+CNY 184467440737095516.15", ""];
        check("CNY", [MinorUnits::MIN, MinorUnits::MAX, 0], most);
    }
}
