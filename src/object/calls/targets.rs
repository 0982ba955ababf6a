//! What a sandbox names, checked against what it was given; see `object/target.rs`.

use std::sync::Arc;

use bytes::Bytes;

use super::{Done, Failed};
use crate::{
    object::{
        code::{Binding, Env, Grant, Namespace, Packed},
        id,
        live::Live,
        message::CallError,
        target::{ClassRef, FacetStart, IdView, Target, WorkerRef},
    },
    sandbox::wire::{Malformed, Reader, Value, Writer},
};

/// Where a request goes.
#[derive(Clone, Debug)]
pub(in crate::object) enum Resolved {
    Target(Target),
    Facet {
        name: String,
        start: Option<FacetStart>,
    },
}

impl Live {
    /// The worker that this sandbox runs.
    fn own_worker(&self) -> WorkerRef {
        if self.code.dynamic {
            WorkerRef::Dynamic(self.code.clone())
        } else {
            WorkerRef::Project(self.code.name.clone())
        }
    }

    pub(super) fn resolve(&self, form: &Value<'_>) -> Result<Resolved, Failed> {
        let items = form.items();
        let kind = items.first().and_then(Value::as_str).ok_or(Malformed)?;
        let text = |i: usize| items.get(i).and_then(Value::to_text);
        if kind == "facet" {
            let start = self.facet_start(items.get(2).unwrap_or(&Value::Null))?;
            return Ok(Resolved::Facet {
                name: text(1).ok_or(Malformed)?,
                start,
            });
        }
        Ok(Resolved::Target(match kind {
            "self" => Target::Entry {
                worker: self.own_worker(),
                entry: text(1),
                props: self.packed(items.get(2))?,
            },
            "object" => {
                let namespace = self.space(items.get(1))?.clone();
                let id = text(2).ok_or(Malformed)?;
                // the id may be of any namespace that the sandbox knows, but must be an id
                if id.len() != 64 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(Malformed.into());
                }
                Target::Object {
                    namespace,
                    id,
                    name: text(3),
                }
            }
            "service" => self.service(index(items.get(1))?)?,
            "dynamic" => Target::Entry {
                worker: WorkerRef::Dynamic(self.loaded_code(items.get(1))?),
                entry: text(2),
                props: self.packed(items.get(3))?,
            },
            "granted" => match self.granted(items)? {
                Grant::Fetcher(target) => target.clone(),
                Grant::Class(_) => return Err(Malformed.into()),
            },
            "held" => match self.held_grant(items)? {
                Grant::Fetcher(target) => target.clone(),
                Grant::Class(_) => return Err(Malformed.into()),
            },
            "outbound" => self.outbound()?,
            _ => return Err(Malformed.into()),
        }))
    }

    fn facet_start(&self, form: &Value<'_>) -> Result<Option<FacetStart>, Failed> {
        let [class, id] = form.items() else {
            return Ok(None);
        };
        let text = |value: Option<&Value<'_>>| value.and_then(Value::to_text);
        let parts = id.items();
        let id = match parts.first().and_then(Value::as_str) {
            Some("text") => Some(IdView::Text(text(parts.get(1)).ok_or(Malformed)?)),
            Some("id") => Some(IdView::Id {
                hex: text(parts.get(1)).ok_or(Malformed)?,
                name: text(parts.get(2)),
            }),
            _ => None,
        };
        Ok(Some(FacetStart {
            class: self.class(class)?,
            id,
        }))
    }

    /// A class handle: `["self", name, props]`, `["dynamic", n, name, props]` or a grant.
    pub(super) fn class(&self, form: &Value<'_>) -> Result<ClassRef, Failed> {
        let items = form.items();
        let text = |i: usize| items.get(i).and_then(Value::to_text).ok_or(Malformed);
        Ok(match items.first().and_then(Value::as_str) {
            Some("self") => ClassRef {
                worker: self.own_worker(),
                class: text(1)?,
                props: self.packed(items.get(2))?,
            },
            Some("dynamic") => ClassRef {
                worker: WorkerRef::Dynamic(self.loaded_code(items.get(1))?),
                class: text(2)?,
                props: self.packed(items.get(3))?,
            },
            Some("granted") => match self.granted(items)? {
                Grant::Class(class) => class.clone(),
                Grant::Fetcher(_) => return Err(Malformed.into()),
            },
            Some("held") => match self.held_grant(items)? {
                Grant::Class(class) => class.clone(),
                Grant::Fetcher(_) => return Err(Malformed.into()),
            },
            _ => return Err(Malformed.into()),
        })
    }

    fn held_grant(&self, items: &[Value<'_>]) -> Result<&Grant, Failed> {
        let number = index(items.get(1))? as u64;
        Ok(self.held.get(number).ok_or(Malformed)?)
    }

    fn granted(&self, items: &[Value<'_>]) -> Result<&Grant, Failed> {
        let packed = match (items.get(1).and_then(Value::as_str), &self.code.env) {
            (Some("env"), Env::Packed(packed)) => packed.as_ref(),
            (Some("props"), _) => self.props.as_deref(),
            _ => None,
        };
        let grants = packed.map_or(&[][..], |packed| &packed.grants);
        Ok(grants.get(index(items.get(2))?).ok_or(Malformed)?)
    }

    fn loaded_code(
        &self,
        handle: Option<&Value<'_>>,
    ) -> Result<Arc<crate::object::code::Code>, Failed> {
        Ok(self.loaded.get(index(handle)?).ok_or(Malformed)?.clone())
    }

    fn service(&self, wanted: usize) -> Result<Target, Failed> {
        let Env::Bindings(bindings) = &self.code.env else {
            return Err(Malformed.into());
        };
        let services = bindings.iter().filter_map(|(_, binding)| match binding {
            Binding::Service {
                service,
                entrypoint,
                props,
            } => Some((service, entrypoint, props)),
            _ => None,
        });
        let (service, entrypoint, props) = services.into_iter().nth(wanted).ok_or(Malformed)?;
        let target = self
            .actor
            .world()
            .and_then(|world| world.service(service, entrypoint.clone(), props.clone()));
        target.ok_or_else(|| {
            CallError::new(format!(
                "The service binding leads to the worker \"{service}\", which is not running here. Start it together with this one."
            ))
            .into()
        })
    }

    /// A packed value that this sandbox hands on: each grant must be its own to give.
    pub(super) fn packed(&self, form: Option<&Value<'_>>) -> Result<Option<Arc<Packed>>, Failed> {
        let Some([bytes, list]) = form.map(Value::items) else {
            return Ok(None);
        };
        let mut grants = Vec::with_capacity(list.items().len());
        for entry in list.items() {
            let [kind, form] = entry.items() else {
                return Err(Malformed.into());
            };
            grants.push(match kind.as_str() {
                Some("class") => Grant::Class(self.class(form)?),
                _ => match self.resolve(form)? {
                    Resolved::Facet { .. } | Resolved::Target(Target::Capability(_)) => {
                        return Err(Malformed.into());
                    }
                    Resolved::Target(target) => Grant::Fetcher(target),
                },
            });
        }
        let bytes = Bytes::copy_from_slice(bytes.as_bytes().ok_or(Malformed)?);
        Ok(Some(Arc::new(Packed {
            bytes,
            json: false,
            grants,
        })))
    }

    fn space(&self, number: Option<&Value<'_>>) -> Result<&Arc<Namespace>, Failed> {
        Ok(self.spaces.get(index(number)?).ok_or(Malformed)?)
    }

    pub(super) fn id_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        let number = args.value()?;
        let key = self.space(Some(&number))?.unique_key();
        match verb {
            "fromName" => answer.text(&id::from_name(&key, &args.lossy()?)),
            "fromString" => {
                let id = id::from_string(&key, &args.lossy()?);
                answer.text(&id.map_err(|text| CallError::of("TypeError", text))?)
            }
            "unique" => answer.text(&id::unique(&key).map_err(|e| CallError::new(e.to_string()))?),
            other => return Err(CallError::new(format!("unknown host call id.{other}")).into()),
        };
        Ok(())
    }

    pub(super) fn facet_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        let name = args.lossy()?;
        if verb == "running" {
            answer.bool(self.actor.facet_is_known(&name));
            return Ok(());
        }
        let reason = CallError::of(args.lossy()?, args.lossy()?);
        match verb {
            "abort" => self.actor.abort_facet(&name, reason),
            "delete" => self.actor.clone().delete_facet(&name, reason)?,
            "clone" => self
                .actor
                .clone()
                .clone_facet(&args.lossy()?, &name, reason)?,
            other => return Err(CallError::new(format!("unknown host call facet.{other}")).into()),
        }
        Ok(())
    }
}

/// A number of something in a list.
pub(super) fn index(value: Option<&Value<'_>>) -> Result<usize, Malformed> {
    let n = value.and_then(Value::as_f64).ok_or(Malformed)?;
    if n >= 0.0 && n.fract() == 0.0 {
        Ok(n as usize)
    } else {
        Err(Malformed)
    }
}
