//! Makes of each line of `table.rs` the exported function, its slot for the real one, and the stub that binds it.
//!
//! The exported functions are naked, for three reasons: with nobody recording they must be a load, a compare and a jump; the
//! hook needs the address of the frame that the caller's `call` made, from which come the return address and, for a
//! transparent caller, the stack; and variadic functions must keep every argument register.
//!
//! `r11` is free: the calling convention gives it to nobody. `cfi` directives make the few instructions unwindable, since a
//! profiler or a cancellation may come while they run.

/// The body of a naked function that calls $function with its own first five arguments and the address of its frame as the
/// sixth, and goes on with $then, every register that may hold an argument as it was.
macro_rules! keeping_registers {
    ($function:path, $then:literal $(, $operand:ident = sym $symbol:path)*) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "endbr64",
            "push rbp",
            ".cfi_adjust_cfa_offset 8",
            ".cfi_rel_offset rbp, 0",
            "mov rbp, rsp",
            ".cfi_def_cfa_register rbp",
            "push rax",
            "push rdi",
            "push rsi",
            "push rdx",
            "push rcx",
            "push r8",
            "push r9",
            "push r10",
            "lea r9, [rbp + 8]",
            "and rsp, -16",
            "call {function}",
            "lea rsp, [rbp - 64]",
            "pop r10",
            "pop r9",
            "pop r8",
            "pop rcx",
            "pop rdx",
            "pop rsi",
            "pop rdi",
            "pop rax",
            "pop rbp",
            ".cfi_restore rbp",
            ".cfi_def_cfa rsp, 8",
            $then,
            ".cfi_endproc",
            function = sym $function,
            $($operand = sym $symbol,)*
        )
    };
}
pub(crate) use keeping_registers;

/// The naked exported function $name that goes straight on to the real one while nobody records, and otherwise through $lines,
/// in which `{hook}` is the hook and `{next}` the real function's slot.
macro_rules! unless_nobody_records {
    ($name:ident, $next:path, $hook:path, [$($lines:tt)*]) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C-unwind" fn $name() {
            core::arch::naked_asm!(
                ".cfi_startproc",
                "endbr64",
                "mov r11, qword ptr [rip + {recording}]",
                "cmp dword ptr [r11], 0",
                "jne 2f",
                "jmp qword ptr [rip + {next}]",
                "2:",
                $($lines)*
                ".cfi_endproc",
                recording = sym crate::process::RECORDING,
                next = sym $next,
                hook = sym $hook,
            )
        }
    };
}
pub(crate) use unless_nobody_records;

/// Puts into r11 what `crate::call::Frame` is: where the return address lies, which is where the stack begins, and in the upper
/// 16 bits how many words above it `rbp` points, or 0 if it points elsewhere.
macro_rules! frame {
    () => {
        "mov r11, rbp
         sub r11, rsp
         cmp r11, 0x7fff8
         jbe 4f
         xor r11d, r11d
         4:
         shr r11, 3
         shl r11, 48
         or r11, rsp"
    };
}
pub(crate) use frame;

/// A naked exported function of one of the kinds that the table knows.
macro_rules! exported {
    // Six arguments take all six registers: the frame's address is the seventh, which the calling convention wants on the stack.
    // `r10` and `rax` are free, too, but no Rust function can name them. So the shim calls where it otherwise jumps, and its
    // own frame of one word is one more to unwind, for which the directives are there: a cancellation flies through it.
    ($name:ident, $next:path, record(stack) => $hook:path) => {
        crate::shim::unless_nobody_records!($name, $next, $hook, [
            crate::shim::frame!(),
            "push r11",
            ".cfi_adjust_cfa_offset 8",
            "call {hook}",
            "pop rcx",
            ".cfi_adjust_cfa_offset -8",
            "ret",
        ]);
    };
    // Seven arguments: the last is on the caller's stack already and is passed on; the frame's address is the eighth. The
    // third word keeps the stack aligned to 16.
    ($name:ident, $next:path, record(stack_after_one) => $hook:path) => {
        crate::shim::unless_nobody_records!($name, $next, $hook, [
            crate::shim::frame!(),
            "sub rsp, 8",
            ".cfi_adjust_cfa_offset 8",
            "push r11",
            ".cfi_adjust_cfa_offset 8",
            "push qword ptr [rsp + 24]",
            ".cfi_adjust_cfa_offset 8",
            "call {hook}",
            "add rsp, 24",
            ".cfi_adjust_cfa_offset -24",
            "ret",
        ]);
    };
    ($name:ident, $next:path, record($frame:ident) => $hook:path) => {
        crate::shim::unless_nobody_records!($name, $next, $hook, [
            crate::shim::frame!(),
            concat!("mov ", stringify!($frame), ", r11"),
            "jmp {hook}",
        ]);
    };
    // Arguments without number, as of `execl`: the hook gets the first, where the other five registers lie in memory, where
    // those on the stack lie, and the frame. It returns -1 where it has made the call itself, otherwise the real function is
    // gone on to, every register as it was.
    ($name:ident, $next:path, gather => $hook:path) => {
        crate::shim::unless_nobody_records!($name, $next, $hook, [
            "push rbp",
            ".cfi_adjust_cfa_offset 8",
            ".cfi_rel_offset rbp, 0",
            "mov rbp, rsp",
            ".cfi_def_cfa_register rbp",
            "push rax",
            "push r9",
            "push r8",
            "push rcx",
            "push rdx",
            "push rsi",
            "push rdi",
            "lea rsi, [rbp - 48]",
            "lea rdx, [rbp + 16]",
            "lea rcx, [rbp + 8]",
            "and rsp, -16",
            "call {hook}",
            "lea rsp, [rbp - 56]",
            "test eax, eax",
            "jne 3f",
            "pop rdi",
            "pop rsi",
            "pop rdx",
            "pop rcx",
            "pop r8",
            "pop r9",
            "pop rax",
            "pop rbp",
            ".cfi_remember_state",
            ".cfi_restore rbp",
            ".cfi_def_cfa rsp, 8",
            "jmp qword ptr [rip + {next}]",
            ".cfi_restore_state",
            "3:",
            "leave",
            ".cfi_restore rbp",
            ".cfi_def_cfa rsp, 8",
            "ret",
        ]);
    };
    // Only looked at before it is made, because it is variadic, or returns twice (no frame of ours may stand below it then): the
    // hook sees the argument registers, and all of them come back as they were.
    ($name:ident, $next:path, observe => $hook:path) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C-unwind" fn $name() {
            crate::shim::keeping_registers!($hook, "jmp qword ptr [rip + {next}]", next = sym $next)
        }
    };
}
pub(crate) use exported;
