//! `./x fuzz`: looks for inputs that break a law, beginning with those that are kept, and keeps what it finds.

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use farebox_fuzz::{TARGETS, Target, corpus};
use farebox_kit::artifacts::repository;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Fuzz a target: look for inputs that break a law, and keep those that get further than any before
///
/// Without a target, all of them are listed. A search begins with the inputs in tests/fuzz/corpus. When it ends, be it by
/// Ctrl-C, what it found is made as little as it can be, and written there: commit it. `./x test` replays the corpus.
///
/// Examples:
///
///   ./x fuzz request --runs 10000000
///
///   ./x fuzz card --seconds 600
///
///   ./x fuzz card --replay target/fuzz/card/broken/crash-0a4d55a8d778e5022fab701977c5d840bbc486d0
#[derive(Debug, Parser)]
#[command(name = "fuzz", verbatim_doc_comment)]
struct Fuzz {
    /// What to fuzz.
    target: Option<String>,
    /// How many inputs to try.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    runs: u64,
    /// How long to try, at most; with this and no --runs, as many inputs as there is time for.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Try the input in this file only.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds"])]
    replay: Option<PathBuf>,
    /// Add the input in this file to those that are kept for good, and try it in `./x test` from then on.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "replay"])]
    keep: Option<PathBuf>,
    /// What was built with libFuzzer.
    #[arg(long, value_name = "FILE", hide = true)]
    libfuzzer: Option<PathBuf>,
}

/// libFuzzer's exit code when it was interrupted.
const INTERRUPTED: i32 = 72;

