//! Makes pictures of the tree, and rates out of counters.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use super::{
    costs::Costs,
    view::{NodeId, NodeKind, Overview, Row, State, Totals},
};
use crate::{
    host::{Host, Worker},
    ledger::{Count, Meter, Snapshot, now_ms},
    object::Actor,
};

/// Seconds that a sparkline shows.
const SPARK: usize = 20;

/// What a node was at the last full second.
struct Track {
    seen: Snapshot,
    requests_per_s: f32,
    cpu_ms_per_s: f32,
    spark: [u16; SPARK],
    /// The picture in which the node last occurred.
    revision: u64,
}

/// Makes one picture after another.
pub(super) struct Sampler {
    listen: Arc<str>,
    tracks: HashMap<Arc<str>, Track>,
    revision: u64,
    second: Instant,
    /// Length of the second that this picture ends, or `None` while one is under way.
    elapsed: Option<f32>,
    costs: Arc<Costs>,
    /// Paths that are paused themselves; empty most of the time.
    paused: HashSet<String>,
}

impl Sampler {
    pub fn new(listen: &str) -> Self {
        Self {
            listen: listen.into(),
            tracks: HashMap::new(),
            revision: 0,
            second: Instant::now(),
            elapsed: None,
            costs: Arc::default(),
            paused: HashSet::new(),
        }
    }

    /// What nodes cost, from the next picture on.
    pub fn set_costs(&mut self, costs: Arc<Costs>) {
        self.costs = costs;
    }

    /// The tree now.
    pub fn picture(&mut self, host: &Host) -> Overview {
        self.revision += 1;
        let elapsed = self.second.elapsed().as_secs_f32();
        self.elapsed = (elapsed >= 1.0).then_some(elapsed);
        if self.elapsed.is_some() {
            self.second = Instant::now();
        }
        self.paused = host.paused_nodes();
        let workers = host.workers();
        let mut objects = host.objects();
        objects.sort_by(|a, b| {
            a.source
                .label
                .cmp(&b.source.label)
                .then_with(|| a.source.node.cmp(&b.source.node))
        });
        let mut rows = Vec::with_capacity(objects.len() + 8);
        for worker in &workers {
            self.worker(worker, workers.len() == 1, &objects, &mut rows);
        }
        let totals = totals(&rows);
        let revision = self.revision;
        self.tracks.retain(|_, track| track.revision == revision);
        Overview {
            revision,
            at_ms: now_ms(),
            rows: rows.into(),
            totals,
            listen: self.listen.clone(),
            currency: host.ledger().prices().currency.as_str().into(),
        }
    }

