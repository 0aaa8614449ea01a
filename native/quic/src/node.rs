// Node-API: values, functions, memory that both sides see, and the end of an environment. Knows Node's calls; knows nothing of QUIC.
// Everything here runs on the thread of its environment.
use napi_sys as n;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};

/// An environment: the main thread's or a worker's.
#[derive(Clone, Copy)]
pub struct Env(n::napi_env);
/// A JavaScript value, valid while the call lasts that it came with.
pub type Value = n::napi_value;
/// What JavaScript calls: a value, or the text of the Error that is thrown.
pub type Function = fn(Env, &[Value]) -> Result<Value, String>;

const MOST_ARGUMENTS: usize = 12;

impl Env {
    pub fn number(self, value: f64) -> Value {
        let mut made = null_mut();
        unsafe { n::napi_create_double(self.0, value, &mut made); }
        made
    }
    pub fn text(self, value: &str) -> Value {
        let mut made = null_mut();
        unsafe { n::napi_create_string_utf8(self.0, value.as_ptr().cast(), value.len() as isize, &mut made); }
        made
    }
    pub fn truth(self, value: bool) -> Value {
        let mut made = null_mut();
        unsafe { n::napi_get_boolean(self.0, value, &mut made); }
        made
    }
    pub fn nothing(self) -> Value {
        let mut made = null_mut();
        unsafe { n::napi_get_undefined(self.0, &mut made); }
        made
    }
    pub fn object(self) -> Value {
        let mut made = null_mut();
        unsafe { n::napi_create_object(self.0, &mut made); }
        made
    }
    pub fn bytes(self, value: &[u8]) -> Value {
        let (mut made, mut copy) = (null_mut(), null_mut());
        unsafe { n::napi_create_buffer_copy(self.0, value.len(), value.as_ptr().cast(), &mut copy, &mut made); }
        made
    }
    pub fn set(self, object: Value, name: &str, value: Value) {
        unsafe { n::napi_set_property(self.0, object, self.text(name), value); }
    }

    pub fn as_number(self, value: Value) -> Option<f64> {
        let mut number = 0.0;
        (unsafe { n::napi_get_value_double(self.0, value, &mut number) } == n::Status::napi_ok).then_some(number)
    }
    pub fn as_text(self, value: Value) -> Option<String> {
        let mut length = 0;
        if unsafe { n::napi_get_value_string_utf8(self.0, value, null_mut(), 0, &mut length) } != n::Status::napi_ok { return None; }
        let mut bytes = vec![0u8; length + 1];
        unsafe { n::napi_get_value_string_utf8(self.0, value, bytes.as_mut_ptr().cast(), length + 1, &mut length); }
        bytes.truncate(length);
        String::from_utf8(bytes).ok()
    }
    pub fn as_truth(self, value: Value) -> Option<bool> {
        let mut truth = false;
        (unsafe { n::napi_get_value_bool(self.0, value, &mut truth) } == n::Status::napi_ok).then_some(truth)
    }
    pub fn as_list(self, value: Value) -> Vec<Value> {
        let mut length = 0;
        if unsafe { n::napi_get_array_length(self.0, value, &mut length) } != n::Status::napi_ok { return Vec::new(); }
        (0..length).map(|i| { let mut each = null_mut(); unsafe { n::napi_get_element(self.0, value, i, &mut each); } each }).collect()
    }
    /// A copy of the bytes of a Uint8Array.
    pub fn as_bytes(self, value: Value) -> Option<Vec<u8>> {
        let (data, length) = self.typed(value)?;
        if length == 0 { return Some(Vec::new()); }
        Some(unsafe { std::slice::from_raw_parts(data, length) }.to_vec())
    }
    /// A property; None where it is undefined.
    pub fn get(self, object: Value, name: &str) -> Option<Value> {
        let (mut value, mut kind) = (null_mut(), 0);
        unsafe {
            if n::napi_get_property(self.0, object, self.text(name), &mut value) != n::Status::napi_ok { return None; }
            n::napi_typeof(self.0, value, &mut kind);
        }
        (kind != n::ValueType::napi_undefined).then_some(value)
    }

    fn typed(self, value: Value) -> Option<(*mut u8, usize)> {
        let (mut kind, mut length, mut data, mut of, mut at) = (0, 0, null_mut(), null_mut(), 0);
        let status = unsafe { n::napi_get_typedarray_info(self.0, value, &mut kind, &mut length, &mut data, &mut of, &mut at) };
        if status != n::Status::napi_ok { return None; }
        let size = match kind { n::TypedarrayType::int32_array => 4, n::TypedarrayType::uint8_array => 1, _ => return None };
        Some((data.cast(), length * size))
    }
    /// The memory of an Int32Array or Uint8Array, which stays where it is: kept until it is dropped.
    pub fn memory(self, value: Value) -> Option<Memory> {
        let (data, length) = self.typed(value)?;
        Some(Memory { _kept: Kept::new(self, value), data, length })
    }
    /// A function that is called from the event loop.
    pub fn callback(self, value: Value) -> Callback {
        let mut context = null_mut();
        unsafe { n::napi_async_init(self.0, null_mut(), self.text("quic"), &mut context); }
        Callback { kept: Kept::new(self, value), context }
    }
    /// The event loop.
    pub fn event_loop(self) -> *mut std::ffi::c_void {
        let mut found = null_mut();
        unsafe { n::napi_get_uv_event_loop(self.0, &mut found); }
        found.cast()
    }
}

