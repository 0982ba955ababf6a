//! What the Web APIs need of the host: URLs, text encodings, time, logging.

use std::time::{Duration, Instant};

use url::Url;

use super::Done;
use crate::{
    ledger::{Count, Level, now_ms},
    object::limits::Limit,
    object::{
        live::{Live, Timer},
        message::CallError,
    },
    sandbox::wire::{Reader, Value, Writer},
};

/// Timers that one object may have at once.
const MAX_TIMERS: usize = 10_000;

impl Live {
    pub(super) fn platform_call(
        &mut self,
        subject: &str,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match (subject, verb) {
            ("url", "parse") => write_url(answer, parse_url(&args.value()?, &args.value()?)),
            ("url", "set") => {
                let (href, part, value) = (args.lossy()?, args.text()?, args.lossy()?);
                write_url(
                    answer,
                    Url::parse(&href)
                        .ok()
                        .and_then(|url| set_url(url, part, &value)),
                );
            }
            ("text", _) => return text(verb, args, answer),
            ("time", "now") => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                answer.number(now.unwrap_or_default().as_secs_f64() * 1000.0);
            }
            ("timer", "set") => return self.set_timer(args),
            ("timer", "clear") => {
                let id = args.number()? as i64;
                if let Some(timer) = self.timers.remove(&id) {
                    timer.task.abort();
                    self.operations.end_timer(id, false);
                }
            }
            ("log", "") => {
                let level = match args.text()? {
                    "debug" => Level::Debug,
                    "warn" => Level::Warn,
                    "error" => Level::Error,
                    _ => Level::Info,
                };
                self.write_log(level, &args.lossy()?);
            }
            _ => return Err(CallError::new(format!("unknown host call {subject}.{verb}")).into()),
        }
        Ok(())
    }

    fn set_timer(&mut self, args: &mut Reader<'_>) -> Done {
        let id = args.number()? as i64;
        let delay = args.number()?.clamp(0.0, 2_147_483_647.0);
        if self.timers.len() >= MAX_TIMERS {
            let message = format!(
                "You have exceeded the number of active timeouts you may set. Max active timeouts: {MAX_TIMERS}"
            );
            return Err(CallError::of("QuotaExceededError", message).into());
        }
        let link = self.link.clone();
        let due = Instant::now() + Duration::from_micros((delay * 1000.0) as u64);
        let task = self.actor.context.tokio.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            link.timer();
        });
        let task = task.abort_handle();
        self.timers.insert(id, Timer { due, task });
        self.operations.set_timer(id);
        Ok(())
    }

    /// Writes a line of the worker's own, unless it has written too many this second.
    pub(in crate::object) fn write_log(&mut self, level: Level, text: &str) {
        self.actor.meter.add(Count::LogLines, 1);
        let second = now_ms() / 1000;
        let limit = self.limited.limits.value(Limit::LogLinesPerSecond);
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        if second != self.log_second {
            let lost = self.log_lines.saturating_sub(limit);
            if lost > 0 {
                let text = format!("{lost} log lines dropped: at most {limit} a second are kept");
                self.actor.log(Level::Warn, true, &text);
            }
            self.log_second = second;
            self.log_lines = 0;
        }
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines <= limit {
            self.actor.log(level, false, text);
        } else {
            if self.log_lines == limit + 1 {
                let text =
                    format!("over {limit} log lines within a second: the rest of them is dropped");
                self.actor.log(Level::Warn, true, &text);
            }
            self.actor.context.logs.count_dropped(1);
        }
    }
}

fn parse_url(input: &Value<'_>, base: &Value<'_>) -> Option<Url> {
    let input = input.to_text()?;
    match base.to_text() {
        None => Url::parse(&input).ok(),
        Some(base) => Url::parse(&base).ok()?.join(&input).ok(),
    }
}

/// Sets one part as the setters of the URL class do; `None` when the value does not fit.
fn set_url(mut url: Url, part: &str, value: &str) -> Option<Url> {
    use url::quirks;
    match part {
        "protocol" => quirks::set_protocol(&mut url, value).ok()?,
        "username" => quirks::set_username(&mut url, value).ok()?,
        "password" => quirks::set_password(&mut url, value).ok()?,
        "host" => quirks::set_host(&mut url, value).ok()?,
        "hostname" => quirks::set_hostname(&mut url, value).ok()?,
        "port" => quirks::set_port(&mut url, value).ok()?,
        "pathname" => quirks::set_pathname(&mut url, value),
        "search" => quirks::set_search(&mut url, value),
        "hash" => quirks::set_hash(&mut url, value),
        _ => return None,
    }
    Some(url)
}

/// Writes href and all parts, or null.
fn write_url(answer: &mut Writer, url: Option<Url>) {
    use url::quirks;
    let Some(url) = url else {
        answer.null();
        return;
    };
    answer
        .list(11)
        .text(quirks::href(&url))
        .text(quirks::protocol(&url));
    answer
        .text(quirks::username(&url))
        .text(quirks::password(&url));
    answer
        .text(quirks::host(&url))
        .text(quirks::hostname(&url))
        .text(quirks::port(&url));
    answer
        .text(quirks::pathname(&url))
        .text(quirks::search(&url))
        .text(quirks::hash(&url));
    answer.text(&quirks::origin(&url));
}

fn text(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let label = args.lossy()?;
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
    match (verb, encoding) {
        (_, None) => answer.null(),
        ("label", Some(encoding)) => answer.text(&encoding.name().to_ascii_lowercase()),
        (_, Some(encoding)) => {
            let bytes = args.bytes()?;
            let fatal = args.value()? == Value::Bool(true);
            let keep_mark = args.value()? == Value::Bool(true);
            let (decoded, failed) = if keep_mark {
                encoding.decode_without_bom_handling(bytes)
            } else {
                encoding.decode_with_bom_removal(bytes)
            };
            if fatal && failed {
                answer.null()
            } else {
                answer.text(&decoded)
            }
        }
    };
    Ok(())
}
