// One UDP socket and the connections on it: datagrams in, one call into JavaScript a wake-up, datagrams out, one timer for all. Knows the
// library and how what may panic is kept apart; knows nothing of what the streams say.
use crate::board::{APPLICATION, Board, EARLY, Event, REJECTED, by, command, count, event};
use crate::connection::{Conn, Ending, code};
use crate::group::{self, Seat};
use crate::ids::{Keys, TaggedIds};
use crate::node::Callback;
use crate::panics;
use crate::settings::{Asking, Serving};
use crate::socket::{BATCH, Inbox, Outbox, Socket};
use crate::tls::take_resumed;
use crate::uv::{Watch, Woken};
use bytes::{Bytes, BytesMut};
use quinn_proto::{Connection, ConnectionError, ConnectionHandle, DatagramEvent, Endpoint as Library, EndpointConfig, EndpointEvent};
use quinn_proto::{Dir, Incoming, StreamEvent, Transmit};
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Batches in one wake-up, before answers leave.
const ROUNDS: usize = 4;
/// A number of a connection: its place, and how often the place was given away.
const PLACES: usize = 1 << 16;

/// A socket as JavaScript has it.
pub struct Endpoint { pub state: RefCell<State>, call: Callback, watch: RefCell<Option<Watch>>, closed: Cell<bool> }

/// Everything that may be in the middle of something when the library panics.
pub struct State {
    socket: Socket,
    seat: Option<Seat>,
    library: Library,
    pub serving: Option<Rc<Serving>>,
    conns: Vec<Option<Box<Conn>>>,
    given: Vec<u16>,
    living: usize,
    shaking: usize,
    dirty: Vec<usize>,
    /// The connection whose code runs.
    hand: Option<usize>,
    heap: BinaryHeap<Reverse<(Instant, usize)>>,
    inbox: Inbox,
    out: Outbox,
    scratch: Vec<u8>,
    board: Board,
    tells: Vec<(i32, u64)>,
    panic: Option<String>,
    blocked: bool,
    retries: u64,
    panics: u64,
    astray: u64,
    lost: u64,
    refused: u64,
}

impl Endpoint {
    pub fn new(socket: Socket, seat: Option<Seat>, keys: &Keys, board: Board, call: Callback) -> Rc<Endpoint> {
        let tag = seat.as_ref().map_or(0, |seat| seat.tag);
        let mut config = EndpointConfig::new(keys.reset.clone());
        config.cid_generator(move || Box::new(TaggedIds::new(tag)));
        let library = Library::new(Arc::new(config), None, false, None);
        let state = State {
            socket, seat, library, serving: None, conns: Vec::new(), given: Vec::new(), living: 0, shaking: 0, dirty: Vec::new(), hand: None,
            heap: BinaryHeap::new(), inbox: Inbox::new(), out: Outbox::new(), scratch: Vec::new(), board, tells: Vec::new(), panic: None,
            blocked: false, retries: 0, panics: 0, astray: 0, lost: 0, refused: 0,
        };
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
        let again = !state.tells.is_empty() || state.panic.is_some() || state.dirty.iter().any(|&ch| state.has_end(ch));
        let next = state.heap.peek().map(|Reverse((when, _))| when.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000) as u64);
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

fn at(conns: &mut [Option<Box<Conn>>], ch: usize) -> Option<&mut Box<Conn>> { conns.get_mut(ch)?.as_mut() }

/// What a connection has to say to the endpoint: ids given out and retired, its end.
fn exchange(library: &mut Library, c: &mut Conn, ch: usize) {
    while let Some(event) = c.q.poll_endpoint_events() {
        if let Some(back) = library.handle_event(ConnectionHandle(ch), event) { c.q.handle_event(back); }
    }
}

impl State {
    /// Who serves new connections from now on; None refuses them.
    pub fn serve(&mut self, serving: Option<Rc<Serving>>) {
        if let Some(serving) = &serving { self.library.set_server_config(Some(serving.config.clone())); }
        self.serving = serving;
    }
    pub fn port(&self) -> u16 { self.socket.address().map_or(0, |at| at.port()) }
    pub fn address(&self) -> Option<SocketAddr> { self.socket.address() }
    /// A connection by JavaScript's number.
    pub fn named(&mut self, number: i32) -> Option<&mut Box<Conn>> {
        at(&mut self.conns, number as usize & (PLACES - 1)).filter(|c| c.number == number)
    }
    pub fn mark_named(&mut self, number: i32) { self.mark(number as usize & (PLACES - 1)); }
    fn mark(&mut self, ch: usize) {
        if let Some(c) = at(&mut self.conns, ch) && !c.dirty { c.dirty = true; self.dirty.push(ch); }
    }
    fn has_end(&self, ch: usize) -> bool { self.conns[ch].as_ref().is_some_and(|c| c.end.is_some() && !c.over) }

