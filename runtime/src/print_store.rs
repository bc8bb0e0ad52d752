//! A set of fingerprints of any size. The newest ones are held in memory; whenever they are too many, they go into a
//! sorted run in a scratch file without a name. Runs are merged as they grow, so that there are few of them. For each
//! fingerprint in a run about ten bits stay in memory: with them nearly every question is answered without the file.

use crate::error::RunError;
use crate::fingerprint::PrintSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// How many fingerprints are held in memory.
const RECENT: usize = 1 << 19;

/// How many fingerprints are read from a run at once.
const PAGE: usize = 256;

/// Bytes of a fingerprint.
const WIDTH: usize = size_of::<u128>();

/// A set that grows into scratch files.
pub(crate) struct PrintStore {
    recent: PrintSet,
    /// Older ones, each run at least about twice as long as the next.
    runs: Vec<Run>,
    /// Fingerprints in runs that belong to the set no more.
    removed: PrintSet,
    most: usize,
}

impl Default for PrintStore {
    fn default() -> Self {
        PrintStore::with_recent(RECENT)
    }
}

impl PrintStore {
    fn with_recent(most: usize) -> PrintStore {
        PrintStore { recent: PrintSet::default(), runs: Vec::new(), removed: PrintSet::default(), most }
    }

    /// Returns whether a fingerprint is in the set.
    pub(crate) fn contains(&self, print: u128) -> Result<bool, RunError> {
        if self.recent.contains(&print) {
            return Ok(true);
        }
        if self.removed.contains(&print) {
            return Ok(false);
        }
        for run in &self.runs {
            if run.contains(print).map_err(scratch)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds a fingerprint.
    pub(crate) fn insert(&mut self, print: u128) -> Result<(), RunError> {
        if !self.removed.is_empty() && self.removed.remove(&print) {
            return Ok(()); // It lies in a run still.
        }
        self.recent.insert(print);
        if self.recent.len() < self.most { Ok(()) } else { self.spill().map_err(scratch) }
    }

    /// Takes out a fingerprint that was added.
    pub(crate) fn remove(&mut self, print: u128) {
        if !self.recent.remove(&print) && !self.runs.is_empty() {
            self.removed.insert(print);
        }
    }

    /// Moves what is in memory into a run, and merges it with runs that are not much longer.
    fn spill(&mut self) -> io::Result<()> {
        let mut sorted: Vec<u128> = self.recent.drain().collect();
        sorted.sort_unstable();
        let mut run = Run::write(sorted.len(), sorted.into_iter().map(Ok))?;
        while let Some(longer) = self.runs.pop_if(|longer| longer.length < 2 * run.length) {
            let removed = &mut self.removed;
            let merged = Merged::new(longer.read()?, run.read()?)?;
            let kept = merged.filter(|print| !matches!(print, Ok(print) if removed.remove(print)));
            run = Run::write(longer.length + run.length, kept)?;
        }
        self.runs.push(run);
        Ok(())
    }
}

fn scratch(cause: io::Error) -> RunError {
    RunError::Scratch { folder: std::env::temp_dir(), cause }
}

/// Fingerprints in ascending order in a scratch file, which is gone when it is closed.
struct Run {
    file: File,
    length: usize,
    /// The first fingerprint of each page.
    fences: Vec<u128>,
    filter: Filter,
}

impl Run {
    /// Writes fingerprints, which come in order; `expected` is about how many.
    fn write(expected: usize, prints: impl Iterator<Item = io::Result<u128>>) -> io::Result<Run> {
        let mut out = BufWriter::new(tempfile::tempfile()?);
        let (mut length, mut fences, mut filter) = (0, Vec::with_capacity(expected / PAGE + 1), Filter::new(expected));
        for print in prints {
            let print = print?;
            if length % PAGE == 0 {
                fences.push(print);
            }
            filter.insert(print);
            out.write_all(&print.to_be_bytes())?;
            length += 1;
        }
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Run { file, length, fences, filter })
    }

    fn contains(&self, print: u128) -> io::Result<bool> {
        let page = self.fences.partition_point(|first| *first <= print);
        if page == 0 || !self.filter.may_contain(print) {
            return Ok(false);
        }
        let first = (page - 1) * PAGE;
        let mut bytes = [0; PAGE * WIDTH];
        let bytes = &mut bytes[..PAGE.min(self.length - first) * WIDTH];
        let mut file = &self.file;
        file.seek(SeekFrom::Start((first * WIDTH) as u64))?;
        file.read_exact(bytes)?;
        let (prints, _) = bytes.as_chunks::<WIDTH>();
        Ok(prints.binary_search(&print.to_be_bytes()).is_ok())
    }

    /// Returns all fingerprints, in order.
    fn read(&self) -> io::Result<impl Iterator<Item = io::Result<u128>>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        let mut file = BufReader::new(file);
        Ok((0..self.length).map(move |_| {
            let mut bytes = [0; WIDTH];
            file.read_exact(&mut bytes).map(|()| u128::from_be_bytes(bytes))
        }))
    }
}

