//! Sorted byte strings in a file that has no name.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::Path;

/// Writes a run.
#[derive(Debug)]
pub struct RunWriter {
    file: BufWriter<File>,
    buffer: usize,
}

impl RunWriter {
    /// Writes to a file in `folder`, `buffer` bytes at a time.
    pub fn new(folder: &Path, buffer: usize) -> io::Result<Self> {
        Ok(Self { file: BufWriter::with_capacity(buffer, tempfile::tempfile_in(folder)?), buffer })
    }

    pub fn push(&mut self, row: &[u8]) -> io::Result<()> {
        let length = u32::try_from(row.len()).map_err(io::Error::other)?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(row)
    }

    pub fn finish(self) -> io::Result<Run> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let left = file.stream_position()?;
        file.rewind()?;
        Ok(Run { file: BufReader::with_capacity(self.buffer, file), left })
    }
}

/// Reads a run.
#[derive(Debug)]
pub struct Run {
    file: BufReader<File>,
    /// How many bytes are left to read: a file that has become shorter is not taken for one that is over.
    left: u64,
}

impl Run {
    /// Puts the next row in the place of `row`. Whether there is one.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not as it was written.
    pub fn next(&mut self, row: &mut Vec<u8>) -> io::Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        let mut length = [0; 4];
        self.file.read_exact(&mut length)?;
        let length = u64::from(u32::from_le_bytes(length));
        let rest = self.left.checked_sub(4 + length);
        self.left = rest.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        row.clear();
        row.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        self.file.read_exact(row)?;
        Ok(true)
    }
}
