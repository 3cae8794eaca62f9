//! Bills: one immutable record that pages, receipts, settlements and replays read.

use crate::finding::{Finding, Response};
use crate::guess::Guess;
use crate::metering::Metering;
use crate::order::OrderRecord;
use crate::read::{self, ReadError};
use crate::repair::{Repair, RewardChange};
use crate::settlement::Settlement;
use farebox_document::words;
use farebox_fare::{Basis, Bill, Degradation, Facts};
use farebox_money::MinorUnits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// In which format a bill is written. A change to what a record means is a new one.
    #[derive(Default)]
    pub enum BillFormat {
        /// This release's.
        #[default]
        One = "farebox-bill/1",
    }
}

/// A bill as it is answered, and kept: one immutable record that pages, receipts and replays read.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Bill"))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillRecord {
    /// The format of the record.
    pub format: BillFormat,
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Name"))]
    pub trip_id: String,
    /// Its city.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    pub city: String,
    /// What was ridden.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    pub product: String,
    /// Where the quantities come from.
    pub basis: Basis,
    /// Whether anything was missing that the bill should have been made from.
    pub degraded: bool,
    /// What was missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Degradation>,
    /// What was found to be odd about the ride, and what was done about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Whether the bill may yet be put right. What it owes the driver waits until it is.
    pub provisional: bool,
    /// Where the bill is kept, as far as is known when it is answered. The one word of a record that may be another when it is
    /// asked for again.
    pub kept: Kept,
    /// What is other than on the bill before, when this one was made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
    /// When the bill was made first.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub billed_at: String,
    /// When the ride began.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub started_at: String,
    /// When it ended.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub ended_at: String,
    /// What was charged for, in metres.
    pub distance_m: u64,
    /// What was charged for, in seconds.
    pub duration_s: u64,
    /// Where distance and duration come from, when they were not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guess: Option<Guess>,
    /// How the ride was to be measured.
    #[serde(default, skip_serializing_if = "Metering::is_by_segments")]
    pub metering: Metering,
    /// How many segments the trip has, as far as the request said: numbers 1 to this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seq: Option<u64>,
    /// The estimate the ride was ordered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_id: Option<String>,
    /// Who rode, by the caller's identifier.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Name>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passenger_id: Option<String>,
    /// Who drove, by the caller's identifier.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Name>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<String>,
    /// What was ordered. Pricing reads `facts`, not this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderRecord>,
    /// What else the ride is known by, under names of the caller's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What the passenger owes.
    pub passenger: Bill,
    /// What the driver earns.
    pub driver: Bill,
    /// What the platform keeps. Absent without a commission policy that can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
    /// What the bill was made with.
    pub versions: Versions,
    /// What of the estimate the ride was billed by, and why not by all of it.
    pub pinned: Pinned,
    /// What the bill was made from.
    pub facts: BillFacts,
}

words! {
    /// Where a bill is kept.
    pub enum Kept {
        /// In the store that the nodes of a site share.
        Shared = "shared",
        /// In the journal of the node that answers, until the shared store takes it.
        Node = "node",
    }
}

impl BillRecord {
    /// Reads a record whole, so that nothing that it says is lost on pricing.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]. What this release does not know makes a record unreadable: [`ShownBill`](crate::ShownBill) is for
    /// showing it all the same.
    pub fn read(document: &str) -> Result<Self, ReadError> {
        let record: Self = read::strictly(document).map_err(ReadError::Unreadable)?;
        record.verify().map_err(ReadError::Contradiction)?;
        Ok(record)
    }

