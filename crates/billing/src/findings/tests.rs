#![allow(clippy::unwrap_used)]
use super::*;
use crate::config::city::{Findings, Limits, Tolerances};
use proptest::prelude::*;

/// 2026-11-21T00:00:00Z
const DAY: Timestamp = 1_795_219_200;

/// A moment of the table: "10:05", "10:05:30", or so many days later, "+365 10:05".
fn moment(text: &str) -> Timestamp {
    let (days, clock) = match text.strip_prefix('+').and_then(|text| text.split_once(' ')) {
        Some((days, clock)) => (days.parse().unwrap(), clock),
        None => (0, text),
    };
    let parts: Vec<i64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
    DAY + days * 86_400 + parts[0] * 3_600 + parts[1] * 60 + parts.get(2).unwrap_or(&0)
}

/// Segments of the table: "2 at 10:05 600 s 3000 m"; of "1-20 at ..." there are twenty.
fn segments(text: &str) -> Vec<Segment> {
    let one = |text: &str| {
        let (number, rest) = text.split_once(" at ").unwrap();
        let (rest, distance) = rest.strip_suffix(" m").unwrap().rsplit_once(" s ").unwrap();
        let (at, duration) = rest.rsplit_once(' ').unwrap();
        let (from, to) = number.split_once('-').unwrap_or((number, number));
        let segment = |sequence| Segment {
            sequence,
            started_at: moment(at),
            duration_s: duration.parse().unwrap(),
            distance_m: distance.parse().unwrap(),
        };
        (from.parse().unwrap()..=to.parse().unwrap()).map(segment).collect::<Vec<_>>()
    };
    text.split(", ").flat_map(one).collect()
}

fn ride(text: &str) -> Measured {
    let (from, to) = text.split_once('-').unwrap();
    Measured { started_at: moment(from), ended_at: moment(to), waiting_s: 0, completely: true, last: None }
}

fn rules(response: Response) -> CityRules {
    let hole = if response == Response::Drop { Response::Accept } else { response };
    let (outside, overlap, too_fast, unexpected) = (response, response, response, response);
    let findings = Findings { outside, overlap, gap: hole, too_fast, missing: hole, unexpected };
    CityRules { findings, ..CityRules::of("110000") }
}

fn numbers(segments: &[Segment]) -> String {
    segments.iter().map(|segment| segment.sequence.to_string()).collect::<Vec<_>>().join(" ")
}

