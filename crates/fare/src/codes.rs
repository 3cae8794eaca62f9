//! Fee codes that no rate card chooses: the lines that they stand on are not items of one.

/// What a coupon takes off.
pub const COUPON: &str = "coupon";

/// What the platform pays a driver so that it keeps no more than its cap.
pub const COMMISSION_REWARD: &str = "commission_reward";
