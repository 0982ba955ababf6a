//! The command line: which projects to run, and whether with the console or headless.

use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Args, CommandFactory, Parser, Subcommand};
use lapidary::{
    commands, console,
    control::{self, Local},
    egress::{self, Egress},
    host::{self, Host},
    ingress,
    ledger::{Ledger, LedgerSettings, Level, Logs, Month, PriceBook, Source, Statement},
    object::Limits,
    project::{self, Project},
    sockets, visitors,
};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// Log records that are kept in memory.
const LOG_RECORDS: usize = 200_000;
/// Text of log records that is kept in memory, bytes.
const LOG_BYTES: usize = 64 << 20;
/// How long turns may take to finish once the program stops.
const GRACE: Duration = Duration::from_secs(10);
/// Opened when no project is named and the current folder holds none.
const SAMPLES: &str = "sample-apps";

/// Runs AI-written apps as Durable Object facets, each with its own sandbox and database.
///
/// Without a command it opens the console; without a terminal it serves headless.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

/// A command line that asks a running server.
#[derive(Parser)]
#[command(version, name = "lapidary")]
struct Operate {
    #[command(subcommand)]
    command: commands::Command,
    #[command(flatten)]
    server: commands::Server,
}

#[derive(Subcommand)]
enum Command {
    /// Serve without a console; logs go to stderr.
    Serve(Run),
    /// Show what a month cost, also while a server runs on the same data.
    Bill(Bill),
    #[command(flatten)]
    Operate(commands::Command),
}

#[derive(Args)]
struct Bill {
    /// Folder for the objects' databases.
    #[arg(long, value_name = "DIR", default_value = ".lapidary")]
    data: PathBuf,
    /// Which month, in UTC [default: this one].
    #[arg(long, value_name = "YYYY-MM", value_parser = parse_month)]
    month: Option<Month>,
    /// Only this worker's part.
    #[arg(long, value_name = "NAME")]
    worker: Option<String>,
    /// Lines for each object and facet.
    #[arg(long)]
    nodes: bool,
    /// Prices to use [default: those of the last server on this data].
    #[arg(long, value_name = "FILE")]
    price_book: Option<PathBuf>,
    /// As JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV.
    #[arg(long)]
    csv: bool,
}

#[derive(Args, Clone)]
struct Run {
    /// Folders with a wrangler.jsonc, wrangler.json or wrangler.toml, or folders of such folders.
    /// Without any: the current folder, or else sample-apps with demo visitors.
    #[arg(value_name = "PROJECT")]
    projects: Vec<PathBuf>,
    /// Address of the HTTP front door.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Folder for the objects' databases.
    #[arg(long, value_name = "DIR", default_value = ".lapidary")]
    data: PathBuf,
    /// Folder for the compiled engine [default: the user's cache folder].
    #[arg(long, value_name = "DIR", env = "LAPIDARY_CACHE")]
    cache: Option<PathBuf>,
    /// CPU time that one turn of an object may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = Limits::default().cpu_ms, value_parser = clap::value_parser!(u64).range(1..=300_000))]
    cpu_ms: u64,
    /// Memory that one object may take, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 128, value_parser = clap::value_parser!(u64).range(8..=1024))]
    memory: u64,
    /// Seconds without an event after which an object leaves memory.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    idle: u64,
    /// Objects in memory at once.
    #[arg(long, value_name = "N", default_value_t = 8_000, value_parser = clap::value_parser!(u32).range(4..=20_000))]
    max_live: u32,
    /// How long a loader's code callback may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = Limits::default().loader_timeout_ms)]
    loader_timeout_ms: u64,
    /// Let every project connect to this machine and its network, whatever its configuration says.
    #[arg(long)]
    allow_private_outbound: bool,
    /// A file of certificates (PEM) to trust when workers connect out, beside the usual ones.
    #[arg(long, value_name = "FILE")]
    outbound_ca: Option<PathBuf>,
    /// Outbound connections that may be open at once.
    #[arg(long, value_name = "N", default_value_t = egress::Settings::default().max_sockets, value_parser = clap::value_parser!(usize))]
    outbound_sockets: usize,
    /// Seconds in which an outbound connection must be there.
    #[arg(long, value_name = "S", default_value_t = egress::Settings::default().connect_timeout.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    outbound_connect_timeout: u64,
    /// Seconds in which a server must begin its response, and then send each next piece of it.
    #[arg(long, value_name = "S", default_value_t = egress::Settings::default().answer_timeout.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    outbound_timeout: u64,
    /// Requests and calls that one invocation of a worker may send.
    #[arg(long, value_name = "N", default_value_t = Limits::default().subrequests, value_parser = clap::value_parser!(u32).range(1..))]
    subrequests: u32,
    /// Largest request body, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = ingress::Options::default().max_body_bytes)]
    max_body: u64,
    /// Wait before the first retry of an alarm, in milliseconds; for tests.
    #[arg(long, hide = true, default_value_t = 2_000)]
    alarm_retry_ms: u64,
    /// How long the handler of an alarm may take, in milliseconds; for tests.
    #[arg(long, hide = true, default_value_t = Limits::default().alarm_ms)]
    alarm_limit_ms: u64,
    /// Seconds of silence after which a WebSocket's client is asked whether it is still there.
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    ping_after: u64,
    /// What things cost: a file like assets/price-book.toml [default: Cloudflare's prices].
    #[arg(long, value_name = "FILE")]
    price_book: Option<PathBuf>,
    /// Log lines that are kept on disk, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    log_size: u64,
    /// No demo visitors for the sample apps.
    #[arg(long)]
    no_visitors: bool,
}

