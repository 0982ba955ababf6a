//! What is measured. Each measurement looks from outside, over HTTP, because clocks inside may stand still.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::Connection;
use crate::contest::{Contest, Row, SHARED_CODE, Tally, Turn, percentile};
use crate::server::Server;
use crate::socket::Socket;

/// One of the things that `--only` can name.
pub struct Measurement {
    pub name: &'static str,
    /// Records the figures of all sides and rounds.
    pub run: fn(&Contest, &mut Tally) -> Outcome<()>,
}

/// In the order of the table.
pub const ALL: &[Measurement] = &[
    Measurement {
        name: "cold-create",
        run: cold_create,
    },
    Measurement {
        name: "warm-create",
        run: warm_create,
    },
    Measurement {
        name: "hot",
        run: hot,
    },
    Measurement {
        name: "commit",
        run: commit,
    },
    Measurement {
        name: "sql",
        run: sql,
    },
    Measurement {
        name: "rpc",
        run: rpc,
    },
    Measurement {
        name: "memory",
        run: memory,
    },
    Measurement {
        name: "sockets",
        run: sockets,
    },
    Measurement {
        name: "idle-sockets",
        run: idle_sockets,
    },
    Measurement {
        name: "start",
        run: start,
    },
];

const CONNECTIONS: usize = 16;
/// An object that has had nothing to do for so long has left memory, on either side.
const ASLEEP: Duration = Duration::from_secs(13);
/// Memory varies little, and sleep takes long.
const IDLE_ROUNDS: usize = 3;
/// Objects, connections and compiled code have settled after so many requests.
const WARM_UP_REQUESTS: usize = 100;

const fn lower(title: &'static str, unit: &'static str) -> Row {
    Row {
        title,
        unit,
        lower_is_better: true,
    }
}

const fn higher(title: &'static str, unit: &'static str) -> Row {
    Row {
        title,
        unit,
        lower_is_better: false,
    }
}

static COLD_MEDIAN: Row = lower("new object, new facet, new code, one table: median", "ms");
static COLD_WORST: Row = lower(
    "new object, new facet, new code, one table: 99 % within",
    "ms",
);
static WARM_MEDIAN: Row = lower(
    "new object and facet of loaded code, one table: median",
    "ms",
);
static WARM_FACET: Row = lower(
    "new facet of loaded code in a live object, one table: median",
    "ms",
);
static WARM_WORST: Row = lower(
    "new object and facet of loaded code, one table: 99 % within",
    "ms",
);
static HOT_MEDIAN: Row = lower("request through supervisor and facet: median", "µs");
static HOT_WORST: Row = lower("request through supervisor and facet: 99 % within", "µs");
static HOT_RATE: Row = higher("the same, 16 connections to one object", "requests/s");
static COMMIT_MEDIAN: Row = lower(
    "counter in a facet, committed before the answer: median",
    "µs",
);
static COMMIT_WORST: Row = lower(
    "counter in a facet, committed before the answer: 99 % within",
    "µs",
);
static COMMIT_RATE: Row = higher("the same, 16 connections to 16 objects", "requests/s");
static SELECT: Row = lower("one SQL select in a facet", "µs");
static UPDATE: Row = lower("one SQL update with returning in a facet", "µs");
static CALL: Row = lower(
    "call of a facet's method by its supervisor, one after the other",
    "µs",
);
static CALLS: Row = lower("the same, 16 under way at once", "µs");
static MEMORY: Row = lower("memory of one live facet of shared code", "KiB");
static MEMORY_APP: Row = lower(
    "memory of one live app: facet, code of its own, supervisor",
    "KiB",
);
static MEMORY_FIRST: Row = lower("memory of the server with one facet", "MiB");
static SOCKET_ONE: Row = higher(
    "WebSocket echo by a facet, one message under way",
    "messages/s",
);
static SOCKET_MANY: Row = higher("the same, 16 WebSockets of one facet", "messages/s");
static SOCKET_IDLE: Row = lower("memory of one idle WebSocket of a sleeping facet", "KiB");
static SOCKET_ALL: Row = lower("memory of the server with all of them (10,000)", "MiB");
static START: Row = lower("start to first answer with many objects on disk", "ms");

fn cold_create(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    contest.take_turns("cold-create", |server, turn| {
        let paths = (0..contest.scale.cold_objects).map(|number| {
            format!(
                "/cold-{}-{number}/code-{}-{number}/ping",
                turn.round, turn.round
            )
        });
        let mut times = sequence(server, paths)?;
        tally.record(&COLD_MEDIAN, turn, 1e3 * percentile(&mut times, 0.5));
        tally.record(&COLD_WORST, turn, 1e3 * percentile(&mut times, 0.99));
        Ok(())
    })
}

