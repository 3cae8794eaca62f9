//! Every input that was ever found to matter, natively.
#![allow(clippy::unwrap_used)]

use farebox_fuzz::{TARGETS, corpus};
use std::fs;
use std::panic::catch_unwind;

/// No law is broken by what broke one before, nor by anything that gets as far as any input did.
#[test]
fn inputs_that_were_found_break_no_law() {
    let mut broken = Vec::new();
    for target in TARGETS {
        let inputs = corpus::inputs(target).unwrap();
        assert!(inputs.len() >= 10, "{} has {} inputs", target.name, inputs.len());
        for input in inputs.into_iter().chain(corpus::seeds(target).unwrap()) {
            if catch_unwind(|| (target.check)(&input.bytes)).is_err() {
                let place = format!("{}:{}", input.file.display(), input.line);
                broken.push(format!("{} is broken at {place}: {}", target.name, input.bytes.escape_ascii()));
            }
        }
    }
    assert!(broken.is_empty(), "why is told above\n{}", broken.join("\n"));
}

/// The corpus is small: what the command finds is made as little as it can be.
#[test]
fn the_corpus_is_small() {
    for target in TARGETS {
        for file in [corpus::found(target), corpus::kept(target)].into_iter().filter(|file| file.exists()) {
            let bytes = fs::read(&file).unwrap().len();
            assert!(bytes <= corpus::MOST_BYTES, "{} has {bytes} bytes", file.display());
        }
    }
}
