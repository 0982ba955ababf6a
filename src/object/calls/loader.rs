//! The loader binding: code that a worker brings along at run time.

use std::sync::Arc;

use bytes::Bytes;

use super::{Done, Failed, targets::Resolved};
use crate::{
    object::{
        code::{Binding, Code, Env, Module, ModuleKind, Outbound, version},
        limits::Limit,
        live::Live,
        message::CallError,
        target::Target,
    },
    project::Compatibility,
    sandbox::wire::{Malformed, Reader, Value, Writer},
};

/// The newest compatibility date that this runtime knows.
pub const NEWEST_DATE: &str = "2026-11-24";

impl Live {
    pub(super) fn loader_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        if verb == "limit" {
            answer.number(self.narrow(args)? as f64);
            return Ok(());
        }
        let scope = self.loader_scope(args.index()? as usize)?;
        let id = args.value()?.to_text();
        match (verb, id) {
            ("find", Some(id)) => {
                match self
                    .actor
                    .world()
                    .and_then(|world| world.find_code(&scope, &id))
                {
                    Some(code) => answer.number(self.keep(code) as f64),
                    None => answer.null(),
                };
            }
            ("define", id) => {
                let code = self.read_code(id.as_deref().unwrap_or_default(), args)?;
                let code = match (id, self.actor.world()) {
                    (Some(id), Some(world)) => world.define_code(&scope, &id, code),
                    _ => Arc::new(code),
                };
                answer.number(self.keep(code) as f64);
            }
            (other, _) => {
                return Err(CallError::new(format!("unknown host call loader.{other}")).into());
            }
        }
        Ok(())
    }

    fn loader_scope(&self, wanted: usize) -> Result<Arc<str>, Failed> {
        let Env::Bindings(bindings) = &self.code.env else {
            return Err(Malformed.into());
        };
        let mut scopes = bindings.iter().filter_map(|(_, binding)| match binding {
            Binding::Loader(scope) => Some(scope.clone()),
            _ => None,
        });
        Ok(scopes.nth(wanted).ok_or(Malformed)?)
    }

    /// The handle of a dynamic worker, the same one for the same code.
    fn keep(&mut self, code: Arc<Code>) -> usize {
        if let Some(known) = self.loaded.iter().position(|kept| Arc::ptr_eq(kept, &code)) {
            return known;
        }
        self.loaded.push(code);
        self.loaded.len() - 1
    }

    /// The handle of a loaded worker with limits that are at most those given.
    fn narrow(&mut self, args: &mut Reader<'_>) -> Result<usize, Failed> {
        let code = self.loaded.get(args.index()? as usize).ok_or(Malformed)?;
        let (cpu_ms, subrequests) = limits(&args.value()?);
        let mut narrow = (**code).clone();
        narrow.cpu_limit_ms = least(code.cpu_limit_ms, cpu_ms);
        narrow.subrequests = least(code.subrequests, subrequests);
        let known = self.loaded.iter().position(|known| {
            // clones of one worker share its version
            Arc::ptr_eq(&known.version, &narrow.version)
                && known.cpu_limit_ms == narrow.cpu_limit_ms
                && known.subrequests == narrow.subrequests
        });
        Ok(match known {
            Some(handle) => handle,
            None => self.keep(Arc::new(narrow)),
        })
    }

    /// What `packCode` in `assets/runtime/workers/loader-code.js` made.
    fn read_code(&self, name: &str, args: &mut Reader<'_>) -> Result<Code, Failed> {
        let date = args.lossy()?;
        check_date(&date)?;
        let flags: Vec<String> = args
            .value()?
            .items()
            .iter()
            .filter_map(Value::to_text)
            .collect();
        let compatibility = Compatibility::new(&date, &flags, false)
            .map_err(|error| CallError::new(error.to_string()))?;
        let main = args.lossy()?;
        let modules = args
            .value()?
            .items()
            .iter()
            .map(read_module)
            .collect::<Result<Vec<_>, _>>()?;
        let bytes: u64 = modules
            .iter()
            .map(|module| module.source.len() as u64)
            .sum();
        let most = self.limited.limits.value(Limit::CodeBytes);
        if bytes > most {
            self.reached(Limit::CodeBytes);
            return Err(CallError::new(format!(
                "The code of the worker \"{name}\" has {bytes} bytes; the limit is {most}."
            ))
            .into());
        }
        let env = self
            .packed(Some(&args.value()?))?
            .map(|packed| (*packed).clone());
        let outbound = match args.value()? {
            Value::Null => Outbound::Blocked,
            Value::List(target) => match self.resolve(target.first().ok_or(Malformed)?)? {
                Resolved::Target(target) => Outbound::Target(Box::new(target)),
                Resolved::Facet { .. } => return Err(Malformed.into()),
            },
            _ => self.code.outbound.clone(),
        };
        let (cpu_limit_ms, subrequests) = limits(&args.value()?);
        let tails = args.value()?;
        let tails = tails.items().iter().map(|target| self.tail(target));
        let tails = tails.collect::<Result<_, _>>()?;
        Ok(Code {
            name: name.into(),
            version: version(&main, &modules),
            main,
            modules,
            compatibility,
            env: Env::Packed(env),
            namespaces: Vec::new(),
            outbound,
            tails,
            dynamic: true,
            cpu_limit_ms,
            wasm: Default::default(),
            subrequests,
        })
    }
}

impl Live {
    fn tail(&self, target: &Value<'_>) -> Result<Target, Failed> {
        match self.resolve(target)? {
            Resolved::Target(target) => Ok(target),
            Resolved::Facet { .. } => Err(Malformed.into()),
        }
    }
}

/// What `packLimits` made: milliseconds and requests.
fn limits(form: &Value<'_>) -> (Option<u64>, Option<u32>) {
    let limit = |key| form.get(key).and_then(Value::as_f64);
    let cpu_ms = limit("cpuMs").map(|ms| ms as u64);
    (cpu_ms, limit("subRequests").map(|count| count as u32))
}

/// The lower of two limits, either of which may be absent.
fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn read_module(form: &Value<'_>) -> Result<Module, Malformed> {
    let [name, kind, source] = form.items() else {
        return Err(Malformed);
    };
    Ok(Module {
        name: name.to_text().ok_or(Malformed)?,
        kind: kind
            .as_str()
            .and_then(ModuleKind::from_name)
            .ok_or(Malformed)?,
        source: Bytes::copy_from_slice(source.as_bytes().ok_or(Malformed)?),
        imports: Vec::new(),
    })
}

fn check_date(date: &str) -> Result<(), CallError> {
    let digits =
        |range: std::ops::Range<usize>| date.get(range).and_then(|part| part.parse::<u32>().ok());
    let well_formed = date.len() == 10 && date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    let valid = well_formed
        && digits(0..4).is_some()
        && digits(5..7).is_some_and(|month| (1..=12).contains(&month))
        && digits(8..10).is_some_and(|day| (1..=31).contains(&day));
    if !valid {
        return Err(CallError::new(format!(
            "Invalid compatibility date: {date}"
        )));
    }
    if date > NEWEST_DATE {
        return Err(CallError::new(format!(
            "This Worker requires compatibility date \"{date}\", but the newest date supported by this server binary is \"{NEWEST_DATE}\"."
        )));
    }
    Ok(())
}
