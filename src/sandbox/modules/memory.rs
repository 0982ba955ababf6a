//! Memories: regions of the guest's own memory, whole pages of it.

use wasmtime::{Caller, Func, Global, GlobalType, Mutability, Result, Val, ValType};

use super::{
    super::{Host, imports::Guest},
    regions::PAGE,
    run::{self, Ended},
    shape::Limits,
};

/// Pages that 32 bits can address.
const MAX_PAGES: u32 = 1 << 16;

/// Memory outside of the guest's that a memory takes, bytes, roughly.
const COST: usize = 1024;

/// A memory.
pub(super) struct Region {
    /// First page.
    start: u32,
    /// Its size, pages.
    pub pages: u32,
    /// Pages that are its own; those beyond its size are zero.
    room: u32,
    /// It may grow so far, pages.
    limit: u32,
    /// As its author has it.
    pub max: Option<u32>,
    pub base: Global,
    pub size: Global,
    pub grow: Func,
}

/// A new memory; `None` when there is no room for it.
pub(super) fn create<H: Host>(
    store: &mut Caller<'_, Guest<H>>,
    limits: Limits,
) -> Result<Option<u32>> {
    if limits.min > MAX_PAGES || !store.data_mut().modules.take_outside(COST) {
        return Ok(None);
    }
    let Some(start) = allocate(store, limits.min)? else {
        return Ok(None);
    };
    let variable = |ty| GlobalType::new(ty, Mutability::Var);
    let base = Global::new(&mut *store, variable(ValType::I32), Val::I32(0))?;
    let size = Global::new(&mut *store, variable(ValType::I64), Val::I64(0))?;
    let id = store.data().modules.memories.len() as u32;
    let grow_it = move |mut caller: Caller<'_, Guest<H>>, more: i32| -> Result<i32> {
        grow(&mut caller, id, more as u32)
    };
    let region = Region {
        start,
        pages: limits.min,
        room: limits.min,
        limit: limits.max.unwrap_or(MAX_PAGES).min(MAX_PAGES),
        max: limits.max,
        base,
        size,
        grow: Func::wrap(&mut *store, grow_it),
    };
    store.data_mut().modules.memories.push(region);
    publish(store, id)?;
    Ok(Some(id))
}

/// Lets rewritten code know where a memory lies.
fn publish<H: Host>(store: &mut Caller<'_, Guest<H>>, id: u32) -> Result<()> {
    let region = &store.data().modules.memories[id as usize];
    let (base, size) = (region.base, region.size);
    let (start, pages) = (region.start as usize * PAGE, region.pages as usize * PAGE);
    base.set(&mut *store, Val::I32(start as u32 as i32))?;
    size.set(&mut *store, Val::I64(pages as i64))
}

/// Pages that are zero and nobody's; `None` when there is no room.
fn allocate<H: Host>(store: &mut Caller<'_, Guest<H>>, pages: u32) -> Result<Option<u32>> {
    if pages == 0 {
        return Ok(Some(0));
    }
    let taken = store.data_mut().modules.regions.take(pages);
    match taken {
        Some(start) => {
            clear(store, start, pages)?;
            Ok(Some(start))
        }
        None => more(store, pages),
    }
}

fn clear<H: Host>(store: &mut Caller<'_, Guest<H>>, start: u32, pages: u32) -> Result<()> {
    let memory = run::guest_memory(store)?;
    let start = start as usize * PAGE;
    if let Some(bytes) = memory
        .data_mut(&mut *store)
        .get_mut(start..start + pages as usize * PAGE)
    {
        bytes.fill(0);
    }
    Ok(())
}

/// New pages at the end of the guest's memory.
fn more<H: Host>(store: &mut Caller<'_, Guest<H>>, pages: u32) -> Result<Option<u32>> {
    let memory = run::guest_memory(store)?;
    store.data_mut().modules.growing = true;
    let before = memory.grow(&mut *store, pages.into());
    store.data_mut().modules.growing = false;
    Ok(before.ok().and_then(|start| u32::try_from(start).ok()))
}

