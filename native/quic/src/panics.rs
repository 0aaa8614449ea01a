// What the library said when it panicked, in place of Rust's own lines on standard error. Knows Rust's hook alone.
use std::sync::{Mutex, Once};

static LAST: Mutex<String> = Mutex::new(String::new());
static HOOK: Once = Once::new();

/// From now on panics of this file are remembered, not printed.
pub fn watch() {
    HOOK.call_once(|| std::panic::set_hook(Box::new(|info| {
        if let Ok(mut last) = LAST.lock() { *last = info.to_string(); }
    })));
}
/// The text of the last one.
pub fn last() -> String { LAST.lock().map(|mut last| std::mem::take(&mut *last)).unwrap_or_default() }
