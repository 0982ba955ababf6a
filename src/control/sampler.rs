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
    host::{Host, Line, Worker},
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

/// What lies below a namespace or worker, added up.
#[derive(Clone, Copy)]
struct Sums {
    requests: u64,
    errors: u64,
    cpu_us: u64,
    memory_bytes: u64,
    database_bytes: u64,
    live: u32,
    hibernated: u32,
    broken: u32,
    paused: u32,
    best: State,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            requests: 0,
            errors: 0,
            cpu_us: 0,
            memory_bytes: 0,
            database_bytes: 0,
            live: 0,
            hibernated: 0,
            broken: 0,
            paused: 0,
            best: State::Hibernated,
        }
    }
}

impl Sums {
    fn add_row(&mut self, row: &Row) {
        // facets' requests are their objects' already
        if row.kind == NodeKind::Object {
            self.requests += row.requests;
            self.errors += row.errors;
        }
        self.cpu_us += row.cpu_us;
        self.memory_bytes += row.memory_bytes;
        self.database_bytes += row.database_bytes;
        match row.state {
            State::Busy | State::Live => self.live += 1,
            State::Broken => self.broken += 1,
            State::Paused => self.paused += 1,
            State::Hibernated | State::Killed => self.hibernated += 1,
        }
        self.best = liveliest(self.best, row.state);
    }

    fn add(&mut self, other: &Sums) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.cpu_us += other.cpu_us;
        self.memory_bytes += other.memory_bytes;
        self.database_bytes += other.database_bytes;
        self.live += other.live;
        self.hibernated += other.hibernated;
        self.broken += other.broken;
        self.paused += other.paused;
        self.best = liveliest(self.best, other.best);
    }

    fn snapshot(&self) -> Snapshot {
        let mut sum = Snapshot {
            memory_bytes: self.memory_bytes,
            database_bytes: self.database_bytes,
            ..Snapshot::default()
        };
        sum.counts[Count::Requests] = self.requests;
        sum.counts[Count::Errors] = self.errors;
        sum.counts[Count::CpuUs] = self.cpu_us;
        sum
    }
}

