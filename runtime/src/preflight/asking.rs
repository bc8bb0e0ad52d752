//! Asks the rows of one step, page by page, in the order in which a run would carry them. Rows that refer to rows of the
//! same step which were not asked yet wait for another pass, as in a run.

use super::Work;
use super::keys::{self, Print, TargetKey};
use super::planned::key_to_come;
use super::references::{Answer, References};
use super::report::PreflightStep;
use super::tally::Tally;
use crate::carry::{Random, check_rows};
use crate::entries::{self, State};
use crate::error::{RunError, Side};
use crate::fingerprint::{self, PrintSet};
use crate::found::{FoundRows, Standing, Taken};
use crate::report::{Counts, Outcome};
use crate::scan::{self, Window};
use crate::statements::KeyRange;
use crate::step::{Link, Rejection, Source, Step, StepSpec, TargetRows};
use crate::unique::{self, Uniques};
use crate::value::{Key, Row, Value};
use crate::world;
use std::time::Instant;

/// One step of a preflight.
pub(super) struct Asking<'w, 'a> {
    work: &'w mut Work<'a>,
    step: &'a dyn Step,
    spec: &'a StepSpec,
    references: References<'a>,
    found: FoundRows,
    uniques: Uniques,
    keys: Vec<TargetKey>,
    tally: Tally,
    settled: Counts,
    pass: Pass,
}

/// What a pass over the legacy rows has seen.
#[derive(Default)]
struct Pass {
    /// Whether rows were asked in passes before.
    again: bool,
    /// Whether references to own rows that were not asked come to nothing: they never will be.
    last: bool,
    postponed: u64,
    asked: u64,
}

/// A row that was converted and not judged yet.
struct Converted<'p> {
    key: &'p Key,
    row: &'p Row,
    print: u128,
    answers: Vec<Answer>,
    outcome: Result<TargetRows, Rejection>,
}

impl<'w, 'a> Asking<'w, 'a> {
    pub(super) fn new(work: &'w mut Work<'a>, step: &'a dyn Step) -> Result<Asking<'w, 'a>, RunError> {
        let spec = step.spec();
        let retry = work.options.retry;
        let references = References::load(work.target, spec, work.steps, &work.begun)?;
        let found = FoundRows::beside(work.target, spec, &work.begun)?;
        let uniques = Uniques::load(work.target, spec)?;
        let keys = keys::of_step(work.target, spec)?;
        let tally = Tally::new(spec, &keys, work.options.keep);
        let mut settled = Counts::default();
        if work.begun.iter().any(|begun| begun.name == spec.name) {
            settled = entries::counts(work.target, spec)?;
            settled.rejected = if retry { 0 } else { settled.rejected };
        }
        let pass = Pass::default();
        Ok(Asking { work, step, spec, references, found, uniques, keys, tally, settled, pass })
    }

    /// Asks all rows. Returns why it stopped before, if it did.
    pub(super) fn all(mut self) -> Result<(PreflightStep, Option<Outcome>), RunError> {
        let rows = scan::count(self.work.legacy, self.spec)?;
        self.work.observer.step_started(&self.spec.name, rows);
        let stopped = self.passes()?;
        let asked = self.tally.would.total();
        let nothing = stopped.is_none() && asked + self.settled.total() == 0;
        let report = PreflightStep {
            map: self.spec.name.clone(),
            meaning: self.spec.meaning.clone(),
            settled: self.settled,
            asked,
            would: self.tally.would,
            complete: stopped.is_none(),
            scope_is_empty: nothing && world::has_rows(self.work.legacy, Side::Legacy, &self.spec.read.table)?,
            obligations: self.tally.obligations(self.spec, &self.keys),
        };
        Ok((report, stopped))
    }

    fn passes(&mut self) -> Result<Option<Outcome>, RunError> {
        loop {
            if let Some(outcome) = self.scan()? {
                return Ok(Some(outcome));
            }
            if self.pass.postponed == 0 {
                return Ok(None);
            }
            self.pass = Pass { again: true, last: self.pass.asked == 0, ..Pass::default() };
        }
    }

    /// Goes through all legacy rows once.
    fn scan(&mut self) -> Result<Option<Outcome>, RunError> {
        let begun = self.work.begun.iter().any(|begun| begun.name == self.spec.name);
        if !begun || !entries::any(self.work.target, self.spec)? {
            return self.window(&Window::open(), None);
        }
        let mut after: Option<Key> = None;
        while let Some(window) = Window::next(self.work.legacy, self.work.target, self.spec, after.as_ref())? {
            let pending = window.keys.iter().any(|key| !self.is_settled(&window, *key));
            match pending {
                true => {
                    if let Some(outcome) = self.window(&window, after.take())? {
                        return Ok(Some(outcome));
                    }
                }
                false => self.passed(window.keys.len()),
            }
            if let Some(outcome) = self.work.pace.must_stop() {
                return Ok(Some(outcome));
            }
            after = window.upto;
        }
        Ok(None)
    }

