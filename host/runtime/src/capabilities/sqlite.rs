//! `spin:sqlite`, over one embedded database.
//!
//! Errors are where Spin has them: a statement that fails does so in the future beside its rows, with SQLite's own
//! message. Other than in Spin, no two statements of different requests ever share a transaction's fate: see
//! [`Database`].

mod database;
mod pragma;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use rusqlite::types::Value as Stored;
use wasmtime::component::{Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader};

use self::bindings::spin::sqlite::sqlite::{
    self as interface, Error, Host, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
};
pub use self::database::Database;
use self::database::{BUSY, Outcome};
use self::pragma::{Pragma, Synchronous};
use super::denial::Denial;
use crate::manifest::check::Checked;
use crate::manifest::{Component, Manifest};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit/spin-sqlite@3.1.0",
        interfaces: "import spin:sqlite/sqlite@3.1.0;",
        imports: { default: async | trappable },
        with: { "spin:sqlite/sqlite.connection": crate::capabilities::sqlite::Connection },
    });
}

/// The label of the one database there is.
const DEFAULT_LABEL: &str = "default";

/// Adds the databases that this host does not have.
pub fn check(checked: &mut Checked<'_>) {
    for label in checked.component.sqlite_databases.iter().filter(|label| *label != DEFAULT_LABEL) {
        checked.add(
            "sqlite_databases",
            format!(
                "the database {label:?} is not defined: Spin needs a runtime configuration file for any but \
                 \"default\", and the local host has only that one; use \"default\""
            ),
        );
    }
}

/// Opens the database, when the manifest grants it to anybody.
///
/// # Errors
///
/// The file cannot be opened or is not a database.
pub fn open(manifest: &Manifest, file: &Path) -> anyhow::Result<Option<Database>> {
    manifest.components.values().any(is_granted).then(|| Database::open(file)).transpose()
}

/// The database, when the manifest grants it to a component.
#[must_use]
pub fn grant(component: &Component, database: Option<&Database>) -> Option<Database> {
    database.filter(|_| is_granted(component)).cloned()
}

fn is_granted(component: &Component) -> bool {
    component.sqlite_databases.iter().any(|label| label == DEFAULT_LABEL)
}

/// A guest's connection: the database, what its own last statements left behind, and what it has set for itself.
#[derive(Clone)]
pub struct Connection {
    database: Database,
    last: Arc<Last>,
}

#[derive(Default)]
struct Last {
    insert_rowid: AtomicI64,
    changes: AtomicU64,
    /// Whether its writes wait for the operating system only.
    is_normal: AtomicBool,
}

impl Connection {
    async fn execute(&self, statement: String, parameters: Vec<Value>) -> Result<QueryResult, Error> {
        if let Some(pragma) = pragma::of(&statement) {
            return Ok(self.setting(pragma));
        }
        let parameters = parameters.into_iter().map(from_guest).collect();
        let Outcome { columns, rows, written } =
            self.database.execute(statement, parameters, self.synchronous()).await.map_err(Error::Io)?;
        if let Some(written) = written {
            self.last.insert_rowid.store(written.last_insert_rowid, Ordering::Relaxed);
            self.last.changes.store(written.changes, Ordering::Relaxed);
        }
        let to_row = |row: Vec<Stored>| RowResult { values: row.into_iter().map(to_guest).collect() };
        Ok(QueryResult { columns, rows: rows.into_iter().map(to_row).collect() })
    }
}

impl Connection {
    fn synchronous(&self) -> Synchronous {
        if self.last.is_normal.load(Ordering::Relaxed) { Synchronous::Normal } else { Synchronous::Full }
    }

    /// What SQLite would answer to a setting of a connection.
    fn setting(&self, pragma: Pragma) -> QueryResult {
        let row = |name: &str, number: i64| QueryResult {
            columns: vec![name.to_owned()],
            rows: vec![RowResult { values: vec![Value::Integer(number)] }],
        };
        let ms = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        match pragma {
            Pragma::Synchronous(Some(synchronous)) => {
                self.last.is_normal.store(synchronous == Synchronous::Normal, Ordering::Relaxed);
                QueryResult { columns: Vec::new(), rows: Vec::new() }
            }
            Pragma::Synchronous(None) => row("synchronous", self.synchronous().number()),
            Pragma::BusyTimeout(time) => row("timeout", ms(time.unwrap_or(BUSY))),
        }
    }
}

fn from_guest(value: Value) -> Stored {
    match value {
        Value::Null => Stored::Null,
        Value::Integer(number) => Stored::Integer(number),
        Value::Real(number) => Stored::Real(number),
        Value::Text(text) => Stored::Text(text),
        Value::Blob(bytes) => Stored::Blob(bytes),
    }
}

