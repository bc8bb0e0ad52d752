//! What there is to compare with: the engines' own ways, and what people write by hand.

use crate::Figures;
use crate::stores::{Copies, Legacy, MIGRATION_TABLES, TABLES, Target};
use mysql::prelude::Queryable;
use std::io::Write;
use std::process::Command;
use std::time::Instant;

pub(crate) fn time(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64()
}

fn figures(seconds: Vec<f64>) -> Figures {
    Figures { seconds, rebuild: 0.0, memory: None }
}

/// Reads what the maps read and drops it.
pub(crate) fn read(legacy: &Legacy) -> Figures {
    let queries = [
        "SELECT PatientSerNum, FirstName, LastName, Sex, DateOfBirth, DeathDate, SSN, AccessLevel, RegistrationDate \
         FROM Patient p WHERE EXISTS (SELECT 1 FROM PatientControl c WHERE c.PatientSerNum = p.PatientSerNum)",
        "SELECT * FROM Patient_Hospital_Identifier",
        "SELECT u.*, p.FirstName, p.LastName, p.Email, p.Language, p.TelNum, p.RegistrationDate FROM Users u \
         LEFT JOIN Patient p ON p.PatientSerNum = u.UserTypeSerNum",
    ];
    let mut connection = mysql::Conn::new(legacy.url().as_str()).expect("it was just made");
    let mut drain = |query: &str| {
        let mut rows = connection.query_iter(query).expect("it can be read");
        rows.by_ref().for_each(|row| assert!(row.expect("it can be read").len() > 4));
    };
    figures(queries.iter().map(|query| time(|| drain(query))).collect())
}

/// Copies ready-made rows into an empty target, all indexes and constraints in place.
pub(crate) fn copy(copies: &Copies, streams: usize) -> Figures {
    copy_into(&Target::postgres().expect("there was one before"), copies, streams, Record::Nothing)
}

/// Copies ready-made rows, and with them those of the migration tables, into a target that has these: the least that a run
/// must write.
pub(crate) fn copy_recorded(target: &Target, copies: &Copies, streams: usize) -> Figures {
    target.empty();
    copy_into(target, copies, streams, Record::MigrationTable)
}

/// Copies ready-made rows into a target.
pub(crate) fn copy_into(target: &Target, copies: &Copies, streams: usize, record: Record) -> Figures {
    let one = |tables: &[&str], copies: &[[Vec<u8>; 2]], halves: &[usize]| {
        let mut client = target.client();
        for half in halves {
            for (table, copy) in tables.iter().zip(copies) {
                let mut way = client.copy_in(&format!("COPY {table} FROM STDIN (FORMAT binary)")).expect("it is there");
                way.write_all(&copy[*half])
                    .and_then(|()| way.finish().map_err(std::io::Error::other))
                    .expect("it fits");
            }
        }
    };
    let map = |tables: &[&str], copies: &[[Vec<u8>; 2]]| {
        time(|| match streams {
            1 => one(tables, copies, &[0, 1]),
            _ => std::thread::scope(|scope| {
                let one = &one;
                for half in [[0], [1]] {
                    scope.spawn(move || one(tables, copies, &half));
                }
            }),
        })
    };
    let own = |own| Some(own).filter(|_| record == Record::MigrationTable);
    let maps = TABLES.iter().zip(MIGRATION_TABLES).zip(&copies.0);
    let seconds = maps.map(|((tables, table), copies)| {
        let tables: Vec<&str> = tables.iter().copied().chain(own(table)).collect();
        map(&tables, copies)
    });
    figures(seconds.collect())
}

/// Runs a script in Python that takes both URLs and prints the seconds of each map; none if what it imports is not
/// installed.
pub(crate) fn python(script: &str, imports: &str, legacy: &Legacy, target: &Target) -> Option<Figures> {
    let there = Command::new("python3").args(["-c", &format!("import {imports}")]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let script = format!("{}/rivals/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3").args([&script, &legacy.url(), &target.url()]).output().expect("it is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(figures(text.split_whitespace().map(|word| word.parse().expect("figures are numbers")).collect()))
}

/// Lets pgloader copy the legacy tables as they are, with no new keys and no references; none if it is not installed.
pub(crate) fn pgloader(legacy: &Legacy, target: &Target) -> Option<Figures> {
    if !Command::new("pgloader").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return None;
    }
    // It takes what stands in a URL for the password as it is, and what the environment says too.
    let without = |url: &str| {
        let (user, server) = url.rsplit_once('@').expect("a URL names a server");
        format!("{}@{server}", user.rsplit_once(':').expect("a URL has a password").0)
    };
    let options = mysql::Opts::from_url(&legacy.url()).expect("it was just made");
    let config: postgres::Config = target.url().parse().expect("it was just made");
    let passwords = [
        ("MYSQL_PWD", options.get_pass().unwrap_or_default().to_string()),
        ("PGPASSWORD", String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned()),
    ];
    let load = |table: &str| {
        let script = include_str!("../../rivals/opal.load").replace("{legacy}", &without(&legacy.url()));
        let script = script.replace("{target}", &without(&target.url())).replace("{table}", table);
        let file = std::env::temp_dir().join(format!("cutover-bench-{}.load", std::process::id()));
        std::fs::write(&file, script).expect("there is room");
        let seconds = time(|| {
            let output = Command::new("pgloader").arg(&file).envs(passwords.clone()).output().expect("it is there");
            let told = [output.stdout, output.stderr].map(|told| String::from_utf8_lossy(&told).into_owned());
            assert!(output.status.success(), "{}", told.concat());
        });
        std::fs::remove_file(&file).expect("it was just made");
        seconds
    };
    Some(figures(["Patient", "Patient_Hospital_Identifier", "Users"].map(load).to_vec()))
}

/// What statements by hand keep of which row became which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Record {
    Nothing,
    MigrationTable,
}

/// Runs statements by hand within one server.
pub(crate) fn inside(legacy: &Legacy, target: &Target, record: Record) -> Figures {
    let script = match record {
        Record::Nothing => include_str!("inside.sql"),
        Record::MigrationTable => include_str!("inside_recorded.sql"),
    };
    let maps = script.split("-- map").skip(1).map(|map| format!("-- {}", map.replace("{old}", legacy.name())));
    let maps: Vec<String> = maps.collect();
    figures(maps.iter().map(|map| time(|| target.run(map))).collect())
}