/// Grows a memory by `more` pages: its size before, or -1.
pub(super) fn grow<H: Host>(caller: &mut Caller<'_, Guest<H>>, id: u32, more: u32) -> Result<i32> {
    let state = &caller.data().modules;
    if state.stack_used() > run::MAX_STACK_FOR_HELP {
        return Err(Ended::TooDeep.into());
    }
    let Some(region) = state.memories.get(id as usize) else {
        return Ok(-1);
    };
    let before = region.pages;
    let wanted = before.checked_add(more).filter(|n| *n <= region.limit);
    let Some(wanted) = wanted else {
        return Ok(-1);
    };
    if wanted > region.room && !make_room(caller, id, wanted)? {
        return Ok(-1);
    }
    caller.data_mut().modules.memories[id as usize].pages = wanted;
    publish(&mut *caller, id)?;
    run::tell_moved(caller, id)?;
    Ok(before as i32)
}

/// Makes room for `wanted` pages: behind the region, or elsewhere.
fn make_room<H: Host>(caller: &mut Caller<'_, Guest<H>>, id: u32, wanted: u32) -> Result<bool> {
    let region = &caller.data().modules.memories[id as usize];
    let (start, pages, room) = (region.start, region.pages, region.room);
    let limit = region.limit;
    if room > 0 && extend(caller, start + room, wanted - room)? {
        caller.data_mut().modules.memories[id as usize].room = wanted;
        return Ok(true);
    }
    // room to grow further without another copy, if there is that much
    let ample = wanted.saturating_add(wanted / 2).min(limit);
    let (fresh, room) = match allocate(&mut *caller, ample)? {
        Some(fresh) => (fresh, ample),
        None => match allocate(&mut *caller, wanted)? {
            Some(fresh) => (fresh, wanted),
            None => return Ok(false),
        },
    };
    let memory = run::guest_memory(caller)?;
    let (from, to) = (start as usize * PAGE, fresh as usize * PAGE);
    let bytes = memory.data_mut(&mut *caller);
    bytes.copy_within(from..from + pages as usize * PAGE, to);
    let state = &mut caller.data_mut().modules;
    let region = &mut state.memories[id as usize];
    let old = std::mem::replace(&mut region.room, room);
    region.start = fresh;
    state.regions.give(start, old);
    Ok(true)
}

/// Takes the `pages` that begin at page `end`, if they are free.
fn extend<H: Host>(caller: &mut Caller<'_, Guest<H>>, end: u32, pages: u32) -> Result<bool> {
    let memory = run::guest_memory(caller)?;
    if memory.size(&*caller) == u64::from(end) {
        return Ok(more(caller, pages)?.is_some());
    }
    let taken = caller.data_mut().modules.regions.take_at(end, pages);
    if taken {
        clear(caller, end, pages)?;
    }
    Ok(taken)
}

/// Gives a memory's pages back; the guest says that nothing uses it any more.
pub(super) fn release<H: Host>(caller: &mut Caller<'_, Guest<H>>, id: u32) -> Result<()> {
    let state = &mut caller.data_mut().modules;
    let Some(region) = state.memories.get_mut(id as usize) else {
        return Ok(());
    };
    let (start, room) = (region.start, region.room);
    (region.start, region.room, region.pages, region.limit) = (0, 0, 0, 0);
    state.regions.give(start, room);
    publish(caller, id)
}

/// Where a memory lies: first byte and size.
pub(super) fn place<H: Host>(caller: &Caller<'_, Guest<H>>, id: u32) -> (u32, u32) {
    let region = caller.data().modules.memories.get(id as usize);
    region.map_or((0, 0), |region| {
        let bytes = |pages: u32| (pages as usize * PAGE) as u32;
        (bytes(region.start), bytes(region.pages))
    })
}
