//! Rewrites a module so that it can run inside a guest.
//!
//! Its linear memory becomes a region of the guest's own memory, so that the guest reads and
//! writes it directly: every access is checked against the region's size and moved by its start,
//! two globals that only the host sets (`bodies.rs`). References to values of the guest's become
//! numbers in a v128, a type that no other value of such a module is likely to have; tables of
//! them become tables of the host's. Tables of functions become imports, so that no pool has to
//! hold places for them. Data is written by a function of our own, and the start function is an
//! export: the host runs both.
//!
//! What comes out is validated once more by wasmtime, and can reach nothing but what it imports.

use std::sync::Arc;

use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, ImportSection, Instruction, Module, TypeSection,
    reencode::{self, Reencode},
};
use wasmparser::{
    DataKind, ElementItems, ElementKind, FuncValidatorAllocations, Parser, Payload, TypeRef,
    ValidPayload, Validator, WasmFeatures,
};

use super::{
    bodies::{self, Globals},
    shape::{Export, FuncShape, GlobalShape, Import, Item, Limits, Shape, TableShape, ValueType},
};

/// What modules may use: what runs here and can be rewritten. Not among them: threads, several
/// memories, 64-bit memories, exceptions, garbage-collected types.
pub(super) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::RELAXED_SIMD);

/// Why a module cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} @+{offset}")]
pub struct Refused {
    /// What is wrong.
    pub message: String,
    /// Where in the module's bytes.
    pub offset: usize,
}

impl From<wasmparser::BinaryReaderError> for Refused {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self {
            message: error.message().into(),
            offset: error.offset(),
        }
    }
}

impl From<reencode::Error> for Refused {
    fn from(error: reencode::Error) -> Self {
        match error {
            reencode::Error::ParseError(error) => error.into(),
            other => unsupported(&other.to_string(), 0),
        }
    }
}

fn unsupported(what: &str, offset: usize) -> Refused {
    Refused {
        message: format!("{what} is not supported"),
        offset,
    }
}

/// What one import of the rewritten module has to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// What the author's n-th import is given.
    Import(usize),
    /// The module's n-th table, which it defines.
    Table(usize),
    /// Number of the n-th table, which holds references to values of the guest's.
    TableNumber(usize),
    /// Grows the memory.
    Grow,
    /// Works on tables that hold references to values of the guest's.
    Tables(TableHelper),
    /// Start of the memory's region.
    Base,
    /// Size of the memory, bytes.
    Size,
    /// The guest's memory.
    Memory,
}

/// A function for tables that hold references to values of the guest's. Tables go by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableHelper {
    /// (index, table) -> value
    Get,
    /// (index, value, table)
    Set,
    /// (table) -> length
    Size,
    /// (value, count, table) -> length before, or -1
    Grow,
    /// (index, value, count, table)
    Fill,
    /// (to, from, count, table to, table from)
    Copy,
}

impl TableHelper {
    pub const ALL: [Self; 6] = [
        Self::Get,
        Self::Set,
        Self::Size,
        Self::Grow,
        Self::Fill,
        Self::Copy,
    ];

    /// How many parameters and results, all of them i32.
    fn arity(self) -> (usize, usize) {
        match self {
            Self::Get => (2, 1),
            Self::Set => (3, 0),
            Self::Size => (1, 1),
            Self::Grow => (3, 1),
            Self::Fill => (4, 0),
            Self::Copy => (5, 0),
        }
    }
}

/// Name of the exported function that writes the data: it answers 0, or the number of the first
/// segment that does not fit (from 1) in the upper half and its offset in the lower.
pub(super) const WRITE_DATA: &str = "write";
/// Name of the exported start function.
pub(super) const START: &str = "start";

/// Name of an exported function, by its place in the module's own numbering.
pub(super) fn func_name(index: u32) -> String {
    format!("f{index}")
}

/// Name of an exported global.
pub(super) fn global_name(index: u32) -> String {
    format!("g{index}")
}

/// A module that can be compiled.
pub(super) struct Rewritten {
    pub wasm: Vec<u8>,
    pub shape: Shape,
    /// Of every import, in order.
    pub needs: Vec<Need>,
    /// Sizes of data segments that are written at the start, by their number among all.
    pub data: Vec<(u32, u32)>,
}

/// Whether a module could be compiled.
pub(super) fn is_valid(bytes: &[u8]) -> bool {
    rewrite(bytes).is_ok()
}

