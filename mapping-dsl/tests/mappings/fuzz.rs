//! The checks of the fuzz targets on the corpus and on fixed changes of it, so that no build goes without them.
//! `tests/fuzz` runs them on any bytes, for as long as one likes.

use crate::random::Random;
use crate::support::{maps_in, suite};
use std::path::{Path, PathBuf};

#[expect(unreachable_pub, reason = "the fuzz targets take them from a crate")]
#[path = "../../../tests/fuzz/src/lib.rs"]
mod checks;

/// Changes of each file.
const CHANGES: usize = 3;

fn schemas() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema");
    let list = |folder: PathBuf| std::fs::read_dir(folder).expect("the folder is there");
    let dialects = list(folder).map(|entry| entry.expect("it can be listed").path()).filter(|path| path.is_dir());
    let files = dialects.flat_map(list).map(|file| file.expect("its files can be listed").path());
    let mut paths: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|kind| kind == "sql")).collect();
    paths.sort();
    paths
}

/// Calls a check with each file and with some changes of it: bytes taken out, doubled, moved or replaced.
fn check(paths: &[PathBuf], check: fn(&[u8])) {
    let mut random = Random(7);
    let files: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("the file can be read")).collect();
    assert!(!files.is_empty());
    for bytes in &files {
        check(bytes);
        for _ in 0..CHANGES {
            check(&changed(bytes, &files[random.below(files.len())], &mut random));
        }
    }
}

fn changed(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let start = random.below(changed.len() + 1);
        let end = (start + random.below(12)).min(changed.len());
        let from = random.below(other.len() + 1);
        let piece = other[from..(from + random.below(40)).min(other.len())].to_vec();
        match random.below(4) {
            0 => drop(changed.drain(start..end)),
            1 => drop(changed.splice(start..end, piece)),
            2 => drop(changed.splice(start..start, changed[start..end].to_vec())),
            _ => {
                changed.iter_mut().skip(start).take(1).for_each(|byte| *byte = b"{}()\"`/\n .,:|-<>"[random.below(16)])
            }
        }
    }
    changed
}

fn mappings() -> Vec<PathBuf> {
    ["valid", "errors", "format", "explain"].iter().flat_map(|folder| maps_in(&suite().join(folder))).collect()
}

#[test]
fn any_mapping_compiles_or_has_messages() {
    check(&mappings(), checks::compile_any);
}

#[test]
fn any_mapping_can_be_laid_out() {
    check(&mappings(), checks::format_any);
}

#[test]
fn any_schema_can_be_read() {
    check(&schemas(), checks::schema_any);
}
