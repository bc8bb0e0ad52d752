//! Turns `people.map` into Rust each time it, or a schema that it names, changes.

fn main() {
    cutover_codegen::Build::new().map("people.map").rust_only().run();
}
