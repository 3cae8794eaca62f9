//! What a city decides for itself about rides that are not as they should be: `config/cities/<city>.json`.
//!
//! Every field may be left out; the defaults are what every city did before it could decide.

use farebox_coupons::{Issuer, Issuers, MOST_ISSUERS};
use farebox_document::{
    AtMost, BadValue, Problem, ProblemCode, Problems, excerpt, number_in_text, read_document, version_of, words,
};
use farebox_fare::MockCharges;
use farebox_money::{Decimal, unsigned_decimal};
use farebox_records::FindingKind;
pub use farebox_records::Response;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What `format` in the document has to say.
pub const FORMAT: &str = "farebox-city/1";

/// A city's own decisions, all of them: what the document does not say is as by default.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Farebox city", rename = "CityRules"))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CityRules {
    /// "farebox-city/1".
    pub format: String,
    /// The city: the name of its folder of rate cards.
    pub city: String,
    /// For people.
    #[serde(default)]
    pub title: Option<String>,
    /// How far a ride may differ from its quote and still be the ride that was quoted, and its measurements from one another
    /// and still agree.
    #[serde(default)]
    pub tolerances: Tolerances,
    /// What is done about what is found to be odd about a ride.
    #[serde(default)]
    pub findings: Findings,
    /// How bills that were made without something are repaired.
    #[serde(default)]
    pub repair: Repair,
    /// For how long what is kept of rides stays in the store.
    #[serde(default)]
    pub retention: Retention,
    /// When a ride counts as a detour.
    #[serde(default)]
    pub detour: Detour,
    /// What no ride is more than.
    #[serde(default)]
    pub limits: Limits,
    /// What a ride is charged that should have been measured and was not: what any ride is, or what is measured only.
    #[serde(default)]
    pub mock_charges: MockCharges,
    /// Who is asked how far and how long such a ride was, one after another. `straight` always knows, and comes last, listed or
    /// not.
    #[serde(default = "all_sources")]
    #[cfg_attr(feature = "schema", schemars(extend("minItems" = 1, "uniqueItems" = true)))]
    pub mock_from: AtMost<MockSource, 3>,
    /// What `straight` takes the great circle times: text, 1 to 10, with at most four decimals. Roads are longer than that.
    #[serde(default)]
    pub detour_factor: DetourFactor,
    /// Whose coupons are taken.
    #[serde(default)]
    pub coupons: Coupons,
}

words! {
    /// Who is asked how far and how long a ride was that was not measured.
    pub enum MockSource {
        /// The request: `distance_m`, or the length of `polyline`, and `duration_s`.
        Stated = "stated",
        /// The quote that the ride was ordered with, as long as it began and ended where it was to.
        Quote = "quote",
        /// The great circle between its ends, times `detour_factor`, and the time that passed.
        Straight = "straight",
    }
}

fn all_sources() -> AtMost<MockSource, 3> {
    AtMost(MockSource::ALL.to_vec())
}

/// How much longer roads are than the great circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetourFactor(pub Decimal);

impl DetourFactor {
    /// A detour factor from text.
    fn of(text: &str) -> Result<Self, BadValue> {
        let message = |why: &str| format!("is {}; {why}", excerpt(text));
        let right = "write a decimal number such as \"1.3\"";
        let malformed = || BadValue::new(ProblemCode::Malformed, message(right));
        let factor = unsigned_decimal(text).ok_or_else(malformed)?.normalize();
        if factor.scale() > 4 {
            return Err(BadValue::new(ProblemCode::TooPrecise, message("at most 4 decimals are allowed")));
        }
        if !(Decimal::ONE..=Decimal::TEN).contains(&factor) {
            return Err(BadValue::new(ProblemCode::OutOfRange, message("1 to 10 is allowed")));
        }
        Ok(Self(factor))
    }
}

impl Default for DetourFactor {
    fn default() -> Self {
        Self(Decimal::ONE)
    }
}

impl<'de> Deserialize<'de> for DetourFactor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number_in_text(deserializer, "a decimal number as text, such as \"1.3\"", Self::of)
    }
}

impl Serialize for DetourFactor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for DetourFactor {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DetourFactor".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^0*([1-9](\.[0-9]{1,4}0*)?|10(\.0+)?)$" })
    }
}

