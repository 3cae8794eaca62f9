//! The faults, as data.

use crate::load::Surge;
use crate::proxy::Mode;
use std::time::Duration;

/// Where rides are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// In a Redis, behind a proxy for each host.
    Redis,
    /// The same, and it has a replica.
    Replicated,
    /// In the SQLite of the host.
    Sqlite,
    /// The same, on a disk of its own.
    SqliteOnADisk,
}

impl Store {
    /// Whether the database of the host is all there is.
    pub fn is_embedded(self) -> bool {
        matches!(self, Self::Sqlite | Self::SqliteOnADisk)
    }
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Redis is killed.
    KillRedis,
    /// It is started again, with all that it had.
    RestartRedis,
    /// It is started again, empty.
    RestartRedisEmpty,
    /// It hangs.
    StopRedis,
    /// It goes on.
    ResumeRedis,
    /// An administrator runs a command.
    Command(&'static str),
    /// `CLIENT PAUSE`, of "ALL" or of "WRITE", for as long as the fault lasts.
    Pause(&'static str),
    /// This becomes of the connections of all hosts.
    Proxies(Mode),
    /// This becomes of those of one.
    Proxy(usize, Mode),
    /// The replica hears no more.
    CutReplica,
    /// The replica becomes the primary, which is gone.
    FailOver,
    /// A host is killed.
    KillHost(usize),
    /// It is started again, from the same data.
    StartHost(usize),
    /// Its disk is full.
    FillDisk,
    /// There is room again.
    FreeDisk,
    /// The operating system refuses to make any file longer.
    LimitFiles,
    /// It does not any more.
    FreeFiles,
    /// Another process takes the write lock of its database.
    Lock,
    /// It gives it back.
    Unlock,
}

/// When it is done.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// After so many thousandths of the fault.
    At(u32, Action),
    /// Again and again while it lasts: the first, and a time later the second.
    Every(Duration, Duration, Action, Action),
}

/// A fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What happens, in words.
    pub what: &'static str,
    /// Where rides are kept.
    pub store: Store,
    /// How many hosts there are.
    pub hosts: usize,
    /// What is asked on top.
    pub surge: Surge,
    /// Whether the store is away meanwhile, so that segments and reads may be 503.
    pub away: bool,
    /// What is done.
    pub steps: &'static [Step],
}

use Action::{
    Command, CutReplica, FailOver, FillDisk, FreeDisk, FreeFiles, KillHost, KillRedis, LimitFiles, Lock, Pause,
    Proxies, Proxy, RestartRedis, RestartRedisEmpty, ResumeRedis, StartHost, StopRedis, Unlock,
};
use Step::{At, Every};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A fault of the store that one host on one Redis sees.
const fn redis(name: &'static str, what: &'static str, steps: &'static [Step]) -> Fault {
    Fault { name, what, store: Store::Redis, hosts: 1, surge: Surge::None, away: true, steps }
}

const fn sqlite(name: &'static str, what: &'static str, away: bool, steps: &'static [Step]) -> Fault {
    Fault { name, what, store: Store::Sqlite, hosts: 1, surge: Surge::None, away, steps }
}

