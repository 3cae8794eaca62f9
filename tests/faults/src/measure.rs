//! Figures of a run. Whole numbers: microseconds, thousandths, KiB.

use crate::history::Bill;
use crate::load::What;
use crate::run::Outcome;
use crate::sender::Sent;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long what is counted together is.
pub const BUCKET: Duration = Duration::from_millis(250);

/// How long answers have to be whole for a service to have recovered, in buckets: a second.
const WHOLE: usize = 4;

/// How long a fault has lasted when it is known of: whoever asks has found out by then.
const KNOWN: Duration = Duration::from_secs(2);

/// How long answers took, counted from when they were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Half of them took at most this.
    pub p50: Duration,
    /// 99 of a hundred took at most this.
    pub p99: Duration,
    /// All of them did.
    pub max: Duration,
}

impl Latency {
    /// Of these, in any order.
    pub fn of(mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        // The smallest that so many are not above.
        let at = |hundredths: usize| took.get((took.len() * hundredths).div_ceil(100).saturating_sub(1));
        let of = |hundredths| at(hundredths).copied().unwrap_or_default();
        Self { p50: of(50), p99: of(99), max: of(100) }
    }
}

/// A part of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How many requests were due.
    pub requests: usize,
    /// How many were answered as they should.
    pub answered: usize,
    /// How many bills were answered.
    pub bills: usize,
    /// How many of those are degraded,
    pub degraded: usize,
    /// and what they lack.
    pub reasons: BTreeMap<String, usize>,
    /// How long it took.
    pub latency: Latency,
}

impl Part {
    fn of<'a>(sent: impl Iterator<Item = &'a Sent>) -> Self {
        let mut part = Self::default();
        let mut took = Vec::new();
        for sent in sent {
            part.requests += 1;
            took.push(sent.heard.saturating_sub(sent.due));
            part.answered += usize::from(is_answered(sent));
            if let Some(bill) = bill(sent) {
                part.bills += 1;
                part.degraded += usize::from(bill.degraded);
                for reason in bill.reasons {
                    *part.reasons.entry(reason).or_default() += 1;
                }
            }
        }
        part.latency = Latency::of(took);
        part
    }
}

/// Whether it was answered what it should be.
fn is_answered(sent: &Sent) -> bool {
    let Ok((status, _)) = sent.answer else { return false };
    match sent.what {
        What::Estimate => status == 201,
        What::Segments(_) | What::Bill | What::Repeat | What::Read => (200..300).contains(&status),
        What::Other => status == 409,
    }
}

/// The bill that was answered to a request for one.
fn bill(sent: &Sent) -> Option<Bill> {
    let is_asked = matches!(sent.what, What::Bill | What::Repeat | What::Other);
    let (status, body) = sent.answer.as_ref().ok().filter(|_| is_asked)?;
    (200..300).contains(status).then(|| Bill::read(body).ok()).flatten()
}

/// All figures of a run.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Before the fault, while it lasted, and after it.
    pub parts: [Part; 3],
    /// How long answers took while the fault lasted and was known of, from two seconds after its beginning.
    pub known: Latency,
    /// How long after the fault the first second began without an answer that lacks something. `None` when there was none.
    pub recovery: Option<Duration>,
    /// The hosts' memory at the beginning, at most, and at the end, in KiB.
    pub memory: [u64; 3],
    /// How many lines were logged while the fault lasted, and in all.
    pub lines: [usize; 2],
    /// By how much too little was charged on bills that are not marked, in minor units, and on how many.
    pub short: (i64, usize),
}

impl Figures {
    /// How long answers took in all of a run.
    pub fn overall(outcome: &Outcome) -> Latency {
        Part::of(outcome.sent.iter()).latency
    }

    /// Of a run.
    pub fn of(outcome: &Outcome) -> Self {
        let Outcome { window, sent, looks, violations, .. } = outcome;
        let part =
            |from: Duration, to: Duration| Part::of(sent.iter().filter(move |sent| (from..to).contains(&sent.due)));
        let memory = |at: Option<&crate::run::Look>| at.map_or(0, |look| look.memory);
        let most = looks.iter().map(|look| look.memory).max().unwrap_or_default();
        let logged = |at: Duration| looks.iter().rfind(|look| look.at <= at).map_or(0, |look| look.lines);
        let short = violations.iter().map(|(_, violation)| violation.short).filter(|short| *short != 0);
        Self {
            parts: [part(Duration::ZERO, window.from), part(window.from, window.to), part(window.to, Duration::MAX)],
            known: part(window.from + KNOWN, window.to).latency,
            recovery: recovery(&timeline(sent), window.to),
            memory: [memory(looks.first()), most, memory(looks.last())],
            lines: [logged(window.to).saturating_sub(logged(window.from)), looks.last().map_or(0, |look| look.lines)],
            short: (short.clone().sum(), short.count()),
        }
    }
}