    /// Leaves the record without something that it should have: it is degraded, and may yet be put right.
    pub fn lack(&mut self, reason: Degradation) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        self.degraded = true;
        self.provisional = true;
    }

    /// The text of a record, as this release writes it, when it is kept elsewhere. One that this release cannot read stays as it is.
    pub fn kept_in(document: &str, kept: Kept) -> String {
        let record: Result<Self, _> = read::strictly(document);
        let text = record.map(|record| serde_json::to_string(&Self { kept, ..record }));
        text.ok().and_then(Result::ok).unwrap_or_else(|| document.to_owned())
    }

    /// What the platform owes the driver for good: nothing as long as the bill may yet be put right.
    pub fn owed(&self) -> Option<&Settlement> {
        self.settlement.as_ref().filter(|settlement| !self.provisional && settlement.top_up > 0)
    }

    /// What the passenger is charged, in minor units: what is payable, less what of it the platform bears.
    pub fn charged(&self) -> MinorUnits {
        self.repair.as_ref().map_or(self.passenger.payable, |repair| repair.passenger.after)
    }

    /// What the driver is paid, in minor units, without top-ups.
    pub fn paid(&self) -> MinorUnits {
        self.repair.as_ref().map_or(self.driver.payable, |repair| repair.driver.after)
    }

    /// When this revision was made.
    pub fn made_at(&self) -> &str {
        self.repair.as_ref().map_or(&self.billed_at, |repair| &repair.repaired_at)
    }

    /// Holds the record to what is always true of one: both bills add up, are bills of its rate cards and of one
    /// currency, the top-up is what the take comes down by, and whatever is missing is said.
    ///
    /// # Errors
    ///
    /// What is not true.
    pub fn verify(&self) -> Result<(), String> {
        let Self { passenger, driver, settlement, versions, .. } = self;
        let currency = passenger.currency;
        for (name, bill, version) in
            [("passenger", passenger, &versions.rate_card), ("driver", driver, &versions.driver_rate_card)]
        {
            bill.verify().map_err(|why| format!("the {name}'s bill: {why}"))?;
            if bill.rate_card != *version {
                return Err(format!("the {name}'s bill is of another rate card than {version}"));
            }
            if bill.currency != currency {
                return Err(format!("the passenger's bill is in {currency}, the {name}'s in {}", bill.currency));
            }
        }
        if let Some(Settlement { currency: of_settlement, take, top_up, held_back, take_after, .. }) = settlement {
            if *of_settlement != currency {
                return Err(format!("the bills are in {currency}, the settlement in {of_settlement}"));
            }
            if *held_back < 0 {
                return Err(format!("{held_back} is held back of a top-up"));
            }
            if *top_up < 0 || take.checked_sub(*top_up) != Some(*take_after) {
                return Err(format!("a top-up of {top_up} does not bring a take of {take} down to {take_after}"));
            }
        }
        if let Some(Repair { revision, because, passenger: of_passenger, driver: of_driver, reward, .. }) = &self.repair
        {
            let top_up = settlement.as_ref().map_or(0, |settlement| settlement.top_up);
            if let Some(reward) = reward.filter(|reward| reward.currency != currency || reward.after != top_up) {
                let RewardChange { currency: of_reward, after, .. } = reward;
                return Err(format!("the reward is {after} {of_reward} now, and the top-up {top_up} {currency}"));
            }
            if *revision < 2 || because.is_empty() {
                return Err(format!("it is made again as revision {revision}, because of {because:?}"));
            }
            of_passenger.verify(passenger).map_err(|why| format!("the passenger's difference: {why}"))?;
            of_driver.verify(driver).map_err(|why| format!("the driver's difference: {why}"))?;
        }
        Finding::verify(&self.findings)?;
        self.guess.as_ref().map_or(Ok(()), |guess| guess.verify(self.basis))?;
        self.verify_reasons()
    }

    /// A reason for whatever is missing, and nothing missing without.
    fn verify_reasons(&self) -> Result<(), String> {
        let Self { settlement, versions, reasons, .. } = self;
        let found = |response| self.findings.iter().any(|finding| finding.response == response);
        // A ride of which all was left out counts as incomplete, too.
        let nothing_is_left = self.basis == Basis::Mocked && found(Response::Drop);
        let incomplete = reasons.contains(&Degradation::TripIncomplete);
        let unsettled = reasons.contains(&Degradation::PolicyUnavailable);
        for (what, is_so, said) in [
            ("degraded", self.degraded, !reasons.is_empty()),
            ("incomplete", found(Response::Incomplete) || nothing_is_left, incomplete),
            ("unsettled", settlement.is_none(), unsettled),
            ("without a policy", versions.policy.is_none(), unsettled),
        ] {
            if is_so != said {
                let reasons: Vec<&str> = reasons.iter().map(|reason| reason.word()).collect();
                let not = if is_so { "" } else { "not " };
                return Err(format!("it is {not}{what}, and its reasons are [{}]", reasons.join(", ")));
            }
        }
        let unmeasured = [
            Degradation::TripMissing,
            Degradation::TripIncomplete,
            Degradation::StoreTimeout,
            Degradation::StoreUnavailable,
            Degradation::StoreRefused,
            Degradation::SwitchedOff,
        ];
        if self.basis == Basis::Mocked && !reasons.iter().any(|reason| unmeasured.contains(reason)) {
            return Err("it is mocked for no reason".to_owned());
        }
        if self.provisional && reasons.is_empty() {
            return Err("it is provisional for no reason".to_owned());
        }
        Ok(())
    }
}

