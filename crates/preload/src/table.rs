// The hooks, in one table: the exported name, what it does, and the register that its frame's address is passed in (the
// first one that its own arguments leave free; `stack` where they leave none, `stack_after_one` where one of them is on the
// stack already). A new hook is a line here, a function for the line to name, and a line in the recording's table of
// functions. Names that libc has for one function share a hook. Tests read this file, and compare it with what the library
// exports.

hooks! {
    socket: record(rcx) => crate::sockets::socket;
    socketpair: record(r8) => crate::sockets::socketpair;
    bind: record(rcx) => crate::sockets::bind;
    bindresvport: record(rdx) => crate::sockets::bindresvport;
    listen: record(rdx) => crate::sockets::listen;
    accept: record(rcx) => crate::sockets::accept;
    accept4: record(r8) => crate::sockets::accept4;
    connect: record(rcx) => crate::sockets::connect;
    __connect: record(rcx) => crate::sockets::connect;
    getsockname: record(rcx) => crate::sockets::getsockname;
    getpeername: record(rcx) => crate::sockets::getpeername;
    sockatmark: record(rsi) => crate::sockets::sockatmark;
    isfdtype: record(rdx) => crate::sockets::isfdtype;
    getsockopt: record(r9) => crate::options::getsockopt;
    setsockopt: record(r9) => crate::options::setsockopt;
    shutdown: record(rdx) => crate::ending::shutdown;
    close: record(rsi) => crate::ending::close;
    __close: record(rsi) => crate::ending::close;

    send: record(r8) => crate::transfer::send;
    __send: record(r8) => crate::transfer::send;
    recv: record(r8) => crate::transfer::recv;
    __recv_chk: record(r9) => crate::transfer::recv_chk;
    write: record(rcx) => crate::transfer::write;
    __write: record(rcx) => crate::transfer::write;
    read: record(rcx) => crate::transfer::read;
    __read: record(rcx) => crate::transfer::read;
    __read_chk: record(r8) => crate::transfer::read_chk;
    sendto: record(stack) => crate::transfer::sendto;
    recvfrom: record(stack) => crate::transfer::recvfrom;
    __recvfrom_chk: record(stack_after_one) => crate::transfer::recvfrom_chk;
    sendfile: record(r8) => crate::transfer::sendfile;
    sendfile64: record(r8) => crate::transfer::sendfile;
    splice: record(stack) => crate::transfer::splice;
    tee: record(r8) => crate::transfer::tee;
    copy_file_range: record(stack) => crate::transfer::copy_file_range;
    pread: record(r8) => crate::transfer::pread;
    pread64: record(r8) => crate::transfer::pread;
    __pread64: record(r8) => crate::transfer::pread;
    __pread_chk: record(r9) => crate::transfer::pread_chk;
    __pread64_chk: record(r9) => crate::transfer::pread_chk;
    pwrite: record(r8) => crate::transfer::pwrite;
    pwrite64: record(r8) => crate::transfer::pwrite;
    __pwrite64: record(r8) => crate::transfer::pwrite;

    sendmsg: record(rcx) => crate::messages::sendmsg;
    recvmsg: record(rcx) => crate::messages::recvmsg;
    sendmmsg: record(r8) => crate::messages::sendmmsg;
    recvmmsg: record(r9) => crate::messages::recvmmsg;
    readv: record(rcx) => crate::messages::readv;
    writev: record(rcx) => crate::messages::writev;
    vmsplice: record(r8) => crate::messages::vmsplice;
    preadv: record(r8) => crate::messages::preadv;
    preadv64: record(r8) => crate::messages::preadv;
    preadv2: record(r9) => crate::messages::preadv2;
    preadv64v2: record(r9) => crate::messages::preadv2;
    pwritev: record(r8) => crate::messages::pwritev;
    pwritev64: record(r8) => crate::messages::pwritev;
    pwritev2: record(r9) => crate::messages::pwritev2;
    pwritev64v2: record(r9) => crate::messages::pwritev2;

    dup: record(rsi) => crate::descriptors::dup;
    dup2: record(rdx) => crate::descriptors::dup2;
    __dup2: record(rdx) => crate::descriptors::dup2;
    dup3: record(rcx) => crate::descriptors::dup3;
    fcntl: record(rcx) => crate::descriptors::fcntl;
    fcntl64: record(rcx) => crate::descriptors::fcntl;
    __fcntl: record(rcx) => crate::descriptors::fcntl;
    ioctl: record(rcx) => crate::descriptors::ioctl;
    close_range: record(rcx) => crate::descriptors::close_range;
    closefrom: record(rsi) => crate::descriptors::closefrom;

    poll: record(rcx) => crate::readiness::poll;
    __poll: record(rcx) => crate::readiness::poll;
    __poll_chk: record(r8) => crate::readiness::poll_chk;
    ppoll: record(r8) => crate::readiness::ppoll;
    __ppoll_chk: record(r9) => crate::readiness::ppoll_chk;
    select: record(r9) => crate::readiness::select;
    __select: record(r9) => crate::readiness::select;
    pselect: record(stack) => crate::readiness::pselect;
    epoll_create: record(rsi) => crate::readiness::epoll_create;
    epoll_create1: record(rsi) => crate::readiness::epoll_create1;
    epoll_ctl: record(r8) => crate::readiness::epoll_ctl;
    epoll_wait: record(r8) => crate::readiness::epoll_wait;
    epoll_pwait: record(r9) => crate::readiness::epoll_pwait;
    epoll_pwait2: record(r9) => crate::readiness::epoll_pwait2;
    __fdelt_chk: record(rsi) => crate::readiness::fdelt_chk;
    __fdelt_warn: record(rsi) => crate::readiness::fdelt_chk;

    fdopen: record(rdx) => crate::streams::fdopen;
    fclose: record(rsi) => crate::streams::fclose;
    fcloseall: record(rdi) => crate::streams::fcloseall;
    freopen: record(rcx) => crate::streams::freopen;
    freopen64: record(rcx) => crate::streams::freopen;
    pclose: record(rsi) => crate::streams::pclose;
    popen: record(rdx) => crate::execute::popen;

    fork: record(rdi) => crate::life::fork;
    __fork: record(rdi) => crate::life::fork;
    _Fork: record(rdi) => crate::life::underscore_fork;
    forkpty: record(r8) => crate::life::forkpty;
    daemon: record(rdx) => crate::life::daemon;
    login_tty: record(rsi) => crate::life::login_tty;
    exit: record(rsi) => crate::life::exit;
    quick_exit: record(rsi) => crate::life::quick_exit;
    _exit: record(rsi) => crate::life::underscore_exit;
    _Exit: record(rsi) => crate::life::underscore_exit;

    execve: record(rcx) => crate::execute::execve;
    execv: record(rdx) => crate::execute::execv;
    execvp: record(rdx) => crate::execute::execvp;
    execvpe: record(rcx) => crate::execute::execvpe;
    fexecve: record(rcx) => crate::execute::fexecve;
    execveat: record(r9) => crate::execute::execveat;
    execl: gather => crate::execute::execl;
    execlp: gather => crate::execute::execlp;
    execle: gather => crate::execute::execle;
    posix_spawn: record(stack) => crate::execute::posix_spawn;
    posix_spawnp: record(stack) => crate::execute::posix_spawnp;
    system: record(rsi) => crate::execute::system;

    getaddrinfo: record(r8) => crate::names::getaddrinfo;
    freeaddrinfo: record(rsi) => crate::names::freeaddrinfo;
    getnameinfo: record(stack_after_one) => crate::names::getnameinfo;
    gethostbyname: record(rsi) => crate::names::gethostbyname;
    gethostbyname2: record(rdx) => crate::names::gethostbyname2;
    gethostbyname_r: record(stack) => crate::names::gethostbyname_r;
    gethostbyaddr: record(rcx) => crate::names::gethostbyaddr;

    vfork: observe => crate::thread::before_vfork;
    __vfork: observe => crate::thread::before_vfork;
    clone: observe => crate::thread::before_clone;
    __clone: observe => crate::thread::before_clone;
    dlopen: observe => crate::escape::dlopen;
    dlmopen: observe => crate::escape::dlmopen;
    dlclose: observe => crate::sites::forget;
    prctl: observe => crate::confine::prctl;
    syscall: observe => crate::escape::syscall;
}
