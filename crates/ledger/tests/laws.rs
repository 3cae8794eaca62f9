//! What is always true, whatever is asked in whatever order.
#![allow(clippy::unwrap_used)]

use farebox_ledger::account::{self, Account};
use farebox_ledger::movement::{self, Book, Entry, Movement, Name, NoMovement};
use farebox_ledger::rebalance::{Plan, plan};
use farebox_ledger::redemption::{self, Redemption};
use farebox_ledger::share::{self, Allow, Share};
use farebox_ledger::{Fault, MOST};
use farebox_money::Currency;
use proptest::prelude::*;

/// Amounts that people have, and those at the edges of what doubles and integers hold.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => 0_i64..200,
        1 => -3_i64..0,
        1 => (0_i64..3).prop_map(|more| MOST - 1 + more),
        1 => (0_i64..3).prop_map(|more| more - 1 - MOST),
        1 => prop_oneof![Just(i64::MAX), Just(i64::MIN), Just(i64::MAX - 1), Just(i64::MIN + 1)],
    ]
}

fn any_share() -> impl Strategy<Value = Share> {
    let numbers = (amount(), amount(), amount());
    (0_u64..3, 0_u64..3, 0_u64..5, numbers, any::<bool>()).prop_map(|(life, term, changes, numbers, is_open)| {
        let (granted, returned, spent) = numbers;
        Share { life, term, changes, granted, returned, spent, is_open }
    })
}

fn allow() -> impl Strategy<Value = Allow> {
    (0_u64..3, 0_u64..3, amount(), amount(), amount()).prop_map(|(life, term, granted, acknowledged, returned)| Allow {
        life,
        term,
        granted,
        acknowledged,
        returned,
    })
}

fn to_share() -> impl Strategy<Value = share::Command> {
    use share::Command;
    prop_oneof![
        3 => allow().prop_map(Command::Allow),
        4 => (amount(), amount()).prop_map(|(owed, drawn)| Command::Draw { owed, drawn }),
        2 => Just(Command::Return),
        1 => (0_u64..3).prop_map(|term| Command::Report { term }),
        1 => (0_u64..3).prop_map(|life| Command::Close { life }),
        1 => (0_u64..3, 0_u64..5, amount(), amount(), amount()).prop_map(|(life, changes, granted, returned, spent)| {
            Command::Open { life, changes, granted, returned, spent }
        }),
    ]
}

fn to_account() -> impl Strategy<Value = account::Command> {
    use account::Command;
    prop_oneof![
        4 => (0_u32..4, any_share(), amount()).prop_map(|(bucket, said, wants)| Command::Ask { bucket, said, wants }),
        4 => (0_u32..4, any_share()).prop_map(|(bucket, said)| Command::Learn { bucket, said }),
        1 => (0_u64..4, amount()).prop_map(|(generation, limit)| Command::Limit { generation, limit }),
        1 => (0_u32..4, 0_u64..3, any_share()).prop_map(|(bucket, life, said)| Command::Readmit { bucket, life, said }),
        1 => Just(Command::Close),
    ]
}

/// An account that has granted each bucket something, and what the shares are: some have not heard of all of it, and some have spent or
/// returned what the account has not heard of.
fn city() -> impl Strategy<Value = (Account, Vec<Share>)> {
    let bucket = (0_i64..100, 0_i64..100, 0_i64..100, 0_i64..100, any::<bool>());
    (0_i64..1_000, proptest::collection::vec(bucket, 1..6)).prop_map(|(spare, buckets)| {
        let count = u32::try_from(buckets.len()).unwrap();
        let limit: i64 = spare + buckets.iter().map(|(unseen, ..)| unseen + 100).sum::<i64>();
        let mut account = Account::new(5, 1, limit, count);
        let mut shares = Vec::new();
        for (bucket, (unseen, spent, returned, learned, _)) in (0..).zip(buckets) {
            let returned = returned.min(100 - spent);
            let begun =
                Share { term: 5, changes: 1, granted: 100 + unseen, returned: returned.min(learned), ..Share::new(1) };
            account = account::step(account, 6, account::Command::Learn { bucket, said: begun }).0;
            if let Some(Some(granted)) = account.buckets.get_mut(usize::try_from(bucket).unwrap()) {
                granted.acknowledged = 100;
            }
            shares.push(Share { term: 5, changes: 2, granted: 100, returned, spent, ..Share::new(1) });
        }
        (account, shares)
    })
}

