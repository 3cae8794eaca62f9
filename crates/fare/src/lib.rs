//! The words of a ride: the [`Trip`] that is priced, the [`Bill`] that it comes to, and how both are written down.

mod bill;
pub mod codes;
mod degradation;
mod facts;
mod funding;
mod local_time;
pub mod names;
#[cfg(feature = "schema")]
pub mod schema;
pub mod time;
mod trip;
mod verify;

pub use bill::{Basis, Bill, Line, Reason, Rule, Source, Unit};
pub use degradation::Degradation;
pub use facts::{CouponKind, Facts};
pub use funding::Funding;
pub use local_time::LocalTime;
pub use time::Timestamp;
pub use trip::{Coupon, CouponValue, MockCharges, Order, Outcome, Point, Segment, Trip};
pub use verify::Contradiction;
