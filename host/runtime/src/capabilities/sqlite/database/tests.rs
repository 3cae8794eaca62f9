#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures::future::join_all;
use tempfile::TempDir;

use super::*;

struct Fixture {
    database: Database,
    folder: TempDir,
}

impl Fixture {
    async fn new(schema: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("db")).unwrap();
        for statement in schema.split(';').filter(|statement| !statement.trim().is_empty()) {
            run(&database, statement).await.unwrap();
        }
        Self { database, folder }
    }

    async fn numbers(&self, query: &str) -> Vec<i64> {
        numbers(run(&self.database, query).await.unwrap())
    }
}

async fn run(database: &Database, statement: &str) -> Result<Outcome, String> {
    database.execute(statement.to_owned(), Vec::new(), Synchronous::Full).await
}

fn numbers(outcome: Outcome) -> Vec<i64> {
    let number = |value: &Value| match value {
        Value::Integer(number) => *number,
        other => panic!("{other:?} is not a number"),
    };
    outcome.rows.iter().flat_map(|row| row.iter().map(number)).collect()
}

/// Every kind of value comes back as it was stored.
#[tokio::test]
async fn values_come_back_as_they_were_stored() {
    let fixture = Fixture::new("CREATE TABLE t (a, b, c, d, e)").await;
    let stored = vec![
        Value::Integer(i64::MIN),
        Value::Real(0.1),
        Value::Text("费".to_owned()),
        Value::Blob(vec![0, 255]),
        Value::Null,
    ];
    let insert = "INSERT INTO t VALUES (?, ?, ?, ?, ?) RETURNING *".to_owned();
    let outcome = fixture.database.execute(insert, stored.clone(), Synchronous::Full).await.unwrap();
    assert_eq!(outcome.columns, ["a", "b", "c", "d", "e"]);
    assert_eq!(outcome.rows, [stored]);
    assert_eq!(outcome.written.unwrap().changes, 1);
    assert!(run(&fixture.database, "SELECT 1").await.unwrap().written.is_none());
}

/// However many statements share a commit, each one counts exactly once and sees those before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_writers_at_once_lose_nothing() {
    let fixture = Fixture::new("CREATE TABLE counter (n); INSERT INTO counter VALUES (0)").await;
    let writers = (0..1000).map(|_| run(&fixture.database, "UPDATE counter SET n = n + 1 RETURNING n"));
    let mut seen: Vec<i64> =
        join_all(writers).await.into_iter().flat_map(|outcome| numbers(outcome.unwrap())).collect();
    seen.sort_unstable();
    assert_eq!(seen, (1..=1000).collect::<Vec<_>>());
    assert_eq!(fixture.numbers("SELECT n FROM counter").await, [1000]);
}

/// A statement that fails takes nothing with it: not those beside it, and none of its own rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_statement_undoes_itself_only() {
    let fixture = Fixture::new("CREATE TABLE t (n CONSTRAINT below_ten CHECK (n < 10))").await;
    let statements: Vec<String> = (0..300)
        .map(|i| match i % 3 {
            0 => "INSERT INTO t VALUES (1)".to_owned(),
            // Fails at its second row; with OR FAIL, SQLite by itself would keep the first.
            1 => "INSERT OR FAIL INTO t VALUES (2), (20)".to_owned(),
            _ => "INSERT INTO nowhere VALUES (3)".to_owned(),
        })
        .collect();
    let outcomes = join_all(statements.iter().map(|statement| run(&fixture.database, statement))).await;
    for (i, outcome) in outcomes.into_iter().enumerate() {
        match i % 3 {
            0 => assert!(outcome.is_ok()),
            1 => assert_eq!(outcome.unwrap_err(), "CHECK constraint failed: below_ten"),
            _ => assert!(outcome.unwrap_err().contains("no such table: nowhere")),
        }
    }
    assert_eq!(fixture.numbers("SELECT n, count(*) FROM t GROUP BY n").await, [1, 100]);
}

/// A statement that ends the shared transaction fails those that are not yet on the disk; it never acknowledges them.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_rolls_everything_back_acknowledges_nothing() {
    let fixture = Fixture::new("CREATE TABLE t (n UNIQUE); INSERT INTO t VALUES (0)").await;
    let statements: Vec<String> = (1..200)
        .map(|i| match i % 20 {
            0 => "INSERT OR ROLLBACK INTO t VALUES (0)".to_owned(),
            _ => format!("INSERT INTO t VALUES ({i})"),
        })
        .collect();
    let outcomes = join_all(statements.iter().map(|statement| run(&fixture.database, statement))).await;
    let acknowledged: Vec<i64> = (1..200).zip(&outcomes).filter(|(_, o)| o.is_ok()).map(|(i, _)| i).collect();
    assert_eq!(fixture.numbers("SELECT n FROM t WHERE n > 0 ORDER BY n").await, acknowledged);
}

