//! Orders, as bills have them.

use serde::{Deserialize, Serialize};

/// What is known of the order of a ride, for whoever chooses rides by it. What pricing reads - how it was ordered, the
/// passenger's tier - is in the facts of the bill; it stands here as well, so that all that rides are chosen by is in one
/// place.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Order"))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRecord {
    /// The caller's identifier.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Name>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How the ride was ordered: the `scene` of the request.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The campaign that brought it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The partner that brought it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The passenger's tier.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passenger_tier: Option<String>,
    /// The driver's tier.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_tier: Option<String>,
    /// The version of the app it was ordered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// The class of the vehicle.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle_class: Option<String>,
}
