//! Whether entries are as they were entered, and in their place.

use farebox_records::checksum::{checksum, link};
use serde::Serialize;

/// An entry, as far as that is to be found out.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its number.
    pub number: u64,
    /// The texts that it consists of; `None` when who rode was taken out of them since.
    pub parts: Option<Vec<String>>,
    /// What was noted of them.
    pub checksum: u32,
    /// What was noted of it and of all before.
    pub chain: u32,
}

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many entries there are.
    pub entries: u64,
    /// How many of them say what they said when they were entered.
    pub unchanged: u64,
    /// Of how many that cannot be said: who rode was taken out of them.
    pub redacted: u64,
    /// How many are no longer there between the first and the last: those that do not wait go when they are a day old.
    pub gone: u64,
    /// What is not as it was entered.
    pub damaged: Vec<Damage>,
}

/// An entry that is not as it was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Its number.
    pub number: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Looks at entries one by one, in order.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    last: Option<(u64, u32)>,
    verified: Verified,
}

impl Chain {
    /// Looks at the next one.
    pub fn next(&mut self, entry: &Link) {
        let verified = &mut self.verified;
        verified.entries += 1;
        let mut damaged = |what| verified.damaged.push(Damage { number: entry.number, what });
        match &entry.parts {
            None => verified.redacted += 1,
            Some(parts) => {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                if checksum(&parts) == entry.checksum {
                    verified.unchanged += 1;
                } else {
                    damaged("it says something else than when it was entered");
                }
            }
        }
        if let Some((number, chain)) = self.last {
            let between = entry.number.saturating_sub(number + 1);
            verified.gone += between;
            // Over those that are gone nothing can be said.
            if between == 0 && link(chain, entry.checksum) != entry.chain {
                verified.damaged.push(Damage {
                    number: entry.number,
                    what: "it was not entered after the one that is before it now",
                });
            }
        }
        self.last = Some((entry.number, entry.chain));
    }

    /// What was found out.
    pub fn verified(self) -> Verified {
        self.verified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(numbers: &[u64]) -> Vec<Link> {
        let mut chain = 0;
        let mut all = Vec::new();
        for number in 1..=numbers.iter().copied().max().unwrap_or_default() {
            let parts = vec!["110000".to_owned(), format!("t-{number}")];
            let sum = checksum(&parts.iter().map(String::as_str).collect::<Vec<_>>());
            chain = link(chain, sum);
            all.push(Link { number, parts: Some(parts), checksum: sum, chain });
        }
        all.retain(|entry| numbers.contains(&entry.number));
        all
    }

    fn verified(entries: &[Link]) -> (u64, u64, u64, Vec<u64>) {
        let mut chain = Chain::default();
        entries.iter().for_each(|entry| chain.next(entry));
        let Verified { unchanged, redacted, gone, damaged, .. } = chain.verified();
        (unchanged, redacted, gone, damaged.iter().map(|damage| damage.number).collect())
    }

    /// What was changed is found, by its text, its checksum or its place; what is gone, or was taken out on purpose, is counted.
    #[test]
    fn damage_is_found() {
        assert_eq!(verified(&[]), (0, 0, 0, vec![]));
        assert_eq!(verified(&entries(&[1, 2, 3])), (3, 0, 0, vec![]));
        assert_eq!(verified(&entries(&[2, 3, 7])), (3, 0, 3, vec![]));
        let mut redacted = entries(&[1, 2, 3]);
        redacted[1].parts = None;
        assert_eq!(verified(&redacted), (2, 1, 0, vec![]));
        let mut changed = entries(&[1, 2, 3]);
        changed[1].parts = Some(vec!["110000".to_owned(), "t-9".to_owned()]);
        assert_eq!(verified(&changed), (2, 0, 0, vec![2]));
        let mut put_right = changed.clone();
        put_right[1].checksum = checksum(&["110000", "t-9"]);
        assert_eq!(verified(&put_right), (3, 0, 0, vec![2]));
        let mut swapped = entries(&[1, 2, 3]);
        swapped[0].number = 2;
        swapped[1].number = 1;
        swapped.swap(0, 1);
        assert_eq!(verified(&swapped).3, [2, 3]);
    }
}
