//! `farebox up`: the whole life of a local run, in order.

mod banner;
mod listen_address;
mod open_files;

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use http::HeaderValue;
use tokio::signal::unix::{SignalKind, signal};

use self::listen_address::ListenAddress;
use crate::application::Application;
use crate::build_commands;
use crate::capabilities::redis::Redis;
use crate::capabilities::sqlite;
use crate::compile::Apart;
use crate::compiler::Compiler;
use crate::data_dir::{DataDir, random_key};
use crate::engine::{anyhow_error, engine_that_fits};
use crate::grants::Shared;
use crate::load::load;
use crate::logs::{self, LogFormat};
use crate::manifest::{Channel, Manifest};
use crate::misfits::Misfits;
use crate::output;
use crate::routes::Routes;
use crate::serve::{self, Crowd, Limits, Patience, Renewal, Reuse, Server, Subscription, Timers, processors};
use crate::starting::answer_meanwhile;
use crate::state::linker;
use crate::tls::{CertificateFiles, Tls};
use crate::values::{Overrides, RedisUrl, SIGNING_KEY, TIMERS_KEY, Values};

/// Run the application of a spin.toml on this machine.
#[derive(Debug, Args)]
pub struct Up {
    /// Build the components first, with the build commands of the manifest.
    #[arg(long)]
    build: bool,

    /// The application's manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,

    /// The address to listen on, such as 127.0.0.1:3000, localhost:3000, or :3000 for all of this machine's. Port 0 takes any
    /// that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: ListenAddress,

    /// Serve with TLS: the server's certificate and those that it is signed with, PEM, in a file of at most 1 MiB. Read again
    /// whenever it changes; it is said when it ends within 14 days.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,

    /// The private key of the certificate, PEM, without a password.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,

    /// Check the manifest, the components, the configuration, the store, the address and the certificate, say what is wrong, and end.
    #[arg(long)]
    check: bool,

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
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = clap::value_parser!(u32).range(1..))]
    body_limit: u32,

    /// The most memory for the bodies of all requests under way, for what is read from them, for instances that are started when
    /// requests wait, and for answers over HTTP/2 that clients do not take, in MiB. A request that finds none is told to come back;
    /// a quarter is for answers, and a quarter of the rest for bodies of at most 16 KiB.
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    memory_budget: u32,

    /// How long a request may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    request_timeout_ms: u64,

    /// The most requests under way at once, but for those to probes, which the manifest lists.
    #[arg(long, value_name = "COUNT", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_in_flight: u32,

    /// The most connections at once. One more ends the one that has waited longest for its client, among those of whoever has
    /// most [default: four for each request that may be under way].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_connections: Option<u32>,

    /// The most connections at once of one peer. Behind a proxy all are the proxy's [default: as many as there may be].
    #[arg(long, value_name = "COUNT", hide_short_help = true, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections_per_peer: Option<u32>,

    /// How long a connection may be idle, in seconds. Longer than that of whatever is in front.
    #[arg(long, value_name = "S", default_value_t = 75, value_parser = clap::value_parser!(u32).range(1..))]
    keep_alive: u32,

    /// How long requests under way may take when it is told to stop, in seconds. Then their connections are dropped; those of
    /// clients that have not sent a whole request have one second.
    #[arg(long, value_name = "S", default_value_t = 25)]
    shutdown_timeout: u32,

    /// The most memory of one instance, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=4096))]
    memory_limit: u16,

    /// Requests that one instance answers before it is replaced.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true, value_parser = clap::value_parser!(u32).range(1..))]
    requests_per_instance: u32,

    /// Requests that one instance answers at once.
    #[arg(long, value_name = "COUNT", default_value_t = 16, hide_short_help = true, value_parser = clap::value_parser!(u32).range(1..))]
    requests_at_once: u32,

    /// Ask for none of the jobs that the manifest has timers for: something else asks for them, such as `farebox jobs loop`.
    #[arg(long)]
    no_timers: bool,

    /// Ask components through wasi:http only, as hosts do that know nothing else.
    #[arg(long, hide_short_help = true)]
    wasi_http: bool,
}

/// Requests under way at once to each probe: an orchestrator, monitoring, and somebody who is curious.
const PROBES: u32 = 4;

/// The most instances at once, but for those that there always are. Each has room for several requests, and takes address space.
const INSTANCES: u32 = 512;

/// How long an instance may have nothing to do.
const IDLE: Duration = Duration::from_secs(30);

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(30);

