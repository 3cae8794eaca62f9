//! What an error text of Redis or SQLite means.
//!
//! Spin hands both on as text. The texts are those of the client libraries that Spin and the Farebox host use.

/// Why a backend did not do what it was asked. The texts are for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It could not be reached, or refused for its own reasons. Nothing was written as far as is known.
    Unavailable(String),
    /// Another site writes this city. Nothing was written.
    Fenced(Fence),
    /// It answered, and refused, and goes on until somebody does something: a password or a permission is wrong, a disk is full
    /// or fails, a file is damaged. Nothing was written.
    Refused(String),
    /// A defect, a wrong configuration, or nonsense in the store: worth an operator's attention.
    Other(String),
}

/// Who writes a city, as far as the backend says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The site that does. Empty when it is only known that this one may not.
    pub owner: String,
    /// Counts how often the city has changed hands. Zero when it is not known.
    pub epoch: u64,
    /// After how many seconds it is worth asking again.
    pub retry_after_s: u64,
}

impl Fence {
    /// The fence of a backend that refuses a city and does not say for whom: the rights of a Redis user.
    pub const UNNAMED: Self = Self { owner: String::new(), epoch: 0, retry_after_s: 1 };
}

/// Whether a command reads or writes: what "no permission" means depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It only reads.
    Read,
    /// It writes, or may write.
    Write,
}

impl Fault {
    /// What a Redis client's error text means.
    ///
    /// Whatever is not known to mean something else means that Redis could not be reached, or not as it should be:
    /// broken connections, and a server that is loading, a replica, out of memory and so on.
    pub fn from_redis(text: &str, access: Access) -> Self {
        let fault = match (&*redis_code(text), access) {
            // A key may not be written because its city has moved. A command is missing because an operator forgot it.
            ("NOPERM", Access::Write) if is_about_a_key(text) => return Self::Fenced(Fence::UNNAMED),
            ("ERR", _) if text.contains("max number of clients") => Self::Unavailable,
            ("NOPERM" | "NOAUTH" | "WRONGPASS", _) => Self::Refused,
            ("ERR" | "WRONGTYPE" | "CROSSSLOT", _) => Self::Other,
            // When connecting.
            _ if ["AuthenticationFailed", "WRONGPASS", "NOAUTH"].iter().any(|word| text.contains(word)) => {
                Self::Refused
            }
            _ => Self::Unavailable,
        };
        fault(format!("Redis: {text}"))
    }

    /// What a SQLite error text means.
    pub fn from_sqlite(text: &str) -> Self {
        const PASSES: [&str; 4] = ["database is locked", "table is locked", "interrupted", "out of memory"];
        const STAYS: [&str; 7] = [
            "disk is full",
            "disk I/O error",
            "readonly database",
            "unable to open database file",
            "disk image is malformed",
            "file is not a database",
            // The local host says so.
            "was deleted or replaced",
        ];
        let is_about = |reasons: &[&str]| reasons.iter().any(|reason| text.contains(reason));
        let fault = if is_about(&STAYS) {
            Self::Refused
        } else if is_about(&PASSES) {
            Self::Unavailable
        } else {
            Self::Other
        };
        fault(format!("SQLite: {text}"))
    }
}

/// Whether Redis says that it does not know a script that was called by its hash.
pub fn is_unknown_script(text: &str) -> bool {
    redis_code(text) == "NOSCRIPT"
}

/// Whether a missing permission is one for a key, and not one for a command or a channel. Redis 7.0 says "one of the keys",
/// within a script "at least one of the keys", and 7.2 "access a key".
fn is_about_a_key(text: &str) -> bool {
    text.contains("one of the keys") || text.contains("access a key")
}