/// Which versions of its rate cards a ride was billed with.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Both cards, the passenger's and the driver's.
    pub rate_card: CardChoice,
    /// Why the quote does not cover the ride, or not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotQuoted>,
}

impl Pinned {
    /// The cards that the passenger was quoted with, for the ride that was quoted.
    pub const QUOTED: Self = Self { rate_card: CardChoice::Quoted, reason: None };

    /// The cards that the passenger was quoted with, for a ride that the quote does not cover all of.
    pub fn partly(reason: NotQuoted) -> Self {
        Self { rate_card: CardChoice::Quoted, reason: Some(reason) }
    }

    /// The cards of today.
    pub fn current(reason: NotQuoted) -> Self {
        Self { rate_card: CardChoice::Current, reason: Some(reason) }
    }

    /// What the bill lacks because of it: nothing, when it is known that there is no quote to go by, or what it covers.
    pub fn lacks(&self) -> Option<Degradation> {
        match self.reason? {
            NotQuoted::StoreUnavailable => Some(Degradation::StoreUnavailable),
            NotQuoted::StoreTimeout => Some(Degradation::StoreTimeout),
            NotQuoted::StoreRefused => Some(Degradation::StoreRefused),
            NotQuoted::NoEstimate
            | NotQuoted::QuoteExpired
            | NotQuoted::VersionUnavailable
            | NotQuoted::ProductNotQuoted
            | NotQuoted::OriginMoved
            | NotQuoted::StartMoved
            | NotQuoted::DestinationMoved
            | NotQuoted::PassengersChanged
            | NotQuoted::SceneChanged
            | NotQuoted::TierChanged
            | NotQuoted::PriceChanged
            | NotQuoted::CouponsChanged => None,
        }
    }
}

words! {
    /// Which version of a rate card.
    pub enum CardChoice {
        /// The one that the estimate was priced with.
        Quoted = "quoted",
        /// The one that was in force when the bill was made.
        Current = "current",
    }
}

words! {
    /// Why a quote does not cover a ride, or not all of it.
    pub enum NotQuoted {
        /// The request named no estimate.
        NoEstimate = "no-estimate",
        /// The quote is not kept any more, or never was.
        QuoteExpired = "quote-expired",
        /// The quote, or its rate cards, could not be fetched: the store could not be reached, or refused for its own reasons.
        StoreUnavailable = "store-unavailable",
        /// The quote, or its rate cards, could not be fetched in time.
        StoreTimeout = "store-timeout",
        /// The quote, or its rate cards, could not be fetched: the store refused, for a wrong password or permission.
        StoreRefused = "store-refused",
        /// A rate card of that version is not known, or is not one that this service can use.
        VersionUnavailable = "version-unavailable",
        /// The estimate is of other products: the cards of the day.
        ProductNotQuoted = "product-not-quoted",
        /// The ride began elsewhere, or in another city: the cards of the day.
        OriginMoved = "origin-moved",
        /// The ride began earlier or later: the cards of the day.
        StartMoved = "start-moved",
        /// The ride ended elsewhere: the quoted cards, without their limits on growth.
        DestinationMoved = "destination-moved",
        /// Another number of people rode: the quoted cards, whose limits on growth start from what it would have been with them.
        PassengersChanged = "passengers-changed",
        /// It was ordered in another way; likewise.
        SceneChanged = "scene-changed",
        /// The passenger is of another tier; likewise.
        TierChanged = "tier-changed",
        /// Another price was agreed for the ride as a whole, or none; likewise.
        PriceChanged = "price-changed",
        /// The passenger hands in other coupons; likewise.
        CouponsChanged = "coupons-changed",
    }
}

/// Everything that a bill was priced from: with the rate cards of its versions, enough to price it again.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillFacts {
    /// The ride. The driver's bill is priced without the coupons, which are between the passenger and the platform.
    pub trip: Facts,
    /// The ride that limits on growth start from: as it was quoted, with what was changed since where that makes a
    /// difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Facts>,
}

