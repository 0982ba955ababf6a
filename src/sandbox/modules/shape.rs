//! What a module imports, exports and consists of, in its author's words.

use std::{ops::Range, sync::Arc};

/// The type of a value. The letters are those of a [`FuncShape::signature`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// `i`
    I32,
    /// `l`
    I64,
    /// `f`
    F32,
    /// `d`
    F64,
    /// `v`
    V128,
    /// A reference to a value of the guest's: `e`.
    Extern,
    /// A reference to a function: `a`.
    Func,
}

impl ValueType {
    /// The letter in signatures.
    pub fn letter(self) -> char {
        match self {
            Self::I32 => 'i',
            Self::I64 => 'l',
            Self::F32 => 'f',
            Self::F64 => 'd',
            Self::V128 => 'v',
            Self::Extern => 'e',
            Self::Func => 'a',
        }
    }

    /// The type with that letter.
    pub fn of_letter(letter: &str) -> Option<Self> {
        Some(match letter {
            "i" => Self::I32,
            "l" => Self::I64,
            "f" => Self::F32,
            "d" => Self::F64,
            "v" => Self::V128,
            "e" => Self::Extern,
            "a" => Self::Func,
            _ => return None,
        })
    }

    /// The type as the binary format has it; `None` for those that are not supported.
    pub(super) fn of_wasm(ty: wasmparser::ValType) -> Option<Self> {
        use wasmparser::ValType as V;
        Some(match ty {
            V::I32 => Self::I32,
            V::I64 => Self::I64,
            V::F32 => Self::F32,
            V::F64 => Self::F64,
            V::V128 => Self::V128,
            V::Ref(r) if r == wasmparser::RefType::EXTERNREF => Self::Extern,
            V::Ref(r) if r == wasmparser::RefType::FUNCREF => Self::Func,
            V::Ref(_) => return None,
        })
    }
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncShape {
    /// Of its parameters.
    pub params: Vec<ValueType>,
    /// Of its results.
    pub results: Vec<ValueType>,
}

impl FuncShape {
    /// Letters of the parameters, a colon, letters of the results.
    pub fn signature(&self) -> String {
        let letters = |types: &[ValueType]| types.iter().map(|t| t.letter()).collect::<String>();
        format!("{}:{}", letters(&self.params), letters(&self.results))
    }
}

/// Sizes of a memory (pages of 64 KiB) or of a table (elements).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At the start.
    pub min: u32,
    /// Never more than this.
    pub max: Option<u32>,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// [`ValueType::Extern`] or [`ValueType::Func`].
    pub element: ValueType,
    /// Its sizes.
    pub limits: Limits,
}

/// A global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalShape {
    /// Of its value.
    pub value: ValueType,
    /// Whether it can be set.
    pub mutable: bool,
}

/// What an import must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A function.
    Func(Arc<FuncShape>),
    /// A table.
    Table(TableShape),
    /// A linear memory.
    Memory(Limits),
    /// A global.
    Global(GlobalShape),
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// First name.
    pub module: String,
    /// Second name.
    pub name: String,
    /// What it must be.
    pub item: Item,
}

/// What an export is, by its place in the module's own numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// A function.
    Func(u32),
    /// A table.
    Table(u32),
    /// The memory.
    Memory,
    /// A global.
    Global(u32),
}

/// A module as its author wrote it.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// In order.
    pub imports: Vec<Import>,
    /// In order.
    pub exports: Vec<(String, Export)>,
    /// The type of every function, imported ones first.
    pub funcs: Vec<Arc<FuncShape>>,
    /// Every table, imported ones first.
    pub tables: Vec<TableShape>,
    /// Every global, imported ones first.
    pub globals: Vec<GlobalShape>,
    /// The memory, if there is one.
    pub memory: Option<Limits>,
    /// The function that runs first.
    pub start: Option<u32>,
    /// Custom sections: name, and where in the module's bytes the content lies.
    pub custom: Vec<(String, Range<usize>)>,
}

impl Shape {
    fn imported(&self, is: impl Fn(&Item) -> bool) -> usize {
        self.imports
            .iter()
            .filter(|import| is(&import.item))
            .count()
    }

    /// How many functions are imported.
    pub fn imported_funcs(&self) -> usize {
        self.imported(|item| matches!(item, Item::Func(_)))
    }

    /// How many tables are imported.
    pub fn imported_tables(&self) -> usize {
        self.imported(|item| matches!(item, Item::Table(_)))
    }

    /// How many globals are imported.
    pub fn imported_globals(&self) -> usize {
        self.imported(|item| matches!(item, Item::Global(_)))
    }

    /// Whether the memory is imported.
    pub fn imports_memory(&self) -> bool {
        self.imported(|item| matches!(item, Item::Memory(_))) > 0
    }
}
