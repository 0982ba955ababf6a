//! The supervisor binding: a supervising class asks the host about its facets.

use super::{Done, Failed};
use crate::{
    object::{
        code::{Binding, Env},
        live::Live,
        message::CallError,
    },
    sandbox::wire::{Reader, Writer},
};

impl Live {
    /// Asks the host what `assets/runtime/workers/supervisor.js` wrote.
    pub(super) fn supervise_call(&mut self, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let bound = match &self.code.env {
            Env::Bindings(bindings) => bindings
                .iter()
                .any(|(_, binding)| matches!(binding, Binding::Supervisor)),
            Env::Packed(_) => false,
        };
        let asked = args.lossy()?;
        let refused = |text: String| Failed::Throw(CallError::new(text));
        if !bound || self.code.dynamic {
            return Err(refused("This worker has no supervisor binding.".into()));
        }
        let Some(world) = self.actor.world() else {
            return Err(refused("The server is stopping.".into()));
        };
        let told = world.supervise(&self.actor, &asked).map_err(refused)?;
        answer.text(&told);
        Ok(())
    }
}