/// How far a ride may differ from its quote, and its measurements from one another.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerances {
    /// How far the place where it begins may be from the one that was quoted, in metres: up to 1,000 km.
    #[cfg_attr(feature = "schema", schemars(range(max = 1_000_000)))]
    pub origin_m: u32,
    /// How far the place where it ends may be from the one that was quoted, in metres: up to 1,000 km.
    #[cfg_attr(feature = "schema", schemars(range(max = 1_000_000)))]
    pub destination_m: u32,
    /// How much earlier or later than quoted it may begin, in seconds: up to 7 days.
    #[cfg_attr(feature = "schema", schemars(range(max = 604_800)))]
    pub start_s: u32,
    /// How far the clocks of the meter and of whoever bills the ride may differ, in seconds: up to an hour. What lies outside
    /// the ride, or over one another, by no more than that is no finding.
    #[cfg_attr(feature = "schema", schemars(range(max = 3_600)))]
    pub clock_s: u32,
    /// For how long nothing need be measured, in seconds: up to a day. Shorter gaps are none.
    #[cfg_attr(feature = "schema", schemars(range(max = 86_400)))]
    pub gap_s: u32,
}

/// What is done about each finding.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Findings {
    /// A segment lies outside the time of the ride. Only one that has no part in it is dropped.
    pub outside: Response,
    /// Segments lie over one another: more time was measured than passed.
    pub overlap: Response,
    /// Some of the time of the ride was not measured. There is nothing to drop.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["accept", "incomplete"])))]
    pub gap: Response,
    /// A segment is faster than anything drives.
    pub too_fast: Response,
    /// A number between two segments is missing, and the request does not say how many there are. There is nothing to drop.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["accept", "incomplete"])))]
    pub missing: Response,
    /// A segment has a number that the trip does not have, by what the request for its bill says.
    pub unexpected: Response,
}

words! {
    /// How much more than on the first bill a passenger pays after a repair.
    pub enum PassengerRepair {
        /// Nothing: the platform bears the difference.
        NeverMore = "never-more",
        /// Up to an amount; the platform bears the rest.
        UpTo = "up-to",
        /// All of it.
        Full = "full",
    }
}

/// How bills are repaired. The driver always gets all of it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repair {
    /// For how many hours after a bill was made: up to 30 days.
    #[cfg_attr(feature = "schema", schemars(range(max = 720)))]
    pub window_h: u32,
    /// How much more the passenger pays.
    pub passenger: PassengerRepair,
    /// The most that is, with `up-to`: an amount in the city's currency, such as "5.00".
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub up_to: Option<String>,
}

/// For how long what is kept of rides stays in the store.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// After how many days bills that are in the archive leave the store: 8 to 3,650. They are answered from the archive then. When it is
    /// left out, they stay.
    #[cfg_attr(feature = "schema", schemars(range(min = 8, max = 3_650)))]
    pub bills_days: Option<u32>,
}

/// When a ride counts as a detour: longer than the quoted route by all of these.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Detour {
    /// By that many percent: up to 1,000.
    #[cfg_attr(feature = "schema", schemars(range(max = 1_000)))]
    pub over_percent: u32,
    /// And by that many metres: up to 1,000 km.
    #[cfg_attr(feature = "schema", schemars(range(max = 1_000_000)))]
    pub over_m: u32,
}

/// What no ride is more than. One that is more all the same is billed, and its bill says so.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The longest ride, in metres: 1 m to 5,000 km.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 5_000_000)))]
    pub distance_m: u32,
    /// The longest ride, in seconds: 1 s to 7 days.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 604_800)))]
    pub duration_s: u32,
    /// The fastest anything drives, in km/h: 1 to 2,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 2_000)))]
    pub speed_kmh: u32,
}

words! {
    /// Whether coupons have to be signed.
    pub enum Signed {
        /// They need not be. Who may ask for a bill may bring any.
        Optional = "optional",
        /// By one of the issuers.
        Required = "required",
    }
}

/// Whose coupons are taken.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Coupons {
    /// Whether they have to be signed. What is signed has to be right either way.
    pub signed: Signed,
    /// Who may sign them. One stays here for as long as rides are billed with its coupons.
    pub issuers: AtMost<Issuer, MOST_ISSUERS>,
}

impl Default for Coupons {
    fn default() -> Self {
        Self { signed: Signed::Optional, issuers: AtMost::default() }
    }
}

impl Default for Tolerances {
    fn default() -> Self {
        Self { origin_m: 1_000, destination_m: 1_000, start_s: 3_600, clock_s: 60, gap_s: 300 }
    }
}

impl Default for Findings {
    fn default() -> Self {
        let (accept, incomplete) = (Response::Accept, Response::Incomplete);
        Self {
            outside: Response::Drop,
            overlap: accept,
            gap: accept,
            too_fast: accept,
            missing: incomplete,
            unexpected: incomplete,
        }
    }
}

impl Default for Repair {
    fn default() -> Self {
        Self { window_h: 72, passenger: PassengerRepair::NeverMore, up_to: None }
    }
}

