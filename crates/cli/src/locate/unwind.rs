//! Finds the caller of a frame in a piece of recorded stack, by the `.eh_frame` table that every object carries for its
//! exceptions.
//!
//! No register's value was recorded, so the stack pointer is counted from the first recorded byte, and only frames
//! whose extent the table gives relative to the stack pointer can be unwound. Compilers lay out frames that way unless
//! told to keep a frame pointer, or not to optimise. Of those that keep one the recorder has followed the chain, and the table
//! tells whether it was right to. Where the table says anything else there is no answer: a wrong line would be worse.

use gimli::{
    BaseAddresses, CfaRule, EhFrame, NativeEndian, Register, RegisterRule, UnwindContext, UnwindSection, X86_64,
};

/// An object's `.eh_frame` section.
pub(super) struct Table {
    pub(super) bytes: Vec<u8>,
    /// Where the file says that it is loaded.
    pub(super) address: u64,
}

/// A frame: where it was called from, and where its caller's stack pointer is then, from the start of the stack bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) caller: u64,
    pub(super) stack_pointer: usize,
}

/// How to find the caller's frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So far above the stack pointer is the canonical frame address, which is the stack pointer in the caller.
    StackPointer(usize),
    /// The frame pointer points to that of the caller, behind which the return address stands.
    FramePointer,
}

impl Step {
    /// From `frame` to the one that called its function.
    pub(super) fn take(self, frame: Frame, stack: &[u8]) -> Option<Frame> {
        let Self::StackPointer(to_caller) = self else { return None };
        let stack_pointer = frame.stack_pointer.checked_add(to_caller)?;
        let start = stack_pointer.checked_sub(size_of::<u64>())?;
        let caller = u64::from_ne_bytes(stack.get(start..)?.first_chunk().copied()?);
        Some(Frame { caller, stack_pointer })
    }
}

impl Table {
    /// The step out of the function that holds `address` (of the file). All functions before it are gone through.
    pub(super) fn step(&self, address: u64) -> Option<Step> {
        if !cfg!(target_arch = "x86_64") {
            return None;
        }
        let section = EhFrame::new(&self.bytes, NativeEndian);
        let bases = BaseAddresses::default().set_eh_frame(self.address);
        let mut context = UnwindContext::new();
        let row = section.unwind_info_for_address(&bases, &mut context, address, EhFrame::cie_from_offset).ok()?;
        match (row.cfa(), row.register(X86_64::RA)) {
            (CfaRule::RegisterAndOffset { register, offset }, Some(RegisterRule::Offset(-8)))
                if *register == STACK_POINTER =>
            {
                Some(Step::StackPointer(usize::try_from(*offset).ok()?))
            }
            (CfaRule::RegisterAndOffset { register, offset: 16 }, Some(RegisterRule::Offset(-8)))
                if *register == X86_64::RBP && row.register(X86_64::RBP) == Some(RegisterRule::Offset(-16)) =>
            {
                Some(Step::FramePointer)
            }
            _ => None,
        }
    }
}

const STACK_POINTER: Register = X86_64::RSP;
