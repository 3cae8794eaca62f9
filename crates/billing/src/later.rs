//! What is begun before an answer, and finished after it.

use crate::backlog::Backlog;
use crate::context::Context;
use crate::ports::Ports;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

/// How much an instance may have unfinished. With more than this, answers wait: whoever asks faster than the store can
/// follow has to feel it.
const UNFINISHED: u32 = 8;

/// Begins work, and leaves the rest of it for after the answer.
///
/// The work has run up to its first wait when this returns: a call of the store has then left this instance, and what the
/// caller asks next comes after it. In a new instance that would not be so, because the store begins with settings and
/// connections, and waits for them; there, answers wait until something was finished for the first time.
pub(crate) async fn begin<P: Ports>(context: &Rc<Context<P>>, work: impl Future<Output = ()> + 'static) {
    let backlog = &context.billing.backlog;
    let counted = Counted::new(context);
    let mut work = Box::pin(async move {
        let _counted = counted;
        work.await;
    });
    if poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await.is_ready() {
        return;
    }
    if backlog.unfinished.get() > UNFINISHED || !backlog.warm.get() {
        work.await;
    } else {
        context.ports().spawn(work);
    }
}

struct Counted<P: Ports>(Rc<Context<P>>);

impl<P: Ports> Counted<P> {
    fn new(context: &Rc<Context<P>>) -> Self {
        let unfinished = &context.billing.backlog.unfinished;
        unfinished.set(unfinished.get().saturating_add(1));
        Self(Rc::clone(context))
    }
}

impl<P: Ports> Drop for Counted<P> {
    fn drop(&mut self) {
        let Backlog { unfinished, warm } = &self.0.billing.backlog;
        unfinished.set(unfinished.get().saturating_sub(1));
        warm.set(true);
    }
}
