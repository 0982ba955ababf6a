//! Reading the table `lapidary.outbound`.

use super::{
    reader::{Field, Keys, Reader},
    tree::Value,
};
use crate::project::{
    diagnostic::Diagnostic,
    outbound::{HostPattern, OutboundRules, PrivateHosts},
};

pub(super) fn read(
    reader: &mut Reader<'_>,
    field: &Field<'_>,
) -> Result<OutboundRules, Diagnostic> {
    let table = reader.table(field, &Keys::only(&["allow", "allow_private"]))?;
    let allow = match table.get("allow") {
        Some(field) => Some(hosts(reader, &field)?),
        None => None,
    };
    let private = match table.get("allow_private") {
        Some(field) if matches!(field.node.value, Value::List(_)) => {
            PrivateHosts::Listed(hosts(reader, &field)?)
        }
        Some(field) if reader.boolean(&field)? => PrivateHosts::All,
        _ => PrivateHosts::None,
    };
    Ok(OutboundRules {
        allow,
        only: None,
        private,
    })
}

fn hosts(reader: &Reader<'_>, field: &Field<'_>) -> Result<Vec<HostPattern>, Diagnostic> {
    let items = reader.list(field)?;
    let host = |item: &Field<'_>| {
        let text = reader.string(item)?;
        HostPattern::parse(text)
            .map_err(|problem| reader.error(item, format!("`{text}` {problem}")))
    };
    items.iter().map(host).collect()
}
