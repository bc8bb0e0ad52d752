//! Who is told which parts of a step an evaluation reaches. A run tells nobody, and the compiler then leaves the calls
//! out.

use cutover_mapping_dsl::plan::{Arm, Rule};

/// Somebody who watches an evaluation. Every method does nothing by default.
pub(crate) trait Watch {
    /// An arm of a `match` decides.
    fn arm(&mut self, _arm: &Arm) {}

    /// An arm of a value map decides: indexes of the value map and of the arm; none stands for the rest.
    fn value_arm(&mut self, _map: usize, _arm: Option<usize>) {}

    /// A rule has given its column a value.
    fn rule(&mut self, _rule: &Rule) {}
}

/// Nobody watches.
pub(crate) struct Nobody;

impl Watch for Nobody {}
