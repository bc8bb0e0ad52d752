//! The floor for load mode: ready-made rows into tables whose secondary indexes and foreign keys are off, which are built
//! afterwards, all by hand.

use crate::stores::{Copies, TABLES, Target};
use crate::{Figures, floors};
use postgres::{Client, NoTls};
use std::sync::Mutex;

/// What of one kind is to be taken off: the statements for both ways.
type Things = Vec<(String, String)>;

/// Takes off, copies and builds, over so many connections.
pub(crate) fn copy(copies: &Copies, streams: usize) -> Figures {
    let target = Target::postgres().expect("there was one before");
    let (indexes, foreign_keys) = (indexes(&target), foreign_keys(&target));
    for (take_off, _) in foreign_keys.iter().chain(&indexes) {
        target.run(take_off);
    }
    let figures = floors::copy_into(&target, copies, streams, floors::Record::Nothing);
    let rebuild = floors::time(|| {
        build(&target, indexes.iter().map(|(_, build)| build.as_str()).collect(), streams);
        build(&target, foreign_keys.iter().map(|(_, build)| build.as_str()).collect(), streams);
    });
    Figures { rebuild, ..figures }
}

fn build(target: &Target, statements: Vec<&str>, streams: usize) {
    let queue = Mutex::new(statements.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..streams {
            scope.spawn(|| {
                let mut client = Client::connect(&target.url(), NoTls).expect("it was just made");
                loop {
                    let next = queue.lock().expect("nobody panics").next();
                    let Some(statement) = next else { break };
                    client.batch_execute(statement).expect("it was there before");
                }
            });
        }
    });
}

fn indexes(target: &Target) -> Things {
    things(
        target,
        "SELECT format('DROP INDEX %I', c.relname), pg_get_indexdef(c.oid) FROM pg_index AS i \
         JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid \
         WHERE NOT i.indisunique AND t.relname = ANY ($1)",
    )
}

fn foreign_keys(target: &Target) -> Things {
    things(
        target,
        "SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, o.conname), \
         format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, o.conname, pg_get_constraintdef(o.oid)) \
         FROM pg_constraint AS o JOIN pg_class AS t ON t.oid = o.conrelid \
         WHERE o.contype = 'f' AND t.relname = ANY ($1)",
    )
}

fn things(target: &Target, query: &str) -> Things {
    let tables = TABLES.concat();
    let rows = target.client().query(query, &[&tables]).expect("it can be asked");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
