//! Charts as SVG, in whole numbers throughout.

use super::distribution::Distribution;
use maud::{Markup, html};

const WIDTH: i128 = 640;
const HEIGHT: i128 = 200;
/// What is left of, below and above the plot.
const LEFT: i128 = 52;
const BELOW: i128 = 24;
const ABOVE: i128 = 10;
/// About how many bars.
const BARS: i64 = 48;

/// Numbers in bins of equal width, for some series that share an axis.
#[derive(Debug, PartialEq, Eq)]
struct Bins {
    /// Where the first begins: a multiple of the width.
    start: i64,
    width: i64,
    /// By series, by bin.
    counts: Vec<Vec<u64>>,
    /// How many lie outside, and were put into the outermost bins.
    outside: u64,
}

impl Bins {
    /// `None` when there is nothing to count. Half a percent on either side may lie outside, so that a few strange rides
    /// do not squeeze all others into one bar.
    fn of(series: &[Vec<(i64, u64)>]) -> Option<Self> {
        let mut all = Distribution::default();
        for (value, count) in series.iter().flatten() {
            all.add_many(*value, *count);
        }
        let (low, high) = (all.percentile(5)?, all.percentile(995)?);
        let width = round_up(high.saturating_sub(low) / BARS + 1);
        let start = low.div_euclid(width) * width;
        let bin = |value: i64| usize::try_from((value.clamp(low, high) - start) / width).unwrap_or_default();
        let mut counts = vec![vec![0; bin(high) + 1]; series.len()];
        let mut outside = 0;
        for (counts, series) in counts.iter_mut().zip(series) {
            for (value, count) in series {
                if let Some(slot) = counts.get_mut(bin(*value)) {
                    *slot += count;
                }
                outside += if (low..=high).contains(value) { 0 } else { *count };
            }
        }
        Some(Self { start, width, counts, outside })
    }

    fn len(&self) -> usize {
        self.counts.first().map_or(0, Vec::len)
    }

    fn begin(&self, bin: usize) -> i64 {
        self.start.saturating_add(self.width.saturating_mul(i64::try_from(bin).unwrap_or(i64::MAX)))
    }

    fn highest(&self) -> u64 {
        self.counts.iter().flatten().copied().max().unwrap_or(1).max(1)
    }
}

