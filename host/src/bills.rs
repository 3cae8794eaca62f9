//! `farebox bills`: lists the bills of a city, for people who look after them.

use crate::jobs::slices::encoded;
use crate::output;
use crate::pages;
use crate::progress;
use crate::request::Server;
use crate::table::{Align, lay_out};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List the bills of a city: those that are to be made again, or those of a day
///
/// Each is shown as its newest revision is. Needs a key for `read:driver` where requests have to be signed.
///
/// Examples:
///
///   farebox bills --city 110000
///
///   farebox bills --city 110000 --day 2026-11-26 --state closed --json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Bills {
    /// The city.
    #[arg(long)]
    city: String,
    /// The day on which the bills were made, by the clock of the city, as 2026-11-26. Without it, those that are to be made again, of all days.
    #[arg(long)]
    day: Option<String>,
    /// Which of them.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

/// Which bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Those that lack something.
    Degraded,
    /// Those that may yet be put right.
    Provisional,
    /// Those that were made again.
    Repaired,
    /// Those that count as they are, though what they lack was not to be had in time.
    Closed,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Degraded => "degraded",
            Self::Provisional => "provisional",
            Self::Repaired => "repaired",
            Self::Closed => "closed",
        }
    }
}

#[derive(Deserialize)]
struct Page {
    bills: Vec<Listed>,
    next: Option<String>,
}

/// A bill on a list, as it is answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Listed {
    trip_id: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    due: Value,
    bill: Value,
}

impl Listed {
    /// Of which trip.
    pub fn trip_id(&self) -> &str {
        &self.trip_id
    }

    /// How many revisions it has.
    pub fn revision(&self) -> u64 {
        self.bill["revision"].as_u64().unwrap_or(1)
    }

    /// Whether it may yet be put right.
    pub fn is_provisional(&self) -> bool {
        self.bill["provisional"] == true
    }
}

impl Bills {
    /// Asks for page after page.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let listed = list(&self.server, &self.city, self.day.as_deref(), self.state)?;
        output::print(if self.json {
            output::json(&json!({"city": self.city, "bills": listed}))?
        } else {
            told(&listed)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// All bills of a city that are asked for.
///
/// # Errors
///
/// There is no answer, or it is a refusal.
pub fn list(server: &Server, city: &str, day: Option<&str>, state: Option<State>) -> anyhow::Result<Vec<Listed>> {
    let bar = progress::spinner("{spinner} {pos} listed, {elapsed}")?;
    let mut query: Vec<(&str, &str)> = day.into_iter().map(|day| ("day", day)).collect();
    query.extend(state.map(|state| ("state", state.word())));
    let mut all = Vec::new();
    pages::each(server, &format!("/v1/cities/{}/bills", encoded(city)), &query, |page: Page| {
        all.extend(page.bills);
        bar.set_position(u64::try_from(all.len()).unwrap_or(u64::MAX));
        Ok(page.next)
    })?;
    bar.finish_and_clear();
    Ok(all)
}

/// Bills as people read them, a line each.
pub fn told(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return "there are none\n".to_owned();
    }
    let head = ["trip", "revision", "made at", "charged", "bill", "driver", "top-up", ""].map(str::to_owned);
    let rows = listed.iter().map(|Listed { trip_id, due, bill }| {
        let text = |field: &str| bill[field].as_str().unwrap_or_default().to_owned();
        let mut notes: Vec<String> = Vec::new();
        notes.extend(due["since"].as_str().map(|since| format!("due since {since}")));
        for (flag, said) in [("closed", "closed"), ("provisional", "provisional")] {
            notes.extend((bill[flag] == true).then(|| said.to_owned()));
        }
        let reasons = bill["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str);
        notes.extend(reasons.map(str::to_owned));
        let charged = format!("{} {}", text("charged"), text("currency"));
        let (payable, driver, top_up) = (text("payable"), text("driver_total"), text("top_up"));
        [
            trip_id.clone(),
            bill["revision"].to_string(),
            text("made_at"),
            charged,
            payable,
            driver,
            top_up,
            notes.join(", "),
        ]
    });
    let rows: Vec<[String; 8]> = std::iter::once(head).chain(rows).collect();
    let (left, right) = (Align::Left, Align::Right);
    lay_out([left, right, left, right, right, right, right, left], &rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lists() {
        let listed = json!([
            {"trip_id": "ride-1", "bill": {
                "revision": 2, "made_at": "2026-11-21T00:21:30Z", "closed": false, "degraded": false, "provisional": false,
                "currency": "CNY", "payable": "78.00", "charged": "57.60", "driver_total": "58.30", "top_up": "1.13",
            }},
            {"trip_id": "r", "due": {"since": "2026-11-21T00:20:00Z", "reason": "store-timeout"}, "bill": {
                "revision": 1, "made_at": "2026-11-21T00:20:00Z", "closed": false, "degraded": true, "provisional": true,
                "reasons": ["store-timeout"], "currency": "CNY", "payable": "9.60", "charged": "9.60", "driver_total": "8.00",
            }},
        ]);
        let listed: Vec<Listed> = serde_json::from_value(listed).unwrap();
        let expected = "  \
  trip    revision  made at                 charged   bill  driver  top-up
  ride-1         2  2026-11-21T00:21:30Z  57.60 CNY  78.00   58.30    1.13
  r              1  2026-11-21T00:20:00Z   9.60 CNY   9.60    8.00          due since 2026-11-21T00:20:00Z, provisional, store-timeout
";
        assert_eq!(told(&listed), expected);
        assert_eq!(told(&[]), "there are none\n");
    }
}