/// All of them.
pub const FAULTS: &[Fault] = &[
    Fault { away: false, ..redis("none", "nothing happens", &[]) },
    redis("killed", "Redis is killed, and started again with what it had", &[At(0, KillRedis), At(1000, RestartRedis)]),
    redis(
        "restarted-empty",
        "Redis is killed, and started again with nothing",
        &[At(0, KillRedis), At(300, RestartRedisEmpty), At(1000, Proxies(Mode::Pass))],
    ),
    redis("hung", "Redis is stopped with SIGSTOP, and goes on", &[At(0, StopRedis), At(1000, ResumeRedis)]),
    redis("paused", "CLIENT PAUSE of all commands", &[At(0, Pause("ALL")), At(1000, Proxies(Mode::Pass))]),
    redis("paused-writes", "CLIENT PAUSE of writes", &[At(0, Pause("WRITE")), At(1000, Proxies(Mode::Pass))]),
    redis("slow-30", "answers are 30 ms late", &[At(0, Proxies(Mode::Delay(ms(30)))), At(1000, Proxies(Mode::Pass))]),
    redis(
        "slow-100",
        "answers are 100 ms late",
        &[At(0, Proxies(Mode::Delay(ms(100)))), At(1000, Proxies(Mode::Pass))],
    ),
    redis(
        "slow-400",
        "answers are 400 ms late",
        &[At(0, Proxies(Mode::Delay(ms(400)))), At(1000, Proxies(Mode::Pass))],
    ),
    redis("blips", "Redis stops for 200 ms once a second", &[Every(ms(1000), ms(200), StopRedis, ResumeRedis)]),
    redis(
        "out-of-memory",
        "Redis has no memory for writes",
        &[At(0, Command("CONFIG SET maxmemory 1")), At(1000, Command("CONFIG SET maxmemory 0"))],
    ),
    redis(
        "read-only",
        "Redis is made a replica of nobody that is there",
        &[At(0, Command("REPLICAOF 127.0.0.1 1")), At(1000, Command("REPLICAOF NO ONE"))],
    ),
    redis(
        "no-replicas",
        "Redis demands a replica that there is not",
        &[
            At(0, Command("CONFIG SET min-replicas-to-write 1")),
            At(1000, Command("CONFIG SET min-replicas-to-write 0")),
        ],
    ),
    Fault { away: false, ..redis("flushed", "FLUSHALL", &[At(0, Command("FLUSHALL")), At(1000, Proxies(Mode::Pass))]) },
    Fault {
        store: Store::Replicated,
        ..redis(
            "failed-over",
            "a replica that has heard nothing for a while becomes the primary",
            &[At(0, CutReplica), At(600, FailOver), At(1000, Proxies(Mode::Pass))],
        )
    },
    redis(
        "out-of-clients",
        "Redis takes no more clients, and loses those it has",
        &[
            At(0, Command("CONFIG SET maxclients 1")),
            At(0, Command("CLIENT KILL TYPE normal")),
            At(1000, Command("CONFIG SET maxclients 1000")),
        ],
    ),
    redis(
        "wrong-password",
        "Redis has another password",
        &[
            At(0, Command("CONFIG SET requirepass other")),
            At(0, Command("CLIENT KILL TYPE normal")),
            At(1000, Command("CONFIG SET requirepass \"\"")),
        ],
    ),
    redis(
        "answers-lost",
        "what is asked of Redis is done, and its answers are lost",
        &[At(0, Proxies(Mode::LoseAnswers)), At(1000, Proxies(Mode::Pass))],
    ),
    redis("reset", "connections are reset", &[At(0, Proxies(Mode::Reset)), At(1000, Proxies(Mode::Pass))]),
    redis(
        "truncated",
        "half of an answer comes, and then the end of the connection",
        &[At(0, Proxies(Mode::Truncate)), At(1000, Proxies(Mode::Pass))],
    ),
    redis("silent", "nothing passes, either way", &[At(0, Proxies(Mode::Silence)), At(1000, Proxies(Mode::Pass))]),
    redis(
        "trickling",
        "answers come at one byte in 400 ms",
        &[At(0, Proxies(Mode::Trickle(ms(400)))), At(1000, Proxies(Mode::Pass))],
    ),
    redis("garbage", "answers are nonsense", &[At(0, Proxies(Mode::Garbage)), At(1000, Proxies(Mode::Pass))]),
    redis("refused", "connections are refused", &[At(0, Proxies(Mode::Refuse)), At(1000, Proxies(Mode::Pass))]),
    Fault {
        away: false,
        ..redis("host-killed", "the host is killed, and started again", &[At(0, KillHost(0)), At(200, StartHost(0))])
    },
    Fault {
        surge: Surge::AtOnce(256),
        away: false,
        ..redis("bills-at-once", "256 bills are asked for at the same moment", &[])
    },
    Fault { surge: Surge::Times(4), away: false, ..redis("burst", "four times as much is asked", &[]) },
    Fault {
        hosts: 2,
        ..redis(
            "split",
            "of two hosts one is cut off from Redis, while the other bills the same rides",
            &[At(0, Proxy(0, Mode::Silence)), At(1000, Proxy(0, Mode::Pass))],
        )
    },
    redis(
        "hung-host-killed",
        "Redis hangs, and the host is killed meanwhile and started again",
        &[At(0, StopRedis), At(300, KillHost(0)), At(450, StartHost(0)), At(1000, ResumeRedis)],
    ),
    Fault {
        away: false,
        ..redis(
            "flushed-host-killed",
            "FLUSHALL, and the host is killed and started again",
            &[At(0, Command("FLUSHALL")), At(50, KillHost(0)), At(200, StartHost(0)), At(1000, Proxies(Mode::Pass))],
        )
    },
    Fault {
        surge: Surge::Times(4),
        ..redis(
            "slow-burst",
            "answers are 100 ms late, and four times as much is asked",
            &[At(0, Proxies(Mode::Delay(ms(100)))), At(1000, Proxies(Mode::Pass))],
        )
    },
    sqlite("sqlite-none", "nothing happens", false, &[]),
    sqlite(
        "sqlite-host-killed",
        "the host is killed, and started again from its database",
        false,
        &[At(0, KillHost(0)), At(200, StartHost(0))],
    ),
    Fault {
        store: Store::SqliteOnADisk,
        ..sqlite("sqlite-disk-full", "the disk is full", true, &[At(0, FillDisk), At(1000, FreeDisk)])
    },
    sqlite("sqlite-disk-fails", "no file can be made longer", true, &[At(0, LimitFiles), At(1000, FreeFiles)]),
    sqlite(
        "sqlite-locked",
        "another process has the write lock for a second, every two seconds",
        true,
        &[Every(ms(2000), ms(1000), Lock, Unlock)],
    ),
    Fault {
        surge: Surge::AtOnce(256),
        ..sqlite("sqlite-bills-at-once", "256 bills are asked for at the same moment", false, &[])
    },
    Fault { surge: Surge::Times(4), ..sqlite("sqlite-burst", "four times as much is asked", false, &[]) },
];

