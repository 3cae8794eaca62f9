//! Prints a made-up history for `farebox replay`: `bills COUNT [SEED]`, one bill record a line.
//!
//! ```console
//! cargo run --release --workspace --example bills 1000000 > bills.jsonl
//! farebox replay bills.jsonl
//! ```

use farebox_kit::history::{Cards, bills};
use std::io::{BufWriter, Write};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(Ok(1000), |count| count.parse())?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for bill in bills(&Cards::shipped(), count, seed) {
        writeln!(out, "{bill}")?;
    }
    out.flush()?;
    Ok(())
}
