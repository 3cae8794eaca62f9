//! Jobs, done once, or for as long as they are needed.

use super::round::{Job, Round};
use super::stop::Stop;
use crate::request::Server;
use crate::{duration, output, progress};
use anyhow::ensure;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Do jobs once, to the end
///
/// Exit code 0 when nothing failed; 1 when the shared store did not take what waits, or bills could not be made again: the server's log
/// has each.
///
/// Examples:
///
///   farebox jobs run
///
///   farebox jobs run drain --json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Run {
    /// These alone.
    #[arg(value_enum)]
    jobs: Vec<Job>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

impl Run {
    /// Asks for slices until there is nothing left to do.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let jobs = if self.jobs.is_empty() { &[Job::Drain, Job::Repair, Job::Sweep] } else { &*self.jobs };
        let bar = progress::spinner("{spinner} {msg}, {elapsed}")?;
        let round = Round::of(&self.server, jobs, |round| bar.set_message(round.to_string()))?;
        bar.finish_and_clear();
        output::print(if self.json { output::json(&round)? } else { format!("{round}\n") })?;
        Ok(if round.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// Do jobs for as long as they are needed
///
/// For a deployment whose host has no timers, as Spin: beside each node, since `drain` is of the node that answers. Says what was done,
/// and when the server does not answer and when it does again. SIGTERM ends it after the slice that is under way.
///
/// Examples:
///
///   farebox jobs loop --every 1s --repair-every 10s --sweep-every 1h
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Loop {
    /// How often to ask for what waits.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration::parse)]
    every: u64,
    /// How often to ask for what is due.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    repair_every: u64,
    /// How often to have bills leave the store that are in the archive.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    sweep_every: u64,
    /// Print a line of JSON for each round in which something was done or failed, instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

impl Loop {
    /// Asks for jobs until it is told to stop.
    ///
    /// # Errors
    ///
    /// It cannot be told to stop; or nobody reads what it says.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let each = [self.every, self.repair_every, self.sweep_every];
        ensure!(each.iter().all(|every| *every > 0), "--every, --repair-every and --sweep-every have to be 1s or more");
        let [every, repair_every, sweep_every] = each.map(Duration::from_secs);
        let stop = Stop::listen()?;
        // What waits is asked for in every round.
        let jobs = [(Job::Drain, Duration::ZERO), (Job::Repair, repair_every), (Job::Sweep, sweep_every)];
        let mut done = BTreeMap::<Job, Instant>::new();
        let mut failing = None::<String>;
        loop {
            let is_time = |(job, every): &&(Job, Duration)| done.get(job).is_none_or(|done| done.elapsed() >= *every);
            let due: Vec<Job> = jobs.iter().filter(is_time).map(|(job, _)| *job).collect();
            match Round::of(&self.server, &due, |_| {}) {
                Ok(round) => {
                    done.extend(due.into_iter().map(|job| (job, Instant::now())));
                    if failing.take().is_some() {
                        self.tell("the server answers again", &json!({"answers": true}))?;
                    }
                    if round.is_news() {
                        self.tell(&round.to_string(), &serde_json::to_value(&round)?)?;
                    }
                }
                // Once for each reason, and not with every round.
                Err(error) => {
                    let why = format!("{error:#}");
                    if failing.as_ref() != Some(&why) {
                        self.tell(&format!("not done: {why}"), &json!({"answers": false, "why": &why}))?;
                    }
                    failing = Some(why);
                }
            }
            if stop.within(every) {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }

    fn tell(&self, text: &str, document: &serde_json::Value) -> anyhow::Result<()> {
        let at = jiff::Timestamp::now().strftime("%FT%TZ").to_string();
        if self.json {
            let mut line = json!({"at": at});
            if let (Some(line), Some(document)) = (line.as_object_mut(), document.as_object()) {
                line.extend(document.clone());
            }
            return output::print(format!("{line}\n"));
        }
        output::print(format!("{at} {text}\n"))
    }
}
