//! Whether bills can be answered.

use super::look::Look;
use crate::answers::ReadinessDocument;
use crate::billing::Billing;
use crate::ports::Ports;
use std::rc::Rc;

/// Whether bills can be answered: the variables are right, a configuration is in force, and some product can be priced. All
/// else that is not in order - the store, a broken document - is told, and decides nothing.
pub async fn readiness<P: Ports>(billing: &Rc<Billing<P>>, trace: &str) -> ReadinessDocument {
    let mut look = Look::at(billing, trace).await;
    look.read_store().await;
    ReadinessDocument { status: look.verdict(), checks: look.checks }
}
