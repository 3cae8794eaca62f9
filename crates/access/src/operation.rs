//! What there is to ask for, and what a key needs for it.

use crate::Scope;

/// What can be asked for: a route of the gateway each, by the same name.
///
/// A test holds this list against the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /v1/estimates`
    CreateEstimate,
    /// `GET /v1/estimates/{estimate_id}/details/{product}`
    EstimateDetail,
    /// `POST /v1/trips/{trip_id}/segments`
    AddSegments,
    /// `POST /v1/segments`
    AddBatch,
    /// `POST /v1/trips/{trip_id}/bill`
    CreateBill,
    /// `GET /v1/trips/{trip_id}/bill`
    Bill,
    /// `GET /v1/trips/{trip_id}/bill/detail`
    BillDetail,
    /// `GET /v1/trips/{trip_id}/bill/history`
    BillHistory,
    /// `POST /v1/trips/{trip_id}/bill/repair`
    RepairBill,
    /// `POST /internal/jobs/drain`
    DrainJournal,
    /// `POST /internal/jobs/repair`
    RepairDue,
    /// `POST /internal/jobs/sweep`
    SweepBills,
    /// `DELETE /v1/trips/{trip_id}/passenger`
    ErasePassenger,
    /// `POST /v1/commission`
    Commission,
    /// `GET /v1/cities`
    Cities,
    /// `GET /v1/cities/{city}/bills`
    CityBills,
    /// `GET /v1/cities/{city}/top-ups`
    CityTopUps,
    /// `GET /v1/cities/{city}/rate-cards/{version}`
    RateCard,
    /// `GET /healthz`
    Health,
    /// `GET /readyz`
    Ready,
    /// `GET /statusz`
    Status,
    /// `GET /openapi.json`
    OpenApi,
    /// `GET /rate-card.schema.json`
    RateCardSchema,
    /// `GET /city.schema.json`
    CitySchema,
    /// `GET /limits.schema.json`
    LimitsSchema,
    /// `GET /commission-policy.schema.json`
    PolicySchema,
}

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is not even looked at whether the request is signed.
    Nothing,
    /// A key, whatever it is for.
    AnyKey,
    /// A key that is for this.
    Scope(Scope),
}

impl Operation {
    /// All there are.
    pub const ALL: [Self; 26] = [
        Self::CreateEstimate,
        Self::EstimateDetail,
        Self::AddSegments,
        Self::AddBatch,
        Self::CreateBill,
        Self::Bill,
        Self::BillDetail,
        Self::BillHistory,
        Self::RepairBill,
        Self::DrainJournal,
        Self::RepairDue,
        Self::SweepBills,
        Self::ErasePassenger,
        Self::Commission,
        Self::Cities,
        Self::CityBills,
        Self::CityTopUps,
        Self::RateCard,
        Self::Health,
        Self::Ready,
        Self::Status,
        Self::OpenApi,
        Self::RateCardSchema,
        Self::CitySchema,
        Self::LimitsSchema,
        Self::PolicySchema,
    ];

    /// What a caller needs. `driver_side` says that the driver's side is in what is answered; where reading is not what the key is
    /// needed for, it is told nothing of it.
    pub const fn need(self, driver_side: bool) -> Need {
        let read = if driver_side { Scope::ReadDriver } else { Scope::Read };
        match self {
            Self::CreateEstimate | Self::EstimateDetail => Need::Scope(Scope::Estimate),
            Self::AddSegments | Self::AddBatch => Need::Scope(Scope::Meter),
            // Whoever bills a ride is answered the bill, with both sides. The commission is part of billing: it tells what the platform
            // takes.
            Self::CreateBill | Self::Commission => Need::Scope(Scope::Bill),
            Self::Bill | Self::BillDetail | Self::RateCard => Need::Scope(read),
            // With both sides of every revision.
            Self::BillHistory | Self::CityBills | Self::CityTopUps => Need::Scope(Scope::ReadDriver),
            Self::DrainJournal | Self::RepairDue | Self::SweepBills => Need::Scope(Scope::Jobs),
            // Whoever may ask anything has to know of what.
            Self::Cities => Need::AnyKey,
            Self::Status | Self::RepairBill | Self::ErasePassenger => Need::Scope(Scope::Operate),
            // Orchestrators have no keys. What documents say is in the source.
            Self::Health | Self::Ready | Self::OpenApi => Need::Nothing,
            Self::RateCardSchema | Self::CitySchema | Self::LimitsSchema | Self::PolicySchema => Need::Nothing,
        }
    }

    /// Whether it is about a city, which the key has to be for.
    pub const fn is_of_a_city(self) -> bool {
        match self {
            Self::CreateEstimate
            | Self::EstimateDetail
            | Self::AddSegments
            | Self::AddBatch
            | Self::CreateBill
            | Self::Bill
            | Self::BillDetail
            | Self::BillHistory
            | Self::RepairBill
            | Self::RepairDue
            | Self::SweepBills
            | Self::ErasePassenger
            | Self::Commission
            | Self::CityBills
            | Self::CityTopUps
            | Self::RateCard => true,
            // What waits on a node is of any city.
            Self::DrainJournal
            | Self::Cities
            | Self::Health
            | Self::Ready
            | Self::Status
            | Self::OpenApi
            | Self::RateCardSchema
            | Self::CitySchema
            | Self::LimitsSchema
            | Self::PolicySchema => false,
        }
    }

    /// Whether it changes something: its nonce has to be one that was never there before.
    pub const fn writes(self) -> bool {
        // Done twice, the job does nothing the second time.
        matches!(self, Self::AddSegments | Self::AddBatch | Self::CreateBill | Self::RepairBill | Self::ErasePassenger)
    }
}
