#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::*;
use crate::capabilities::sqlite;
use crate::engine::engine;
use crate::load::load;
use crate::routes::Routes;
use crate::serve::{Limits, Server, listen, tests};
use crate::state::linker;
use crate::values::Overrides;

/// Two components, each with the same dependency but with grants and an inheritance of its own. The right one lets its
/// dependency inherit the database, but is not granted it.
const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "test"
[variables]
key = { default = "k" }

[[trigger.http]]
route = "/..."
component = "left"
[[trigger.http]]
route = "/right/..."
component = "right"
[[trigger.http]]
route = "/right/but/left"
component = "left"

[component.left]
source = "root.wasm"
sqlite_databases = ["default"]
environment = { A = "1" }
files = [{ source = ".", destination = "/left" }]
variables = { key = "{{ key }}" }
allowed_outbound_hosts = ["redis://left"]
dependencies = { "test:part@0.1.0" = { component = "part", inherit_configuration = ["sqlite_databases"] } }

[component.right]
source = "root.wasm"
environment = { A = "1", B = "2" }
dependencies = { "test:part@0.1.0" = { component = "part", inherit_configuration = ["environment", "sqlite_databases"] } }

[component.part]
source = "part.wasm"
"#;

const LIMITS: Limits = Limits { request: Duration::from_secs(10), ..tests::LIMITS };
const REUSE: Reuse = Reuse { requests: 8, at_once: 16, idle: Duration::from_secs(30), request: LIMITS.request };
const MEMORY: usize = 4 << 20;

fn component(world: &str, code: &str) -> Vec<u8> {
    let environment = include_str!("../capabilities/environment/denial.wit")
        .replace("VERSION", "0.2.0")
        .replace("INITIAL-CWD", "initial-cwd");
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_str("guest.wit", include_str!("../serve/guest.wit")).unwrap();
    resolve.push_str("sqlite.wit", include_str!("../../wit/spin-sqlite@3.1.0/sqlite.wit")).unwrap();
    resolve.push_str("environment.wit", &environment).unwrap();
    let package = resolve.push_str("part.wit", include_str!("part.wit")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(code).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// An application in a folder of its own.
struct Fixture {
    folder: TempDir,
    manifest: Manifest,
    compiler: Compiler,
    linker: Linker<Guest>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spin.toml"), MANIFEST).unwrap();
        for (file, world, code) in
            [("root.wasm", "root", include_str!("root.wat")), ("part.wasm", "dependency", include_str!("part.wat"))]
        {
            std::fs::write(folder.path().join(file), component(world, code)).unwrap();
        }
        let manifest = load(&folder.path().join("spin.toml")).unwrap();
        let engine = engine(MEMORY, 16).unwrap();
        let cache = folder.path().join("cache");
        std::fs::create_dir(&cache).unwrap();
        std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o700)).unwrap();
        let (linker, compiler) = (linker(&engine).unwrap(), Compiler::new(engine, Some(cache)));
        Self { folder, manifest, compiler, linker }
    }

    fn application<R>(&self, with: impl FnOnce(&Application<'_>) -> R) -> R {
        let mut misfits = Misfits::default();
        let values = Values::resolve(&self.manifest, &Overrides::default(), &mut misfits);
        misfits.into_result("the values").unwrap();
        let database = sqlite::open(&self.manifest, &self.folder.path().join("db")).unwrap();
        let shared = Shared { database, memory: MEMORY, ..Shared::default() };
        with(&Application { manifest: &self.manifest, values: &values, shared, wasi_http_only: false })
    }

    fn components(&self) -> anyhow::Result<BTreeMap<String, Instances>> {
        let components = self.application(|application| application.components(&self.compiler, &self.linker, REUSE));
        components.map(|components| components.asked)
    }

    fn grants(&self, id: &str) -> Grants {
        self.application(|Application { manifest, values, shared, .. }| {
            Grants::new(manifest, id, &manifest.components[id], values, shared).unwrap()
        })
    }

    async fn serve(&self) -> SocketAddr {
        let routes = Routes::new(self.manifest.routes()).unwrap();
        let server = Server::new(routes, self.components().unwrap(), LIMITS, &[]);
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(server.run(listener, None, std::future::pending()));
        address
    }
}

/// The status that a path is answered with.
async fn status(address: SocketAddr, path: &str) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{path}: {answer:?}"))
}

/// Two components answer side by side, the more specific route first, and neither has anything of the other's: not
/// itself, and not through the dependency that both have.
#[tokio::test(flavor = "multi_thread")]
async fn components_have_their_own_routes_dependencies_and_grants() {
    let fixture = Fixture::new();
    let address = fixture.serve().await;
    let left = (14, "one variable of its own, and a dependency that has the database and no variable");
    let right = (22, "two variables, and a dependency that has both and no database");
    for (path, (expected, why)) in [
        ("/", left),
        ("/right", right),
        ("/right/x/y", right),
        ("/rightly", left),
        ("/right/but/left", left),
        ("/elsewhere", left),
    ] {
        assert_eq!(status(address, path).await % 100, expected, "{path}: {why}");
    }
}

/// What the manifest grants one component is granted to no other.
#[tokio::test]
async fn a_component_is_granted_its_own_only() {
    let fixture = Fixture::new();
    let (left, right) = (fixture.grants("left"), fixture.grants("right"));
    assert_eq!(left.variables.0, BTreeMap::from([("key".to_owned(), "k".to_owned())]));
    assert!(left.allowed_hosts.allows("redis://left", "redis"));
    assert_eq!(left.folders.iter().map(|(_, destination)| destination.as_str()).collect::<Vec<_>>(), ["/left"]);
    assert!(left.database.is_some());

    assert!(right.variables.0.is_empty());
    assert!(!right.allowed_hosts.allows("redis://left", "redis"));
    assert!(right.folders.is_empty());
    assert!(right.database.is_none());
}

/// Three triggers name two components: each is composed and compiled once, and its triggers share what it is made of.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_two_triggers_is_made_once() {
    let fixture = Fixture::new();
    let address = fixture.serve().await;
    assert_eq!(std::fs::read_dir(fixture.folder.path().join("cache")).unwrap().count(), 2);
    // An instance that has answered one request answers the next with 3xx. There are as many as processors, and each of
    // the two routes alone asks no more than that.
    let mut statuses = Vec::new();
    for _ in 0..crate::serve::processors() {
        statuses.push(status(address, "/").await);
        statuses.push(status(address, "/right/but/left").await);
    }
    assert!(statuses.iter().all(|status| status % 100 == 14) && statuses.contains(&314), "{statuses:?}");
    assert_eq!(fixture.components().unwrap().keys().collect::<Vec<_>>(), ["left", "right"]);
}

/// Everything that is wrong is told at once, by component.
#[tokio::test]
async fn each_component_says_what_is_wrong_with_it() {
    let fixture = Fixture::new();
    std::fs::remove_file(fixture.folder.path().join("part.wasm")).unwrap();
    let error = format!("{:#}", fixture.components().err().unwrap());
    assert!(error.starts_with("the application cannot be started: 2 problems"), "{error}");
    for id in ["left", "right"] {
        let expected = format!("component {id:?}: cannot read");
        assert!(error.contains(&expected), "{error}");
    }
}