/// Validates and rewrites a module.
pub(super) fn rewrite(bytes: &[u8]) -> Result<Rewritten, Refused> {
    check_header(bytes)?;
    let mut validator = Validator::new_with_features(FEATURES);
    let mut draft = Draft::default();
    let mut allocations = FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => {
                let mut function = function.into_validator(allocations);
                let defined = function.index() as usize - draft.shape.imported_funcs();
                bodies::rewrite(&mut draft, &body, &mut function).map_err(|refused| Refused {
                    message: format!("Compiling function #{defined} failed: {}", refused.message),
                    ..refused
                })?;
                allocations = function.into_allocations();
            }
            ValidPayload::Parser(_) => return Err(unsupported("a component", 0)),
            ValidPayload::Ok | ValidPayload::End(_) => draft.section(payload)?,
        }
    }
    Ok(draft.finish())
}

/// The first eight bytes, with the reference's words.
fn check_header(bytes: &[u8]) -> Result<(), Refused> {
    let expected: [(&str, [u8; 4]); 2] = [("magic word", *b"\0asm"), ("version", [1, 0, 0, 0])];
    let hex = |bytes: &[u8]| {
        let digits: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
        digits.join(" ")
    };
    for (nth, (what, wanted)) in expected.iter().enumerate() {
        let offset = 4 * nth;
        let message = match bytes.get(offset..offset + 4) {
            None => "expected 4 bytes, fell off end".to_owned(),
            Some(found) if found != wanted => {
                format!("expected {what} {}, found {}", hex(wanted), hex(found))
            }
            Some(_) => continue,
        };
        return Err(Refused { message, offset });
    }
    Ok(())
}

/// The rewritten module while it is made.
#[derive(Default)]
pub(super) struct Draft {
    shape: Shape,
    /// The module's own types.
    own_types: Vec<Arc<FuncShape>>,
    types: TypeSection,
    /// Type of every function that the module defines.
    functions: FunctionSection,
    globals: GlobalSection,
    elements: ElementSection,
    pub(super) code: CodeSection,
    data: DataSection,
    segments: u32,
    /// Active segments: their number, offset and length.
    active: Vec<(u32, Vec<u8>, u32)>,
    /// Number of a table among those of functions; `None` for the others.
    table_map: Vec<Option<u32>>,
}