/// The error code a Redis server sent, as the server spells it; or any other word, if the error is not the server's.
///
/// `NOSCRIPT No matching script` reaches us as `NoScript: No matching script` or as `An error was signalled by the
/// server - NoScriptError: No matching script`, and codes that a client does not know as `OOM: ...` or `"OOM": ...`.
fn redis_code(text: &str) -> String {
    let text = text.strip_prefix("An error was signalled by the server").unwrap_or(text);
    let text = text.trim_start_matches([' ', '-', ':', '"']);
    let word = text.split([' ', ':', '"']).next().unwrap_or_default().to_ascii_uppercase();
    match word.strip_suffix("ERROR").unwrap_or(&word) {
        "RESPONSE" => "ERR".to_owned(),
        code => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spellings of redis-rs 0.32, which Spin uses, and 1.8, which the Farebox host uses.
    #[test]
    fn redis_texts_mean_the_same_from_every_client() {
        #[track_caller]
        fn check(access: Access, expected: fn(String) -> Fault, texts: &[&str]) {
            for text in texts {
                assert_eq!(Fault::from_redis(text, access), expected(format!("Redis: {text}")));
            }
        }
        let no_key = &[
            "NOPERM: this user has no permissions to access one of the keys used as arguments",
            "NoPerm: this user has no permissions to access one of the keys used as arguments",
            "NOPERM No permissions to access a key",
            "NOPERM The user executing the script can't access at least one of the keys mentioned in the command script",
        ];
        check(Access::Write, |_| Fault::Fenced(Fence::UNNAMED), no_key);
        check(Access::Read, Fault::Refused, no_key);
        let no_command = &[
            "NOPERM: this user has no permissions to run the 'evalsha' command",
            "NoPerm: this user has no permissions to run the 'keys' command",
            "NOPERM User site has no permissions to run the 'eval' command",
            "NOPERM The user executing the script can't run this command or subcommand script",
            "NOPERM this user has no permissions to access one of the channels used as arguments",
        ];
        check(Access::Write, Fault::Refused, no_command);
        check(Access::Read, Fault::Refused, no_command);
        let no_password = &[
            "WRONGPASS invalid username-password pair or user is disabled.",
            "WRONGPASS: invalid username-password pair or user is disabled.",
            "NOAUTH: Authentication required.",
            "NoAuth: Authentication required.",
            "An error was signalled by the server - NOAUTH: Authentication required.",
            "Redis cannot be reached: Password authentication failed - AuthenticationFailed: WRONGPASS",
            "Password authentication failed - AuthenticationFailed: WRONGPASS",
            "Password authentication failed- AuthenticationFailed",
        ];
        check(Access::Write, Fault::Refused, no_password);
        check(Access::Read, Fault::Refused, no_password);
        check(
            Access::Write,
            Fault::Unavailable,
            &[
                "Connection refused (os error 111)",
                "broken pipe",
                "Error: connection reset",
                "",
                "ResponseError: max number of clients reached",
                "ERR max number of clients reached",
                "ReadOnly: You can't write against a read only replica.",
                "An error was signalled by the server - ReadOnly: You can't write against a read only replica.",
                "BusyLoading: Redis is loading the dataset in memory",
                "An error was signalled by the server - BusyLoadingError: Redis is loading the dataset in memory",
                "\"OOM\": command not allowed when used memory > 'maxmemory'.",
                "OOM: command not allowed when used memory > 'maxmemory'.",
                "MasterDown: Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                "ClusterDown: Hash slot not served",
            ],
        );
        check(
            Access::Write,
            Fault::Other,
            &[
                "\"WRONGTYPE\": Operation against a key holding the wrong kind of value",
                "WRONGTYPE: Operation against a key holding the wrong kind of value",
                "ResponseError: unknown command 'EVALSHA'",
                "An error was signalled by the server - ResponseError: unknown command 'EVALSHA'",
            ],
        );
    }

    #[test]
    fn an_unknown_script_is_recognised() {
        for text in [
            "NoScript: No matching script. Please use EVAL.",
            "NOSCRIPT No matching script. Please use EVAL.",
            "An error was signalled by the server - NoScriptError: No matching script. Please use EVAL.",
        ] {
            assert!(is_unknown_script(text), "{text}");
        }
        assert!(!is_unknown_script("NoPerm: NOSCRIPT"));
    }

    /// What passes, what stays until somebody does something about the file, and what is a defect.
    #[test]
    fn sqlite_texts_tell_refusals_from_defects() {
        for (expected, texts) in [
            (
                Fault::Unavailable as fn(String) -> Fault,
                &["database is locked", "database table is locked: bill", "interrupted", "out of memory"][..],
            ),
            (
                Fault::Refused,
                &[
                    "database or disk is full",
                    "cannot commit: database or disk is full",
                    "rolled back because a statement beside it failed badly: disk I/O error",
                    "attempt to write a readonly database",
                    "unable to open database file",
                    "database disk image is malformed",
                    "file is not a database",
                    "\"/data/farebox.sqlite\" was deleted or replaced while it was open, and nothing is written to it",
                ],
            ),
            (Fault::Other, &["no such table: bill", "malformed JSON", ""]),
        ] {
            for text in texts {
                assert_eq!(Fault::from_sqlite(text), expected(format!("SQLite: {text}")));
            }
        }
    }
}
