//! Loads the plugin, as a program in another language would.

use std::env;
use std::ffi::CString;

fn main() {
    let path = env::args().nth(1).expect("the plugin's path");
    let path = CString::new(path).expect("a path");
    // SAFETY: the strings end in NUL; the function is the plugin's, which takes and returns nothing.
    unsafe {
        let plugin = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        assert!(!plugin.is_null(), "the plugin is not loaded");
        let function = libc::dlsym(plugin, c"print_report".as_ptr());
        assert!(!function.is_null(), "the plugin has no such function");
        let print_report: extern "C" fn() = std::mem::transmute(function);
        print_report();
    }
}
