//! Commands that make sense on a connection of one's own only. All instances share one here: what one of them does to it, it
//! does to everybody.

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Whoever else uses the connection would wait with it.
    Waits,
    /// Whoever else uses the connection would find it changed.
    Changes,
    /// Whoever else uses the server would be without one.
    Stops,
}

/// Redis 8 has no others.
const UNSHAREABLE: [(&str, Why); 40] = [
    ("ASKING", Why::Changes),
    ("AUTH", Why::Changes),
    ("BLMOVE", Why::Waits),
    ("BLMPOP", Why::Waits),
    ("BLPOP", Why::Waits),
    ("BRPOP", Why::Waits),
    ("BRPOPLPUSH", Why::Waits),
    ("BZMPOP", Why::Waits),
    ("BZPOPMAX", Why::Waits),
    ("BZPOPMIN", Why::Waits),
    ("CLIENT", Why::Changes),
    ("DEBUG", Why::Stops),
    ("DISCARD", Why::Changes),
    ("EXEC", Why::Changes),
    ("FAILOVER", Why::Stops),
    ("HELLO", Why::Changes),
    ("MONITOR", Why::Changes),
    ("MULTI", Why::Changes),
    ("PSUBSCRIBE", Why::Changes),
    ("PSYNC", Why::Changes),
    ("PUNSUBSCRIBE", Why::Changes),
    ("QUIT", Why::Changes),
    ("READONLY", Why::Changes),
    ("READWRITE", Why::Changes),
    ("REPLCONF", Why::Changes),
    ("REPLICAOF", Why::Stops),
    ("RESET", Why::Changes),
    ("RESTORE-ASKING", Why::Changes),
    ("SELECT", Why::Changes),
    ("SHUTDOWN", Why::Stops),
    ("SLAVEOF", Why::Stops),
    ("SSUBSCRIBE", Why::Changes),
    ("SUBSCRIBE", Why::Changes),
    ("SUNSUBSCRIBE", Why::Changes),
    ("SYNC", Why::Changes),
    ("UNSUBSCRIBE", Why::Changes),
    ("UNWATCH", Why::Changes),
    ("WAIT", Why::Waits),
    ("WAITAOF", Why::Waits),
    ("WATCH", Why::Changes),
];

/// What to answer to a command that cannot be run on a connection that is shared; `None` for all others. Arguments that are
/// numbers, and so no words, are empty.
pub(super) fn refusal(command: &str, arguments: &[&[u8]]) -> Option<String> {
    let why = why(command, arguments)?;
    let shared = "the connection, which the local host shares between all instances";
    let why = match why {
        Why::Waits => format!("it waits, and blocks {shared}"),
        Why::Changes => format!("it changes {shared}"),
        Why::Stops => "it stops the server, which all instances use".to_owned(),
    };
    Some(format!("{command} is not supported: {why}"))
}

fn why(command: &str, arguments: &[&[u8]]) -> Option<Why> {
    let is = |name: &str| command.eq_ignore_ascii_case(name);
    if is("XREAD") || is("XREADGROUP") {
        return waits_for_a_stream(arguments).then_some(Why::Waits);
    }
    if is("SCRIPT") {
        let debugs = arguments.first().is_some_and(|word| word.eq_ignore_ascii_case(b"DEBUG"));
        return debugs.then_some(Why::Changes);
    }
    UNSHAREABLE.iter().find(|(name, _)| is(name)).map(|(_, why)| *why)
}

