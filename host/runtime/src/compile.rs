//! Compiling in a process of its own: what the compiler takes of memory, several times what a host needs, is gone with it.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use clap::Args;

use crate::engine::{anyhow_error, engine};

/// Compile a component for this machine: from standard input to standard output.
#[derive(Debug, Args)]
pub struct Compile {
    /// The most memory of one instance, in bytes.
    #[arg(long, value_name = "BYTES")]
    memory: usize,
}

impl Compile {
    /// Compiles.
    ///
    /// # Errors
    ///
    /// It is no component, or cannot be read or written.
    pub fn run(&self) -> anyhow::Result<()> {
        let mut component = Vec::new();
        std::io::stdin().read_to_end(&mut component)?;
        let code = engine(self.memory, 1)?.precompile_component(&component).map_err(anyhow_error)?;
        std::io::stdout().lock().write_all(&code)?;
        Ok(())
    }
}

/// Has another process compile.
#[derive(Debug)]
pub struct Apart {
    /// One that understands [`Compile`] as `compile`.
    program: PathBuf,
    memory: usize,
}

impl Apart {
    /// This program, for an engine whose instances have at most so many bytes. `None` where it cannot be found.
    #[must_use]
    pub fn of_this_program(memory: usize) -> Option<Self> {
        Some(Self::of(std::env::current_exe().ok()?, memory))
    }

    /// A program that is, or is not, one that compiles.
    pub(crate) fn of(program: PathBuf, memory: usize) -> Self {
        Self { program, memory }
    }

    /// The machine code of a component.
    ///
    /// # Errors
    ///
    /// It is none, or there cannot be a process.
    pub fn compile(&self, component: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut command = Command::new(&self.program);
        command.arg("compile").arg("--memory").arg(self.memory.to_string());
        // What is wrong is said by whoever asks, once.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn()?;
        // It reads all before it writes anything.
        let sent = process.stdin.take().context("it has no standard input")?.write_all(component);
        let output = process.wait_with_output()?;
        anyhow::ensure!(output.status.success(), "the process that was to compile ended with {}", output.status);
        sent?;
        Ok(output.stdout)
    }
}
