//! Rewrites functions: every access to memory is checked and moved into the region.
//!
//! An access of `n` bytes at address `a` with offset `o` is allowed when `a + o + n` is at most the
//! memory's size, reckoned in 64 bits so that nothing wraps; then it happens at `base + a`, with
//! the same offset. Since the region lies inside the guest's memory, `base + a + o + n` does not
//! wrap either.

use wasm_encoder::{BlockType, Encode, Function, Instruction, MemArg, ValType, reencode::Reencode};
use wasmparser::{FuncValidator, FunctionBody, Operator, ValidatorResources};

use super::rewrite::{Draft, Refused, TableHelper};

/// The largest function, bytes: compiling takes more than linear time, and nothing can stop it.
const MAX_BODY: usize = 2 << 20;

/// The globals that say where the memory lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Globals {
    /// i32: where it starts.
    pub base: u32,
    /// i64: its size, bytes.
    pub size: u32,
}

/// Validates a function and adds its rewritten form to `draft`.
pub(super) fn rewrite(
    draft: &mut Draft,
    body: &FunctionBody<'_>,
    validator: &mut FuncValidator<ValidatorResources>,
) -> Result<(), Refused> {
    if body.range().len() > MAX_BODY {
        return Err(Refused {
            message: format!("a function of more than {MAX_BODY} bytes is not supported"),
            offset: body.range().start,
        });
    }
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut locals = Vec::new();
    let mut count = draft.param_count(validator.index());
    for declared in body.get_locals_reader()? {
        let (n, ty) = declared?;
        // the validator allows 50,000 at most
        count += n;
        locals.push((n, draft.val_type(ty)?));
    }
    let kept = keeps_in_locals(draft, body)?;
    let mut writer = Writer::new(draft.memory_globals(), count, kept);
    writer.refresh();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        let top = validator.get_operand_type(0).flatten();
        validator.op(offset, &operator)?;
        writer.operator(draft, operator, top)?;
    }
    let end = operators.original_position();
    operators
        .get_binary_reader()
        .finish_expression(&validator.visitor(end))?;
    locals.extend(writer.locals.iter().map(|ty| (1, *ty)));
    let mut function = Function::new(locals);
    function.raw(writer.code);
    draft.code.function(&function);
    Ok(())
}

/// Whether the function is faster with the memory's place in local variables: when it uses memory
/// more often than it calls others, after which the place must be looked up again.
fn keeps_in_locals(draft: &Draft, body: &FunctionBody<'_>) -> Result<bool, Refused> {
    if !draft.has_memory() {
        return Ok(false);
    }
    let (mut accesses, mut calls) = (0u32, 0u32);
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        accesses += u32::from(access(&operator).is_some());
        calls += u32::from(may_move_memory(&operator));
    }
    Ok(accesses > calls)
}

/// Whether the memory may lie elsewhere afterwards.
fn may_move_memory(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::MemoryGrow { .. }
    )
}

/// What lies on the stack above an access's address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    Nothing,
    Value(ValType),
}

