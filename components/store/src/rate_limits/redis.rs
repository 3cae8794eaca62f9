//! Limits in Redis.

use super::{RateLimits, TAKE, check, codec};
use crate::Fault;
use crate::backend::Redis;
use farebox_limits::{Limit, Taken};

impl RateLimits for Redis {
    async fn take(&self, name: &str, limit: &Limit, up_to: u32) -> Result<Taken, Fault> {
        check(limit, up_to)?;
        let arguments = codec::arguments(limit, up_to).map(|number| number.to_string());
        let reply = self.step_of_site(&TAKE, |keys, site| keys.rate_limit(site, name), &arguments).await?;
        let numbers: Option<Vec<u64>> = reply.into_iter().map(|text| text?.parse().ok()).collect();
        let answer = numbers.and_then(|numbers| numbers.try_into().ok());
        answer.and_then(|answer| codec::taken(answer, limit, up_to)).ok_or_else(|| codec::corrupt("Redis"))
    }
}
