//! What is found of conditions is held to trying all facts there are.
#![allow(clippy::unwrap_used)]

use farebox_conditions::{
    Budget, Calendar, CalendarDocument, Choice, Facts, HolidaysDocument, Name, Range, Subjects, TooComplex, When,
    failing, meeting, outside,
};
use farebox_document::Problems;
use farebox_fare::LocalTime;
use proptest::prelude::*;

const NAMES: [&str; 3] = ["a", "b", "other"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A document with two facts that are names, and one that is a quantity. It has a holiday on a Wednesday.
fn subjects() -> Subjects<'static, 2, 1> {
    let mut holidays = [false; 7];
    holidays[2] = true;
    Subjects { names: ["tier", "scene"].map(Name::any), quantities: ["distance_m"], holidays }
}

fn choice() -> impl Strategy<Value = Option<Choice>> {
    let names = prop::sample::subsequence(vec!["a".to_owned(), "b".to_owned()], 1..=2);
    prop_oneof![
        Just(None),
        names.clone().prop_map(|names| Some(Choice::In(names))),
        names.prop_map(|names| Some(Choice::NotIn(names)))
    ]
}

fn range() -> impl Strategy<Value = Option<Range>> {
    let bounded = (0_u64..3, 1_u64..3).prop_map(|(from, more)| Some(Range { from, to: from + more }));
    prop_oneof![2 => Just(None), 2 => bounded, 1 => (1_u64..3).prop_map(|from| Some(Range { from, to: u64::MAX }))]
}

fn calendar() -> impl Strategy<Value = Calendar> {
    let windows = prop::sample::subsequence(vec!["08:00-12:00", "12:00-20:00", "20:00-08:00"], 0..=2);
    let weekdays = prop::sample::subsequence(DAYS.to_vec(), 0..=7);
    let holidays = prop_oneof![4 => Just(None), 1 => Just(Some(HolidaysDocument::Only)), 1 => Just(Some(HolidaysDocument::Except))];
    (windows, weekdays, holidays).prop_map(|(windows, weekdays, holidays)| {
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let document = CalendarDocument { local_time: owned(windows), weekdays: owned(weekdays), holidays };
        Calendar::read(document, "", &mut Problems::default())
    })
}

fn when() -> impl Strategy<Value = When<2, 1>> {
    (calendar(), [choice(), choice()], range()).prop_map(|(calendar, names, range)| When {
        calendar,
        names,
        quantities: [range],
    })
}

/// All facts that conditions made here can tell apart.
fn all_facts() -> Vec<Facts<'static, 2, 1>> {
    let mut all = Vec::new();
    for day in 0..7_u16 {
        for minute in [0, 8 * 60, 12 * 60, 20 * 60] {
            for holiday in [false, true].into_iter().filter(|holiday| !holiday || day == 2) {
                for tier in NAMES {
                    for scene in NAMES {
                        let moment = LocalTime { minute: day * 24 * 60 + minute, holiday };
                        all.extend((0..6).map(|distance| Facts {
                            moment,
                            names: [tier, scene],
                            quantities: [distance],
                        }));
                    }
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Two parts are said to meet when there are facts to which both apply.
    #[test]
    fn meetings(one in when(), other in when()) {
        let expected = all_facts().iter().any(|facts| one.holds(facts) && other.holds(facts));
        prop_assert_eq!(meeting(&one, &other, &subjects(), &mut Budget::new(1_000)).unwrap().is_some(), expected);
    }

    /// Something is said to be outside of all others when there are facts to which none of them applies; and each word of the example
    /// is so of such facts.
    #[test]
    fn what_is_outside(part in when(), others in prop::collection::vec(when(), 0..8)) {
        let others: Vec<_> = others.iter().collect();
        let words = outside(&part, &others, &subjects(), &mut Budget::new(1_000_000)).unwrap();
        let is_outside = |facts: &Facts<'_, 2, 1>| part.holds(facts) && !others.iter().any(|other| other.holds(facts));
        let example = |facts: &Facts<'_, 2, 1>| words.iter().flatten().all(|word| says(word, facts));
        prop_assert_eq!(words.is_some(), all_facts().iter().any(is_outside));
        prop_assert!(words.is_none() || all_facts().iter().any(|facts| is_outside(facts) && example(facts)), "{words:?}");
    }

    /// A part applies when nothing is said against it.
    #[test]
    fn failings(when in when()) {
        for facts in all_facts() {
            prop_assert_eq!(when.holds(&facts), failing(&when, &facts, &subjects()).is_empty());
        }
    }

    /// Whoever runs out of comparisons is told so, and nothing else.
    #[test]
    fn what_is_too_complex(part in when(), others in prop::collection::vec(when(), 0..8), budget in 0_usize..400) {
        let others: Vec<_> = others.iter().collect();
        let least = outside(&part, &others, &subjects(), &mut Budget::new(budget));
        let most = outside(&part, &others, &subjects(), &mut Budget::new(1_000_000));
        prop_assert!(least == Err(TooComplex) || least == most);
    }
}

/// Whether a word of an example is so of facts.
fn says(word: &str, facts: &Facts<'_, 2, 1>) -> bool {
    let names = ["tier", "scene"].into_iter().zip(facts.names);
    let mut words: Vec<String> =
        names.map(|(fact, name)| format!("{fact} {}", name.replace("other", "any other"))).collect();
    words.push(format!("distance_m {}", facts.quantities[0]));
    words.push(facts.moment.describe());
    words.iter().any(|one| one == word)
}
