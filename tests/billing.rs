//! What things cost, as `lapidary bill` tells it beside a running server, after one that was
//! killed, and after one that stopped; and the log lines on disk.

mod support;

use std::{collections::HashMap, path::Path, thread, time::Duration};

use serde_json::Value;
use support::{Place, Server, program, until};

const SHOP: &str = r#"
import { DurableObject } from "cloudflare:workers";

const APP = `
import { DurableObject } from "cloudflare:workers";
export class App extends DurableObject {
  fetch() {
    this.ctx.storage.kv.put("n", 1);
    return new Response("app");
  }
}`;

export default {
  async fetch(request, env) {
    const [, object, verb] = new URL(request.url).pathname.split("/");
    return new Response(await env.SHOP.getByName(object)[verb]());
  },
};

export class Shop extends DurableObject {
  buy() {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS sold (at)");
    this.ctx.storage.sql.exec("INSERT INTO sold VALUES (1)");
    return "sold";
  }
  async app() {
    const code = () => ({
      compatibilityDate: "2026-08-04",
      mainModule: "app.js",
      modules: { "app.js": APP },
    });
    const worker = this.env.LOADER.get("app", code);
    const facet = this.ctx.facets.get("app", () => ({ class: worker.getDurableObjectClass("App") }));
    return (await facet.fetch("http://app/")).text();
  }
  async empty() {
    await this.ctx.storage.deleteAll();
    return "empty";
  }
  async drop() {
    this.ctx.facets.delete("app");
    return "dropped";
  }
  async talk() {
    console.log("before");
    await new Promise((resolve) => setTimeout(resolve, 5));
    console.warn("after");
    return "said";
  }
}
"#;

fn place() -> Place {
    Place::with("shop", &["Shop"], SHOP)
}

