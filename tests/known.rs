//! Objects that only lie on disk: they are listed, obey every verb and keep their counts without
//! an actor, and get one when somebody asks for them.

mod support;

use std::{sync::Arc, time::Duration};

use lapidary::{
    control::{Control as _, Local, Verb, view::NodeKind},
    host::{Host, Options, Worker},
    ledger::Logs,
    object::{Body, Request},
    project::Project,
};
use support::Place;
use tokio::runtime::Runtime;

const SOURCE: &str = r#"
import { DurableObject } from "cloudflare:workers";
export class Inner extends DurableObject {
  fetch() {
    const n = (this.ctx.storage.kv.get("n") ?? 0) + 1;
    this.ctx.storage.kv.put("n", n);
    return new Response(`${n}`);
  }
}
export class Room extends DurableObject {
  async fetch() {
    const inner = this.ctx.facets.get("inner", () => ({ class: this.ctx.exports.Inner }));
    const n = (this.ctx.storage.kv.get("n") ?? 0) + 1;
    this.ctx.storage.kv.put("n", n);
    return new Response(`${n} ${await (await inner.fetch("http://x/")).text()}`);
  }
}
export default {
  fetch(request, env) {
    return env.ROOM.getByName(new URL(request.url).pathname.slice(1)).fetch(request);
  },
};
"#;

fn wait_for(is_so: impl Fn() -> bool) {
    support::until("a change", || is_so().then_some(()));
}

struct Running {
    runtime: Runtime,
    host: Arc<Host>,
    worker: Arc<Worker>,
}

impl Running {
    /// A host that keeps no actor of an object that has left memory.
    fn start(place: &Place) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options {
            idle: Duration::from_millis(50),
            kept_actors: 0,
            rest: Duration::ZERO,
            ..Options::new(place.data())
        };
        let logs = Arc::new(Logs::new(1_000, 1 << 20, false));
        let host = Host::start(options, logs, runtime.handle().clone()).unwrap();
        let worker = host.add(Project::load(&place.projects().join("app")).unwrap());
        Self {
            runtime,
            host,
            worker,
        }
    }

    fn get(&self, name: &str) -> String {
        let request = Request {
            method: "GET".into(),
            url: format!("http://app/{name}"),
            headers: Vec::new(),
            body: Body::Empty,
        };
        let response = self
            .runtime
            .block_on(self.host.fetch(&self.worker, request));
        match response.unwrap().body {
            Body::Full { bytes, .. } => String::from_utf8(bytes.to_vec()).unwrap(),
            _ => panic!("not all at once"),
        }
    }

    fn only_stored(&self) -> bool {
        self.host.actors().is_empty()
    }

    fn act(&self, control: &Local, verb: Verb) -> String {
        self.runtime.block_on(control.run(verb)).unwrap().unwrap()
    }
}

#[test]
fn an_object_without_an_actor_is_listed_and_obeys() {
    let place = Place::with("app", &["Room"], SOURCE);
    let running = Running::start(&place);
    assert_eq!(running.get("a"), "1 1");
    assert_eq!(running.get("a"), "2 2");
    assert_eq!(running.get("b"), "1 1");
    wait_for(|| running.only_stored());
    assert_eq!(running.host.count(), 2);

    let path = running.host.resolve("app/Room/a");
    let lines = running.host.stored(&path).unwrap();
    let facet = format!("{path}/inner");
    assert_eq!(
        lines.iter().map(|line| &*line.node).collect::<Vec<_>>(),
        [&*path, &*facet]
    );
    assert_eq!([&*lines[0].name, &*lines[1].name], ["a", "inner"]);
    assert_eq!(lines[0].used.served(), 2);
    assert!(lines.iter().all(|line| line.database_bytes > 0));

    let _inside = running.runtime.enter();
    let tokio = running.runtime.handle().clone();
    let control = Local::new(running.host.clone(), "http://127.0.0.1:1", tokio);
    let pictures = control.overview();
    let labels = |kind| -> Vec<String> {
        let picture = pictures.borrow().clone();
        let rows = picture.rows.iter().filter(|row| row.kind == kind);
        rows.map(|row| row.label.to_string()).collect()
    };
    assert_eq!(labels(NodeKind::Object), ["a", "b"]);
    assert_eq!(labels(NodeKind::Facet), ["inner", "inner"]);

    // it goes on where it was, and so do its counts
    assert_eq!(running.get("a"), "3 3");
    wait_for(|| running.only_stored());
    let used = running.host.stored(&path).unwrap()[0].used;
    assert_eq!(used.served(), 3);

    let id = |text: &str| text.to_string().into();
    let (node, name) = (id("app/Room/a"), "c".into());
    running.act(&control, Verb::Fork { node, name });
    wait_for(|| running.only_stored());
    let (node, name) = (id("app/Room/c"), "d".into());
    running.act(&control, Verb::Rename { node, name });
    wait_for(|| running.only_stored());
    let (node, name) = (id("app/Room/b"), "b".into());
    running.act(&control, Verb::Delete { node, name });
    wait_for(|| labels(NodeKind::Object) == ["a", "d"]);
    assert_eq!(running.get("d"), "4 4");
    assert_eq!(running.get("b"), "1 1");
    wait_for(|| labels(NodeKind::Object) == ["a", "b", "d"]);
    running.host.stop(Duration::from_secs(5));
}

#[test]
fn what_is_on_disk_is_known_after_a_start() {
    let place = Place::with("app", &["Room"], SOURCE);
    let first = Running::start(&place);
    for name in ["x", "y", "z"] {
        assert_eq!(first.get(name), "1 1");
    }
    first.host.stop(Duration::from_secs(5));
    drop(first);
    let second = Running::start(&place);
    wait_for(|| second.host.count() == 3);
    assert!(second.only_stored(), "nothing is woken");
    let path = second.host.resolve("app/Room/y");
    assert_eq!(second.host.stored(&path).unwrap().len(), 2);
    let facet = second.host.node(&format!("{path}/inner")).unwrap();
    assert!(facet.meter.database_bytes() > 0 && !facet.is_live());
    drop(facet);
    assert_eq!(second.get("y"), "2 2");
    assert_eq!(second.host.count(), 3);
    second.host.stop(Duration::from_secs(5));
}
