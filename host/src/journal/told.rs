//! What is said of a journal.

use super::chain::{Damage, Verified};
use super::entry::{Entry, State, What};
use crate::table::{Align, lay_out};
use farebox_fare::time;
use std::fmt::Write as _;

/// What waits, and what gave way or was refused, `count` of them in all.
pub fn list(waiting: &[Entry], settled: &[Entry], count: usize, now_ms: i64) -> String {
    if waiting.is_empty() && count == 0 {
        return "nothing waits, and nothing gave way or was refused\n".to_owned();
    }
    let mut text = String::new();
    match waiting.len() {
        0 => text.push_str("nothing waits\n"),
        1 => text.push_str("1 entry waits for the shared store:\n"),
        many => _ = writeln!(text, "{many} entries wait for the shared store:"),
    }
    text.push_str(&table(waiting, now_ms));
    if count > 0 {
        let these =
            if settled.len() < count { format!(", the last {} of {count}", settled.len()) } else { String::new() };
        _ = writeln!(text, "\ngave way to another bill, or refused{these}:");
        text.push_str(&table(settled, now_ms));
    }
    text
}

fn table(entries: &[Entry], now_ms: i64) -> String {
    let rows: Vec<[String; 5]> = entries
        .iter()
        .map(|entry| {
            let since = format!("{} ({})", moment(entry.entered_ms), age(now_ms.saturating_sub(entry.entered_ms)));
            let what = match &entry.what {
                What::Bill { revision, charged, top_up } => {
                    let charged = charged.as_deref().unwrap_or("an amount that cannot be read");
                    let top_up = top_up.as_ref().map(|top_up| format!(", top-up {top_up}")).unwrap_or_default();
                    format!("bill {revision}, {charged}{top_up}")
                }
                What::Segments { count: 1, distance_m } => format!("1 segment, {distance_m} m"),
                What::Segments { count, distance_m } => format!("{count} segments, {distance_m} m"),
            };
            let state = match &entry.state {
                State::Entered => "not answered yet, or not noted".to_owned(),
                State::Kept => "answered as kept here".to_owned(),
                State::Recalled => "sent before, and sent again: the store has lost something".to_owned(),
                State::Superseded { at_ms, charged } => {
                    let by = charged.as_ref().map(|charged| format!(" of {charged}")).unwrap_or_default();
                    format!("another bill{by} counts, since {}", moment(*at_ms))
                }
                State::Refused { at_ms, why } => format!("refused at {}: {why}", moment(*at_ms)),
            };
            [entry.number.to_string(), since, format!("{}/{}", entry.city, entry.trip), what, state]
        })
        .collect();
    lay_out([Align::Right, Align::Left, Align::Left, Align::Left, Align::Left], &rows)
}

fn moment(ms: i64) -> String {
    time::format(ms.div_euclid(1_000))
}

/// How long ago something was, in the largest unit of which there are two.
fn age(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// What was found out about the entries.
pub fn verified(verified: &Verified) -> String {
    let Verified { entries, unchanged, redacted, gone, damaged } = verified;
    let mut text = format!("{entries} entries: {unchanged} are as they were entered");
    if *redacted > 0 {
        _ = write!(text, ", of {redacted} who rode was taken out");
    }
    if *gone > 0 {
        _ = write!(text, "; {gone} in between are gone, as those do that do not wait and are a day old");
    }
    text.push('\n');
    for Damage { number, what } in damaged {
        _ = writeln!(text, "entry {number} is damaged: {what}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_219_200_000;

    fn entry(number: u64, ago_s: i64, what: What, state: State) -> Entry {
        let (city, trip) = ("110000".to_owned(), format!("t-{number}"));
        Entry { number, entered_ms: NOW_MS - ago_s * 1_000, city, trip, what, state }
    }

    /// What an operator reads in the night.
    #[test]
    fn lists() {
        let bill = |charged: Option<&str>, top_up: Option<&str>| What::Bill {
            revision: 1,
            charged: charged.map(str::to_owned),
            top_up: top_up.map(str::to_owned),
        };
        let segments = |count| What::Segments { count, distance_m: 4_500 };
        let waiting = [
            entry(7, 7_300, segments(2), State::Kept),
            entry(8, 119, bill(Some("37.20 CNY"), Some("1.13 CNY")), State::Entered),
            entry(9, 0, segments(1), State::Recalled),
        ];
        let settled = [
            entry(
                1,
                200_000,
                bill(Some("9.60 CNY"), None),
                State::Superseded { at_ms: NOW_MS - 1_000, charged: Some("29.00 CNY".to_owned()) },
            ),
            entry(
                2,
                600,
                segments(1),
                State::Refused { at_ms: NOW_MS, why: "the trip would have too many".to_owned() },
            ),
        ];
        let expected = "\
3 entries wait for the shared store:
  7  2026-11-20T21:58:20Z (2 h)    110000/t-7  2 segments, 4500 m                  answered as kept here
  8  2026-11-20T23:58:01Z (119 s)  110000/t-8  bill 1, 37.20 CNY, top-up 1.13 CNY  not answered yet, or not noted
  9  2026-11-21T00:00:00Z (0 s)    110000/t-9  1 segment, 4500 m                   sent before, and sent again: the store has lost something

gave way to another bill, or refused, the last 2 of 5:
  1  2026-11-18T16:26:40Z (2 days)  110000/t-1  bill 1, 9.60 CNY   another bill of 29.00 CNY counts, since 2026-11-20T23:59:59Z
  2  2026-11-20T23:50:00Z (10 min)  110000/t-2  1 segment, 4500 m  refused at 2026-11-21T00:00:00Z: the trip would have too many
";
        assert_eq!(list(&waiting, &settled, 5, NOW_MS), expected);
        assert_eq!(list(&[], &[], 0, NOW_MS), "nothing waits, and nothing gave way or was refused\n");
        assert!(list(&[], &settled, 2, NOW_MS).starts_with("nothing waits\n\ngave way to another bill, or refused:\n"));
    }

    #[test]
    fn what_was_found_out() {
        let damaged = vec![Damage { number: 7, what: "it says something else than when it was entered" }];
        let found = Verified { entries: 9, unchanged: 6, redacted: 2, gone: 4, damaged };
        let expected = "\
9 entries: 6 are as they were entered, of 2 who rode was taken out; 4 in between are gone, as those do that do not wait and are a day old
entry 7 is damaged: it says something else than when it was entered
";
        assert_eq!(verified(&found), expected);
    }
}