impl Default for Detour {
    fn default() -> Self {
        Self { over_percent: 50, over_m: 3_000 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { distance_m: 5_000_000, duration_s: 604_800, speed_kmh: 250 }
    }
}

impl CityRules {
    /// What a city does that decides nothing.
    pub fn of(city: &str) -> Self {
        Self {
            format: FORMAT.to_owned(),
            city: city.to_owned(),
            title: None,
            tolerances: Tolerances::default(),
            findings: Findings::default(),
            repair: Repair::default(),
            retention: Retention::default(),
            detour: Detour::default(),
            limits: Limits::default(),
            mock_charges: MockCharges::default(),
            mock_from: all_sources(),
            detour_factor: DetourFactor::default(),
            coupons: Coupons::default(),
        }
    }

    /// Reads and checks the document; its version comes with it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(document: &str) -> Result<(Self, String), Vec<Problem>> {
        let mut problems = Problems::default();
        let read = read_document::<Self>(document, FORMAT, &mut problems);
        let Some((value, rules)) = read else { return Err(problems.into_vec()) };
        rules.check(&mut problems);
        problems.into_result((rules, version_of(&value)))
    }

    fn check(&self, problems: &mut Problems) {
        let ranges = [
            ("/tolerances/origin_m", self.tolerances.origin_m, 0, 1_000_000),
            ("/tolerances/destination_m", self.tolerances.destination_m, 0, 1_000_000),
            ("/tolerances/start_s", self.tolerances.start_s, 0, 604_800),
            ("/tolerances/clock_s", self.tolerances.clock_s, 0, 3_600),
            ("/tolerances/gap_s", self.tolerances.gap_s, 0, 86_400),
            ("/repair/window_h", self.repair.window_h, 0, 720),
            ("/detour/over_percent", self.detour.over_percent, 0, 1_000),
            ("/detour/over_m", self.detour.over_m, 0, 1_000_000),
            ("/limits/distance_m", self.limits.distance_m, 1, 5_000_000),
            ("/limits/duration_s", self.limits.duration_s, 1, 604_800),
            ("/limits/speed_kmh", self.limits.speed_kmh, 1, 2_000),
        ];
        let bills_days = self.retention.bills_days.map(|days| ("/retention/bills_days", days, 8, 3_650));
        for (pointer, number, least, most) in ranges.into_iter().chain(bills_days) {
            if !(least..=most).contains(&number) {
                problems.add(pointer, "out-of-range", format!("is {number}; {least} to {most} is allowed"));
            }
        }
        for (pointer, kind, response) in [
            ("/findings/gap", FindingKind::Gap, self.findings.gap),
            ("/findings/missing", FindingKind::Missing, self.findings.missing),
        ] {
            if !kind.responses().contains(&response) {
                let message = "there is no segment to drop where one is missing; say \"accept\" or \"incomplete\"";
                problems.add(pointer, "meaningless", message);
            }
        }
        self.check_sources(problems);
        let issuers = Issuers::read(&self.coupons.issuers.0, "/coupons/issuers", problems);
        if self.coupons.signed == Signed::Required && issuers.is_empty() {
            let message = "there are no issuers, so that no coupon could be used; list one, or say \"optional\"";
            problems.add("/coupons/signed", "meaningless", message);
        }
        let is_amount = |text: &str| text.len() <= 16 && unsigned_decimal(text).is_some_and(|amount| !amount.is_zero());
        match (self.repair.passenger, &self.repair.up_to) {
            (PassengerRepair::UpTo, None) => {
                problems.add("/repair/up_to", "missing", "`up_to` is missing: say up to what amount, such as \"5.00\"");
            }
            (PassengerRepair::UpTo, Some(amount)) if !is_amount(amount) => {
                let message = format!("{amount:?} is not an amount more than zero; write it like \"5.00\"");
                problems.add("/repair/up_to", "invalid-amount", message);
            }
            (PassengerRepair::UpTo, Some(_)) | (_, None) => {}
            (_, Some(_)) => {
                let message = "`up_to` means something only where `passenger` is \"up-to\"; take one of them out";
                problems.add("/repair/up_to", "meaningless", message);
            }
        }
    }

    /// A list of sources that are asked, each once.
    fn check_sources(&self, problems: &mut Problems) {
        let sources = &self.mock_from.0;
        if sources.is_empty() {
            let message = "is empty; say \"straight\" for the great circle and the time that passed";
            problems.add("/mock_from", ProblemCode::WrongLength.word(), message);
        }
        for (index, source) in sources.iter().enumerate() {
            let (at, before) = (format!("/mock_from/{index}"), sources.get(..index).unwrap_or_default());
            if before.contains(source) {
                let message = format!("{:?} occurs more than once in this list", source.word());
                problems.add(at, ProblemCode::Duplicate.word(), message);
            } else if before.contains(&MockSource::Straight) {
                let message = "is never asked: \"straight\" always knows; put it last";
                problems.add(at, "meaningless", message);
            }
        }
    }

