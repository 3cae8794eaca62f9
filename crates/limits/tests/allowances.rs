//! What an instance lets: stories, and crowds.
#![allow(clippy::unwrap_used)]

use farebox_limits::bucket::{State, take};
use farebox_limits::{Allowances, Decision, Limit, MOST_ENTRIES, Over, Refused, Remaining, Taken, Window};
use proptest::prelude::*;

fn said(decision: Decision) -> String {
    match decision {
        Decision::Decided(Ok(Remaining { bucket, window: None })) => format!("let {bucket}"),
        Decision::Decided(Ok(Remaining { bucket, window: Some(window) })) => format!("let {bucket}/{window}"),
        Decision::Ask(up_to) => format!("ask {up_to}"),
        Decision::Decided(Err(Refused { over, retry_after_ms })) => {
            format!("refuse {retry_after_ms}{}", if over == Over::Window { " window" } else { "" })
        }
    }
}

fn numbers<T: std::str::FromStr>(text: &str) -> Vec<T>
where
    T::Err: std::fmt::Debug,
{
    text.split([' ', '/']).map(|number| number.parse().unwrap()).collect()
}

fn limit(text: &str) -> Limit {
    match numbers(text)[..] {
        [rate, burst] => Limit { rate, burst, window: None },
        [rate, burst, requests, seconds] => Limit { rate, burst, window: Some(Window { requests, seconds }) },
        _ => panic!("{text}"),
    }
}

/// Each story goes as `allowances.txt` tells it.
#[test]
fn stories() {
    let stories = include_str!("allowances.txt").split("\n\n");
    let mut steps = 0;
    for story in stories.filter(|story| story.contains("\nlimit ")) {
        let mut allowances = Allowances::new();
        let (mut of, mut asked) = (limit("1 1"), Vec::new());
        for line in story.lines().skip(1) {
            if let Some(text) = line.strip_prefix("limit ") {
                of = limit(text);
                continue;
            }
            let (step, expected) = line.split_once("->").unwrap();
            let (at, step) = step.trim().split_once(' ').unwrap();
            let (at, step) = (at.parse::<u64>().unwrap(), step.trim());
            let (name, step) = step.strip_prefix("b ").map_or(("a", step), |step| ("b", step));
            let decision = if let Some(times) = step.strip_prefix("request") {
                let times: u32 = times.trim().strip_prefix('x').map_or(1, |times| times.parse().unwrap());
                (0..times).map(|_| allowances.request(name, &of, at)).last().unwrap()
            } else if let Some(text) = step.strip_prefix("granted ") {
                let [granted, bucket, retry, rest @ ..] = &numbers::<u32>(text)[..] else { panic!("{line}") };
                let (granted, bucket, retry_after_ms) = (*granted, *bucket, u64::from(*retry));
                let taken = Taken { granted, bucket, window: rest.first().copied(), retry_after_ms };
                Decision::Decided(allowances.answered(name, &of, asked.remove(0), &taken, at))
            } else {
                assert_eq!(step, "silence", "{line}");
                asked.remove(0);
                Decision::Decided(allowances.unanswered(name, &of, at))
            };
            if let Decision::Ask(up_to) = decision {
                asked.push(up_to);
            }
            assert_eq!(said(decision), expected.trim(), "{line}\n{story}");
            steps += 1;
        }
    }
    assert!(steps > 60, "{steps}");
}

/// However many callers there are, an instance remembers so many of them, and forgets those that it has not seen for longest.
#[test]
fn entries_are_bounded() {
    let limit = limit("50 200");
    let mut allowances = Allowances::new();
    let taken = Taken { granted: 20, bucket: 180, window: None, retry_after_ms: 0 };
    for caller in 0..MOST_ENTRIES {
        let name = caller.to_string();
        assert_eq!(allowances.request(&name, &limit, 0), Decision::Ask(20));
        assert!(allowances.answered(&name, &limit, 20, &taken, 0).is_ok());
    }
    let knows = |allowances: &mut Allowances, name: &str| {
        matches!(allowances.request(name, &limit, 1), Decision::Decided(Ok(_)))
    };
    assert!(knows(&mut allowances, "0") && knows(&mut allowances, "1000"));
    assert!(!knows(&mut allowances, "one more"));
    assert!(knows(&mut allowances, "0") && knows(&mut allowances, "1000") && knows(&mut allowances, "4095"));
    assert!(!knows(&mut allowances, "1") && !knows(&mut allowances, "300"));
    let size = format!("{allowances:?}").matches("Allowance {").count();
    assert!(size < MOST_ENTRIES, "{size}");
}

/// Some instances, one store, and what they do about requests that come in some order.
struct Crowd {
    limit: Limit,
    instances: Vec<Allowances>,
    store: Option<State>,
    /// What was asked of the store and not heard yet: when it is heard, by whom, how much it was, and what was said.
    open: Vec<(u64, usize, u32, Taken)>,
    calls: u64,
    let_at: Vec<u64>,
    asking: usize,
}

impl Crowd {
    fn new(limit: Limit, instances: usize) -> Self {
        let instances = (0..instances).map(|_| Allowances::new()).collect();
        Self { limit, instances, store: None, open: Vec::new(), calls: 0, let_at: Vec::new(), asking: 0 }
    }

    /// A request comes to an instance; the store needs so long to be heard of.
    fn request(&mut self, now: u64, instance: usize, latency: u64) {
        self.hear(now);
        match self.instances[instance].request("a", &self.limit, now) {
            Decision::Decided(Ok(_)) => self.let_at.push(now),
            Decision::Decided(Err(refused)) => assert!(refused.retry_after_ms > 0),
            Decision::Ask(up_to) => {
                self.calls += 1;
                let (state, granted) = take(self.store, &self.limit, up_to, now);
                self.store = Some(state);
                self.open.push((now + latency, instance, up_to, state.told(&self.limit, granted)));
                self.asking = self.asking.max(self.open.len());
            }
        }
    }

