//! Makes of each line of `table.rs` the exported function, its slot for the real one, and the stub that binds it.
//!
//! The exported functions are naked, for three reasons: with nobody recording they must be a load, a compare and a jump; the
//! hook needs the address of the frame that the caller's `call` made, from which come the return address and, for a
//! transparent caller, the stack; and variadic functions must keep every argument register.
//!
//! `r11` is free: the calling convention gives it to nobody. `cfi` directives make the few instructions unwindable, since a
//! profiler or a cancellation may come while they run.

/// A naked exported function of one of the kinds that the table knows.
macro_rules! exported {
    ($name:ident, $next:path, record($frame:ident) => $hook:path) => {
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
                concat!("mov ", stringify!($frame), ", rsp"),
                "jmp {hook}",
                ".cfi_endproc",
                recording = sym crate::process::RECORDING,
                next = sym $next,
                hook = sym $hook,
            )
        }
    };
    // Returns twice, so that no frame of ours may stand below it: marks the thread and is gone.
    ($name:ident, $next:path, observe_vfork) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C-unwind" fn $name() {
            core::arch::naked_asm!(
                ".cfi_startproc",
                "endbr64",
                "mov r11, qword ptr [rip + {recording}]",
                "cmp dword ptr [r11], 0",
                "je 2f",
                "mov r11, qword ptr [rip + bsock_preload_thread@GOTTPOFF]",
                "mov qword ptr fs:[r11], 0",
                "mov qword ptr fs:[r11 + 8], 1",
                "2:",
                "jmp qword ptr [rip + {next}]",
                ".cfi_endproc",
                recording = sym crate::process::RECORDING,
                next = sym $next,
            )
        }
    };
    // Variadic. If the first argument is $first, or it is $second and the word in $word is PR_SET_SECCOMP (22), the process
    // is about to be confined.
    ($name:ident, $next:path, observe_seccomp($number:ident, $first:literal, $second:literal, $word:ident)) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C-unwind" fn $name() {
            core::arch::naked_asm!(
                ".cfi_startproc",
                "endbr64",
                concat!("cmp ", stringify!($number), ", ", stringify!($first)),
                "je 2f",
                concat!("cmp ", stringify!($number), ", ", stringify!($second)),
                "jne 3f",
                concat!("cmp ", stringify!($word), ", 22"),
                "jne 3f",
                "2:",
                "mov byte ptr [rip + {confined}], 1",
                "3:",
                "jmp qword ptr [rip + {next}]",
                ".cfi_endproc",
                confined = sym crate::process::CONFINED,
                next = sym $next,
            )
        }
    };
}
pub(crate) use exported;
