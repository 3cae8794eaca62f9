//! A payment, as a bank or a payroll system says it made it.

use farebox_money::{Currency, MinorUnits};

/// What was paid for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The currency of the amount.
    pub currency: Currency,
    /// In minor units. Below zero was taken back.
    pub amount: MinorUnits,
    /// When, as it is written there.
    pub paid_at: Option<String>,
    /// What whoever paid calls the payment.
    pub reference: Option<String>,
    /// To whom, as far as that is said.
    pub driver_id: Option<String>,
}
