//! Work on many maps by all processors. The results stand in the order of the items, whoever made them.

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many shares there are for each processor: some take longer than others.
const SHARES: usize = 8;

/// Returns what a function makes of each item, in the order of the items. With one processor, or where there are no
/// threads, the caller's thread does it all.
pub fn map<'i, T: Sync, R: Send>(items: &'i [T], make: impl Fn(&'i T) -> R + Sync) -> Vec<R> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    if workers < 2 {
        return items.iter().map(make).collect();
    }
    let shares: Vec<&'i [T]> = items.chunks(items.len().div_ceil(workers * SHARES)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = shares.get(place) else { return made };
            made.push((place, share.iter().map(&make).collect::<Vec<R>>()));
        }
    };
    let mut made: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let own = work();
        let others = others.into_iter().flat_map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        others.chain(own).collect()
    });
    made.sort_unstable_by_key(|(place, _)| *place);
    made.into_iter().flat_map(|(_, results)| results).collect()
}

/// The same with items that are used up.
pub fn map_owned<T: Send, R: Send>(items: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    map(&items, |item| {
        let taken = item.lock().ok().and_then(|mut item| item.take());
        make(taken.expect("each item is taken once"))
    })
}

#[cfg(test)]
mod tests {
    use super::{map, map_owned};

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        for length in [0, 1, 2, 3, 15, 16, 17, 1_000] {
            let items: Vec<usize> = (0..length).collect();
            let twice = map(&items, |item| {
                if item % 7 == 0 {
                    std::thread::yield_now(); // Let another thread overtake.
                }
                item * 2
            });
            assert_eq!(twice, items.iter().map(|item| item * 2).collect::<Vec<_>>());
            assert_eq!(map_owned(items.clone(), |item| item), items);
        }
    }
}