/// What `lapidary bill` prints, and whether it ended well.
fn bill(data: &Path, arguments: &[&str]) -> (bool, String, String) {
    let mut command = program();
    command.arg("bill").arg("--data").arg(data).args(arguments);
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[track_caller]
fn json(data: &Path, arguments: &[&str]) -> Value {
    let arguments = [&["--json"], arguments].concat();
    let (well, out, err) = bill(data, &arguments);
    assert!(well, "{err}");
    serde_json::from_str(&out).expect("JSON")
}

/// How much of a charge a bill has, credits left out.
fn quantity(bill: &Value, charge: &str) -> f64 {
    let workers = bill["workers"].as_array().into_iter().flatten();
    let lines = workers.flat_map(|worker| worker["lines"].as_array().into_iter().flatten());
    let mine = lines.filter(|line| line["charge"] == charge && line["credit"] == false);
    mine.map(|line| line["quantity"].as_str().unwrap().parse::<f64>().unwrap())
        .sum()
}

fn cents(amount: &Value) -> i64 {
    let text = amount.as_str().expect("an amount");
    text.replace('.', "")
        .parse()
        .expect("two digits after the point")
}

#[track_caller]
fn adds_up(bill: &Value) {
    let mut total = 0;
    for worker in bill["workers"].as_array().expect("workers") {
        let lines = worker["lines"].as_array().expect("lines").iter();
        let sum: i64 = lines.map(|line| cents(&line["amount"])).sum();
        assert_eq!(sum, cents(&worker["amount"]), "{worker:#}");
        total += sum;
    }
    assert_eq!(total, cents(&bill["amount"]), "{bill:#}");
}

fn buy(server: &Server, times: usize) {
    for _ in 0..times {
        assert_eq!(server.get("/a/buy").text(), "sold");
    }
}

/// A price book in which one purchase costs whole cents.
fn dear(place: &Place) -> String {
    let book = include_str!("../assets/price-book.toml")
        .replace(
            "price = 0.15\nper = 1_000_000\nincluded = 1_000_000",
            "price = 0.33\nper = 1\nincluded = 2",
        )
        .replace(
            "price = 0.30\nper = 1_000_000\nincluded = 10_000_000",
            "price = 0.105\nper = 1\nincluded = 0",
        );
    place.write("prices.toml", &book);
    place.projects().join("prices.toml").display().to_string()
}

#[test]
fn a_bill_adds_up_beside_a_server_after_a_kill_and_after_a_stop() {
    let place = place();
    let prices = dear(&place);
    let data = place.data();
    let server = place.serve_with(&["--price-book", &prices]);
    buy(&server, 7);
    let counted = |number: f64| {
        move |data: &Path| {
            let bill = json(data, &[]);
            let all = quantity(&bill, "object_requests") == number
                && quantity(&bill, "worker_requests") == number;
            all.then_some(bill)
        }
    };
    let beside = until("seven purchases on the bill", || counted(7.0)(&data));
    adds_up(&beside);
    // 5 × 0.33 + 7 × 0.105, and fractions of a cent for the rest
    assert_eq!(beside["amount"], "2.39");
    assert_eq!(beside["complete"], false);
    assert!(quantity(&beside, "rows_written") >= 7.0);
    server.kill();

    let after = json(&data, &[]);
    assert_eq!(quantity(&after, "object_requests"), 7.0);
    assert_eq!(
        quantity(&after, "rows_written"),
        quantity(&beside, "rows_written")
    );

    let server = place.serve_with(&["--price-book", &prices]);
    buy(&server, 3);
    server.stop();
    // what was counted last was written when it stopped
    let stopped = json(&data, &[]);
    assert_eq!(quantity(&stopped, "object_requests"), 10.0);
    assert_eq!(quantity(&stopped, "worker_requests"), 10.0);
    adds_up(&stopped);
    let by_node = json(&data, &["--nodes"]);
    adds_up(&by_node);
    assert_eq!(by_node["amount"], stopped["amount"]);
    let nodes = by_node["workers"][0]["lines"].as_array().unwrap();
    assert!(nodes.iter().any(|line| {
        line["node"]
            .as_str()
            .is_some_and(|it| it.starts_with("shop/Shop/"))
    }));

    let (_, csv, _) = bill(&data, &["--csv"]);
    let amounts = csv
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').nth(1).unwrap().to_string());
    let sum: i64 = amounts.map(|amount| cents(&amount.into())).sum();
    assert_eq!(sum, cents(&stopped["amount"]));
    let (_, text, _) = bill(&data, &["--worker", "shop"]);
    assert!(text.contains("object_requests included"), "{text}");
}

#[test]
fn a_kill_while_it_works_never_counts_twice() {
    let place = place();
    let data = place.data();
    let mut sent = 0;
    let mut billed = 0.0;
    for _ in 0..3 {
        let server = place.serve();
        buy(&server, 20);
        sent += 20;
        until("some of it on the bill", || {
            (quantity(&json(&data, &[]), "object_requests") > billed).then_some(())
        });
        buy(&server, 5);
        sent += 5;
        server.kill();
        billed = quantity(&json(&data, &[]), "object_requests");
        assert!(billed <= f64::from(sent), "{billed} of {sent}");
    }
    let server = place.serve();
    buy(&server, 1);
    server.stop();
    assert_eq!(quantity(&json(&data, &[]), "object_requests"), billed + 1.0);
}

#[test]
fn facets_and_dynamic_workers_are_billed_and_what_is_stored_costs() {
    let place = place();
    let data = place.data();
    for _ in 0..2 {
        let server = place.serve();
        for object in ["a", "b", "a"] {
            assert_eq!(server.get(&format!("/{object}/app")).text(), "app");
        }
        server.stop();
    }
    let bill = json(&data, &["--nodes"]);
    // the same worker on the same day, however often it was loaded
    assert_eq!(quantity(&bill, "dynamic_workers"), 1.0);
    // six to the stateless side, and as many to facets
    assert_eq!(quantity(&bill, "worker_requests"), 12.0);
    assert_eq!(quantity(&bill, "object_requests"), 6.0);
    let lines = bill["workers"][0]["lines"].as_array().unwrap();
    let stored = |bill: &Value| quantity(bill, "stored");
    assert!(
        lines
            .iter()
            .any(|line| line["node"].as_str().is_some_and(|it| it.ends_with("/app")))
    );
    // nothing runs, and it goes on costing
    let first = until("something stored", || {
        Some(stored(&json(&data, &[]))).filter(|it| *it > 0.0)
    });
    until("more of it", || {
        (stored(&json(&data, &[])) > first).then_some(())
    });
}

#[test]
fn what_is_deleted_stores_nothing_and_stays_on_the_bill() {
    let place = place();
    let data = place.data();
    let server = place.serve();
    buy(&server, 1);
    assert_eq!(server.get("/a/app").text(), "app");
    until("both on the bill", || {
        let bill = json(&data, &["--nodes"]);
        let lines = bill["workers"][0]["lines"].as_array()?.clone();
        let stored = lines
            .iter()
            .filter(|line| line["charge"] == "stored" && line["credit"] == false);
        (stored.count() == 2).then_some(())
    });
    assert_eq!(server.get("/a/drop").text(), "dropped");
    assert_eq!(server.get("/a/empty").text(), "empty");
    server.stop();
    let stored = || quantity(&json(&data, &[]), "stored");
    let first = stored();
    assert!(first > 0.0);
    thread::sleep(Duration::from_millis(2_100));
    assert_eq!(stored(), first);
}

#[test]
fn log_lines_are_on_disk_with_the_request_that_they_belong_to() {
    let place = place();
    let server = place.serve_with(&["--log-size", "1"]);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(server.get("/a/talk").text(), "said"));
        }
    });
    server.stop();
    let mut requests: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for file in std::fs::read_dir(place.data().join(".ledger/logs")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_string();
            if text("node").starts_with("shop/Shop/") && line["host"].is_null() {
                requests
                    .entry(text("request"))
                    .or_default()
                    .push((text("level"), text("text")));
            }
        }
    }
    assert_eq!(requests.len(), 3, "{requests:?}");
    for lines in requests.values() {
        let expected = [("info", "before"), ("warn", "after")];
        assert_eq!(
            *lines,
            expected.map(|(level, text)| (level.to_string(), text.to_string()))
        );
    }
}

#[test]
fn what_is_wrong_is_told_in_a_sentence() {
    let place = place();
    let data = place.data();
    let fails = |arguments: &[&str], what: &str| {
        let (well, _, err) = bill(&data, arguments);
        assert!(!well && err.contains(what), "{err}");
    };
    fails(&[], "there is no ledger in");
    fails(&["--month", "2026-13"], "a month is written like 2026-05");
    place.write("prices.toml", "currency = \"USD\"\nrow_read = 1\n");
    let prices = place.projects().join("prices.toml").display().to_string();
    fails(
        &["--price-book", &prices],
        "prices.toml:2: row_read: there is no such key",
    );
    let serve = program()
        .args(["serve", "--price-book", &prices, "--data"])
        .arg(&data)
        .arg(place.projects())
        .output()
        .expect("it runs");
    let err = String::from_utf8_lossy(&serve.stderr);
    assert!(
        !serve.status.success() && err.contains("prices.toml:2"),
        "{err}"
    );
    place.serve().stop();
    fails(
        &["--worker", "none"],
        "no worker called \"none\" cost anything in 20",
    );
}
