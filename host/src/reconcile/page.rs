//! What people are told of a reconciliation, as a page. It needs nothing but itself; what comes from inputs is escaped.

use super::listed::{ALIGNED, HEAD, Listed, rows};
use super::told::{BALANCE_HEAD, balance, headline, in_a_line, lines};
use crate::html;
use crate::table::Align;
use farebox_reconcile::{Balance, Class, Finding, Outcome, Refused, Summary, Sums};
use maud::{Markup, html};

/// The page.
pub fn page(outcome: &Outcome, listed: &Listed) -> String {
    let title = "Reconciliation of top-ups";
    let body = html! {
        header {
            h1 { (title) }
            @match outcome {
                Outcome::Refused(_) => p.warn { (in_a_line(outcome)) },
                Outcome::Reconciled(summary) => p { (headline(summary)) },
            }
        }
        @match outcome {
            Outcome::Refused(refused) => (of_refused(refused)),
            Outcome::Reconciled(summary) => (of_summary(summary, listed)),
        }
    };
    html::page(title, &body)
}

fn of_refused(refused: &Refused) -> Markup {
    html! {
        section {
            h2 { "Lines that cannot be read" }
            ul { @for line in refused.lines() { li { (line) } } }
            @if let Some(more) = refused.not_told() { p.note { "And " (more) " more." } }
        }
    }
}

fn of_summary(summary: &Summary, listed: &Listed) -> Markup {
    html! {
        @for sums in &summary.sums { (of_currency(sums)) }
        @for (class, findings) in listed.classes() { (of_class(class, summary.keys(class), findings)) }
        @if summary.repeated > 0 {
            p.note { "Repeated in the ledger, and counted once: " (lines(summary.repeated)) "." }
        }
    }
}

fn of_currency(sums: &Sums) -> Markup {
    let row = |name: &str, of_class: &Balance, is_sum: bool| {
        html! {
            tr.sum[is_sum] {
                th scope="row" { (name) }
                @for cell in balance(sums, of_class) { td { (cell) } }
            }
        }
    };
    html! {
        section {
            h2 { "In " (sums.currency) }
            div.scroll {
                table {
                    thead { tr { th {} @for name in BALANCE_HEAD { th { (name) } } } }
                    tbody {
                        @for (class, of_class) in &sums.classes { (row(class.title(), of_class, false)) }
                        (row("together", &sums.all, true))
                    }
                }
            }
        }
    }
}

fn of_class(class: Class, keys: u64, findings: &[Finding]) -> Markup {
    html! {
        section {
            h2 { (keys) " " (class.title()) }
            @if u64::try_from(findings.len()).is_ok_and(|shown| shown < keys) {
                p.note { "The first " (findings.len()) "." }
            }
            div.scroll {
                table {
                    thead { tr { @for (name, align) in HEAD.into_iter().zip(ALIGNED) { th.text[is_text(align)] { (name) } } } }
                    tbody {
                        @for row in findings.iter().flat_map(rows) {
                            tr { @for (cell, align) in row.into_iter().zip(ALIGNED) { td.text[is_text(align)] { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}

fn is_text(align: Align) -> bool {
    matches!(align, Align::Left)
}
