//! Whatever the bytes, loading a card either says what is wrong or gives a card that prices a ride, or says why not.
#![no_main]

use farebox_fuzz::check_bill;
use farebox_pricing::RateCard;
use farebox_fare::{Basis, Segment, Trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = std::str::from_utf8(bytes) else { return };
    let card = match RateCard::parse(document) {
        Ok(card) => card,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            return;
        }
    };
    check_bill(&card, &Trip::default(), None);
    let trip = Trip {
        basis: Basis::Metered,
        started_at: 1_793_509_200,
        ended_at: 1_793_516_400,
        distance_m: 15_000,
        duration_s: 7_200,
        segments: vec![Segment { sequence: 1, started_at: 1_793_509_200, distance_m: 15_000, duration_s: 7_200 }],
        ..Trip::default()
    };
    check_bill(&card, &trip, Some(&Trip::default()));
});