fn warm_create(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    contest.take_turns("warm-create", |server, turn| {
        let paths = (0..contest.scale.warm_objects)
            .map(|number| format!("/warm-{}-{number}/{SHARED_CODE}/ping", turn.round));
        let mut times = sequence(server, paths)?;
        tally.record(&WARM_MEDIAN, turn, 1e3 * percentile(&mut times, 0.5));
        tally.record(&WARM_WORST, turn, 1e3 * percentile(&mut times, 0.99));
        let paths = (0..contest.scale.warm_objects)
            .map(|number| format!("/warm-{}/{SHARED_CODE}/ping?facet=f{number}", turn.round));
        let mut times = sequence(server, paths)?;
        tally.record(&WARM_FACET, turn, 1e3 * percentile(&mut times, 0.5));
        Ok(())
    })
}

fn hot(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    contest.take_turns("hot", |server, turn| {
        let mut times = repeat(server, "ping", contest.scale.requests)?;
        tally.record(&HOT_MEDIAN, turn, 1e6 * percentile(&mut times, 0.5));
        tally.record(&HOT_WORST, turn, 1e6 * percentile(&mut times, 0.99));
        let path = format!("/busy/{SHARED_CODE}/ping");
        let rate = load(server, contest.scale.load, |_| path.clone())?;
        tally.record(&HOT_RATE, turn, rate);
        Ok(())
    })
}

fn commit(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    contest.take_turns("commit", |server, turn| {
        let mut times = repeat(server, "count", contest.scale.requests)?;
        tally.record(&COMMIT_MEDIAN, turn, 1e6 * percentile(&mut times, 0.5));
        tally.record(&COMMIT_WORST, turn, 1e6 * percentile(&mut times, 0.99));
        let rate = load(server, contest.scale.load, |number| {
            format!("/busy-{number}/{SHARED_CODE}/count")
        })?;
        tally.record(&COMMIT_RATE, turn, rate);
        Ok(())
    })
}

fn sql(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    contest.take_turns("sql", |server, turn| {
        for (row, what) in [(&SELECT, "select"), (&UPDATE, "update")] {
            tally.record(
                row,
                turn,
                1e6 * slope(server, what, contest.scale.operations)?,
            );
        }
        Ok(())
    })
}

fn rpc(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    contest.take_turns("rpc", |server, turn| {
        for (row, what) in [(&CALL, "call"), (&CALLS, "calls")] {
            let seconds = slope(server, what, 2 * contest.scale.operations)?;
            tally.record(row, turn, 1e6 * seconds);
        }
        Ok(())
    })
}

fn memory(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    for turn in contest.turns() {
        let side = &contest.sides[turn.side];
        let first = format!("/first/{SHARED_CODE}/count");
        let (server, _) = side.start(&contest.data("memory", turn), &first)?;
        let Some(before) = settled_memory_kib(&server) else {
            eprintln!("memory cannot be measured on this system");
            return Ok(());
        };
        let count = contest.scale.live_facets;
        let each = |before: u64, after: u64| (after as f64 - before as f64) / count as f64;
        let facets = (0..count).map(|n| format!("/live/{SHARED_CODE}/count?facet=f{n}"));
        sequence(&server, facets)?;
        let with_facets = settled_memory_kib(&server).ok_or("the server has ended")?;
        tally.record(&MEMORY, turn, each(before, with_facets));
        let apps = (0..count).map(|n| format!("/live-{n}/code-{n}/count"));
        sequence(&server, apps)?;
        let with_apps = settled_memory_kib(&server).ok_or("the server has ended")?;
        tally.record(&MEMORY_APP, turn, each(with_facets, with_apps));
        tally.record(&MEMORY_FIRST, turn, before as f64 / 1024.0);
    }
    Ok(())
}

fn sockets(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    contest.take_turns("sockets", |server, turn| {
        for (row, count) in [(&SOCKET_ONE, 1), (&SOCKET_MANY, CONNECTIONS)] {
            let rate = at_once(count, contest.scale.load, |_| {
                let path = format!("/busy/{SHARED_CODE}/socket");
                let mut socket = Socket::open(server.address, &path, false)?;
                Ok(move || socket.echo())
            })?;
            tally.record(row, turn, rate);
        }
        Ok(())
    })
}

fn idle_sockets(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    let count = contest.scale.idle_sockets;
    for turn in contest.turns().filter(|turn| turn.round < IDLE_ROUNDS) {
        let side = &contest.sides[turn.side];
        let files = side.files_per_socket() * count + 1000;
        if !may_open_files(files as u64) {
            eprintln!(
                "{} would open {files} files for {count} WebSockets, more than this system allows (ulimit -Hn)",
                side.name
            );
            continue;
        }
        let first = format!("/first/{SHARED_CODE}/ping");
        let (server, _) = side.start(&contest.data("idle-sockets", turn), &first)?;
        std::thread::sleep(ASLEEP);
        let Some(before) = server.memory_kib() else {
            eprintln!("memory cannot be measured on this system");
            return Ok(());
        };
        let path = format!("/first/{SHARED_CODE}/socket");
        let mut open = (0..count)
            .map(|_| Socket::open(server.address, &path, true))
            .collect::<Outcome<Vec<_>>>()
            .map_err(|error| format!("{}: {error}", side.name))?;
        std::thread::sleep(ASLEEP);
        let after = server.memory_kib().ok_or("the server has ended")?;
        // they are all there: the facet wakes for each
        open.iter_mut()
            .try_for_each(Socket::echo)
            .map_err(|error| format!("{}: {error}", side.name))?;
        tally.record(
            &SOCKET_IDLE,
            turn,
            (after as f64 - before as f64) / count as f64,
        );
        tally.record(&SOCKET_ALL, turn, after as f64 / 1024.0);
    }
    Ok(())
}

