//! `farebox up`: the whole life of a local run, in order.

mod banner;

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::application::Application;
use crate::build_commands;
use crate::capabilities::redis::Redis;
use crate::capabilities::sqlite;
use crate::data_dir::DataDir;
use crate::engine::{Compiler, anyhow_error, engine};
use crate::grants::Shared;
use crate::load::load;
use crate::logs::{self, LogFormat};
use crate::manifest::Manifest;
use crate::misfits::Misfits;
use crate::output;
use crate::routes::Routes;
use crate::serve::{Limits, Renewal, Reuse, Server, listen, processors};
use crate::state::linker;
use crate::values::{Overrides, RedisUrl, SIGNING_KEY, Values};

/// Run the application of a spin.toml on this machine.
#[derive(Debug, Args)]
pub struct Up {
    /// Build the components first, with the build commands of the manifest.
    #[arg(long)]
    build: bool,

    /// The application's manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,

    /// The address to listen on. Port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,

    /// Keep everything in this Redis, redis://[user:password@]host[:port], instead of the embedded database.
    #[arg(long, value_name = "URL", env = "FAREBOX_REDIS", hide_env_values = true)]
    redis: Option<RedisUrl>,

    /// Where the embedded database, the signing key and compiled components are kept [default: .farebox beside the
    /// manifest].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Give a variable of the application a value. Can be repeated.
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<String>,

    /// Log one line for each request.
    #[arg(long)]
    access_log: bool,

    /// How log lines look.
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,

    /// The largest body of a request, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    body_limit: usize,

    /// How long a request may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    request_timeout_ms: u64,

    /// The most requests under way at once, but for those to probes, which the manifest lists.
    #[arg(long, value_name = "COUNT", default_value_t = 512)]
    max_in_flight: u32,

    /// The most memory of one instance, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 128)]
    memory_limit: usize,

    /// Requests that one instance answers before it is replaced.
    #[arg(long, value_name = "COUNT", default_value_t = 1000, hide_short_help = true)]
    requests_per_instance: usize,

    /// Requests that one instance answers at once.
    #[arg(long, value_name = "COUNT", default_value_t = 16, hide_short_help = true)]
    requests_at_once: usize,
}

/// Requests under way at once to each probe: an orchestrator, monitoring, and somebody who is curious.
const PROBES: u32 = 4;

/// How long an instance may have nothing to do.
const IDLE: Duration = Duration::from_secs(30);

impl Up {
    /// Runs the application until it is told to stop.
    ///
    /// # Errors
    ///
    /// Why it could not be started.
    pub fn run(self: Box<Self>) -> anyhow::Result<()> {
        logs::start(self.log_format, self.access_log);
        // A guest in a loop gives way once a tick; this many ticks later the network has its turn, instead of 61.
        let runtime = tokio::runtime::Builder::new_multi_thread().event_interval(13).enable_all().build()?;
        runtime.block_on(self.serve())
    }

    async fn serve(self: Box<Self>) -> anyhow::Result<()> {
        let manifest = load(&self.manifest)?;
        if self.build {
            build_commands::run(&manifest).await?;
        }
        let data = self.data.clone().unwrap_or_else(|| manifest.path(Path::new(".farebox")));
        let data = DataDir::open(&data)?;
        let values = self.values(&manifest, &data)?;
        let server = self.server(&manifest, &data, &values)?;
        let stop = stop(server.renewal())?;

        // Connections made from now on wait until the server runs.
        let listener = listen(self.listen).await?;
        server.warm_up().await;
        output::offer(banner::text(listener.local_addr()?, &manifest, &values, &data));
        if banner::signs_with_the_development_key(&manifest, &values) {
            output::say(banner::DEVELOPMENT_KEY);
        }
        server.run(listener, stop).await;
        Ok(())
    }

    fn values(&self, manifest: &Manifest, data: &DataDir) -> anyhow::Result<Values> {
        let mut overrides = Overrides {
            given: Overrides::given(&self.variables)?,
            redis: self.redis.clone(),
            environment: Overrides::environment(std::env::vars()),
            signing_key: None,
        };
        if manifest.variables.contains_key(SIGNING_KEY) && !overrides.has(SIGNING_KEY) {
            overrides.signing_key = Some(data.signing_key()?);
        }
        let mut misfits = Misfits::default();
        let values = Values::resolve(manifest, &overrides, &mut misfits);
        misfits.into_result("the application's variables do not fit")?;
        Ok(values)
    }

    fn server(&self, manifest: &Manifest, data: &DataDir, values: &Values) -> anyhow::Result<Server> {
        let memory = self.memory_limit.checked_mul(1 << 20).context("--memory-limit is too large")?;
        let probes = &manifest.application.tool.farebox.probes;
        let engine = engine(memory, self.max_in_flight.saturating_add(apart(manifest)?))?;
        let compiler = Compiler::new(engine.clone(), data.cache()?);
        let linker = linker(&engine).map_err(anyhow_error)?;
        let shared = Shared { database: sqlite::open(manifest, &data.database())?, redis: Redis::default(), memory };
        let application = Application { manifest, values, shared };
        let request = Duration::from_millis(self.request_timeout_ms);
        let reuse = Reuse { requests: self.requests_per_instance, at_once: self.requests_at_once, idle: IDLE, request };

        let components = application.components(&compiler, &linker, reuse)?;
        let routes = Routes::new(manifest.routes()).map_err(|errors| anyhow::anyhow!(errors.join("; ")))?;
        let in_flight = usize::try_from(self.max_in_flight)?;
        let limits = Limits {
            body: self.body_limit,
            request,
            in_flight,
            instances: in_flight,
            probes: usize::try_from(PROBES)?,
            connections: in_flight.saturating_mul(4),
        };
        Ok(Server::new(routes, components, limits, probes))
    }
}

/// Instances at once that are there however little is asked, or for probes only.
fn apart(manifest: &Manifest) -> anyhow::Result<u32> {
    let components = manifest.routes().map(|(_, component)| component).collect::<BTreeSet<_>>().len();
    // Each may stand beside the one that comes after it.
    let standing = components.saturating_mul(processors()).saturating_mul(2);
    let probes = manifest.application.tool.farebox.probes.len();
    // And one of each component for its probes, beside the one that comes after it.
    let of_probes = probes.saturating_mul(usize::try_from(PROBES)?).saturating_add(components.saturating_mul(2));
    Ok(u32::try_from(standing.saturating_add(of_probes))?)
}

/// Done at the first SIGTERM or SIGINT. The second ends the process at once. SIGHUP renews the instances, which then read
/// their files at once; unless the terminal was closed, which is said in the same way.
fn stop(renewal: Renewal) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let had_terminal = std::io::stdin().is_terminal();
    let mut next = async move || {
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = hang_up.recv() => {
                    if had_terminal && !std::io::stdin().is_terminal() {
                        return;
                    }
                    renewal.renew();
                    tracing::info!("SIGHUP: requests from now on are answered by new instances, which read their files");
                }
            }
        }
    };
    Ok(async move {
        next().await;
        output::say("stopping: finishing the requests under way; once more to stop at once");
        tokio::spawn(async move {
            next().await;
            output::flush();
            std::process::exit(130);
        });
    })
}
