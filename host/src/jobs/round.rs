//! A round of jobs: those that it is time for, and what is said of them.

use super::slices::{Drained, Retired, Swept, drain, repair, sweep};
use crate::request::Server;
use clap::ValueEnum;
use serde::Serialize;
use std::fmt;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Job {
    /// Drive into the shared store what waits on the node that answers.
    Drain,
    /// Make bills again that are due.
    Repair,
    /// Take bills out of the store that are in the archive, and as old as their city says.
    Sweep,
}

/// What a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Round {
    /// What waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<Drained>,
    /// What was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Swept>,
    /// What has left the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Retired>,
}

impl Round {
    /// Asks for these jobs, in this order. `so_far` is told after each slice what they have come to.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub fn of(server: &Server, jobs: &[Job], mut so_far: impl FnMut(&Self)) -> anyhow::Result<Self> {
        let mut round = Self::default();
        if jobs.contains(&Job::Drain) {
            let before = round.clone();
            let drained = drain(server, |drain| so_far(&Self { drain: Some(drain.clone()), ..before.clone() }))?;
            round.drain = Some(drained);
        }
        if jobs.contains(&Job::Repair) {
            let before = round.clone();
            let swept = repair(server, None, |swept| so_far(&Self { repair: Some(swept.clone()), ..before.clone() }))?;
            round.repair = Some(swept);
        }
        if jobs.contains(&Job::Sweep) {
            let before = round.clone();
            let retired = sweep(server, |retired| so_far(&Self { sweep: Some(retired.clone()), ..before.clone() }))?;
            round.sweep = Some(retired);
        }
        Ok(round)
    }

    /// Whether anything was done, or could not be.
    pub fn is_news(&self) -> bool {
        let drained = self.drain.as_ref().is_some_and(|drain| drain.driven_in > 0 || drain.stopped.is_some());
        let swept = self.repair.as_ref();
        let retired = self.sweep.as_ref().is_some_and(|sweep| {
            sweep.retired + sweep.differ + sweep.missing + sweep.unreadable > 0 || sweep.stopped.is_some()
        });
        drained || retired || swept.is_some_and(|swept| swept.repaired + swept.closed + swept.failed > 0)
    }

    /// Whether something that should have been done was not.
    pub fn has_failed(&self) -> bool {
        let stopped = self.drain.as_ref().is_some_and(|drain| drain.stopped.is_some());
        let sweep = self.sweep.as_ref();
        let kept = sweep.is_some_and(|sweep| sweep.differ + sweep.unreadable > 0 || sweep.stopped.is_some());
        stopped || kept || self.repair.as_ref().is_some_and(|swept| swept.failed > 0)
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = Vec::new();
        if let Some(Drained { driven_in, waiting, oldest, stopped, .. }) = &self.drain {
            let mut text = format!("{driven_in} driven in, {waiting} wait");
            if let Some(oldest) = oldest {
                text += &format!(" since {oldest}");
            }
            if let Some(stopped) = stopped {
                text += &format!(" ({stopped})");
            }
            said.push(text);
        }
        if let Some(Swept { looked_at, repaired, closed, stay_due, failed, .. }) = &self.repair {
            said.push(if *looked_at == 0 {
                "nothing is due".to_owned()
            } else {
                format!(
                    "{looked_at} were due: {repaired} repaired, {closed} closed as they are, {stay_due} stay due, {failed} failed"
                )
            });
        }
        if let Some(Retired { retired, differ, missing, unreadable, stopped, .. }) = &self.sweep {
            let mut text = format!("{retired} have left the store");
            for (number, what) in [
                (differ, "are not as they are in the archive"),
                (missing, "of the archive are not in the store"),
                (unreadable, "files of the archive cannot be read"),
            ] {
                if *number > 0 {
                    text += &format!(", {number} {what}");
                }
            }
            if let Some(stopped) = stopped {
                text += &format!(" ({stopped})");
            }
            said.push(text);
        }
        f.write_str(&said.join("; "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn round(drain: serde_json::Value, repair: serde_json::Value) -> Round {
        Round {
            drain: serde_json::from_value(drain).unwrap(),
            repair: serde_json::from_value(repair).unwrap(),
            sweep: None,
        }
    }

    /// What is said of a round, whether it is worth saying, and whether it failed.
    #[test]
    fn rounds_are_told() {
        let swept = |looked_at: u64, repaired: u64, stay_due: u64, failed: u64| json!({"looked_at": looked_at, "repaired": repaired, "closed": 0, "stay_due": stay_due, "failed": failed});
        for (round, said, is_news, has_failed) in [
            (
                round(json!({"driven_in": 0, "waiting": 0, "more": false}), swept(0, 0, 0, 0)),
                "0 driven in, 0 wait; nothing is due",
                false,
                false,
            ),
            (
                round(
                    json!({"driven_in": 3, "waiting": 2, "oldest": "2026-11-21T00:00:00Z", "more": false}),
                    json!(null),
                ),
                "3 driven in, 2 wait since 2026-11-21T00:00:00Z",
                true,
                false,
            ),
            (
                round(json!({"driven_in": 0, "waiting": 2, "stopped": "store-timeout", "more": false}), json!(null)),
                "0 driven in, 2 wait (store-timeout)",
                true,
                true,
            ),
            (
                round(json!(null), swept(5, 0, 5, 0)),
                "5 were due: 0 repaired, 0 closed as they are, 5 stay due, 0 failed",
                false,
                false,
            ),
            (
                round(json!(null), swept(5, 3, 1, 1)),
                "5 were due: 3 repaired, 0 closed as they are, 1 stay due, 1 failed",
                true,
                true,
            ),
        ] {
            assert_eq!((&*round.to_string(), round.is_news(), round.has_failed()), (said, is_news, has_failed));
        }
        for (sweep, said, is_news, has_failed) in [
            ((0, 0, 0, 0), "0 have left the store", false, false),
            ((5, 0, 1, 0), "5 have left the store, 1 of the archive are not in the store", true, false),
            (
                (5, 2, 0, 1),
                "5 have left the store, 2 are not as they are in the archive, 1 files of the archive cannot be read",
                true,
                true,
            ),
        ] {
            let (retired, differ, missing, unreadable) = sweep;
            let swept = json!({"looked_at": 9, "retired": retired, "differ": differ, "missing": missing, "unreadable": unreadable});
            let round = Round { sweep: serde_json::from_value(swept).unwrap(), ..Round::default() };
            assert_eq!((&*round.to_string(), round.is_news(), round.has_failed()), (said, is_news, has_failed));
        }
    }
}