/// How long a client may take nothing of its answer.
const TAKEN: Duration = Duration::from_secs(10);

impl Up {
    /// Runs the application until it is told to stop. `started` is called when it is served, and what was needed to get there is
    /// not needed any more.
    ///
    /// # Errors
    ///
    /// Why it could not be started.
    pub fn run(self: Box<Self>, started: fn()) -> anyhow::Result<()> {
        logs::start(self.log_format, self.access_log);
        // A guest in a loop gives way once a tick; this many ticks later the network has its turn, instead of 61.
        let runtime = tokio::runtime::Builder::new_multi_thread().event_interval(13).enable_all().build()?;
        runtime.block_on(self.serve(started))
    }

    async fn serve(self: Box<Self>, started: fn()) -> anyhow::Result<()> {
        let manifest = load(&self.manifest)?;
        if self.build {
            build_commands::run(&manifest).await?;
        }
        let data = self.data.clone().unwrap_or_else(|| manifest.path(Path::new(".farebox")));
        let data = DataDir::open(&data)?;
        let values = self.values(&manifest, &data)?;

        let tls = self.tls()?;
        let outdated = tls.as_ref().and_then(Tls::tell_validity);
        let scheme = if tls.is_some() { "https" } else { "http" };
        // Before what takes long, meanwhile callers are told to come back.
        let listener = Arc::new(self.listen.bind().await?);
        let liveness = manifest.application.tool.farebox.probes.first().cloned();
        let answers = answer_meanwhile(Arc::clone(&listener), tls.clone(), liveness);
        let meanwhile = (!self.check).then(|| tokio::spawn(answers));
        let server = self.server(&manifest, &data, &values)?;
        let stop = stop(server.renewal())?;
        let missing = server.warm_up().await;
        if let Some(meanwhile) = meanwhile {
            meanwhile.abort();
            _ = meanwhile.await;
        }
        let listener = Arc::into_inner(listener).context("somebody else still listens on the address")?;
        if self.check {
            return checked(&format!("{scheme}://{}", listener.local_addr()?), missing.or(outdated));
        }
        if let Some(missing) = missing {
            tracing::warn!("not everything is in order, and the application is served all the same: {missing}");
        }
        let url = format!("{scheme}://{}", listener.local_addr()?);
        output::offer(banner::text(&url, &manifest, &values, &data));
        if banner::signs_with_the_development_key(&manifest, &values) {
            output::say(banner::DEVELOPMENT_KEY);
        }
        started();
        server.run(listener, tls, stop).await;
        Ok(())
    }

    fn tls(&self) -> anyhow::Result<Option<Tls>> {
        let (Some(certificate), Some(key)) = (self.tls_certificate.clone(), self.tls_key.clone()) else {
            return Ok(None);
        };
        Tls::load(CertificateFiles { certificate, key }).map(Some)
    }

    fn values(&self, manifest: &Manifest, data: &DataDir) -> anyhow::Result<Values> {
        let mut overrides = Overrides {
            given: Overrides::given(&self.variables)?,
            redis: self.redis.clone(),
            environment: Overrides::environment(std::env::vars()),
            signing_key: None,
            timers_key: None,
        };
        if manifest.variables.contains_key(TIMERS_KEY) && !overrides.has(TIMERS_KEY) {
            overrides.timers_key = Some(random_key()?);
        }
        if manifest.variables.contains_key(SIGNING_KEY) && !overrides.has(SIGNING_KEY) {
            overrides.signing_key = Some(data.signing_key()?);
        }
        let mut misfits = Misfits::default();
        let values = Values::resolve(manifest, &overrides, &mut misfits);
        misfits.into_result("the application's variables do not fit")?;
        Ok(values)
    }