impl Draft {
    fn section(&mut self, payload: Payload<'_>) -> Result<(), Refused> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    let ty = ty?;
                    let shape = self.func_shape(&ty)?;
                    self.own_types.push(Arc::new(shape));
                    let ty = self.func_type(ty)?;
                    self.types.ty().func_type(&ty);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    self.import(import, offset)?;
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    let ty = ty?;
                    self.functions.function(ty);
                    let shape = self.own_types[ty as usize].clone();
                    self.shape.funcs.push(shape);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let table = table?;
                    if !matches!(table.init, wasmparser::TableInit::RefNull) {
                        return Err(unsupported("a table with an initial value", 0));
                    }
                    self.table(table.ty)?;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.shape.memory = Some(memory_limits(memory?));
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    let shape = global_shape(global.ty)?;
                    self.shape.globals.push(shape);
                    let ty = self.global_type(global.ty)?;
                    let value = self.const_expr(global.init_expr)?;
                    self.globals.global(ty, &value);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let what = match export.kind {
                        wasmparser::ExternalKind::Table => Export::Table(export.index),
                        wasmparser::ExternalKind::Memory => Export::Memory,
                        wasmparser::ExternalKind::Global => Export::Global(export.index),
                        _ => Export::Func(export.index),
                    };
                    self.shape.exports.push((export.name.into(), what));
                }
            }
            Payload::StartSection { func, .. } => self.shape.start = Some(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.element(element?)?;
                }
            }
            Payload::DataSection(segments) => {
                for segment in segments {
                    self.segment(segment?)?;
                }
            }
            Payload::CustomSection(section) => {
                let name = section.name().to_owned();
                let start = section.data_offset();
                let range = start..start + section.data().len();
                self.shape.custom.push((name, range));
            }
            _ => {}
        }
        Ok(())
    }

    fn func_shape(&self, ty: &wasmparser::FuncType) -> Result<FuncShape, Refused> {
        let types = |types: &[wasmparser::ValType]| {
            types
                .iter()
                .map(|ty| value_type(*ty))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(FuncShape {
            params: types(ty.params())?,
            results: types(ty.results())?,
        })
    }

    fn import(&mut self, import: wasmparser::Import<'_>, offset: usize) -> Result<(), Refused> {
        let item = match import.ty {
            TypeRef::Func(ty) => {
                let shape = self.own_types[ty as usize].clone();
                self.shape.funcs.push(shape.clone());
                Item::Func(shape)
            }
            TypeRef::Table(ty) => Item::Table(self.table(ty)?),
            TypeRef::Memory(ty) => {
                let limits = memory_limits(ty);
                self.shape.memory = Some(limits);
                Item::Memory(limits)
            }
            TypeRef::Global(ty) => {
                let shape = global_shape(ty)?;
                self.shape.globals.push(shape);
                Item::Global(shape)
            }
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => {
                return Err(unsupported("such an import", offset));
            }
        };
        self.shape.imports.push(Import {
            module: import.module.into(),
            name: import.name.into(),
            item,
        });
        Ok(())
    }

    fn table(&mut self, ty: wasmparser::TableType) -> Result<TableShape, Refused> {
        let element = value_type(wasmparser::ValType::Ref(ty.element_type))?;
        let shape = TableShape {
            element,
            limits: Limits {
                min: ty.initial as u32,
                max: ty.maximum.map(|max| max as u32),
            },
        };
        let mapped = self.table_map.iter().flatten().count() as u32;
        self.table_map
            .push((element == ValueType::Func).then_some(mapped));
        self.shape.tables.push(shape);
        Ok(shape)
    }

    fn element(&mut self, element: wasmparser::Element<'_>) -> Result<(), Refused> {
        if let ElementItems::Expressions(ty, _) = &element.items
            && *ty == wasmparser::RefType::EXTERNREF
        {
            return Err(unsupported(
                "an element segment of externref",
                element.range.start,
            ));
        }
        let items = self.element_items(element.items)?;
        match element.kind {
            ElementKind::Active {
                table_index,
                offset_expr,
            } => {
                let table = self.table_index(table_index.unwrap_or(0))?;
                let offset = self.const_expr(offset_expr)?;
                self.elements.active(Some(table), &offset, items);
            }
            ElementKind::Passive => {
                self.elements.passive(items);
            }
            ElementKind::Declared => {
                self.elements.declared(items);
            }
        }
        Ok(())
    }

    fn segment(&mut self, segment: wasmparser::Data<'_>) -> Result<(), Refused> {
        if let DataKind::Active { offset_expr, .. } = segment.kind {
            let mut offset = Vec::new();
            let mut reader = offset_expr.get_operators_reader();
            while !reader.is_end_then_eof() {
                let instruction = self.instruction(reader.read()?)?;
                wasm_encoder::Encode::encode(&instruction, &mut offset);
            }
            self.active
                .push((self.segments, offset, segment.data.len() as u32));
        }
        self.data.passive(segment.data.iter().copied());
        self.segments += 1;
        Ok(())
    }

    pub(super) fn param_count(&self, function: u32) -> u32 {
        self.shape.funcs[function as usize].params.len() as u32
    }

    pub(super) fn has_memory(&self) -> bool {
        self.shape.memory.is_some()
    }

    /// Whether a table holds references to values of the guest's.
    pub(super) fn is_extern_table(&self, table: u32) -> bool {
        self.table_map.get(table as usize) == Some(&None)
    }

    fn extern_tables(&self) -> impl Iterator<Item = usize> {
        let all = self.table_map.iter().enumerate();
        all.filter_map(|(index, mapped)| mapped.is_none().then_some(index))
    }

    fn has_extern_tables(&self) -> bool {
        self.table_map.contains(&None)
    }

    /// Functions of the host's, which come between the imported ones and the others.
    fn helper_count(&self) -> u32 {
        let tables = if self.has_extern_tables() { 6 } else { 0 };
        u32::from(self.has_memory()) + tables
    }

    /// Function that grows the memory.
    pub(super) fn grow_function(&self) -> u32 {
        self.shape.imported_funcs() as u32
    }

    /// Function that works on tables of references to values of the guest's.
    pub(super) fn table_function(&self, helper: TableHelper) -> u32 {
        let place = TableHelper::ALL.iter().position(|it| *it == helper);
        self.grow_function() + u32::from(self.has_memory()) + place.unwrap_or_default() as u32
    }

    /// The globals that say where the memory lies.
    pub(super) fn memory_globals(&self) -> Globals {
        let first = self.shape.imported_globals() as u32;
        Globals {
            base: first,
            size: first + 1,
        }
    }

    /// The global that holds the number of such a table.
    pub(super) fn table_number(&self, table: u32) -> u32 {
        let first = self.shape.imported_globals() as u32 + 2 * u32::from(self.has_memory());
        let before = self.table_map[..table as usize].iter();
        first + before.filter(|mapped| mapped.is_none()).count() as u32
    }

    fn finish(mut self) -> Rewritten {
        let (imports, needs) = self.imports();
        let exports = self.exports();
        let mut module = Module::new();
        module.section(&self.types);
        module.section(&imports);
        module.section(&self.functions);
        module.section(&self.globals);
        module.section(&exports);
        module.section(&self.elements);
        if self.segments > 0 {
            module.section(&DataCountSection {
                count: self.segments,
            });
        }
        module.section(&self.code);
        module.section(&self.data);
        Rewritten {
            wasm: module.finish(),
            needs,
            data: self.active.iter().map(|(at, _, len)| (*at, *len)).collect(),
            shape: self.shape,
        }
    }

    /// Adds a type that only we use.
    fn add_type(&mut self, params: usize, results: usize) -> u32 {
        let i32s = |n: usize| vec![wasm_encoder::ValType::I32; n];
        let index = self.types.len();
        self.types.ty().function(i32s(params), i32s(results));
        index
    }

    fn imports(&mut self) -> (ImportSection, Vec<Need>) {
        let mut section = ImportSection::new();
        let mut needs = Vec::new();
        let mut add = |need: Need, ty: EntityType| {
            section.import("", "", ty);
            needs.push(need);
        };
        let own_types = &self.own_types;
        for (index, import) in self.shape.imports.iter().enumerate() {
            let ty = match &import.item {
                Item::Func(shape) => {
                    let ty = own_types.iter().position(|own| own == shape);
                    EntityType::Function(ty.unwrap_or_default() as u32)
                }
                Item::Table(shape) if shape.element == ValueType::Func => table_type(shape),
                Item::Global(shape) => EntityType::Global(encoded_global(*shape)),
                Item::Table(_) | Item::Memory(_) => continue,
            };
            add(Need::Import(index), ty);
        }
        for index in self.shape.imported_tables()..self.shape.tables.len() {
            if self.table_map[index].is_some() {
                add(Need::Table(index), table_type(&self.shape.tables[index]));
            }
        }
        if self.has_memory() {
            let global = |val_type, mutable| {
                EntityType::Global(wasm_encoder::GlobalType {
                    val_type,
                    mutable,
                    shared: false,
                })
            };
            add(Need::Base, global(wasm_encoder::ValType::I32, true));
            add(Need::Size, global(wasm_encoder::ValType::I64, true));
            let memory = wasm_encoder::MemoryType {
                minimum: 0,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            };
            add(Need::Memory, EntityType::Memory(memory));
        }
        for index in self.extern_tables().collect::<Vec<_>>() {
            let number = wasm_encoder::GlobalType {
                val_type: wasm_encoder::ValType::I32,
                mutable: false,
                shared: false,
            };
            add(Need::TableNumber(index), EntityType::Global(number));
        }
        if self.has_memory() {
            let ty = self.add_type(1, 1);
            section.import("", "", EntityType::Function(ty));
            needs.push(Need::Grow);
        }
        if self.has_extern_tables() {
            for helper in TableHelper::ALL {
                let (params, results) = helper.arity();
                let ty = self.add_type(params, results);
                section.import("", "", EntityType::Function(ty));
                needs.push(Need::Tables(helper));
            }
        }
        (section, needs)
    }

    fn exports(&mut self) -> ExportSection {
        let mut section = ExportSection::new();
        let shift = self.helper_count();
        let mut funcs: Vec<u32> = Vec::new();
        let mut globals: Vec<u32> = Vec::new();
        for (_, export) in &self.shape.exports {
            match export {
                Export::Func(index) => funcs.push(*index),
                Export::Global(index) => globals.push(*index),
                Export::Table(_) | Export::Memory => {}
            }
        }
        // whatever holds references to values of the guest's must be found
        let extern_globals = self.shape.globals.iter().enumerate();
        globals.extend(
            extern_globals
                .filter(|(_, shape)| shape.value == ValueType::Extern)
                .map(|(index, _)| index as u32),
        );
        for list in [&mut funcs, &mut globals] {
            list.sort_unstable();
            list.dedup();
        }
        for index in funcs {
            let name = func_name(index);
            section.export(&name, ExportKind::Func, self.new_func_index(index));
        }
        for index in globals {
            let name = global_name(index);
            section.export(&name, ExportKind::Global, self.new_global_index(index));
        }
        if let Some(start) = self.shape.start {
            section.export(START, ExportKind::Func, self.new_func_index(start));
        }
        if !self.active.is_empty() {
            let index = self.shape.funcs.len() as u32 + shift;
            self.add_data_writer();
            section.export(WRITE_DATA, ExportKind::Func, index);
        }
        section
    }

    /// The function that [`WRITE_DATA`] names.
    fn add_data_writer(&mut self) {
        let ty = self.types.len();
        self.types.ty().function([], [wasm_encoder::ValType::I64]);
        self.functions.function(ty);
        let writer = bodies::data_writer(&self.active, self.memory_globals());
        self.code.function(&writer);
    }

    fn new_func_index(&self, index: u32) -> u32 {
        if (index as usize) < self.shape.imported_funcs() {
            index
        } else {
            index + self.helper_count()
        }
    }

    fn new_global_index(&self, index: u32) -> u32 {
        if (index as usize) < self.shape.imported_globals() {
            index
        } else {
            let tables = self.extern_tables().count() as u32;
            index + 2 * u32::from(self.has_memory()) + tables
        }
    }
}