fn main() -> anyhow::Result<ExitCode> {
    let matches = <Fuzz as clap::CommandFactory>::command().get_matches();
    let told_runs = matches.value_source("runs") == Some(clap::parser::ValueSource::CommandLine);
    let fuzz = <Fuzz as clap::FromArgMatches>::from_arg_matches(&matches)?;
    let Some(name) = &fuzz.target else {
        for Target { name, law, .. } in TARGETS {
            say(&format!("{name:<9} {law}"))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    let target =
        Target::named(name).with_context(|| format!("there is no {name:?}; there are {}", names.join(", ")))?;
    if let Some(file) = &fuzz.replay {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        (target.check)(&bytes);
        say(&format!("{} breaks no law: {}", file.display(), target.law))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(file) = &fuzz.keep {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        let kept = corpus::kept(target);
        let earlier = fs::read_to_string(&kept).unwrap_or_default();
        fs::write(&kept, format!("{earlier}{}\n", bytes.escape_ascii()))?;
        say(&format!("added to {}", kept.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let runs = if fuzz.seconds.is_some() && !told_runs { None } else { Some(fuzz.runs) };
    let libfuzzer = fuzz.libfuzzer.context("without what ./x fuzz builds, nothing can be searched")?;
    let search = Search::new(target, &libfuzzer)?;
    let began = Instant::now();
    let (ended, seen) = search.run(runs, fuzz.seconds)?;
    let took = began.elapsed().as_secs();
    let inputs = search.save()?;
    say(&format!("{name}: {seen} runs in {took} s; {inputs} inputs in {}", corpus::found(target).display()))?;
    match ended {
        Some(0 | INTERRUPTED) => Ok(ExitCode::SUCCESS),
        _ => {
            search.tell_what_broke()?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A search for inputs. Its folder stays, so that the next search here knows all that was found here.
struct Search<'a> {
    target: &'static Target,
    libfuzzer: &'a Path,
    folder: PathBuf,
}

impl<'a> Search<'a> {
    /// Unpacks the inputs that are kept.
    fn new(target: &'static Target, libfuzzer: &'a Path) -> anyhow::Result<Self> {
        let search = Self { target, libfuzzer, folder: repository().join("target/fuzz").join(target.name) };
        for folder in [search.inputs(), search.broken()] {
            fs::create_dir_all(folder)?;
        }
        for input in corpus::inputs(target)?.into_iter().chain(corpus::seeds(target)?) {
            fs::write(search.inputs().join(corpus::name(&input.bytes)), input.bytes)?;
        }
        fs::write(search.words(), target.words)?;
        Ok(search)
    }

    fn inputs(&self) -> PathBuf {
        self.folder.join("inputs")
    }

    fn broken(&self) -> PathBuf {
        self.folder.join("broken")
    }

    fn words(&self) -> PathBuf {
        self.folder.join("words.dict")
    }

    /// libFuzzer, which is told which target it is for.
    fn command(&self) -> Command {
        let mut command = Command::new(self.libfuzzer);
        command.env("FAREBOX_FUZZ_TARGET", self.target.name).stdout(Stdio::null());
        command.args(["-timeout=60", "-entropic_scale_per_exec_time=1"]);
        command
    }

    /// Tries inputs. Answers libFuzzer's exit code, if it has one, and how many inputs were tried.
    fn run(&self, runs: Option<u64>, seconds: Option<u64>) -> anyhow::Result<(Option<i32>, u64)> {
        let mut command = self.command();
        if let Some(runs) = runs {
            command.arg(format!("-runs={runs}"));
        }
        if let Some(seconds) = seconds {
            command.arg(format!("-max_total_time={seconds}"));
        }
        if !self.target.words.is_empty() {
            command.arg(format!("-dict={}", self.words().display()));
        }
        command.arg(format!("-max_len={}", self.target.most_bytes));
        // An input is written down as soon as it was found.
        command.arg(format!("-artifact_prefix={}/", self.broken().display())).arg(self.inputs());
        let mut child = command.stderr(Stdio::piped()).spawn().context("libFuzzer cannot be started")?;
        let bar = ProgressBar::new(runs.unwrap_or_default());
        bar.set_style(ProgressStyle::with_template(match runs {
            Some(_) => "{bar:40} {pos}/{len} runs, {elapsed}, {msg}",
            None => "{spinner} {pos} runs, {elapsed}, {msg}",
        })?);
        bar.enable_steady_tick(Duration::from_millis(500));
        let lines = BufReader::new(child.stderr.take().context("libFuzzer has no standard error")?).split(b'\n');
        let (mut seen, mut last_told) = (0, Instant::now());
        for line in lines {
            let line = String::from_utf8_lossy(&line?).into_owned();
            let Some(progress) = Progress::read(&line) else {
                if is_worth_telling(&line) {
                    bar.suspend(|| complain(&line));
                }
                continue;
            };
            seen = progress.runs.max(seen);
            let message = progress.message();
            // Where nobody looks at a bar, a line now and then.
            if bar.is_hidden() && last_told.elapsed() >= Duration::from_secs(30) {
                last_told = Instant::now();
                complain(&format!("{seen} runs, {message}"));
            }
            bar.set_position(seen);
            bar.set_message(message);
        }
        let status = child.wait()?;
        bar.finish_and_clear();
        Ok((status.code(), seen))
    }

    /// Makes the inputs as few and as short as reach what all of them reach, and writes them down. Answers how many there
    /// are.
    fn save(&self) -> anyhow::Result<usize> {
        complain("making the corpus as little as it can be");
        let mut most_bytes = self.target.most_bytes;
        loop {
            let inputs = self.least(most_bytes)?;
            if inputs.is_empty() {
                bail!("no input is left; they are in {}", self.inputs().display());
            }
            if corpus::length(&inputs) <= corpus::MOST_BYTES {
                let count = inputs.len();
                corpus::write(&corpus::found(self.target), inputs)?;
                return Ok(count);
            }
            most_bytes = most_bytes / 4 * 3;
        }
    }

    /// As few inputs as reach what all reach, without those that are there anyway, each cut off at a length.
    fn least(&self, most_bytes: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let least = self.folder.join("least");
        _ = fs::remove_dir_all(&least);
        fs::create_dir_all(&least)?;
        let seeds = corpus::seeds(self.target)?;
        for seed in &seeds {
            fs::write(least.join(corpus::name(&seed.bytes)), &seed.bytes)?;
        }
        // Places in the code count, and not how often each was passed: that would be ten times the inputs.
        let merged = self
            .command()
            .arg(format!("-max_len={most_bytes}"))
            .args(["-set_cover_merge=1", "-use_counters=0"])
            .arg(format!("-artifact_prefix={}/", self.broken().display()))
            .args([&least, &self.inputs()])
            .stderr(Stdio::null())
            .status()?;
        ensure!(merged.success(), "inputs cannot be merged ({merged}); they are in {}", self.inputs().display());
        let read = |entry: std::io::Result<fs::DirEntry>| fs::read(entry?.path());
        let mut inputs = fs::read_dir(&least)?.map(read).collect::<std::io::Result<Vec<_>>>()?;
        inputs.retain(|bytes| seeds.iter().all(|seed| seed.bytes != *bytes));
        Ok(inputs)
    }

    fn tell_what_broke(&self) -> anyhow::Result<()> {
        let name = self.target.name;
        for entry in fs::read_dir(self.broken())? {
            let path = entry?.path();
            // Slow is not wrong.
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("slow-unit")) {
                continue;
            }
            let bytes = fs::read(&path)?;
            let path = path.strip_prefix(repository()).unwrap_or(&path).display();
            complain(&format!(
                "\n{path} breaks the law: {}\n  {}\n\
                 look at it:        ./x fuzz {name} --replay {path}\n\
                 when it is mended: ./x fuzz {name} --keep {path}, and make a test of it beside the code it is about",
                self.target.law,
                bytes.escape_ascii(),
            ));
        }
        Ok(())
    }
}

/// What a line of libFuzzer's says of how far it is.
struct Progress {
    runs: u64,
    places: u64,
    inputs: u64,
    per_second: u64,
}

impl Progress {
    /// Reads "#4096 pulse  cov: 1834 ft: 5210 corp: 312/21Kb lim: 43 exec/s: 2048 rss: 61Mb".
    fn read(line: &str) -> Option<Self> {
        let runs = line.strip_prefix('#')?.split_whitespace().next()?.parse().ok()?;
        let after = |name: &str| {
            let number = line.split_once(name).map(|(_, rest)| rest.trim_start()).unwrap_or_default();
            let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
            number.get(..digits).and_then(|number| number.parse().ok()).unwrap_or_default()
        };
        Some(Self { runs, places: after("cov:"), inputs: after("corp:"), per_second: after("exec/s:") })
    }

    fn message(&self) -> String {
        format!("{}/s, {} places in the code reached by {} inputs", self.per_second, self.places, self.inputs)
    }
}

/// What libFuzzer says besides how it goes: panics, mostly.
fn is_worth_telling(line: &str) -> bool {
    let dull = [
        "INFO:",
        "WARNING: Failed to find function",
        "Dictionary:",
        "\tNEW_FUNC",
        "MS:",
        "0x",
        "artifact_prefix=",
        "Base64:",
        "Done ",
        "###",
        "\"",
    ];
    !line.trim().is_empty() && !dull.iter().any(|start| line.starts_with(start))
}

/// Writes a line to the standard output.
fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// Writes a line to the standard error, if somebody listens.
fn complain(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What libFuzzer says of its progress is understood; all else is not taken for it.
    #[test]
    fn progress_is_read() {
        let line = "#4096\tpulse  cov: 1834 ft: 5210 corp: 312/21Kb lim: 43 exec/s: 2048 rss: 61Mb";
        let Some(Progress { runs, places, inputs, per_second }) = Progress::read(line) else { panic!("{line}") };
        assert_eq!((runs, places, inputs, per_second), (4_096, 1_834, 312, 2_048));
        assert!(Progress::read("INFO: seed corpus: files: 12").is_none());
        assert!(Progress::read("#0 0x55 in main").is_some_and(|progress| progress.runs == 0));
    }
}
