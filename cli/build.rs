//! Puts the pages of `docs/diagnostics` into the command, for `cutover explain`.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("Cargo sets it")).join("../docs/diagnostics");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.expect("the pages can be listed").path()).collect();
    paths.sort();
    let mut list = String::from("/// The page of each code.\npub(crate) const PAGES: &[(&str, &str)] = &[\n");
    for path in paths {
        let name = path.file_stem().expect("a page has a name").to_string_lossy();
        if name.starts_with('M') {
            println!("cargo::rerun-if-changed={}", path.display());
            writeln!(list, "    ({name:?}, include_str!({path:?})),").expect("a text takes all");
        }
    }
    list.push_str("];\n");
    let out = env::var("OUT_DIR").expect("Cargo sets it");
    fs::write(Path::new(&out).join("pages.rs"), list).expect("the folder of the build can be written");
}
