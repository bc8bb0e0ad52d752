//! The whole front half: one mapping and the two schemas that it names, to a plan or to diagnostics.

use crate::ast::{self, SideRole};
use crate::diagnostic::{Applicability, Code, Diagnostic, Level};
use crate::plan::{Plan, Side};
use crate::schema::entities::Entities;
use crate::schema::{Dialect, Schema, encoding, read};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::world::{World, suggest};
use crate::{check, lower, parallel, parse, resolve};

/// Everything that came of a mapping.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// All texts that were read, for drawing diagnostics.
    pub sources: Sources,
    /// Findings, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan, if there was no error.
    pub plan: Option<Plan>,
}

impl Compiled {
    /// Returns whether an error was found.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error)
    }
}

/// Compiles a mapping. `name` is how people know it; `load` reads a schema file that the mapping names, relative to
/// it, and says in words why it cannot.
pub fn compile(name: &str, text: &str, load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>) -> Compiled {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new(name, text));
    let (tree, mut diagnostics) = parse::parse(file, text);
    let plan = plan(&mut sources, file, &tree, &mut diagnostics, load);
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels[0].span);
    // A side that is misnamed where it is declared is unknown at every table.
    let mut sides = std::collections::BTreeSet::new();
    diagnostics.retain(|diagnostic| diagnostic.code != Code::UNKNOWN_SIDE || sides.insert(diagnostic.message.clone()));
    let plan = plan.filter(|_| !diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error));
    Compiled { sources, diagnostics, plan }
}

fn plan(
    sources: &mut Sources,
    file: FileId,
    tree: &ast::File,
    diagnostics: &mut Vec<Diagnostic>,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Option<Plan> {
    if !language(sources, file, tree, diagnostics) {
        return None;
    }
    let declared = [SideRole::Legacy, SideRole::Target].map(|role| side(sources, file, tree, role, diagnostics, load));
    let read = |side: &Declared<'_>| read::read(side.file, &sources.file(side.file).text, side.dialect);
    let schemas = parallel::map(&declared, |side| side.as_ref().map(read));
    let sides = declared.iter().zip(schemas).map(|(declared, schema)| (declared.as_ref(), schema));
    let sides = sides.map(|(declared, schema)| read_side(sources, declared?, schema?, diagnostics));
    let [legacy, target] = sides.collect::<Vec<_>>().try_into().ok()?;
    let (legacy, target) = (legacy?, target?);
    if legacy.alias == target.alias {
        let message = format!("both sides are called `{}`", legacy.alias);
        let span = tree.sides[1].alias.span;
        diagnostics.push(Diagnostic::error(Code::SIDES, span, message).help("choose two names"));
        return None;
    }
    let mut world = World::new(sources, tree, legacy, target);
    (world.functions, world.broken_functions) = resolve::given::functions(&world, diagnostics);
    (world.value_maps, world.broken_values) = resolve::values::value_maps(&world, diagnostics);
    let mut drafts = resolve::resolve(&world, diagnostics);
    check::check(&world, &mut drafts, diagnostics);
    let damaged = check::require::damaged(&drafts);
    let steps = lower::lower(drafts, &world, diagnostics);
    let left = check::leave::left_tables(&world, diagnostics);
    if tree.maps.is_empty() && diagnostics.is_empty() {
        let message = "this mapping has no map";
        diagnostics.push(
            Diagnostic::error(Code::EMPTY, Span::new(file, 0..0), message)
                .help("add `map Name: old.table a -> new.table b { … }`"),
        );
    }
    let World { legacy, target, functions, value_maps, .. } = world;
    let name = sources.file(file).name.clone();
    let file_name = name.rsplit('/').next().unwrap_or_default().to_string();
    let plan = Plan {
        name: file_name.trim_end_matches(".map").to_string(),
        file: file_name,
        source_hash: source_hash(sources),
        legacy,
        target,
        functions,
        value_maps,
        places: steps.iter().enumerate().map(|(place, step)| (step.name.clone(), place)).collect(),
        steps,
        left,
    };
    check::require::check(&plan, sources, tree, &damaged, diagnostics);
    Some(plan)
}

fn source_hash(sources: &Sources) -> String {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for file in sources.files() {
        hash.update(&(file.text.len() as u64).to_le_bytes());
        hash.update(file.text.as_bytes());
    }
    format!("{:016x}", hash.digest())
}

fn language(sources: &Sources, file: FileId, tree: &ast::File, diagnostics: &mut Vec<Diagnostic>) -> bool {
    match tree.language {
        Some((parse::EDITION, _)) => true,
        Some((number, span)) => {
            let message = format!("this compiler knows edition 1 of the language, not {number}");
            diagnostics.push(
                Diagnostic::error(Code::LANGUAGE, span, message).help("write `language 1`, or use a newer compiler"),
            );
            false
        }
        None if holds_nothing(sources.file(file), tree) => {
            let message = match tree.comments.is_empty() {
                true => "this mapping is empty",
                false => "this mapping holds nothing but comments",
            };
            let error = Diagnostic::error(Code::EMPTY, Span::new(file, 0..0), message);
            diagnostics.push(error.help("begin with `language 1`"));
            false
        }
        None => {
            // What stands first and cannot be read may have been meant to say it.
            let text = &sources.file(file).text;
            let first = text.len() - text.trim_start().len();
            if !diagnostics.iter().any(|diagnostic| diagnostic.labels[0].span.start == first) {
                let message = "the mapping does not say its language";
                let end = sources.file(file).line_range(1).end;
                let error = Diagnostic::error(Code::LANGUAGE, Span::new(file, 0..end), message);
                diagnostics.push(error.patch_as(
                    Applicability::MachineApplicable,
                    "begin with `language 1`",
                    Span::new(file, 0..0),
                    "language 1\n",
                ));
            }
            true
        }
    }
}

/// A side as the mapping declares it, with its script loaded.
struct Declared<'t> {
    side: &'t ast::Side,
    dialect: Dialect,
    zone: String,
    file: FileId,
    entities: Entities,
}