/// How many bytes an operator accesses, at which offset, and what lies above the address.
fn access(operator: &Operator<'_>) -> Option<(u64, u64, Above)> {
    use Above::{Nothing, Value};
    use Operator as O;
    let (memarg, bytes, above) = match operator {
        O::I32Load8S { memarg }
        | O::I32Load8U { memarg }
        | O::I64Load8S { memarg }
        | O::I64Load8U { memarg }
        | O::V128Load8Splat { memarg } => (memarg, 1, Nothing),
        O::I32Load16S { memarg }
        | O::I32Load16U { memarg }
        | O::I64Load16S { memarg }
        | O::I64Load16U { memarg }
        | O::V128Load16Splat { memarg } => (memarg, 2, Nothing),
        O::I32Load { memarg }
        | O::F32Load { memarg }
        | O::I64Load32S { memarg }
        | O::I64Load32U { memarg }
        | O::V128Load32Splat { memarg }
        | O::V128Load32Zero { memarg } => (memarg, 4, Nothing),
        O::I64Load { memarg }
        | O::F64Load { memarg }
        | O::V128Load8x8S { memarg }
        | O::V128Load8x8U { memarg }
        | O::V128Load16x4S { memarg }
        | O::V128Load16x4U { memarg }
        | O::V128Load32x2S { memarg }
        | O::V128Load32x2U { memarg }
        | O::V128Load64Splat { memarg }
        | O::V128Load64Zero { memarg } => (memarg, 8, Nothing),
        O::V128Load { memarg } => (memarg, 16, Nothing),
        O::I32Store8 { memarg } => (memarg, 1, Value(ValType::I32)),
        O::I32Store16 { memarg } => (memarg, 2, Value(ValType::I32)),
        O::I32Store { memarg } => (memarg, 4, Value(ValType::I32)),
        O::I64Store8 { memarg } => (memarg, 1, Value(ValType::I64)),
        O::I64Store16 { memarg } => (memarg, 2, Value(ValType::I64)),
        O::I64Store32 { memarg } => (memarg, 4, Value(ValType::I64)),
        O::I64Store { memarg } => (memarg, 8, Value(ValType::I64)),
        O::F32Store { memarg } => (memarg, 4, Value(ValType::F32)),
        O::F64Store { memarg } => (memarg, 8, Value(ValType::F64)),
        O::V128Store { memarg } => (memarg, 16, Value(ValType::V128)),
        O::V128Load8Lane { memarg, .. } | O::V128Store8Lane { memarg, .. } => {
            (memarg, 1, Value(ValType::V128))
        }
        O::V128Load16Lane { memarg, .. } | O::V128Store16Lane { memarg, .. } => {
            (memarg, 2, Value(ValType::V128))
        }
        O::V128Load32Lane { memarg, .. } | O::V128Store32Lane { memarg, .. } => {
            (memarg, 4, Value(ValType::V128))
        }
        O::V128Load64Lane { memarg, .. } | O::V128Store64Lane { memarg, .. } => {
            (memarg, 8, Value(ValType::V128))
        }
        _ => return None,
    };
    Some((bytes, memarg.offset, above))
}

/// Writes one function.
struct Writer {
    code: Vec<u8>,
    globals: Globals,
    /// Number of the first local of our own.
    first: u32,
    /// Types of our own locals.
    locals: Vec<ValType>,
    /// Locals that hold base and size, if they are kept.
    kept: Option<(u32, u32)>,
    /// Locals for addresses and counts.
    words: Vec<u32>,
    /// Locals for values, by type.
    values: Vec<(ValType, u32)>,
}

impl Writer {
    fn new(globals: Globals, first: u32, kept: bool) -> Self {
        let mut writer = Self {
            code: Vec::new(),
            globals,
            first,
            locals: Vec::new(),
            kept: None,
            words: Vec::new(),
            values: Vec::new(),
        };
        if kept {
            writer.kept = Some((writer.local(ValType::I32), writer.local(ValType::I64)));
        }
        writer
    }

