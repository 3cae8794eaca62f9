//! Commission policies: scenarios, their caps, and everything that can be wrong with them.

use crate::limits;
use farebox_document::{AtMost, Problem, Problems, excerpt, read_document, version_of};
use farebox_money::{Decimal, unsigned_decimal};
use serde::Deserialize;
use std::collections::BTreeSet;

/// What `format` in a policy has to say.
pub const FORMAT: &str = "farebox-commission-policy/1";

/// A parsed, checked commission policy.
#[derive(Debug)]
pub struct Policy {
    pub(crate) version: String,
    pub(crate) scenarios: Vec<Scenario>,
}

/// A kind of ride, and the cap on what the platform takes of it.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub name: String,
    /// Any of these; empty means every city.
    pub cities: Vec<String>,
    /// Any of these; empty means every product.
    pub products: Vec<String>,
    /// The highest take rate: 0.27 is 27%.
    pub cap: Decimal,
    pub base: Base,
}

/// What the take is a part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Base {
    /// The passenger's total before coupons: the platform bears them.
    #[default]
    Total,
    /// What the passenger pays after coupons.
    Payable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyDocument {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(default, rename = "source")]
    _source: Option<String>,
    scenarios: AtMost<ScenarioDocument, { limits::SCENARIOS }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioDocument {
    name: String,
    #[serde(default)]
    when: WhenDocument,
    cap_percent: String,
    #[serde(default)]
    base: Base,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenDocument {
    #[serde(default)]
    city: AtMost<String, { limits::CITIES }>,
    #[serde(default)]
    product: AtMost<String, { limits::PRODUCTS }>,
}

impl Policy {
    /// Parses and checks a policy.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the document, in document order.
    pub fn parse(document: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let read = read_document::<PolicyDocument>(document, FORMAT, &mut problems);
        let Some((value, document)) = read else { return Err(problems.into_vec()) };
        let scenarios = read_scenarios(document.scenarios.0, &mut problems);
        problems.into_result(Self { version: version_of(&value), scenarios })
    }

    /// SHA-256 of the canonical form: 64 lower-case hexadecimal digits.
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn read_scenarios(documents: Vec<ScenarioDocument>, problems: &mut Problems) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut names = BTreeSet::new();
    let count = documents.len();
    for (index, document) in documents.into_iter().enumerate() {
        let pointer = format!("/scenarios/{index}");
        if document.name.is_empty() || document.name.len() > 64 {
            problems.add(format!("{pointer}/name"), "invalid-name", "has to have 1 to 64 characters");
        }
        if !names.insert(document.name.clone()) {
            let message =
                format!("{} is the name of an earlier scenario; a settlement names one", excerpt(&document.name));
            problems.add(format!("{pointer}/name"), "duplicate-name", message);
        }
        let catches_all = document.when.city.0.is_empty() && document.when.product.0.is_empty();
        let last = index + 1 == count;
        if catches_all && !last {
            let message = "matches every ride, so the scenarios after it can never apply; move it to the end";
            problems.add(format!("{pointer}/when"), "unreachable-after", message);
        }
        if last && !catches_all {
            let message = "the last scenario has to match every ride; leave its `when` out, or add a default after it";
            problems.add(format!("{pointer}/when"), "no-default", message);
        }
        let cap = cap(&document.cap_percent).unwrap_or_else(|| {
            let message = format!(
                "{} is not a percentage; give a number from 0 to 100 with at most 4 decimals, for example \"27\"",
                excerpt(&document.cap_percent)
            );
            problems.add(format!("{pointer}/cap_percent"), "invalid-percentage", message);
            Decimal::ZERO
        });
        scenarios.push(Scenario {
            name: document.name,
            cities: document.when.city.0,
            products: document.when.product.0,
            cap,
            base: document.base,
        });
    }
    if scenarios.is_empty() {
        problems.add("/scenarios", "empty", "give at least one scenario; the last one is the default");
    }
    scenarios
}

/// Reads "27" as 0.27.
fn cap(percent: &str) -> Option<Decimal> {
    let percent = unsigned_decimal(percent).filter(|percent| percent.scale() <= 4)?;
    let in_range = percent <= Decimal::ONE_HUNDRED;
    in_range.then(|| Decimal::new(1, 2) * percent).map(|cap| cap.normalize())
}
