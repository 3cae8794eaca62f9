//! How what billing refuses looks to a client.

use farebox_access::{Code as DeniedCode, Denied, WWW_AUTHENTICATE};
use farebox_billing::refusal::{Code, Refusal};
use farebox_signatures::ACCEPT_SIGNATURE;
use farebox_web::problem::{self, Challenge, FieldError, Kind, ProblemDetails};
use http::StatusCode;

/// The kind of problem that a code of billing's is: its status, and what it is called.
pub const fn kind(code: Code) -> &'static Kind {
    macro_rules! kinds {
        ($($case:ident = $status:ident $title:expr;)*) => {
            match code {
                $(Code::$case => {
                    const { &Kind { code: Code::$case.word(), status: StatusCode::$status, title: $title } }
                })*
            }
        };
    }
    kinds! {
        InvalidParameter = BAD_REQUEST "A parameter is not valid";
        SignatureReplayed = UNAUTHORIZED DeniedCode::SignatureReplayed.title();
        ScopeMissing = FORBIDDEN DeniedCode::ScopeMissing.title();
        CityNotAllowed = FORBIDDEN DeniedCode::CityNotAllowed.title();
        RateLimited = TOO_MANY_REQUESTS "Too many requests";
        EstimateNotFound = NOT_FOUND "There is no such estimate";
        ProductNotEstimated = NOT_FOUND "The estimate does not cover this product";
        RateCardNotFound = NOT_FOUND "There is no rate card of this version";
        BillNotFound = NOT_FOUND "The trip has no bill";
        BillConflict = CONFLICT "The trip was billed already, from a different request";
        SegmentConflict = CONFLICT "A segment with this number is stored already and differs";
        InvalidRequest = UNPROCESSABLE_ENTITY "The request is not valid";
        UnknownCity = UNPROCESSABLE_ENTITY "The city is not served";
        UnknownProduct = UNPROCESSABLE_ENTITY "The city does not have this product";
        TooManySegments = UNPROCESSABLE_ENTITY "The trip would have too many segments";
        TripNotBillable = UNPROCESSABLE_ENTITY "The trip cannot be priced as it is";
        ConfigInvalid = INTERNAL_SERVER_ERROR "The configuration is not valid";
        Internal = INTERNAL_SERVER_ERROR "Something went wrong";
        StoreUnavailable = SERVICE_UNAVAILABLE "The store cannot be reached";
        StoreTimedOut = SERVICE_UNAVAILABLE "The store did not answer in time";
        CityFenced = SERVICE_UNAVAILABLE "The city is written at another site";
        Overloaded = SERVICE_UNAVAILABLE problem::OVERLOADED.title;
    }
}

/// Why somebody may not ask, as kinds of problems.
static DENIED: [Kind; DeniedCode::ALL.len()] = {
    const FIRST: Kind = kind_of_denied(DeniedCode::ALL[0]);
    let mut kinds = [FIRST; DeniedCode::ALL.len()];
    let mut at = 0;
    while at < kinds.len() {
        kinds[at] = kind_of_denied(DeniedCode::ALL[at]);
        at += 1;
    }
    kinds
};

const fn kind_of_denied(code: DeniedCode) -> Kind {
    let status = if code.status() == 403 { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
    Kind { code: code.word(), status, title: code.title() }
}

/// What is to be signed, and that it is.
const CHALLENGE: &Challenge = &[("www-authenticate", WWW_AUTHENTICATE), ("accept-signature", ACCEPT_SIGNATURE)];

/// The problem to answer with when somebody may not ask. Who is not known is told how to say so.
pub fn denied(denied: &Denied) -> ProblemDetails {
    let code = denied.code();
    let Some(kind) = DENIED.iter().find(|kind| kind.code == code.word()) else {
        return ProblemDetails::internal(format!("{} is no kind of problem", code.word()));
    };
    ProblemDetails { challenge: challenge(kind), ..ProblemDetails::new(kind, denied.to_string()) }
}

fn challenge(kind: &Kind) -> Option<&'static Challenge> {
    (kind.status == StatusCode::UNAUTHORIZED).then_some(CHALLENGE)
}

/// Every kind of problem that this API answers with: HTTP's own, who may not ask, and billing's.
pub fn kinds() -> Vec<&'static Kind> {
    let mut kinds = problem::KINDS.to_vec();
    kinds.extend(&DENIED);
    kinds.extend(Code::ALL.iter().map(|code| kind(*code)));
    kinds.sort_by_key(|kind| (kind.status.as_u16(), kind.code));
    kinds.dedup();
    kinds
}

/// The problem to answer with. What only the log is told stays with it.
pub fn details(refusal: Refusal) -> ProblemDetails {
    let Refusal { code, detail, problems, parameter, log, retry_after_s } = refusal;
    let mut errors: Vec<FieldError> = problems.into_iter().map(Into::into).collect();
    if let Some(parameter) = parameter {
        for error in &mut errors {
            error.pointer = None;
            error.parameter = Some(parameter.into());
        }
    }
    let details = ProblemDetails { challenge: challenge(kind(code)), ..ProblemDetails::new(kind(code), detail) };
    ProblemDetails { errors, log, retry_after_s: retry_after_s.or(details.retry_after_s), ..details }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_web::trace::Trace;
    use serde_json::{Value, json};

    /// One code, one kind: what billing and HTTP call the same is the same.
    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = kinds().iter().map(|kind| kind.code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    /// A field is blamed by pointer, a parameter by name, and what is for the log stays out.
    #[test]
    fn blame() {
        let errors = |refusal: Refusal| {
            let response = details(refusal).into_response(&Trace::new([1; 24]));
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            (response.status.as_u16(), body["errors"].clone(), body["detail"].clone())
        };
        let (status, blamed, _) = errors(Refusal::field("/city", "unknown-city", "no"));
        assert_eq!((status, blamed), (422, json!([{"pointer": "/city", "code": "unknown-city", "message": "no"}])));
        let (status, blamed, _) = errors(Refusal::parameter("scene", "no"));
        let expected = json!([{"parameter": "scene", "code": "invalid-parameter", "message": "no"}]);
        assert_eq!((status, blamed), (400, expected));
        let (status, _, detail) = errors(Refusal::config("cards/110000 is broken"));
        assert_eq!(status, 500);
        assert!(!detail.as_str().unwrap().contains("110000"));
    }

    /// Who can only wait is told for how long: as long as the refusal says, or a second.
    #[test]
    fn waits() {
        let wait = |refusal: Refusal| {
            let response = details(refusal).into_response(&Trace::new([1; 24]));
            response.header("retry-after").map(str::to_owned)
        };
        let fenced = Refusal { retry_after_s: Some(30), ..Refusal::new(Code::CityFenced, "") };
        assert_eq!(wait(fenced).as_deref(), Some("30"));
        assert_eq!(wait(Refusal::new(Code::StoreTimedOut, "")).as_deref(), Some("1"));
        assert_eq!(wait(Refusal::new(Code::BillNotFound, "")), None);
    }
}
