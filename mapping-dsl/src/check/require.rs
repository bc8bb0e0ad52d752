//! `require reversible(…)`: what is required to come back does. Asked of the whole plan, since other maps may write the
//! same tables.

use crate::ast::{self, Statement, StatementKind, WayBack};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Plan;
use crate::resolve::Draft;
use crate::source::{Sources, Span};
use crate::verdict::{self, Answer, Lost, Proof};
use crate::world::line_span;
use std::collections::BTreeSet;

/// So many losses are shown at their places.
const SHOWN: usize = 5;

/// Returns the names of the maps of which not everything is known.
pub(crate) fn damaged(drafts: &[Draft<'_>]) -> BTreeSet<String> {
    drafts.iter().filter(|draft| draft.damaged).map(|draft| draft.step.name.clone()).collect()
}

/// Checks what maps require. Maps with errors of their own are left out: what is missing there may be what is lost.
pub(crate) fn check(
    plan: &Plan,
    sources: &Sources,
    tree: &ast::File,
    damaged: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for map in tree.maps.iter().filter(|map| !map.damaged && !damaged.contains(&map.name.text)) {
        let mut required = Vec::new();
        requirements(&map.statements, &mut required);
        let Some(place) = plan.place(&map.name.text).filter(|_| !required.is_empty()) else { continue };
        if has_errors(map, diagnostics) {
            continue;
        }
        let proof = verdict::prove(plan, &plan.steps[place]);
        diagnostics.extend(required.into_iter().filter_map(|(way, span)| refused(&proof, way, span, sources)));
    }
}

fn requirements(statements: &[Statement], found: &mut Vec<(WayBack, Span)>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Require(way) => found.push((*way, statement.span)),
            StatementKind::Into { statements, .. } => requirements(statements, found),
            _ => {}
        }
    }
}

fn has_errors(map: &ast::Map, diagnostics: &[Diagnostic]) -> bool {
    let whole = map.span.to(map.end);
    let within = |span: Span| span.file == whole.file && span.start >= whole.start && span.end <= whole.end;
    diagnostics.iter().any(|found| found.level == Level::Error && within(found.labels[0].span))
}

/// The error stands where the first thing is lost: that is where it is to be mended.
fn refused(proof: &Proof, way: WayBack, span: Span, sources: &Sources) -> Option<Diagnostic> {
    let (verdict, claim) = match way {
        WayBack::Put => (&proof.put, "brought up to date from its target rows"),
        WayBack::Create => (&proof.create, "made anew from its target rows alone"),
    };
    let can = if verdict.answer == Answer::Not { "cannot" } else { "can only in part" };
    let (first, others) = verdict.lost.split_first()?;
    let message = format!("a legacy row of `{}` {can} be {claim}", proof.map);
    let place = |lost: &Lost| line_span(sources, span.file, lost.line);
    let mut error = Diagnostic::error(Code::REVERSIBLE, place(first), message).here(first.words());
    for lost in others.iter().take(SHOWN - 1) {
        error = error.label(place(lost), lost.words());
    }
    error = error.label(span, "required here");
    if verdict.lost.len() > SHOWN {
        let more = verdict.lost.len() - SHOWN;
        error = error.note(format!("{more} more are lost: `cutover explain` shows the whole proof"));
    }
    let remedy = verdict.lost.iter().find_map(|lost| lost.remedy.as_deref());
    let remedy = remedy.unwrap_or(match way {
        WayBack::Create => "give the value a column of its own with `<->`, require `reversible(put)` only",
        WayBack::Put => "write a rule that has a way back",
    });
    Some(error.help(format!("{remedy}, or take the `require` out")))
}
