//! How much a caller may still ask for, in headers: `RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers-10
//! has them. Both are lists of structured fields; each item is a policy by its name.
//!
//! A token bucket is told as a policy of what there may be at once, in the time that it takes to be full.

use farebox_billing::Standing;
use farebox_limits::{Limit, Over, Window};
use farebox_web::response::Response;

/// Says it on an answer.
pub fn mark(response: &mut Response, standing: &Standing) {
    response.add("ratelimit-policy", policy(standing));
    response.add("ratelimit", remaining(standing));
}

/// The limits: `q`, how many requests, in `w` seconds.
fn policy(standing: &Standing) -> String {
    let Limit { rate, burst, window } = standing.limit;
    let class = standing.class.word();
    let bucket = format!("\"{class}\";q={burst};w={}", burst.div_ceil(rate.max(1)));
    match window {
        Some(Window { requests, seconds }) => format!("{bucket}, \"{class}-window\";q={requests};w={seconds}"),
        None => bucket,
    }
}

/// What is left: `r`, how many requests; and where there are none, after how many seconds there are again, `t`.
fn remaining(standing: &Standing) -> String {
    let class = standing.class.word();
    match (standing.refused, standing.remaining.window) {
        (Some((Over::Bucket, seconds)), _) => format!("\"{class}\";r=0;t={seconds}"),
        (Some((Over::Window, seconds)), _) => format!("\"{class}-window\";r=0;t={seconds}"),
        (None, Some(window)) => format!("\"{class}\";r={}, \"{class}-window\";r={window}", standing.remaining.bucket),
        (None, None) => format!("\"{class}\";r={}", standing.remaining.bucket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_limits::{Remaining, RouteClass};
    use http::StatusCode;
    use sfv::Parser;
    use sfv::visitor::Ignored;

    /// What clients read: the policies with their names, and what is left of each.
    #[test]
    fn headers() {
        let limit = Limit { rate: 50, burst: 220, window: None };
        let windowed = Limit { window: Some(Window { requests: 10_000, seconds: 3_600 }), ..limit };
        let (bucket, both) = ("\"bill\";q=220;w=5", "\"bill\";q=220;w=5, \"bill-window\";q=10000;w=3600");
        for (limit, window, refused, policy, left) in [
            (limit, None, None, bucket, "\"bill\";r=7"),
            (limit, None, Some((Over::Bucket, 2)), bucket, "\"bill\";r=0;t=2"),
            (windowed, Some(9), None, both, "\"bill\";r=7, \"bill-window\";r=9"),
            (windowed, None, Some((Over::Window, 90)), both, "\"bill-window\";r=0;t=90"),
        ] {
            let remaining = Remaining { bucket: 7, window };
            let mut response = Response::without_body(StatusCode::OK);
            mark(&mut response, &Standing { class: RouteClass::Bill, limit, remaining, refused });
            let said =
                ["ratelimit-policy", "ratelimit"].map(|name| response.header(name).unwrap_or_default().to_owned());
            assert_eq!(said, [policy, left]);
            for header in said {
                assert!(Parser::new(&header).parse_list_with_visitor(Ignored).is_ok(), "{header}");
            }
        }
    }
}