    fn is_settled(&self, window: &Window, key: u128) -> bool {
        let retry = self.work.options.retry;
        window.settled.get(&key).is_some_and(|state| *state != State::Rejected || !retry)
    }

    fn passed(&mut self, rows: usize) {
        if !self.pass.again {
            self.work.observer.rows_passed(&self.spec.name, rows as u64);
        }
    }

    fn window(&mut self, window: &Window, mut after: Option<Key>) -> Result<Option<Outcome>, RunError> {
        let limit = self.work.pace.batch(self.work.options.batch);
        loop {
            if let Some(outcome) = self.work.pace.hold_back(limit as u64) {
                return Ok(Some(outcome));
            }
            let began = Instant::now();
            let range = KeyRange { after: after.as_ref(), upto: window.upto.as_ref(), before: None };
            let page = scan::read_page(self.work.legacy, self.spec, range, limit)?;
            self.page(window, &page)?;
            self.passed(page.len());
            self.work.pace.took(began.elapsed());
            if page.len() < limit {
                return Ok(None);
            }
            after = page.into_iter().last().map(|(key, _)| key);
        }
    }

    fn page(&mut self, window: &Window, page: &[(Key, Row)]) -> Result<(), RunError> {
        let mut pending = Vec::with_capacity(page.len());
        for (key, row) in page {
            let print = fingerprint::of(key);
            // A row of which nobody can tell whether it is in scope is in scope, as in a run.
            if self.is_settled(window, print) || !self.step.in_scope(row).unwrap_or(true) {
                continue;
            }
            if self.pass.again && self.work.plans.outcome(&self.spec.name, 0, print)?.is_some() {
                continue;
            }
            pending.push((key, row, print, self.step.link_keys(row)));
        }
        let asked = pending.iter().filter_map(|(_, _, _, keys)| keys.as_deref().ok());
        let known = self.references.ask(self.work.target, asked)?;
        let (mut open, mut open_keys) = (Vec::new(), PrintSet::default());
        for (key, row, print, keys) in pending {
            let converted = match keys {
                Err(rejection) => Converted { key, row, print, answers: Vec::new(), outcome: Err(rejection) },
                Ok(keys) => {
                    if self.references.own_keys(&keys).iter().any(|own| open_keys.contains(own)) {
                        open_keys.clear();
                        self.judge(std::mem::take(&mut open))?;
                    }
                    let answers = self.references.answer(&self.work.plans, &known, &keys)?;
                    if answers.contains(&Answer::Open) && !self.pass.last {
                        self.pass.postponed += 1;
                        continue;
                    }
                    let outcome = self.convert(print, row, &answers);
                    Converted { key, row, print, answers, outcome }
                }
            };
            open_keys.insert(print);
            open.push(converted);
        }
        self.judge(open)
    }

    /// Converts a row. Columns that depend on the key of a row that is still to come hold what stands for it, so that they
    /// are like nothing that is there.
    fn convert(&self, print: u128, row: &Row, answers: &[Answer]) -> Result<TargetRows, Rejection> {
        let mut rows = self.step.convert(row, &links(answers, false), &mut Random)?;
        if !answers.iter().any(|answer| matches!(answer, Answer::ToCome(..))) {
            return Ok(rows);
        }
        // What is another value with another key depends on it.
        let others = self.step.convert(row, &links(answers, true), &mut Random).unwrap_or_default();
        for (at, target) in self.spec.targets.iter().enumerate() {
            let Some(row) = &mut rows[at] else { continue };
            let other = others.get(at).and_then(Option::as_ref);
            for (place, (column, value)) in target.columns.iter().zip(row).enumerate() {
                let depends = other.is_some_and(|other| other[place] != *value);
                match &column.source {
                    Source::Link(link) if !value.is_null() => {
                        if let Some(Answer::ToCome(key, _)) = answers.get(*link) {
                            *value = key.clone();
                        }
                    }
                    Source::Converted if depends => *value = key_to_come(&column.name, at, print),
                    _ => {}
                }
            }
        }
        Ok(rows)
    }

    /// Says what would become of rows, in order.
    fn judge(&mut self, rows: Vec<Converted<'_>>) -> Result<(), RunError> {
        for rows in rows.iter().filter_map(|row| row.outcome.as_ref().ok()) {
            check_rows(self.spec, rows)?;
        }
        let written: Vec<&TargetRows> = rows.iter().filter_map(|row| row.outcome.as_ref().ok()).collect();
        let (prints, there) = keys::ask(self.work.target, self.spec, &self.keys, &written)?;
        let mut prints = prints.into_iter();
        for row in &rows {
            self.pass.asked += 1;
            match &row.outcome {
                Err(rejection) => self.reject_or_find(row, rejection)?,
                Ok(rows) => {
                    let prints = prints.next().unwrap_or_default();
                    self.settle(row, rows, &prints, &there)?;
                }
            }
        }
        Ok(())
    }

