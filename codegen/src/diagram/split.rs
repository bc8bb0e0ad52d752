//! Large models in parts: what is linked stays together as far as it fits, and overviews name the parts. Overviews of
//! many parts are split in the same way, so that the first diagram is always small.

use super::steps::{Arrow, Boxed, Boxes};
use super::{Content, Diagram, Level, MOST, Subject, counted};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

/// Returns groups of at most [`MOST`] nodes. Linked nodes stand together where their group has room for them.
pub(super) fn groups(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for component in components(nodes, edges) {
        match groups.last_mut() {
            Some(group) if group.len() + component.len() <= MOST => group.extend(component),
            _ => groups.extend(even(component.len()).into_iter().map(|range| component[range].to_vec())),
        }
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups
}

/// Returns the connected components, each breadth first from its first node.
fn components(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![BTreeSet::new(); nodes];
    for (from, to) in edges {
        neighbours[*from].insert(*to);
        neighbours[*to].insert(*from);
    }
    let mut seen = vec![false; nodes];
    let mut components = Vec::new();
    for first in 0..nodes {
        let mut component = Vec::new();
        let mut waiting = VecDeque::from([first]);
        while let Some(node) = waiting.pop_front() {
            if !std::mem::replace(&mut seen[node], true) {
                component.push(node);
                waiting.extend(&neighbours[node]);
            }
        }
        components.extend((!component.is_empty()).then_some(component));
    }
    components
}

/// Cuts a sequence into as few runs of at most [`MOST`] as possible, of nearly equal length.
pub(super) fn even(length: usize) -> Vec<Range<usize>> {
    let runs = length.div_ceil(MOST).max(1);
    (0..runs).map(|run| run * length / runs..(run + 1) * length / runs).collect()
}

/// Cuts items into runs whose tables, counted once, are at most [`MOST`]; an item that has more stands alone.
pub(super) fn runs(items: &[BTreeSet<(bool, &str)>]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut tables = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        let all: BTreeSet<_> = tables.union(item).copied().collect();
        match runs.last_mut() {
            Some(run) if all.len() <= MOST && run.len() < MOST => {
                run.end = at + 1;
                tables = all;
            }
            _ => {
                runs.push(at..at + 1);
                tables.clone_from(item);
            }
        }
    }
    runs
}

/// How many relations lead from one part to another.
pub(super) type Links = BTreeMap<(usize, usize), usize>;

/// A diagram that an overview names, or several of them.
pub(super) struct Part {
    /// Numbers of the diagrams, counted from 1.
    numbers: (usize, usize),
    /// How many things they show.
    count: usize,
    /// The first and the last thing shown.
    ends: (String, String),
    /// What an overview says of them, one line each.
    lines: Vec<String>,
}

impl Part {
    /// Returns the part with this number, which shows these things.
    pub(super) fn new(number: usize, things: Vec<String>) -> Part {
        let ends = [things.first(), things.last()].map(|end| end.cloned().unwrap_or_default());
        let [first, last] = ends;
        Part { numbers: (number, number), count: things.len(), ends: (first, last), lines: things }
    }

    /// Returns several parts as one.
    fn over(parts: &[Part], noun: &str) -> Part {
        let (first, last) = (&parts[0], &parts[parts.len() - 1]);
        let ends = (first.ends.0.clone(), last.ends.1.clone());
        let count = parts.iter().map(|part| part.count).sum();
        let lines = vec![counted(count, noun), format!("{} … {}", ends.0, ends.1)];
        Part { numbers: (first.numbers.0, last.numbers.1), count, ends, lines }
    }

    fn name(&self, subject: Subject) -> String {
        match self.numbers {
            (first, last) if first == last => part_name(subject, first),
            (first, last) => format!("{}-{first}-to-{last}", subject.name()),
        }
    }
}

/// Returns the name of the diagram that is a part, counted from 1.
pub(super) fn part_name(subject: Subject, number: usize) -> String {
    format!("{}-{number}", subject.name())
}

