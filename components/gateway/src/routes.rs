//! Which handler a request is for, and the parameters in its path.

use farebox_access::Operation;
use farebox_fare::names;
use farebox_web::problem::{self, ProblemDetails};
use http::Method;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/estimates`
    CreateEstimate,
    /// `GET /v1/estimates/{estimate_id}/details/{product}`
    EstimateDetail {
        /// As it came; not yet checked.
        estimate_id: String,
        /// As it came; not yet checked.
        product: String,
    },
    /// `POST /v1/trips/{trip_id}/segments`
    AddSegments {
        /// A valid identifier.
        trip_id: String,
    },
    /// `POST /v1/segments`
    AddBatch,
    /// `POST /v1/trips/{trip_id}/bill`
    CreateBill {
        /// A valid identifier.
        trip_id: String,
    },
    /// `GET /v1/trips/{trip_id}/bill`
    Bill {
        /// A valid identifier.
        trip_id: String,
    },
    /// `GET /v1/trips/{trip_id}/bill/detail`
    BillDetail {
        /// A valid identifier.
        trip_id: String,
    },
    /// `GET /v1/trips/{trip_id}/bill/history`
    BillHistory {
        /// A valid identifier.
        trip_id: String,
    },
    /// `POST /v1/trips/{trip_id}/bill/repair`
    RepairBill {
        /// A valid identifier.
        trip_id: String,
    },
    /// `POST /internal/jobs/drain`
    DrainJournal,
    /// `POST /internal/jobs/repair`
    RepairDue,
    /// `POST /internal/jobs/sweep`
    SweepBills,
    /// `DELETE /v1/trips/{trip_id}/passenger`
    ErasePassenger {
        /// A valid identifier.
        trip_id: String,
    },
    /// `POST /v1/commission`
    Commission,
    /// `GET /v1/cities`
    Cities,
    /// `GET /v1/cities/{city}/bills`
    CityBills {
        /// What can be the name of a city.
        city: String,
    },
    /// `GET /v1/cities/{city}/top-ups`
    CityTopUps {
        /// What can be the name of a city.
        city: String,
    },
    /// `GET /v1/cities/{city}/rate-cards/{version}`
    RateCard {
        /// What can be the name of a city.
        city: String,
        /// What can be a version.
        version: String,
    },
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

/// The query parameters of the detail page of an estimate.
pub const ESTIMATE_DETAIL: &[&str] = &["scene", "locale"];
/// The query parameters of a bill.
pub const BILL: &[&str] = &["city", "revision"];
/// The query parameters of what is about the bill of a trip as a whole.
pub const TRIP: &[&str] = &["city"];
/// The query parameters of a list of bills.
pub const BILLS: &[&str] = &["day", "state", "cursor"];

/// The query parameters of a list of top-ups.
pub const TOP_UPS: &[&str] = &["day", "cursor"];
/// The query parameters of a job.
pub const JOB: &[&str] = &["city", "cursor"];
/// The query parameters of the detail page of a bill.
pub const BILL_DETAIL: &[&str] = &["city", "scene", "locale"];

impl Route {
    /// Finds the route of a request.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown path, `method-not-allowed` for a known one, `invalid-parameter` for a trip
    /// identifier that cannot be one.
    pub fn find(method: &Method, path: &str) -> Result<Self, ProblemDetails> {
        let unknown = || ProblemDetails::new(problem::NOT_FOUND, "no route matches this path; see /openapi.json");
        let segments = segments(path).ok_or_else(unknown)?;
        let segments: Vec<&str> = segments.iter().map(Cow::as_ref).collect();
        let trip_id = |text: &str| trip_id(text);
        // Its answer has no body, which servers see to.
        let asked = if method == Method::HEAD { &Method::GET } else { method };
        match (asked.as_str(), segments.as_slice()) {
            ("POST", ["v1", "estimates"]) => Ok(Self::CreateEstimate),
            ("GET", ["v1", "estimates", estimate_id, "details", product]) => {
                Ok(Self::EstimateDetail { estimate_id: (*estimate_id).to_owned(), product: (*product).to_owned() })
            }
            ("POST", ["v1", "trips", trip, "segments"]) => Ok(Self::AddSegments { trip_id: trip_id(trip)? }),
            ("POST", ["v1", "segments"]) => Ok(Self::AddBatch),
            ("POST", ["v1", "trips", trip, "bill"]) => Ok(Self::CreateBill { trip_id: trip_id(trip)? }),
            ("GET", ["v1", "trips", trip, "bill"]) => Ok(Self::Bill { trip_id: trip_id(trip)? }),
            ("GET", ["v1", "trips", trip, "bill", "detail"]) => Ok(Self::BillDetail { trip_id: trip_id(trip)? }),
            ("GET", ["v1", "trips", trip, "bill", "history"]) => Ok(Self::BillHistory { trip_id: trip_id(trip)? }),
            ("POST", ["v1", "trips", trip, "bill", "repair"]) => Ok(Self::RepairBill { trip_id: trip_id(trip)? }),
            ("POST", ["internal", "jobs", "drain"]) => Ok(Self::DrainJournal),
            ("POST", ["internal", "jobs", "repair"]) => Ok(Self::RepairDue),
            ("POST", ["internal", "jobs", "sweep"]) => Ok(Self::SweepBills),
            ("DELETE", ["v1", "trips", trip, "passenger"]) => Ok(Self::ErasePassenger { trip_id: trip_id(trip)? }),
            ("POST", ["v1", "commission"]) => Ok(Self::Commission),
            ("GET", ["v1", "cities"]) => Ok(Self::Cities),
            ("GET", ["v1", "cities", city, "bills"]) => Ok(Self::CityBills { city: city_of(city)? }),
            ("GET", ["v1", "cities", city, "top-ups"]) => Ok(Self::CityTopUps { city: city_of(city)? }),
            ("GET", ["v1", "cities", city, "rate-cards", version]) => rate_card(city, version),
            ("GET", ["healthz"]) => Ok(Self::Health),
            ("GET", ["readyz"]) => Ok(Self::Ready),
            ("GET", ["statusz"]) => Ok(Self::Status),
            ("GET", ["openapi.json"]) => Ok(Self::OpenApi),
            ("GET", ["rate-card.schema.json"]) => Ok(Self::RateCardSchema),
            ("GET", ["city.schema.json"]) => Ok(Self::CitySchema),
            ("GET", ["limits.schema.json"]) => Ok(Self::LimitsSchema),
            ("GET", ["commission-policy.schema.json"]) => Ok(Self::PolicySchema),
            (_, segments) => Err(match allowed(segments) {
                Some(allow) => {
                    let detail = format!("{method} is not allowed here; allowed: {allow}");
                    let allow = Some(allow);
                    ProblemDetails { allow, ..ProblemDetails::new(problem::METHOD_NOT_ALLOWED, detail) }
                }
                None => unknown(),
            }),
        }
    }

    /// What is asked for, as it is decided who may.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::CreateEstimate => Operation::CreateEstimate,
            Self::EstimateDetail { .. } => Operation::EstimateDetail,
            Self::AddSegments { .. } => Operation::AddSegments,
            Self::AddBatch => Operation::AddBatch,
            Self::CreateBill { .. } => Operation::CreateBill,
            Self::Bill { .. } => Operation::Bill,
            Self::BillDetail { .. } => Operation::BillDetail,
            Self::BillHistory { .. } => Operation::BillHistory,
            Self::RepairBill { .. } => Operation::RepairBill,
            Self::DrainJournal => Operation::DrainJournal,
            Self::RepairDue => Operation::RepairDue,
            Self::SweepBills => Operation::SweepBills,
            Self::ErasePassenger { .. } => Operation::ErasePassenger,
            Self::Commission => Operation::Commission,
            Self::Cities => Operation::Cities,
            Self::CityBills { .. } => Operation::CityBills,
            Self::CityTopUps { .. } => Operation::CityTopUps,
            Self::RateCard { .. } => Operation::RateCard,
            Self::Health => Operation::Health,
            Self::Ready => Operation::Ready,
            Self::Status => Operation::Status,
            Self::OpenApi => Operation::OpenApi,
            Self::RateCardSchema => Operation::RateCardSchema,
            Self::CitySchema => Operation::CitySchema,
            Self::LimitsSchema => Operation::LimitsSchema,
            Self::PolicySchema => Operation::PolicySchema,
        }
    }
}

/// The methods of a path, as an `Allow` header lists them. `None` for one that is no route's.
pub fn methods(path: &str) -> Option<&'static str> {
    let segments = segments(path)?;
    allowed(&segments.iter().map(Cow::as_ref).collect::<Vec<_>>())
}

fn segments(path: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut segments = Vec::with_capacity(6);
    for segment in path.strip_prefix('/')?.split('/') {
        segments.push(percent_decode_str(segment).decode_utf8().ok()?);
    }
    Some(segments)
}

/// The methods of a path, as an `Allow` header lists them. `None` for unknown paths.
fn allowed(segments: &[&str]) -> Option<&'static str> {
    Some(match segments {
        ["v1", "estimates" | "commission" | "segments"] | ["v1", "trips", _, "segments"] => "POST",
        ["v1", "trips", _, "bill", "repair"] | ["internal", "jobs", "drain" | "repair" | "sweep"] => "POST",
        ["v1", "trips", _, "bill"] => "GET, HEAD, POST",
        ["v1", "trips", _, "passenger"] => "DELETE",
        ["v1", "cities"]
        | ["v1", "cities", _, "bills" | "top-ups"]
        | ["v1", "cities", _, "rate-cards", _]
        | ["v1", "estimates", _, "details", _]
        | ["v1", "trips", _, "bill", "detail" | "history"]
        | ["healthz" | "readyz" | "statusz" | "openapi.json"]
        | ["rate-card.schema.json" | "city.schema.json" | "limits.schema.json" | "commission-policy.schema.json"] => {
            "GET, HEAD"
        }
        _ => return None,
    })
}

fn trip_id(text: &str) -> Result<String, ProblemDetails> {
    if names::is_name(text) {
        return Ok(text.to_owned());
    }
    Err(ProblemDetails::parameter("trip_id", format!("a trip identifier has {}", names::NAME_RULE)))
}

fn rate_card(city: &str, version: &str) -> Result<Route, ProblemDetails> {
    let city = city_of(city)?;
    if !names::is_version(version) {
        return Err(ProblemDetails::parameter("version", "a version has 64 digits 0-9 and a-f, in lower case"));
    }
    Ok(Route::RateCard { city, version: version.to_owned() })
}

fn city_of(city: &str) -> Result<String, ProblemDetails> {
    if !names::is_token(city) {
        return Err(ProblemDetails::parameter("city", format!("a city has {}", names::TOKEN_RULE)));
    }
    Ok(city.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn check(method: &str, path: &str, expected: Result<Route, (u16, Option<&str>)>) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let actual = Route::find(&method, path).map_err(|problem| (problem.kind.status.as_u16(), problem.allow));
        assert_eq!(actual, expected, "{method} {path}");
    }

    /// Every route, its wrong methods, and its near misses.
    #[test]
    fn routes() {
        let trip_id = || "t-1".to_owned();
        check("POST", "/v1/estimates", Ok(Route::CreateEstimate));
        let detail = Route::EstimateDetail { estimate_id: "AQ_-".into(), product: "express".into() };
        check("GET", "/v1/estimates/AQ_-/details/express", Ok(detail));
        check("POST", "/v1/trips/t-1/segments", Ok(Route::AddSegments { trip_id: trip_id() }));
        check("POST", "/v1/trips/t-1/bill", Ok(Route::CreateBill { trip_id: trip_id() }));
        check("GET", "/v1/trips/t-1/bill", Ok(Route::Bill { trip_id: trip_id() }));
        check("GET", "/v1/trips/t%2D1/bill", Ok(Route::Bill { trip_id: trip_id() }));
        check("GET", "/v1/trips/t-1/bill/detail", Ok(Route::BillDetail { trip_id: trip_id() }));
        check("GET", "/v1/trips/t-1/bill/history", Ok(Route::BillHistory { trip_id: trip_id() }));
        check("POST", "/v1/trips/t-1/bill/history", Err((405, Some("GET, HEAD"))));
        check("POST", "/v1/trips/t-1/bill/repair", Ok(Route::RepairBill { trip_id: trip_id() }));
        check("GET", "/v1/trips/t-1/bill/repair", Err((405, Some("POST"))));
        check("POST", "/v1/segments", Ok(Route::AddBatch));
        check("GET", "/v1/cities/110000/bills", Ok(Route::CityBills { city: "110000".to_owned() }));
        check("POST", "/v1/cities/110000/bills", Err((405, Some("GET, HEAD"))));
        check("GET", "/v1/cities/110000/top-ups", Ok(Route::CityTopUps { city: "110000".to_owned() }));
        check("POST", "/v1/cities/110000/top-ups", Err((405, Some("GET, HEAD"))));
        check("GET", "/v1/cities/a.b/bills", Err((400, None)));
        check("GET", "/v1/segments", Err((405, Some("POST"))));
        check("POST", "/internal/jobs/drain", Ok(Route::DrainJournal));
        check("POST", "/internal/jobs/repair", Ok(Route::RepairDue));
        check("POST", "/internal/jobs/sweep", Ok(Route::SweepBills));
        check("GET", "/internal/jobs/repair", Err((405, Some("POST"))));
        check("POST", "/internal/jobs/probe", Err((404, None)));
        check("DELETE", "/v1/trips/t-1/passenger", Ok(Route::ErasePassenger { trip_id: trip_id() }));
        check("GET", "/v1/trips/t-1/passenger", Err((405, Some("DELETE"))));
        check("POST", "/v1/commission", Ok(Route::Commission));
        check("GET", "/v1/cities", Ok(Route::Cities));
        let version = "0a".repeat(32);
        let card = Route::RateCard { city: "110000".into(), version: version.clone() };
        check("GET", &format!("/v1/cities/110000/rate-cards/{version}"), Ok(card));
        check("GET", "/healthz", Ok(Route::Health));
        check("GET", "/readyz", Ok(Route::Ready));
        check("GET", "/statusz", Ok(Route::Status));
        check("GET", "/openapi.json", Ok(Route::OpenApi));
        check("GET", "/rate-card.schema.json", Ok(Route::RateCardSchema));
        check("GET", "/city.schema.json", Ok(Route::CitySchema));
        check("GET", "/limits.schema.json", Ok(Route::LimitsSchema));
        check("GET", "/commission-policy.schema.json", Ok(Route::PolicySchema));

        check("GET", "/v1/estimates", Err((405, Some("POST"))));
        check("DELETE", "/v1/trips/t-1/bill", Err((405, Some("GET, HEAD, POST"))));
        check("HEAD", "/healthz", Ok(Route::Health));
        check("HEAD", "/v1/estimates", Err((405, Some("POST"))));
        check("BREW", "/v1/cities", Err((405, Some("GET, HEAD"))));
        for path in ["", "/", "*", "/v1", "/v1/", "/v1/cities/", "//healthz", "/v1//cities", "/V1/cities", "/%FF"] {
            check("GET", path, Err((404, None)));
        }
        check("GET", "/v1/trips//bill", Err((400, None)));
        check("GET", "/v1/cities/110000/rate-cards/latest", Err((400, None)));
        check("GET", &format!("/v1/cities/..%2F/rate-cards/{version}"), Err((400, None)));
        check("PUT", &format!("/v1/cities/110000/rate-cards/{version}"), Err((405, Some("GET, HEAD"))));
        check("GET", "/v1/trips/a%2Fb/bill", Err((400, None)));
        check("GET", "/v1/trips/%7B1%7D/bill", Err((400, None)));
    }

    proptest! {
        /// No path breaks the router.
        #[test]
        fn any_path_is_survived(path in "[/%a-f0-9.]{0,40}|.{0,40}") {
            let _ = Route::find(&Method::GET, &path);
        }
    }
}
