//! `farebox archive verify`.

use super::adding::Adding;
use super::write::fingerprint;
use crate::output;
use crate::progress;
use anyhow::{Context as _, ensure};
use clap::Args;
use farebox_records::archive::{FORMAT, Manifest};
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Look whether an archive is whole: every file is as it was written, every line is a bill that adds up, and the rate cards are there
///
/// Exit code 1 when something is not as it should be.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Verify {
    /// The folder of the archive.
    #[arg(value_name = "DIR")]
    archive: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Default, Serialize)]
struct Verified {
    days: u64,
    bills: u64,
    revisions: u64,
    wrong: Vec<String>,
}

impl Verify {
    /// Reads all of it.
    ///
    /// # Errors
    ///
    /// There is no archive.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let manifests = self.manifests()?;
        let bar = progress::bar(u64::try_from(manifests.len())?, "{bar:40} {pos}/{len} days, {eta} left")?;
        let mut verified = Verified::default();
        for path in &manifests {
            verified.days += 1;
            match self.day(path) {
                Ok(Manifest { contents, .. }) => {
                    verified.bills += contents.bills;
                    verified.revisions += contents.revisions;
                }
                Err(error) => verified.wrong.push(format!("{}: {error:#}", path.display())),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let Verified { days, bills, revisions, wrong } = &verified;
        output::print(if self.json {
            output::json(&verified)?
        } else {
            let wrong: String = wrong.iter().map(|wrong| format!("{wrong}\n")).collect();
            format!("{wrong}{days} days: {bills} bills, {revisions} revisions are as they were written\n")
        })?;
        Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn manifests(&self) -> anyhow::Result<Vec<PathBuf>> {
        let list = |folder: &Path| -> anyhow::Result<Vec<PathBuf>> {
            let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
            let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
            paths.sort();
            Ok(paths)
        };
        let mut manifests = Vec::new();
        let cities = list(&self.archive)?.into_iter().filter(|path| path.is_dir() && !path.ends_with("cards"));
        for city in cities {
            manifests.extend(list(&city)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json")));
        }
        ensure!(!manifests.is_empty(), "there is no archive in {}", self.archive.display());
        Ok(manifests)
    }

    fn day(&self, path: &Path) -> anyhow::Result<Manifest> {
        let manifest: Manifest =
            serde_json::from_slice(&fs::read(path)?).context("it is not what says what is in a file")?;
        ensure!(manifest.format == FORMAT, "it is of format {:?}, and this release reads {FORMAT}", manifest.format);
        let data = path.with_extension("jsonl.gz");
        let (sha256, bytes) = fingerprint(&data)?;
        ensure!(
            (&sha256, bytes) == (&manifest.sha256, manifest.bytes),
            "{} was changed since it was written",
            data.display()
        );
        let mut adding = Adding::default();
        for (number, line) in BufReader::new(MultiGzDecoder::new(File::open(&data)?)).lines().enumerate() {
            let line = line.with_context(|| format!("{} cannot be read", data.display()))?;
            adding.add(&manifest.city, &line).with_context(|| format!("line {}", number + 1))?;
        }
        ensure!(manifest.last.is_none() || adding.last() == manifest.last, "its last line is another than it says");
        let contents = adding.contents()?;
        ensure!(contents == manifest.contents, "its lines come to something else than it says");
        for version in &contents.cards {
            let card = self.archive.join("cards").join(format!("{version}.json"));
            ensure!(card.is_file(), "the rate card {version} is not there");
        }
        Ok(manifest)
    }
}
