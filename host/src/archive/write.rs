//! `farebox archive write`.

use super::adding::Adding;
use crate::bills::{self, Listed};
use crate::jobs::slices::encoded;
use crate::output;
use crate::progress;
use crate::request::Server;
use crate::whole;
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use farebox_document::hex;
use farebox_records::archive::{FORMAT, Manifest};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use ureq::http::Method;

/// How many trips are compressed together: enough to make it small, and few enough that one bill is read without many others.
const TRIPS_OF_A_MEMBER: usize = 32;

/// Write the bills of a city and a day, all revisions, with the rate cards that they were made with
///
/// Once the day is over, and what is due of it was repaired: what is written is not changed any more, and bills that may yet be put right are
/// refused unless --provisional takes them. Nothing is deleted. Needs a key for `read:driver` where requests have to be signed.
///
/// Examples:
///
///   farebox archive write --city 110000 --day 2026-11-26 --to archive
///
///   farebox replay archive/110000/2026-11-26.jsonl.gz --cards archive/cards
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Write {
    /// The city.
    #[arg(long)]
    city: String,
    /// The day on which the bills were made, by the clock of the city, as 2026-11-26.
    #[arg(long)]
    day: String,
    /// The folder of the archive.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Take bills as well that may yet be put right.
    #[arg(long)]
    provisional: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

impl Write {
    /// Fetches the bills and writes them.
    ///
    /// # Errors
    ///
    /// There is no answer, it is a refusal, there is a file of the day already, or it cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let listed = bills::list(&self.server, &self.city, Some(&self.day), None)?;
        // The server has looked at both: they are names of files.
        let folder = self.to.join(&self.city);
        let [data, about] = ["jsonl.gz", "json"].map(|end| folder.join(format!("{}.{end}", self.day)));
        ensure!(!about.exists(), "{} is there already: what is archived is not changed any more", about.display());
        let open = listed.iter().filter(|listed| listed.is_provisional()).count();
        ensure!(
            open == 0 || self.provisional,
            "{open} of {} bills may yet be put right: `farebox bills --city {} --day {} --state provisional` lists them; archive the day when \
             they are, or with --provisional",
            listed.len(),
            self.city,
            self.day
        );
        fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let length = u64::try_from(listed.len())?;
        let bar = progress::bar(length, "{bar:40} {pos}/{len} bills, {per_sec}, {eta} left")?;
        let unfinished = whole::unfinished(&data);
        let file = File::create(&unfinished).with_context(|| format!("cannot write {}", unfinished.display()))?;
        let mut file = BufWriter::new(file);
        let mut adding = Adding::default();
        for listed in listed.chunks(TRIPS_OF_A_MEMBER) {
            let mut member = GzEncoder::new(file, Compression::default());
            for listed in listed {
                self.bill(listed, &mut member, &mut adding)?;
                bar.inc(1);
            }
            file = member.finish()?;
        }
        file.flush()?;
        let last = adding.last();
        let contents = adding.contents()?;
        for version in &contents.cards {
            self.keep_card(version)?;
        }
        bar.finish_and_clear();
        let (sha256, bytes) = fingerprint(&unfinished)?;
        whole::put(&unfinished, &data)?;
        let written_at = jiff::Timestamp::now().strftime("%FT%TZ").to_string();
        let (city, day) = (self.city.clone(), self.day.clone());
        let manifest = Manifest { format: FORMAT.to_owned(), city, day, written_at, sha256, bytes, last, contents };
        // The last of all: a day of which there is a manifest is whole.
        whole::write(&about, output::json(&manifest)?.as_bytes())?;
        if self.json {
            output::print(output::json(&manifest)?)?;
        } else {
            let Manifest { contents, bytes, .. } = &manifest;
            output::print(format!(
                "{}: {} bills, {} revisions, {bytes} bytes\n",
                data.display(),
                contents.bills,
                contents.revisions
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Writes all revisions of a bill.
    fn bill(&self, listed: &Listed, file: &mut impl io::Write, adding: &mut Adding) -> anyhow::Result<()> {
        for revision in 1..=listed.revision() {
            let line = self.fetch(&format!(
                "/v1/trips/{}/bill?city={}&revision={revision}",
                encoded(listed.trip_id()),
                encoded(&self.city)
            ))?;
            adding
                .add(&self.city, &line)
                .with_context(|| format!("revision {revision} of the bill of {}", listed.trip_id()))?;
            ensure!(!line.contains('\n'), "a bill record is more than a line");
            file.write_all(line.as_bytes())?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    fn fetch(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.server.ask(Method::GET, path)?;
        if !answer.status.is_success() {
            bail!("{path}: {}", answer.said());
        }
        Ok(String::from_utf8(answer.body)?)
    }

    fn keep_card(&self, version: &str) -> anyhow::Result<()> {
        let folder = self.to.join("cards");
        let path = folder.join(format!("{version}.json"));
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let card = self.fetch(&format!("/v1/cities/{}/rate-cards/{version}", encoded(&self.city)))?;
        whole::write(&path, card.as_bytes())
    }
}

/// SHA-256 of a file, and its size.
///
/// # Errors
///
/// It cannot be read.
pub fn fingerprint(path: &Path) -> anyhow::Result<(String, u64)> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (mut digest, mut bytes, mut some) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut some)?;
        if read == 0 {
            return Ok((hex(&digest.finalize()), bytes));
        }
        digest.update(&some[..read]);
        bytes += u64::try_from(read)?;
    }
}