/// The versions that a bill was made with: enough to replay it bit for bit.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The passenger's rate card.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub rate_card: String,
    /// The driver's rate card.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub driver_rate_card: String,
    /// The commission policy. Absent without one that can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub policy: Option<String>,
    /// The number of the pricing engine.
    pub pricing: u32,
    /// The number of the commission engine.
    pub commission: u32,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ShownBill;
    use farebox_money::Decimal;

    const BILL: &str = r#"{"format":"farebox-bill/1","trip_id":"t","city":"370100","product":"express","basis":"mocked","degraded":true,"reasons":["trip-missing"],"provisional":true,"kept":"shared","billed_at":"2019-07-11T01:15:00Z","started_at":"2019-07-11T01:00:00Z","ended_at":"2019-07-11T01:15:00Z","distance_m":4100,"duration_s":900,"passenger":{"currency":"CNY","basis":"mocked","total":"10.00","payable":"10.00","rate_card":"ab","lines":[{"code":"start_price","quantity":"1","unit":"trip","rate":"10.00","per":"1","amount":"10.00","why":{"rule":"rate","source":"card","rounding":"half-up"}}]},"driver":{"currency":"CNY","basis":"mocked","total":"7.00","payable":"7.00","rate_card":"cd","lines":[{"code":"start_price","quantity":"1","unit":"trip","rate":"7.00","per":"1","amount":"7.00","why":{"rule":"rate","source":"card","rounding":"half-up"}}]},"settlement":{"scenario":"default","currency":"CNY","take":"3.00","take_rate":"0.3","cap":"0.29","top_up":"0.10","take_after":"2.90","take_rate_after":"0.29"},"versions":{"rate_card":"ab","driver_rate_card":"cd","policy":"ef","pricing":1,"commission":1},"pinned":{"rate_card":"current","reason":"quote-expired"},"facts":{"trip":{"basis":"mocked","started_at":"2019-07-11T01:00:00Z","ended_at":"2019-07-11T01:15:00Z","distance_m":4100,"duration_s":900}}}"#;

    /// A bill reads back from the store as what was stored.
    #[test]
    fn bills_round_trip() {
        let bill: BillRecord = serde_json::from_str(BILL).unwrap();
        let settlement = bill.settlement.as_ref().unwrap();
        assert_eq!((settlement.top_up, settlement.cap), (10, Decimal::new(29, 2)));
        assert_eq!(bill.pinned, Pinned::current(NotQuoted::QuoteExpired));
        assert_eq!(bill.owed(), None, "it waits until the bill is put right");
        assert_eq!(serde_json::to_string(&bill).unwrap(), BILL);
    }

    /// What is missing is said, and what is said is missing: anything else is a contradiction.
    #[test]
    fn reasons_are_what_is_missing() {
        let check = |from: &str, to: &str, expected: &str| {
            assert!(BILL.contains(from), "{from}");
            let read = serde_json::from_str::<BillRecord>(&BILL.replace(from, to)).unwrap().verify();
            assert_eq!(read.err().as_deref().unwrap_or("fine"), expected, "{to}");
        };
        let reasons = "\"degraded\":true,\"reasons\":[\"trip-missing\"],\"provisional\":true";
        check("", "", "fine");
        check(reasons, "\"degraded\":false,\"provisional\":false", "it is mocked for no reason");
        check(reasons, "\"degraded\":true,\"provisional\":true", "it is degraded, and its reasons are []");
        check("\"degraded\":true", "\"degraded\":false", "it is not degraded, and its reasons are [trip-missing]");
        check("[\"trip-missing\"]", "[\"store-timeout\"]", "fine");
        check("[\"trip-missing\"]", "[\"store-refused\"]", "fine");
        check("[\"trip-missing\"]", "[\"late-segments\"]", "it is mocked for no reason");
        let lacks_policy = "it is not unsettled, and its reasons are [trip-missing, policy-unavailable]";
        check("[\"trip-missing\"]", "[\"trip-missing\",\"policy-unavailable\"]", lacks_policy);
        check("\"policy\":\"ef\",", "", "it is without a policy, and its reasons are [trip-missing]");
        let metered = BILL.replacen("\"basis\":\"mocked\"", "\"basis\":\"metered\"", 1);
        let metered = metered.replace(reasons, "\"degraded\":false,\"provisional\":true");
        let read = serde_json::from_str::<BillRecord>(&metered).unwrap().verify();
        assert_eq!(read, Err("it is provisional for no reason".to_owned()));
    }

    /// A bill is incomplete exactly if something was found that makes it so, or nothing is left of what was measured.
    #[test]
    fn findings_that_count_as_incomplete_are_a_reason() {
        let check = |basis: &str, reasons: &str, response: &str, expected: &str| {
            let found = format!(
                r#"{reasons},"findings":[{{"finding":"overlap","response":"{response}","figure":300,"allowed":60,"unit":"second","count":1,"segments":[2]}}],"provisional""#
            );
            let text = BILL.replacen("\"basis\":\"mocked\"", &format!("\"basis\":\"{basis}\""), 1);
            let text = text.replace("\"reasons\":[\"trip-missing\"],\"provisional\"", &found);
            let verified = serde_json::from_str::<BillRecord>(&text).unwrap().verify();
            assert_eq!(verified.err().as_deref().unwrap_or("fine"), expected, "{basis} {reasons} {response}");
        };
        let (lost, incomplete) = (r#""reasons":["store-timeout"]"#, r#""reasons":["trip-incomplete"]"#);
        check("metered", incomplete, "incomplete", "fine");
        check("metered", incomplete, "accept", "it is not incomplete, and its reasons are [trip-incomplete]");
        check("metered", incomplete, "drop", "it is not incomplete, and its reasons are [trip-incomplete]");
        check("mocked", incomplete, "drop", "fine");
        check("metered", lost, "accept", "fine");
        check("metered", lost, "incomplete", "it is incomplete, and its reasons are [store-timeout]");
        check("mocked", lost, "drop", "it is incomplete, and its reasons are [store-timeout]");
    }

    /// A bill says whose word its distance is, when it was not measured; one of an earlier release does not, and is read all the
    /// same.
    #[test]
    fn what_was_guessed() {
        let guess = r#""duration_s":900,"guess":{"distance":"straight","duration":"elapsed","detour_factor":"1.3"},"last_seq":7,"passenger":"#;
        let text = BILL.replacen(r#""duration_s":900,"passenger":"#, guess, 1);
        let bill = BillRecord::read(&text).unwrap();
        assert_eq!(serde_json::to_string(&bill).unwrap(), text);
        assert_eq!((bill.guess.unwrap().detour_factor.as_deref(), bill.last_seq), (Some("1.3"), Some(7)));
        assert_eq!(BillRecord::read(BILL).unwrap().guess, None);
        let metered = text.replacen(r#""basis":"mocked""#, r#""basis":"metered""#, 1);
        assert!(matches!(BillRecord::read(&metered), Err(ReadError::Contradiction(_))));
    }

    /// What a bill that was made again says of the one before is shown, also where a later release says more of it; what is not the
    /// difference of its bill is not.
    #[test]
    fn what_was_made_again_is_shown() {
        let repair = r#""kept":"shared","repair":{"revision":2,"repaired_at":"2019-07-11T01:16:00Z","because":["trip-missing"],"passenger":{"currency":"CNY","before":"9.00","after":"9.50","borne":"0.50","lines":[{"code":"start_price","before":"9.00","after":"10.00"}]},"driver":{"currency":"CNY","before":"7.00","after":"7.00","borne":"0.00"}}"#;
        let text = BILL.replacen(r#""kept":"shared""#, repair, 1);
        let shown = ShownBill::from(BillRecord::read(&text).unwrap());
        assert_eq!(shown.repair.as_ref().unwrap().passenger.borne, 50);
        assert_eq!(ShownBill::read(&text).unwrap(), shown);
        let later = text.replacen(r#"["trip-missing"]"#, r#"["trip-missing","of-tomorrow"],"by":"hand""#, 1);
        assert!(matches!(BillRecord::read(&later), Err(ReadError::Unreadable(_))));
        assert_eq!(ShownBill::read(&later).unwrap(), shown);
        let wrong = ShownBill::read(&text.replacen(r#""borne":"0.50""#, r#""borne":"0.60""#, 1)).unwrap_err();
        assert!(wrong.starts_with("the passenger's difference"), "{wrong}");
    }

    /// What a ride is known by is left out when nothing is known, reads back as it was written, and does not keep a bill
    /// from being shown.
    #[test]
    fn what_a_ride_is_known_by() {
        let known = r#""passenger_id":"p","driver_id":"d","order":{"id":"o","type":"airport","campaign":"c","partner":"p","passenger_tier":"gold","driver_tier":"new","app_version":"7.2 (beta)","vehicle_class":"van"},"tags":{"shift":"夜班","team":"east"},"passenger":"#;
        let text = BILL.replace(r#""passenger":"#, known);
        let bill = BillRecord::read(&text).unwrap();
        assert_eq!(serde_json::to_string(&bill).unwrap(), text);
        assert_eq!(bill.order.as_ref().unwrap().kind.as_deref(), Some("airport"));
        assert_eq!(ShownBill::read(&text).unwrap(), ShownBill::from(bill));
        for wrong in [text.replace(r#""type":"#, r#""kind":"#), text.replace(r#""team":"east""#, r#""team":7"#)] {
            assert!(matches!(BillRecord::read(&wrong), Err(ReadError::Unreadable(_))), "{wrong}");
        }
    }
}