fn to_guest(value: Stored) -> Value {
    match value {
        Stored::Null => Value::Null,
        Stored::Integer(number) => Value::Integer(number),
        Stored::Real(number) => Value::Real(number),
        Stored::Text(text) => Value::Text(text),
        Stored::Blob(bytes) => Value::Blob(bytes),
    }
}

/// What the interface needs of an instance.
pub struct SqliteView<'a> {
    /// Where the guest's connections are.
    pub table: &'a mut ResourceTable,
    /// The default database, when the component is granted it.
    pub database: Option<&'a Database>,
    /// The component's identifier.
    pub component: &'a str,
}

impl SqliteView<'_> {
    fn open(&mut self, label: &str) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let Some(database) = self.database.filter(|_| label == DEFAULT_LABEL) else {
            tracing::error!(
                component = self.component,
                "the database {label:?} was denied; to allow it, add it to `sqlite_databases` of component {:?}",
                self.component,
            );
            return Ok(Err(Error::AccessDenied));
        };
        let connection = Connection { database: database.clone(), last: Arc::default() };
        Ok(Ok(self.table.push(connection)?))
    }

    fn connection(&self, connection: &Resource<Connection>) -> wasmtime::Result<Connection> {
        Ok(self.table.get(connection)?.clone())
    }
}

/// Shows the interface to guests; `of` finds in an instance what it needs.
///
/// # Errors
///
/// The linker has it already.
pub fn link<T: Send + 'static>(linker: &mut Linker<T>, of: fn(&mut T) -> SqliteView<'_>) -> wasmtime::Result<()> {
    interface::add_to_linker::<T, Interface>(linker, of)
}

struct Interface;

impl HasData for Interface {
    type Data<'a> = SqliteView<'a>;
}

impl Host for SqliteView<'_> {}

type Rows = (Vec<String>, StreamReader<RowResult>, FutureReader<Result<(), Error>>);

impl HostConnection for SqliteView<'_> {
    async fn open(&mut self, database: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        self.open(&database)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        Ok(self.connection(&connection)?.execute(statement, parameters).await)
    }

    async fn last_insert_rowid(&mut self, connection: Resource<Connection>) -> wasmtime::Result<i64> {
        Ok(self.connection(&connection)?.last.insert_rowid.load(Ordering::Relaxed))
    }

    async fn changes(&mut self, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        Ok(self.connection(&connection)?.last.changes.load(Ordering::Relaxed))
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for Interface {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        accessor.with(|mut access| access.get().open(&database))
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<Rows, Error>> {
        let connection = accessor.with(|mut access| access.get().connection(&connection))?;
        let (result, end) = match connection.execute(statement, parameters).await {
            Ok(result) => (result, Ok(())),
            Err(error) => (QueryResult { columns: Vec::new(), rows: Vec::new() }, Err(error)),
        };
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, result.rows)?;
            let end = FutureReader::new(&mut access, async { wasmtime::error::Ok(end) })?;
            Ok(Ok((result.columns, rows, end)))
        })
    }

    async fn last_insert_rowid_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
    ) -> wasmtime::Result<i64> {
        accessor.with(|mut access| Ok(access.get().connection(&connection)?.last.insert_rowid.load(Ordering::Relaxed)))
    }

    async fn changes_async(accessor: &Accessor<T, Self>, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        accessor.with(|mut access| Ok(access.get().connection(&connection)?.last.changes.load(Ordering::Relaxed)))
    }
}

/// Access is denied, so there is never a connection to do anything with.
pub const DENIAL: Denial = Denial {
    interface: "spin:sqlite/sqlite",
    version: Some("3.1.0"),
    wit: include_str!("../../wit/spin-sqlite@3.1.0/sqlite.wit"),
    wat: include_str!("sqlite/denial.wat"),
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What a guest sets for its connection is answered to it, and changes nobody else's.
    #[tokio::test]
    async fn settings_are_a_guests_own() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("db")).unwrap();
        let connection = || Connection { database: database.clone(), last: Arc::default() };
        let (one, other) = (connection(), connection());
        let ask = async |connection: &Connection, statement: &str| {
            let rows = connection.execute(statement.to_owned(), Vec::new()).await.unwrap().rows;
            rows.into_iter().flat_map(|row| row.values).map(from_guest).collect::<Vec<_>>()
        };
        assert!(ask(&one, "PRAGMA synchronous = NORMAL").await.is_empty());
        assert_eq!(ask(&one, "PRAGMA busy_timeout = 100").await, [Stored::Integer(100)]);
        assert_eq!(ask(&one, "PRAGMA synchronous").await, [Stored::Integer(1)]);
        assert_eq!(ask(&other, "PRAGMA synchronous").await, [Stored::Integer(2)]);
        ask(&one, "CREATE TABLE t (n)").await;
        ask(&one, "INSERT INTO t VALUES (7)").await;
        assert_eq!(ask(&other, "SELECT n FROM t").await, [Stored::Integer(7)]);
    }
}
