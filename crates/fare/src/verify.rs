//! What is always true of a bill.

use crate::Bill;

impl Bill {
    /// Holds a bill to what is always true of one.
    ///
    /// # Errors
    ///
    /// What is not true.
    pub fn verify(&self) -> Result<(), String> {
        let sum = |lines: &[crate::Line]| lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.amount));
        if sum(&self.lines) != Some(self.total) {
            return Err("its lines do not add up to its total".to_owned());
        }
        let off = sum(&self.discounts);
        if off.and_then(|off| self.total.checked_add(off)) != Some(self.payable) || self.payable < 0 {
            return Err("total and discounts do not add up to what is payable".to_owned());
        }
        Ok(())
    }
}