    /// Begins a connection; its number.
    pub fn connect(&mut self, asking: &Asking, to: SocketAddr, name: &str) -> Result<i32, String> {
        let now = Instant::now();
        let (ch, q) = self.library.connect(now, asking.config.clone(), to, name).map_err(|error| error.to_string())?;
        let limits = asking.limits.clone();
        let Some(c) = self.enter(ch, q, limits, now) else { return Err("too many connections".to_owned()) };
        c.told = true;
        Ok(c.number)
    }
    fn enter(&mut self, ch: ConnectionHandle, q: Connection, limits: crate::settings::Limits, now: Instant) -> Option<&mut Box<Conn>> {
        if ch.0 >= PLACES {
            self.library.handle_event(ch, EndpointEvent::drained());
            return None;
        }
        if self.conns.len() <= ch.0 { self.conns.resize_with(ch.0 + 1, || None); self.given.resize(ch.0 + 1, 0); }
        self.given[ch.0] = (self.given[ch.0] + 1) & 0x3fff;
        let number = i32::from(self.given[ch.0]) << 16 | ch.0 as i32;
        self.conns[ch.0] = Some(Box::new(Conn::new(q, number, limits, now)));
        (self.living, self.shaking) = (self.living + 1, self.shaking + 1);
        self.mark(ch.0);
        at(&mut self.conns, ch.0)
    }

    // --- datagrams in

    fn receive(&mut self, now: Instant) -> usize {
        let count = self.inbox.receive(&self.socket);
        for i in 0..count {
            let Some((peer, asked, bytes)) = self.inbox.datagram(i) else { continue };
            if bytes.len() > 1 && bytes[0] & 0x80 == 0 && self.seat.as_ref().is_some_and(|seat| group::is_anothers(seat, bytes[1])) {
                self.astray += 1;          // its sender sends it again, and by then the kernel knows better
                continue;
            }
            // A copy of its own: a slice of a shared buffer would keep all of that buffer for as long as a byte of it waits in a stream.
            let data = BytesMut::from(bytes);
            self.datagram(now, peer, asked, data);
        }
        count
    }
    fn datagram(&mut self, now: Instant, peer: SocketAddr, asked: Option<IpAddr>, data: BytesMut) {
        let mut answer = std::mem::take(&mut self.scratch);
        answer.clear();
        match self.library.handle(now, peer, asked, None, data, &mut answer) {
            Some(DatagramEvent::ConnectionEvent(ch, event)) => {
                self.hand = Some(ch.0);
                if let Some(c) = at(&mut self.conns, ch.0) {
                    c.q.handle_event(event);
                    if c.shaking { c.resumed |= take_resumed(); }
                }
                self.mark(ch.0);
            }
            Some(DatagramEvent::NewConnection(incoming)) => { answer.clear(); self.newcomer(now, incoming, &mut answer); }
            Some(DatagramEvent::Response(to)) => self.respond(to, &answer),
            None => {}
        }
        self.hand = None;
        self.scratch = answer;
    }
    fn newcomer(&mut self, now: Instant, incoming: Incoming, answer: &mut Vec<u8>) {
        let Some(serving) = self.serving.clone() else { return self.refuse(incoming, answer) };
        let limits = &serving.limits;
        if self.living >= limits.connections.min(PLACES) || self.shaking >= limits.handshakes { return self.refuse(incoming, answer); }
        if self.shaking * 2 >= limits.handshakes && incoming.may_retry() && !incoming.remote_address_validated() {
            if let Ok(to) = self.library.retry(incoming, answer) { self.respond(to, answer); }
            self.retries += 1;
            return;
        }
        take_resumed();
        match self.library.accept(incoming, now, answer, Some(serving.config.clone())) {
            Ok((ch, q)) => if let Some(c) = self.enter(ch, q, limits.clone(), now) { c.resumed = take_resumed(); },
            Err(error) => if let Some(to) = error.response { self.respond(to, answer); },
        }
    }
    fn refuse(&mut self, incoming: Incoming, answer: &mut Vec<u8>) {
        self.refused += 1;
        let to = self.library.refuse(incoming, answer);
        self.respond(to, answer);
    }
    fn respond(&mut self, to: Transmit, bytes: &[u8]) {
        if self.out.is_full() && !self.flush() { self.lost += 1; return; }
        self.out.next().extend_from_slice(&bytes[..to.size]);
        self.out.take(&self.socket, to.destination, to.src_ip);
    }

    // --- to JavaScript

