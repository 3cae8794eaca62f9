//! Whatever is planted is found, exactly once, in whichever order it comes and however little memory there is.
#![allow(clippy::unwrap_used)]

use farebox_reconcile::{Class, Error, Finding, JsonLines, Layout, Outcome, Reconciliation, Summary, safe_to_redrive};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEADER: &str = "city,trip_id,revision,currency,amount,driver_id,reference\n";

/// A key, and what is planted there.
#[derive(Clone, Debug)]
struct Plant {
    city: u8,
    trip: u16,
    revision: u32,
    amount: i32,
    class: Class,
    repeated: usize,
}

impl Plant {
    fn key(&self) -> (String, String, u32) {
        (format!("c{}", self.city), format!("t-{}", self.trip), self.revision)
    }

    fn record(&self, amount: i32) -> String {
        let (city, trip, revision) = self.key();
        let amount = cents(amount);
        format!(
            r#"{{"format":"farebox-top-up/1","trip_id":"{trip}","city":"{city}","revision":{revision},"currency":"CNY","amount":"{amount}","scenario":"s","policy":"p","driver_id":"d","billed_at":"2026-11-21T00:20:00Z"}}"#
        )
    }

    fn row(&self, currency: &str, amount: i32, driver: &str, reference: u32) -> String {
        let (city, trip, revision) = self.key();
        format!("{city},{trip},{revision},{currency},{},{driver},r-{reference}", cents(amount))
    }

    /// The lines of the ledger and the rows of payments that make it so.
    fn lay(&self) -> (Vec<String>, Vec<String>) {
        let (one, right) = (self.record(self.amount), self.row("CNY", self.amount, "d", 1));
        let other = if self.amount == 1 { 2 } else { self.amount - 1 };
        let (mut owed, paid) = match self.class {
            Class::Matched => (vec![one.clone()], vec![right]),
            Class::Unpaid => (vec![one.clone()], vec![]),
            Class::PaidWithoutLedger => (vec![], vec![right]),
            Class::Duplicate => (vec![one.clone()], vec![right, self.row("CNY", self.amount, "d", 2)]),
            Class::WrongCurrency => (vec![one.clone()], vec![self.row("USD", self.amount, "d", 1)]),
            Class::AmountDiffers => (vec![one.clone()], vec![self.row("CNY", other, "", 1)]),
            Class::DriverDiffers => (vec![one.clone()], vec![self.row("CNY", self.amount, "e", 1)]),
            Class::LedgerConflict => (vec![one.clone(), self.record(other)], vec![right]),
        };
        if self.class != Class::PaidWithoutLedger {
            owed.extend(vec![one; self.repeated]);
        }
        (owed, paid)
    }
}