/// What cannot run inside a transaction runs outside, in its turn.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_share_a_transaction_runs_alone() {
    let fixture = Fixture::new("CREATE TABLE t (n)").await;
    let statements = ["INSERT INTO t VALUES (1)", "VACUUM", "PRAGMA synchronous = normal", "INSERT INTO t VALUES (2)"];
    for outcome in join_all(statements.map(|statement| run(&fixture.database, statement))).await {
        outcome.unwrap();
    }
    assert_eq!(fixture.numbers("PRAGMA synchronous").await, [1]);
    assert_eq!(fixture.numbers("SELECT n FROM t").await, [1, 2]);

    // A guest's own transaction is everybody's, as in Spin.
    for statement in ["BEGIN", "INSERT INTO t VALUES (3)", "ROLLBACK", "INSERT INTO t VALUES (4)"] {
        run(&fixture.database, statement).await.unwrap();
    }
    assert_eq!(fixture.numbers("SELECT n FROM t").await, [1, 2, 4]);
}

#[test]
fn knows_what_can_share_a_transaction() {
    for (statement, expected) in [
        ("SELECT 1", true),
        ("  insert into t values (1)", true),
        ("-- why\n/* how */ WITH x AS (SELECT 1) SELECT * FROM x", true),
        ("create table t (n)", true),
        ("BEGIN", false),
        ("COMMIT", false),
        ("savepoint a", false),
        ("PRAGMA journal_mode = wal", false),
        ("ATTACH ':memory:' AS m", false),
        ("VACUUM", false),
        ("-- only a comment", false),
        ("", false),
    ] {
        assert_eq!(writer::can_share_a_transaction(statement), expected, "{statement:?}");
    }
}