    /// Puts what has happened onto the board; true where not all had room.
    fn gather(&mut self, now: Instant) -> bool {
        for (number, stream) in std::mem::take(&mut self.tells) { self.board.put(&Event { kind: event::SENT, connection: number, stream, ..Event::default() }); }
        if let Some(text) = self.panic.take() { self.board.put(&Event { kind: event::PANIC, bytes: text.as_bytes(), ..Event::default() }); }
        for i in 0..self.dirty.len() {
            let ch = self.dirty[i];
            self.hand = Some(ch);
            if !self.read(ch, now) { self.hand = None; return true; }
        }
        self.hand = None;
        if let Some(lines) = self.serving.as_ref().and_then(|serving| serving.secrets.as_ref()).map(|secrets| secrets.take())
            && !lines.is_empty() && self.board.fits(lines.len()) {
            self.board.put(&Event { kind: event::SECRETS, bytes: &lines, ..Event::default() });
        }
        false
    }
    /// Takes what a connection has to say; false where the board is full.
    fn read(&mut self, ch: usize, now: Instant) -> bool {
        let Some(c) = at(&mut self.conns, ch) else { return true };
        loop {
            if c.over { return true; }
            if !self.board.fits(4096) { return false; }
            if c.has_more() && !c.pull(&mut self.board) { return false; }
            exchange(&mut self.library, c, ch);
            if !self.board.fits(4096) { return false; }
            let base = Event { connection: c.number, ..Event::default() };
            let Some(happened) = c.q.poll() else { break };
            match happened {
                quinn_proto::Event::Connected => {
                    if std::mem::take(&mut c.shaking) { self.shaking -= 1; }
                    begin(c, &mut self.board);
                    let rejected = c.q.side().is_client() && !c.q.accepted_0rtt();
                    self.board.put(&Event { kind: event::OPENED, flags: if rejected { REJECTED } else { 0 }, ..base });
                    if c.q.side().is_client() { self.board.put(&Event { kind: event::ROOM, ..base }); }
                }
                quinn_proto::Event::ConnectionLost { reason } => { c.end.get_or_insert(ending(reason)); }
                quinn_proto::Event::Stream(StreamEvent::Opened { dir }) => { begin(c, &mut self.board); c.accept(dir); }
                quinn_proto::Event::Stream(StreamEvent::Readable { id }) => c.may_read(id),
                quinn_proto::Event::Stream(StreamEvent::Writable { id }) => c.go_on(id, now, &mut self.tells),
                quinn_proto::Event::Stream(StreamEvent::Stopped { id, error_code }) => {
                    c.stop(id, error_code);
                    let stream = crate::connection::number_of(id);
                    self.board.put(&Event { kind: event::STOPPED, stream, code: error_code.into_inner(), ..base });
                }
                quinn_proto::Event::Stream(StreamEvent::Available { dir: Dir::Bi }) => self.board.put(&Event { kind: event::ROOM, ..base }),
                _ => {}
            }
        }
        if let Some(end) = &c.end {
            c.over = true;
            if std::mem::take(&mut c.shaking) { self.shaking -= 1; }
            let flags = if end.application { APPLICATION } else { 0 } | end.by << 8;
            let kind = if c.told { event::CLOSED } else { event::FAILED };
            let reason = &end.reason[..end.reason.len().min(256)];
            self.board.put(&Event { kind, connection: c.number, bytes: reason, flags, code: end.code, ..Event::default() });
        }
        true
    }

    // --- from JavaScript

    /// Does what is in the box.
    fn obey(&mut self, now: Instant) {
        for i in 0..self.board.waiting() {
            let what = self.board.command(i);
            let ch = what.connection as usize & (PLACES - 1);
            let Some(c) = at(&mut self.conns, ch).filter(|c| c.number == what.connection && !c.over) else { continue };
            self.hand = Some(ch);
            if what.kind == command::CLOSE { c.close(now, by::LOCAL, code(what.code), Bytes::copy_from_slice(what.bytes)); }
            else { c.obey(&what, now, &mut self.tells); }
            if !c.dirty { c.dirty = true; self.dirty.push(ch); }
        }
        self.hand = None;
        self.board.done();
    }
    /// The box is full: what is in it is done now.
    pub fn empty_box(&mut self) { self.obey(Instant::now()); }

    // --- datagrams out

