//! Settlement: what the platform keeps of a ride, and owes the driver so that it keeps no more than the cap.

use crate::answers::CommissionDocument;
use crate::billing::PolicyOf;
use crate::config::ParsedPolicy;
use crate::context::Context;
use crate::engines::{Billed, Circumstances, Engines, ParseError, Policy, RateCard, RideTotals, SettleError, Side};
use crate::ports::Ports;
use crate::refusal::{Code, Refusal};
use crate::requests::CommissionRequest;
use farebox_document::{Problem, canonical_json};
use farebox_fare::LocalTime;
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
    let ride = Circumstances {
        city: &request.city,
        product: &request.product,
        order: &request.order,
        outcome: request.outcome,
        begins: begins(context, &request)?,
    };
    let totals = RideTotals {
        currency: request.currency,
        passenger_total: request.passenger_total,
        driver_total: request.driver_total,
        coupons: request.coupons,
    };
    let settlement = policy.policy.settle_totals(ride, totals).map_err(refused)?;
    Ok(CommissionDocument { settlement, policy: policy.version.clone() })
}

/// Settles a ride that was billed.
///
/// # Errors
///
/// What the policy refuses.
pub(crate) fn settle(policy: &impl Policy, ride: Circumstances<'_>, billed: Billed<'_>) -> Result<Settlement, Refusal> {
    policy.settle(ride, billed).map_err(refused)
}

/// When a ride begins, on the clocks of the passenger's rate card; on those of Greenwich, without holidays, where the city does not
/// have the product.
fn begins<P: Ports>(context: &Context<P>, request: &CommissionRequest) -> Result<LocalTime, Refusal> {
    let at = request.started_at.unwrap_or_else(|| context.ports().now());
    let card = context.config.card(&request.city, &request.product, Side::Passenger, at)?;
    Ok(card.map_or_else(|| LocalTime::in_greenwich(at), |card| card.rates.local(at)))
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
