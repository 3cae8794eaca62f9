//! The bulkhead, over many schedules.
#![allow(clippy::unwrap_used)]

use farebox_resilience::{Bulkhead, Entry};
use std::collections::BTreeSet;

/// However calls come, leave and give up: never more than there are places, nobody waits while a place is free, whoever waited
/// longest is next, and nobody is forgotten.
#[test]
fn schedules() {
    let mut random = fastrand::Rng::with_seed(1);
    for schedule in 0..1_000_000 {
        let (places, most_waiting) = (random.usize(1..4), random.usize(0..4));
        let mut bulkhead = Bulkhead::new(places, most_waiting);
        let mut inside = 0;
        let mut waiting: Vec<u64> = Vec::new();
        let mut known = BTreeSet::new();
        for _ in 0..24 {
            match random.u8(0..4) {
                0 | 1 => match bulkhead.enter() {
                    Entry::In => {
                        assert!(waiting.is_empty(), "schedule {schedule}: somebody was overtaken");
                        inside += 1;
                    }
                    Entry::Waits(number) => {
                        assert!(known.insert(number) && inside == places, "schedule {schedule}");
                        waiting.push(number);
                    }
                    Entry::Refused => {
                        assert_eq!((inside, waiting.len()), (places, most_waiting), "schedule {schedule}")
                    }
                },
                2 if inside > 0 => {
                    let next = bulkhead.leave();
                    assert_eq!(next, waiting.first().copied(), "schedule {schedule}");
                    match next {
                        Some(_) => _ = waiting.remove(0),
                        None => inside -= 1,
                    }
                }
                _ if !waiting.is_empty() => {
                    let number = waiting.remove(random.usize(..waiting.len()));
                    assert!(bulkhead.gave_up(number), "schedule {schedule}");
                    assert!(!bulkhead.gave_up(number), "schedule {schedule}: nobody gives up twice");
                }
                _ => {}
            }
            assert_eq!((bulkhead.taken(), bulkhead.waiting()), (inside, waiting.len()), "schedule {schedule}");
            assert!(inside <= places && waiting.len() <= most_waiting, "schedule {schedule}");
        }
        while inside > 0 {
            match bulkhead.leave() {
                Some(_) => _ = waiting.remove(0),
                None => inside -= 1,
            }
        }
        assert_eq!((bulkhead.taken(), bulkhead.waiting(), waiting.len()), (0, 0, 0), "schedule {schedule}");
    }
}
