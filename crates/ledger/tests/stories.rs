//! Budgets, coupons and movements, as `stories.txt` tells them: what anybody may hold this crate to without reading it.
#![allow(clippy::unwrap_used)]

use farebox_ledger::account::{self, Account};
use farebox_ledger::movement::{self, Book, Movement, Name};
use farebox_ledger::rebalance::{Plan, plan};
use farebox_ledger::redemption::{self, Redemption};
use farebox_ledger::share::{self, Allow, Share};
use farebox_money::Currency;

/// The account of a budget and the shares of its buckets.
struct Budget {
    account: Account,
    shares: Vec<Option<Share>>,
    /// What each share has said, or would be told, to be heard late.
    kept: Vec<(Option<Share>, Option<Allow>)>,
    is_silent: Vec<bool>,
    moment: u64,
}

fn numbers(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

impl Budget {
    /// All of them are new, and have said so.
    fn new(limit: i64, buckets: u32) -> Self {
        let shares = (0..buckets).map(|bucket| Some(Share { term: 100, ..Share::new(u64::from(bucket) + 1) }));
        let mut account = Account::new(100, 1, limit, buckets);
        for (bucket, share) in (0..).zip(shares.clone().flatten()) {
            account = account::step(account, 100, account::Command::Learn { bucket, said: share }).0;
        }
        let buckets = shares.len();
        let (kept, is_silent) = (vec![(None, None); buckets], vec![false; buckets]);
        Self { account, shares: shares.collect(), kept, is_silent, moment: 100 }
    }

    fn share(&mut self, bucket: usize, command: share::Command) -> String {
        let (share, reply) = share::step(self.shares[bucket], self.moment, command);
        self.shares[bucket] = Some(share);
        match reply {
            share::Reply::Allowed => format!("has {}", share.granted),
            share::Reply::Drawn { drawn } => format!("drawn {drawn}"),
            share::Reply::Short { missing } => format!("short {missing}"),
            share::Reply::Returned { amount } => format!("returned {amount}"),
            share::Reply::Reported => "reported".to_owned(),
            share::Reply::Opened => "opened".to_owned(),
            share::Reply::Closed => "closed".to_owned(),
            share::Reply::Stale => "stale".to_owned(),
            share::Reply::Refused(fault) => format!("refused {fault:?}"),
        }
    }

    fn account(&mut self, command: account::Command) -> String {
        let (account, reply) = account::step(self.account.clone(), self.moment, command);
        self.account = account;
        match reply {
            account::Reply::Allow(allow) => format!("granted {}", allow.granted),
            account::Reply::Short { available, unspent_elsewhere } => {
                format!("short, {available} available, {unspent_elsewhere} elsewhere")
            }
            account::Reply::Learned => "learned".to_owned(),
            account::Reply::Limited { limit } => format!("limit {limit}"),
            account::Reply::Readmitted { granted, returned, .. } => {
                format!("readmitted {granted}, returned {returned}")
            }
            account::Reply::OtherLife { .. } => "other life".to_owned(),
            account::Reply::ShareClosed => "share closed".to_owned(),
            account::Reply::Closed { unheard, .. } => format!("closed, not heard: {}", numbers(&unheard)),
            account::Reply::Refused(fault) => format!("refused {fault:?}"),
        }
    }

    fn plan(&self, bucket: u32, wants: i64) -> String {
        let said: Vec<_> =
            self.shares.iter().zip(&self.is_silent).map(|(share, silent)| share.filter(|_| !silent)).collect();
        match plan(&self.account, &said, bucket, wants).unwrap() {
            Plan::Ask => "ask".to_owned(),
            Plan::Return(buckets) => format!("return {}", numbers(&buckets)),
            Plan::Hear(buckets) => format!("hear {}", numbers(&buckets)),
            Plan::Gone { left } => format!("gone, {left} left"),
        }
    }

    /// Does what a line says. `None` where nothing comes of it.
    fn does(&mut self, line: &str) -> Option<String> {
        self.moment += 1;
        let words: Vec<&str> = line.split_whitespace().collect();
        let amount = |text: &str| text.parse::<i64>().unwrap();
        match words[..] {
            ["available"] => return Some(self.account.available().unwrap().to_string()),
            ["plan", bucket, wants] => return Some(self.plan(bucket.parse().unwrap(), amount(wants))),
            ["limit", generation, limit] => {
                let (generation, limit) = (generation.parse().unwrap(), amount(limit));
                return Some(self.account(account::Command::Limit { generation, limit }));
            }
            ["account", "lose"] => {
                let buckets = u32::try_from(self.shares.len()).unwrap();
                self.account = Account::new(self.moment, self.account.generation, self.account.limit, buckets);
                return None;
            }
            _ => {}
        }
        let bucket: u32 = words[0].parse().unwrap();
        let place = usize::try_from(bucket).unwrap();
        let (said, late) = (self.shares[place].unwrap_or(Share::new(self.moment)), self.kept[place]);
        let readmitted = |budget: &Self| {
            let granted = budget.account.granted(bucket).unwrap();
            (granted.granted, granted.returned)
        };
        let open = |said: Share, (granted, returned): (i64, i64), spent| share::Command::Open {
            life: said.life,
            changes: said.changes,
            granted,
            returned,
            spent,
        };
        Some(match words[1..] {
            ["draw", owed] => self.share(place, share::Command::Draw { owed: amount(owed), drawn: 0 }),
            ["draw", owed, "after", drawn] => {
                self.share(place, share::Command::Draw { owed: amount(owed), drawn: amount(drawn) })
            }
            ["ask", wants] => self.account(account::Command::Ask { bucket, said, wants: amount(wants) }),
            ["ask", wants, "late"] => {
                self.account(account::Command::Ask { bucket, said: late.0.unwrap(), wants: amount(wants) })
            }
            ["allow"] => self.share(place, share::Command::Allow(self.account.allow(bucket).unwrap())),
            ["allow", "late"] => self.share(place, share::Command::Allow(late.1.unwrap())),
            ["return"] => self.share(place, share::Command::Return),
            ["learn"] => self.account(account::Command::Learn { bucket, said }),
            ["learn", "late"] => self.account(account::Command::Learn { bucket, said: late.0.unwrap() }),
            ["report"] => self.share(place, share::Command::Report { term: self.account.term }),
            ["close"] => self.share(place, share::Command::Close { life: said.life }),
            ["readmit"] => {
                let life = self.account.granted(bucket).unwrap().life;
                self.account(account::Command::Readmit { bucket, life, said })
            }
            ["open", spent] => self.share(place, open(said, readmitted(self), amount(spent))),
            ["open", spent, "late"] => self.share(place, open(late.0.unwrap(), readmitted(self), amount(spent))),
            ["open", "own", spent] => self.share(place, open(said, (amount(spent), 0), amount(spent))),
            ["keep", "said"] => {
                self.kept[place].0 = Some(said);
                return None;
            }
            ["keep", "allow"] => {
                self.kept[place].1 = self.account.allow(bucket);
                return None;
            }
            ["lose"] => {
                self.shares[place] = None;
                return None;
            }
            ["is", "late"] => {
                self.shares[place] = late.0;
                return None;
            }
            ["silent"] => {
                self.is_silent[place] = true;
                return None;
            }
            ["heard"] => {
                self.is_silent[place] = false;
                return None;
            }
            _ => panic!("{line}"),
        })
    }
}

fn redeem(redemption: &mut Redemption, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let now = words[0].parse().unwrap();
    let command = match words[1..] {
        [holder, "reserve", "until", until] => {
            redemption::Command::Reserve { holder, until: until.parse().unwrap(), now }
        }
        [trip, "post", "by", holder] => redemption::Command::Post { holder, trip, now },
        [holder, "release"] => redemption::Command::Release { holder, now },
        _ => panic!("{line}"),
    };
    let (next, reply) = redemption::step(redemption.clone(), command);
    *redemption = next;
    match reply {
        redemption::Reply::Reserved { until } => format!("reserved until {until}"),
        redemption::Reply::Posted { trip } => format!("posted {trip}"),
        redemption::Reply::Released => "released".to_owned(),
        redemption::Reply::Late => "late".to_owned(),
        redemption::Reply::Denied { by, until: Some(until) } => format!("denied, {by} has it until {until}"),
        redemption::Reply::Denied { by, until: None } => format!("denied, {by} has redeemed it"),
    }
}

fn enter(book: &mut Book, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [trip, revision, before, after] = words[..] else { panic!("{line}") };
    let currency = Currency::from_code("CNY").unwrap();
    let (before, after) = (before.parse().unwrap(), after.parse().unwrap());
    let said = match Movement::of_draw("spring", "d-1", currency, before, after) {
        Err(fault) => format!("refused {fault:?}"),
        Ok(None) => "nothing".to_owned(),
        Ok(Some(movement)) => {
            let (next, reply) = movement::step(book.clone(), trip, revision.parse().unwrap(), movement);
            *book = next;
            format!("{reply:?}").to_lowercase()
        }
    };
    let balance = |name: Name| book.balance(&name, currency).unwrap();
    let of_budget = balance(Name::Budget("spring".to_owned()));
    format!("{said}, budget {of_budget}, driver {}", balance(Name::DriverPayable("d-1".to_owned())))
}

/// Does what a line says, and says what comes of it.
type Teller = dyn FnMut(&str) -> Option<String>;

/// Guards every promise of the crate by an example: each story goes as `stories.txt` tells it.
#[test]
fn stories() {
    let mut steps = 0;
    for story in include_str!("stories.txt").split("\n\n").skip(3) {
        let mut lines = story.lines().skip(1).filter(|line| !line.is_empty());
        let Some(subject) = lines.next() else { continue };
        let subject: Vec<&str> = subject.split_whitespace().collect();
        let mut does: Box<Teller> = match subject[..] {
            ["budget", limit, "in", buckets] => {
                let mut budget = Budget::new(limit.parse().unwrap(), buckets.parse().unwrap());
                Box::new(move |line| budget.does(line))
            }
            ["coupon", times] => {
                let mut redemption = Redemption::new(times.parse().unwrap());
                Box::new(move |line| Some(redeem(&mut redemption, line)))
            }
            ["book"] => {
                let mut book = Book::default();
                Box::new(move |line| Some(enter(&mut book, line)))
            }
            _ => panic!("{story}"),
        };
        for line in lines {
            let (step, expected) =
                line.split_once("->").map_or((line, None), |(step, reply)| (step, Some(reply.trim())));
            assert_eq!(does(step).as_deref(), expected, "{line}\n{story}");
            steps += 1;
        }
    }
    assert!(steps > 150, "{steps}");
}