/// A quarter of a second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// How many requests were due.
    pub requests: usize,
    /// How many were answered as they should.
    pub answered: usize,
    /// How many bills were answered.
    pub bills: usize,
    /// How many of them are degraded.
    pub degraded: usize,
    /// How long it took.
    pub latency: Latency,
}

/// A run, a quarter of a second at a time.
pub fn timeline(sent: &[Sent]) -> Vec<Bucket> {
    let bucket = |sent: &Sent| usize::try_from(sent.due.as_millis() / BUCKET.as_millis()).unwrap_or_default();
    let mut buckets: Vec<Vec<&Sent>> = Vec::new();
    for one in sent {
        let at = bucket(one);
        buckets.resize(buckets.len().max(at + 1), Vec::new());
        if let Some(bucket) = buckets.get_mut(at) {
            bucket.push(one);
        }
    }
    let part = |bucket: Vec<&Sent>| {
        let Part { requests, answered, bills, degraded, latency, .. } = Part::of(bucket.into_iter());
        Bucket { requests, answered, bills, degraded, latency }
    };
    buckets.into_iter().map(part).collect()
}

/// How long after a moment the first second begins in which nothing lacks anything.
pub fn recovery(timeline: &[Bucket], from: Duration) -> Option<Duration> {
    let first = usize::try_from(from.as_millis().div_ceil(BUCKET.as_millis())).ok()?;
    let is_whole = |bucket: &Bucket| bucket.degraded == 0 && bucket.answered == bucket.requests;
    let after = timeline.get(first..)?;
    let buckets = after.windows(WHOLE).position(|second| second.iter().all(is_whole))?;
    Some(BUCKET * u32::try_from(buckets).ok()?)
}

/// So many of so many, in thousandths.
pub fn thousandths(part: usize, of: usize) -> usize {
    (part * 1000).checked_div(of).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A percentile is one of the values, and the smallest that so many are not above.
    #[test]
    fn percentiles() {
        let latency = |count: u64| Latency::of((1..=count).rev().map(ms).collect());
        for (count, p50, p99, max) in [(1, 1, 1, 1), (2, 1, 2, 2), (100, 50, 99, 100), (1_000, 500, 990, 1_000)] {
            assert_eq!(latency(count), Latency { p50: ms(p50), p99: ms(p99), max: ms(max) }, "{count}");
        }
        assert_eq!(Latency::of(Vec::new()), Latency::default());
    }

    /// A service has recovered when for a second every answer was whole; a pause in between is none.
    #[test]
    fn recovery_is_a_whole_second() {
        let check = |answers: &str, from: u64, expected: Option<u64>| {
            let bucket = |answer| match answer {
                '+' => Bucket { requests: 2, answered: 2, bills: 1, ..Bucket::default() },
                '~' => Bucket { requests: 2, answered: 2, bills: 1, degraded: 1, ..Bucket::default() },
                _ => Bucket { requests: 2, answered: 1, ..Bucket::default() },
            };
            let timeline: Vec<Bucket> = answers.chars().map(bucket).collect();
            assert_eq!(recovery(&timeline, ms(from)), expected.map(ms), "{answers}");
        };
        check("++++++++", 1_000, Some(0));
        check("++-----~++++", 1_500, Some(500));
        check("++~++-++++", 500, Some(1_000));
        check("++~+++-+++", 500, None);
        check("++", 1_000, None);
    }

    /// What is refused, or lost on the way, is not answered; a conflict that should be one is.
    #[test]
    fn what_is_answered() {
        let check = |what, status, expected: bool| {
            let answer = if status == 0 { Err("reset".to_owned()) } else { Ok((status, String::new())) };
            let sent = Sent { ride: 0, what, due: ms(0), sent: ms(0), heard: ms(1), answer };
            assert_eq!(is_answered(&sent), expected, "{what:?} {status}");
        };
        check(What::Bill, 201, true);
        check(What::Bill, 409, false);
        check(What::Other, 409, true);
        check(What::Other, 201, false);
        check(What::Segments(0), 202, true);
        check(What::Segments(0), 503, false);
        check(What::Read, 404, false);
        check(What::Estimate, 0, false);
    }
}
