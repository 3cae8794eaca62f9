//! `farebox limits`: how much whom is let, before it counts.

use crate::checked::Documents;
use crate::output;
use clap::{Args, Subcommand};
use farebox_limits::document::{KeyTier, Tier};
use farebox_limits::{Limit, LimitsDocument, RouteClass, Window};
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

/// What can be done with the document of limits.
#[derive(Debug, Subcommand)]
pub enum Limits {
    /// Tell everything that is wrong with a document of limits, and what it says.
    Check(Check),
    /// Print the JSON Schema of the document.
    Schema,
}

/// Tell everything that is wrong with a document of limits; or who has which tier, and how many requests each instance takes of a
/// limit at a time.
///
/// Problems end the command with exit code 1. Each says where: a JSON Pointer.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    documents: Documents,
}

/// What a good document says.
#[derive(Serialize)]
struct Says {
    limits: LimitsDocument,
}

impl Limits {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When the answer cannot be written. A document that is refused is an answer: exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Check(check) = self else {
            output::print(output::json(&LimitsDocument::schema())?)?;
            return Ok(ExitCode::SUCCESS);
        };
        check.documents.check(|_, text| Ok(Says { limits: LimitsDocument::parse(text)? }))
    }
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LimitsDocument { tiers, default, keys, cities, .. } = &self.limits;
        tiers.0.iter().try_for_each(|tier| write_tier(f, tier))?;
        write_who(f, "", default.as_deref(), &keys.0)?;
        cities
            .0
            .iter()
            .try_for_each(|city| write_who(f, &format!(" in {}", city.city), city.default.as_deref(), &city.keys.0))
    }
}

fn write_tier(f: &mut fmt::Formatter<'_>, tier: &Tier) -> fmt::Result {
    writeln!(f, "  tier {}", tier.name)?;
    for class in RouteClass::ALL {
        write!(f, "    {:<8} ", class.word())?;
        let Some(limit) = tier.limit(*class) else {
            writeln!(f, "not limited")?;
            continue;
        };
        let Limit { rate, burst, window } = limit;
        write!(f, "{rate}/s, {burst} at once")?;
        if let Some(Window { requests, seconds }) = window {
            write!(f, ", {requests} in {seconds} s")?;
        }
        writeln!(f, "; instances take {} at a time", limit.batch())?;
    }
    Ok(())
}

fn write_who(f: &mut fmt::Formatter<'_>, of: &str, default: Option<&str>, keys: &[KeyTier]) -> fmt::Result {
    match (default, of) {
        (Some(default), _) => writeln!(f, "  everybody{of}: {default}")?,
        (None, "") => writeln!(f, "  everybody: not limited")?,
        (None, _) => {}
    }
    keys.iter().try_for_each(|KeyTier { key, tier }| writeln!(f, "  key {key}{of}: {tier}"))
}
