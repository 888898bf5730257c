//! Names the library as programs that are linked with it will ask for it, so that the dynamic linker takes the preloaded one
//! and that one for the same; and keeps it loaded where somebody opened and closes it, since threads hold pointers into it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for argument in ["-Wl,-soname,libbsock_preload.so", "-Wl,-z,nodelete"] {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
}
