//! Which revision of a bill was made from which: so that a store that has lost some, and is sent them again by several nodes, never puts
//! together what does not belong together. A revision owes what the one before it did not; after another one it would owe something else.
//!
//! It stands in the fingerprint that each revision is kept with, and not in the bill: `<request>~<made>~<follows>`. The first part is the
//! fingerprint of the request; `made` tells this revision from every other, and `follows` is what the one before it was made as. A first
//! revision follows none.

use farebox_document::hex;
use sha1::{Digest as _, Sha1};

/// Between the parts.
const SEPARATOR: char = '~';

/// How many digits tell revisions of a trip apart.
const DIGITS: usize = 16;

/// The fingerprint of a first revision: of its request and its document.
pub fn first(request: &str, document: &str) -> String {
    format!("{}{SEPARATOR}{}", self::request(request), identity(document))
}

/// The fingerprint of a revision that follows the one with this fingerprint.
pub fn next(before: &str, document: &str) -> String {
    let first = first(before, document);
    match made(before) {
        Some(follows) => format!("{first}{SEPARATOR}{follows}"),
        None => first,
    }
}

/// What a fingerprint says of the request: equal for equal requests.
pub fn request(fingerprint: &str) -> &str {
    fingerprint.split(SEPARATOR).next().unwrap_or(fingerprint)
}

/// Whether a store takes a revision that it does not have: `head` is the number of its newest, and `before` and `after` are the fingerprints of
/// its neighbours, if it has them.
///
/// A newer one is taken unless it was made from another than the one before it there. An older one was lost, and is taken only where the one
/// after it was made from it. What does not say what it was made from is taken at its word.
pub fn is_taken(number: u32, fingerprint: &str, head: Option<u32>, before: Option<&str>, after: Option<&str>) -> bool {
    let follows_it = before.is_none_or(|before| are_linked(before, fingerprint));
    let is_older = head.is_some_and(|head| number < head);
    follows_it && (!is_older || after.is_some_and(|after| are_linked(fingerprint, after)))
}

/// What a revision was made as, and what the one before it was.
pub fn parts(fingerprint: &str) -> (Option<&str>, Option<&str>) {
    (made(fingerprint), follows(fingerprint))
}

fn are_linked(before: &str, after: &str) -> bool {
    match (made(before), follows(after)) {
        (Some(made), Some(follows)) => made == follows,
        _ => true,
    }
}

fn made(fingerprint: &str) -> Option<&str> {
    fingerprint.split(SEPARATOR).nth(1)
}

fn follows(fingerprint: &str) -> Option<&str> {
    fingerprint.split(SEPARATOR).nth(2)
}

fn identity(document: &str) -> String {
    let mut digits = hex(&Sha1::digest(document.as_bytes()));
    digits.truncate(DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fingerprint says which request a revision is of, which revision it is, and which one it was made from.
    #[test]
    fn fingerprints() {
        let one = first("1:ab", "one");
        assert_eq!(one, "1:ab~fe05bcdcdc492801");
        let two = next(&one, "two");
        assert_eq!(two, "1:ab~ad782ecdac770fc6~fe05bcdcdc492801");
        let three = next(&two, "three");
        for fingerprint in [&one, &two, &three, "1:ab"] {
            assert_eq!(request(fingerprint), "1:ab");
        }
        assert_eq!(follows(&three), made(&two));
        assert_eq!(next("1:ab", "two"), first("1:ab", "two"), "one of an earlier release does not say what it is");
    }

    /// What is made from one bill never comes after another, in whatever order revisions are sent again; what an earlier release
    /// wrote is taken as it was.
    #[test]
    fn what_is_taken() {
        let (a, b) = (first("r", "a"), first("r", "b"));
        let (a2, b2) = (next(&a, "a2"), next(&b, "b2"));
        let a3 = next(&a2, "a3");
        for (number, new, head, before, after, expected) in [
            (1, &*a, None, None, None, true),
            (2, &*a2, Some(1), Some(&*a), None, true),
            (2, &*a2, Some(1), Some(&*b), None, false),
            (2, &*a2, None, None, None, true),
            (1, &*a, Some(2), None, Some(&*a2), true),
            (1, &*b, Some(2), None, Some(&*a2), false),
            (1, &*a, Some(3), None, None, false),
            (2, &*a2, Some(3), Some(&*a), Some(&*a3), true),
            (2, &*b2, Some(3), Some(&*b), Some(&*a3), false),
            (2, &*a2, Some(3), Some(&*b), Some(&*a3), false),
            (3, &*a3, Some(1), None, None, true),
            (1, "r", Some(2), None, Some(&*a2), true),
            (2, "r", Some(1), Some(&*a), None, true),
        ] {
            assert_eq!(
                is_taken(number, new, head, before, after),
                expected,
                "{number} {new} {head:?} {before:?} {after:?}"
            );
        }
    }
}
