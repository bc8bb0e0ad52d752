//! Which part of a step rejects rows for which reason, for whoever explains or tests a mapping.

use super::{ArmResult, Conversion, Expr, ExprKind, OnZero, Outcome, Plan, Step};
use std::collections::BTreeMap;

/// What a rejection depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// On the values of the legacy row, which a test can give.
    Values,
    /// On what the database holds that is no value of its column's type.
    Unreadable,
    /// On other rows of either side.
    OtherRows,
    /// On what a function of the program answers.
    Program,
}

impl Step {
    /// Returns what the reasons of this step depend on, by index into [`Step::reasons`]. A reason that several parts
    /// share has the cause that is easiest to bring about.
    pub fn causes(&self, plan: &Plan) -> BTreeMap<usize, Cause> {
        let mut causes = BTreeMap::new();
        let mut add = |(reason, cause): (usize, Cause)| {
            causes.entry(reason).and_modify(|known: &mut Cause| *known = cause.min(*known)).or_insert(cause);
        };
        self.expressions().flat_map(|expr| expr.rejections(plan)).for_each(&mut add);
        self.guards.iter().map(|guard| (guard.reason, Cause::Values)).for_each(&mut add);
        self.read.joins.iter().filter_map(|join| Some((join.missing?, Cause::Values))).for_each(&mut add);
        self.no_target.map(|reason| (reason, Cause::Values)).into_iter().for_each(&mut add);
        self.several().map(|(_, reason)| (reason, Cause::OtherRows)).for_each(&mut add);
        let known = self.targets.iter().flat_map(|target| {
            target.existing.into_iter().chain(target.identity.as_ref().and_then(|identity| identity.several))
        });
        known.map(|reason| (reason, Cause::OtherRows)).for_each(&mut add);
        self.unique.iter().map(|unique| (unique.reason, Cause::OtherRows)).for_each(&mut add);
        causes
    }
}

impl Expr {
    /// Returns the reasons for which this expression and its parts can reject a row: indexes into [`Step::reasons`].
    pub fn rejections(&self, plan: &Plan) -> Vec<(usize, Cause)> {
        let mut rejections = self.own_rejections(plan);
        self.children().into_iter().for_each(|child| rejections.extend(child.rejections(plan)));
        rejections
    }

    fn own_rejections(&self, plan: &Plan) -> Vec<(usize, Cause)> {
        match &self.kind {
            ExprKind::Legacy { on_zero: OnZero::Null, malformed, .. } => vec![(*malformed, Cause::Unreadable)],
            ExprKind::Legacy { on_zero: OnZero::Reject(zero), malformed, .. } => {
                vec![(*malformed, Cause::Unreadable), (*zero, Cause::Unreadable)]
            }
            ExprKind::Match { arms, .. } => {
                let rejecting = arms.iter().filter_map(|arm| match arm.result {
                    ArmResult::Value(_) => None,
                    ArmResult::Reject(reason) => Some((reason, Cause::Values)),
                });
                rejecting.collect()
            }
            ExprKind::Through { map, reject, .. } => {
                let map = &plan.value_maps[*map];
                let outcomes = map.arms.iter().map(|arm| &arm.to).chain(&map.rest);
                let rejects = outcomes.into_iter().any(|outcome| matches!(outcome, Outcome::Reject(_)));
                (rejects || map.rest.is_none()).then_some((*reject, Cause::Values)).into_iter().collect()
            }
            ExprKind::Restrict { reject, .. } => vec![(*reject, Cause::Values)],
            ExprKind::Convert(conversion, _) => {
                conversion.reason().map(|reason| (reason, Cause::Values)).into_iter().collect()
            }
            ExprKind::Link { missing, ambiguous, .. } => {
                vec![(*missing, Cause::OtherRows), (*ambiguous, Cause::OtherRows)]
            }
            ExprKind::Given { reject, .. } => reject.map(|reason| (reason, Cause::Program)).into_iter().collect(),
            ExprKind::Literal(_) | ExprKind::Exists(_) | ExprKind::Call(..) | ExprKind::Concat(_) => Vec::new(),
            ExprKind::Arithmetic(..) | ExprKind::Compare(..) | ExprKind::And(..) | ExprKind::Or(..) => Vec::new(),
            ExprKind::Not(_) | ExprKind::Fits(..) | ExprKind::Sibling(_) | ExprKind::Generated(_) => Vec::new(),
        }
    }
}

impl Conversion {
    /// Returns the reason for which it rejects a value, if it can.
    pub fn reason(&self) -> Option<usize> {
        match self {
            Conversion::NotNull { reject }
            | Conversion::Length { reject, .. }
            | Conversion::Range { reject, .. }
            | Conversion::IntegerToBoolean { reject }
            | Conversion::Digits { reject, .. }
            | Conversion::TextToUuid { reject } => Some(*reject),
            Conversion::Unset { .. }
            | Conversion::WallToInstant { .. }
            | Conversion::InstantToWall { .. }
            | Conversion::DateToWall
            | Conversion::CutFraction { .. }
            | Conversion::BooleanToInteger
            | Conversion::IntegerToDecimal
            | Conversion::UuidToText => None,
        }
    }
}