/// A value that is kept from being collected.
struct Kept { env: Env, reference: n::napi_ref }
impl Kept {
    fn new(env: Env, value: Value) -> Kept {
        let mut reference = null_mut();
        unsafe { n::napi_create_reference(env.0, value, 1, &mut reference); }
        Kept { env, reference }
    }
}
impl Drop for Kept {
    fn drop(&mut self) { unsafe { n::napi_delete_reference(self.env.0, self.reference); } }
}

/// Bytes that JavaScript sees too. Both sides run on one thread, one after the other.
pub struct Memory { _kept: Kept, data: *mut u8, length: usize }
impl Memory {
    pub fn len(&self) -> usize { self.length }
    pub fn word(&self, i: usize) -> i32 {
        assert!((i + 1) * 4 <= self.length);
        unsafe { self.data.cast::<i32>().add(i).read() }
    }
    pub fn set_word(&self, i: usize, value: i32) {
        assert!((i + 1) * 4 <= self.length);
        unsafe { self.data.cast::<i32>().add(i).write(value); }
    }
    pub fn put(&self, at: usize, bytes: &[u8]) {
        assert!(at <= self.length && bytes.len() <= self.length - at);
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.add(at), bytes.len()); }
    }
    /// The bytes there, until JavaScript runs again; None where they would lie outside.
    pub fn get(&self, at: usize, length: usize) -> Option<&[u8]> {
        (at <= self.length && length <= self.length - at).then(|| unsafe { std::slice::from_raw_parts(self.data.add(at), length) })
    }
}

/// A function of JavaScript, called from outside of it.
pub struct Callback { kept: Kept, context: n::napi_async_context }
impl Callback {
    /// What it throws is Node's: an uncaught exception.
    pub fn call(&self, number: f64) {
        let env = self.kept.env;
        let (mut scope, mut call, mut this, mut result) = (null_mut(), null_mut(), null_mut(), null_mut());
        unsafe {
            if n::napi_open_handle_scope(env.0, &mut scope) != n::Status::napi_ok { return; }
            n::napi_get_reference_value(env.0, self.kept.reference, &mut call);
            n::napi_get_global(env.0, &mut this);
            let given = env.number(number);
            n::napi_make_callback(env.0, self.context, this, call, 1, &given, &mut result);
            n::napi_close_handle_scope(env.0, scope);
        }
    }
}
impl Drop for Callback {
    fn drop(&mut self) { unsafe { n::napi_async_destroy(self.kept.env.0, self.context); } }
}

/// What is done before an environment ends, which waits until `done`.
pub struct End { hook: n::napi_async_cleanup_hook_handle }
type Last = Box<dyn Fn()>;
impl End {
    /// `last` is called when the environment is about to end, if `done` was not before.
    pub fn expect(env: Env, last: Last) -> End {
        let mut hook = null_mut();
        unsafe { n::napi_add_async_cleanup_hook(env.0, Some(ends), Box::into_raw(Box::new(last)).cast(), &mut hook); }
        End { hook }
    }
    /// Nothing is left: the environment may end.
    pub fn done(self) { unsafe { n::napi_remove_async_cleanup_hook(self.hook); } }
}
unsafe extern "C" fn ends(_hook: n::napi_async_cleanup_hook_handle, data: *mut std::ffi::c_void) {
    let last = unsafe { Box::from_raw(data.cast::<Last>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| last()));
}

unsafe extern "C" fn called(env: n::napi_env, info: n::napi_callback_info) -> n::napi_value {
    let (mut count, mut given, mut data) = (MOST_ARGUMENTS, [null_mut(); MOST_ARGUMENTS], null_mut());
    unsafe { n::napi_get_cb_info(env, info, &mut count, given.as_mut_ptr(), null_mut(), &mut data); }
    let function = unsafe { *data.cast::<Function>() };
    let outcome = catch_unwind(AssertUnwindSafe(|| function(Env(env), &given)));
    match outcome.unwrap_or_else(|_| Err("the addon of QUIC has failed".to_owned())) {
        Ok(value) => value,
        Err(text) => unsafe {
            let mut error = null_mut();
            n::napi_create_error(env, null_mut(), Env(env).text(&text), &mut error);
            n::napi_throw(env, error);
            null_mut()
        },
    }
}

/// Puts functions among the exports.
pub fn export(env: Env, exports: Value, functions: &'static [(&'static str, Function)]) {
    for (name, function) in functions {
        let mut made = null_mut();
        unsafe { n::napi_create_function(env.0, null(), 0, Some(called), (&raw const *function).cast_mut().cast(), &mut made); }
        env.set(exports, name, made);
    }
}

/// What Node calls when it loads the file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(env: n::napi_env, exports: n::napi_value) -> n::napi_value {
    crate::surface::fill(Env(env), exports);
    exports
}
