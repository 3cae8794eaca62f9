//! Settlement: what the platform keeps of a ride, and owes the driver so that it keeps no more than the cap.

use crate::answers::CommissionDocument;
use crate::billing::PolicyOf;
use crate::config::ParsedPolicy;
use crate::context::Context;
use crate::engines::{BilledRide, Engines, ParseError, Policy, RideTotals, SettleError};
use crate::ports::Ports;
use crate::refusal::{Code, Refusal};
use crate::requests::CommissionRequest;
use farebox_document::{Problem, canonical_json};
use farebox_limits::RouteClass;
use farebox_records::Settlement;
use serde_json::Value;
use std::rc::Rc;

/// Settles a ride that nothing else is known of, and keeps nothing.
///
/// # Errors
///
/// What is wrong with the request; or that the policy it needs is broken.
pub async fn create<P: Ports>(context: &Context<P>, document: &Value) -> Result<CommissionDocument, Refusal> {
    context.may_in_city_of(document, RouteClass::Bill).await?;
    let request = CommissionRequest::decode(document, &*context.config)?;
    let given = request.policy.as_ref().map(inline_policy::<P>).transpose()?;
    let policy = match given {
        Some(policy) => Rc::new(policy),
        None => context.config.policy()?,
    };
    let ride = RideTotals {
        city: &request.city,
        product: &request.product,
        currency: request.currency,
        passenger_total: request.passenger_total,
        driver_total: request.driver_total,
        coupons: request.coupons,
    };
    let settlement = policy.policy.settle_totals(ride).map_err(refused)?;
    Ok(CommissionDocument { settlement, policy: policy.version.clone() })
}

/// Settles a ride that was billed.
///
/// # Errors
///
/// What the policy refuses.
pub(crate) fn settle(policy: &impl Policy, ride: BilledRide<'_>) -> Result<Settlement, Refusal> {
    policy.settle(ride).map_err(refused)
}

fn refused(error: SettleError) -> Refusal {
    match error {
        SettleError::InvalidRide(Problem { pointer, code, message }) => {
            Refusal::field(pointer.replace('-', "_"), code, message)
        }
        SettleError::Overflow => Refusal::new(Code::TripNotBillable, "an amount would be more than can be settled"),
        SettleError::Other(why) => Refusal::internal(format!("commission: {why}")),
    }
}

fn inline_policy<P: Ports>(document: &Value) -> Result<PolicyOf<P>, Refusal> {
    let document = canonical_json(document);
    let policy = <P::Engines as Engines>::Policy::parse(&document).map_err(|error| match error {
        ParseError::Invalid(problems) => {
            let under = |problem: Problem| Problem { pointer: format!("/policy{}", problem.pointer), ..problem };
            Refusal::invalid(problems.into_iter().map(under).collect())
        }
        ParseError::Other(why) => Refusal::internal(format!("commission: {why}")),
    })?;
    Ok(ParsedPolicy::new(policy, &document))
}
