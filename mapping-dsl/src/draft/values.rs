//! Value maps for columns that take listed values: each legacy value with the target value that it seems to stand for.

use super::spell;
use super::way::listed;
use crate::schema::Column;
use std::collections::BTreeSet;

/// An arm, with its texts as literals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arm {
    pub(super) from: String,
    /// The target's value; none if no one knows.
    pub(super) to: Option<String>,
    /// Whether the arm is the way back from its value.
    pub(super) both: bool,
    /// Why it was guessed.
    pub(super) why: &'static str,
}

/// The arms of a value map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arms {
    pub(super) arms: Vec<Arm>,
    /// Whether there are values of which no arm speaks.
    pub(super) open: bool,
}

/// Returns the arms between two columns, of which the second takes listed values.
pub(super) fn arms(from: &Column, to: &Column) -> Arms {
    let taken = listed(to).unwrap_or_default();
    let (given, known) = match listed(from) {
        Some(given) => (given, true),
        None => (taken, false),
    };
    let mut claimed = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut arms = Arms { arms: Vec::new(), open: !known };
    for value in given.iter().filter(|value| seen.insert(*value)) {
        let Some(literal) = spell::text(value) else {
            arms.open = true;
            continue;
        };
        let partner = partner(value, given, taken).filter(|(target, _)| spell::text(target).is_some());
        arms.arms.push(Arm {
            from: literal,
            both: partner.is_some_and(|(target, _)| claimed.insert(target)),
            to: partner.and_then(|(target, _)| spell::text(target)),
            why: if known { partner.map_or("", |(_, why)| why) } else { "weak: if the legacy texts are the same" },
        });
    }
    arms.open |= arms.arms.is_empty();
    arms
}

/// Returns the target value that a legacy value seems to stand for.
fn partner<'t>(value: &str, given: &[String], taken: &'t [String]) -> Option<(&'t str, &'static str)> {
    let simple = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let own = simple(value);
    if let Some(same) = taken.iter().find(|other| *other == value) {
        return Some((same, "sure: same text"));
    }
    if own.is_empty() {
        return None;
    }
    if let Some(same) = taken.iter().find(|other| simple(other) == own) {
        return Some((same, "likely: same letters"));
    }
    let begins = |left: &str, right: &str| !right.is_empty() && left.starts_with(right);
    let short: Vec<&String> = taken
        .iter()
        .filter(|other| begins(&own, &simple(other)) || begins(&simple(other), &own))
        .filter(|other| given.iter().filter(|rival| begins(&simple(rival), &simple(other))).count() <= 1)
        .collect();
    match short.as_slice() {
        [one] => Some((one, "likely: short form")),
        _ if own.chars().count() < 4 => None,
        _ => {
            let names: Vec<&str> = taken.iter().map(String::as_str).collect();
            crate::world::nearest(value, &names).map(|near| (near, "weak: nearly the same text"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::partner;

    #[test]
    fn texts_find_their_partners() {
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<String>>();
        let (given, taken) = (list(&["Male", "Female", "Other", "MX", "?"]), list(&["M", "F", "O", "U"]));
        let found = |value: &str| partner(value, &given, &taken).map(|(target, _)| target);
        assert_eq!(found("Female"), Some("F"));
        assert_eq!(found("Other"), Some("O"));
        assert_eq!((found("Male"), found("MX")), (None, None), "two values begin with M");
        assert_eq!(found("?"), None);
        let (given, taken) = (list(&["EN", "fr_CA"]), list(&["en", "fr-ca"]));
        assert_eq!(partner("EN", &given, &taken), Some(("en", "likely: same letters")));
        assert_eq!(partner("fr_CA", &given, &taken), Some(("fr-ca", "likely: same letters")));
    }
}