/// Whether this process and the servers may open so many files, once that has been asked for: root may have any number,
/// others what their hard limit says.
fn may_open_files(count: u64) -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let enough = |limit: &Rlimit| limit.current.is_none_or(|now| now >= count);
    let limit = getrlimit(Resource::Nofile);
    if enough(&limit) {
        return true;
    }
    let raised = Rlimit {
        current: Some(count),
        maximum: limit.maximum.map(|most| most.max(count)),
    };
    setrlimit(Resource::Nofile, raised).is_ok() && enough(&getrlimit(Resource::Nofile))
}

fn start(contest: &Contest, tally: &mut Tally) -> Outcome<()> {
    let first = format!("/first/{SHARED_CODE}/count");
    let folder = |side| contest.data("start", Turn { side, round: 0 });
    for (number, side) in contest.sides.iter().enumerate() {
        let (server, _) = side.start(&folder(number), &first)?;
        let objects = contest.scale.stored_objects;
        sequence(
            &server,
            (1..objects).map(|number| format!("/stored-{number}/{SHARED_CODE}/count")),
        )?;
        server.stop()?;
    }
    for turn in contest.turns() {
        let (server, time) = contest.sides[turn.side].start(&folder(turn.side), &first)?;
        tally.record(&START, turn, 1e3 * time.as_secs_f64());
        server.stop()?;
    }
    Ok(())
}

/// Seconds of each request, sent one after the other over one connection.
fn sequence(server: &Server, paths: impl Iterator<Item = String>) -> Outcome<Vec<f64>> {
    let mut connection = Connection::open(server.address)?;
    paths
        .map(|path| {
            let started = Instant::now();
            connection.get(&path)?;
            Ok(started.elapsed().as_secs_f64())
        })
        .collect()
}

/// Seconds of each of many equal requests to one object that is awake.
fn repeat(server: &Server, what: &str, times: usize) -> Outcome<Vec<f64>> {
    let path = format!("/single/{SHARED_CODE}/{what}");
    let all = sequence(server, std::iter::repeat_n(path, WARM_UP_REQUESTS + times))?;
    Ok(all[WARM_UP_REQUESTS..].to_vec())
}

/// Requests a second over all connections; `path` names what the connection of that number asks for.
fn load(server: &Server, time: Duration, path: impl Fn(usize) -> String + Sync) -> Outcome<f64> {
    at_once(CONNECTIONS, time, |number| {
        let path = path(number);
        let mut connection = Connection::open(server.address)?;
        Ok(move || connection.get(&path).map(drop))
    })
}

/// What `count` connections do in a second together, each one thing after the other; `open` opens the connection of
/// that number and tells how to do one thing.
fn at_once<D: FnMut() -> Outcome<()>>(
    count: usize,
    time: Duration,
    open: impl Fn(usize) -> Outcome<D> + Sync,
) -> Outcome<f64> {
    let all_ready = Barrier::new(count);
    let ask = |number: usize| -> Outcome<f64> {
        let opened = open(number).and_then(|mut once| {
            for _ in 0..WARM_UP_REQUESTS / count {
                once()?;
            }
            Ok(once)
        });
        all_ready.wait();
        let mut once = opened?;
        let started = Instant::now();
        let mut answers = 0;
        while started.elapsed() < time {
            once()?;
            answers += 1;
        }
        Ok(f64::from(answers) / started.elapsed().as_secs_f64())
    };
    let ask = &ask;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| scope.spawn(move || ask(number)))
            .collect();
        let rates = threads.into_iter().map(|thread| {
            let result = thread.join();
            result.unwrap_or_else(|_| Err("a connection's thread has panicked".into()))
        });
        rates.sum()
    })
}

/// Seconds of one operation: what twice as many in one request take longer, so that the request itself does not count.
fn slope(server: &Server, what: &str, operations: usize) -> Outcome<f64> {
    const REPEATS: usize = 7;
    let median = |times: usize| -> Outcome<f64> {
        let path = format!("/single/{SHARED_CODE}/{what}?times={times}");
        // The first one warms up.
        let mut seconds = sequence(server, std::iter::repeat_n(path, REPEATS + 1))?;
        Ok(percentile(&mut seconds[1..], 0.5))
    };
    let once = median(operations)?;
    let twice = median(2 * operations)?;
    Ok((twice - once) / operations as f64)
}

/// Memory once the server has had a moment to put things away, and less than it takes to put idle objects to sleep.
fn settled_memory_kib(server: &Server) -> Option<u64> {
    std::thread::sleep(Duration::from_secs(1));
    server.memory_kib()
}