/// Makes one picture after another. A row of an object that only lies on disk is made once, and
/// shared by all pictures until the object is used.
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
    /// Rows that nothing changes may say what is no longer so.
    stale: bool,
    /// The rows of each namespace's objects and facets in the last picture.
    spaces: HashMap<Arc<str>, Vec<Arc<Row>>>,
    /// Objects that had an actor in the last picture.
    acting: HashSet<Arc<str>>,
    /// Those of them that have none now.
    let_go: HashSet<Arc<str>>,
    /// What [`Host::listing`] said then.
    listing: Option<u64>,
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
            stale: false,
            spaces: HashMap::new(),
            acting: HashSet::new(),
            let_go: HashSet::new(),
            listing: None,
        }
    }

    /// What nodes cost, from the next picture on.
    pub fn set_costs(&mut self, costs: Arc<Costs>) {
        self.stale |= !Arc::ptr_eq(&self.costs, &costs);
        self.costs = costs;
    }

    /// Keeps nothing: nobody looks.
    pub fn rest(&mut self) {
        self.tracks = HashMap::new();
        self.spaces = HashMap::new();
        self.acting = HashSet::new();
        self.let_go = HashSet::new();
        self.listing = None;
    }

    /// The tree now.
    pub fn picture(&mut self, host: &Host) -> Overview {
        self.revision += 1;
        let elapsed = self.second.elapsed().as_secs_f32();
        self.elapsed = (elapsed >= 1.0).then_some(elapsed);
        if self.elapsed.is_some() {
            self.second = Instant::now();
        }
        let paused = host.paused_nodes();
        self.stale |= self.paused != paused;
        self.paused = paused;
        let workers = host.workers();
        // in this order: what is put away in between is found where it went
        let listing = host.listing();
        let mut actors = host.actors();
        actors.sort_by(|a, b| key(a).cmp(&key(b)));
        self.note_acting(&actors);
        if self.listing.replace(listing) != Some(listing) {
            self.spaces = stored_rows(host);
            self.stale = true;
        }
        if std::mem::take(&mut self.stale) {
            self.put_right();
        }
        let known = self.spaces.values().map(Vec::len).sum::<usize>();
        let mut rows = Vec::with_capacity(known + actors.len() + 8);
        let mut totals = Totals::default();
        for worker in &workers {
            let sums = self.worker(host, worker, workers.len() == 1, &actors, &mut rows);
            totals.live += sums.live;
            totals.hibernated += sums.hibernated;
            totals.broken += sums.broken;
            totals.paused += sums.paused;
        }
        add_workers(&mut totals, &rows);
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

    /// What a row says of its node beside what it has counted.
    fn note_standing(&self, row: &mut Row) {
        row.cost_micros = self.costs.micros(&row.id.0);
        if self.is_paused(&row.id.0) {
            row.state = State::Paused;
        }
    }

    /// Costs and pauses are other ones: rows that nothing else changes are put right.
    fn put_right(&mut self) {
        let mut spaces = std::mem::take(&mut self.spaces);
        for row in spaces.values_mut().flatten() {
            let was_paused = row.state == State::Paused;
            let same = row.cost_micros == self.costs.micros(&row.id.0)
                && was_paused == self.is_paused(&row.id.0);
            if !same {
                let mut now = (**row).clone();
                if was_paused {
                    now.state = State::Hibernated;
                }
                self.note_standing(&mut now);
                *row = Arc::new(now);
            }
        }
        self.spaces = spaces;
    }

    fn note_acting(&mut self, actors: &[Arc<Actor>]) {
        let acting = actors.iter().map(|actor| actor.source.node.clone());
        let before = std::mem::replace(&mut self.acting, acting.collect());
        self.let_go = before
            .into_iter()
            .filter(|node| !self.acting.contains(node))
            .collect();
    }

    fn worker(
        &mut self,
        host: &Host,
        worker: &Worker,
        only: bool,
        actors: &[Arc<Actor>],
        rows: &mut Vec<Arc<Row>>,
    ) -> Sums {
        let at = rows.len();
        let code = worker.code();
        let mut row = blank(&worker.name, None, NodeKind::Worker, 0, &worker.name);
        // its place; what it says is known only after all below it
        rows.push(Arc::new(row.clone()));
        let mut sums = Sums::default();
        for namespace in &code.namespaces {
            let path: Arc<str> = format!("{}/{}", worker.name, namespace.class).into();
            sums.add(&self.space(host, worker, &path, &namespace.class, actors, rows));
        }
        let mut now = Snapshot {
            memory_bytes: sums.memory_bytes,
            database_bytes: sums.database_bytes,
            ..Snapshot::default()
        };
        now.counts[Count::CpuUs] = sums.cpu_us;
        row.state = sums.best;
        let own = worker.entrypoints();
        for actor in own {
            let own = actor.meter.snapshot();
            now.counts += own.counts;
            now.memory_bytes += own.memory_bytes;
            row.state = liveliest(row.state, state(actor));
        }
        let meters: Vec<&Meter> = own.iter().map(|actor| &*actor.meter).collect();
        self.note_standing(&mut row);
        self.fill(&mut row, now, &meters);
        row.version = code.version.clone();
        row.url = Some(self.url(&worker.name, only));
        rows[at] = Arc::new(row);
        sums
    }

    /// A namespace's row, and those of its objects and facets.
    fn space(
        &mut self,
        host: &Host,
        worker: &Worker,
        path: &Arc<str>,
        class: &str,
        actors: &[Arc<Actor>],
        rows: &mut Vec<Arc<Row>>,
    ) -> Sums {
        let mut row = blank(path, Some(&worker.name), NodeKind::Namespace, 1, class);
        let at = rows.len();
        rows.push(Arc::new(row.clone()));
        let below = format!("{path}/");
        let mut mine = actors
            .iter()
            .filter(|actor| actor.source.node.starts_with(&below))
            .peekable();
        let before = self.spaces.remove(path).unwrap_or_default();
        for known in before.chunk_by(|_, next| next.kind != NodeKind::Object) {
            let head = &known[0];
            let place = (&*head.label, &*head.id.0);
            while let Some(actor) = mine.next_if(|actor| key(actor) < place) {
                self.object(actor, path, NodeKind::Object, 2, rows);
            }
            if let Some(actor) = mine.next_if(|actor| actor.source.node == head.id.0) {
                self.object(actor, path, NodeKind::Object, 2, rows);
            } else if self.let_go.contains(&head.id.0) {
                let lines = host.stored(&head.id.0).unwrap_or_default();
                let mut stored = Vec::new();
                add_stored(path, lines, &mut stored);
                for row in &mut stored {
                    self.note_standing(Arc::make_mut(row));
                }
                rows.append(&mut stored);
            } else {
                rows.extend_from_slice(known);
            }
        }
        for actor in mine {
            self.object(actor, path, NodeKind::Object, 2, rows);
        }
        self.spaces.insert(path.clone(), rows[at + 1..].to_vec());
        let mut sums = Sums::default();
        rows[at + 1..].iter().for_each(|row| sums.add_row(row));
        row.state = sums.best;
        self.note_standing(&mut row);
        self.fill(&mut row, sums.snapshot(), &[]);
        rows[at] = Arc::new(row);
        sums
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
        rows: &mut Vec<Arc<Row>>,
    ) {
        let label = match kind {
            NodeKind::Object => key(actor).0,
            _ => actor.source.label.rsplit(" ▸ ").next().unwrap_or_default(),
        };
        let path = &actor.source.node;
        let mut row = blank(path, Some(parent), kind, depth, label);
        row.state = state(actor);
        self.note_standing(&mut row);
        row.version = actor.version();
        let started = actor.started_ms.load(Ordering::Relaxed);
        row.age_ms = if started == 0 {
            0
        } else {
            now_ms().saturating_sub(started) / 1000 * 1000
        };
        self.fill(&mut row, actor.meter.snapshot(), &[&actor.meter]);
        rows.push(Arc::new(row));
        let mut facets = actor.facets();
        facets.sort_by(|a, b| a.source.node.cmp(&b.source.node));
        for facet in &facets {
            self.object(facet, path, NodeKind::Facet, depth + 1, rows);
        }
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

/// What the workers' rows say of everything.
fn add_workers(totals: &mut Totals, rows: &[Arc<Row>]) {
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f32;
    for row in rows.iter().filter(|row| row.kind == NodeKind::Worker) {
        totals.requests += row.requests;
        totals.errors += row.errors;
        totals.requests_per_s += row.requests_per_s;
        totals.memory_bytes += row.memory_bytes;
        totals.cost_micros += row.cost_micros;
        totals.cpu_percent += row.cpu_ms_per_s / 10.0 / processors;
    }
}

/// By what the objects of a namespace are sorted: what a person calls it, and its path.
fn key(object: &Actor) -> (&str, &str) {
    let label = &*object.source.label;
    let own = label.split_once(" ▸ ").map_or(label, |(_, own)| own);
    (own, &object.source.node)
}

/// The rows of all objects that only lie on disk, by namespace, sorted.
fn stored_rows(host: &Host) -> HashMap<Arc<str>, Vec<Arc<Row>>> {
    let mut spaces: HashMap<Arc<str>, Vec<Arc<Row>>> = HashMap::new();
    host.each_stored(None, |lines| {
        let node = lines.first().map_or("", |line| &line.node);
        let Some((space, _)) = node.rsplit_once('/') else {
            return;
        };
        let (path, rows) = match spaces.get_key_value(space) {
            Some((path, _)) => (path.clone(), spaces.entry(path.clone()).or_default()),
            None => {
                let path: Arc<str> = space.into();
                (path.clone(), spaces.entry(path).or_default())
            }
        };
        add_stored(&path, lines, rows);
    });
    for rows in spaces.values_mut() {
        sort_objects(rows);
    }
    spaces
}

/// Sorts objects, each with its facets behind it.
fn sort_objects(rows: &mut Vec<Arc<Row>>) {
    let mut objects: Vec<&[Arc<Row>]> = rows
        .chunk_by(|_, next| next.kind != NodeKind::Object)
        .collect();
    objects.sort_unstable_by(|a, b| {
        let (a, b) = (&a[0], &b[0]);
        (&a.label, &a.id.0).cmp(&(&b.label, &b.id.0))
    });
    *rows = objects.concat();
}

fn add_stored(space: &Arc<str>, lines: Vec<Line>, rows: &mut Vec<Arc<Row>>) {
    // the rows above the next one, by level
    let mut above: Vec<Arc<str>> = vec![space.clone()];
    for line in lines {
        let kind = match line.level {
            0 => NodeKind::Object,
            _ => NodeKind::Facet,
        };
        let path: Arc<str> = line.node.into();
        above.truncate(usize::from(line.level) + 1);
        let mut row = blank(&path, above.last(), kind, 2 + line.level, &line.name);
        row.requests = line.used.served();
        row.errors = line.used[Count::Errors];
        row.cpu_us = line.used[Count::CpuUs];
        row.database_bytes = line.database_bytes;
        rows.push(Arc::new(row));
        above.push(path);
    }
}

fn blank(
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
        version: Arc::default(),
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
        cost_micros: 0,
        url: None,
    }
}