/// Whether BLOCK is among the options, which end where the streams begin. A group or a consumer may be called so.
fn waits_for_a_stream(arguments: &[&[u8]]) -> bool {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if is("BLOCK") {
            return true;
        }
        if is("STREAMS") {
            return false;
        }
        let values = if is("GROUP") { 2 } else { usize::from(is("COUNT") || is("CLAIM")) };
        words.by_ref().take(values).for_each(drop);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that an instance asks for holds up, changes or ends what the others use.
    #[test]
    fn what_others_would_notice_is_refused() {
        let check = |text: &str, expected: Option<Why>| {
            for text in [text.to_owned(), text.to_ascii_lowercase()] {
                let words: Vec<&str> = text.split(' ').collect();
                let Some((command, arguments)) = words.split_first() else { continue };
                let arguments: Vec<&[u8]> = arguments.iter().map(|word| word.as_bytes()).collect();
                assert_eq!(why(command, &arguments), expected, "{text}");
                assert_eq!(refusal(command, &arguments).is_some(), expected.is_some(), "{text}");
            }
        };
        for text in [
            "XREAD BLOCK 0 STREAMS s $",
            "XREAD COUNT 1 BLOCK 1000 STREAMS s 0",
            "XREAD BLOCK 1000 COUNT 1 STREAMS s 0",
            "XREADGROUP GROUP g c BLOCK 0 STREAMS s >",
            "XREADGROUP GROUP g c COUNT 1 NOACK BLOCK 1 STREAMS s >",
            "XREADGROUP COUNT 1 BLOCK 1 GROUP g c STREAMS s >",
            "XREADGROUP GROUP g c CLAIM 5 BLOCK 1 STREAMS s >",
            "XREADGROUP GROUP COUNT STREAMS BLOCK 1 STREAMS s >",
            "BLPOP a 0",
            "BRPOP a 0",
            "BLMOVE a b LEFT RIGHT 0",
            "BLMPOP 0 1 a LEFT",
            "BRPOPLPUSH a b 0",
            "BZMPOP 0 1 a MIN",
            "BZPOPMIN a 0",
            "BZPOPMAX a 0",
            "WAIT 1 0",
            "WAITAOF 1 0 0",
        ] {
            check(text, Some(Why::Waits));
        }
        for text in [
            "CLIENT REPLY OFF",
            "CLIENT NO-EVICT ON",
            "CLIENT TRACKING ON",
            "CLIENT SETNAME me",
            "SUBSCRIBE c",
            "PSUBSCRIBE c*",
            "SSUBSCRIBE c",
            "UNSUBSCRIBE",
            "PUNSUBSCRIBE",
            "SUNSUBSCRIBE",
            "MONITOR",
            "SELECT 1",
            "AUTH secret",
            "HELLO 3",
            "RESET",
            "QUIT",
            "MULTI",
            "EXEC",
            "DISCARD",
            "WATCH a",
            "UNWATCH",
            "ASKING",
            "READONLY",
            "READWRITE",
            "SYNC",
            "PSYNC ? -1",
            "SCRIPT DEBUG YES",
        ] {
            check(text, Some(Why::Changes));
        }
        for text in ["SHUTDOWN NOSAVE", "FAILOVER", "DEBUG SLEEP 10", "REPLICAOF h 1", "SLAVEOF h 1"] {
            check(text, Some(Why::Stops));
        }
        for text in [
            "XREAD STREAMS BLOCK 0",
            "XREAD COUNT 1 STREAMS s BLOCK 0 0",
            "XREADGROUP GROUP BLOCK BLOCK STREAMS s >",
            "XREADGROUP GROUP g BLOCK COUNT 1 STREAMS s >",
            "XREAD",
            "XADD BLOCK * a b",
            "XRANGE s - +",
            "SCRIPT LOAD x",
            "SCRIPT EXISTS DEBUG",
            "LPOP a",
            "LMPOP 1 a LEFT",
            "ZPOPMIN a",
            "GET BLPOP",
            "EVALSHA x 0",
            "PING",
            "TIME",
        ] {
            check(text, None);
        }
    }

    /// Whoever reads the refusal knows why.
    #[test]
    fn a_refusal_says_why() {
        assert_eq!(
            refusal("xread", &[b"block", b"", b"streams", b"s", b"$"]).as_deref(),
            Some(
                "xread is not supported: it waits, and blocks the connection, which the local host shares between all instances"
            )
        );
        assert_eq!(
            refusal("SELECT", &[b""]).as_deref(),
            Some(
                "SELECT is not supported: it changes the connection, which the local host shares between all instances"
            )
        );
    }
}
