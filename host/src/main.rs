//! The `farebox` command.

/// A request is some hundred small allocations on several threads: a tenth of the time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    farebox::cli::run(give_back)
}

/// Gives back to the system what the start has taken and freed: the allocator keeps it for later otherwise, and there is no later
/// for what is done once.
fn give_back() {
    // SAFETY: it may be called at any time, by any thread.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
}
