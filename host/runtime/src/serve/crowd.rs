//! Whose connection ends so that another can begin. Decides, and does nothing.
//!
//! Whoever has the most connections loses the one that has waited longest for its client: many that are idle or slow shut out
//! nobody, and they shut out least of all those of somebody else.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// In all.
    pub all: usize,
    /// Of one peer.
    pub of_peer: usize,
}

/// One connection: its number, its peer, and since when it has waited for its client, if it does.
pub(super) type Member = (u64, IpAddr, Option<Instant>);

impl Crowd {
    /// The one that makes room for one more of `peer`. There is none when there is room, or when all that could are worked for.
    pub(super) fn makes_room(&self, peer: IpAddr, members: impl Iterator<Item = Member>) -> Option<u64> {
        let mut peers: BTreeMap<IpAddr, Peer> = BTreeMap::new();
        let mut all = 0_usize;
        for (number, address, waits_since) in members {
            all += 1;
            let of_peer = peers.entry(network(address)).or_default();
            of_peer.count += 1;
            if let Some(since) = waits_since {
                let this = (since, number);
                of_peer.longest = Some(of_peer.longest.map_or(this, |longest| longest.min(this)));
            }
        }
        let of_peer = peers.get(&network(peer));
        let longest = if of_peer.is_some_and(|of_peer| of_peer.count >= self.of_peer) {
            of_peer.and_then(|of_peer| of_peer.longest)
        } else if all >= self.all {
            let waiting = peers.values().filter(|of_peer| of_peer.longest.is_some());
            waiting.max_by_key(|of_peer| of_peer.count).and_then(|of_peer| of_peer.longest)
        } else {
            None
        };
        longest.map(|(_, number)| number)
    }
}

#[derive(Default)]
struct Peer {
    count: usize,
    longest: Option<(Instant, u64)>,
}

/// Whose an address is: of IPv6 everybody has 2^64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Four connections in all, three of a peer. Members are "number peer waits-since", in seconds, "-" when worked for.
    #[test]
    fn who_makes_room() {
        let start = Instant::now();
        let (a, b, c) = ("10.0.0.1", "2001:db8::1", "2001:db8:0:1::1");
        for (why, members, peer, expected) in [
            ("there is room", format!("1 {a} 5/2 {a} 3/3 {b} 1"), a, None),
            ("the peer has all it may", format!("1 {a} 5/2 {a} 3/3 {a} 4"), a, Some(2)),
            ("another has all it may", format!("1 {a} 5/2 {a} 3/3 {a} 4"), b, None),
            ("full: of who has most", format!("1 {a} 5/2 {a} 3/3 {a} 4/4 {b} 1"), b, Some(2)),
            ("full: whoever comes", format!("1 {a} 5/2 {a} 3/3 {a} 4/4 {b} 1"), c, Some(2)),
            ("not while worked for", format!("1 {a} 5/2 {a} -/3 {a} 6/4 {b} 1"), b, Some(1)),
            ("who has most is worked for", format!("1 {a} -/2 {a} -/3 {a} -/4 {b} 1"), c, Some(4)),
            ("all are worked for", format!("1 {a} -/2 {a} -/3 {b} -/4 {b} -"), c, None),
            ("a network of IPv6 is one", format!("1 {b} 2/2 2001:db8::2 1/3 2001:db8::3 3"), "2001:db8::4", Some(2)),
            ("IPv4 within IPv6", format!("1 {a} 2/2 ::ffff:{a} 1/3 {a} 3"), a, Some(2)),
        ] {
            let member = |text: &str| -> Member {
                let words: Vec<&str> = text.split(' ').collect();
                let since = words[2].parse().ok().map(|second| start + Duration::from_secs(second));
                (words[0].parse().expect("a number"), words[1].parse().expect("an address"), since)
            };
            let crowd = Crowd { all: 4, of_peer: 3 };
            let made = crowd.makes_room(peer.parse().expect("an address"), members.split('/').map(member));
            assert_eq!(made, expected, "{why}");
        }
    }
}
