//! The request that a bill was made from, as far as its record says: all that the bill can be made from again.

use super::{BillRequest, BroughtCoupon, Extras, Labels, Passenger, Stated};
use farebox_fare::Trip;
use farebox_records::{BillRecord, Datum, OrderRecord};

impl BillRequest {
    /// What a bill of a ride was asked for with. What stood in for measurements is not in it: it is only read when there are none, and then the bill
    /// has what came of it.
    ///
    /// # Errors
    ///
    /// What its record does not say.
    pub fn recorded(record: &BillRecord, ride: Trip) -> Result<Self, &'static str> {
        let Trip {
            started_at,
            ended_at,
            origin,
            destination,
            order,
            waiting_s,
            dynamic_factor,
            tolls,
            parking,
            highway,
            coupons,
            ..
        } = ride;
        // What was signed was verified when the bill was made.
        let coupons = coupons.into_iter().map(|coupon| BroughtCoupon { coupon, token: None }).collect();
        let passenger = Passenger { id: record.passenger_id.clone(), coupons };
        Ok(Self {
            city: record.city.clone(),
            product: record.product.clone(),
            currency: record.passenger.currency,
            started_at,
            ended_at,
            origin: origin.ok_or("the facts do not say where it began")?,
            destination: destination.ok_or("the facts do not say where it ended")?,
            extras: Extras { order, waiting_s, dynamic: dynamic_factor, tolls, parking, highway, passenger },
            metering: record.metering,
            last_seq: record.last_seq,
            datum: Datum::default(),
            stated: Stated::default(),
            estimate_id: record.estimate_id.clone(),
            labels: Labels {
                passenger_id: record.passenger_id.clone(),
                driver_id: record.driver_id.clone(),
                // What it was priced by is in the facts.
                order: OrderRecord { kind: None, passenger_tier: None, ..record.order.clone().unwrap_or_default() },
                tags: record.tags.clone(),
            },
        })
    }
}
