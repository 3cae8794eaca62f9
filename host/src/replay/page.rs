//! What candidates would have changed, as a page. It needs nothing but itself; what comes from records is escaped.

use super::chart;
use super::report::{
    PERCENTILES, change_cells, counts, items, money, percent_text, percentile_cells, percentile_name, signed, subtitle,
};
use super::shadow::{Change, Section, Shadow, percent};
use super::stream::Done;
use crate::html;
use farebox_money::Decimal;
use farebox_pricing::{CardInfo, ENGINE};
use maud::{Markup, html};

/// The page.
pub fn page(bills: &str, done: &Done<Shadow>) -> String {
    let shadow = &done.tally;
    let body = html! {
        header {
            h1 { "Shadow replay" }
            p {
                (done.lines) " bill records of " code { (bills) } ", priced again on "
                @if shadow.sections.len() == 1 { "a candidate" } @else { (shadow.sections.len()) " candidates" }
                " by pricing " (ENGINE) "."
                @if shadow.others > 0 { " " (shadow.others) " are for none of them." }
            }
            @if done.interrupted { p.warn { "Interrupted: these are the first " (done.lines) " records only." } }
        }
        @for (card, section) in shadow.by_card() { (of_card(card, section)) }
        @if shadow.unreadable.count() > 0 {
            section {
                h2 { (shadow.unreadable.count()) " lines cannot be read" }
                ul { @for (line, why) in shadow.unreadable.iter() { li { "line " (line) ": " (why) } } }
            }
        }
    };
    html::page(&format!("Shadow replay: {bills}"), &body)
}

fn of_card(card: &CardInfo, section: &Section) -> Markup {
    let currency = card.currency;
    let amount = |value: i64| money(currency, value.into());
    let in_percent = |value: i64| format!("{} %", percent_text(value));
    html! {
        section {
            h2 { (card.title) }
            p.note { (subtitle(card)) }
            (figures(card, section))
            @if section.not_priced.count() > 0 {
                h3 { (section.not_priced.count()) " bills cannot be priced" }
                ul {
                    @for (line, (trip_id, why)) in section.not_priced.iter() {
                        li { "line " (line) ", trip " code { (trip_id) } ": " (why) }
                    }
                }
            }
            @if section.bills > 0 {
                div.charts {
                    figure {
                        figcaption { "Totals " span.key.before { "before" } " and " span.key.after { "after" } ", in " (currency) }
                        (chart::compared(&section.before, &section.after, &amount))
                    }
                    @if section.changed > 0 {
                        figure {
                            figcaption { "Change per bill, in " (currency) ", of bills that change" }
                            (chart::changes("Distribution of changes", &section.deltas, &|value| signed(currency, value.into())))
                        }
                        figure {
                            figcaption { "Change per bill, in percent, of bills that change" }
                            (chart::changes("Distribution of changes in percent", &section.percents, &in_percent))
                        }
                    }
                }
                h3 { "By fee" }
                (by_fee(card, section))
                div.columns {
                    div { h3 { "Per bill" } (per_bill(card, section)) }
                    div { (largest(card, section)) }
                }
            }
        }
    }
}

fn figures(card: &CardInfo, section: &Section) -> Markup {
    let Section { bills, changed, raised, lowered, total, .. } = section;
    let of_bills = |count: u64| match percent((*bills).into(), count.into()) {
        Some(share) => format!("{count} ({} %)", Decimal::new(share, 2)),
        None => count.to_string(),
    };
    let [before, after, delta, in_percent] = change_cells(*total, card.currency);
    html! {
        dl.figures {
            div { dt { "Bills" } dd { (bills) } }
            div { dt { "Changed" } dd { (of_bills(*changed)) } }
            div { dt { "Higher" } dd.up { (of_bills(*raised)) } }
            div { dt { "Lower" } dd.down { (of_bills(*lowered)) } }
            div { dt { "Before" } dd { (before) } }
            div { dt { "After" } dd { (after) } }
            div { dt { "Change" } dd { (delta) @if !in_percent.is_empty() { " (" (in_percent) " %)" } } }
        }
    }
}

fn by_fee(card: &CardInfo, section: &Section) -> Markup {
    let widest = items(section).map(|item| item.amount.delta().abs()).max().unwrap_or_default();
    let row = |name: &str, bills: String, change: Change, bar: Option<i128>| {
        html! {
            tr.sum[bar.is_none()] {
                th scope="row" { (name) }
                td { (bills) }
                @for cell in change_cells(change, card.currency) { td { (cell) } }
                td.bar { @if let Some(delta) = bar { (chart::bar(delta, widest)) } }
            }
        }
    };
    let rows = |discount: bool| {
        html! {
            @for item in items(section).filter(|item| item.discount == discount) {
                (row(&item.code, counts(item.bills), item.amount, Some(item.amount.delta())))
            }
        }
    };
    html! {
        div.scroll {
            table {
                thead { tr { th {} th { "bills" } th { "before" } th { "after" } th { "change" } th { "%" } th {} } }
                tbody {
                    (rows(false))
                    (row("total", String::new(), section.total, None))
                    (rows(true))
                    @if section.payable != section.total { (row("payable", String::new(), section.payable, None)) }
                }
            }
        }
    }
}

fn per_bill(card: &CardInfo, section: &Section) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th {} th { "before" } th { "after" } th { "change" } th { "%" } } }
                tbody {
                    @for per_mille in PERCENTILES {
                        tr {
                            th scope="row" { (percentile_name(per_mille)) }
                            @for cell in percentile_cells(section, per_mille, card.currency) { td { (cell) } }
                        }
                    }
                }
            }
        }
        p.note { "Each column on its own: the median change is not the change of the median bill." }
    }
}

fn largest(card: &CardInfo, section: &Section) -> Markup {
    if section.largest.iter().next().is_none() {
        return html! {};
    }
    html! {
        h3 { "Largest changes" }
        div.scroll {
            table {
                thead { tr { th { "trip" } th { "line" } th { "before" } th { "after" } th { "change" } th { "%" } } }
                tbody {
                    @for trip in section.largest.iter() {
                        tr {
                            th scope="row" { code { (trip.trip_id) } }
                            td { (trip.line) }
                            @for cell in change_cells(
                                Change { before: trip.before.into(), after: trip.after.into() }, card.currency,
                            ) { td { (cell) } }
                        }
                    }
                }
            }
        }
    }
}
