//! Text that waits to be written, and how many lines found no room in it.

/// How much may wait, in bytes: some seconds of a busy server's log.
pub const LIMIT: usize = 1 << 20;

/// Lines on their way to a stream.
#[derive(Debug, Default)]
pub struct Queue {
    text: Vec<u8>,
    lost: u64,
}

impl Queue {
    /// Takes a line in, or counts it as lost. A gap has one place: once a line is lost, so are those that follow, however
    /// short, until [`Queue::gap`] says how many.
    pub fn push(&mut self, line: &[u8]) {
        if self.lost > 0 || self.text.len().saturating_add(line.len()) > LIMIT {
            self.lost = self.lost.saturating_add(1);
        } else {
            self.text.extend_from_slice(line);
        }
    }

    /// Takes a line in that says what was lost. There is always room for it, since there is one for each [`Queue::take`].
    pub fn push_report(&mut self, line: &[u8]) {
        self.text.extend_from_slice(line);
    }

    /// Whether nothing waits, and nothing is to be told.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.lost == 0
    }

    /// Hands over all that waits, in exchange for an empty text.
    pub fn take(&mut self, text: &mut Vec<u8>) {
        text.clear();
        std::mem::swap(&mut self.text, text);
    }

    /// How many lines were lost behind those that wait. From here on lines are taken in again.
    pub fn gap(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens to a queue.
    enum Step {
        /// Lines of so many bytes each come.
        Push(usize, usize),
        /// The gap is asked for, and has so many lines.
        Gap(u64),
        /// A report of so many bytes comes.
        Report(usize),
        /// All is taken, so many bytes.
        Take(usize),
    }
    use Step::{Gap, Push, Report, Take};

    /// What finds room is kept in full, what does not is counted; a gap is in one place; a report always finds room.
    #[test]
    fn nothing_is_lost_uncounted() {
        let table: [(&str, &[Step]); 6] = [
            ("nothing", &[Gap(0), Take(0)]),
            ("room", &[Push(3, 100), Gap(0), Take(300), Take(0)]),
            ("exactly full", &[Push(2, LIMIT / 2), Gap(0), Take(LIMIT)]),
            ("full", &[Push(3, LIMIT / 2), Push(2, 1), Gap(3), Gap(0), Take(LIMIT)]),
            ("too long a line, and one behind it", &[Push(1, LIMIT + 1), Push(1, 1), Gap(2), Push(1, 1), Take(1)]),
            (
                "a report has room, what follows has none until all is taken",
                &[Push(2, LIMIT), Gap(1), Report(50), Push(1, 1), Take(LIMIT + 50), Gap(1), Push(1, 1), Take(1)],
            ),
        ];
        for (what, steps) in table {
            let (mut queue, mut text) = (Queue::default(), Vec::new());
            for (number, step) in steps.iter().enumerate() {
                match *step {
                    Push(lines, length) => (0..lines).for_each(|_| queue.push(&vec![b'x'; length])),
                    Gap(lost) => {
                        assert!(lost == 0 || !queue.is_empty(), "{what}, step {number}: nobody would ask");
                        assert_eq!(queue.gap(), lost, "{what}, step {number}");
                    }
                    Report(length) => queue.push_report(&vec![b'x'; length]),
                    Take(length) => {
                        queue.take(&mut text);
                        assert_eq!(text.len(), length, "{what}, step {number}");
                    }
                }
            }
        }
    }
}
