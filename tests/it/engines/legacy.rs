//! Runs whose legacy server crashes or is cut off: they say so, and the next one goes on.

use crate::engines::opal::{assert_same, content, target};
use cutover_test_servers::Database;
use cutover_tests::command::{Ended, binary, command, url};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::legacy::copy;
use cutover_tests::opal::{Pair, map};
use cutover_tests::proxy::Proxy;
use cutover_tests::random::Random;
use cutover_tests::rows::{Rows, add};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Each legacy engine, with the engine that its rows go to.
const WAYS: [(Engine, Engine); 2] = [(Engine::MariaDb, Engine::Postgres), (Engine::Postgres, Engine::MariaDb)];

/// A legacy side of which a server can hold every value.
fn clean() -> Pair {
    let pair = Pair::empty();
    add(&pair.legacy(), Rows { first: 1, patients: 2000, odd: 0, seed: 9 });
    pair
}

fn run(from: &str, to: &str) -> Command {
    let mut command = command();
    command.arg("run").arg(map()).args(["--from", from, "--to", to]);
    command.args(["--max-rejects", "any", "--batch", "50"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A legacy database that no other test uses, what comes of it undisturbed, and how long that takes.
fn undisturbed(from: Engine, to: Engine) -> Option<(Store, Vec<Vec<String>>, Duration)> {
    let (legacy, undisturbed) = (Store::alone(from)?, target(to)?);
    let pair = clean();
    copy(&pair.legacy(), &legacy);
    binary(); // Building it is no part of a run.
    let began = Instant::now();
    Ended::from(run(&legacy.url(), &undisturbed.url()).output().unwrap()).with(0);
    let (whole, expected) = (began.elapsed(), content(&undisturbed));
    // The same rows come from a file in the same way.
    let from_file = target(to)?;
    Ended::from(run(&url(&pair.legacy()), &from_file.url()).output().unwrap()).with(0);
    assert_same(&content(&from_file), &expected, &format!("{from:?}"));
    Some((legacy, expected, whole))
}

#[test]
fn whatever_befalls_the_legacy_server_the_next_run_goes_on() {
    for (from, to) in WAYS {
        let Some((legacy, expected, whole)) = undisturbed(from, to) else { continue };
        let Store::Server(_, database) = &legacy else { continue };
        let crashed = target(to).unwrap();
        crash(database, whole, &crashed);
        assert_same(&content(&crashed), &expected, &format!("{from:?} after crashes"));
        let Some(port) = database.server().port() else { continue };
        let cut_off = target(to).unwrap();
        cut(database, port, &cut_off);
        assert_same(&content(&cut_off), &expected, &format!("{from:?} after cuts"));
    }
}

fn crash(database: &Database, whole: Duration, store: &Store) {
    let legacy = &database.url();
    let mut random = Random::new(37);
    let mut crashed = 0;
    for _ in 0..6 {
        let child = run(legacy, &store.url()).spawn().unwrap();
        sleep(whole * (random.below(40) as u32 + 5) / 100);
        database.server().crash();
        let ended = Ended::from(child.wait_with_output().unwrap());
        if ended.status == 0 {
            continue;
        }
        crashed += 1;
        ended.with(4).says(&[database.name(), "then run the same command again"]);
    }
    assert!(crashed > 0, "no run was at work when its legacy server crashed");
    Ended::from(run(legacy, &store.url()).output().unwrap()).with(0);
}

fn cut(database: &Database, port: u16, store: &Store) {
    let proxy = Proxy::before(port);
    let through = database.url().replace(&format!(":{port}/"), &format!(":{}/", proxy.port()));
    let mut random = Random::new(41);
    let mut cut = 0;
    for _ in 0..12 {
        proxy.cut_after(random.below(150_000) as i64 + 2_000);
        let ended = Ended::from(run(&through, &store.url()).output().unwrap());
        if ended.status == 0 {
            break;
        }
        cut += 1;
        ended.with(4).says(&[database.name(), "see to it that the server runs"]);
    }
    assert!(cut > 2, "nothing was cut");
    proxy.mend();
    Ended::from(run(&through, &store.url()).output().unwrap()).with(0);
}
