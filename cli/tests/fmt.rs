//! `cutover fmt` as people and editors call it.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const ROUGH: &str = "map M: old.T a->new.t b {\n key a.Id<->b.id // why\n}\n";
const NEAT: &str = "map M: old.T a -> new.t b {\n  key a.Id <-> b.id  // why\n}\n";

fn cutover(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cutover")).args(arguments).current_dir(folder).output().unwrap()
}

fn printed(output: &Output) -> (i32, String, String) {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    (output.status.code().unwrap(), out, err)
}

#[test]
fn files_are_rewritten_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's \"a\" map.map");
    fs::write(&path, ROUGH).unwrap();
    fs::write(folder.path().join("neat.map"), NEAT).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let (status, out, err) = printed(&cutover(folder.path(), &["fmt", name, "neat.map"]));
    assert_eq!((status, out.as_str(), err), (0, "", format!("formatted {name}\n")));
    assert_eq!(fs::read_to_string(&path).unwrap(), NEAT);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside the files");
    assert_eq!(printed(&cutover(folder.path(), &["fmt", name])), (0, String::new(), String::new()));
}

#[test]
fn check_lists_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("a.map", ROUGH), ("b.map", NEAT), ("c.map", ROUGH)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let (status, out, err) = printed(&cutover(folder.path(), &["fmt", "--check", "a.map", "b.map", "c.map"]));
    assert_eq!((status, out.as_str()), (1, "a.map\nc.map\n"));
    assert!(err.contains("2 files would change"), "{err}");
    assert_eq!(fs::read_to_string(folder.path().join("a.map")).unwrap(), ROUGH);
    assert_eq!(printed(&cutover(folder.path(), &["fmt", "--check", "b.map"])), (0, String::new(), String::new()));
}

#[test]
fn diff_shows_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.map"), ROUGH).unwrap();
    let expected = "--- a.map\n+++ a.map\n@@ -1,3 +1,3 @@\n-map M: old.T a->new.t b {\n- key a.Id<->b.id // why\n\
                    +map M: old.T a -> new.t b {\n+  key a.Id <-> b.id  // why\n }\n";
    assert_eq!(printed(&cutover(folder.path(), &["fmt", "--diff", "a.map"])), (0, expected.into(), String::new()));
    let (status, out, _) = printed(&cutover(folder.path(), &["fmt", "--diff", "--check", "a.map"]));
    assert_eq!((status, out.as_str()), (1, expected), "both together show, and tell by the status");
    assert_eq!(fs::read_to_string(folder.path().join("a.map")).unwrap(), ROUGH);
}

#[test]
fn the_standard_input_goes_to_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["fmt", "-"]).current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ROUGH.as_bytes()).unwrap();
    assert_eq!(printed(&child.wait_with_output().unwrap()), (0, NEAT.into(), String::new()));
}

#[test]
fn what_cannot_be_read_stays() {
    let folder = tempfile::tempdir().unwrap();
    let broken = ROUGH.replace("}\n", "   a.Name =>   b.name\n}\n");
    fs::write(folder.path().join("a.map"), &broken).unwrap();
    let (status, _, err) = printed(&cutover(folder.path(), &["fmt", "a.map"]));
    assert_eq!(status, 0);
    assert!(err.contains("a.map: line 3 cannot be read and stayed as written; `cutover check` says why"), "{err}");
    let expected = NEAT.replace("}\n", "   a.Name =>   b.name\n}\n");
    assert_eq!(fs::read_to_string(folder.path().join("a.map")).unwrap(), expected);
}

#[test]
fn what_is_no_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("latin.map"), b"// \xe9\n").unwrap();
    for (name, cause) in [("none.map", "cannot be read"), ("latin.map", "it is not UTF-8"), (".", "cannot be read")] {
        let (status, out, err) = printed(&cutover(folder.path(), &["fmt", name]));
        assert_eq!((status, out.as_str()), (4, ""), "{name}");
        assert!(err.contains(name) && err.contains(cause), "{err}");
    }
    assert_eq!(fs::read(folder.path().join("latin.map")).unwrap(), b"// \xe9\n");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("a.map"), folder.path().join("link.map"));
    fs::write(&file, ROUGH).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.map", &link).unwrap();
    assert_eq!(printed(&cutover(folder.path(), &["fmt", "link.map"])).0, 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), NEAT);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    fs::write(&file, ROUGH).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    let (status, _, err) = printed(&cutover(folder.path(), &["fmt", "a.map"]));
    assert!(status == 4 && err.contains("read-only"), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), ROUGH);
}
