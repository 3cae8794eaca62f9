//! Looking at buckets that nobody writes to any more: nobody else would find out that they have lost something.

use crate::Fault;

/// A bucket that this node has not heard of for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// Of which city.
    pub city: String,
    /// The bucket.
    pub bucket: u32,
    /// Whether this node has sent something there that it could send again.
    pub is_of_use: bool,
}

/// What it takes to look.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Looks {
    /// Takes up to so many buckets, those that were not heard of for the longest: for a while nobody else does.
    async fn quiet(&self, most: u32) -> Result<Vec<Quiet>, Fault>;

    /// Takes a step on a bucket, which tells where it is.
    async fn step(&self, city: &str, bucket: u32) -> Result<(), Fault>;
}

/// Looks at up to so many buckets, and says how many it was.
///
/// # Errors
///
/// The shared store does not answer, or takes nothing now: the rest is looked at later. A bucket that this node may not write to is
/// passed over, since nothing can be sent there either.
pub async fn look(looks: &impl Looks, most: u32) -> Result<u32, Fault> {
    let mut looked_at = 0;
    for Quiet { city, bucket, is_of_use } in looks.quiet(most).await? {
        if !is_of_use {
            continue;
        }
        match looks.step(&city, bucket).await {
            Err(fault @ (Fault::Unavailable(_) | Fault::Refused(_))) => return Err(fault),
            Ok(()) | Err(Fault::Fenced(_) | Fault::Other(_)) => looked_at += 1,
        }
    }
    Ok(looked_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Fence;
    use futures::executor::block_on;
    use std::cell::RefCell;

    /// Buckets 0, 1, ..., each with what its step comes to; without, it is of no use.
    struct Buckets(Vec<Option<Result<(), Fault>>>, RefCell<Vec<u32>>);

    impl Looks for Buckets {
        async fn quiet(&self, most: u32) -> Result<Vec<Quiet>, Fault> {
            let quiet = (0_u32..).zip(&self.0).map(|(bucket, step)| Quiet {
                city: "c".to_owned(),
                bucket,
                is_of_use: step.is_some(),
            });
            Ok(quiet.take(most as usize).collect())
        }

        async fn step(&self, _: &str, bucket: u32) -> Result<(), Fault> {
            self.1.borrow_mut().push(bucket);
            self.0.get(bucket as usize).cloned().flatten().unwrap_or(Ok(()))
        }
    }

    /// What this node may not write to holds up nothing; a store that does not answer is left alone.
    #[test]
    fn what_is_looked_at() {
        let check = |steps: &[Option<Result<(), Fault>>], expected: Result<u32, Fault>, taken: &[u32]| {
            let buckets = Buckets(steps.to_vec(), RefCell::default());
            assert_eq!(block_on(look(&buckets, 4)), expected, "{steps:?}");
            assert_eq!(*buckets.1.borrow(), taken, "{steps:?}");
        };
        let fenced = || {
            let fence = Fence { owner: "b".to_owned(), epoch: 2, retry_after_s: 1 };
            Some(Err(Fault::Fenced(fence)))
        };
        let down = || Fault::Unavailable("gone".to_owned());
        let full = || Fault::Refused("OOM".to_owned());
        check(&[], Ok(0), &[]);
        check(&[Some(Ok(())), None, fenced(), Some(Err(Fault::Other("?".to_owned())))], Ok(3), &[0, 2, 3]);
        check(&[Some(Ok(())), Some(Err(down())), Some(Ok(()))], Err(down()), &[0, 1]);
        check(&[Some(Err(full())), Some(Ok(()))], Err(full()), &[0]);
        check(&[const { Some(Ok(())) }; 5], Ok(4), &[0, 1, 2, 3]);
    }
}
