//! What all tests of mappings share.

use cutover_mapping_dsl::diagnostic::render;
use cutover_mapping_dsl::{Compiled, compile};
use std::path::{Path, PathBuf};

/// Returns the folder of the corpus.
pub(crate) fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

/// Returns the mappings of a folder, in order.
pub(crate) fn maps_in(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).expect("the folder of the corpus is there");
    let paths = files.map(|file| file.expect("its files can be listed").path());
    let mut maps: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "map")).collect();
    maps.sort();
    maps
}

/// Returns the path of the Opal example.
pub(crate) fn opal() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/opal/opal.map")
}

/// Compiles a mapping as if its text were `text`; schemas are read from its folder.
pub(crate) fn compile_text(path: &Path, text: &str) -> Compiled {
    let folder = path.parent().expect("a file lies in a folder").to_path_buf();
    let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    compile(&name, text, &mut |file| std::fs::read(folder.join(file)).map_err(|_| "there is no such file".to_string()))
}

/// Compiles a mapping of the corpus.
pub(crate) fn compile_file(path: &Path) -> Compiled {
    compile_text(path, &std::fs::read_to_string(path).expect("the corpus can be read"))
}

/// Returns all messages as people see them.
pub(crate) fn messages(compiled: &Compiled) -> String {
    let drawn = compiled.diagnostics.iter().map(|diagnostic| render(diagnostic, &compiled.sources, false));
    drawn.collect::<Vec<_>>().join("\n\n")
}