/// The next of 1, 2, 5, 10, 20, 50, ...
fn round_up(width: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for step in [1, 2, 5] {
            let candidate = power.saturating_mul(step);
            if candidate >= width {
                return candidate;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// `value` of `whole`, on a scale of so many pixels.
fn scale(value: i128, whole: i128, pixels: i128) -> i128 {
    value.saturating_mul(pixels) / whole.max(1)
}

/// Two distributions over each other.
pub fn compared(before: &Distribution, after: &Distribution, label: &dyn Fn(i64) -> String) -> Markup {
    let Some(bins) = Bins::of(&[before.counts().collect(), after.counts().collect()]) else { return html! {} };
    let outline = |series: usize, close: bool| {
        let counts = bins.counts.get(series).map(Vec::as_slice).unwrap_or_default();
        let mut path = format!("M{LEFT} {}", ABOVE + HEIGHT);
        for (bin, count) in counts.iter().enumerate() {
            let y = ABOVE + HEIGHT - scale((*count).into(), bins.highest().into(), HEIGHT);
            path.push_str(&format!("L{} {y}L{} {y}", x(&bins, bin), x(&bins, bin + 1)));
        }
        path.push_str(&format!("L{} {}", LEFT + WIDTH, ABOVE + HEIGHT));
        if close { path + "Z" } else { path }
    };
    let tip = |bin: usize| {
        let at =
            |series: usize| bins.counts.get(series).and_then(|counts| counts.get(bin)).copied().unwrap_or_default();
        format!("{}: before {}, after {}", span(&bins, bin, label), at(0), at(1))
    };
    frame(
        "Distribution of totals before and after",
        &bins,
        label,
        &html! {
            path.before d=(outline(0, true)) {}
            path.after d=(outline(1, false)) {}
            @for bin in 0..bins.len() {
                rect.touch x=(x(&bins, bin)) y=(ABOVE) width=(x(&bins, bin + 1) - x(&bins, bin)) height=(HEIGHT) {
                    title { (tip(bin)) }
                }
            }
        },
    )
}

/// A distribution of changes; those that are none are left out.
pub fn changes(title: &str, deltas: &Distribution, label: &dyn Fn(i64) -> String) -> Markup {
    let Some(bins) = Bins::of(&[deltas.counts().filter(|(value, _)| *value != 0).collect()]) else { return html! {} };
    let counts = bins.counts.first().map(Vec::as_slice).unwrap_or_default();
    let bar = |bin: usize, count: u64| {
        let height = scale(count.into(), bins.highest().into(), HEIGHT).max(i128::from(count > 0));
        let class = match (bins.begin(bin) >= 0, bins.begin(bin + 1) <= 0) {
            (true, _) => "up",
            (_, true) => "down",
            _ => "both",
        };
        html! {
            rect class=(class) x=(x(&bins, bin) + 1) y=(ABOVE + HEIGHT - height)
                width=((x(&bins, bin + 1) - x(&bins, bin) - 1).max(1)) height=(height) {}
            rect.touch x=(x(&bins, bin)) y=(ABOVE) width=(x(&bins, bin + 1) - x(&bins, bin)) height=(HEIGHT) {
                title { (span(&bins, bin, label)) ": " (count) }
            }
        }
    };
    frame(title, &bins, label, &html! { @for (bin, count) in counts.iter().enumerate() { (bar(bin, *count)) } })
}

/// Where a bin begins.
fn x(bins: &Bins, bin: usize) -> i128 {
    let (bin, all) = (i128::try_from(bin).unwrap_or_default(), i128::try_from(bins.len()).unwrap_or(1));
    LEFT + scale(bin, all, WIDTH)
}

fn span(bins: &Bins, bin: usize, label: &dyn Fn(i64) -> String) -> String {
    format!("{} to below {}", label(bins.begin(bin)), label(bins.begin(bin + 1)))
}

/// Axes and their labels around a plot.
fn frame(title: &str, bins: &Bins, label: &dyn Fn(i64) -> String, plot: &Markup) -> Markup {
    let every = i64::try_from(bins.len().div_ceil(8)).unwrap_or(1).saturating_mul(bins.width).max(1);
    // Zero, if it is there, has a tick.
    let ticks = || (0..=bins.len()).filter(|bin| bins.begin(*bin).rem_euclid(every) == 0);
    let bottom = ABOVE + HEIGHT;
    let highest = bins.highest();
    html! {
        svg viewBox=(format!("0 0 {} {}", LEFT + WIDTH + 24, bottom + BELOW)) role="img" aria-label=(title) {
            @for (count, y) in [(highest, ABOVE), (highest / 2, ABOVE + HEIGHT - scale((highest / 2).into(), highest.into(), HEIGHT))] {
                line.grid x1=(LEFT) x2=(LEFT + WIDTH) y1=(y) y2=(y) {}
                text x=(LEFT - 6) y=(y + 4) text-anchor="end" { (count) }
            }
            (plot)
            line.axis x1=(LEFT) x2=(LEFT + WIDTH) y1=(bottom) y2=(bottom) {}
            @for bin in ticks() {
                line.axis x1=(x(bins, bin)) x2=(x(bins, bin)) y1=(bottom) y2=(bottom + 4) {}
                text x=(x(bins, bin)) y=(bottom + 17) text-anchor="middle" { (label(bins.begin(bin))) }
            }
        }
        @if bins.outside > 0 {
            p.note { (bins.outside) " further out on either side are counted in the outermost bars." }
        }
    }
}

/// A bar to the left or to the right of the middle, as wide as `value` is of `whole`.
pub fn bar(value: i128, whole: i128) -> Markup {
    const HALF: i128 = 100;
    let width = scale(value, whole, HALF);
    let class = if value < 0 { "down" } else { "up" };
    html! {
        svg.bar viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true" {
            rect class=(class) x=(HALF + width.min(0)) y="1" width=(width.abs()) height="10" {}
            line.axis x1=(HALF) x2=(HALF) y1="0" y2="12" {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Every number is in a bin; bins begin at round numbers; the odd one far out does not squeeze the others.
    #[test]
    fn bins() {
        let bins = Bins::of(&[vec![(-3, 2), (0, 1), (7, 4)], vec![(8, 1)]]).unwrap();
        assert_eq!((bins.start, bins.width, bins.outside), (-3, 1, 0));
        assert_eq!(bins.counts, [vec![2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 0], vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]);
        let many = vec![(1000, 500), (2000, 499), (1_000_000_000, 1)];
        let bins = Bins::of(&[many]).unwrap();
        assert_eq!((bins.start, bins.width, bins.outside), (1000, 50, 1));
        assert_eq!(bins.counts.first().unwrap().iter().sum::<u64>(), 1000);
        assert_eq!(Bins::of(&[vec![]]), None);
    }

    /// Widths are those that people count in.
    #[test]
    fn widths() {
        for (width, expected) in [(1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (49, 50), (51, 100), (i64::MAX, i64::MAX)]
        {
            assert_eq!(round_up(width), expected);
        }
    }
}
