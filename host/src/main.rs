//! The `farebox` command.

/// A request is some hundred small allocations on several threads: a tenth of the time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    farebox::cli::run()
}