    fn server(&self, manifest: &Manifest, data: &DataDir, values: &Values) -> anyhow::Result<Server> {
        let memory = usize::from(self.memory_limit) << 20;
        let probes = &manifest.application.tool.farebox.probes;
        let apart = apart(manifest)?;
        let (engine, instances) =
            engine_that_fits(memory, self.max_in_flight.min(INSTANCES).saturating_add(apart), apart)?;
        let compiler = Compiler::new(engine.clone(), cache(data)).with(Apart::of_this_program(memory));
        let linker = linker(&engine).map_err(anyhow_error)?;
        let shared = Shared { database: sqlite::open(manifest, &data.database())?, redis: Redis::default(), memory };
        let application = Application { manifest, values, shared, wasi_http_only: self.wasi_http };
        let request = Duration::from_millis(self.request_timeout_ms);
        let reuse = Reuse {
            requests: usize::try_from(self.requests_per_instance)?,
            at_once: usize::try_from(self.requests_at_once)?,
            idle: IDLE,
            request,
        };

        let components = application.components(&compiler, &linker, reuse)?;
        let routes = Routes::new(manifest.routes()).map_err(|errors| anyhow::anyhow!(errors.join("; ")))?;
        let limits = Limits {
            body: usize::try_from(self.body_limit)?,
            memory: self.memory_budget()?,
            request,
            in_flight: usize::try_from(self.max_in_flight)?,
            instances: usize::try_from(instances.saturating_sub(apart))?,
            probes: usize::try_from(PROBES)?,
            connections: self.connections()?,
            patience: Patience { idle: Duration::from_secs(self.keep_alive.into()), head: HEAD, taken: TAKEN },
            shutdown: Duration::from_secs(self.shutdown_timeout.into()),
        };
        let server = Server::new(routes, components.asked, limits, probes).with_timers(self.timers(manifest, values)?);
        Ok(server.with_messages(subscriptions(manifest, values)?, components.told))
    }

    /// What is asked for on timers; nothing when somebody else asks for it.
    fn timers(&self, manifest: &Manifest, values: &Values) -> anyhow::Result<Timers> {
        if self.no_timers {
            return Ok(Timers::default());
        }
        let key = values.get(TIMERS_KEY).filter(|key| !key.is_empty());
        let key = key
            .map(|key| HeaderValue::from_str(key).context("variable timers_key cannot stand in a header"))
            .transpose()?;
        let timers = manifest.application.tool.farebox.timers.iter();
        Ok(Timers { timers: timers.map(|(path, every)| (path.clone(), every.0)).collect(), key })
    }

    /// # Errors
    ///
    /// It is not enough for one body of the largest size.
    fn memory_budget(&self) -> anyhow::Result<usize> {
        let body = usize::try_from(self.body_limit)?;
        let least = serve::least_budget(body).div_ceil(1 << 20);
        let budget = usize::try_from(self.memory_budget)?;
        anyhow::ensure!(
            budget >= least,
            "--memory-budget {budget} is too little for one body of --body-limit {body} bytes; at least {least} MiB are needed"
        );
        Ok(budget << 20)
    }

    /// How many connections there may be: as many as are wanted, or as the system has file descriptors for.
    fn connections(&self) -> anyhow::Result<Crowd> {
        let wanted = self.max_connections.unwrap_or(self.max_in_flight.saturating_mul(4));
        let all = usize::try_from(open_files::make_room(wanted))?;
        let of_peer = self.max_connections_per_peer.map(usize::try_from).transpose()?.unwrap_or(all);
        Ok(Crowd { all, of_peer })
    }
}

/// What `--check` answers.
fn checked(url: &str, missing: Option<String>) -> anyhow::Result<()> {
    if let Some(missing) = missing {
        anyhow::bail!("not everything is in order: {missing}");
    }
    // It is what was asked for, so it waits for its reader.
    output::print(format_args!("everything is in order: the application could be served at {url}\n"))
}

/// Where compiled components are kept. There is a start without them as well.
fn cache(data: &DataDir) -> Option<PathBuf> {
    data.cache()
        .inspect_err(|error| {
            tracing::warn!("compiled components are not kept, and each start compiles anew: {error:#}")
        })
        .ok()
}

/// What is listened to: each server once, however many channels it has.
fn subscriptions(manifest: &Manifest, values: &Values) -> anyhow::Result<Vec<Subscription>> {
    let mut servers: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for Channel { address, channel, component } in manifest.channels() {
        let expand = |template| values.expand(template).map_err(anyhow::Error::msg);
        servers.entry(expand(address)?).or_default().push((expand(channel)?, component.to_owned()));
    }
    servers.into_iter().map(|(address, components)| Subscription::new(&address, components)).collect()
}

/// Instances at once that are there however little is asked, or for probes only.
fn apart(manifest: &Manifest) -> anyhow::Result<u32> {
    let components = manifest.routes().map(|(_, component)| component).collect::<BTreeSet<_>>().len();
    let told = manifest.channels().map(|channel| channel.component).collect::<BTreeSet<_>>().len();
    // Each may stand beside the one that comes after it.
    let standing = components.saturating_add(told).saturating_mul(processors()).saturating_mul(2);
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
