//! Opens an address in the browser, where there is one: quietly, for the address is printed too.

use std::process::{Command, Stdio};

/// The system's own way to open an address.
fn opener() -> (&'static str, &'static [&'static str]) {
    if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    }
}

pub(super) fn open(address: &str) {
    let (program, arguments) = opener();
    let mut command = Command::new(program);
    command.args(arguments).arg(address);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Ok(mut child) = command.spawn() {
        // Somebody has to take note of its end.
        std::thread::spawn(move || child.wait());
    }
}
