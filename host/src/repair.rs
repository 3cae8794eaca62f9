//! `farebox repair`: has bills made again that lack something, or that segments came late for.

use crate::bills;
use crate::jobs::slices::{self, Swept, encoded, read};
use crate::output;
use crate::progress;
use crate::request::Server;
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;
use ureq::http::{Method, StatusCode};

/// Have bills made again that lack something, or that segments came late for
///
/// Without --trip, all bills that are due, a slice at a time. A bill is made again from its own record and with what it was made with; a
/// newer revision takes its place, and says by how much it differs and who bears that. What still cannot be had stays due. It happens by
/// itself wherever `POST /internal/jobs/repair` is asked for now and then; this asks for it now.
///
/// Exit code 0 when all that was looked at was repaired or stays due; 1 when some of it failed: the server's log has each.
///
/// Examples:
///
///   farebox repair
///
///   farebox repair --city 110000 --dry-run
///
///   farebox repair --city 110000 --trip ride-1
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Repair {
    /// This trip's bill alone, due or not.
    #[arg(long, requires = "city")]
    trip: Option<String>,
    /// The bills of this city alone.
    #[arg(long)]
    city: Option<String>,
    /// List what is due, and repair nothing. Needs a key for `read:driver` where requests have to be signed.
    #[arg(long, requires = "city", conflicts_with = "trip")]
    dry_run: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

impl Repair {
    /// Asks the server, until it has looked at all that is due.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match (&self.trip, &self.city) {
            (Some(trip), Some(city)) => self.one(trip, city),
            (None, Some(city)) if self.dry_run => self.due(city),
            _ => self.all(),
        }
    }

    fn one(&self, trip: &str, city: &str) -> anyhow::Result<ExitCode> {
        let answer = self
            .server
            .ask(Method::POST, &format!("/v1/trips/{}/bill/repair?city={}", encoded(trip), encoded(city)))?;
        let is_new = answer.status == StatusCode::CREATED;
        let bill: Value = read(&answer)?;
        if self.json {
            output::print(output::json(&bill)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let said = match (&bill["repair"], is_new) {
            (repair, true) => {
                let side = |name: &str| {
                    let text = |field: &str| repair[name][field].as_str().unwrap_or_default().to_owned();
                    (text("before"), text("after"), text("borne"))
                };
                let (passenger, driver) = (side("passenger"), side("driver"));
                let borne = if passenger.2.trim_matches(['0', '.']).is_empty() {
                    String::new()
                } else {
                    format!(" (the platform bears {})", passenger.2)
                };
                format!(
                    "{trip}: revision {}; the passenger was charged {}, and is {}{borne}; the driver earned {}, and earns {}\n",
                    repair["revision"], passenger.0, passenger.1, driver.0, driver.1
                )
            }
            (_, false) if bill["provisional"] == true => {
                format!("{trip}: what it lacks is not to be had yet ({}); it stays due\n", reasons(&bill))
            }
            (_, false) => format!("{trip}: there is nothing to repair\n"),
        };
        output::print(said)?;
        Ok(ExitCode::SUCCESS)
    }

    fn due(&self, city: &str) -> anyhow::Result<ExitCode> {
        let due = bills::list(&self.server, city, None, None)?;
        output::print(if self.json { output::json(&json!({"city": city, "bills": due}))? } else { bills::told(&due) })?;
        Ok(ExitCode::SUCCESS)
    }

    fn all(&self) -> anyhow::Result<ExitCode> {
        let bar = progress::spinner("{spinner} {pos} looked at, {msg}, {elapsed}")?;
        let all = slices::repair(&self.server, self.city.as_deref(), |all| {
            bar.set_position(all.looked_at);
            bar.set_message(format!("{} repaired", all.repaired));
        })?;
        bar.finish_and_clear();
        let Swept { looked_at, repaired, closed, stay_due, failed, .. } = &all;
        if self.json {
            output::print(output::json(&all)?)?;
        } else if *looked_at == 0 {
            output::print("nothing is due\n")?;
        } else {
            output::print(format!(
                "{looked_at} were due: {repaired} repaired, {closed} closed as they are, {stay_due} stay due, {failed} failed\n"
            ))?;
        }
        Ok(if *failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn reasons(bill: &Value) -> String {
    let reasons = bill["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str);
    reasons.collect::<Vec<_>>().join(", ")
}