impl Fault {
    /// Finds one.
    pub fn named(name: &str) -> Option<&'static Self> {
        FAULTS.iter().find(|fault| fault.name == name)
    }

    /// What is done when, counted from its beginning, in order.
    pub fn steps(&self, window: Duration) -> Vec<(Duration, Action)> {
        let mut steps = Vec::new();
        for step in self.steps {
            match *step {
                At(thousandths, action) => steps.push((window * thousandths / 1000, action)),
                Every(period, held, first, second) => {
                    let mut at = Duration::ZERO;
                    while at + held <= window {
                        steps.extend([(at, first), (at + held, second)]);
                        at += period;
                    }
                }
            }
        }
        steps.sort_by_key(|(at, _)| *at);
        steps
    }

    /// Whether it can be done to Spin as well, whose processes and files are not ours.
    pub fn suits_spin(&self) -> bool {
        let of_the_host = |action| matches!(action, KillHost(_) | StartHost(_));
        let in_redis = matches!(self.store, Store::Redis | Store::Replicated);
        in_redis && !self.steps(Duration::from_secs(1)).iter().any(|(_, action)| of_the_host(*action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Whatever is broken is put right by the end, and not before it was broken.
    #[test]
    fn every_fault_ends() {
        let names: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), FAULTS.len());
        for fault in FAULTS {
            for window in [ms(1_200), ms(5_000), ms(16_000)] {
                let mut broken = BTreeSet::new();
                let steps = fault.steps(window);
                assert!(steps.is_sorted_by_key(|(at, _)| *at) && steps.iter().all(|(at, _)| *at <= window));
                for (_, action) in steps {
                    let (what, begins) = match action {
                        KillRedis | RestartRedis | RestartRedisEmpty => ("redis", action == KillRedis),
                        StopRedis | ResumeRedis => ("hang", action == StopRedis),
                        Proxies(mode) => ("proxies", mode != Mode::Pass),
                        Proxy(_, mode) => ("proxy", mode != Mode::Pass),
                        KillHost(_) | StartHost(_) => ("host", matches!(action, KillHost(_))),
                        FillDisk | FreeDisk => ("disk", action == FillDisk),
                        LimitFiles | FreeFiles => ("files", action == LimitFiles),
                        Lock | Unlock => ("lock", action == Lock),
                        CutReplica | FailOver => ("replica", action == CutReplica),
                        Pause(_) | Command(_) => continue,
                    };
                    let changed = if begins { broken.insert(what) } else { broken.remove(what) };
                    assert!(changed || action == Proxies(Mode::Pass), "{}: {action:?}", fault.name);
                }
                assert!(broken.is_empty(), "{}: {broken:?} is never put right", fault.name);
            }
        }
    }

    /// A blip lasts 200 ms, and comes once a second.
    #[test]
    fn what_comes_again_comes_again() {
        let steps = Fault::named("blips").map(|fault| fault.steps(ms(1_500))).unwrap_or_default();
        let expected = [(0, StopRedis), (200, ResumeRedis), (1_000, StopRedis), (1_200, ResumeRedis)];
        assert_eq!(steps, expected.map(|(at, action)| (ms(at), action)));
    }
}
