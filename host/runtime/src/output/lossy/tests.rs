#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use crate::output::queue::LIMIT;
use std::time::Instant;

/// What a stream does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Takes,
    /// It takes some bytes at a time, and between them says that it would have to wait.
    Trickles,
    Fails(ErrorKind),
    Stuck,
}

/// A stream that does what a test says.
#[derive(Clone)]
struct Stream(Arc<(Mutex<Seen>, Condvar)>);

struct Seen {
    mood: Mood,
    text: Vec<u8>,
    writes: usize,
    reports: Vec<(u64, Option<ErrorKind>)>,
}

impl Stream {
    fn new(mood: Mood) -> Self {
        let seen = Seen { mood, text: Vec::new(), writes: 0, reports: Vec::new() };
        Self(Arc::new((Mutex::new(seen), Condvar::new())))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.0.lock().unwrap()
    }

    fn set(&self, mood: Mood) {
        self.seen().mood = mood;
        self.0.1.notify_all();
    }

    /// A log on this stream.
    fn log(&self) -> Lossy {
        let told = self.clone();
        Lossy::start(self.clone(), move |lost, why| told.seen().reports.push((lost, why.map(io::Error::kind))))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut seen = self.0.1.wait_while(self.seen(), |seen| seen.mood == Mood::Stuck).unwrap();
        seen.writes += 1;
        let length = match seen.mood {
            Mood::Trickles if seen.writes.is_multiple_of(2) => return Err(ErrorKind::WouldBlock.into()),
            Mood::Trickles => bytes.len().min(7),
            Mood::Fails(kind) => return Err(kind.into()),
            Mood::Takes | Mood::Stuck => bytes.len(),
        };
        seen.text.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn push(log: &Lossy, numbers: std::ops::Range<u64>) {
    numbers.for_each(|number| log.push(format!("{number:0>99}\n").as_bytes()));
}

/// The numbers of the lines that arrived.
fn numbers(text: &[u8]) -> Vec<u64> {
    std::str::from_utf8(text).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

/// However a stream fails, nobody waits for it, it is not asked without end, and it is never given more than fits; when it takes
/// lines again, those that waited arrive whole and in order, and all others are counted.
#[test]
fn every_line_arrives_or_is_counted() {
    let table = [
        (Mood::Stuck, None),
        (Mood::Fails(ErrorKind::StorageFull), Some(ErrorKind::StorageFull)),
        (Mood::Fails(ErrorKind::BrokenPipe), Some(ErrorKind::BrokenPipe)),
    ];
    for (mood, why) in table {
        let stream = Stream::new(mood);
        let log = stream.log();
        // Three times as many bytes as one batch and one queue have.
        let sent = u64::try_from(LIMIT).unwrap() * 6 / 100;
        let start = Instant::now();
        push(&log, 0..sent);
        assert!(start.elapsed() < Duration::from_secs(5), "{mood:?}: {:?}", start.elapsed());
        log.flush(Duration::from_millis(200));
        log.flush(Duration::from_millis(200));
        assert!(start.elapsed() < Duration::from_secs(6), "{mood:?}: {:?}", start.elapsed());
        thread::sleep(Duration::from_millis(300));
        assert!(stream.seen().writes <= 12, "{mood:?}: {} writes", stream.seen().writes);

        stream.set(Mood::Takes);
        log.flush(Duration::from_secs(10));
        push(&log, sent..sent + 1);
        log.flush(Duration::from_secs(10));
        let seen = stream.seen();
        let (arrived, lost) = (numbers(&seen.text), seen.reports.iter().map(|(lost, _)| lost).sum::<u64>());
        assert_eq!(arrived.len() as u64 + lost, sent + 1, "{mood:?}");
        assert!(seen.text.len() <= 2 * LIMIT + 100 && lost > 0, "{mood:?}");
        assert_eq!(seen.reports, [(lost, why)], "{mood:?}");
        let kept = arrived.len() as u64 - 1;
        let expected: Vec<u64> = (0..kept).chain([sent]).collect();
        assert!(arrived == expected, "{mood:?}: not in order");
    }
}

/// A stream that takes a little at a time gets every byte once, and nothing is lost.
#[test]
fn a_slow_stream_gets_everything() {
    let stream = Stream::new(Mood::Trickles);
    let log = stream.log();
    push(&log, 0..3);
    log.flush(Duration::from_secs(1));
    stream.set(Mood::Takes);
    log.flush(Duration::from_secs(10));
    let seen = stream.seen();
    assert_eq!((numbers(&seen.text), &seen.reports[..]), (vec![0, 1, 2], &[][..]));
}

/// A line that is longer than all there is room for is lost alone.
#[test]
fn too_long_a_line_is_lost_alone() {
    let stream = Stream::new(Mood::Takes);
    let log = stream.log();
    log.push(&vec![b'1'; LIMIT + 1]);
    log.flush(Duration::from_secs(10));
    push(&log, 7..8);
    log.flush(Duration::from_secs(10));
    let seen = stream.seen();
    assert_eq!((numbers(&seen.text), &seen.reports[..]), (vec![7], &[(1, None)][..]));
}