    /// Whether a node or one above it is paused.
    fn is_paused(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at);
        !self.paused.is_empty()
            && ends
                .chain([path.len()])
                .any(|end| self.paused.contains(&path[..end]))
    }

    fn worker(&mut self, worker: &Worker, only: bool, objects: &[Arc<Actor>], rows: &mut Vec<Row>) {
        let at = rows.len();
        let code = worker.code();
        rows.push(self.blank(&worker.name, None, NodeKind::Worker, 0, &worker.name));
        for namespace in &code.namespaces {
            let path: Arc<str> = format!("{}/{}", worker.name, namespace.class).into();
            let space_at = rows.len();
            rows.push(self.blank(
                &path,
                Some(&worker.name),
                NodeKind::Namespace,
                1,
                &namespace.class,
            ));
            let below = format!("{path}/");
            for object in objects
                .iter()
                .filter(|object| object.source.node.starts_with(&below))
            {
                self.object(object, &path, NodeKind::Object, 2, rows);
            }
            self.sum(rows, space_at, &[]);
        }
        let own: Vec<&Arc<Actor>> = worker.entrypoints().iter().collect();
        self.sum(rows, at, &own);
        let row = &mut rows[at];
        row.version = code.version.clone();
        row.url = Some(self.url(&worker.name, only));
    }

    fn url(&self, name: &str, only: bool) -> Arc<str> {
        let port = self.listen.rsplit(':').next().unwrap_or_default();
        if only {
            format!("{}/", self.listen).into()
        } else {
            format!("http://{name}.localhost:{port}/").into()
        }
    }

    fn object(
        &mut self,
        actor: &Arc<Actor>,
        parent: &Arc<str>,
        kind: NodeKind,
        depth: u16,
        rows: &mut Vec<Row>,
    ) {
        let label = actor.source.label.rsplit(" ▸ ").next().unwrap_or_default();
        let path = &actor.source.node;
        let mut row = self.blank(path, Some(parent), kind, depth, label);
        row.state = match self.is_paused(path) {
            true => State::Paused,
            false => state(actor),
        };
        row.version = actor.version();
        let started = actor.started_ms.load(Ordering::Relaxed);
        row.age_ms = if started == 0 {
            0
        } else {
            now_ms().saturating_sub(started) / 1000 * 1000
        };
        self.fill(&mut row, actor.meter.snapshot(), &[&actor.meter]);
        rows.push(row);
        let mut facets = actor.facets();
        facets.sort_by(|a, b| a.source.node.cmp(&b.source.node));
        for facet in &facets {
            self.object(facet, path, NodeKind::Facet, depth + 1, rows);
        }
    }

    fn blank(
        &self,
        path: &Arc<str>,
        parent: Option<&Arc<str>>,
        kind: NodeKind,
        depth: u16,
        label: &str,
    ) -> Row {
        Row {
            id: NodeId(path.clone()),
            parent: parent.map(|parent| NodeId(parent.clone())),
            kind,
            depth,
            label: label.into(),
            state: State::Hibernated,
            version: "".into(),
            requests: 0,
            errors: 0,
            requests_per_s: 0.0,
            spark: [0; SPARK],
            p50_us: 0,
            p99_us: 0,
            cpu_ms_per_s: 0.0,
            cpu_us: 0,
            memory_bytes: 0,
            database_bytes: 0,
            age_ms: 0,
            cost_micros: self.costs.micros(path),
            url: None,
        }
    }

    /// Fills a worker's or namespace's row: what lies below it added up, and its own `entrypoints`.
    /// A worker's requests are those that came to its stateless side.
    fn sum(&mut self, rows: &mut [Row], at: usize, entrypoints: &[&Arc<Actor>]) {
        let (head, below) = rows.split_at_mut(at + 1);
        let row = &mut head[at];
        let mut sum = Snapshot::default();
        let leaves = below
            .iter()
            .filter(|row| matches!(row.kind, NodeKind::Object | NodeKind::Facet));
        let mut best = State::Hibernated;
        for leaf in leaves {
            sum.counts[Count::CpuUs] += leaf.cpu_us;
            sum.memory_bytes += leaf.memory_bytes;
            sum.database_bytes += leaf.database_bytes;
            if row.kind == NodeKind::Namespace && leaf.kind == NodeKind::Object {
                sum.counts[Count::Requests] += leaf.requests;
                sum.counts[Count::Errors] += leaf.errors;
            }
            best = liveliest(best, leaf.state);
        }
        for actor in entrypoints {
            let own = actor.meter.snapshot();
            sum.counts += own.counts;
            sum.memory_bytes += own.memory_bytes;
            best = liveliest(best, state(actor));
        }
        row.state = match self.is_paused(&row.id.0) {
            true => State::Paused,
            false => best,
        };
        let meters: Vec<&Meter> = entrypoints.iter().map(|actor| &*actor.meter).collect();
        self.fill(row, sum, &meters);
    }

    fn fill(&mut self, row: &mut Row, now: Snapshot, meters: &[&Meter]) {
        let track = self
            .tracks
            .entry(row.id.0.clone())
            .or_insert_with(|| Track {
                seen: now,
                requests_per_s: 0.0,
                cpu_ms_per_s: 0.0,
                spark: [0; SPARK],
                revision: 0,
            });
        track.revision = self.revision;
        if let Some(elapsed) = self.elapsed {
            let requests = now.counts.served() - track.seen.counts.served();
            track.requests_per_s = requests as f32 / elapsed;
            track.cpu_ms_per_s =
                (now.counts - track.seen.counts)[Count::CpuUs] as f32 / 1000.0 / elapsed;
            track.spark.rotate_left(1);
            track.spark[SPARK - 1] = requests.min(u64::from(u16::MAX)) as u16;
            track.seen = now;
        }
        row.requests = now.counts.served();
        row.errors = now.counts[Count::Errors];
        row.cpu_us = now.counts[Count::CpuUs];
        row.memory_bytes = now.memory_bytes;
        row.database_bytes = now.database_bytes;
        row.requests_per_s = track.requests_per_s;
        row.cpu_ms_per_s = track.cpu_ms_per_s;
        row.spark = track.spark;
        if now.counts.served() > 0 && !meters.is_empty() {
            row.p50_us = Meter::latency_of(meters, 0.5).as_micros() as u32;
            row.p99_us = Meter::latency_of(meters, 0.99).as_micros() as u32;
        }
    }
}

/// What an actor does now, for its row.
fn state(actor: &Actor) -> State {
    if actor.is_live() {
        return if actor.is_busy() {
            State::Busy
        } else {
            State::Live
        };
    }
    if actor.broken.load(Ordering::Relaxed) && !actor.killed.load(Ordering::Relaxed) {
        State::Broken
    } else if actor.killed.load(Ordering::Relaxed) {
        State::Killed
    } else {
        State::Hibernated
    }
}

/// What a group is, given two of its members.
fn liveliest(a: State, b: State) -> State {
    let rank = |state: State| match state {
        State::Busy => 0,
        State::Live => 1,
        State::Broken => 2,
        State::Paused => 3,
        State::Killed => 4,
        State::Hibernated => 5,
    };
    if rank(a) <= rank(b) { a } else { b }
}

fn totals(rows: &[Row]) -> Totals {
    let mut totals = Totals::default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f32;
    for row in rows {
        match (row.kind, row.state) {
            (NodeKind::Worker, _) => {
                totals.requests += row.requests;
                totals.errors += row.errors;
                totals.requests_per_s += row.requests_per_s;
                totals.memory_bytes += row.memory_bytes;
                totals.cost_micros += row.cost_micros;
                totals.cpu_percent += row.cpu_ms_per_s / 10.0 / processors;
            }
            (NodeKind::Namespace, _) => {}
            (_, State::Busy | State::Live) => totals.live += 1,
            (_, State::Paused) => totals.paused += 1,
            (_, State::Broken) => totals.broken += 1,
            (_, State::Hibernated | State::Killed) => totals.hibernated += 1,
        }
    }
    totals
}