    fn emit(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.code);
        }
    }

    fn local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.first + self.locals.len() as u32 - 1
    }

    fn word(&mut self, n: usize) -> u32 {
        while self.words.len() <= n {
            let local = self.local(ValType::I32);
            self.words.push(local);
        }
        self.words[n]
    }

    fn value(&mut self, ty: ValType) -> u32 {
        if let Some((_, local)) = self.values.iter().find(|(known, _)| *known == ty) {
            return *local;
        }
        let local = self.local(ty);
        self.values.push((ty, local));
        local
    }

    fn base(&mut self) {
        match self.kept {
            Some((base, _)) => self.emit(&[Instruction::LocalGet(base)]),
            None => self.emit(&[Instruction::GlobalGet(self.globals.base)]),
        }
    }

    fn size(&mut self) {
        match self.kept {
            Some((_, size)) => self.emit(&[Instruction::LocalGet(size)]),
            None => self.emit(&[Instruction::GlobalGet(self.globals.size)]),
        }
    }

    /// Looks up where the memory lies.
    fn refresh(&mut self) {
        if let Some((base, size)) = self.kept {
            self.emit(&[
                Instruction::GlobalGet(self.globals.base),
                Instruction::LocalSet(base),
                Instruction::GlobalGet(self.globals.size),
                Instruction::LocalSet(size),
            ]);
        }
    }

    /// Ends the function with "out of bounds" when the condition on the stack holds.
    fn trap_if(&mut self) {
        self.emit(&[
            Instruction::If(BlockType::Empty),
            // the last byte of 4 GiB and beyond: no memory has it
            Instruction::I32Const(0),
            Instruction::I32Load(MemArg {
                offset: u32::MAX.into(),
                align: 0,
                memory_index: 0,
            }),
            Instruction::Drop,
            Instruction::Unreachable,
            Instruction::End,
        ]);
    }

    /// Checks that `address` plus `more` is at most the memory's size.
    fn check(&mut self, address: u32, more: u64) {
        self.emit(&[
            Instruction::LocalGet(address),
            Instruction::I64ExtendI32U,
            Instruction::I64Const(more as i64),
            Instruction::I64Add,
        ]);
        self.size();
        self.emit(&[Instruction::I64GtU]);
        self.trap_if();
    }

    /// Checks that `address` plus `count` is at most the memory's size.
    fn check_range(&mut self, address: u32, count: u32) {
        self.emit(&[
            Instruction::LocalGet(address),
            Instruction::I64ExtendI32U,
            Instruction::LocalGet(count),
            Instruction::I64ExtendI32U,
            Instruction::I64Add,
        ]);
        self.size();
        self.emit(&[Instruction::I64GtU]);
        self.trap_if();
    }

    /// Puts the place of `address` in the guest's memory on the stack.
    fn moved(&mut self, address: u32) {
        self.emit(&[Instruction::LocalGet(address)]);
        self.base();
        self.emit(&[Instruction::I32Add]);
    }

    /// Takes `N` words from the stack.
    fn take<const N: usize>(&mut self) -> [u32; N] {
        let words = std::array::from_fn(|n| self.word(n));
        for word in words.iter().rev() {
            self.emit(&[Instruction::LocalSet(*word)]);
        }
        words
    }

    fn operator(
        &mut self,
        draft: &mut Draft,
        operator: Operator<'_>,
        top: Option<wasmparser::ValType>,
    ) -> Result<(), Refused> {
        if let Some((bytes, offset, above)) = access(&operator) {
            let instruction = draft.instruction(operator)?;
            self.access(bytes, offset, above, &instruction);
            return Ok(());
        }
        if self.bulk(draft, &operator) || self.references(draft, &operator, top) {
            return Ok(());
        }
        let moves = may_move_memory(&operator);
        let instruction = draft.instruction(operator)?;
        self.emit(&[instruction]);
        if moves {
            self.refresh();
        }
        Ok(())
    }

    fn access(&mut self, bytes: u64, offset: u64, above: Above, instruction: &Instruction<'_>) {
        let value = match above {
            Above::Nothing => None,
            Above::Value(ty) => Some(self.value(ty)),
        };
        if let Some(value) = value {
            self.emit(&[Instruction::LocalSet(value)]);
        }
        let [address] = self.take();
        self.check(address, offset + bytes);
        self.moved(address);
        if let Some(value) = value {
            self.emit(&[Instruction::LocalGet(value)]);
        }
        instruction.encode(&mut self.code);
    }

    /// Operators on many bytes, or on the memory as a whole. Whether this was one.
    fn bulk(&mut self, draft: &Draft, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::MemorySize { .. } => {
                self.size();
                self.emit(&[
                    Instruction::I64Const(16),
                    Instruction::I64ShrU,
                    Instruction::I32WrapI64,
                ]);
            }
            Operator::MemoryGrow { .. } => {
                self.emit(&[Instruction::Call(draft.grow_function())]);
                self.refresh();
            }
            Operator::MemoryFill { .. } => {
                let [to, byte, count] = self.take();
                self.check_range(to, count);
                self.moved(to);
                self.emit(&[
                    Instruction::LocalGet(byte),
                    Instruction::LocalGet(count),
                    Instruction::MemoryFill(0),
                ]);
            }
            Operator::MemoryCopy { .. } => {
                let [to, from, count] = self.take();
                self.check_range(to, count);
                self.check_range(from, count);
                self.moved(to);
                self.moved(from);
                self.emit(&[
                    Instruction::LocalGet(count),
                    Instruction::MemoryCopy {
                        src_mem: 0,
                        dst_mem: 0,
                    },
                ]);
            }
            Operator::MemoryInit { data_index, .. } => {
                let [to, from, count] = self.take();
                self.check_range(to, count);
                self.moved(to);
                self.emit(&[
                    Instruction::LocalGet(from),
                    Instruction::LocalGet(count),
                    Instruction::MemoryInit {
                        mem: 0,
                        data_index: *data_index,
                    },
                ]);
            }
            _ => return false,
        }
        true
    }

    /// Operators on references to values of the guest's. Whether this was one.
    fn references(
        &mut self,
        draft: &Draft,
        operator: &Operator<'_>,
        top: Option<wasmparser::ValType>,
    ) -> bool {
        let number = Instruction::I32x4ExtractLane(0);
        match operator {
            Operator::RefIsNull if top == Some(wasmparser::ValType::EXTERNREF) => {
                self.emit(&[number, Instruction::I32Eqz]);
            }
            Operator::TableGet { table } if draft.is_extern_table(*table) => {
                self.table(draft, TableHelper::Get, &[*table]);
                self.emit(&[Instruction::I32x4Splat]);
            }
            Operator::TableSet { table } if draft.is_extern_table(*table) => {
                self.emit(&[number]);
                self.table(draft, TableHelper::Set, &[*table]);
            }
            Operator::TableSize { table } if draft.is_extern_table(*table) => {
                self.table(draft, TableHelper::Size, &[*table]);
            }
            Operator::TableGrow { table } if draft.is_extern_table(*table) => {
                let [count] = self.take();
                self.emit(&[number, Instruction::LocalGet(count)]);
                self.table(draft, TableHelper::Grow, &[*table]);
            }
            Operator::TableFill { table } if draft.is_extern_table(*table) => {
                let [count] = self.take();
                self.emit(&[number, Instruction::LocalGet(count)]);
                self.table(draft, TableHelper::Fill, &[*table]);
            }
            Operator::TableCopy {
                dst_table,
                src_table,
            } if draft.is_extern_table(*dst_table) => {
                self.table(draft, TableHelper::Copy, &[*dst_table, *src_table]);
            }
            _ => return false,
        }
        true
    }

    fn table(&mut self, draft: &Draft, helper: TableHelper, tables: &[u32]) {
        for table in tables {
            self.emit(&[Instruction::GlobalGet(draft.table_number(*table))]);
        }
        self.emit(&[Instruction::Call(draft.table_function(helper))]);
    }
}

