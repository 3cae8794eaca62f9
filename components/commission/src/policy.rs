//! Commission policies: scenarios, their caps, and what is wrong with each by itself.

use crate::check;
use crate::document::{FORMAT, FeesDocument, PolicyDocument, ScenarioDocument};
use crate::paying::{Paying, PayingDocument, not_a_percentage, rate};
use crate::scenario::{Fees, Scenario};
use crate::when;
use farebox_document::{Problem, Problems, excerpt, read_document, version_of};
use farebox_money::Decimal;
use std::collections::BTreeSet;

/// A parsed, checked commission policy.
#[derive(Debug)]
pub struct Policy {
    pub(crate) version: String,
    pub(crate) scenarios: Vec<Scenario>,
    warnings: Vec<Problem>,
}

impl Policy {
    /// Parses and checks a policy.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the document, in document order.
    pub fn parse(document: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut warnings = Problems::default();
        let read = read_document::<PolicyDocument>(document, FORMAT, &mut problems);
        let Some((value, document)) = read else { return Err(problems.into_vec()) };
        let mut scenarios = read_scenarios(document.scenarios.0, &mut problems);
        for (index, scenario) in scenarios.iter_mut().enumerate() {
            scenario.when_text = value.pointer(&format!("/scenarios/{index}/when")).cloned();
        }
        check::scenarios(&scenarios, &mut problems, &mut warnings);
        problems.sort_by_key(|problem| scenario_of(&problem.pointer));
        problems.into_result(Self { version: version_of(&value), scenarios, warnings: warnings.into_vec() })
    }

    /// SHA-256 of the canonical form: 64 lower-case hexadecimal digits.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its scenarios, in order.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// What is not wrong with the policy, but worth a second look.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

/// The position of the scenario that a pointer leads into; what is wrong with all of them comes last.
fn scenario_of(pointer: &str) -> usize {
    let position = pointer.strip_prefix("/scenarios/").and_then(|rest| rest.split('/').next()?.parse().ok());
    position.unwrap_or(if pointer == "/scenarios" { usize::MAX } else { 0 })
}

fn read_scenarios(documents: Vec<ScenarioDocument>, problems: &mut Problems) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut names = BTreeSet::new();
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
        let when = when::read(document.when, &format!("{pointer}/when"), problems);
        let ScenarioDocument { name, cap_percent, floor_percent, round_up_to, at_most, base, fees, .. } = document;
        let cap = rate(&cap_percent).unwrap_or_else(|| {
            problems.add(format!("{pointer}/cap_percent"), "invalid-percentage", not_a_percentage(&cap_percent));
            // Whatever else is compared with it is not wrong because of that.
            Decimal::ONE
        });
        let paying = PayingDocument { floor_percent, round_up_to, at_most };
        let paying = Paying::read(paying, cap, &pointer, problems);
        let fees = read_fees(fees, &format!("{pointer}/fees"), problems);
        scenarios.push(Scenario { name, when, when_text: None, cap, base, fees, paying });
    }
    scenarios
}

fn read_fees(document: Option<FeesDocument>, pointer: &str, problems: &mut Problems) -> Fees {
    let (word, fees) = match document {
        None => return Fees::Exempt(Vec::new()),
        Some(FeesDocument::Of(codes)) => ("of", Fees::Of(codes.0)),
        Some(FeesDocument::Exempt(codes)) => ("exempt", Fees::Exempt(codes.0)),
    };
    let codes = fees.codes();
    if matches!(fees, Fees::Of(_)) && codes.is_empty() {
        let message = "of no fee the platform could take anything; name those that count, or leave `fees` out";
        problems.add(format!("{pointer}/{word}"), "empty", message);
    }
    let mut met = BTreeSet::new();
    for (index, code) in codes.iter().enumerate().filter(|(_, code)| !met.insert(code.as_str())) {
        problems.add(
            format!("{pointer}/{word}/{index}"),
            "duplicate-code",
            format!("{} is there twice", excerpt(code)),
        );
    }
    fees
}