    fn hear(&mut self, now: u64) {
        self.open.sort_by_key(|(at, ..)| *at);
        while self.open.first().is_some_and(|(at, ..)| *at <= now) {
            let (at, instance, up_to, taken) = self.open.remove(0);
            if self.instances[instance].answered("a", &self.limit, up_to, &taken, at).is_ok() {
                self.let_at.push(at);
            }
        }
    }

    /// The most that may be let in so many milliseconds: what may be at once, what comes meanwhile, and for each instance a batch
    /// that it has and a batch on credit; and a batch more for whoever asks at the same time.
    fn most(&self, ms: u64) -> u64 {
        let Limit { rate, burst, .. } = self.limit;
        let instances = u64::try_from(self.instances.len()).unwrap();
        let comes = (u64::from(rate) * ms).div_ceil(1_000);
        u64::from(burst) + comes + u64::from(self.limit.batch()) * (2 * instances + u64::try_from(self.asking).unwrap())
    }

    fn check(&mut self) {
        self.hear(u64::MAX);
        self.let_at.sort_unstable();
        for (number, from) in self.let_at.iter().enumerate().step_by(7) {
            for (more, to) in self.let_at.iter().enumerate().skip(number).step_by(11) {
                let count = u64::try_from(more - number + 1).unwrap();
                assert!(count <= self.most(to - from), "{count} from {from} to {to} of {:?}", self.limit);
            }
        }
        if let Some(window) = self.limit.window {
            for begin in self.let_at.iter().map(|at| at - at % window.ms()) {
                let count = self.let_at.iter().filter(|at| (begin..begin + window.ms()).contains(at)).count();
                let slack = (self.instances.len() * 2 + self.asking) * self.limit.batch() as usize;
                assert!(count <= window.requests as usize + slack, "{count} in the window from {begin}");
            }
        }
    }
}

fn limits() -> impl Strategy<Value = Limit> {
    let window =
        proptest::option::of((1_u32..300, 1_u32..5).prop_map(|(requests, seconds)| Window { requests, seconds }));
    (1_u32..300, 1_u32..400, window).prop_map(|(rate, burst, window)| Limit { rate, burst, window })
}

proptest! {
    /// However many instances there are, and however late they hear of the store, no more are let than the limit and what each of them
    /// may hold.
    #[test]
    fn crowds_are_let_what_is_documented(
        limit in limits(),
        instances in 1_usize..6,
        requests in proptest::collection::vec((0_u64..40, 0_usize..6, 0_u64..60), 1..800),
    ) {
        let mut crowd = Crowd::new(limit, instances);
        let mut now = 1_000;
        for (after, instance, latency) in requests {
            now += after;
            crowd.request(now, instance % instances, latency);
        }
        crowd.check();
    }

    /// What is granted never exceeds what may be at once and what comes, nor the window; and whoever comes when they are told to is
    /// granted something.
    #[test]
    fn the_arithmetic_keeps_its_promise(
        limit in limits(),
        steps in proptest::collection::vec((0_u64..3_000, 1_u32..60), 1..200),
    ) {
        let (mut state, mut now, mut all) = (None, 50_000, Vec::new());
        for (after, up_to) in steps {
            now += after;
            let (next, granted) = take(state, &limit, up_to, now);
            let told = next.told(&limit, granted);
            prop_assert!(granted <= up_to);
            prop_assert_eq!(told.retry_after_ms == 0, told.bucket > 0 && told.window != Some(0));
            let (_, then) = take(Some(next), &limit, 1, now + told.retry_after_ms);
            prop_assert_eq!(then, 1, "{:?} after {}", told, told.retry_after_ms);
            if told.retry_after_ms > 0 {
                let (_, before) = take(Some(next), &limit, 1, now + told.retry_after_ms - 1);
                prop_assert_eq!(before, 0);
            }
            all.push((now, u64::from(granted)));
            state = Some(next);
        }
        for (number, (from, _)) in all.iter().enumerate() {
            let mut sum = 0;
            for (to, granted) in all.iter().skip(number) {
                sum += granted;
                prop_assert!(sum <= u64::from(limit.burst) + (u64::from(limit.rate) * (to - from)).div_ceil(1_000));
                if let Some(window) = limit.window {
                    let begin = to - to % window.ms();
                    prop_assert!(*from < begin || sum <= u64::from(window.requests));
                }
            }
        }
    }
}

/// Traffic below the limit is let, all of it, and costs at most one call of the store for twenty requests; a flood costs no more than
/// a call for each batch that comes.
#[test]
fn calls() {
    // 100 a second on two instances, of 200 that may be.
    let mut crowd = Crowd::new(limit("200 400"), 2);
    for request in 0..6_000_u64 {
        crowd.request(request * 10, (request % 2) as usize, 3);
    }
    crowd.check();
    assert_eq!(crowd.let_at.len(), 6_000);
    assert!(crowd.calls <= 6_000 / 20, "{} calls", crowd.calls);
    // 10,000 a second for ten seconds.
    let mut crowd = Crowd::new(limit("200 400"), 1);
    for request in 0..100_000_u64 {
        crowd.request(request / 10, 0, 3);
    }
    crowd.check();
    let at_most = 400 + 2_000 + 2 * 40;
    assert!((2_300..=at_most).contains(&crowd.let_at.len()), "{}", crowd.let_at.len());
    assert!(crowd.calls <= 100, "{} calls", crowd.calls);
}
