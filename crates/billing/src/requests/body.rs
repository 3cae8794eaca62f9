//! How the bodies of requests are written down. Fields that may be left out have a default; the others have to be given,
//! which is checked where requests are made of bodies.

use super::leaf::{
    AmountText, CouponToken, CurrencyCode, DecimalText, Degrees, Document, Encoded, EstimateId, Factor, Moment, Name,
    Percentage, PlainText, Token,
};
use super::route;
use crate::limits;
use farebox_document::{Given, List, Notes, Place, Table, Whole};
use farebox_fare::{CouponKind, Outcome, Point};
use farebox_records::{Datum, Metering};
use serde::Deserialize;
#[cfg(feature = "schema")]
use serde_json::json;

/// A whole number within a limit of [`limits`].
macro_rules! whole {
    ($($(#[$doc:meta])* $name:ident = $limit:ident;)*) => {$(
        $(#[$doc])*
        pub(super) type $name = Whole<{ *limits::$limit.start() }, { *limits::$limit.end() }>;
    )*};
}

whole! {
    /// The distance of a trip.
    TripMetres = TRIP_DISTANCE_M;
    /// The duration of a trip.
    TripSeconds = TRIP_DURATION_S;
    /// The distance of a segment.
    SegmentMetres = SEGMENT_DISTANCE_M;
    /// The duration of a segment.
    SegmentSeconds = SEGMENT_DURATION_S;
    /// The number of a segment.
    Sequence = SEQUENCE;
    /// How many people ride.
    Passengers = PASSENGERS;
    /// How long before the start a ride is ordered.
    BookedAhead = BOOKED_AHEAD_S;
    /// How many decimals of a degree a route is encoded with.
    Precision = POLYLINE_PRECISION;
}

/// A list within a limit of [`limits`].
macro_rules! list {
    ($($(#[$doc:meta])* $name:ident = $item:ty, $limit:ident;)*) => {$(
        $(#[$doc])*
        pub(super) type $name = List<$item, { *limits::$limit.start() }, { *limits::$limit.end() }>;
    )*};
}

list! {
    /// What to price.
    Products = Token, PRODUCTS;
    /// What a rider brings.
    Coupons = CouponBody, COUPONS;
    /// Fee codes.
    Scope = Token, SCOPE;
    /// Metered pieces.
    Segments = SegmentBody, SEGMENTS;
    /// Trips with metered pieces.
    BatchTrips = BatchTripBody, BATCH_TRIPS;
}

/// What a ride is known by, in the caller's words.
pub(super) type Tags = Table<Token, PlainText<{ limits::TAG_CHARS }>, { limits::TAGS }>;

/// The body of a request about a ride: what it says itself, and what a rate card may look at besides.
macro_rules! ride {
    ($(#[$of_body:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$of_body])*
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$of_field])* pub $field: Given<$type>,)*
            /// How the ride was ordered, in the words of the rate cards.
            #[serde(default)]
            pub scene: Given<Token>,
            /// How many people ride.
            #[serde(default)]
            pub passengers: Given<Passengers>,
            /// How long before the start the ride was ordered, in seconds.
            #[serde(default)]
            pub booked_ahead_s: Given<BookedAhead>,
            /// A price agreed for the ride as a whole.
            #[serde(default)]
            pub one_price: Given<AmountText>,
            /// The surge factor.
            #[serde(default)]
            pub dynamic: Given<Factor>,
            /// Bridge and road tolls.
            #[serde(default)]
            pub tolls: Given<AmountText>,
            /// Parking.
            #[serde(default)]
            pub parking: Given<AmountText>,
            /// Motorway charges.
            #[serde(default)]
            pub highway: Given<AmountText>,
            /// Who rides.
            #[serde(default)]
            pub passenger: Given<PassengerBody>,
        }
    };
}

ride! {
    /// The body of `POST /v1/estimates`.
    EstimateBody {
        /// Where the rate cards are looked up.
        city: Token,
        /// What to price.
        #[cfg_attr(feature = "schema", schemars(extend("uniqueItems" = true)))]
        products: Products,
        /// Where the ride is to begin.
        origin: PlaceBody,
        /// Where it is to end.
        destination: PlaceBody,
        /// The length of the route, in metres.
        distance_m: TripMetres,
        /// How long the route takes, in seconds.
        duration_s: TripSeconds,
        /// When the ride is to begin.
        depart_at: Moment,
        /// What `origin` and `destination` are degrees of.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("default" = Datum::default())))]
        datum: Datum,
    }
}

ride! {
    /// The body of `POST /v1/trips/{trip_id}/bill`.
    BillBody {
        /// Where the rate cards are looked up.
        city: Token,
        /// What was ridden.
        product: Token,
        /// When the ride began.
        started_at: Moment,
        /// When it ended.
        #[cfg_attr(feature = "schema", schemars(description = format!(
            "When it ended: not before `started_at`, and at most {} s after it.", limits::TRIP_DURATION_S.end()
        )))]
        ended_at: Moment,
        /// Where it began.
        origin: PlaceBody,
        /// Where it ended.
        destination: PlaceBody,
        /// How the ride ended. A cancelled one is charged only what the card says of cancelled rides.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("default" = Outcome::default())))]
        outcome: Outcome,
        /// How the ride was to be measured. Of one that was not, no segments are missing.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("default" = Metering::default())))]
        metering: Metering,
        /// The number of the trip's last segment: there are 1 to this, and none are missing of 0. Without, only what is missing
        /// between two segments is known.
        #[serde(default)]
        last_seq: Sequence,
        /// What `origin`, `destination` and `polyline` are degrees of.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("default" = Datum::default())))]
        datum: Datum,
        /// How far the ride went, in metres, as far as the caller knows. Stands in for measurements that are not to be had.
        #[serde(default)]
        distance_m: TripMetres,
        /// How long it took, in seconds, as far as the caller knows. Likewise.
        #[serde(default)]
        duration_s: TripSeconds,
        /// The way it took. Its length is how far the ride went, without `distance_m`.
        #[serde(default)]
        polyline: PolylineBody,
        /// How long the driver was kept waiting, in seconds.
        #[serde(default)]
        waiting_s: TripSeconds,
        /// The estimate the ride was ordered with.
        #[serde(default)]
        estimate_id: EstimateId,
        /// Who drove.
        #[serde(default)]
        driver_id: Name,
        /// What is known of the order. No price depends on it.
        #[serde(default)]
        order: OrderBody,
        /// What else the ride is known by, under names of the caller's. No price depends on it.
        #[serde(default)]
        tags: Tags,
    }
}