fn tell(account: Account, command: account::Command) -> (Account, account::Reply) {
    account::step(account, 7, command)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Guards "posted never exceeds what was granted", in one bucket: whatever a share is asked, what is spent and returned is granted; sums
    /// only ever grow while it is open; what is refused changes nothing; and nothing wraps or panics.
    #[test]
    fn a_share_keeps_its_law(commands in proptest::collection::vec(to_share(), 1..60)) {
        let mut share = Share::new(1);
        for command in commands {
            let (next, reply) = share::step(Some(share), 1, command);
            prop_assert!(next.free().is_ok(), "{:?} after {:?}", next, command);
            if next.life == share.life && share.is_open {
                prop_assert!(next.granted >= share.granted && next.returned >= share.returned && next.term >= share.term);
            }
            prop_assert!(next == share || next.changes > share.changes);
            match reply {
                share::Reply::Refused(_) | share::Reply::Short { .. } | share::Reply::Stale => prop_assert_eq!(next, share),
                share::Reply::Drawn { drawn } if drawn > 0 && !share.is_open => prop_assert!(next.spent <= share.spent),
                _ => {}
            }
            share = next;
        }
    }

    /// Guards repetition and reordering: what a share is told twice it is told once, and it does not matter in which order.
    #[test]
    fn what_is_granted_comes_in_any_order(one in 0_i64..MOST, other in 0_i64..MOST) {
        let told = |granted| share::Command::Allow(Allow { life: 1, term: 0, granted, acknowledged: 0, returned: 0 });
        let after = |commands: &[share::Command]| {
            commands.iter().fold(Share::new(1), |share, command| share::step(Some(share), 1, *command).0)
        };
        let granted = after(&[told(one), told(other)]).granted;
        prop_assert_eq!(granted, one.max(other));
        prop_assert_eq!(after(&[told(other), told(one), told(other), told(one)]).granted, granted);
    }

    /// Guards that a trip draws what it owes and no more: however often its bill is posted, and whatever its revisions owe.
    #[test]
    fn a_trip_draws_what_it_owes(owed in proptest::collection::vec(-20_i64..60, 1..20), granted in 0_i64..60) {
        let (mut share, mut drawn) = (Share { granted, ..Share::new(1) }, 0);
        for owed in owed {
            for _ in 0..2 {
                let (next, reply) = share::step(Some(share), 1, share::Command::Draw { owed, drawn });
                match reply {
                    share::Reply::Drawn { drawn: now } => {
                        prop_assert_eq!(now, owed.max(0));
                        drawn = now;
                    }
                    share::Reply::Short { missing } => {
                        prop_assert_eq!(missing, owed - granted);
                        prop_assert!(missing > 0);
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
                prop_assert_eq!(next.spent, drawn);
                share = next;
            }
        }
    }

    /// Guards that nothing anybody can say makes an account panic or wrap, or changes it where it is refused; and that it never grants what is not
    /// available.
    #[test]
    fn an_account_bears_any_words(commands in proptest::collection::vec(to_account(), 1..60)) {
        let mut account = Account::new(1, 1, 1_000, 3);
        for command in commands {
            let before = account.clone();
            let (next, reply) = account::step(account, 2, command);
            prop_assert!(next.term >= before.term);
            match reply {
                account::Reply::Refused(_) => prop_assert_eq!(&next, &before),
                account::Reply::Allow(allow) => {
                    let account::Command::Ask { bucket, .. } = command else { panic!("{command:?}") };
                    let had = before.granted(bucket).map_or(0, |granted| granted.granted);
                    if had > 0 && allow.granted > had {
                        prop_assert!(next.available().unwrap() >= 0);
                    }
                }
                _ => {}
            }
            account = next;
        }
    }

    /// Guards "posted never exceeds the limit": all that is out and available is the limit, whoever asks for however much; and what is asked for
    /// twice, by one who has not heard the first answer, is granted once.
    #[test]
    fn what_is_granted_was_available((account, shares) in city(), asks in proptest::collection::vec((0_u32..6, 0_i64..150), 1..20)) {
        let mut account = account;
        for (bucket, wants) in asks {
            let Some(said) = shares.get(usize::try_from(bucket).unwrap()).copied() else { continue };
            let before = account.clone();
            let (next, reply) = tell(account, account::Command::Ask { bucket, said, wants });
            let unseen = next.granted(bucket).unwrap().granted - said.granted;
            prop_assert!(next.available().unwrap() >= 0);
            match reply {
                account::Reply::Allow(allow) => {
                    prop_assert!(unseen >= wants);
                    prop_assert_eq!(allow, next.allow(bucket).unwrap());
                    let (again, reply) = tell(next.clone(), account::Command::Ask { bucket, said, wants });
                    prop_assert_eq!((again, reply), (next.clone(), account::Reply::Allow(allow)));
                }
                account::Reply::Short { available, .. } => {
                    prop_assert!(available < wants - unseen);
                    prop_assert_eq!(next.granted(bucket).unwrap().granted, before.granted(bucket).unwrap().granted);
                }
                other => prop_assert!(false, "{:?}", other),
            }
            account = next;
        }
    }

    /// Guards repetition and reordering: an account that hears words of shares in whatever order, as often as they come, knows the same.
    #[test]
    fn words_are_heard_in_any_order((account, shares) in city(), order in proptest::collection::vec((0_usize..6, 0_i64..50), 1..12)) {
        // What each share has said over time.
        let mut words = Vec::new();
        let mut now = shares;
        for (place, spends) in order {
            let place = place % now.len();
            let drawn = share::step(Some(now[place]), 8, share::Command::Draw { owed: spends, drawn: 0 }).0;
            now[place] = if spends % 3 == 0 { share::step(Some(drawn), 8, share::Command::Return).0 } else { drawn };
            words.push(account::Command::Learn { bucket: u32::try_from(place).unwrap(), said: now[place] });
        }
        let heard = |words: &[account::Command]| {
            words.iter().fold(account.clone(), |account, word| tell(account, *word).0)
        };
        let in_order = heard(&words);
        let mut backwards = words.clone();
        backwards.reverse();
        backwards.extend(words);
        prop_assert_eq!(heard(&backwards), in_order);
    }

    /// Guards "what fits is paid, and nothing is stranded": what is planned, done, serves whoever it was planned for; and it is gone only where
    /// all that nobody has spent is less.
    #[test]
    fn a_plan_serves((account, shares) in city(), bucket in 0_u32..6, wants in 1_i64..800) {
        let bucket = bucket % u32::try_from(shares.len()).unwrap();
        let said: Vec<Option<Share>> = shares.iter().copied().map(Some).collect();
        let unspent = account.limit - shares.iter().map(|share| share.spent).sum::<i64>();
        let (mut account, mut shares) = (account, shares);
        match plan(&account, &said, bucket, wants).unwrap() {
            Plan::Gone { left } => {
                prop_assert_eq!(left, unspent);
                prop_assert!(left < wants);
                return Ok(());
            }
            Plan::Hear(buckets) => prop_assert!(false, "all have said what they have: {:?}", buckets),
            Plan::Ask => {}
            Plan::Return(buckets) => {
                prop_assert!(!buckets.contains(&bucket));
                for other in buckets {
                    let share = &mut shares[usize::try_from(other).unwrap()];
                    *share = share::step(Some(*share), 8, share::Command::Allow(account.allow(other).unwrap())).0;
                    *share = share::step(Some(*share), 8, share::Command::Return).0;
                    account = tell(account, account::Command::Learn { bucket: other, said: *share }).0;
                }
            }
        }
        prop_assert!(unspent >= wants);
        let said = shares[usize::try_from(bucket).unwrap()];
        let missing = wants - said.free().unwrap();
        let (_, reply) = tell(account, account::Command::Ask { bucket, said, wants: missing.max(0) });
        let account::Reply::Allow(allow) = reply else { panic!("{reply:?}") };
        let (share, _) = share::step(Some(said), 9, share::Command::Allow(allow));
        let (_, reply) = share::step(Some(share), 9, share::Command::Draw { owed: wants, drawn: 0 });
        prop_assert_eq!(reply, share::Reply::Drawn { drawn: wants });
    }

    /// Guards "a coupon is redeemed once, or as often as it says": whoever comes when. Whoever comes again at once is told the same; whoever is denied is
    /// told who has it, and that is another one.
    #[test]
    fn a_coupon_is_redeemed_as_often_as_it_says(
        times in 0_u32..4,
        commands in proptest::collection::vec((0_u8..3, 0_usize..5, 0_usize..5, 0_u64..9, 0_u64..20), 1..60),
    ) {
        const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
        let (mut redemption, mut now, mut posted) = (Redemption::new(times), 1_000, Vec::new());
        for (what, holder, trip, after, lasts) in commands {
            now += after;
            let (holder, trip) = (NAMES[holder], NAMES[trip]);
            let command = match what {
                0 => redemption::Command::Reserve { holder, until: now + lasts, now },
                1 => redemption::Command::Post { holder, trip, now },
                _ => redemption::Command::Release { holder, now },
            };
            let (next, reply) = redemption::step(redemption, command);
            let (again, said) = redemption::step(next.clone(), command);
            prop_assert_eq!((&again, &said), (&next, &reply));
            match (what, reply) {
                (0, redemption::Reply::Reserved { until }) => prop_assert!(until > now),
                (1, redemption::Reply::Posted { trip: of }) => {
                    prop_assert_eq!(&of, trip);
                    if !posted.contains(&of) {
                        posted.push(of);
                    }
                }
                (_, redemption::Reply::Denied { by, until }) => {
                    prop_assert!(until.is_none_or(|until| until > now && by != holder));
                    prop_assert!(until.is_some() || (posted.contains(&by) && by != trip || what == 0));
                }
                _ => {}
            }
            prop_assert_eq!(next.posted(), posted.len());
            prop_assert!(posted.len() <= usize::try_from(times.max(1)).unwrap());
            redemption = next;
        }
    }

    /// Guards double entry: whatever is entered, all accounts together have nothing, and what was entered stays.
    #[test]
    fn books_balance(draws in proptest::collection::vec((0_u32..3, 1_u32..4, 0_i64..90, 0_i64..90), 1..30)) {
        let currency = Currency::from_code("CNY").unwrap();
        let mut book = Book::default();
        for (driver, revision, before, after) in draws {
            let name = driver.to_string();
            let Some(movement) = Movement::of_draw("spring", &name, currency, before, after).unwrap() else { continue };
            let sum: i64 = movement.entries().iter().map(|entry| entry.amount).sum();
            prop_assert_eq!(sum, 0);
            let (next, reply) = movement::step(book.clone(), &name, revision, movement.clone());
            prop_assert!(reply == movement::Reply::Entered || next == book);
            prop_assert!(movement::step(next.clone(), &name, revision, movement).1 != movement::Reply::Entered);
            book = next;
        }
        let of = |name: Name| book.balance(&name, currency).unwrap();
        let drivers: i64 = (0..3).map(|driver| of(Name::DriverPayable(driver.to_string()))).sum();
        prop_assert_eq!(of(Name::Budget("spring".to_owned())) + drivers, 0);
    }
}

/// Guards double entry: what does not add up to zero in each currency is no movement, at the edges as well.
#[test]
fn what_is_no_movement() {
    let [cny, jpy] = ["CNY", "JPY"].map(|code| Currency::from_code(code).unwrap());
    let entry = |currency, amount| Entry { account: Name::Budget("spring".to_owned()), currency, amount };
    for (entries, expected) in [
        (vec![], Err(NoMovement::Empty)),
        (vec![entry(cny, 0)], Err(NoMovement::Empty)),
        (vec![entry(cny, 5)], Err(NoMovement::Unbalanced(cny))),
        (vec![entry(cny, 5), entry(jpy, -5)], Err(NoMovement::Unbalanced(cny))),
        (vec![entry(cny, 5), entry(cny, -5), entry(jpy, 1)], Err(NoMovement::Unbalanced(jpy))),
        (vec![entry(cny, i64::MIN), entry(cny, i64::MAX), entry(cny, 1)], Err(NoMovement::Fault(Fault::Overflow))),
        (vec![entry(cny, MOST), entry(cny, MOST), entry(cny, -MOST), entry(cny, -MOST)], Ok(())),
        (vec![entry(cny, 5), entry(jpy, 7), entry(cny, -5), entry(jpy, -7)], Ok(())),
    ] {
        assert_eq!(Movement::new(entries.clone()).map(|_| ()), expected, "{entries:?}");
    }
}
