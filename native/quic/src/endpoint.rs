// One UDP socket and the event loop: what came becomes one call into JavaScript a wake-up, what that says leaves, one timer serves all.
// Knows how what may panic is kept apart; what is done with datagrams and connections is state.rs's.
use crate::board::Board;
use crate::connection::code;
use crate::group::Seat;
use crate::ids::{Keys, TaggedIds};
use crate::node::Callback;
use crate::socket::{BATCH, Socket};
use crate::state::{State, at};
use crate::uv::{Watch, Woken};
use bytes::Bytes;
use quinn_proto::{Endpoint as Library, EndpointConfig};
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Batches in one wake-up, before answers leave.
const ROUNDS: usize = 4;

/// A socket as JavaScript has it.
pub struct Endpoint { pub state: RefCell<State>, call: Callback, watch: RefCell<Option<Watch>>, closed: Cell<bool> }

impl Endpoint {
    pub fn new(socket: Socket, seat: Option<Seat>, keys: &Keys, board: Board, call: Callback) -> Rc<Endpoint> {
        let tag = seat.as_ref().map_or(0, |seat| seat.tag);
        let mut config = EndpointConfig::new(keys.reset.clone());
        config.cid_generator(move || Box::new(TaggedIds::new(tag)));
        let library = Library::new(Arc::new(config), None, false, None);
        let state = State::new(socket, seat, library, board);
        Rc::new(Endpoint { state: RefCell::new(state), call, watch: RefCell::new(None), closed: Cell::new(false) })
    }
    pub fn watch(&self, watch: Watch) { self.watch.replace(Some(watch)); }

    /// Says goodbye on all connections and watches no more; `closed` is called when the socket may go.
    pub fn close(&self, closed: Box<dyn FnOnce()>) {
        if self.closed.replace(true) { return; }
        let now = Instant::now();
        self.guard(|state| {
            state.obey(now);
            state.write(now);
            for ch in 0..state.conns.len() {
                if let Some(c) = at(&mut state.conns, ch) && !c.q.is_closed() { c.q.close(now, code(0), Bytes::new()); state.mark(ch); }
            }
            state.write(now);
        });
        if let Some(watch) = self.watch.take() { watch.close(closed); }
    }

    /// Runs what may panic: the library has done so on bad input before (RUSTSEC-2024-0373), and that must not end the process.
    fn guard<T>(&self, work: impl FnOnce(&mut State) -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(|| work(&mut self.state.borrow_mut())));
        if done.is_err() { self.state.borrow_mut().mend(); }
        done.ok()
    }
    /// What has happened goes to JavaScript, what it says goes out.
    fn turn(&self, now: Instant) {
        loop {
            let more = self.guard(|state| { state.obey(now); state.gather(now) }).unwrap_or(true);
            let count = self.state.borrow_mut().board.take();
            if count > 0 { self.call.call(count as f64); }
            if self.closed.get() { return; }
            if !more { break; }
        }
        self.guard(|state| { state.obey(now); state.write(now); });
        self.arm();
    }
    fn arm(&self) {
        let state = self.state.borrow();
        state.say_counts();
        let Some(watch) = &*self.watch.borrow() else { return };
        watch.wait_to_write(state.blocked);
        let untold = !state.tells.is_empty() || state.panic.is_some() || !state.broken.is_empty();
        let again = untold || state.dirty.iter().any(|&ch| state.has_end(ch));
        let until = |when: &Instant| when.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000) as u64;
        let next = state.heap.peek().map(|Reverse((when, _))| until(when));
        watch.wake_after(if again { Some(0) } else { next });
    }
}

impl Woken for Endpoint {
    fn readable(&self) {
        let now = Instant::now();
        for _ in 0..ROUNDS {
            if self.guard(|state| state.receive(now)).unwrap_or(0) < BATCH { break; }
        }
        self.turn(now);
    }
    fn writable(&self) { self.turn(Instant::now()); }
    fn time(&self) {
        let now = Instant::now();
        self.guard(|state| state.timers(now));
        self.turn(now);
    }
    fn before_wait(&self) {
        let idle = { let state = self.state.borrow(); state.board.waiting() == 0 && (state.dirty.is_empty() || state.blocked) };
        if !idle { self.turn(Instant::now()); }
    }
}

