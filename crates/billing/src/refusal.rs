//! Why something was not done: what the caller is told, and what only the log is.

use farebox_document::{MOST_PROBLEMS, Problem, words};
use std::borrow::Cow;

words! {
    /// What kind of refusal it is: a closed list.
    pub enum Code {
        /// Something that was asked for by name is not there: a scene, a locale, a city.
        InvalidParameter = "invalid-parameter",
        /// The request was carried out before: its nonce counts once.
        SignatureReplayed = "signature-replayed",
        /// The caller's key is not for this.
        ScopeMissing = "scope-missing",
        /// The caller's key is not for this city.
        CityNotAllowed = "city-not-allowed",
        /// The caller has asked for more than is let.
        RateLimited = "rate-limited",
        /// Not an identifier that this service made.
        EstimateNotFound = "estimate-not-found",
        /// The estimate is fine, the product was not part of it.
        ProductNotEstimated = "product-not-estimated",
        /// No rate card of this version.
        RateCardNotFound = "rate-card-not-found",
        /// No bill for this trip.
        BillNotFound = "bill-not-found",
        /// A different bill was asked for before.
        BillConflict = "bill-conflict",
        /// The segment is stored already and says something else.
        SegmentConflict = "segment-conflict",
        /// The request is not what is asked for.
        InvalidRequest = "invalid-request",
        /// A city without rate cards.
        UnknownCity = "unknown-city",
        /// A product without a rate card in this city.
        UnknownProduct = "unknown-product",
        /// The trip has, or would have, too many segments.
        TooManySegments = "too-many-segments",
        /// The stored segments and the request cannot be billed together.
        TripNotBillable = "trip-not-billable",
        /// An operator has to repair a document, or a variable.
        ConfigInvalid = "config-invalid",
        /// A defect.
        Internal = "internal",
        /// The store cannot be reached.
        StoreUnavailable = "store-unavailable",
        /// The store did not answer in time.
        StoreTimedOut = "store-timed-out",
        /// The city is being moved, or is written at another site.
        CityFenced = "city-fenced",
        /// This node has more to do than it can, or an operator has said to do less.
        Overloaded = "overloaded",
    }
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind.
    pub code: Code,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// What is wrong with which field of the request, or with the parameter.
    pub problems: Vec<Problem>,
    /// The parameter that is to blame, and not a field.
    pub parameter: Option<&'static str>,
    /// What only the log is told.
    pub log: Option<String>,
    /// After how many seconds it is worth asking again, when that is known.
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal that no field is to blame for.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), problems: Vec::new(), parameter: None, log: None, retry_after_s: None }
    }

    /// A request that cannot be read as what is asked for.
    ///
    /// When all problems are of one kind that has a code of its own, the refusal takes that code.
    pub fn invalid(mut problems: Vec<Problem>) -> Self {
        if problems.is_empty() {
            return Self::internal("a value was neither read nor refused");
        }
        problems.truncate(MOST_PROBLEMS);
        let all = |code: &Code| problems.iter().all(|problem| problem.code == code.word());
        let code = [Code::UnknownCity, Code::UnknownProduct].into_iter().find(all).unwrap_or(Code::InvalidRequest);
        let detail = match problems.len() {
            1 => "one thing is wrong with the request; see `errors`".to_owned(),
            count if count >= MOST_PROBLEMS => {
                format!("much is wrong with the request; `errors` lists the first {count}")
            }
            count => format!("{count} things are wrong with the request; see `errors`"),
        };
        Self { problems, ..Self::new(code, detail) }
    }

    /// A single field that is wrong.
    pub fn field(pointer: impl Into<String>, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::invalid(vec![Problem { pointer: pointer.into(), code: code.into(), message: message.into() }])
    }

    /// A parameter that names what there is not.
    pub fn parameter(parameter: &'static str, message: impl Into<String>) -> Self {
        let code = Code::InvalidParameter;
        let detail = format!("the parameter `{parameter}` is not valid; see `errors`");
        let problem = Problem { pointer: String::new(), code: code.word().into(), message: message.into() };
        Self { problems: vec![problem], parameter: Some(parameter), ..Self::new(code, detail) }
    }

    /// A document that an operator has to repair. The caller is not told which.
    pub fn config(log: impl Into<String>) -> Self {
        let detail = "a document that this needs is broken; operators find it in the log and under /statusz";
        Self { log: Some(log.into()), ..Self::new(Code::ConfigInvalid, detail) }
    }

    /// A variable that an operator has to put right, or all documents at once. The caller is not told which.
    pub fn misconfigured(log: impl Into<String>) -> Self {
        let detail = "the service is misconfigured; operators find what is wrong in the log and under /statusz";
        Self { log: Some(log.into()), ..Self::new(Code::ConfigInvalid, detail) }
    }

    /// A defect. The caller is not told more.
    pub fn internal(log: impl Into<String>) -> Self {
        let detail = "the request was not carried out; the log says more under this trace_id";
        Self { log: Some(log.into()), ..Self::new(Code::Internal, detail) }
    }

    /// What to tell an operator: the log's part if there is one.
    pub fn reason(&self) -> &str {
        self.log.as_deref().unwrap_or(&self.detail)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Clients branch on the code: when nothing but a city or a product is unknown, it says so.
    #[test]
    fn codes_of_one_kind() {
        let check = |codes: &[&'static str], expected: Code| {
            let problem =
                |code: &&'static str| Problem { pointer: "/city".into(), code: (*code).into(), message: String::new() };
            assert_eq!(Refusal::invalid(codes.iter().map(problem).collect()).code, expected, "{codes:?}");
        };
        check(&["unknown-city"], Code::UnknownCity);
        check(&["unknown-product", "unknown-product"], Code::UnknownProduct);
        check(&["unknown-city", "unknown-product"], Code::InvalidRequest);
        check(&["missing"], Code::InvalidRequest);
        check(&[], Code::Internal);
        let many = vec!["missing"; MOST_PROBLEMS + 1];
        check(&many, Code::InvalidRequest);
    }

    /// No two kinds share a word.
    #[test]
    fn words_are_unique() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