    fn flush(&mut self) -> bool {
        self.blocked = !self.out.flush(&self.socket, &mut self.lost);
        !self.blocked
    }
    /// Writes the packets of what is dirty, sets timers, forgets what is drained.
    fn write(&mut self, now: Instant) {
        if self.blocked && !self.flush() { return; }
        let dirty = std::mem::take(&mut self.dirty);
        for (i, &ch) in dirty.iter().enumerate() {
            self.hand = Some(ch);
            if !self.write_one(ch, now) {
                self.dirty.extend_from_slice(&dirty[i..]);
                self.hand = None;
                return;
            }
        }
        self.hand = None;
        self.flush();
    }
    fn write_one(&mut self, ch: usize, now: Instant) -> bool {
        loop {
            if self.out.is_full() && !self.flush() { return false; }
            let Some(c) = at(&mut self.conns, ch) else { return true };
            assert!(!c.faulty, "a fault was asked for");
            let Some(to) = c.q.poll_transmit(now, 1, self.out.next()) else { break };
            self.out.take(&self.socket, to.destination, to.src_ip);
        }
        let Some(c) = at(&mut self.conns, ch) else { return true };
        c.dirty = false;
        exchange(&mut self.library, c, ch);
        if c.end.is_some() && !c.over {
            c.dirty = true;
            self.dirty.push(ch);
        } else if c.q.is_drained() && c.over {
            self.conns[ch] = None;
            self.living -= 1;
        } else if let Some(next) = deadline(c) && c.armed.is_none_or(|armed| next < armed) {
            c.armed = Some(next);          // one that moves later is put back when the old one fires
            self.heap.push(Reverse((next, ch)));
        }
        true
    }

    fn timers(&mut self, now: Instant) {
        while let Some(&Reverse((when, ch))) = self.heap.peek() {
            if when > now { break; }
            self.heap.pop();
            let Some(c) = at(&mut self.conns, ch) else { continue };
            if c.armed != Some(when) { continue; }
            c.armed = None;
            match deadline(c) {
                Some(next) if next > now => { c.armed = Some(next); self.heap.push(Reverse((next, ch))); }
                _ => { self.hand = Some(ch); expire(c, now); self.mark(ch); self.hand = None; }
            }
        }
    }

    /// After a panic of the library: the connection in hand is forgotten, all others go on.
    fn mend(&mut self) {
        self.panics += 1;
        self.panic = Some(panics::last());
        if let Some(ch) = self.hand.take() && let Some(c) = self.conns.get_mut(ch).and_then(Option::take) {
            self.library.handle_event(ConnectionHandle(ch), EndpointEvent::drained());
            self.living -= 1;
            if c.shaking { self.shaking -= 1; }
            if c.told && !c.over {
                let flags = by::ERROR << 8;
                self.board.put(&Event { kind: event::CLOSED, connection: c.number, bytes: b"internal error", flags, code: 1, ..Event::default() });
            }
        }
        self.board.done();
        self.dirty = (0..self.conns.len()).filter(|&ch| self.conns[ch].as_ref().is_some_and(|c| c.dirty)).collect();
    }
    fn say_counts(&self) {
        for (what, value) in [
            (count::OPEN, self.living as u64), (count::SHAKING, self.shaking as u64), (count::RETRIES, self.retries), (count::PANICS, self.panics),
            (count::ASTRAY, self.astray), (count::LOST, self.lost), (count::REFUSED, self.refused), (count::TIMERS, self.heap.len() as u64),
        ] { self.board.tell(what, value); }
    }
    /// The socket leaves its port, and is closed.
    pub fn leave(self) {
        if let Some(seat) = &self.seat { group::close(self.socket, seat); }
    }
}

/// JavaScript hears of a connection before anything else of it.
fn begin(c: &mut Conn, board: &mut Board) {
    if std::mem::replace(&mut c.told, true) { return; }
    board.put(&Event { kind: event::BEGUN, connection: c.number, flags: if c.shaking { EARLY } else { 0 }, ..Event::default() });
}
fn deadline(c: &mut Conn) -> Option<Instant> {
    match (c.q.poll_timeout(), c.own_deadline()) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
fn expire(c: &mut Conn, now: Instant) {
    if c.own_deadline().is_some_and(|own| own <= now) && c.end.is_none() {
        let reason: &[u8] = if c.shaking { b"the handshake lasts too long" } else { b"nothing is read" };
        let (by, code) = if c.shaking { (by::SILENCE, code(0)) } else { (by::ERROR, c.limits.overload) };
        c.close(now, by, code, Bytes::copy_from_slice(reason));
    }
    c.q.handle_timeout(now);
}
fn ending(reason: ConnectionError) -> Ending {
    let end = |by, code, application, reason: Bytes| Ending { by, code, application, reason };
    match reason {
        ConnectionError::ApplicationClosed(close) => end(by::PEER, close.error_code.into_inner(), true, close.reason),
        ConnectionError::ConnectionClosed(close) => end(by::PEER, close.error_code.into(), false, close.reason),
        ConnectionError::TransportError(error) => end(by::ERROR, error.code.into(), false, Bytes::from(error.reason)),
        ConnectionError::Reset => end(by::RESET, 0, false, Bytes::new()),
        ConnectionError::TimedOut => end(by::SILENCE, 0, false, Bytes::new()),
        ConnectionError::LocallyClosed => end(by::LOCAL, 0, true, Bytes::new()),
        other => end(by::ERROR, 1, false, Bytes::from(other.to_string())),
    }
}