fn words(findings: &[Finding]) -> String {
    let word = |finding: &Finding| {
        let numbers: Vec<String> = finding.segments.iter().map(u64::to_string).collect();
        let numbers = if numbers.is_empty() { String::new() } else { format!(" [{}]", numbers.join(" ")) };
        let often = if finding.count > 1 { format!(" {} x", finding.count) } else { String::new() };
        format!("{}{often} {}{numbers}", finding.finding.word(), finding.figure.unwrap())
    };
    findings.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// What is found of every kind of nonsense, with its figure, and what is left when it is dropped. Whether it is accepted or
/// counts as incomplete, everything is charged, and what is found is the same.
#[test]
fn what_is_found() {
    // Clocks may differ by 60 s, gaps of 300 s are none, and nothing drives faster than 250 km/h.
    let table = "
        segments                                                                          | ride              | found                          | found when dropped            | left
        1 at 10:00 300 s 3000 m, 2 at 10:05 300 s 3000 m                                  | 10:00-10:10       |                                |                               | 1 2
        1 at 09:59 360 s 3000 m, 2 at 10:05 360 s 3000 m                                  | 10:00-10:10       |                                |                               | 1 2
        1 at 09:58:59 361 s 3000 m, 2 at 10:05 300 s 3000 m                               | 10:00-10:10       | outside 61 [1]                 | outside 61 [1]                | 1 2
        1 at 10:00 300 s 3000 m, 2 at 10:05 361 s 3000 m                                  | 10:00-10:10       | outside 61 [2]                 | outside 61 [2]                | 1 2
        1 at 09:00 600 s 3000 m, 2 at 10:00 600 s 4000 m, 3 at 12:00 600 s 3000 m         | 10:00-10:10       | outside 2 x 10800 [1 3]        | outside 2 x 10800 [1 3]       | 2
        1 at 10:00 600 s 4000 m, 2 at +365 10:00 600 s 4000 m                             | 10:00-10:10       | outside 31536000 [2]           | outside 31536000 [2]          | 1
        1 at 09:00 7200 s 4000 m                                                          | 10:00-10:10       | outside 6600 [1]               | outside 6600 [1]              | 1
        1 at 09:00 3600 s 4000 m, 2 at 09:55 900 s 4000 m                                 | 10:00-10:10       | outside 2 x 3900 [1 2], overlap 300 [2] | outside 3600 [1], outside 300 [2] | 2
        1 at 10:00 600 s 3000 m, 2 at 10:05 600 s 3000 m                                  | 10:00-10:15       | overlap 300 [2]                | overlap 300 [2]               | 1
        1 at 10:00 360 s 3000 m, 2 at 10:05 300 s 3000 m                                  | 10:00-10:10       |                                |                               | 1 2
        1 at 10:00 361 s 3000 m, 2 at 10:05 300 s 3000 m                                  | 10:00-10:10       | overlap 61 [2]                 | overlap 61 [2]                | 1
        1 at 10:00 600 s 3000 m, 2 at 10:05 10 s 30 m, 3 at 10:10 300 s 3000 m            | 10:00-10:15       | overlap 10 [2]                 | overlap 10 [2]                | 1 3
        1-20 at 10:00 60 s 100 m                                                          | 10:00-10:01       | overlap 18 x 1080 [3 4 5 6 7 8 9 10] | overlap 18 x 1080 [3 4 5 6 7 8 9 10] | 1 2
        1 at 10:00 300 s 2000 m, 2 at 10:55 300 s 2000 m                                  | 10:00-11:00       | gap 3000 [1]                   | gap 3000 [1]                  | 1 2
        1 at 10:00 300 s 2000 m, 2 at 10:10 300 s 2000 m                                  | 10:00-10:20       |                                |                               | 1 2
        1 at 10:06 240 s 2000 m, 2 at 10:16 60 s 200 m                                    | 10:00-10:23       | gap 3 x 1080 [1 2]             | gap 3 x 1080 [1 2]            | 1 2
        1 at 10:00 60 s 100000 m                                                          | 10:00-10:01       | too-fast 6000 [1]              | too-fast 6000 [1]             |
        1 at 10:00 1 s 80 m, 2 at 10:00:01 59 s 900 m                                     | 10:00-10:01       |                                |                               | 1 2
        1 at 10:00 1 s 208 m, 2 at 10:00:01 59 s 900 m                                    | 10:00-10:01       |                                |                               | 1 2
        1 at 10:00 1 s 209 m, 2 at 10:00:01 59 s 900 m                                    | 10:00-10:01       | too-fast 752 [1]               | too-fast 752 [1]              | 2
        1 at 10:00 0 s 138 m, 2 at 10:00 60 s 900 m                                       | 10:00-10:01       |                                |                               | 1 2
        1 at 10:00 0 s 139 m, 2 at 10:00 60 s 900 m                                       | 10:00-10:01       | too-fast 500 [1]               | too-fast 500 [1]              | 2
        1 at 10:00 20 s 1400 m, 2 at 10:00:20 20 s 1500 m, 3 at 10:00:40 20 s 1500 m      | 10:00-10:01       | too-fast 270 [3]               | too-fast 270 [3]              | 1 2
        1 at 10:00 300 s 3000 m, 4 at 10:05 300 s 3000 m, 6 at 10:10 300 s 3000 m         | 10:00-10:15       | missing 3 [2 3 5]              | missing 3 [2 3 5]             | 1 4 6
        7 at 10:00 300 s 3000 m, 9007199254740991 at 10:05 300 s 3000 m                   | 10:00-10:10       | missing 9007199254740983 [8 9 10 11 12 13 14 15] | missing 9007199254740983 [8 9 10 11 12 13 14 15] | 7 9007199254740991
        1 at 10:00 300 s 3000 m, 2 at 11:05 300 s 3000 m, 3 at 10:05 300 s 3000 m         | 10:00-10:10       | outside 3600 [2]               | outside 3600 [2]              | 1 3
        1 at 10:00 600 s 3000 m, 3 at 10:05 600 s 90000 m                                 | 10:00-10:10       | outside 300 [3], overlap 300 [3], too-fast 540 [3], missing 1 [2] | outside 300 [3], too-fast 540 [3], missing 1 [2] | 1";
    let mut wrong = Vec::new();
    for row in table.lines().skip(2) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let (came, ride) = (segments(columns[0]), ride(columns[1]));
        let all = came.clone();
        for response in [Response::Accept, Response::Incomplete] {
            let (left, found) = examine(came.clone(), ride, &rules(response));
            if (&*words(&found), &left) != (columns[2], &all) {
                wrong.push(format!("{}: {} leaves {}", columns[0], words(&found), numbers(&left)));
            }
            assert!(found.iter().all(|finding| finding.response == response), "{row}");
        }
        let (left, found) = examine(came, ride, &rules(Response::Drop));
        if (&*words(&found), &*numbers(&left)) != (columns[3], columns[4]) {
            wrong.push(format!("{}, dropped: {} leaves {}", columns[0], words(&found), numbers(&left)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A city that knows its clocks, its roads and its meters says so.
#[test]
fn tolerances_are_the_citys() {
    let table = "
        1 at 09:59:30 600 s 3000 m                         | 10:00-10:10 | 30, 300, 250  |
        1 at 09:59:30 600 s 3000 m                         | 10:00-10:10 | 29, 300, 250  | outside 30 [1]
        1 at 10:00 300 s 3000 m, 2 at 10:06 240 s 3000 m   | 10:00-10:10 | 60, 60, 250   |
        1 at 10:00 300 s 3000 m, 2 at 10:06 240 s 3000 m   | 10:00-10:10 | 60, 59, 250   | gap 60 [1]
        1 at 10:00 600 s 6000 m                            | 10:00-10:10 | 60, 300, 36   |
        1 at 10:00 600 s 6000 m                            | 10:00-10:10 | 60, 300, 35   | too-fast 36 [1]
        1 at 10:00 300 s 3000 m, 2 at 10:04:59 301 s 900 m | 10:00-10:10 | 0, 0, 250     | overlap 1 [2]";
    for row in table.lines().skip(1) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let figures: Vec<u32> = columns[2].split(", ").map(|figure| figure.parse().unwrap()).collect();
        let rules = CityRules {
            tolerances: Tolerances { clock_s: figures[0], gap_s: figures[1], ..Tolerances::default() },
            limits: Limits { speed_kmh: figures[2], ..Limits::default() },
            ..rules(Response::Accept)
        };
        let (_, found) = examine(segments(columns[0]), ride(columns[1]), &rules);
        assert_eq!(words(&found), columns[3], "{row}");
    }
}

/// What was spent waiting is not missing: no segment measures it.
#[test]
fn waiting_is_not_measured() {
    let came = segments("1 at 10:00 300 s 2000 m, 2 at 10:15 300 s 2000 m, 3 at 10:50 600 s 2000 m");
    for (waiting_s, expected) in [
        (0, "gap 2 x 2400 [1 2]"),
        (299, "gap 2 x 2101 [1 2]"),
        (300, "gap 1800 [2]"),
        (2_000, "gap 400 [2]"),
        (2_100, ""),
        (9_999, ""),
    ] {
        let ride = Measured { waiting_s, ..ride("10:00-11:00") };
        assert_eq!(words(&examine(came.clone(), ride, &rules(Response::Accept)).1), expected, "{waiting_s}");
    }
}

/// Of a ride that needed no measuring nothing is missing, and nothing makes it incomplete; what contradicts is said.
#[test]
fn nothing_is_missing_of_what_needs_no_measuring() {
    let came = segments("1 at 10:00 300 s 2000 m, 4 at 12:00 300 s 2000 m");
    let ride = Measured { completely: false, ..ride("10:00-11:00") };
    let (left, found) = examine(came.clone(), ride, &rules(Response::Incomplete));
    assert_eq!((&*words(&found), &left), ("outside 3900 [4]", &came));
    assert!(found.iter().all(|finding| finding.response == Response::Accept));
}

/// Where it is known how many segments there are, every one of them that is not there is named, in ranges, with how long nothing
/// was measured for want of them; and every one that is not among them. Numbers that are missing are then no choice of a city's.
#[test]
fn what_is_missing_is_named() {
    let table = "
        last | segments                                                   | found
        2    | 1 at 10:00 300 s 3000 m, 2 at 10:05 300 s 3000 m           |
        3    | 1 at 10:00 300 s 3000 m, 2 at 10:05 300 s 3000 m           | missing 1 [3]: 3, nothing for 0 s
        9    | 1 at 10:00 200 s 2000 m, 3 at 10:04 60 s 600 m             | gap 300 [3], missing 7 [2 4 5 6 7 8 9]: 2 4-9, nothing for 340 s
        40   | 3 at 10:00 200 s 2000 m, 20 at 10:05 300 s 3000 m          | missing 38 [1 2 4 5 6 7 8 9]: 1-2 4-19 21-40, nothing for 100 s
        2    | 3 at 10:05 300 s 3000 m                                    | gap 300, missing 2 [1 2]: 1-2, nothing for 300 s, unexpected 1 [3]
        9    |                                                            | missing 9 [1 2 3 4 5 6 7 8]: 1-9, nothing for 600 s
        0    |                                                            |
        0    | 1 at 10:00 600 s 6000 m                                    | unexpected 1 [1]
        2    | 0 at 10:00 9 s 9 m, 1 at 10:00:09 291 s 3000 m, 2 at 10:05 300 s 3000 m | unexpected 1 [0]
        1    | 1 at 10:00 300 s 3000 m, 2-20 at 10:05 1 s 1 m             | gap 299 [2], unexpected 19 x 19 [2 3 4 5 6 7 8 9]";
    let said = |finding: &Finding| {
        let range = |(from, to): &(u64, u64)| if from == to { format!("{from}") } else { format!("{from}-{to}") };
        let ranges: Vec<String> = finding.ranges.iter().map(range).collect();
        let ranges = if ranges.is_empty() { String::new() } else { format!(": {}", ranges.join(" ")) };
        let nothing = finding.uncovered_s.map(|seconds| format!(", nothing for {seconds} s")).unwrap_or_default();
        format!("{}{ranges}{nothing}", words(std::slice::from_ref(finding)))
    };
    let tolerances = Tolerances { gap_s: 290, ..Tolerances::default() };
    let findings = Findings { missing: Response::Accept, ..Findings::default() };
    let rules = CityRules { findings, tolerances, ..CityRules::of("110000") };
    let mut wrong = Vec::new();
    for row in table.lines().skip(2) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let came = if columns[1].is_empty() { Vec::new() } else { segments(columns[1]) };
        let last = Some(columns[0].parse().unwrap());
        let (left, found) = examine(came.clone(), Measured { last, ..ride("10:00-10:10") }, &rules);
        let told = found.iter().map(said).collect::<Vec<_>>().join(", ");
        if told != columns[2] {
            wrong.push(format!("{} of {}: {told}", columns[1], columns[0]));
        }
        assert_eq!(left.len(), came.len(), "{row}");
        let incomplete =
            found.iter().filter(|finding| matches!(finding.finding, FindingKind::Missing | FindingKind::Unexpected));
        assert!(incomplete.into_iter().all(|finding| finding.response == Response::Incomplete), "{row}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A segment that the trip does not have is what its city says that it is; what is left out of the bill is not said to cover
/// anything.
#[test]
fn what_is_unexpected_may_be_left_out() {
    let came = segments("1 at 10:00 300 s 3000 m, 3 at 10:05 300 s 3000 m");
    for (response, left, uncovered_s) in
        [(Response::Accept, "1 3", 0), (Response::Incomplete, "1 3", 0), (Response::Drop, "1", 300)]
    {
        let ride = Measured { last: Some(2), ..ride("10:00-10:10") };
        let (kept, found) = examine(came.clone(), ride, &rules(response));
        assert_eq!((&*numbers(&kept), &*words(&found)), (left, "missing 1 [2], unexpected 1 [3]"));
        assert_eq!((found[1].response, found[0].uncovered_s), (response, Some(uncovered_s)));
    }
    // Waiting covers as well.
    let ride = Measured { last: Some(3), waiting_s: 400, ..ride("10:00-10:20") };
    let (_, found) = examine(came, ride, &rules(Response::Accept));
    assert_eq!((words(&found), found[0].uncovered_s), ("missing 1 [2]".to_owned(), Some(200)));
}

/// A record of 20,000 segments that all contradict one another is small.
#[test]
fn findings_are_few() {
    let came = segments("1-20000 at 09:00 86400 s 1000000 m");
    let (left, found) = examine(came, ride("10:00-10:10"), &rules(Response::Accept));
    assert_eq!((left.len(), found.len()), (20_000, 2));
    assert!(serde_json::to_string(&found).unwrap().len() < 400);
}

/// Every ride that there can be, and many that there cannot.
fn any_segments() -> impl Strategy<Value = Vec<Segment>> {
    let moment = prop_oneof![8 => 0_i64..1_200, 1 => -90_000_i64..90_000];
    let duration = prop_oneof![4 => 0_u64..300, 1 => 0_u64..90_000];
    let distance = prop_oneof![4 => 0_u64..5_000, 1 => any::<u64>()];
    proptest::collection::vec((moment, duration, distance, 0_u64..3), 0..24).prop_map(|segments| {
        let mut sequence = 0;
        let segment = |(offset, duration_s, distance_m, skipped)| {
            sequence += 1 + skipped;
            Segment { sequence, started_at: DAY + offset, distance_m, duration_s }
        };
        segments.into_iter().map(segment).collect()
    })
}

fn any_rules() -> impl Strategy<Value = CityRules> {
    let response = || (0_usize..3).prop_map(|index| Response::ALL[index]);
    let hole = || any::<bool>().prop_map(|accept| if accept { Response::Accept } else { Response::Incomplete });
    let figures = (0_u32..120, 0_u32..600, 1_u32..300);
    (response(), response(), response(), response(), hole(), hole(), figures).prop_map(
        |(outside, overlap, too_fast, unexpected, gap, missing, (clock_s, gap_s, speed_kmh))| CityRules {
            findings: Findings { outside, overlap, gap, too_fast, missing, unexpected },
            tolerances: Tolerances { clock_s, gap_s, ..Tolerances::default() },
            limits: Limits { speed_kmh, ..Limits::default() },
            ..CityRules::of("110000")
        },
    )
}

const RIDE: Measured = Measured { started_at: DAY, ended_at: DAY + 1_200, waiting_s: 0, completely: true, last: None };

/// The ride, of which it is said how many segments it has, or not.
fn any_ride() -> impl Strategy<Value = Measured> {
    proptest::option::of(0_u64..30).prop_map(|last| Measured { last, ..RIDE })
}

proptest! {
    /// Segments come in any order, and it makes no difference.
    #[test]
    fn order_makes_no_difference(
        segments in any_segments(), ride in any_ride(), rules in any_rules(), seed in any::<u64>(),
    ) {
        let mut shuffled = segments.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(examine(shuffled, ride, &rules), examine(segments, ride, &rules));
    }

    /// Whatever is found, only what is to be dropped is not charged.
    #[test]
    fn only_dropping_changes_what_is_charged(segments in any_segments(), ride in any_ride(), rules in any_rules()) {
        let (left, found) = examine(segments.clone(), ride, &rules);
        let dropped = found.iter().filter(|finding| finding.response == Response::Drop);
        let dropped: u32 = dropped.map(|finding| finding.count).sum();
        prop_assert_eq!(left.len() + usize::try_from(dropped).unwrap(), segments.len());
        prop_assert!(left.iter().all(|segment| segments.contains(segment)));
    }

    /// What was dropped is gone: nothing of its kind is found in what is left, of which nothing is dropped a second time.
    #[test]
    fn what_is_dropped_is_gone(segments in any_segments(), ride in any_ride(), rules in any_rules()) {
        let (left, _) = examine(segments, ride, &rules);
        let (again, found) = examine(left.clone(), ride, &rules);
        prop_assert_eq!(again, left);
        prop_assert!(found.iter().all(|finding| finding.response != Response::Drop));
    }

    /// A ride is complete exactly when it has the segments that it is said to have, and no others.
    #[test]
    fn complete_is_exactly_those(segments in any_segments(), holes in any::<bool>(), off in 0_u64..3) {
        let mut segments = segments;
        if !holes {
            (1..).zip(&mut segments).for_each(|(number, segment)| segment.sequence = number);
        }
        let last = (segments.len() as u64 + off).saturating_sub(1);
        let is_all = segments.iter().map(|segment| segment.sequence).eq(1..=last);
        let ride = Measured { last: Some(last), ..RIDE };
        let (_, found) = examine(segments, ride, &CityRules::of("110000"));
        let lacks = found.iter().any(|finding| finding.response == Response::Incomplete);
        prop_assert_eq!(lacks, !is_all, "{:?}", found);
    }

    /// Of what is left when all nonsense is dropped, no more is measured than passed, and nothing is faster than anything.
    #[test]
    fn what_is_left_is_possible(segments in any_segments(), rules in any_rules()) {
        let drop = Response::Drop;
        let findings = Findings { outside: drop, overlap: drop, too_fast: drop, ..rules.findings };
        let rules = CityRules { findings, ..rules };
        let (left, _) = examine(segments, RIDE, &rules);
        let clock_s = u64::from(rules.tolerances.clock_s);
        let (metres, measured_s) =
            left.iter().fold((0, 0), |(m, s), segment| (m + segment.distance_m, s + segment.duration_s));
        let from = left.iter().map(|segment| segment.started_at).min().unwrap_or_default();
        let to = left.iter().map(end).max().unwrap_or_default();
        // The last segment may begin before the one before it ends.
        prop_assert!(measured_s <= seconds(from, to) + clock_s, "{} s", measured_s);
        // And nothing lies further outside than the clocks are apart.
        let clock_s = i64::from(rules.tolerances.clock_s);
        let has_a_part = |segment: &Segment| {
            segment.started_at <= RIDE.ended_at + clock_s && end(segment) >= RIDE.started_at - clock_s
        };
        prop_assert!(left.iter().all(has_a_part));
        prop_assert!(metres * 18 <= u64::from(rules.limits.speed_kmh) * 5 * (measured_s + TICKS_S), "{} m", metres);
    }
}
