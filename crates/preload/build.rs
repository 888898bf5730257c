//! How the recorder is linked: never to be unloaded, since threads may be in its code, or come back to it, at any time.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