/// What changes in types, numbers and single instructions.
impl Reencode for Draft {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.new_func_index(index))
    }

    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.new_global_index(index))
    }

    fn table_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        // tables that are left out are never named: `bodies` replaces what would
        Ok(self.table_map[index as usize].unwrap_or(u32::MAX))
    }

    fn val_type(
        &mut self,
        ty: wasmparser::ValType,
    ) -> Result<wasm_encoder::ValType, reencode::Error> {
        if ty == wasmparser::ValType::EXTERNREF {
            Ok(wasm_encoder::ValType::V128)
        } else {
            reencode::utils::val_type(self, ty)
        }
    }

    fn val_types(
        &mut self,
        types: Vec<wasmparser::ValType>,
    ) -> Result<Vec<wasm_encoder::ValType>, reencode::Error> {
        types.into_iter().map(|ty| self.val_type(ty)).collect()
    }

    fn instruction<'a>(
        &mut self,
        operator: wasmparser::Operator<'a>,
    ) -> Result<Instruction<'a>, reencode::Error> {
        match operator {
            wasmparser::Operator::RefNull { hty } if hty == wasmparser::HeapType::EXTERN => {
                Ok(Instruction::V128Const(0))
            }
            other => reencode::utils::instruction(self, other),
        }
    }
}

