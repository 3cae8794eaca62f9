//! A run as a picture: how long answers took, and how many were whole, with the fault shaded.

use crate::history::Span;
use crate::measure::{BUCKET, Bucket, thousandths};
use std::fmt::Write as _;
use std::time::Duration;

/// Everything in pixels. Latencies are from 1 ms to 10 s, each power of ten as high as the next.
const WIDTH: u64 = 900;
const LEFT: u64 = 60;
const TOP: u64 = 40;
const HIGH: u64 = 160;
const GAP: u64 = 40;
const DECADES: u32 = 4;

/// Draws a run.
pub fn timeline(title: &str, buckets: &[Bucket], window: Span) -> String {
    let count = u64::try_from(buckets.len().max(1)).unwrap_or(1);
    let x = |at: u64| LEFT + at * WIDTH / count;
    let at = |moment: Duration| {
        let millis = u64::try_from(moment.as_millis()).unwrap_or_default();
        let bucket = u64::try_from(BUCKET.as_millis()).unwrap_or(1);
        LEFT + (millis * WIDTH / bucket / count).min(WIDTH)
    };
    let shares = TOP + HIGH + GAP;
    let height = shares + HIGH + 60;
    let mut svg = String::new();
    // Writing to a text does not fail.
    let mut put = |line: std::fmt::Arguments<'_>| _ = writeln!(svg, "{line}");
    put(format_args!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {height}" font-family="sans-serif" font-size="12">"#,
        LEFT + WIDTH + 20
    ));
    put(format_args!(r#"<rect width="100%" height="100%" fill="white"/>"#));
    put(format_args!(r#"<text x="{LEFT}" y="22" font-size="15">{}</text>"#, escaped(title)));
    let (from, to) = (at(window.from), at(window.to));
    for top in [TOP, shares] {
        let wide = (to - from.min(to)).max(1);
        put(format_args!(r##"<rect x="{from}" y="{top}" width="{wide}" height="{HIGH}" fill="#f6d5d0"/>"##));
        put(format_args!(
            r##"<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HIGH}" fill="none" stroke="#888888"/>"##
        ));
    }
    for decade in 0..=DECADES {
        let y = TOP + HIGH - HIGH * u64::from(decade) / u64::from(DECADES);
        let label = ["1 ms", "10 ms", "100 ms", "1 s", "10 s"].get(decade as usize).copied().unwrap_or_default();
        put(format_args!(r#"<text x="{}" y="{}" text-anchor="end">{label}</text>"#, LEFT - 6, y + 4));
    }
    for share in [0_u64, 50, 100] {
        let y = shares + HIGH - HIGH * share / 100;
        put(format_args!(r#"<text x="{}" y="{}" text-anchor="end">{share}%</text>"#, LEFT - 6, y + 4));
    }
    let busy = || buckets.iter().zip(0_u64..).filter(|(bucket, _)| bucket.requests > 0);
    let line = |y: &dyn Fn(&Bucket) -> u64| {
        let points: Vec<String> = busy().map(|(bucket, number)| format!("{},{}", x(number), y(bucket))).collect();
        points.join(" ")
    };
    let took = |latency: Duration| TOP + HIGH - height_of(latency);
    let share = |part: usize, of: usize| shares + HIGH - HIGH * thousandths(part, of) as u64 / 1000;
    for (name, colour, points) in [
        ("p50", "#2b6cb0", line(&|bucket| took(bucket.latency.p50))),
        ("p99", "#c05621", line(&|bucket| took(bucket.latency.p99))),
        ("answered", "#2f855a", line(&|bucket| share(bucket.answered, bucket.requests))),
        ("degraded bills", "#9b2c2c", line(&|bucket| share(bucket.degraded, bucket.bills))),
    ] {
        put(format_args!(
            r#"<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"><title>{name}</title></polyline>"#
        ));
    }
    let legend = [("p50", "#2b6cb0"), ("p99", "#c05621"), ("answered", "#2f855a"), ("degraded bills", "#9b2c2c")];
    for ((name, colour), place) in legend.into_iter().zip(0_u64..) {
        let y = height - 12;
        put(format_args!(r#"<text x="{}" y="{y}" fill="{colour}">{name}</text>"#, LEFT + place * 110));
    }
    let seconds = (BUCKET * u32::try_from(buckets.len()).unwrap_or(u32::MAX)).as_secs();
    for second in 0..=seconds {
        let (x, y) = (at(Duration::from_secs(second)), shares + HIGH + 16);
        if seconds <= 30 || second.is_multiple_of(5) {
            put(format_args!(r#"<text x="{x}" y="{y}" text-anchor="middle">{second} s</text>"#));
        }
    }
    put(format_args!("</svg>"));
    svg
}

/// How high a latency stands: by the power of ten, and within it by the part of the way to the next.
fn height_of(latency: Duration) -> u64 {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).clamp(1_000, 10_000_000);
    let decade = (micros / 1_000).ilog10();
    let low = 1_000 * 10_u64.pow(decade);
    let each = HIGH / u64::from(DECADES);
    // Of 1 to 10, the heights at which its decimal logarithm has these hundredths.
    let steps = [0, 30, 48, 60, 70, 78, 85, 90, 95, 100];
    let digit = (micros / low).clamp(1, 10);
    let between =
        |at: u64| steps.get(usize::try_from(at.saturating_sub(1)).unwrap_or_default()).copied().unwrap_or(100);
    let (here, next) = (between(digit), between(digit + 1));
    let hundredths = here + (next - here.min(next)) * (micros % low) / low;
    (u64::from(decade) * each + hundredths * each / 100).min(HIGH)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Latency;

    /// Longer is higher, and the ends are the ends.
    #[test]
    fn heights_grow() {
        let heights: Vec<u64> = [0, 1, 2, 5, 10, 30, 99, 100, 400, 1_000, 5_000, 10_000, 60_000]
            .into_iter()
            .map(|ms| height_of(Duration::from_millis(ms)))
            .collect();
        assert!(heights.is_sorted(), "{heights:?}");
        assert_eq!((heights.first(), heights.last()), (Some(&0), Some(&HIGH)));
        assert_eq!(height_of(Duration::from_millis(100)), HIGH / 2);
    }

    /// All that there is is drawn: four lines, and the fault in both panels.
    #[test]
    fn a_picture_is_whole() {
        let latency = Latency { p50: Duration::from_millis(3), p99: Duration::from_millis(40), ..Latency::default() };
        let bucket = Bucket { requests: 4, answered: 3, bills: 2, degraded: 1, latency };
        let window = Span { from: Duration::from_millis(500), to: Duration::from_millis(1_000) };
        let svg = timeline("<hung>", &vec![bucket; 8], window);
        assert_eq!(svg.matches("<polyline").count(), 4);
        assert_eq!(svg.matches("#f6d5d0").count(), 2);
        assert!(svg.contains("&lt;hung&gt;") && svg.trim_end().ends_with("</svg>"));
    }
}