    /// The JSON Schema (draft 2020-12) of the document. What does not fit it is refused by [`parse`](Self::parse).
    #[cfg(feature = "schema")]
    pub fn schema() -> serde_json::Value {
        farebox_document::document_schema::<Self>("city-1", FORMAT)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A document that says nothing is what every city does without one.
    #[test]
    fn nothing_is_the_default() {
        let (rules, _) = CityRules::parse(r#"{"format": "farebox-city/1", "city": "110000"}"#).unwrap();
        assert_eq!(rules, CityRules::of("110000"));
        let half = r#"{"format": "farebox-city/1", "city": "110000", "tolerances": {"origin_m": 200}}"#;
        let (rules, _) = CityRules::parse(half).unwrap();
        assert_eq!(rules.tolerances, Tolerances { origin_m: 200, ..Tolerances::default() });
        let less = r#"{"format": "farebox-city/1", "city": "110000", "mock_charges": "measured-only"}"#;
        let (rules, _) = CityRules::parse(less).unwrap();
        assert_eq!(rules, CityRules { mock_charges: MockCharges::MeasuredOnly, ..CityRules::of("110000") });
    }

    /// All that is wrong is told at once, each with its field and what would be right.
    #[test]
    fn problems() {
        for (document, expected) in [
            ("{", "(document): is not JSON"),
            ("{}", "/format: `format` is missing\n/city: `city` is missing"),
            (r#"{"format": "farebox-city/2", "city": "a"}"#, "/format: has to be \"farebox-city/1\""),
            (
                r#"{"format": "farebox-city/1", "city": "a", "colour": 1, "findings": {"gap": "ignore"}, "limits": {"distance_m": 0}}"#,
                "/colour: there is no field\n/findings/gap: is \"ignore\"; possible are accept, drop, incomplete",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "retention": {"bills_days": 7}}"#,
                "/retention/bills_days: is 7; 8 to 3650 is allowed",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "repair": {"passenger": "up-to", "window_h": 9000}}"#,
                "/repair/window_h: is 9000; 0 to 720 is allowed\n/repair/up_to: `up_to` is missing",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "repair": {"passenger": "up-to", "up_to": "-5"}}"#,
                "/repair/up_to: \"-5\" is not an amount",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "tolerances": {"origin_m": 1000001, "start_s": 604801}}"#,
                "/tolerances/origin_m: is 1000001; 0 to 1000000 is allowed\n/tolerances/start_s: is 604801; 0 to 604800 is allowed",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "findings": {"outside": "drop", "gap": "drop", "missing": "drop"}}"#,
                "/findings/gap: there is no segment to drop\n/findings/missing: there is no segment to drop",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "tolerances": {"clock_s": 3601, "gap_s": 86401}, "limits": {"speed_kmh": 0}}"#,
                "/tolerances/clock_s: is 3601; 0 to 3600 is allowed\n/tolerances/gap_s: is 86401; 0 to 86400 is allowed\n/limits/speed_kmh: is 0; 1 to 2000 is allowed",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "mock_charges": "none"}"#,
                "/mock_charges: is \"none\"; possible are all, measured-only",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "mock_from": ["map"], "detour_factor": 1.3}"#,
                "/mock_from/0: is \"map\"; possible are stated, quote, straight\n/detour_factor: is the number 1.3",
            ),
            (r#"{"format": "farebox-city/1", "city": "a", "mock_from": []}"#, "/mock_from: is empty"),
            (
                r#"{"format": "farebox-city/1", "city": "a", "mock_from": ["straight", "quote", "straight"]}"#,
                "/mock_from/1: is never asked: \"straight\" always knows\n/mock_from/2: \"straight\" occurs more than once",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "detour_factor": "0.9"}"#,
                "/detour_factor: is \"0.9\"; 1 to 10 is allowed",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "detour_factor": "1.23456"}"#,
                "/detour_factor: is \"1.23456\"; at most 4 decimals are allowed",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "coupons": {"signed": "required"}}"#,
                "/coupons/signed: there are no issuers",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "coupons": {"issuers": [
                    {"id": "a", "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
                    {"id": "a", "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
                    {"id": "", "public_key": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}}"#,
                "/coupons/issuers/1/id: \"a\" occurs more than once\n/coupons/issuers/2/id: has to have 1 to 64 characters\n/coupons/issuers/2/public_key: is no public key",
            ),
            (
                r#"{"format": "farebox-city/1", "city": "a", "repair": {"up_to": "5.00"}}"#,
                "/repair/up_to: `up_to` means something only where",
            ),
        ] {
            let problems = CityRules::parse(document).unwrap_err();
            assert_eq!(problems.len(), expected.lines().count(), "{document}: {problems:?}");
            for (problem, expected) in problems.iter().zip(expected.lines()) {
                assert!(problem.to_string().starts_with(expected), "{document}: {problem}");
            }
        }
    }
}
