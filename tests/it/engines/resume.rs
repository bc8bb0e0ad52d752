//! Runs against servers that are killed, cut off or overtaken: the next one goes on, and in the end everything is there
//! once, as after a run that nobody disturbed.

use crate::engines::opal::{assert_same, content, prepared, target};
use cutover_runtime::value::Kind;
use cutover_tests::command::{Ended, command, cutover, url};
use cutover_tests::engines::{Engine, Store};
use cutover_tests::opal::{Pair, map};
use cutover_tests::proxy::Proxy;
use cutover_tests::random::Random;
use cutover_tests::rows::{Rows, add};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::MariaDb];

/// A legacy side that is large enough to be disturbed on the way.
fn legacy() -> &'static Pair {
    static LEGACY: OnceLock<Pair> = OnceLock::new();
    LEGACY.get_or_init(|| {
        let pair = Pair::empty();
        add(&pair.legacy(), Rows { first: 1, patients: 3000, odd: 20, seed: 7 });
        pair
    })
}

fn run(to: &str, batch: &str) -> Command {
    let mut command = command();
    command.arg("run").arg(map()).args(["--from", &url(&legacy().legacy()), "--to", to]);
    command.args(["--max-rejects", "any", "--batch", batch]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn finish(to: &str) -> Ended {
    Ended::from(run(to, "100").output().unwrap())
}

/// What an undisturbed run writes on an engine, and how long it takes.
fn undisturbed(engine: Engine) -> Option<(Vec<Vec<String>>, Duration)> {
    let store = target(engine)?;
    let began = Instant::now();
    finish(&store.url()).with(0);
    Some((content(&store), began.elapsed()))
}

#[test]
fn any_number_of_streams_leaves_the_same() {
    for engine in SERVERS {
        let Some(one) = target(engine) else { continue };
        Ended::from(run(&one.url(), "100").args(["--streams", "1"]).output().unwrap()).with(0);
        for streams in ["2", "5"] {
            let several = target(engine).unwrap();
            // Small batches, so that rows with the same values are under way at the same time.
            let ended = Ended::from(run(&several.url(), "7").args(["--streams", streams]).output().unwrap()).with(0);
            assert_same(&content(&several), &content(&one), &format!("{engine:?}, {streams} streams"));
            assert!(ended.out.contains("complete"), "{}", ended.out);
            let query = "SELECT SUM(b.migrated + b.found + b.rejected), MAX(s.in_scope) FROM cutover_step s
                         JOIN cutover_batch b ON b.map = s.map GROUP BY s.map HAVING SUM(b.rows) <> MAX(s.in_scope)";
            assert_eq!(several.ask(query, &[Kind::Integer, Kind::Integer]), Vec::<String>::new(), "{engine:?}");
        }
    }
}

#[test]
fn runs_that_are_killed_leave_nothing_out_and_nothing_twice() {
    for engine in SERVERS {
        let Some((expected, whole)) = undisturbed(engine) else { continue };
        let store = target(engine).unwrap();
        let mut random = Random::new(23);
        let mut killed = 0;
        for _ in 0..8 {
            let mut child = run(&store.url(), "100").spawn().unwrap();
            sleep(whole * (random.below(40) as u32 + 5) / 100);
            child.kill().unwrap();
            killed += u32::from(child.wait().unwrap().code().is_none());
        }
        assert!(killed > 0, "{engine:?}: no run was killed");
        // The lock of the last one dies once the server notices.
        let ended = (0..50).map(|_| finish(&store.url())).find(|ended| {
            sleep(Duration::from_millis(100));
            ended.status == 0
        });
        assert!(ended.is_some(), "{engine:?}");
        assert_same(&content(&store), &expected, &format!("{engine:?} after {killed} kills"));
    }
}

/// What the other tests of crashes stand on: that a lost row is cutover's fault, not the server's.
#[test]
fn a_server_that_tests_crash_keeps_what_it_committed() {
    for engine in SERVERS {
        let Some(store) = Store::alone(engine) else { continue };
        let Store::Server(_, database) = &store else { continue };
        store.run("CREATE TABLE t (id integer PRIMARY KEY)");
        for id in 1..=3 {
            store.run(&format!("INSERT INTO t VALUES ({id})"));
            database.server().crash();
            let rows = store.ask("SELECT COUNT(*) FROM t", &[Kind::Integer]);
            assert_eq!(rows, [id.to_string()], "{engine:?}");
        }
    }
}

#[test]
fn servers_that_crash_are_told_and_the_next_run_goes_on() {
    for engine in SERVERS {
        let Some((expected, whole)) = undisturbed(engine) else { continue };
        let Some(store) = Store::alone(engine).map(prepared) else { continue };
        let Store::Server(_, database) = &store else { continue };
        let mut random = Random::new(31);
        let mut crashed = 0;
        for _ in 0..6 {
            let child = run(&store.url(), "100").spawn().unwrap();
            sleep(whole * (random.below(40) as u32 + 10) / 100);
            database.server().crash();
            let ended = Ended::from(child.wait_with_output().unwrap());
            if ended.status == 0 {
                continue;
            }
            crashed += 1;
            let ended = ended.with(4);
            assert!(ended.err.contains("then run the same command again"), "{engine:?}: {}", ended.err);
            assert!(!ended.err.contains("s3cret") && !ended.err.contains("%73"), "{}", ended.err);
        }
        assert!(crashed > 0, "{engine:?}: no run was at work when its server crashed");
        finish(&store.url()).with(0);
        assert_same(&content(&store), &expected, &format!("{engine:?} after {crashed} crashes"));
    }
}

#[test]
fn connections_that_are_cut_are_told_and_the_next_run_goes_on() {
    for engine in SERVERS {
        let Some((expected, _)) = undisturbed(engine) else { continue };
        let store = target(engine).unwrap();
        let Store::Server(_, database) = &store else { continue };
        let Some(port) = database.server().port() else { continue };
        let proxy = Proxy::before(port);
        let through = store.url().replace(&format!(":{port}/"), &format!(":{}/", proxy.port()));
        let mut random = Random::new(5);
        let mut cut = 0;
        for _ in 0..12 {
            proxy.cut_after(random.below(1_500_000) as i64 + 2_000);
            let ended = finish(&through);
            if ended.status == 0 {
                break;
            }
            // A lock that the server still holds for the last one is no cut.
            let held = ended.err.contains("another runner");
            cut += u32::from(!held);
            let ended = ended.with(4);
            assert!(held || ended.err.contains("see to it that the server runs"), "{engine:?}: {}", ended.err);
            assert!(!ended.err.contains("s3cret") && !ended.err.contains("%73"), "{}", ended.err);
            sleep(Duration::from_millis(100));
        }
        assert!(cut > 2, "{engine:?}: nothing was cut");
        proxy.mend();
        let ended = (0..50).map(|_| finish(&through)).find(|ended| {
            sleep(Duration::from_millis(100));
            ended.status == 0
        });
        assert!(ended.is_some(), "{engine:?}");
        assert_same(&content(&store), &expected, &format!("{engine:?} after {cut} cuts"));
    }
}

#[test]
fn a_second_runner_is_told_who_the_first_is() {
    for engine in SERVERS {
        let Some(store) = target(engine) else { continue };
        let mut first = run(&store.url(), "1").spawn().unwrap();
        let process = format!("process {}", first.id());
        // Somebody works there once the first batch is in.
        let mut watcher = store.target();
        let begun = (0..600).any(|_| {
            sleep(Duration::from_millis(50));
            let batches = watcher.columns("cutover_batch").unwrap().is_some();
            batches && store.ask("SELECT COUNT(*) FROM cutover_batch", &[Kind::Integer]) != ["0"]
        });
        let (second, status) = (finish(&store.url()), cutover(["status", "--to", &store.url()]));
        first.kill().unwrap();
        first.wait().unwrap();
        assert!(begun, "{engine:?}: the first runner never begins");
        second.with(4).says(&["another runner works on this target", &process, "wait until it ends"]);
        assert!(status.out.contains(&format!("at work now: {process}")), "{engine:?}: {}", status.out);
    }
}