/// Two ordered sequences as one.
struct Merged<L, R> {
    left: L,
    right: R,
    next: (Option<u128>, Option<u128>),
}

impl<L, R> Merged<L, R>
where
    L: Iterator<Item = io::Result<u128>>,
    R: Iterator<Item = io::Result<u128>>,
{
    fn new(mut left: L, mut right: R) -> io::Result<Merged<L, R>> {
        let next = (left.next().transpose()?, right.next().transpose()?);
        Ok(Merged { left, right, next })
    }

    fn advance(&mut self) -> io::Result<Option<u128>> {
        let (left, right) = self.next;
        let from_left = right.is_none_or(|right| left.is_some_and(|left| left <= right));
        if from_left {
            self.next.0 = self.left.next().transpose()?;
            return Ok(left);
        }
        self.next.1 = self.right.next().transpose()?;
        Ok(right)
    }
}

impl<L, R> Iterator for Merged<L, R>
where
    L: Iterator<Item = io::Result<u128>>,
    R: Iterator<Item = io::Result<u128>>,
{
    type Item = io::Result<u128>;

    fn next(&mut self) -> Option<io::Result<u128>> {
        self.advance().transpose()
    }
}

/// A Bloom filter: it knows for certain what is not in a set, and errs for one in a hundred others.
struct Filter {
    words: Vec<u64>,
}

/// Bits for each fingerprint, and how many of them are looked at: 0.8 % are taken for members wrongly.
const BITS: usize = 10;
const LOOKS: u64 = 7;

impl Filter {
    fn new(expected: usize) -> Filter {
        Filter { words: vec![0; (expected * BITS).div_ceil(64).max(1)] }
    }

    fn insert(&mut self, print: u128) {
        let bits = self.words.len() as u64 * 64;
        for place in places(print, bits) {
            self.words[(place / 64) as usize] |= 1 << (place % 64);
        }
    }

    fn may_contain(&self, print: u128) -> bool {
        let bits = self.words.len() as u64 * 64;
        places(print, bits).all(|place| self.words[(place / 64) as usize] & (1 << (place % 64)) != 0)
    }
}

/// Fingerprints are spread already, so that their halves serve as two hashes.
fn places(print: u128, bits: u64) -> impl Iterator<Item = u64> {
    let (start, step) = ((print >> 64) as u64, print as u64 | 1);
    (0..LOOKS).map(move |look| start.wrapping_add(look.wrapping_mul(step)) % bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint;
    use crate::value::Value;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn print(number: u64) -> u128 {
        fingerprint::of([&Value::Integer(number.into())])
    }

    proptest! {
        /// It answers as a set in memory does, however often it has grown into files.
        #[test]
        fn is_a_set(calls in prop::collection::vec((0..3u8, 0..60u64), 0..600)) {
            let (mut store, mut set) = (PrintStore::with_recent(8), HashSet::new());
            for (call, number) in calls {
                let print = print(number);
                match call {
                    0 if set.contains(&print) => {
                        set.remove(&print);
                        store.remove(print);
                    }
                    _ if !set.contains(&print) => {
                        set.insert(print);
                        store.insert(print).unwrap();
                    }
                    _ => (),
                }
            }
            for number in 0..60 {
                prop_assert_eq!(store.contains(print(number)).unwrap(), set.contains(&print(number)), "{}", number);
            }
        }
    }

    #[test]
    fn few_runs_and_few_questions_to_them() {
        let mut store = PrintStore::with_recent(1000);
        (0..100_500).for_each(|number| store.insert(print(number)).unwrap());
        assert!(store.runs.len() <= 7, "{} runs", store.runs.len());
        assert_eq!(store.runs.iter().map(|run| run.length).sum::<usize>(), 100_000);
        assert!((0..100_500).all(|number| store.contains(print(number)).unwrap()));
        let strange = 200_000..300_000;
        let asked =
            strange.clone().filter(|number| store.runs.iter().any(|run| run.filter.may_contain(print(*number))));
        assert!(asked.count() < 7 * 2_000, "the filters let too much through");
        assert!(!strange.into_iter().any(|number| store.contains(print(number)).unwrap()));
    }
}
