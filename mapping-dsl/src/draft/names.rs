//! How alike two names are: words in one spelling (case, plural, usual short forms), compared as sets.

use crate::names::words;
use std::collections::BTreeSet;

/// Words that are written in many ways, each with the one that stands for all of them.
const SAME: &[(&str, &[&str])] = &[
    ("number", &["num", "nr", "no", "nbr", "number"]),
    ("phone", &["tel", "telephone", "phone", "telno"]),
    ("birth", &["born", "birth"]),
    ("death", &["died", "deceased", "death"]),
    ("mail", &["email", "mail", "emailaddress"]),
    ("language", &["lang", "locale", "language"]),
    ("address", &["addr", "address"]),
    ("description", &["desc", "descr", "description"]),
    ("password", &["pwd", "passwd", "pass", "password"]),
    ("sex", &["gender", "sex"]),
    ("create", &["created", "creation", "create", "inserted"]),
    ("update", &["updated", "modified", "changed", "update", "modification"]),
    ("postcode", &["zip", "zipcode", "postcode", "plz", "postal"]),
    ("quantity", &["qty", "quantity"]),
    ("amount", &["amt", "amount"]),
    ("customer", &["cust", "client", "customer"]),
    ("date", &["dt", "date", "datetime", "timestamp"]),
    ("english", &["en", "eng"]),
    ("french", &["fr", "fre"]),
    ("german", &["de", "ger", "deu"]),
];

/// Words that tell nothing.
const EMPTY: [&str; 7] = ["of", "the", "is", "has", "flag", "fld", "col"];

/// Words for a language, behind the name of a text.
const LANGUAGES: [&str; 3] = ["english", "french", "german"];

/// The longest name whose words are looked for in it.
const LONGEST: usize = 64;

/// How many words in front of a name are left out at most.
const LONGEST_FRONT: usize = 4;

/// How alike two names must be to count as nearly the same.
pub(super) const SURE: u32 = 88;

/// All words of two schemas, by which words that are written together are taken apart.
#[derive(Debug, Default)]
pub(super) struct Vocabulary(BTreeSet<String>);

impl Vocabulary {
    /// Returns the words of some names.
    pub(super) fn of<'n>(names: impl Iterator<Item = &'n str>) -> Vocabulary {
        let long = |word: &String| word.chars().count() >= 3 && !word.chars().all(|letter| letter.is_ascii_digit());
        Vocabulary(names.flat_map(words).map(|word| singular(&word)).filter(long).collect())
    }

    /// Returns the words of a name in one spelling: `PatientSerNums` is patient, ser, number.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let mut found: Vec<String> = words(name).iter().flat_map(|word| self.apart(word)).collect();
        if let Some(last) = found.last_mut().filter(|last| ["at", "on"].contains(&last.as_str())) {
            *last = "date".to_string();
        }
        let kept: Vec<String> = found.iter().filter(|word| !EMPTY.contains(&word.as_str())).cloned().collect();
        let mut kept = if kept.is_empty() { found } else { kept };
        kept.dedup();
        if kept.iter().any(|word| word == "update") {
            kept.retain(|word| word != "last"); // Whatever was updated was so last.
        }
        kept
    }

    /// Takes a word apart that is made of known ones: `hospitalpatient` is hospital, patient.
    fn apart(&self, word: &str) -> Vec<String> {
        let letters: Vec<char> = word.chars().collect();
        if letters.len() > LONGEST {
            return vec![canonical(word)];
        }
        // The way to each place with the fewest words; the whole word only if nothing else leads there.
        let mut ways: Vec<Option<Vec<String>>> = vec![None; letters.len() + 1];
        ways[0] = Some(Vec::new());
        for end in 1..=letters.len() {
            for start in (0..end).rev().filter(|start| end - start < letters.len()) {
                let part: String = letters[start..end].iter().collect();
                let is_known = self.0.contains(&singular(&part)) || (part == "id" && end == letters.len());
                let Some(before) = ways[start].as_ref().filter(|_| is_known) else { continue };
                if ways[end].as_ref().is_none_or(|way| before.len() + 1 < way.len()) {
                    ways[end] = Some(before.iter().cloned().chain([canonical(&part)]).collect());
                }
            }
        }
        ways.pop().flatten().unwrap_or_else(|| vec![canonical(word)])
    }
}

fn canonical(word: &str) -> String {
    let word = singular(word);
    let same = SAME.iter().find(|(_, words)| words.contains(&word.as_str()));
    same.map_or(word, |(one, _)| one.to_string())
}

/// Returns an English plural's singular, roughly; both sides are bent alike, so a wrong one does no harm.
fn singular(word: &str) -> String {
    let keeps_s = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) if stem.len() > 1 => format!("{stem}y"),
        (_, Some(stem)) if stem.chars().count() > 2 && !keeps_s => stem.to_string(),
        _ => word.to_string(),
    }
}

