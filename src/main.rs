use std::sync::Arc;
use lapidary::*;
fn main() {
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let logs = Arc::new(ledger::Logs::new(1000, 1<<20, true));
    let args: Vec<String> = std::env::args().collect();
    let mut o = host::Options::new(&args[2]);
    o.cache = Some("/tmp/lapcache".into());
    let t = std::time::Instant::now();
    let host = host::Host::start(o, logs, rt.handle().clone()).unwrap_or_else(|e| panic!("{e}"));
    println!("started in {:?} compiled {}", t.elapsed(), host.compiled_engine());
    for p in project::discover(args[1].as_ref()).unwrap_or_else(|e| panic!("{e}")) { host.add(p); }
    let l = ingress::bind(args[3].parse().unwrap()).unwrap_or_else(|e| panic!("{e}"));
    let (_tx, rx) = tokio::sync::watch::channel(false);
    rt.block_on(ingress::serve(host, l, Default::default(), rx)).unwrap();
}