/// A function that writes the data segments (number, offset's instructions, length) in order. It
/// answers 0, or which one does not fit (from 1) in the upper half and its offset in the lower.
pub(super) fn data_writer(segments: &[(u32, Vec<u8>, u32)], globals: Globals) -> Function {
    let mut writer = Writer::new(globals, 0, false);
    let offset = writer.word(0);
    for (nth, (number, instructions, length)) in segments.iter().enumerate() {
        writer.code.extend_from_slice(instructions);
        writer.emit(&[
            Instruction::LocalTee(offset),
            Instruction::I64ExtendI32U,
            Instruction::I64Const((*length).into()),
            Instruction::I64Add,
        ]);
        writer.size();
        writer.emit(&[
            Instruction::I64GtU,
            Instruction::If(BlockType::Empty),
            Instruction::LocalGet(offset),
            Instruction::I64ExtendI32U,
            Instruction::I64Const((nth as i64 + 1) << 32),
            Instruction::I64Or,
            Instruction::Return,
            Instruction::End,
        ]);
        writer.moved(offset);
        writer.emit(&[
            Instruction::I32Const(0),
            Instruction::I32Const(*length as i32),
            Instruction::MemoryInit {
                mem: 0,
                data_index: *number,
            },
            Instruction::DataDrop(*number),
        ]);
    }
    writer.emit(&[Instruction::I64Const(0), Instruction::End]);
    let mut function = Function::new(writer.locals.iter().map(|ty| (1, *ty)));
    function.raw(writer.code);
    function
}
