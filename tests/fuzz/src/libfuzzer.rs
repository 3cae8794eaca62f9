//! What libFuzzer calls. Which target it is for stands in the environment, so that one build serves all.
#![no_main]

use farebox_fuzz::Target;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static CHECK: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FAREBOX_FUZZ_TARGET").unwrap_or_default();
    Target::named(&name).expect("FAREBOX_FUZZ_TARGET names a target").check
});

fuzz_target!(|bytes: &[u8]| CHECK(bytes));