/// Returns whether a text has nothing but comments.
fn holds_nothing(file: &SourceFile, tree: &ast::File) -> bool {
    let mut at = 0;
    let mut is_blank = |until: usize, next: usize| {
        let between = file.text[at..until].trim_start_matches('\u{feff}').trim();
        at = next;
        between.is_empty()
    };
    tree.comments.iter().all(|comment| is_blank(comment.span.start, comment.span.end)) && is_blank(file.text.len(), 0)
}

fn side<'t>(
    sources: &mut Sources,
    file: FileId,
    tree: &'t ast::File,
    role: SideRole,
    diagnostics: &mut Vec<Diagnostic>,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Option<Declared<'t>> {
    let word = match role {
        SideRole::Legacy => "legacy",
        SideRole::Target => "target",
    };
    let mut declared = tree.sides.iter().filter(|side| side.role == role);
    let Some(side) = declared.next() else {
        if !diagnostics.iter().any(|diagnostic| matches!(diagnostic.code, Code::SYNTAX | Code::STRAY)) {
            let message = format!("the mapping has no `{word}` line");
            let help = format!("add `{word} name = dialect \"schema.sql\" timezone \"UTC\"`");
            diagnostics.push(Diagnostic::error(Code::SIDES, Span::new(file, 0..0), message).help(help));
        }
        return None;
    };
    if let Some(second) = declared.next() {
        let message = format!("the `{word}` line is given twice");
        let error = Diagnostic::error(Code::SIDES, second.span, message).label(side.span, "first here");
        diagnostics.push(error.help("take one out"));
        return None;
    }
    let dialect = dialect(side, diagnostics)?;
    let zone = zone(side, diagnostics)?;
    let file = script(sources, side, dialect, diagnostics, load)?;
    let entities = entities(sources, side, diagnostics, load)?;
    Some(Declared { side, dialect, zone, file, entities })
}

