//! Fifty disturbances in a row, of every kind and on both sides, while one migration goes on: in the end everything is
//! there once, as after a run that nobody disturbed.

use crate::engines::opal::{assert_same, content, prepared, target};
use cutover_tests::command::{Ended, binary, command};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::legacy::copy;
use cutover_tests::opal::{Pair, map};
use cutover_tests::proxy::Proxy;
use cutover_tests::random::Random;
use cutover_tests::rows::{Rows, add};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const DISTURBANCES: u32 = 50;

/// A disturbance may come to nothing: a run ended just before, or the lock of a dead one was still held.
const TRIES: u32 = 4 * DISTURBANCES;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    Kill,
    CutLegacy,
    CutTarget,
    CrashLegacy,
    CrashTarget,
}

use Disturbance::{CrashLegacy, CrashTarget, CutLegacy, CutTarget, Kill};

/// Processes are killed and connections cut more often than servers crash.
const KINDS: [Disturbance; 8] = [Kill, Kill, Kill, CutLegacy, CutTarget, CutTarget, CrashLegacy, CrashTarget];

/// One side: a database on a server that no other test uses, and the proxy before it.
struct Ground {
    store: Store,
    proxy: Proxy,
    url: String,
}

impl Ground {
    fn before(store: Store) -> Option<Ground> {
        let Store::Server(_, database) = &store else { return None };
        let port = database.server().port()?;
        let proxy = Proxy::before(port);
        let url = database.url().replace(&format!(":{port}/"), &format!(":{}/", proxy.port()));
        Some(Ground { store, proxy, url })
    }

    fn crash(&self) {
        if let Store::Server(_, database) = &self.store {
            database.server().crash();
        }
    }
}

fn run(from: &str, to: &str) -> Command {
    let mut command = command();
    command.arg("run").arg(map()).args(["--from", from, "--to", to, "--max-rejects", "any", "--batch", "20"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Disturbs a run. Returns how it ended; none if it was killed.
fn disturb(
    disturbance: Disturbance,
    (legacy, target): (&Ground, &Ground),
    whole: Duration,
    random: &mut Random,
) -> Option<Ended> {
    let bytes = random.below(300_000) as i64 + 2_000;
    match disturbance {
        CutLegacy => legacy.proxy.cut_after(bytes),
        CutTarget => target.proxy.cut_after(bytes),
        Kill | CrashLegacy | CrashTarget => {}
    }
    let mut child = run(&legacy.url, &target.url).spawn().unwrap();
    let wait = whole * (random.below(12) as u32 + 1) / 100;
    match disturbance {
        Kill => {
            sleep(wait);
            child.kill().unwrap();
        }
        CrashLegacy => {
            sleep(wait);
            legacy.crash();
        }
        CrashTarget => {
            sleep(wait);
            target.crash();
        }
        CutLegacy | CutTarget => {}
    }
    let output = child.wait_with_output().unwrap();
    legacy.proxy.mend();
    target.proxy.mend();
    output.status.code().map(|_| Ended::from(output))
}

/// Runs until the lock of one that is dead is free.
fn finish(legacy: &Ground, target: &Ground) {
    let ended = (0..100).map(|_| Ended::from(run(&legacy.url, &target.url).output().unwrap())).find(|ended| {
        sleep(Duration::from_millis(100));
        !ended.err.contains("another runner")
    });
    ended.expect("locks die with their owners").with(0);
}

#[test]
fn fifty_disturbances_leave_nothing_out_and_nothing_twice() {
    for (from, to) in [(Engine::MariaDb, Engine::Postgres), (Engine::Postgres, Engine::MariaDb)] {
        let Some((expected, legacy, store)) = grounds(from, to) else { continue };
        let (expected, whole) = expected;
        let mut random = Random::new(53);
        let mut hits: Vec<Disturbance> = Vec::new();
        for _ in 0..TRIES {
            if hits.len() == DISTURBANCES as usize {
                break;
            }
            let disturbance = random.pick(&KINDS);
            match disturb(disturbance, (&legacy, &store), whole, &mut random) {
                None => hits.push(disturbance),
                Some(ended) if ended.status == 0 => {
                    // It is through: back to the start.
                    let mut back = command();
                    Ended::from(back.arg("rollback").arg(map()).args(["--to", &store.url]).output().unwrap()).with(0);
                }
                Some(ended) => {
                    assert!(!ended.err.contains("s3cret") && !ended.err.contains("%73"), "{}", ended.err);
                    if !ended.err.contains("another runner") {
                        hits.push(disturbance);
                    }
                    ended.with(4);
                }
            }
        }
        assert_eq!(hits.len(), DISTURBANCES as usize, "{from:?} to {to:?}: too few runs were at work");
        assert!(KINDS.iter().all(|kind| hits.contains(kind)), "{from:?} to {to:?}: {hits:?}");
        finish(&legacy, &store);
        assert_same(&content(&store.store), &expected, &format!("{from:?} to {to:?} after {hits:?}"));
        let mut verify = command();
        verify.arg("verify").arg(map()).args(["--from", &legacy.url, "--to", &store.url]);
        Ended::from(verify.output().unwrap()).with(0);
    }
}

/// What an undisturbed run writes and how long it takes, and both sides.
type Grounds = ((Vec<Vec<String>>, Duration), Ground, Ground);

fn grounds(from: Engine, to: Engine) -> Option<Grounds> {
    let (legacy, store, undisturbed) = (Store::alone(from)?, Store::alone(to).map(prepared)?, target(to)?);
    let pair = Pair::empty();
    add(&pair.legacy(), Rows { first: 1, patients: 1500, odd: 0, seed: 11 });
    copy(&pair.legacy(), &legacy);
    binary(); // Building it is no part of a run.
    let began = Instant::now();
    Ended::from(run(&legacy.url(), &undisturbed.url()).output().unwrap()).with(0);
    let expected = (content(&undisturbed), began.elapsed());
    Some((expected, Ground::before(legacy)?, Ground::before(store)?))
}