fn value_type(ty: wasmparser::ValType) -> Result<ValueType, Refused> {
    ValueType::of_wasm(ty).ok_or_else(|| unsupported(&format!("the type {ty}"), 0))
}

fn memory_limits(ty: wasmparser::MemoryType) -> Limits {
    // the validator has seen to it that these are at most 65,536
    Limits {
        min: ty.initial as u32,
        max: ty.maximum.map(|max| max as u32),
    }
}

fn global_shape(ty: wasmparser::GlobalType) -> Result<GlobalShape, Refused> {
    Ok(GlobalShape {
        value: value_type(ty.content_type)?,
        mutable: ty.mutable,
    })
}

fn table_type(shape: &TableShape) -> EntityType {
    EntityType::Table(wasm_encoder::TableType {
        element_type: wasm_encoder::RefType::FUNCREF,
        minimum: shape.limits.min.into(),
        maximum: shape.limits.max.map(Into::into),
        table64: false,
        shared: false,
    })
}

fn encoded_global(shape: GlobalShape) -> wasm_encoder::GlobalType {
    use wasm_encoder::ValType as V;
    wasm_encoder::GlobalType {
        val_type: match shape.value {
            ValueType::I32 => V::I32,
            ValueType::I64 => V::I64,
            ValueType::F32 => V::F32,
            ValueType::F64 => V::F64,
            ValueType::V128 | ValueType::Extern => V::V128,
            ValueType::Func => V::FUNCREF,
        },
        mutable: shape.mutable,
        shared: false,
    }
}
