//! `cutover init`: a first draft of a mapping from two schemas, and what remains to be said.

use super::schema::understood;
use crate::arguments::{DialectName, InitOptions};
use crate::failure::Failure;
use crate::mapping::counted;
use crate::{Status, database, output, whole};
use cutover_mapping_dsl::diagnostic::{CODES, Code};
use cutover_mapping_dsl::draft::{Counts, Draft, DraftSide, can_be_named, draft, is_zone};
use cutover_mapping_dsl::schema::{Dialect, Schema, read};
use cutover_mapping_dsl::source::FileId;
use cutover_mapping_dsl::{Compiled, compile};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

pub(crate) fn run(options: &InitOptions) -> Result<Status, Failure> {
    for zone in [&options.legacy_timezone, &options.target_timezone].into_iter().flatten() {
        if !is_zone(zone) {
            let help = "write a name of the zone database, such as America/Toronto or UTC";
            return Err(Failure::usage(format!("there is no time zone \"{zone}\": {help}")));
        }
    }
    let output = options.output.as_deref();
    output.map_or(Ok(()), is_free)?;
    let legacy = Source::read(&options.legacy, options.legacy_as, output, "legacy")?;
    let target = Source::read(&options.target, options.target_as, output, "target")?;
    let draft = draft(&legacy.side(&options.legacy_timezone), &target.side(&options.target_timezone))
        .map_err(|error| Failure::environment(error.to_string()))?;
    for source in [&legacy, &target] {
        source.saved.as_ref().map_or(Ok(()), |path| save(path, &String::from_utf8_lossy(&source.bytes)))?;
    }
    match output {
        Some(path) => save(path, &draft.text)?,
        None => output::text(&draft.text),
    }
    remains(&draft, output, &checked(&draft, &legacy, &target));
    Ok(Status::Done)
}

/// One side: its DDL, what it says, and how the mapping names it.
struct Source {
    bytes: Vec<u8>,
    schema: Schema,
    name: String,
    /// Where DDL of a database is to be saved.
    saved: Option<PathBuf>,
}

impl Source {
    fn read(path: &Path, read_as: Option<DialectName>, output: Option<&Path>, side: &str) -> Result<Source, Failure> {
        if let Some(url) = path.to_str().filter(|text| database::is_url(text)) {
            return Source::of_database(url, output, side);
        }
        if path.extension().is_some_and(|extension| extension == "map") {
            return Err(Failure::usage(format!("{} is a mapping; give the DDL of one side", path.display())));
        }
        let failed = |cause: String| Failure::environment(format!("{}: {cause}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let schema = understood(path, bytes.clone(), read_as)?;
        let name = relative(path, output.and_then(Path::parent).unwrap_or(Path::new("")));
        if !can_be_named(&name) {
            return Err(Failure::usage(format!("a mapping cannot name the file {name:?}; rename it")));
        }
        Source { bytes, schema, name, saved: None }.with_tables(&path.display().to_string())
    }

    fn of_database(url: &str, output: Option<&Path>, side: &str) -> Result<Source, Failure> {
        let place = database::place(url);
        let Some(output) = output else {
            let help = "say where to write the mapping, with --output";
            return Err(Failure::usage(format!("{place}: its DDL is saved beside the mapping; {help}")));
        };
        let saved = output.with_extension(format!("{side}.sql"));
        is_free(&saved)?;
        let (dialect, ddl) = database::ddl(url)?;
        let schema: Schema = read::read(FileId(0), &ddl, dialect);
        let name = saved.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Source { bytes: ddl.into_bytes(), schema, name, saved: Some(saved) }.with_tables(&place)
    }

    fn with_tables(self, place: &str) -> Result<Source, Failure> {
        if !self.schema.tables.is_empty() {
            return Ok(self);
        }
        let dialect: Dialect = self.schema.dialect;
        let help = format!("`cutover schema {place} --skipped` lists what was passed over");
        Err(Failure::findings(format!("{place}: no table could be read as {dialect}; {help}")))
    }

    fn side<'s>(&'s self, zone: &'s Option<String>) -> DraftSide<'s> {
        DraftSide { schema: &self.schema, file: &self.name, zone: zone.as_deref() }
    }
}

/// Refuses a name that is taken.
fn is_free(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(taken(path)),
        Err(_) => Ok(()),
    }
}

fn taken(path: &Path) -> Failure {
    let help = "nothing was written; choose another name with --output, or move it away";
    Failure::usage(format!("{} is there already: {help}", path.display()))
}

fn save(path: &Path, text: &str) -> Result<(), Failure> {
    whole::create(path, text).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => taken(path),
        _ => Failure::environment(format!("{} cannot be written: {error}", path.display())),
    })
}

/// Returns how a file is named from a folder: as written where that is enough.
fn relative(file: &Path, folder: &Path) -> String {
    let shown = |path: &Path| path.to_string_lossy().replace('\\', "/");
    if folder.as_os_str().is_empty() || file.is_absolute() {
        return shown(file);
    }
    let whole = |path: &Path| path.canonicalize().ok();
    let Some((file, folder)) = whole(file).zip(whole(folder)) else { return shown(file) };
    let (file, folder): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (file.components().collect(), folder.components().collect());
    let shared = file.iter().zip(&folder).take_while(|(left, right)| left == right).count();
    let up = std::iter::repeat_n(Component::ParentDir, folder.len() - shared);
    shown(&up.chain(file[shared..].iter().copied()).collect::<PathBuf>())
}

/// Checks the draft as `cutover check` will.
fn checked(draft: &Draft, legacy: &Source, target: &Source) -> Compiled {
    // Both sides may have one name, so the first that is asked for is the legacy one.
    let mut sides = [legacy, target].into_iter();
    compile("draft.map", &draft.text, &mut |_| sides.next().map(|side| side.bytes.clone()).ok_or_else(String::new))
}

/// Says how far the draft goes and what remains to be said.
fn remains(draft: &Draft, path: Option<&Path>, compiled: &Compiled) {
    let Counts { maps, left, legacy, dropped, target, open, todos } = draft.counts;
    let name = path.map_or("FILE.map".to_string(), |path| path.display().to_string());
    if path.is_some() {
        output::note(&format!("wrote {name}"));
    }
    output::note(&format!(
        "{}: {legacy} of {} legacy columns are taken, {target} of {} target columns get a value; {} left",
        counted(maps, "map"),
        legacy + dropped,
        target + open,
        counted(left, "table"),
    ));
    let mut codes: BTreeMap<Code, usize> = BTreeMap::new();
    compiled.diagnostics.iter().for_each(|found| *codes.entry(found.code).or_default() += 1);
    if todos == 0 && codes.is_empty() {
        return;
    }
    output::note("what remains to be said:");
    output::note(&format!("  {todos:>4}  TODO   words that only you can give"));
    for (code, times) in codes {
        let title = CODES.iter().find(|(known, _)| *known == code).map_or("", |(_, title)| title);
        output::note(&format!("  {times:>4}  {}  {title}", code.0));
    }
    output::note(&format!("go through the TODOs, then: cutover check {name}"));
}
