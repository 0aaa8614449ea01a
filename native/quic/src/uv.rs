// The event loop: a socket that is watched, one timer, and a look before each wait. Knows libuv's calls, which live in Node's binary as
// Node-API's do; sizes are asked for when running, so no header is needed. Knows nothing of QUIC.
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

type Handle = *mut c_void;
unsafe extern "C" {
    fn uv_handle_size(kind: c_int) -> usize;
    fn uv_handle_set_data(handle: Handle, data: *mut c_void);
    fn uv_handle_get_data(handle: Handle) -> *mut c_void;
    fn uv_unref(handle: Handle);
    fn uv_close(handle: Handle, call: unsafe extern "C" fn(Handle));
    fn uv_poll_init(uv: *mut c_void, handle: Handle, fd: c_int) -> c_int;
    fn uv_poll_start(handle: Handle, events: c_int, call: unsafe extern "C" fn(Handle, c_int, c_int)) -> c_int;
    fn uv_timer_init(uv: *mut c_void, handle: Handle) -> c_int;
    fn uv_timer_start(handle: Handle, call: unsafe extern "C" fn(Handle), timeout: u64, repeat: u64) -> c_int;
    fn uv_timer_stop(handle: Handle) -> c_int;
    fn uv_prepare_init(uv: *mut c_void, handle: Handle) -> c_int;
    fn uv_prepare_start(handle: Handle, call: unsafe extern "C" fn(Handle)) -> c_int;
    fn uv_update_time(uv: *mut c_void);
}
const POLL: c_int = 8;              // kinds of libuv's handles
const PREPARE: c_int = 9;
const TIMER: c_int = 13;
const READABLE: c_int = 1;
const WRITABLE: c_int = 2;

/// Who is woken.
pub trait Woken {
    fn readable(&self);
    fn writable(&self);
    fn time(&self);
    /// Before the loop waits.
    fn before_wait(&self);
}

struct Shared { woken: Rc<dyn Woken>, open: u8, closed: Option<Box<dyn FnOnce()>> }

/// The handles of one socket. They live until `close` has called back.
pub struct Watch { uv: *mut c_void, poll: Handle, timer: Handle, prepare: Handle, writes: Cell<bool> }

impl Watch {
    /// With `keeps`, the loop goes on for as long as this is open.
    pub fn start(uv: *mut c_void, fd: c_int, woken: Rc<dyn Woken>, keeps: bool) -> Watch {
        let shared: *mut c_void = Box::into_raw(Box::new(Shared { woken, open: 3, closed: None })).cast();
        unsafe {
            let [poll, timer, prepare] = [POLL, TIMER, PREPARE].map(|kind| libc::calloc(1, uv_handle_size(kind)));
            uv_poll_init(uv, poll, fd);
            uv_timer_init(uv, timer);
            uv_prepare_init(uv, prepare);
            for handle in [poll, timer, prepare] { uv_handle_set_data(handle, shared); }
            if !keeps { uv_unref(poll); }
            uv_unref(timer);
            uv_unref(prepare);
            uv_poll_start(poll, READABLE, on_poll);
            uv_prepare_start(prepare, on_prepare);
            Watch { uv, poll, timer, prepare, writes: Cell::new(false) }
        }
    }
    /// Whether to be woken when the socket takes more.
    pub fn wait_to_write(&self, waits: bool) {
        // libuv tells the kernel each time.
        if self.writes.replace(waits) == waits { return; }
        unsafe { uv_poll_start(self.poll, if waits { READABLE | WRITABLE } else { READABLE }, on_poll); }
    }
    /// Wakes after so many milliseconds, or never.
    pub fn wake_after(&self, milliseconds: Option<u64>) {
        match milliseconds {
            Some(wait) => unsafe { uv_update_time(self.uv); uv_timer_start(self.timer, on_timer, wait, 0); },
            None => unsafe { uv_timer_stop(self.timer); },
        }
    }
    /// Watches no more. `closed` is called when the socket may be closed, not before this call is over.
    pub fn close(self, closed: Box<dyn FnOnce()>) {
        unsafe {
            (*uv_handle_get_data(self.poll).cast::<Shared>()).closed = Some(closed);
            for handle in [self.poll, self.timer, self.prepare] { uv_close(handle, on_closed); }
        }
    }
}

unsafe fn wake(handle: Handle, work: impl FnOnce(&dyn Woken)) {
    let shared = unsafe { &*uv_handle_get_data(handle).cast::<Shared>() };
    if shared.closed.is_some() { return; }
    let woken = shared.woken.clone();
    let _ = catch_unwind(AssertUnwindSafe(|| work(&*woken)));
}
unsafe extern "C" fn on_poll(handle: Handle, status: c_int, events: c_int) {
    unsafe {
        if events & WRITABLE != 0 { wake(handle, |woken| woken.writable()); }
        if status < 0 || events & READABLE != 0 { wake(handle, |woken| woken.readable()); }
    }
}
unsafe extern "C" fn on_timer(handle: Handle) { unsafe { wake(handle, |woken| woken.time()); } }
unsafe extern "C" fn on_prepare(handle: Handle) { unsafe { wake(handle, |woken| woken.before_wait()); } }
unsafe extern "C" fn on_closed(handle: Handle) {
    unsafe {
        let shared = uv_handle_get_data(handle).cast::<Shared>();
        libc::free(handle);
        (*shared).open -= 1;
        if (*shared).open > 0 { return; }
        let closed = Box::from_raw(shared).closed.take();      // `woken` is let go of before
        if let Some(closed) = closed { let _ = catch_unwind(AssertUnwindSafe(closed)); }
    }
}
