//! Renews the files of the examples when a mapping or a schema changes.

fn main() {
    cutover_codegen::Build::new()
        .map("../examples/opal/opal.map")
        .map("../examples/outsystems/kern.map")
        .folder(".")
        .run();
}
