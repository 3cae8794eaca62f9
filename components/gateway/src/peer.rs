//! Where a request comes from: without keys, only callers on the machine itself are answered.

use farebox_web::problem::{self, ProblemDetails};
use std::net::SocketAddr;

/// The header that hosts tell the peer's address in.
///
/// Spin adds it after those that the client sent under the same name, and does not take them away; the local host does.
pub const HEADER: &str = "spin-client-addr";

/// Lets a request pass whose peer is on the machine itself. `addresses` are the headers named [`HEADER`].
///
/// # Errors
///
/// `local-only`: the peer is elsewhere, it is not known where it is, or the client says itself where it is.
pub fn admit<'a>(addresses: impl Iterator<Item = &'a [u8]>) -> Result<(), ProblemDetails> {
    // More than one, and a client sent the others: none is taken at its word.
    let said = match addresses.collect::<Vec<_>>()[..] {
        [address] => match parse(address) {
            Some(address) if is_loopback(address) => return Ok(()),
            Some(address) => format!("it came from {}", address.ip()),
            None => format!("the host says {:?} of where it came from", String::from_utf8_lossy(address)),
        },
        [] => "the host does not say where it came from".to_owned(),
        _ => format!("it brought a header {HEADER} of its own; leave that out"),
    };
    let detail = format!("ask on the machine itself, at 127.0.0.1 or [::1], or turn signatures on; {said}");
    Err(ProblemDetails::new(problem::LOCAL_ONLY, detail))
}

fn parse(address: &[u8]) -> Option<SocketAddr> {
    str::from_utf8(address).ok()?.parse().ok()
}

fn is_loopback(address: SocketAddr) -> bool {
    // A socket for both families has peers like ::ffff:127.0.0.1.
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a peer that the host itself says is on this machine is let pass.
    #[test]
    fn peers() {
        for (addresses, expected) in [
            (&["127.0.0.1:50000"][..], true),
            (&["127.255.255.254:1"], true),
            (&["[::1]:50000"], true),
            (&["[::ffff:127.0.0.1]:50000"], true),
            (&["[::ffff:7f00:1]:50000"], true),
            (&[], false),
            (&[""], false),
            (&["10.0.0.7:50000"], false),
            (&["128.0.0.1:50000"], false),
            (&["126.255.255.255:1"], false),
            // What Spin says of a component that calls another.
            (&["0.0.0.0:0"], false),
            (&["[::]:0"], false),
            (&["[::2]:50000"], false),
            (&["[fe80::1]:50000"], false),
            (&["[::ffff:10.0.0.7]:50000"], false),
            // An IPv4-compatible address, which is none of this machine's.
            (&["[::127.0.0.1]:50000"], false),
            (&["127.0.0.1"], false),
            (&["::1"], false),
            (&["localhost:50000"], false),
            (&["127.1:50000"], false),
            (&[" 127.0.0.1:50000"], false),
            (&["127.0.0.1:50000, 10.0.0.7:50000"], false),
            (&["127.0.0.1:50000\u{e9}"], false),
            // Forged: Spin's own comes last.
            (&["127.0.0.1:50000", "10.0.0.7:50000"], false),
            (&["127.0.0.1:50000", "127.0.0.1:50001"], false),
        ] {
            let admitted = admit(addresses.iter().map(|address| address.as_bytes()));
            assert_eq!(admitted.is_ok(), expected, "{addresses:?}");
            if let Err(problem) = admitted {
                assert_eq!((problem.kind.status.as_u16(), problem.kind.code), (403, "local-only"));
                assert!(problem.detail.starts_with("ask on the machine itself"), "{}", problem.detail);
            }
        }
        assert!(admit([&[0xff; 9][..]].into_iter()).is_err());
    }
}