/// What is known of an order.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "OrderOfRequest"))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderBody {
    /// The caller's identifier.
    #[serde(default)]
    pub id: Given<Name>,
    /// The campaign that brought it.
    #[serde(default)]
    pub campaign: Given<Token>,
    /// The partner that brought it.
    #[serde(default)]
    pub partner: Given<Token>,
    /// The driver's tier.
    #[serde(default)]
    pub driver_tier: Given<Token>,
    /// The version of the app it was ordered with.
    #[serde(default)]
    pub app_version: Given<PlainText<{ limits::APP_VERSION_CHARS }>>,
    /// The class of the vehicle.
    #[serde(default)]
    pub vehicle_class: Given<Token>,
}

/// The body of `POST /v1/trips/{trip_id}/segments`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SegmentsBody {
    /// The city of the trip.
    pub city: Given<Token>,
    /// The pieces.
    pub segments: Given<Segments>,
}

/// The body of `POST /v1/segments`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchBody {
    /// The city of all trips.
    pub city: Given<Token>,
    /// The trips, each once.
    pub trips: Given<BatchTrips>,
}

/// A trip of a batch.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BatchTrip"))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchTripBody {
    /// The trip.
    pub trip_id: Given<Name>,
    /// The pieces.
    pub segments: Given<Segments>,
}

/// A metered piece of a trip.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Segment"))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SegmentBody {
    /// Unique within the trip; one more than that of the segment before. A number that is missing is a segment that is.
    pub seq: Given<Sequence>,
    /// When it began.
    pub started_at: Given<Moment>,
    /// How far it went, in metres.
    pub distance_m: Given<SegmentMetres>,
    /// How long it took, in seconds.
    pub duration_s: Given<SegmentSeconds>,
}

