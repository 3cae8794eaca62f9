//! The WebAssembly engine: its limits and its clock.

use std::time::Duration;

use anyhow::Context as _;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter};

use crate::budget::Share;

/// How often running guests are interrupted to let others, and deadlines, have their turn.
const TICK: Duration = Duration::from_millis(5);

/// Makes the engine and starts its clock.
///
/// `memory` is the most bytes a single linear memory may have, `instances` the most component instances there may be
/// at once.
///
/// # Errors
///
/// The machine cannot reserve the address space for this many instances.
pub fn engine(memory: usize, instances: u32) -> anyhow::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    // A composed application is one component instance of a dozen components, each with its own memory, and each with
    // a few small core instances around it. Only what is used takes memory.
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(64))
        .total_memories(instances.saturating_mul(12))
        .total_tables(instances.saturating_mul(32))
        .total_stacks(instances.saturating_mul(4))
        .max_memory_size(memory);
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).map_err(anyhow_error).context("cannot start the WebAssembly engine")?;

    let clock = engine.weak();
    std::thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        while let Some(engine) = clock.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(engine)
}

/// Makes an engine for as many instances as are wanted, or for as many as the machine has address space for: half as many, and
/// again half, but at least so many. Returns for how many.
///
/// # Errors
///
/// There is not even address space for the least.
pub fn engine_that_fits(memory: usize, wanted: u32, least: u32) -> anyhow::Result<(Engine, u32)> {
    let mut instances = wanted.max(least);
    loop {
        match engine(memory, instances) {
            Ok(engine) => {
                if instances < wanted {
                    tracing::warn!(
                        "there may be {instances} instances at once instead of {wanted}: the machine has no address space for more; \
                         ulimit -v unlimited allows it"
                    );
                }
                return Ok((engine, instances));
            }
            Err(error) if instances <= least => return Err(error),
            Err(_) => instances = (instances / 2).max(least),
        }
    }
}

/// wasmtime has an error type of its own.
#[must_use]
pub fn anyhow_error(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into_boxed_dyn_error())
}

/// Limits the memory of one instance: the sum over all its linear memories, in bytes.
#[derive(Debug)]
pub struct MemoryLimit {
    limit: usize,
    left: usize,
    /// What it takes of the memory that instances share, if it does.
    share: Option<Share>,
    is_made: bool,
    /// It took more than there was to share.
    is_over: bool,
}

impl MemoryLimit {
    /// At most this many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { limit: bytes, left: bytes, share: None, is_made: false, is_over: false }
    }

    /// Has what it takes count in a share of what there is.
    pub fn shares(&mut self, share: Share) {
        self.share = Some(share);
    }

    /// From now on there are requests in it, which would fail if it were refused what it needs: it is to be replaced instead.
    pub fn is_made(&mut self) {
        self.is_made = true;
    }

    /// Whether the instance has taken a quarter of it, or more than there was to share. It never gives any back.
    #[must_use]
    pub fn is_grown(&self) -> bool {
        self.is_over || self.left < self.limit / 4 * 3
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let Some(left) = self.left.checked_sub(more) else {
            tracing::warn!(current, desired, left = self.left, "a guest reached its memory limit");
            return Ok(false);
        };
        self.left = left;
        if let Some(share) = &mut self.share
            && let Err(exhausted) = share.grow(self.limit - left, false)
        {
            if !self.is_made {
                return Err(wasmtime::Error::new(exhausted));
            }
            self.is_over = true;
        }
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // The pool bounds tables.
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::budget::{Budget, Exhausted};
    use std::collections::BTreeMap;
    use std::time::Instant;

    /// All memories of an instance count together.
    #[test]
    fn memory_is_limited_over_all_memories() {
        let mut limit = MemoryLimit::new(100);
        assert!(limit.memory_growing(0, 60, None).unwrap());
        assert!(limit.memory_growing(0, 30, None).unwrap());
        assert!(!limit.memory_growing(30, 50, None).unwrap());
        assert!(limit.memory_growing(30, 40, None).unwrap());
    }

    /// Instances that share memory, of at most 256 KiB each where there are 48: "number event", and what comes of it.
    #[test]
    fn memory_is_shared() {
        for (why, steps) in [
            ("two that are small", &["1 start 16: made", "2 start 16: made", "1 grow 0: fine"][..]),
            ("there is none for another", &["1 start 40: made", "2 start 16: no place", "2 start 8: made"]),
            ("there is again", &["1 start 40: made", "2 start 16: no place", "1 end 0: gone", "2 start 16: made"]),
            ("one that grows goes on, and is replaced", &["1 start 40: made", "2 start 8: made", "2 grow 8: replaced"]),
            ("one that grows where there is room", &["1 start 16: made", "1 grow 16: fine", "2 start 16: made"]),
            ("no more than its limit", &["1 start 16: made", "1 grow 241: refused"]),
        ] {
            // A quarter is for those who need little, and instances do not.
            let budget = Budget::new(64 << 10);
            let mut instances = BTreeMap::new();
            for step in steps {
                let (event, expected) = step.split_once(": ").unwrap();
                let words: Vec<&str> = event.split(' ').collect();
                let (number, bytes) = (words[0], words[2].parse::<usize>().unwrap() << 10);
                let outcome = match words[1] {
                    "start" => {
                        let mut limit = MemoryLimit::new(256 << 10);
                        limit.shares(budget.share());
                        match limit.memory_growing(0, bytes, None) {
                            Ok(_) => {
                                limit.is_made();
                                instances.insert(number, limit);
                                "made"
                            }
                            Err(error) if error.is::<Exhausted>() => "no place",
                            Err(_) => "failed",
                        }
                    }
                    "grow" => {
                        let limit = instances.get_mut(number).unwrap();
                        match limit.memory_growing(0, bytes, None) {
                            Ok(false) => "refused",
                            Ok(true) if limit.is_grown() => "replaced",
                            Ok(true) => "fine",
                            Err(_) => "failed",
                        }
                    }
                    _ => instances.remove(number).map_or("never there", |_| "gone"),
                };
                assert_eq!(outcome, expected, "{why}: {step}");
            }
        }
    }

    #[test]
    fn the_clock_ticks_and_stops_with_the_engine() {
        let engine = engine(1 << 20, 1).unwrap();
        let weak = engine.weak();
        drop(engine);
        let start = Instant::now();
        while weak.upgrade().is_some() {
            assert!(start.elapsed() < Duration::from_secs(5));
            std::thread::sleep(TICK);
        }
    }
}