/// Returns the overviews over parts, the topmost first. `links` says how many relations lead from one part to another.
pub(super) fn overviews(subject: Subject, title: &str, noun: &str, parts: Vec<Part>, links: &Links) -> Vec<Diagram> {
    let (name, title) = (subject.name().to_string(), title.to_string());
    if parts.len() <= MOST {
        let content = Content::Boxes(boxes(subject, &parts, 0..parts.len(), links));
        return vec![Diagram { name, subject, level: Level::Top, title, content }];
    }
    let chapters = even(parts.len());
    let above: Vec<Part> = chapters.iter().map(|chapter| Part::over(&parts[chapter.clone()], noun)).collect();
    let page = |(part, chapter): (&Part, &Range<usize>)| {
        let name = part.name(subject);
        let content = Content::Boxes(boxes(subject, &parts, chapter.clone(), links));
        Diagram { title: format!("{title} ({name})"), name, subject, level: Level::Part, content }
    };
    let pages: Vec<Diagram> = above.iter().zip(&chapters).map(page).collect();
    let mut all = overviews(subject, &title, noun, above, &between(&chapters, links));
    all.extend(pages);
    all
}

/// Returns how many relations lead from one chapter to another.
fn between(chapters: &[Range<usize>], links: &Links) -> Links {
    let chapter_of = |part: usize| chapters.iter().position(|chapter| chapter.contains(&part)).unwrap_or_default();
    let mut between = Links::new();
    for ((from, to), number) in links {
        let pair = (chapter_of(*from), chapter_of(*to));
        if pair.0 != pair.1 {
            *between.entry(pair).or_default() += number;
        }
    }
    between
}

fn boxes(subject: Subject, parts: &[Part], shown: Range<usize>, links: &Links) -> Boxes {
    let boxed = |at: usize| {
        let part = &parts[at];
        Boxed { id: format!("b{at}"), title: part.name(subject), lines: part.lines.clone() }
    };
    let inside = links.iter().filter(|((from, to), _)| shown.contains(from) && shown.contains(to));
    let arrow = |((from, to), number): (&(usize, usize), &usize)| Arrow {
        from: format!("b{from}"),
        to: format!("b{to}"),
        label: Some(counted(*number, "relation")),
    };
    Boxes { arrows: inside.map(arrow).collect(), boxes: shown.map(boxed).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linked_nodes_stand_together() {
        assert_eq!(groups(0, &[]), Vec::<Vec<usize>>::new());
        assert_eq!(groups(4, &[(3, 0)]), [[0, 1, 2, 3]]);
        let pairs: Vec<(usize, usize)> = (0..10).map(|at| (at, at + 10)).collect();
        let found = groups(20, &pairs);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|group| group.iter().all(|node| group.contains(&((node + 10) % 20)))), "{found:?}");
    }

    #[test]
    fn a_large_component_is_cut_evenly() {
        let star: Vec<(usize, usize)> = (1..25).map(|at| (0, at)).collect();
        let found = groups(25, &star);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 9]);
        assert_eq!(even(13), [0..6, 6..13]);
        assert_eq!(even(0).len(), 1, "nothing makes one empty part");
    }

    #[test]
    fn runs_count_shared_tables_once() {
        let items: Vec<BTreeSet<(bool, &str)>> = vec![BTreeSet::from([(true, "a")]); 30];
        assert_eq!(runs(&items), [0..12, 12..24, 24..30]);
        let names: Vec<String> = (0..20).map(|at| format!("t{at}")).collect();
        let pair = |at: usize| BTreeSet::from([(true, names[at].as_str()), (false, names[at].as_str())]);
        let items: Vec<_> =
            (0..7).map(pair).chain([names.iter().map(|name| (true, name.as_str())).collect()]).collect();
        assert_eq!(runs(&items), [0..6, 6..7, 7..8]);
    }

    #[test]
    fn many_parts_have_overviews_of_overviews() {
        let parts = |number: usize| (1..=number).map(|at| Part::new(at, vec![format!("T{at}")]));
        let links = BTreeMap::from([((0, 1), 2), ((0, 1999), 3)]);
        let found = overviews(Subject::Legacy, "title", "table", parts(2000).collect(), &links);
        let mut names: Vec<&str> = found.iter().map(|diagram| diagram.name.as_str()).collect();
        assert_eq!(names[0], "legacy");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), found.len());
        for diagram in &found {
            let Content::Boxes(boxes) = &diagram.content else { panic!("{diagram:?}") };
            assert!(boxes.boxes.len() <= MOST, "{}", diagram.name);
        }
        let Content::Boxes(top) = &found[0].content else { panic!("{:?}", found[0]) };
        assert_eq!(top.arrows[0].label.as_deref(), Some("3 relations"));
        let shown: Vec<(&str, &str)> = top.boxes.iter().map(|part| (&*part.title, &*part.lines[1])).collect();
        assert_eq!(shown, [("legacy-1-to-994", "T1 … T994"), ("legacy-995-to-2000", "T995 … T2000")]);
    }
}
