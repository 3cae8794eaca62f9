//! How often callers may ask: what [`farebox_limits`] decides, with the store asked for a batch now and then.

use crate::context::Context;
use crate::event::Event;
use crate::ports::Ports;
use crate::refusal::{Code, Refusal};
use crate::requests::Tariffs as _;
use crate::standing::Standing;
use farebox_limits::{Decision, Limit, Over, Refused, Remaining, RouteClass, Verdict, Window};
use serde_json::Value;

/// What stands in a name for a caller without a key, and for no city. No key and no city is called so.
const NONE: &str = "~";

impl<P: Ports> Context<P> {
    /// Whether the caller may ask about the city of a body, and as often as this. One that names none is refused by whoever reads it.
    ///
    /// # Errors
    ///
    /// `city-not-allowed`, `rate-limited`.
    pub(crate) async fn may_in_city_of(&self, document: &Value, class: RouteClass) -> Result<(), Refusal> {
        let city = document.get("city").and_then(Value::as_str);
        city.map_or(Ok(()), |city| self.caller.may(city, false))?;
        self.within_limits(class, city).await
    }

    /// Whether the caller may have this of a city, and as often as this.
    ///
    /// # Errors
    ///
    /// `city-not-allowed`, `scope-missing`, `rate-limited`.
    pub(crate) async fn may(&self, city: &str, driver_side: bool, class: RouteClass) -> Result<(), Refusal> {
        self.caller.may(city, driver_side)?;
        self.within_limits(class, Some(city)).await
    }

    /// Whether the caller may ask as often as this, of a city or of none. To be asked once in a request: each time counts.
    ///
    /// # Errors
    ///
    /// `rate-limited`.
    pub async fn within_limits(&self, class: RouteClass, city: Option<&str>) -> Result<(), Refusal> {
        admit(self, class, city).await
    }
}

/// Lets a request pass, or refuses it. A caller is counted in each city that has rate cards; in all others, and where it is about
/// none, together: whoever makes cities up is let no more for it.
///
/// # Errors
///
/// `rate-limited`.
async fn admit<P: Ports>(context: &Context<P>, class: RouteClass, city: Option<&str>) -> Result<(), Refusal> {
    let Some(limits) = context.billing.limits(&context.config) else { return Ok(()) };
    let city = city.filter(|city| context.config.serves(city));
    let key = context.caller.key_id();
    let Some((tier, limit)) = limits.of(key, city, class) else { return Ok(()) };
    let name = format!("{}:{}:{}", key.unwrap_or(NONE), city.unwrap_or(NONE), class.word());
    let standing = |remaining, refused| Standing { class, limit: *limit, remaining, refused };
    match decide(context, &name, limit).await {
        Ok(remaining) => {
            context.standing.set(Some(standing(remaining, None)));
            Ok(())
        }
        Err(Refused { over, retry_after_ms }) => {
            let retry_after_s = retry_after_ms.div_ceil(1_000).max(1);
            let remaining = Remaining { bucket: 0, window: None };
            context.standing.set(Some(standing(remaining, Some((over, retry_after_s)))));
            let now_ms = context.ports().elapsed_ms();
            if let Some(refused) = context.billing.limiting.refused.borrow_mut().happened(now_ms) {
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                context.tell(&Event::CallerLimited { key: text(key), city: text(city), class: class.word(), refused });
            }
            let whose = key.map_or_else(|| "callers without a key".to_owned(), |key| format!("the key {key}"));
            let of_city = city.map_or_else(String::new, |city| format!(" in {city}"));
            let may = may(limit, over);
            let detail = format!(
                "{whose} may ask {may} of the class `{}`{of_city} (tier {tier}); ask again in {retry_after_s} s",
                class.word()
            );
            Err(Refusal { retry_after_s: Some(retry_after_s), ..Refusal::new(Code::RateLimited, detail) })
        }
    }
}

/// What would be right, for people.
fn may(limit: &Limit, over: Over) -> String {
    match (over, limit.window) {
        (Over::Window, Some(Window { requests, seconds })) => format!("{requests} times in {seconds} s"),
        _ => format!("{} times a second, and {} times at once,", limit.rate, limit.burst),
    }
}

/// Decides, and asks the store when that is needed. No call is waited for that another request makes.
async fn decide<P: Ports>(context: &Context<P>, name: &str, limit: &Limit) -> Verdict {
    let limiting = &context.billing.limiting;
    let decision = limiting.allowances.borrow_mut().request(name, limit, context.ports().elapsed_ms());
    let up_to = match decision {
        Decision::Decided(verdict) => return verdict,
        Decision::Ask(up_to) => up_to,
    };
    let taken = context.write_briefly(context.ports().take(name, limit, up_to)).await;
    let now_ms = context.ports().elapsed_ms();
    if let Err(error) = &taken
        && let Some(times) = limiting.local.borrow_mut().happened(now_ms)
    {
        context.tell(&Event::LimitsLocal { times, why: error.line() });
    }
    let mut allowances = limiting.allowances.borrow_mut();
    match taken {
        Ok(taken) => allowances.answered(name, limit, up_to, &taken, now_ms),
        Err(_) => allowances.unanswered(name, limit, now_ms),
    }
}
