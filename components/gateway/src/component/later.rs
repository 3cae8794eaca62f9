//! What is begun before an answer, and finished after it.

use spin_sdk::wasip3::wit_bindgen::spawn;
use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

/// How much an instance may have unfinished. With more than this, answers wait: whoever asks faster than the store can
/// follow has to feel it.
const UNFINISHED: u32 = 8;

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
    /// Whether any work was ever finished.
    static WARM: Cell<bool> = const { Cell::new(false) };
}

/// Begins work, and leaves the rest of it for after the answer.
///
/// The work has run up to its first wait when this returns: a call of the store has then left this component, and what
/// the client asks next comes after it. In a new instance that would not be so, because the store begins with settings
/// and connections, and waits for them; there, answers wait until something was finished for the first time.
pub async fn begin(work: impl Future<Output = ()> + 'static) {
    let mut work = Box::pin(async {
        let _counted = Counted::new();
        work.await;
    });
    if poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await.is_ready() {
        return;
    }
    if COUNT.get() > UNFINISHED || !WARM.get() {
        work.await;
    } else {
        spawn(work);
    }
}

struct Counted;

impl Counted {
    fn new() -> Self {
        COUNT.set(COUNT.get().saturating_add(1));
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        COUNT.set(COUNT.get().saturating_sub(1));
        WARM.set(true);
    }
}
