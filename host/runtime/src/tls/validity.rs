//! When a certificate is valid, and when that is said. Decides, and does nothing.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use x509_parser::time::ASN1Time;

/// A certificate that ends sooner than this is said to, in days: whoever renews it by hand has two weeks, and whatever renews it by
/// itself does so earlier.
const SOON: i64 = 14;

const DAY: i64 = 24 * 60 * 60;

/// How often it is said.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// From when until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    from: ASN1Time,
    until: ASN1Time,
}

/// What is to be said of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// Clients take it, and will not for long.
    Soon(String),
    /// Clients refuse it.
    Refused(String),
}

impl Validity {
    /// Of a certificate. `None` for what cannot be read, though TLS may be able to.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let validity = certificate.validity();
        Some(Self { from: validity.not_before, until: validity.not_after })
    }

    /// What is to be said, if anything is.
    pub(super) fn notice(&self, now: SystemTime) -> Option<Notice> {
        let now = now.duration_since(UNIX_EPOCH).ok().and_then(|now| i64::try_from(now.as_secs()).ok()).unwrap_or(0);
        let date = |moment: ASN1Time| moment.to_datetime().date();
        let left = self.until.timestamp().saturating_sub(now);
        if now < self.from.timestamp() {
            let from = date(self.from);
            Some(Notice::Refused(format!(
                "is not valid before {from}, and clients refuse it: is this machine's clock right?"
            )))
        } else if left < 0 {
            Some(Notice::Refused(format!(
                "has expired on {}, and clients refuse it: put a new one in its place",
                date(self.until)
            )))
        } else if left < SOON * DAY {
            let (until, days) = (date(self.until), left / DAY);
            let days = match days {
                0 => "in less than a day".to_owned(),
                1 => "in a day".to_owned(),
                days => format!("in {days} days"),
            };
            Some(Notice::Soon(format!(
                "expires {days}, on {until}: put a new one in its place, which is read while this runs"
            )))
        } else {
            None
        }
    }
}

/// When it is said again: a day after it was said last, and when there is another certificate.
pub(super) struct Reminder {
    said: Option<Instant>,
}

impl Reminder {
    /// Nothing was said yet.
    pub(super) fn new() -> Self {
        Self { said: None }
    }

    /// Whether it is to be said now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.said.is_none_or(|said| now.saturating_duration_since(said) >= EVERY)
    }

    /// It is said.
    pub(super) fn says(&mut self, now: Instant) {
        self.said = Some(now);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is said of a certificate that is valid from day 100 to day 200, by the day on which it is looked at.
    #[test]
    fn notices() {
        let day = |day: i64| ASN1Time::from_timestamp(day * DAY).unwrap();
        let validity = Validity { from: day(100), until: day(200) };
        for (hours, expected) in [
            (99 * 24, Some((true, "is not valid before 1970-04-11"))),
            (100 * 24, None),
            (186 * 24, None),
            (186 * 24 + 1, Some((false, "expires in 13 days, on 1970-07-20"))),
            (198 * 24 + 12, Some((false, "expires in a day"))),
            (199 * 24 + 12, Some((false, "expires in less than a day"))),
            (200 * 24, Some((false, "expires in less than a day"))),
            (200 * 24 + 1, Some((true, "has expired on 1970-07-20"))),
        ] {
            let notice = validity.notice(UNIX_EPOCH + Duration::from_secs(hours * 60 * 60));
            match (&notice, expected) {
                (Some(Notice::Refused(text)), Some((true, words)))
                | (Some(Notice::Soon(text)), Some((false, words))) => {
                    assert!(text.contains(words), "hour {hours}: {text}");
                }
                (None, None) => {}
                _ => panic!("hour {hours}: {notice:?}, and not {expected:?}"),
            }
        }
    }

    /// It is said once a day, however often it is looked at.
    #[test]
    fn once_a_day() {
        let (start, mut reminder) = (Instant::now(), Reminder::new());
        for (hours, expected) in [(0, true), (1, false), (23, false), (24, true), (47, false), (60, true), (61, false)]
        {
            let now = start + Duration::from_secs(hours * 60 * 60);
            assert_eq!(reminder.is_due(now), expected, "hour {hours}");
            if expected {
                reminder.says(now);
            }
        }
    }

    /// A certificate is read as the tools that make them write it; what is none says nothing.
    #[test]
    fn certificates() {
        let certificate = |from: i32, until: i32| {
            let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
            (parameters.not_before, parameters.not_after) =
                (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(until, 1, 1));
            parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap()
        };
        let now = UNIX_EPOCH + Duration::from_secs(56 * 365 * 24 * 60 * 60);
        for (from, until, is_refused) in [(2000, 2100, false), (2000, 2001, true), (2090, 2100, true)] {
            let notice = Validity::of(certificate(from, until).der()).unwrap().notice(now);
            assert_eq!(matches!(notice, Some(Notice::Refused(_))), is_refused, "{from} to {until}: {notice:?}");
        }
        assert!(Validity::of(b"none").is_none());
    }
}