/// Reads wait for no commit: neither for one of this process nor for one of another. They see what was there before.
#[tokio::test(flavor = "multi_thread")]
async fn reads_do_not_wait_for_commits() {
    let fixture = Fixture::new("CREATE TABLE t (n); INSERT INTO t VALUES (1)").await;
    let other = rusqlite::Connection::open(fixture.folder.path().join("db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let database = fixture.database.clone();
    let write = tokio::spawn(async move { run(&database, "INSERT INTO t VALUES (2)").await });
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let read = tokio::time::timeout(Duration::from_secs(1), fixture.numbers("SELECT n FROM t"));
        assert_eq!(read.await.expect("a read waits for a write"), [1]);
    }
    assert!(!write.is_finished(), "the write was not held up");
    other.execute_batch("COMMIT").unwrap();
    write.await.unwrap().unwrap();
    assert_eq!(fixture.numbers("SELECT n FROM t").await, [1, 2]);
}

/// What reads, but is no plain read, takes its turn: it sees what was sent before it, answered or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_may_take_its_turn() {
    let fixture = Fixture::new("CREATE TABLE t (n)").await;
    let other = rusqlite::Connection::open(fixture.folder.path().join("db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let write = run(&fixture.database, "INSERT INTO t VALUES (1)");
    let plain = fixture.numbers("SELECT n FROM t");
    let in_turn = fixture.numbers("WITH c AS (SELECT n FROM t) SELECT n FROM c");
    let commit = async {
        assert!(plain.await.is_empty(), "it took its turn");
        other.execute_batch("COMMIT").unwrap();
    };
    let (write, in_turn, ()) = futures::join!(write, in_turn, commit);
    write.unwrap();
    assert_eq!(in_turn, [1]);
}

/// Whoever was answered to a write reads it, however many write and read at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read() {
    let fixture = Fixture::new("CREATE TABLE t (task, n)").await;
    let tasks = (0..32).map(|task| {
        let database = fixture.database.clone();
        tokio::spawn(async move {
            for n in 1..=50 {
                run(&database, &format!("INSERT INTO t VALUES ({task}, {n})")).await.unwrap();
                let read = run(&database, &format!("SELECT count(*) FROM t WHERE task = {task}")).await.unwrap();
                assert_eq!(numbers(read), [n]);
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
}

/// What only the connection that wrote can answer, it answers: two connections are as one.
#[tokio::test]
async fn two_connections_are_as_one() {
    let schema = "CREATE TABLE t (n); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT n FROM t WHERE 'a' LIKE 'A'";
    for (statements, query, expected) in [
        ("", "SELECT n FROM t", &[1][..]),
        ("", "VALUES (7), (8)", &[7, 8]),
        ("INSERT INTO t VALUES (2)", "SELECT last_insert_rowid()", &[2]),
        ("UPDATE t SET n = n + 1", "SELECT changes()", &[1]),
        ("INSERT INTO t VALUES (5)", "WITH c AS (SELECT n FROM t) SELECT n FROM c", &[1, 5]),
        ("CREATE TEMP TABLE t (n); INSERT INTO temp.t VALUES (3), (4)", "SELECT n FROM t", &[3, 4]),
        ("CREATE TEMP VIEW t AS SELECT 9", "SELECT * FROM t", &[9]),
        ("ATTACH ':memory:' AS m; CREATE TABLE m.o (n); INSERT INTO o VALUES (6)", "SELECT n FROM o", &[6]),
        ("PRAGMA case_sensitive_like = 1", "SELECT n FROM v", &[]),
        ("BEGIN; INSERT INTO t VALUES (2)", "SELECT n FROM t", &[1, 2]),
        ("BEGIN; INSERT INTO t VALUES (2); ROLLBACK", "SELECT n FROM t", &[1]),
        ("BEGIN; INSERT INTO t VALUES (2); COMMIT", "SELECT n FROM t", &[1, 2]),
        ("SAVEPOINT a; DELETE FROM t", "SELECT count(*) FROM t", &[0]),
        ("ALTER TABLE t ADD COLUMN o; UPDATE t SET o = 3", "SELECT * FROM t", &[1, 3]),
        ("ALTER TABLE t ADD COLUMN o; UPDATE t SET o = 3", "SELECT t.* FROM t", &[1, 3]),
        ("DROP VIEW v; CREATE VIEW v AS SELECT changes()", "SELECT * FROM v", &[1]),
    ] {
        let fixture = Fixture::new(schema).await;
        // Known to both connections before.
        for query in ["SELECT n FROM t", "SELECT n FROM v", "SELECT * FROM t"] {
            fixture.numbers(query).await;
        }
        for statement in statements.split(';').filter(|statement| !statement.is_empty()) {
            run(&fixture.database, statement).await.unwrap();
        }
        assert_eq!(fixture.numbers(query).await, expected, "{statements}; {query}");
    }
}

/// Plain reads have a connection of their own, and nothing but plain reads.
#[tokio::test]
async fn plain_reads_are_apart() {
    let fixture = Fixture::new("CREATE TABLE t (n); CREATE VIEW v AS SELECT n FROM t").await;
    let reader = reader::Reader::open(&fixture.folder.path().join("db")).unwrap();
    for (statement, expected) in [
        ("SELECT 1", true),
        ("SELECT max(n) FROM v", true),
        ("SELECT value FROM json_each('[1]')", true),
        ("VALUES (1)", true),
        ("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3) SELECT n FROM c", true),
        ("SELECT changes()", false),
        ("SELECT Last_Insert_RowID()", false),
        ("SELECT * FROM pragma_table_info('t')", false),
        ("PRAGMA user_version", false),
        ("PRAGMA query_only = 0", false),
        ("INSERT INTO t VALUES (1) RETURNING n", false),
        ("CREATE TEMP TABLE o (n)", false),
        ("ATTACH ':memory:' AS m", false),
        ("BEGIN", false),
        ("SELECT n FROM nowhere", false),
        ("SELECT json('{')", false),
        ("SELECT 1; SELECT 2", false),
        ("", false),
    ] {
        let request = Request { statement: statement.to_owned(), parameters: Vec::new() };
        assert_eq!(matches!(reader.read(request), Read::Done(Ok(_))), expected, "{statement}");
    }

    for (statement, apart) in [
        ("INSERT INTO t VALUES (1)", false),
        ("PRAGMA synchronous = normal", false),
        ("PRAGMA user_version = 3", false),
        ("VACUUM", false),
        ("BEGIN", true),
        ("INSERT INTO t VALUES (2)", true),
        ("COMMIT", false),
        ("CREATE TEMP TABLE o (n)", true),
        ("DROP TABLE o", true),
    ] {
        run(&fixture.database, statement).await.unwrap();
        assert_eq!(fixture.database.apart.is_so(), apart, "after {statement}");
    }
}

/// A component is granted its database, not the file system.
#[tokio::test]
async fn other_files_cannot_be_attached() {
    let fixture = Fixture::new("ATTACH ':memory:' AS memory").await;
    let other = fixture.folder.path().join("other");
    let error = run(&fixture.database, &format!("ATTACH '{}' AS other", other.display())).await.unwrap_err();
    assert!(error.contains("not authorized"), "{error}");
    assert!(!other.exists());
}

/// A statement that never ends, or whose result is huge, is stopped; the database goes on.
#[tokio::test]
async fn a_runaway_statement_is_stopped() {
    let fixture = Fixture::new("CREATE TABLE t (n)").await;
    let forever =
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) INSERT INTO t SELECT n FROM c WHERE n < 0";
    assert_eq!(run(&fixture.database, forever).await.unwrap_err(), "interrupted");
    let huge = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT zeroblob(1000000) FROM c";
    assert!(run(&fixture.database, huge).await.unwrap_err().contains("larger than"));
    assert_eq!(fixture.numbers("SELECT count(*) FROM t").await, [0]);
}

/// A caller that goes away harms nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_may_stop_waiting() {
    let fixture = Fixture::new("CREATE TABLE t (n)").await;
    for _ in 0..100 {
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            _ = run(&fixture.database, "INSERT INTO t VALUES (1)") => {}
        }
    }
    run(&fixture.database, "INSERT INTO t VALUES (2)").await.unwrap();
    assert_eq!(fixture.numbers("SELECT count(*) FROM t WHERE n = 2").await, [1]);
}

const VICTIM: &str = "FAREBOX_TEST_VICTIM_DATABASE";

/// The process that is killed: writes for ever from many tasks, and says what has been acknowledged.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test below"]
async fn victim() {
    let database = Database::open(&PathBuf::from(std::env::var(VICTIM).unwrap())).unwrap();
    run(&database, "CREATE TABLE t (n)").await.unwrap();
    let writers = (0..32).map(|writer| {
        let database = database.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let number = n * 32 + writer;
                run(&database, &format!("INSERT INTO t VALUES ({number})")).await.unwrap();
                println!("acknowledged {number}");
            }
        })
    });
    join_all(writers).await;
}

