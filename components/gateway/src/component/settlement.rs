//! Settlement: what the platform keeps of a ride, and owes the driver so that it keeps no more than the cap.

use super::Answer;
use super::bindings::farebox::commission::commission::{Policy, PolicyError, Ride, SettleError, Settlement};
use super::config::{Config, ParsedPolicy};
use crate::problem::{self, FieldError, Problem};
use crate::requests::CommissionRequest;
use crate::responses::{self, CommissionDocument, SettlementDocument, rate};
use ::http::StatusCode;
use farebox_document::canonical_json;
use farebox_money::{Currency, Decimal};
use farebox_wit as wit;
use serde_json::Value;

/// `POST /v1/commission`: settles a ride that nothing else is known of, and keeps nothing.
pub fn create(document: &Value) -> Answer {
    let config = Config::get()?;
    let request = CommissionRequest::decode(document, config)?;
    let given = request.policy.as_ref().map(inline_policy).transpose()?;
    let policy = match &given {
        Some(policy) => policy,
        None => config.policy()?,
    };
    let ride = Ride {
        city: request.city,
        product: request.product,
        currency: request.currency.code().to_owned(),
        passenger_total: request.passenger_total,
        driver_total: request.driver_total,
        coupons: request.coupons,
    };
    let settlement = self::settle(policy, &ride, request.currency)?;
    let document = CommissionDocument { settlement, policy: policy.version.clone() };
    responses::json(StatusCode::OK, &document)
}

/// Settles a ride under a policy.
///
/// # Errors
///
/// What the policy refuses, under the pointer of the field in a [`CommissionRequest`].
pub fn settle(policy: &ParsedPolicy, ride: &Ride, currency: Currency) -> Result<SettlementDocument, Problem> {
    let settlement = policy.policy.settle(ride).map_err(|error| match error {
        SettleError::InvalidRide(fault) => {
            Problem::invalid(vec![FieldError::at(fault.pointer.replace('-', "_"), fault.code, fault.message)])
        }
        SettleError::Overflow => {
            Problem::new(problem::TRIP_NOT_BILLABLE, "an amount would be more than can be settled")
        }
        SettleError::Other(why) => Problem::internal(format!("commission: {why}")),
    })?;
    written(settlement, currency)
}

fn inline_policy(document: &Value) -> Result<ParsedPolicy, Problem> {
    let policy = Policy::parse(&canonical_json(document)).map_err(|error| match error {
        PolicyError::Invalid(faults) => {
            let under =
                |fault: wit::Problem| FieldError::at(format!("/policy{}", fault.pointer), fault.code, fault.message);
            Problem::invalid(faults.into_iter().map(under).collect())
        }
        PolicyError::Other(why) => Problem::internal(format!("commission: {why}")),
    })?;
    Ok(ParsedPolicy { version: policy.version(), policy })
}

fn written(settlement: Settlement, currency: Currency) -> Result<SettlementDocument, Problem> {
    let text = |value: wit::Decimal| {
        Decimal::try_from(value).map(rate).map_err(|_| Problem::internal("commission: a rate has too many digits"))
    };
    Ok(SettlementDocument {
        scenario: settlement.scenario,
        currency,
        take: currency.format(settlement.take),
        take_rate: text(settlement.take_rate)?,
        cap: text(settlement.cap)?,
        top_up: currency.format(settlement.top_up),
        take_after: currency.format(settlement.take_after),
        take_rate_after: text(settlement.take_rate_after)?,
    })
}
