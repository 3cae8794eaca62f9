//! How far long work has come. Shown on a terminal, and nowhere else.

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Of work of which nobody knows how much there is.
///
/// # Errors
///
/// The template is none.
pub fn spinner(template: &str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(template).context("a template")?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

/// Of work of which there is so much.
///
/// # Errors
///
/// The template is none.
pub fn bar(length: u64, template: &str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(length);
    bar.set_style(ProgressStyle::with_template(template).context("a template")?);
    Ok(bar)
}
