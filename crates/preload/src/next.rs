//! The real functions: what the dynamic linker would have bound had this library not been there.
//!
//! Each has a slot that the shim jumps through. A slot begins with the address of a stub, which binds all slots and jumps
//! on: so hooks work before the constructor has run, and no call ever asks whether it is bound. The constructor binds them
//! before `main`, and thus before any signal handler of the program's; `dlsym` neither locks nor allocates in a way that a
//! thread could wait for there.

use core::ffi::{CStr, c_void};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;

macro_rules! hooks {
    ($($name:ident: $kind:ident $(($($argument:tt),*))? $(=> $hook:path)?;)*) => {
        /// The slots.
        #[allow(non_upper_case_globals, reason = "a slot is named as its function is")]
        pub(crate) mod slot {
            use core::ffi::c_void;
            use core::sync::atomic::AtomicPtr;

            $(pub(crate) static $name: AtomicPtr<c_void> = AtomicPtr::new(super::stub::$name as *mut c_void);)*
        }

        /// What the slots hold at first.
        #[allow(non_snake_case, reason = "a stub is named as its function is")]
        mod stub {
            $(
                #[unsafe(naked)]
                pub(super) extern "C" fn $name() {
                    core::arch::naked_asm!(
                        "call {bind}",
                        "jmp qword ptr [rip + {slot}]",
                        bind = sym super::bind_keeping_registers,
                        slot = sym super::slot::$name,
                    )
                }
            )*
        }

        /// The exported functions.
        #[allow(non_snake_case, reason = "C has a function named _Exit")]
        mod export {
            $(crate::shim::exported!($name, crate::next::slot::$name, $kind $(($($argument),*))? $(=> $hook)?);)*
        }

        /// Every slot with the name to bind it to.
        const SLOTS: &[(&AtomicPtr<c_void>, &CStr)] = &[
            $((&slot::$name, {
                const NAME: &str = concat!(stringify!($name), "\0");
                match CStr::from_bytes_with_nul(NAME.as_bytes()) {
                    Ok(name) => name,
                    Err(_) => c"",
                }
            }),)*
        ];
    };
}

include!("table.rs");

/// Calls the real function of `slot`, of type `$type`.
macro_rules! real {
    ($slot:ident as $type:ty, $($argument:expr),*) => {{
        let address = crate::next::slot::$slot.load(core::sync::atomic::Ordering::Relaxed);
        // SAFETY: a slot holds libc's function of that name, or a stub that ends in it; the type is libc's.
        let function: $type = unsafe { core::mem::transmute(address) };
        // SAFETY: the arguments are the program's, passed on as they came; what they must be is its promise to libc.
        unsafe { function($($argument),*) }
    }};
}
pub(crate) use real;

/// Binds every slot.
pub(crate) extern "C" fn bind_all() {
    // SAFETY: errno is the calling thread's. `dlsym` may set it, a hook may not.
    let errno = unsafe { *libc::__errno_location() };
    for (slot, name) in SLOTS {
        // SAFETY: a NUL-terminated name.
        let mut address = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
        if address.is_null() {
            address = missing as *mut c_void;
        }
        slot.store(address, Relaxed);
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// Stands in for a function that this libc does not have.
extern "C" fn missing() -> libc::c_int {
    // SAFETY: errno is the calling thread's.
    unsafe { *libc::__errno_location() = libc::ENOSYS };
    -1
}

/// [`bind_all`] for the stubs.
#[unsafe(naked)]
extern "C" fn bind_keeping_registers() {
    crate::shim::keeping_registers!(bind_all, "ret")
}