/// The body of `POST /v1/commission`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CommissionBody {
    /// A policy document; the default policy without.
    #[serde(default)]
    pub policy: Given<Document>,
    /// The city of the ride.
    pub city: Given<Token>,
    /// What was ridden.
    pub product: Given<Token>,
    /// When the ride began, which is local time in its city; now without.
    #[serde(default)]
    pub started_at: Given<Moment>,
    /// The passenger's tier.
    #[serde(default)]
    pub tier: Given<Token>,
    /// The driver's tier.
    #[serde(default)]
    pub driver_tier: Given<Token>,
    /// How the ride was ordered.
    #[serde(default)]
    pub scene: Given<Token>,
    /// The campaign that brought the order.
    #[serde(default)]
    pub campaign: Given<Token>,
    /// The partner that brought the order.
    #[serde(default)]
    pub partner: Given<Token>,
    /// How the ride ended.
    #[serde(default)]
    pub outcome: Given<Outcome>,
    /// Without it, the currency of the product in the city.
    #[serde(default)]
    pub currency: Given<CurrencyCode>,
    /// Before coupons.
    pub passenger_total: Given<AmountText>,
    /// What the driver earns.
    pub driver_total: Given<AmountText>,
    /// The sum of the passenger's coupons.
    #[serde(default)]
    pub coupons: Given<AmountText>,
}

/// Who rides.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Passenger"))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassengerBody {
    /// The caller's identifier.
    pub id: Given<Name>,
    /// In the words of the rate cards.
    #[serde(default)]
    pub tier: Given<Token>,
    /// In the order they are applied; no two with the same id.
    #[serde(default)]
    pub coupons: Given<Coupons>,
}

/// A discount the passenger holds.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Coupon"))]
#[cfg_attr(feature = "schema", schemars(extend("if" = json!({"properties": {"kind": {"const": CouponKind::Percent}}}))))]
#[cfg_attr(feature = "schema", schemars(extend("then" = json!({"properties": {"value": {"pattern": limits::PERCENT_PATTERN}}}))))]
#[cfg_attr(feature = "schema", schemars(extend("else" = json!({"properties": {"value": {"pattern": limits::AMOUNT_OFF_PATTERN}}}))))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CouponBody {
    /// The caller's identifier.
    pub id: Given<Name>,
    /// What `value` is.
    pub kind: Given<CouponKind>,
    /// An amount, more than zero; or a percentage.
    pub value: Given<DecimalText>,
    /// The fare has to be at least this much.
    #[serde(default)]
    pub min_spend: Given<AmountText>,
    /// The discount is never more than this.
    #[serde(default)]
    pub max_off: Given<AmountText>,
    /// The fee codes it is good for; without it, the whole fare.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("uniqueItems" = true)))]
    pub scope: Given<Scope>,
    /// Who pays for it; without it, the platform.
    #[serde(default)]
    pub funded_by: Given<FundingBody>,
    /// What its issuer signed: a JSON Web Token whose claim `coupon` says all of the above. A city may demand it.
    #[serde(default)]
    pub token: Given<CouponToken>,
}

/// Who pays for a coupon beside the platform, which pays what is left: at most 100 percent together.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Funding"))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FundingBody {
    /// The driver: it comes off what the ride earns them.
    #[serde(default)]
    pub driver: Given<Percentage>,
    /// A partner: they pay it to the platform.
    #[serde(default)]
    pub partner: Given<Percentage>,
}

/// A route.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Polyline"))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolylineBody {
    /// In Google's Encoded Polyline Algorithm Format; two places at least.
    pub encoded: Given<Encoded>,
    /// How many decimals of a degree it is encoded with.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("default" = limits::POLYLINE_PRECISION.start())))]
    pub precision: Given<Precision>,
}

impl PolylineBody {
    /// The places of the route, in the datum of the request; what is wrong is noted.
    pub fn check(self, notes: &Notes, at: &Place<'_>) -> Option<Vec<Point>> {
        let at = at.key("encoded");
        let Encoded(encoded) = self.encoded.required(notes, &at)?;
        let precision = match self.precision {
            Given::Absent => *limits::POLYLINE_PRECISION.start(),
            given => given.read()?.0,
        };
        let places = route::places(&encoded, u32::try_from(precision).ok()?);
        places.map_err(|refusal| notes.refuse(&at, refusal)).ok()
    }
}

/// A place, in degrees: of WGS 84, unless the request names another datum.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Place"))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceBody {
    /// North positive.
    pub lat: Given<Degrees<{ limits::LATITUDE_DEG }>>,
    /// East positive.
    pub lng: Given<Degrees<{ limits::LONGITUDE_DEG }>>,
}

impl PlaceBody {
    /// The place; what is missing is noted.
    pub fn check(self, notes: &Notes, at: &Place<'_>) -> Option<Point> {
        let latitude = self.lat.required(notes, &at.key("lat"));
        let longitude = self.lng.required(notes, &at.key("lng"));
        Some(Point { latitude: latitude?.0, longitude: longitude?.0 })
    }
}
