//! What a worker finds in `env`.

use std::collections::HashMap;

use super::migrations::Migrated;
use super::reader::{Field, Keys, Reader, Table};
use super::{DurableObjectBinding, ServiceBinding, TailConsumer, WorkerLoaderBinding};
use crate::project::diagnostic::Diagnostic;

/// All bindings of a configuration.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    pub(super) durable_objects: Vec<DurableObjectBinding>,
    pub(super) worker_loaders: Vec<WorkerLoaderBinding>,
    pub(super) vars: serde_json::Map<String, serde_json::Value>,
    pub(super) services: Vec<ServiceBinding>,
    pub(super) tail_consumers: Vec<TailConsumer>,
    /// The path of each name's binding.
    taken: HashMap<String, String>,
}

/// Reads all bindings of the worker `own_name` and checks that no two have one name.
pub(super) fn read(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    own_name: &str,
    migrated: &Migrated,
) -> Result<Bindings, Diagnostic> {
    let mut bindings = Bindings::default();
    if let Some(field) = table.get("vars") {
        bindings.vars(reader, &field)?;
    }
    if let Some(field) = table.get("durable_objects") {
        let table = reader.table(&field, &Keys::only(&["bindings"]))?;
        let list = reader.required(&table, "bindings", "an empty list")?;
        for item in reader.list(&list)? {
            bindings.durable_object(reader, &item, own_name, migrated)?;
        }
    }
    if let Some(field) = table.get("worker_loaders") {
        for item in reader.list(&field)? {
            let table = reader.table(&item, &Keys::only(&["binding"]))?;
            let binding = bindings.name(reader, &table, "binding", "binding \"LOADER\"")?;
            bindings
                .worker_loaders
                .push(WorkerLoaderBinding { binding });
        }
    }
    if let Some(field) = table.get("services") {
        for item in reader.list(&field)? {
            bindings.service(reader, &item)?;
        }
    }
    if let Some(field) = table.get("tail_consumers") {
        for item in reader.list(&field)? {
            bindings.tail_consumers.push(tail_consumer(reader, &item)?);
        }
    }
    Ok(bindings)
}

fn tail_consumer(reader: &mut Reader<'_>, item: &Field<'_>) -> Result<TailConsumer, Diagnostic> {
    let keys = Keys {
        read: &["service"],
        not_yet: &["environment"],
        elsewhere: &[],
    };
    let table = reader.table(item, &keys)?;
    let field = reader.required(&table, "service", "service \"my-tail-worker\"")?;
    let service = reader.string(&field)?.to_owned();
    let unknown = reader.error(
        &field,
        format!(
            "no worker called \"{service}\" is served here; name its folder too when you start, \
             or correct the name"
        ),
    );
    Ok(TailConsumer { service, unknown })
}

impl Bindings {
    /// Takes a name in `env` for the value at `field`.
    fn take(
        &mut self,
        reader: &Reader<'_>,
        name: &str,
        field: &Field<'_>,
    ) -> Result<(), Diagnostic> {
        match self.taken.insert(name.to_owned(), field.path.clone()) {
            None => Ok(()),
            Some(other) => {
                let message = format!("`env.{name}` is taken already by `{other}`; rename one");
                Err(reader.error(field, message))
            }
        }
    }

    /// A binding's name, by the key that holds it.
    fn name(
        &mut self,
        reader: &Reader<'_>,
        table: &Table<'_>,
        key: &str,
        example: &str,
    ) -> Result<String, Diagnostic> {
        let field = reader.required(table, key, example)?;
        let name = reader.identifier(&field)?;
        self.take(reader, &name, &field)?;
        Ok(name)
    }

    fn vars(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Result<(), Diagnostic> {
        let table = reader.open_table(field)?;
        for (name, value) in table.fields() {
            self.taken.insert(name.to_owned(), value.path.clone());
            self.vars.insert(name.to_owned(), value.node.to_json());
        }
        Ok(())
    }

    fn durable_object(
        &mut self,
        reader: &mut Reader<'_>,
        item: &Field<'_>,
        own_name: &str,
        migrated: &Migrated,
    ) -> Result<(), Diagnostic> {
        let keys = Keys {
            read: &["name", "class_name", "script_name"],
            not_yet: &["environment", "remote"],
            elsewhere: &[],
        };
        let table = reader.table(item, &keys)?;
        let name = self.name(reader, &table, "name", "name \"ROOMS\"")?;
        let class_field = reader.required(&table, "class_name", "class_name \"Room\"")?;
        let class_name = reader.identifier(&class_field)?;
        let script_name = match table.get("script_name") {
            Some(field) => Some(reader.string(&field)?.to_owned()),
            None => None,
        };
        let script_name = script_name.filter(|it| it != own_name);
        let known = migrated.classes.iter().any(|it| it.name == class_name);
        if script_name.is_none() && !known {
            let message = if migrated.deleted.contains(&class_name) {
                format!("class `{class_name}` is deleted by a migration; bind another class")
            } else {
                format!(
                    "no migration creates class `{class_name}`; add it to `new_sqlite_classes` \
                     of a migration"
                )
            };
            reader.warn(&class_field, message);
        }
        self.durable_objects.push(DurableObjectBinding {
            name,
            class_name,
            script_name,
        });
        Ok(())
    }

    fn service(&mut self, reader: &mut Reader<'_>, item: &Field<'_>) -> Result<(), Diagnostic> {
        let keys = Keys {
            read: &["binding", "service", "entrypoint", "props"],
            not_yet: &["environment", "remote"],
            elsewhere: &[],
        };
        let table = reader.table(item, &keys)?;
        let binding = self.name(reader, &table, "binding", "binding \"OTHER\"")?;
        let service_field = reader.required(&table, "service", "service \"other-worker\"")?;
        let service = reader.string(&service_field)?.to_owned();
        let entrypoint = match table.get("entrypoint") {
            Some(field) => Some(reader.identifier(&field)?),
            None => None,
        };
        let props = match table.get("props") {
            Some(field) => {
                reader.open_table(&field)?;
                match field.node.to_json() {
                    serde_json::Value::Object(props) => Some(props),
                    _ => None,
                }
            }
            None => None,
        };
        self.services.push(ServiceBinding {
            binding,
            service,
            entrypoint: entrypoint.filter(|it| it != "default"),
            props,
        });
        Ok(())
    }
}
