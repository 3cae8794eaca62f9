//! How a policy is written down.

use crate::limits;
use crate::when::WhenDocument;
use farebox_document::{AtMost, Table, document_schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What `format` in a policy has to say.
pub const FORMAT: &str = "farebox-commission-policy/1";

/// A commission policy: which cap the platform's take of a ride has.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Policy")]
pub struct PolicyDocument {
    #[serde(rename = "format")]
    _format: String,
    /// For people.
    #[serde(rename = "title")]
    _title: String,
    /// Where the caps come from.
    #[serde(default, rename = "source")]
    _source: Option<String>,
    /// In the order in which they are tried: the first that applies to a ride counts. At least one applies to each.
    pub scenarios: AtMost<ScenarioDocument, { limits::SCENARIOS }>,
}

/// A kind of ride, and its cap.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub struct ScenarioDocument {
    /// A name of its own, of 1 to 64 characters.
    pub name: String,
    /// The rides that it is for; all of them, if left out.
    #[serde(default)]
    pub when: WhenDocument,
    /// The highest take rate in percent: "27", with at most 4 decimals.
    pub cap_percent: String,
    /// Where top-ups are rounded up, the take rate in percent below which that does not bring it: it is exact then. "20", with at most 4
    /// decimals.
    pub floor_percent: Option<String>,
    /// Top-ups are rounded up to whole multiples of these amounts, by currency: { "CNY": "0.10" }. Others are exact to the minor unit.
    pub round_up_to: Option<AmountsDocument>,
    /// The most that is paid for a ride, by currency: { "CNY": "20.00" }. What it leaves above the cap is held back, and the settlement says how
    /// much that is.
    pub at_most: Option<AmountsDocument>,
    /// Which of the passenger's totals the take is a part of.
    #[serde(default)]
    pub base: Base,
    /// Which fees count, on both bills; all of them, if left out.
    pub fees: Option<FeesDocument>,
}

/// Amounts by currency.
pub type AmountsDocument = Table<String, String, { limits::CURRENCIES }>;

/// What the take is a part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// The passenger's total before coupons: the platform bears them.
    #[default]
    Total,
    /// What the passenger pays after coupons.
    Payable,
}

/// Which fees count: some and no others, or all but some. What does not count is nobody's take.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Fees")]
pub enum FeesDocument {
    /// These fee codes, and no others.
    Of(AtMost<String, { limits::FEES }>),
    /// All but these fee codes: taxes, tolls and surcharges that are passed on, and tips. A tax that is contained in the prices is
    /// taken off what counts.
    Exempt(AtMost<String, { limits::FEES }>),
}

/// The JSON Schema (draft 2020-12) of a policy.
///
/// A policy that does not fit it is refused by [`Policy::parse`](crate::Policy::parse). The reverse is not true: no schema can say
/// that scenarios leave no ride out.
pub fn schema() -> Value {
    document_schema::<PolicyDocument>("commission-policy-1", FORMAT)
}

#[cfg(test)]
mod tests {
    use super::schema;
    use farebox_document::without_limit;

    /// Every list of a policy has a limit. Reading takes it from where the schema does.
    #[test]
    fn every_list_has_a_limit() {
        assert_eq!(without_limit(&schema(), ""), [""; 0]);
    }
}