/// Returns how alike two lists of words are: 100 for the same, 0 for nothing in common.
pub(super) fn likeness(left: &[String], right: &[String]) -> u32 {
    let letters = |words: &[String]| words.iter().map(String::len).sum::<usize>();
    if left == right || (letters(left) == letters(right) && left.concat() == right.concat()) {
        return 100;
    }
    let mut free: Vec<&String> = right.iter().collect();
    let (mut whole, mut near) = (0, 0);
    let mut open = Vec::new();
    for word in left {
        match free.iter().position(|other| *other == word) {
            Some(at) => {
                free.remove(at);
                whole += 1;
            }
            None => open.push(word),
        }
    }
    for word in open {
        if let Some(at) = free.iter().position(|other| is_short_form(word, other)) {
            free.remove(at);
            near += 1;
        }
    }
    if whole == left.len() && free.is_empty() {
        return 95; // The same words in another order.
    }
    let all = (left.len() + right.len()) as u32;
    let same_language =
        left.last() == right.last() && left.last().is_some_and(|last| LANGUAGES.contains(&last.as_str()));
    (2 * (90 * whole as u32 + 75 * near)) / all.max(1) + if same_language { 15 } else { 0 }
}

/// Returns whether one word is the beginning of the other, or they differ by one letter.
fn is_short_form(left: &str, right: &str) -> bool {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let length = short.chars().count();
    (length >= 3 && long.starts_with(short)) || (length >= 5 && crate::world::distance(short, long) == 1)
}

/// Returns how alike two names are when words in front may be left out, and how many of the left one were. The costs
/// say what it takes off to leave out one word, two words and so on.
pub(super) fn likeness_without_front(
    (left, left_costs): (&[String], &[u32]),
    (right, right_costs): (&[String], &[u32]),
) -> (u32, usize) {
    let mut best = (0, 0);
    for (from_left, left_cost) in left_costs.iter().enumerate().take(left.len()) {
        for (from_right, right_cost) in right_costs.iter().enumerate().take(right.len()) {
            let alike = likeness(&left[from_left..], &right[from_right..]).saturating_sub(left_cost + right_cost);
            if alike > best.0 {
                best = (alike, from_left);
            }
        }
    }
    best
}

/// Returns what it costs to leave out words in front of a name, none first: little for what stands in front of several
/// names, such as the name of an application, or looks like no word.
pub(super) fn costs(words: &[String], common: impl Fn(&[String]) -> bool) -> Vec<u32> {
    let mut costs = vec![0];
    for end in 1..words.len().min(LONGEST_FRONT + 1) {
        let word = &words[end - 1];
        let is_word = word.chars().count() > 3 && word.chars().all(char::is_alphabetic);
        let cost = if !is_word || common(&words[..end]) { 2 } else { 20 };
        costs.push(costs[end - 1] + cost);
    }
    costs
}

/// Returns a name without the words of its table, wherever they stand, unless nothing would be left.
pub(super) fn without(name: &[String], table: &[String]) -> Vec<String> {
    let kept: Vec<String> = name.iter().filter(|word| !table.contains(word)).cloned().collect();
    if kept.is_empty() { name.to_vec() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(left: &str, right: &str) -> u32 {
        let vocabulary = Vocabulary::of(["Patient", "Hospital", "security_question", left, right].into_iter());
        let (left, right) = (vocabulary.words(left), vocabulary.words(right));
        let applications = ["caregiver".to_string(), "osusr".to_string()];
        let costs = |words: &[String]| costs(words, |front| applications.contains(&front[0]));
        likeness_without_front((&left, &costs(&left)), (&right, &costs(&right))).0
    }

    #[test]
    fn spelling_does_not_count() {
        for (left, right) in [
            ("FirstName", "first_name"),
            ("Users", "user"),
            ("Companies", "company"),
            ("TelNum", "phone_number"),
            ("DeathDate", "date_of_death"),
            ("LastUpdated", "modified"),
            ("Active", "is_active"),
            ("HOSPITALPATIENT", "hospital_patient"),
            ("created_at", "CreationDate"),
        ] {
            assert!(alike(left, right) >= 95, "{left} and {right}: {}", alike(left, right));
        }
    }

    #[test]
    fn an_application_in_front_hardly_counts() {
        for (left, right) in [
            ("SecurityQuestion", "caregivers_securityquestion"),
            ("OSUSR_K7X_RELATIE", "OSUSR_P2D_RELATIE"),
            ("tblPerson", "person"),
        ] {
            assert!(alike(left, right) >= SURE, "{left} and {right}: {}", alike(left, right));
        }
    }

    #[test]
    fn other_words_count() {
        for (left, right) in
            [("FirstName", "last_name"), ("status", "city"), ("fax", "phone"), ("country", "county_seat")]
        {
            assert!(alike(left, right) < SURE, "{left} and {right}: {}", alike(left, right));
        }
    }

    #[test]
    fn any_name_has_words() {
        let vocabulary = Vocabulary::of(["", "--", "日本", "of"].into_iter());
        for name in ["", "--", "日本語", "of", "İ", "a\nb", &"x".repeat(500)] {
            assert!(!vocabulary.words(name).is_empty(), "{name}");
        }
    }
}
