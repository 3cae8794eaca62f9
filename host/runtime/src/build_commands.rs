//! The build step: runs `[component.<id>.build]`, as `spin build` does.

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::manifest::Manifest;
use crate::output;

/// Runs every component's build commands in a shell, one after the other, with their output going where ours goes.
///
/// # Errors
///
/// A command that cannot be started or fails; those after it are not run.
pub async fn run(manifest: &Manifest) -> anyhow::Result<()> {
    for (id, component) in &manifest.components {
        let Some(build) = &component.build else { continue };
        let folder = manifest.path(&build.workdir);
        for command in build.commands() {
            output::say(format_args!("building component {id}: {command}"));
            // Before anything that it says itself.
            output::flush();
            let status = Command::new("sh")
                .args(["-c", command])
                .current_dir(&folder)
                .status()
                .await
                .with_context(|| format!("cannot start the build command of component {id:?} in {folder:?}"))?;
            ensure!(status.success(), "the build command of component {id:?} failed ({status}): {command}");
        }
    }
    Ok(())
}
