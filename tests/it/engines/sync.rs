//! Syncs into every engine, and a comparison beside systems that are at work.

use cutover_tests::command::Ended;
use cutover_tests::engines::Engine;
use cutover_tests::syncing::Club;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn every_engine_is_brought_in_line() {
    for engine in Engine::ALL {
        for from in [Engine::Sqlite, engine] {
            let Some(club) = Club::new(from, engine) else { continue };
            let identities = club.identities();
            club.old("UPDATE member SET name = 'Anna', city = 'Y' WHERE id = 1");
            club.old("UPDATE member SET city = 'Z', status = 'gone' WHERE id = 2");
            club.old("UPDATE member SET name = 'Cy the long', status = 'active' WHERE id = 3");
            club.old("UPDATE member SET badge = 61 WHERE id = 5");
            club.old("DELETE FROM member WHERE id IN (4, 6)");
            club.old("DELETE FROM note WHERE id IN (3, 4)");
            club.old("UPDATE note SET member = 2, body = 'TWO' WHERE id = 2");
            let ended = club.cutover("sync", &["--delete", "--batch", "2"]).with(0);
            assert!(ended.out.contains("complete: 9 legacy rows brought in line"), "{engine:?}: {}", ended.out);
            assert_eq!(
                club.people(),
                ["1|Anna|York|10|Anna", "2|Bo|NULL|20|NULL", "3|Cy the long|NULL|30|Cy the long", "5|Ed|York|61|Ed"],
                "{engine:?}"
            );
            assert_eq!(club.remarks(), ["1|Anna|one", "2|Bo|TWO"], "{engine:?}");
            let left: Vec<String> = [0, 1, 2, 4].iter().map(|at| identities[*at].clone()).collect();
            assert_eq!(club.identities(), left, "{engine:?}");
            club.cutover("verify", &[]).with(0);
            assert!(club.cutover("sync", &["--delete"]).with(0).out.contains("nothing to do"), "{engine:?}");
            club.cutover("rollback", &[]).with(0);
            assert_eq!((club.people(), club.remarks()), (Vec::new(), Vec::new()), "{engine:?}");
        }
    }
}

#[test]
fn what_others_changed_and_what_is_refused_stays_on_every_engine() {
    for engine in Engine::ALL {
        let Some(club) = Club::new(Engine::Sqlite, engine) else { continue };
        club.new_side("UPDATE person SET city = 'theirs' WHERE legacy_id IN (1, 3)");
        club.new_side("UPDATE person SET visits = 1 WHERE legacy_id = 4");
        club.old("UPDATE member SET name = 'Anna' WHERE id = 1");
        club.old("UPDATE member SET name = 'Ed' WHERE id = 2");
        club.old("UPDATE member SET badge = 60 WHERE id = 5");
        club.old("DELETE FROM note WHERE id IN (3, 4)");
        club.old("DELETE FROM member WHERE id IN (4)");
        club.old("UPDATE note SET body = 'ONE' WHERE id = 1");
        let ended = club.cutover("sync", &["--delete", "--show-values"]).with(1).out;
        let told = [
            "Member.p: legacy key 1 target key 1 in person: changed on both sides: name is \"Ann\", the mapping gives \
             \"Anna\"; city is \"theirs\", the mapping gives \"Xanten\"",
            "Member.p: legacy key 4 target key 4 in person: changed since it was migrated",
            "Member.p: legacy key 5 target key 5 in person: the target refuses the change: TheBadgeIsTaken, the badge is \
             taken",
        ];
        for line in told {
            assert!(ended.lines().any(|found| found == line), "{engine:?}, no {line}: {ended}");
        }
        let twice = "Member.p: legacy key 2 target key 2 in person: the target refuses the change: table person, its value \
                     is there already in ";
        assert!(ended.lines().any(|found| found.starts_with(twice)), "{engine:?}: {ended}");
        assert!(ended.contains("4 legacy rows not in line"), "{engine:?}: {ended}");
        assert_eq!(club.remarks(), ["1|Ann|ONE", "2|Ann|two"], "{engine:?}");
        assert_eq!(
            club.people(),
            [
                "1|Ann|theirs|10|Anna",
                "2|Bo|York|20|Ed",
                "3|Cy|theirs|30|NULL",
                "4|Di|Xanten|40|NULL",
                "5|Ed|York|50|Ed",
                "6|Flo|Xanten|60|NULL"
            ],
            "{engine:?}"
        );
    }
}

/// A column that the server sets by itself when a row changes keeps what the mapping gave; values that a column would
/// round are refused.
#[test]
fn columns_keep_exactly_what_the_mapping_gives() {
    for engine in [Engine::Postgres, Engine::MariaDb] {
        let Some(club) = Club::new(Engine::Sqlite, engine) else { continue };
        // The schema is not what the mapping says any more: badges have an upper end.
        let narrow = match engine {
            Engine::Postgres => "ALTER TABLE person ALTER COLUMN badge TYPE smallint",
            _ => "ALTER TABLE person MODIFY badge smallint NOT NULL",
        };
        club.new_side(narrow);
        club.old("UPDATE member SET badge = 40000 WHERE id = 1");
        club.old("UPDATE member SET badge = 21 WHERE id = 2");
        let ended = club.cutover("sync", &[]).with(1).out;
        let left = "Member.p: legacy key 1 target key 1 in person: the target refuses the change: table person";
        assert!(ended.lines().any(|line| line.starts_with(left)), "{engine:?}: {ended}");
        assert_eq!(club.people()[..2], ["1|Ann|Xanten|10|Ann", "2|Bo|York|21|Bo"], "{engine:?}");
    }
}

/// New rows come in and are carried while both sides are compared, again and again: no comparison reports any of them.
#[test]
fn a_comparison_beside_live_systems_reports_nothing() {
    for engine in Engine::ALL {
        let Some(club) = Club::new(Engine::Sqlite, engine) else { continue };
        let done = AtomicBool::new(false);
        let (reports, carried) = std::thread::scope(|scope| {
            let work = scope.spawn(|| {
                let mut id = 100;
                // Rows are changed, deleted and new; a run and a sync follow at once.
                while !done.load(Ordering::Relaxed) {
                    let (name, badge) = (format!("N{id}"), id * 10);
                    club.old(&format!("INSERT INTO member VALUES ({id}, '{name}', 'X', 'active', {badge})"));
                    club.old(&format!(
                        "UPDATE member SET city = CASE city WHEN 'X' THEN 'Y' ELSE 'X' END WHERE id = {}",
                        id - 1
                    ));
                    club.old(&format!("DELETE FROM member WHERE id = {} AND id > 99", id - 3));
                    let commands: [(&str, &[&str]); 2] = [("run", &[]), ("sync", &["--delete"])];
                    for (name, more) in commands {
                        club.cutover(name, more).with(0);
                    }
                    id += 1;
                }
                id - 100
            });
            // They begin at different moments of the work, and only those that see something wait.
            let verify = |_| {
                std::thread::sleep(Duration::from_millis(150));
                let mut command = club.command("verify", &["--settle", "6s"]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let children: Vec<_> = (0..5).map(verify).collect();
            let ended: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            (ended.into_iter().map(Ended::from).collect::<Vec<_>>(), work.join().unwrap())
        });
        assert!(carried > 1, "{engine:?}: nothing happened meanwhile");
        for report in reports {
            assert!(report.out.contains("no deviations"), "{engine:?}: {}{}", report.out, report.err);
        }
    }
}
