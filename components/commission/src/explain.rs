//! Why a settlement is what it is: every scenario that was tried, and every line of both bills.

use crate::policy::Policy;
use crate::scenario::{Fees, Scenario};
use crate::settle::{Billed, SettleError, Sides, settle};
use crate::when::{Circumstances, subjects};
use farebox_conditions::failing;
use farebox_fare::{Bill, Line};
use farebox_money::MinorUnits;
use farebox_records::{Counted, Settlement};
use serde::Serialize;

/// A settlement, and what it is made of. Amounts are in minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The settlement.
    pub settlement: Settlement,
    /// In the policy's order.
    pub scenarios: Vec<ScenarioExplanation>,
    /// What counts of the passenger's bill, less coupons where the scenario says so.
    pub base: MinorUnits,
    /// What the coupons took off the base; zero where the platform bears them.
    pub coupons: MinorUnits,
    /// What the driver pays of them; zero or more.
    pub driver_coupons: MinorUnits,
    /// What partners pay of them; zero or more.
    pub partners: MinorUnits,
    /// What counts of the driver's bill, less what the driver pays of the coupons.
    pub driver_counted: MinorUnits,
    /// The lines of the passenger's bill.
    pub passenger: Vec<CountedLine>,
    /// The lines of the driver's bill.
    pub driver: Vec<CountedLine>,
}

/// What became of one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioExplanation {
    /// Its name.
    pub name: String,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What became of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// It is the first that applies.
    Counts,
    /// It is for other rides.
    DoesNotApply {
        /// What is so of this one, and not what it is for.
        because: Vec<String>,
    },
    /// An earlier one counts.
    NotTried,
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedLine {
    /// The fee code.
    pub code: String,
    /// What it comes to.
    pub amount: MinorUnits,
    /// Whether it counts.
    pub counts: bool,
    /// Whether it is contained in the prices: then it is told only where it is taken off what counts.
    pub included: bool,
}

impl Policy {
    /// Settles a ride like [`Self::settle_bills`], and says why it comes to that.
    ///
    /// # Errors
    ///
    /// As [`Self::settle_bills`].
    pub fn explain_bills(&self, ride: &Circumstances, billed: Billed<'_>) -> Result<Explanation, SettleError> {
        let scenario = self.scenario(ride)?;
        let sides = scenario.of_bills(billed)?;
        let settlement = settle(scenario, &sides).ok_or(SettleError::Overflow)?;
        let Sides { passenger: Counted { base, partners, .. }, driver: driver_counted, .. } = sides;
        let Billed { passenger, driver, .. } = billed;
        let before = scenario.counted(passenger).ok_or(SettleError::Overflow)?;
        let (facts, subjects) = (ride.facts(), subjects());
        let mut found = false;
        let scenarios = self.scenarios().iter().map(|scenario| {
            let because = failing(&scenario.when, &facts, &subjects);
            let verdict = match (found, because.is_empty()) {
                (true, _) => Verdict::NotTried,
                (false, true) => Verdict::Counts,
                (false, false) => Verdict::DoesNotApply { because },
            };
            found |= verdict == Verdict::Counts;
            ScenarioExplanation { name: scenario.name().to_owned(), verdict }
        });
        Ok(Explanation {
            settlement,
            scenarios: scenarios.collect(),
            base,
            coupons: before.saturating_sub(base),
            driver_coupons: driver.total.saturating_sub(driver.payable),
            partners,
            driver_counted,
            passenger: lines(scenario, passenger),
            driver: lines(scenario, driver),
        })
    }
}

fn lines(scenario: &Scenario, bill: &Bill) -> Vec<CountedLine> {
    let line = |line: &Line, included| CountedLine {
        code: line.code.clone(),
        amount: line.amount,
        counts: scenario.fees().has(&line.code),
        included,
    };
    let is_taken_off = |code: &str| matches!(scenario.fees(), Fees::Exempt(_)) && !scenario.fees().has(code);
    let included = bill.included.iter().filter(|line| is_taken_off(&line.code));
    bill.lines.iter().map(|one| line(one, false)).chain(included.map(|one| line(one, true))).collect()
}