fn main() -> ExitCode {
    // these have options of their own, which would be in the way of the others'
    let first = std::env::args().nth(1).unwrap_or_default();
    if Operate::command().find_subcommand(&first).is_some() {
        let asked = Operate::parse();
        return ended(commands::run(asked.command, &asked.server).map_err(Failure::from));
    }
    let cli = Cli::parse();
    let (headless, run) = match cli.command {
        Some(Command::Serve(run)) => (true, run),
        Some(Command::Bill(bill)) => return ended(show_bill(&bill)),
        Some(Command::Operate(command)) => {
            let server = commands::Server::default();
            return ended(commands::run(command, &server).map_err(Failure::from));
        }
        None => (false, cli.run),
    };
    let terminal = !headless && console::has_terminal();
    ended(start(run, headless, terminal))
}

fn ended(how: Result<(), Failure>) -> ExitCode {
    match how {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lapidary: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn parse_month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "a month is written like 2026-05".to_string())
}

fn show_bill(bill: &Bill) -> Result<(), Failure> {
    let prices = bill
        .price_book
        .as_deref()
        .map(PriceBook::read)
        .transpose()?;
    let mut statement = Ledger::read_statement(&bill.data, bill.month, prices, bill.nodes)?;
    if let Some(name) = &bill.worker {
        statement = statement.of_worker(name);
        if statement.workers.is_empty() {
            let month = statement.month;
            return Err(format!("no worker called \"{name}\" cost anything in {month}").into());
        }
    }
    print(&statement, bill)
}