fn dialect(side: &ast::Side, diagnostics: &mut Vec<Diagnostic>) -> Option<Dialect> {
    let dialect = Dialect::from_name(&side.dialect.text);
    if dialect.is_none() {
        let mut names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
        names.insert(1, "mysql");
        let message = format!("there is no dialect `{}`", side.dialect.text);
        let error = Diagnostic::error(Code::SIDES, side.dialect.span, message);
        diagnostics.push(suggest(error, side.dialect.span, &side.dialect.text, &names));
    }
    dialect
}

/// Returns the zone's name, empty without one.
fn zone(side: &ast::Side, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(zone) = &side.zone else { return Some(String::new()) };
    if zone.text.parse::<chrono_tz::Tz>().is_err() {
        let message = format!("there is no time zone \"{}\"", zone.text);
        let help = "write a name of the zone database, such as \"America/Toronto\" or \"UTC\"";
        diagnostics.push(Diagnostic::error(Code::ZONE, zone.span, message).help(help));
        return None;
    }
    Some(zone.text.clone())
}

/// Loads the script of a side.
fn script(
    sources: &mut Sources,
    side: &ast::Side,
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Option<FileId> {
    let name = &side.file.text;
    let bytes = match load(name) {
        Ok(bytes) => bytes,
        Err(cause) => {
            let message = format!("the schema \"{name}\" cannot be read: {cause}");
            let help = "the path is relative to the mapping";
            diagnostics.push(Diagnostic::error(Code::FILE, side.file.span, message).help(help));
            return None;
        }
    };
    let text = match encoding::decode(bytes, dialect) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("the schema \"{name}\" is {error}");
            diagnostics.push(
                Diagnostic::error(Code::FILE, side.file.span, message).help("convert it, or make the dump with UTF-8"),
            );
            return None;
        }
    };
    let folder = sources.files()[0].name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let shown = if name.starts_with('/') { name.clone() } else { folder + name };
    Some(sources.add(SourceFile::new(shown, text)))
}

/// Loads the names of a side's entities; none without a file of names.
fn entities(
    sources: &mut Sources,
    side: &ast::Side,
    diagnostics: &mut Vec<Diagnostic>,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Option<Entities> {
    let Some(names) = &side.names else { return Some(Entities::default()) };
    let list = "they are a list such as `[{ \"entity\": \"Module.Entity\", \"table\": \"OSUSR_ABC_ENTITY\" }]`";
    let bytes = load(&names.text).map_err(|cause| (cause, "the path is relative to the mapping"));
    let text = bytes.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| ("they are not UTF-8".to_string(), "save the file as UTF-8"))
    });
    let read = text.and_then(|text| match Entities::read(&text) {
        Ok(entities) => Ok((entities, text)),
        Err(cause) => Err((cause, list)),
    });
    match read {
        Ok((entities, text)) => {
            sources.add(SourceFile::new(names.text.clone(), text));
            Some(entities)
        }
        Err((cause, help)) => {
            let message = format!("the names \"{}\" cannot be read: {cause}", names.text);
            diagnostics.push(Diagnostic::error(Code::FILE, names.span, message).help(help));
            None
        }
    }
}

/// Makes a side of what its script says.
fn read_side(
    sources: &Sources,
    declared: &Declared<'_>,
    mut schema: Schema,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Side> {
    let Declared { side, dialect, zone, file, entities } = declared;
    let name = &side.file.text;
    if schema.tables.is_empty() {
        let message = format!("\"{name}\" has no table that can be read as {dialect}");
        diagnostics.push(match sources.file(*file).text.trim().is_empty() {
            true => Diagnostic::error(Code::EMPTY, side.file.span, format!("the schema \"{name}\" is empty"))
                .help("write the tables into it, as the database's dump tool does without data"),
            false => Diagnostic::error(Code::WRONG_DIALECT, side.dialect.span, message)
                .help("check the dialect; `cutover schema FILE --skipped` lists what was passed over"),
        });
        return None;
    }
    entities.tell(&mut schema.tables);
    schema.entities = entities.clone();
    Some(Side { alias: side.alias.text.clone(), dialect: *dialect, zone: zone.clone(), file: name.clone(), schema })
}
