// The hooks, in one table: the exported name, what it does, and the register that its frame's address is passed in (the
// first one that its own arguments leave free). A new hook is a line here, a function for the line to name, and a line in
// the recording's table of functions. Tests read this file, and compare it with what the library exports.

hooks! {
    socket: record(rcx) => crate::sockets::socket;
    bind: record(rcx) => crate::sockets::bind;
    listen: record(rdx) => crate::sockets::listen;
    accept: record(rcx) => crate::sockets::accept;
    accept4: record(r8) => crate::sockets::accept4;
    connect: record(rcx) => crate::sockets::connect;
    shutdown: record(rdx) => crate::sockets::shutdown;
    close: record(rsi) => crate::sockets::close;

    send: record(r8) => crate::transfer::send;
    recv: record(r8) => crate::transfer::recv;
    write: record(rcx) => crate::transfer::write;
    read: record(rcx) => crate::transfer::read;

    fork: record(rdi) => crate::life::fork;
    execve: record(rcx) => crate::life::execve;
    exit: record(rsi) => crate::life::exit;
    _exit: record(rsi) => crate::life::underscore_exit;
    _Exit: record(rsi) => crate::life::underscore_exit;

    vfork: observe => crate::thread::before_vfork;
    clone: observe => crate::thread::before_clone;
    dlclose: observe => crate::sites::forget;
    prctl: observe => crate::confine::prctl;
    syscall: observe => crate::confine::syscall;
}
