//! What a ride is known by besides what it is priced from.

use super::body::{OrderBody, Tags};
use super::leaf::Name;
use farebox_document::Given;
use farebox_fare::Order;
use farebox_records::OrderRecord;
use std::collections::BTreeMap;

/// What a ride is known by. No price depends on any of it; what follows a bill - conditions, budgets, audiences - may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Who rode, by the caller's identifier.
    pub passenger_id: Option<String>,
    /// Who drove, by the caller's identifier.
    pub driver_id: Option<String>,
    /// What is known of the order, except what it is priced by: that is in the facts of the trip.
    pub order: OrderRecord,
    /// In the caller's words.
    pub tags: BTreeMap<String, String>,
}

impl Labels {
    pub(super) fn of(
        passenger_id: Option<String>,
        driver_id: Given<Name>,
        order: Given<OrderBody>,
        tags: Given<Tags>,
    ) -> Self {
        let tags = tags.read().map(|tags| tags.0).unwrap_or_default();
        let tags = tags.into_iter().filter_map(|(name, value)| Some((name.0, value.read()?.0)));
        Self {
            passenger_id,
            driver_id: driver_id.read().map(|id| id.0),
            order: order.read().map(order_record).unwrap_or_default(),
            tags: tags.collect(),
        }
    }

    /// The order of a ride, with what it was priced by. `None` when nothing is known of it.
    pub(crate) fn order_of(&self, priced: &Order) -> Option<OrderRecord> {
        let order =
            OrderRecord { kind: priced.kind.clone(), passenger_tier: priced.tier.clone(), ..self.order.clone() };
        Some(order).filter(|order| *order != OrderRecord::default())
    }
}

fn order_record(body: OrderBody) -> OrderRecord {
    let OrderBody { id, campaign, partner, driver_tier, app_version, vehicle_class } = body;
    OrderRecord {
        id: id.read().map(|id| id.0),
        kind: None,
        campaign: campaign.read().map(|word| word.0),
        partner: partner.read().map(|word| word.0),
        passenger_tier: None,
        driver_tier: driver_tier.read().map(|word| word.0),
        app_version: app_version.read().map(|version| version.0),
        vehicle_class: vehicle_class.read().map(|word| word.0),
    }
}
