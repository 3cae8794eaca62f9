//! What is fuzzed, by name.

use crate::{card, coupon, price, request, signature, token};
use std::fmt;

/// Something to fuzz.
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// What holds, whatever the bytes are.
    pub law: &'static str,
    /// Makes something of the bytes, and panics when the law is broken.
    pub check: fn(&[u8]),
    /// The most bytes that are worth trying.
    pub most_bytes: usize,
    /// Where else in the repository inputs lie that a search begins with: folders of JSON documents.
    pub seeds: &'static [&'static str],
    /// Words that inputs are made of, as libFuzzer's dictionaries have them; empty without.
    pub words: &'static str,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Everything that is fuzzed.
pub const TARGETS: &[Target] = &[
    Target {
        name: "request",
        law: "a request is answered or refused, the same when it comes again, and never by a defect",
        check: request::check,
        most_bytes: 4_096,
        seeds: &[],
        words: include_str!("../words/request.dict"),
    },
    Target {
        name: "token",
        law: "an estimate identifier says what was signed, and nothing that was altered is one",
        check: token::check,
        most_bytes: 1_024,
        seeds: &[],
        words: "",
    },
    Target {
        name: "signature",
        law: "a signature counts when its secret made it, and nothing that was altered does; what is read is signed the same when it is written anew",
        check: signature::check,
        most_bytes: 2_048,
        seeds: &[],
        words: include_str!("../words/signature.dict"),
    },
    Target {
        name: "coupon",
        law: "a coupon's token counts when its issuer signed it, for what it says, and nothing that was altered does",
        check: coupon::check,
        most_bytes: 1_024,
        seeds: &[],
        words: include_str!("../words/coupon.dict"),
    },
    Target {
        name: "card",
        law: "a rate card is refused with a reason, or is the same when it is written down again, and prices by the laws of bills",
        check: card::check,
        most_bytes: 8_192,
        seeds: &["config/cards", "components/pricing/tests", "tests/cases/cards"],
        words: include_str!("../words/card.dict"),
    },
    Target {
        name: "price",
        law: "a ride is priced by the laws of bills, or refused with a reason",
        check: price::check,
        most_bytes: 2_048,
        seeds: &[],
        words: "",
    },
];

impl Target {
    /// A target by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }
}