/// What was acknowledged survives a kill -9 in the middle of the next writes.
#[tokio::test]
async fn a_kill_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["capabilities::sqlite::database::tests::victim", "--exact", "--ignored", "--nocapture"])
        .env(VICTIM, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let Ok(line) = line else { break };
        let Some(number) = line.strip_prefix("acknowledged ") else { continue };
        // The last line may have been cut off by the kill.
        acknowledged.extend(number.parse::<i64>());
        if acknowledged.len() == 2000 {
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();
    assert!(acknowledged.len() >= 2000);
    acknowledged.truncate(2000);

    let database = Database::open(&path).unwrap();
    let stored: std::collections::BTreeSet<i64> =
        numbers(run(&database, "SELECT n FROM t").await.unwrap()).into_iter().collect();
    let lost: Vec<&i64> = acknowledged.iter().filter(|number| !stored.contains(number)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(
        numbers(
            run(&database, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'").await.unwrap()
        ),
        [1]
    );
}

/// What would not be found again is not acknowledged: the file was deleted, or replaced, or its log was.
#[tokio::test]
async fn nothing_is_written_to_a_file_that_is_gone() {
    for (gone, replaced) in [("db", false), ("db", true), ("db-wal", false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let database = Database::open(&path).unwrap();
        run(&database, "CREATE TABLE t (n)").await.unwrap();
        run(&database, "INSERT INTO t VALUES (1)").await.unwrap();
        let (victim, aside) = (folder.path().join(gone), folder.path().join("aside"));
        std::fs::rename(&victim, &aside).unwrap();
        if replaced {
            std::fs::copy(&aside, &victim).unwrap();
        }
        for statement in ["INSERT INTO t VALUES (2)", "BEGIN"] {
            let error = run(&database, statement).await.unwrap_err();
            assert!(error.contains("was deleted or replaced"), "{gone}: {statement}: {error}");
        }
        // Put back, it is as it was.
        std::fs::rename(&aside, &victim).unwrap();
        run(&database, "INSERT INTO t VALUES (3)").await.unwrap();
        assert_eq!(numbers(run(&database, "SELECT n FROM t").await.unwrap()), [1, 3], "{gone}");
    }
}

/// What cannot be written is not acknowledged, SQLite's own word says why, and it is written again as soon as it can be.
#[tokio::test]
async fn what_cannot_be_written_is_not_acknowledged() {
    for (fails, why, works) in [
        ("PRAGMA max_page_count = 1", "database or disk is full", "PRAGMA max_page_count = 1000000"),
        ("PRAGMA query_only = 1", "attempt to write a readonly database", "PRAGMA query_only = 0"),
    ] {
        let fixture = Fixture::new("CREATE TABLE t (n, filler)").await;
        run(&fixture.database, fails).await.unwrap();
        // Several at once share a transaction, and its fate.
        let inserts = (0..3).map(|n| {
            let insert = format!("INSERT INTO t VALUES ({n}, zeroblob(100000))");
            let database = &fixture.database;
            async move { run(database, &insert).await }
        });
        for inserted in join_all(inserts).await {
            let error = inserted.unwrap_err();
            assert!(error.contains(why), "{fails}: {error}");
        }
        assert_eq!(fixture.numbers("SELECT count(*) FROM t").await, [0], "{fails}");
        run(&fixture.database, works).await.unwrap();
        run(&fixture.database, "INSERT INTO t VALUES (7, zeroblob(100000))").await.unwrap();
        assert_eq!(fixture.numbers("SELECT n FROM t").await, [7], "{fails}");
    }
}

/// Once a page was found damaged, what is whole is read, and nothing is written: it might not be found again.
#[tokio::test]
async fn nothing_is_written_to_what_is_damaged() {
    let fixture = Fixture::new(
        "CREATE TABLE whole (n); CREATE TABLE damaged (n); INSERT INTO whole VALUES (1); INSERT INTO damaged VALUES (1)",
    )
    .await;
    let page = fixture.numbers("SELECT rootpage FROM sqlite_schema WHERE name = 'damaged'").await[0];
    let size = fixture.numbers("SELECT page_size FROM pragma_page_size").await[0];
    let Fixture { database, folder } = fixture;
    let path = folder.path().join("db");
    drop(database);
    // Closing it is up to its threads.
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let at = u64::try_from((page - 1) * size).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0x55; 512], at).unwrap();

    let database = Database::open(&path).unwrap();
    run(&database, "INSERT INTO whole VALUES (2)").await.unwrap();
    let error = run(&database, "SELECT n FROM damaged").await.unwrap_err();
    assert!(error.contains("database disk image is malformed"), "{error}");
    for statement in ["INSERT INTO whole VALUES (3)", "BEGIN", "BEGIN IMMEDIATE", "PRAGMA user_version = 7"] {
        let error = run(&database, statement).await.unwrap_err();
        assert!(error.contains("malformed, and nothing is written"), "{statement}: {error}");
    }
    // As an instance begins.
    for statement in ["PRAGMA synchronous = FULL", "PRAGMA user_version"] {
        run(&database, statement).await.unwrap();
    }
    assert_eq!(numbers(run(&database, "SELECT n FROM whole").await.unwrap()), [1, 2]);
}

/// Writes that wait for the disk and writes that do not are on connections of their own, take turns, and see each other.
#[tokio::test(flavor = "multi_thread")]
async fn each_setting_has_a_connection() {
    let fixture = Fixture::new("CREATE TABLE t (n)").await;
    let write = |database: Database, synchronous| async move {
        for n in 0..100 {
            let insert = "INSERT INTO t VALUES (?)".to_owned();
            database.execute(insert, vec![Value::Integer(n)], synchronous).await.unwrap();
        }
    };
    let settings = [Synchronous::Full, Synchronous::Normal].repeat(4);
    let writes = settings.into_iter().map(|synchronous| tokio::spawn(write(fixture.database.clone(), synchronous)));
    for written in join_all(writes).await {
        written.unwrap();
    }
    assert_eq!(fixture.numbers("SELECT count(*) FROM t").await, [800]);
    assert!(fixture.database.normal.get().is_some_and(Option::is_some), "nobody used the other one");
    // A guest's transaction is on one of them, and whoever writes meanwhile takes part in it.
    run(&fixture.database, "BEGIN").await.unwrap();
    let insert = "INSERT INTO t VALUES (1)".to_owned();
    fixture.database.execute(insert, Vec::new(), Synchronous::Normal).await.unwrap();
    run(&fixture.database, "ROLLBACK").await.unwrap();
    assert_eq!(fixture.numbers("SELECT count(*) FROM t").await, [800]);
}