fn cents(amount: i32) -> String {
    let (sign, amount) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

fn plants() -> impl Strategy<Value = Vec<Plant>> {
    let amount = (-50_000..50_000).prop_filter("a top-up is something", |amount| *amount != 0);
    let repeated = prop_oneof![4 => Just(0_usize), 1 => 1_usize..3];
    let plant = (0_u8..3, 0_u16..40, 1_u32..300, amount, prop::sample::select(Class::ALL.to_vec()), repeated);
    let plant = plant.prop_map(|(city, trip, revision, amount, class, repeated)| Plant {
        city,
        trip,
        revision,
        amount,
        class,
        repeated,
    });
    prop::collection::vec(plant, 0..60).prop_map(|plants| {
        let by_key: BTreeMap<_, _> = plants.into_iter().map(|plant| (plant.key(), plant)).collect();
        by_key.into_values().collect()
    })
}

fn reconcile(ledger: &[String], rows: &[String], memory: usize) -> (Vec<Finding>, Summary) {
    let payments = format!(
        "{HEADER}{}",
        rows.iter().fold(String::new(), |mut text, row| {
            let _ = writeln!(text, "{row}");
            text
        })
    );
    let mut reconciliation = Reconciliation::with_memory(&std::env::temp_dir(), memory);
    reconciliation.ledger("ledger", ledger.join("\n").as_bytes()).unwrap();
    reconciliation.payments("payments", payments.as_bytes(), &Layout::default()).unwrap();
    let mut findings = Vec::new();
    let outcome = reconciliation.finish::<Error>(|finding| {
        findings.push(finding.clone());
        Ok(())
    });
    let Outcome::Reconciled(summary) = outcome.unwrap() else { panic!("every line was good") };
    (findings, summary)
}

/// What findings say, without where it stands.
fn said(findings: &[Finding]) -> Vec<String> {
    let said = |finding: &Finding| {
        let owed: Vec<i64> = finding.owed.iter().map(|owed| owed.record.amount).collect();
        let mut paid: Vec<_> = finding.paid.iter().map(|paid| (paid.payment.amount, &paid.payment.reference)).collect();
        paid.sort();
        format!("{:?} {:?} {owed:?} {paid:?}", finding.class, finding.key)
    };
    findings.iter().map(said).collect()
}

proptest! {
    #[test]
    fn what_is_planted_is_found(
        plants in plants(), seed: u64, memory in prop::sample::select(vec![0_usize, 300, 2_000, 1 << 20])
    ) {
        check(&plants, &mut fastrand::Rng::with_seed(seed), memory);
    }
}

fn check(plants: &[Plant], chance: &mut fastrand::Rng, memory: usize) {
    let (mut ledger, mut rows) = (Vec::new(), Vec::new());
    for (owed, paid) in plants.iter().map(Plant::lay) {
        ledger.extend(owed);
        rows.extend(paid);
    }
    let in_order = reconcile(&ledger, &rows, 1 << 20);
    chance.shuffle(&mut ledger);
    chance.shuffle(&mut rows);
    let (findings, summary) = reconcile(&ledger, &rows, memory);

    // Each key once, in order, as what was planted there.
    let mut expected: Vec<_> = plants.iter().map(|plant| (plant.key(), plant.class)).collect();
    expected.sort();
    let key = |finding: &Finding| (finding.key.city.clone(), finding.key.trip_id.clone(), finding.key.revision);
    let found: Vec<_> = findings.iter().map(|finding| (key(finding), finding.class)).collect();
    assert_eq!(found, expected);

    // Memory makes no difference, and the order of rows none but to where they stand.
    assert_eq!(reconcile(&ledger, &rows, 1 << 20), (findings.clone(), summary.clone()));
    assert_eq!((said(&findings), &summary), (said(&in_order.0), &in_order.1));

    // Sums are those of the classes, and those of what was planted.
    for sums in &summary.sums {
        let owed: i64 = sums.classes.iter().map(|(_, balance)| balance.owed.amount).sum();
        let paid: i64 = sums.classes.iter().map(|(_, balance)| balance.paid.amount).sum();
        assert_eq!((owed, paid), (sums.all.owed.amount, sums.all.paid.amount));
        for (class, balance) in sums.classes.iter().filter(|(class, _)| *class != Class::LedgerConflict) {
            let of_class = plants.iter().filter(|plant| plant.class == *class);
            let planted: i64 = of_class.map(|plant| i64::from(plant.amount)).sum();
            let (owed, paid) = match (class, sums.currency.code()) {
                (Class::PaidWithoutLedger, _) => (0, planted),
                (Class::Unpaid, _) | (Class::WrongCurrency, "CNY") => (planted, 0),
                (Class::WrongCurrency, _) => (0, planted),
                (Class::Duplicate, _) => (planted, 2 * planted),
                (Class::AmountDiffers, _) => (planted, balance.paid.amount),
                _ => (planted, planted),
            };
            assert_eq!((balance.owed.amount, balance.paid.amount), (owed, paid), "{class:?}");
        }
    }
    let in_ledger = plants.iter().filter(|plant| plant.class != Class::PaidWithoutLedger);
    let repeated: usize = in_ledger.map(|plant| plant.repeated).sum();
    assert_eq!(summary.repeated, u64::try_from(repeated).unwrap());
    assert_eq!(summary.matches(), plants.iter().all(|plant| plant.class == Class::Matched));

    // What is unpaid may be handed over again, and nothing else.
    let safe: Vec<_> = findings.iter().filter(|finding| safe_to_redrive(finding).is_some()).map(key).collect();
    expected.retain(|(_, class)| *class == Class::Unpaid);
    assert_eq!(safe, expected.into_iter().map(|(key, _)| key).collect::<Vec<_>>());
}

/// However many payments one key has, a few of them are listed, and all of them are counted.
#[test]
fn one_key_may_have_any_number() {
    let plant = Plant { city: 1, trip: 1, revision: 1, amount: 635, class: Class::Duplicate, repeated: 0 };
    let rows: Vec<String> = (0..5_000).map(|number| plant.row("CNY", 635, "d", number)).collect();
    let records: Vec<String> = (1..200).map(|amount| plant.record(amount)).collect();
    for (ledger, class) in [(vec![plant.record(635)], Class::Duplicate), (records, Class::LedgerConflict)] {
        let (findings, summary) = reconcile(&ledger, &rows, 10_000);
        assert_eq!(
            (findings.len(), findings[0].class, findings[0].paid.len()),
            (1, class, farebox_reconcile::MOST_OF_A_KEY)
        );
        assert_eq!((findings[0].more_paid.count(), summary.sums[0].all.paid.amount), (4_980, 5_000 * 635));
        assert_eq!(summary.records, u64::try_from(ledger.len()).unwrap());
    }
}

/// A sum that does not fit is an error; nothing is told of it.
#[test]
fn sums_never_wrap() {
    let most = "92233720368547758.07";
    let payments = format!("city,trip_id,revision,currency,amount\nc,t,1,CNY,{most}\nc,t,2,CNY,0.01\n");
    let mut reconciliation = Reconciliation::new(&std::env::temp_dir());
    reconciliation.payments("payments", payments.as_bytes(), &Layout::default()).unwrap();
    let error = reconciliation.finish::<Error>(|_| Ok(())).unwrap_err();
    assert_eq!(error.to_string(), "the sum of what was paid in CNY does not fit into 64 bits of its smallest unit");
}

/// Where nothing can be kept is an error that says so, before anything is told.
#[test]
fn a_scratch_folder_that_is_none() {
    let plant = Plant { city: 1, trip: 1, revision: 1, amount: 635, class: Class::Matched, repeated: 0 };
    let mut reconciliation = Reconciliation::with_memory(std::path::Path::new("/nowhere"), 0);
    let ledger = [plant.record(1), plant.record(2)].join("\n");
    let error = reconciliation.ledger("ledger", ledger.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("/nowhere: `--scratch` names a folder"), "{error}");
}

/// While one line cannot be read nothing is reconciled, and every one is counted.
#[test]
fn nothing_is_reconciled_in_part() {
    let plant = Plant { city: 1, trip: 1, revision: 1, amount: 635, class: Class::Matched, repeated: 0 };
    let payments = format!("{HEADER}{}", "c,t,1,CNY,x,,\n".repeat(30));
    let mut reconciliation = Reconciliation::new(&std::env::temp_dir());
    reconciliation.ledger("ledger", plant.record(1).as_bytes()).unwrap();
    reconciliation.payments("payments", payments.as_bytes(), &Layout::default()).unwrap();
    let outcome = reconciliation.finish::<Error>(|finding| panic!("{finding:?}")).unwrap();
    let Outcome::Refused(refused) = &outcome else { panic!("{outcome:?}") };
    assert_eq!((refused.count(), refused.lines().len(), refused.not_told()), (30, 20, Some(10)));
    assert_eq!(refused.lines()[0].place.to_string(), "payments:2");
    let mut text = Vec::new();
    JsonLines::new(&mut text).finish(&outcome).unwrap();
    assert!(String::from_utf8(text).unwrap().ends_with("{\"summary\":{\"matches\":false,\"refused\":30}}\n"));
}