    /// Judges a row that converts, in the order in which a run asks.
    fn settle(
        &mut self,
        row: &Converted<'_>,
        rows: &TargetRows,
        prints: &[Print],
        there: &[PrintSet],
    ) -> Result<(), RunError> {
        if let Some(taken) = self.found.take(self.spec, row.key, Some(rows)) {
            return self.stand(row, rows, &taken);
        }
        let values = unique::prints(self.spec, rows);
        let violated = match self.uniques.violated(&values)? {
            None => self.work.plans.violated(&self.spec.name, &values)?,
            rule => rule,
        };
        if let Some(rule) = violated {
            let rule = &self.spec.unique[rule];
            return self.reject(row, &Rejection { reason: rule.reason, value: unique::shown(rule, rows) });
        }
        if let Some(rejection) = self.must_exist(rows) {
            return self.reject(row, &rejection);
        }
        let keys = &self.keys;
        if let Some(key) = self.work.taken.collides(self.spec, keys, prints, there)? {
            let value = keys[key].shown(self.spec, rows);
            self.tally.collision(key, row.key, value);
            return self.work.plans.rejected(&self.spec.name, row.print);
        }
        values.iter().try_for_each(|(rule, print)| self.uniques.insert(*rule, *print))?;
        self.work.taken.take(self.spec, keys, prints)?;
        self.tally.would.migrated += 1;
        let later =
            self.work.steps.iter().map(|step| step.spec()).skip_while(|step| step.name != self.spec.name).skip(1);
        self.work.plans.written(self.spec, row.print, rows, later)?;
        self.work.plans.migrated(&self.spec.name, row.print, rows)
    }

    /// Settles a row for which something is in the target already.
    fn stand(&mut self, row: &Converted<'_>, rows: &TargetRows, taken: &Taken) -> Result<(), RunError> {
        let identity = self.spec.targets[taken.role].identity.as_ref();
        let several = identity.and_then(|identity| Some((&identity.columns, identity.several?)));
        match (&taken.standing, several) {
            (Standing::Row(key), _) => self.find(row, taken.role, key),
            (Standing::Several, Some((columns, reason))) => {
                let value = unique::shown_of(columns, rows[taken.role].as_ref());
                self.reject(row, &Rejection { reason, value })?;
            }
            (Standing::Several, None) => unreachable!("only what has a reason for it can be several"),
        }
        Ok(())
    }

    fn find(&mut self, row: &Converted<'_>, role: usize, key: &Value) {
        let mut keys = vec![Value::Null; self.spec.targets.len()];
        keys[role] = key.clone();
        self.tally.would.found += 1;
        self.work.plans.found(&self.spec.name, row.print, keys);
    }

    fn reject_or_find(&mut self, row: &Converted<'_>, rejection: &Rejection) -> Result<(), RunError> {
        match self.found.take(self.spec, row.key, None) {
            Some(Taken { role, standing: Standing::Row(key), .. }) => {
                self.find(row, role, &key);
                Ok(())
            }
            Some(Taken { standing: Standing::Several, .. }) | None => self.reject(row, rejection),
        }
    }

    /// Returns why a row is rejected for which there had to be one in the target.
    fn must_exist(&self, rows: &TargetRows) -> Option<Rejection> {
        let mut targets = self.spec.targets.iter().zip(rows);
        targets.find_map(|(target, row)| {
            let columns = target.identity.as_ref().map_or(&[][..], |identity| &identity.columns);
            Some(Rejection { reason: target.existing?, value: unique::shown_of(columns, row.as_ref()) })
        })
    }

    fn reject(&mut self, row: &Converted<'_>, rejection: &Rejection) -> Result<(), RunError> {
        let parent = self.parent(row, rejection);
        self.tally.rejection(rejection, parent, row.key);
        self.work.plans.rejected(&self.spec.name, row.print)
    }

    /// Returns the map whose rejected row is the cause: with that row in the target, this one is not rejected for it.
    fn parent(&self, row: &Converted<'_>, rejection: &Rejection) -> Option<String> {
        let refused: Vec<usize> =
            (0..row.answers.len()).filter(|at| matches!(row.answers[*at], Answer::Refused(..))).collect();
        refused.into_iter().find_map(|at| {
            let mut links = links(&row.answers, false);
            links[at] = row.answers[at].mended();
            let mended = self.step.convert(row.row, &links, &mut Random);
            let Answer::Refused(map, _) = &row.answers[at] else { return None };
            (!matches!(mended, Err(still) if still.reason == rejection.reason)).then(|| map.clone())
        })
    }
}

fn links(answers: &[Answer], other: bool) -> Vec<Link> {
    answers.iter().map(|answer| answer.link(other)).collect()
}