/// Whoever reads may go away before the end.
fn print(statement: &Statement, bill: &Bill) -> Result<(), Failure> {
    let text = match (bill.json, bill.csv) {
        (true, _) => format!("{:#}\n", statement.to_json()),
        (_, true) => statement.to_csv(),
        _ => statement.to_text(),
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

fn start(run: Run, headless: bool, terminal: bool) -> Result<(), Failure> {
    if !terminal {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(ansi)
            .init();
    }
    if !headless && !terminal {
        tracing::info!("no terminal here: serving without the console (as `lapidary serve` does)");
    }
    allow_many_files();
    let (projects, samples) = find_projects(&run.projects)?;
    // taken first: a port in use should not cost a start
    let listener = ingress::bind(run.listen)?;
    let listen = format!("http://{}", listener.local_addr()?);
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let logs = Arc::new(Logs::new(LOG_RECORDS, LOG_BYTES, !terminal));
    let host = Host::start(host_options(&run)?, logs, tokio.handle().clone())?;
    host.open_outside(Egress::new(
        outbound_settings(&run)?,
        tokio.handle().clone(),
    )?);
    let names: Vec<String> = projects
        .iter()
        .map(|project| project.name().to_string())
        .collect();
    for project in projects {
        host.add(project);
    }
    let (stop, stopped) = watch::channel(false);
    let entered = tokio.enter();
    match control::socket::listen(&run.data) {
        Ok(socket) => {
            tokio.spawn(control::socket::serve(
                host.clone(),
                socket,
                stopped.clone(),
            ));
        }
        Err(error) => {
            tracing::warn!("commands such as `lapidary ps` cannot reach this server: {error}")
        }
    }
    drop(entered);
    let door = ingress::Options {
        max_body_bytes: run.max_body,
        grace: GRACE,
        sockets: sockets::Options {
            ping_after: Duration::from_secs(run.ping_after),
            ..Default::default()
        },
    };
    let serving = tokio.spawn(ingress::serve(
        host.clone(),
        listener,
        door,
        stopped.clone(),
    ));
    if samples && !run.no_visitors {
        tokio.spawn(visitors::visit(host.clone(), stopped.clone()));
    }
    if terminal {
        open_console(&host, &listen, &tokio, stopped)?;
    } else {
        tracing::info!("serving {} on {listen}", names.join(", "));
        tokio.block_on(until_signal())?;
        tracing::info!("stopping: open requests may finish");
    }
    stop.send_replace(true);
    tokio.block_on(serving)??;
    host.stop(GRACE);
    // nothing that still waits is worth waiting for
    tokio.shutdown_timeout(Duration::from_millis(100));
    Ok(())
}

fn host_options(run: &Run) -> Result<host::Options, Failure> {
    let prices = run.price_book.as_deref().map(PriceBook::read).transpose()?;
    let ledger = LedgerSettings {
        prices: prices.unwrap_or_default(),
        log_bytes: run.log_size << 20,
    };
    let limits = Limits {
        cpu_ms: run.cpu_ms,
        memory_bytes: (run.memory as usize) << 20,
        loader_timeout_ms: run.loader_timeout_ms,
        alarm_ms: run.alarm_limit_ms,
        subrequests: run.subrequests,
        ..Limits::default()
    };
    Ok(host::Options {
        cache: run.cache.clone().or_else(cache_folder),
        limits,
        max_instances: run.max_live,
        idle: Duration::from_secs(run.idle),
        alarm_retry: Duration::from_millis(run.alarm_retry_ms),
        ledger,
        ..host::Options::new(&run.data)
    })
}

fn outbound_settings(run: &Run) -> Result<egress::Settings, egress::SetupError> {
    let trusted = match &run.outbound_ca {
        Some(file) => egress::read_certificates(file)?,
        None => Vec::new(),
    };
    Ok(egress::Settings {
        allow_private: run.allow_private_outbound,
        trusted,
        max_sockets: run.outbound_sockets,
        connect_timeout: Duration::from_secs(run.outbound_connect_timeout),
        answer_timeout: Duration::from_secs(run.outbound_timeout),
        ..egress::Settings::default()
    })
}

/// The projects to run, and whether they are the sample apps by default.
fn find_projects(named: &[PathBuf]) -> Result<(Vec<Project>, bool), Failure> {
    let here = Path::new(".");
    let has_config = project::CONFIG_FILES
        .iter()
        .any(|file| here.join(file).is_file());
    let (folders, samples) = match named {
        [] if has_config => (vec![here.to_path_buf()], false),
        [] if Path::new(SAMPLES).is_dir() => (vec![PathBuf::from(SAMPLES)], true),
        [] => {
            let text = format!(
                "there is no project here: name a folder that has a {}, as in `lapidary my-project`",
                project::CONFIG_FILES.join(", ")
            );
            return Err(text.into());
        }
        named => (named.to_vec(), false),
    };
    let mut projects: Vec<Project> = Vec::new();
    for folder in folders {
        for project in project::discover(&folder)? {
            if let Some(first) = projects.iter().find(|known| known.name() == project.name()) {
                let (a, b) = (first.config_path.display(), project.config_path.display());
                return Err(format!(
                    "two projects are called \"{}\": {a} and {b}",
                    project.name()
                )
                .into());
            }
            projects.push(project);
        }
    }
    for project in &projects {
        project::check_together(&project.config, projects.iter().map(Project::name))?;
    }
    Ok((projects, samples))
}

fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("lapidary"))
}

/// Each open database holds three files; the usual limit of 1,024 is reached soon.
fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!("the limit of open files stays as it is: {error}");
    }
}

async fn until_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Runs the console on a thread of its own until the operator quits.
fn open_console(
    host: &Arc<Host>,
    listen: &str,
    tokio: &tokio::runtime::Runtime,
    stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let options = console::Options::from_env(true, stopped)?;
    let logs = host.logs().clone();
    console::install_panic_hook(move |panic| {
        let source = Source {
            node: "lapidary".into(),
            label: "lapidary".into(),
        };
        logs.write(
            &source,
            Level::Error,
            true,
            &format!("internal error: {panic}"),
        );
    });
    let control = Local::new(host.clone(), listen, tokio.handle().clone());
    let thread = std::thread::Builder::new().name("lapidary-console".into());
    let console = thread.spawn(move || console::run(control, options))?;
    match console.join() {
        Ok(ended) => ended.map(drop).map_err(Failure::from),
        Err(_) => Err("the console ended unexpectedly".into()),
    }
}
