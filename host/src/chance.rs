//! What nobody can guess.

use anyhow::Context as _;

/// Random bytes, fit for secrets.
///
/// # Errors
///
/// The system has none.
pub fn bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system has no random numbers")?;
    Ok(bytes)
}
