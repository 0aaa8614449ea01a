// A connection: what its streams bring becomes events, what is sent on them waits here until the peer takes it. Knows the library's
// streams; knows no socket.
use crate::board::{Board, Command, EARLY, Event, FIN, LAST, TELL, by, command, event};
use crate::proxy::Said;
use crate::settings::Limits;
use bytes::{Bytes, BytesMut};
use quinn_proto::{Connection, Dir, ReadError, StreamId, VarInt};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

/// A connection of an endpoint.
pub struct Conn {
    pub q: Connection,
    /// As JavaScript calls it.
    pub number: i32,
    pub limits: Limits,
    /// Something happened to it: it is to be read from and written to.
    pub dirty: bool,
    pub shaking: bool,
    /// JavaScript has heard of it.
    pub told: bool,
    /// It has ended, and JavaScript is to hear of that; and has heard.
    pub end: Option<Ending>,
    pub over: bool,
    pub resumed: bool,
    /// For whom a proxy speaks on it.
    pub proxied: Option<Rc<Said>>,
    pub began: Instant,
    /// The earliest entry of the heap.
    pub armed: Option<Instant>,
    /// Tests only: the next packet panics.
    pub faulty: bool,
    /// Streams that have something to read, in order.
    readable: Vec<StreamId>,
    early: HashSet<StreamId>,
    unsent: HashMap<StreamId, Unsent>,
    waiting: usize,
    stuck: Option<Instant>,
    opened: u64,
    allowed: u32,
}
/// How a connection ended.
pub struct Ending { pub by: i32, pub code: u64, pub application: bool, pub reason: Bytes }
struct Unsent { bytes: BytesMut, last: bool, tell: bool }

/// The library's numbers of streams are QUIC's.
pub fn number_of(id: StreamId) -> u64 { VarInt::from(id).into_inner() }
fn stream(number: u64) -> Option<StreamId> { VarInt::from_u64(number).ok().map(StreamId::from) }
pub fn code(number: u64) -> VarInt { VarInt::from_u64(number).unwrap_or(VarInt::MAX) }

impl Conn {
    pub fn new(q: Connection, number: i32, limits: Limits, now: Instant) -> Conn {
        let allowed = limits.streams.min(32);
        Conn {
            q, number, limits, dirty: false, shaking: true, told: false, end: None, over: false, resumed: false, proxied: None, began: now,
            armed: None, faulty: false,
            readable: Vec::new(), early: HashSet::new(), unsent: HashMap::new(), waiting: 0, stuck: None,
            opened: 0, allowed,
        }
    }

    /// When something has to happen that the library knows nothing of: a handshake that lasts, a peer that does not read.
    pub fn own_deadline(&self) -> Option<Instant> {
        if self.end.is_some() { return None; }
        if self.shaking { return Some(self.began + self.limits.handshake); }
        self.stuck.map(|since| since + self.limits.write)
    }

    // --- in

    /// Streams that the peer has opened.
    pub fn accept(&mut self, dir: Dir) {
        while let Some(id) = self.q.streams().accept(dir) {
            if self.shaking { self.early.insert(id); }
            if dir == Dir::Bi {
                self.opened = self.opened.max(id.index() + 1);
                if self.allowed < self.limits.streams && self.opened >= u64::from(self.allowed) / 2 {
                    self.allowed = self.limits.streams;
                    self.q.set_max_concurrent_streams(Dir::Bi, VarInt::from_u32(self.allowed));
                }
            }
            self.readable.push(id);
        }
    }
    pub fn may_read(&mut self, id: StreamId) { self.readable.push(id); }
    pub fn has_more(&self) -> bool { !self.readable.is_empty() }

    /// Puts what can be read onto the board, as far as there is room; false where there was not enough.
    pub fn pull(&mut self, board: &mut Board) -> bool {
        for i in 0..self.readable.len() {
            let id = self.readable[i];
            if !self.pull_stream(id, board) {
                self.readable.drain(..i);
                return false;
            }
        }
        self.readable.clear();
        true
    }
    fn pull_stream(&mut self, id: StreamId, board: &mut Board) -> bool {
        let base = Event { connection: self.number, stream: number_of(id), ..Event::default() };
        let early = if self.early.contains(&id) { EARLY } else { 0 };
        let mut stream = self.q.recv_stream(id);
        let Ok(mut chunks) = stream.read(true) else { return true };
        // A chunk is held back until it is known whether it was the last one, so that a short message is one event.
        let mut held: Option<Bytes> = None;
        let mut done = true;
        loop {
            let room = board.room();
            if room < 2048 + held.as_ref().map_or(0, Bytes::len) { done = false; break; }
            let most = room - held.as_ref().map_or(0, Bytes::len);
            match chunks.next(most) {
                Ok(Some(chunk)) => {
                    let Some(bytes) = held.replace(chunk.bytes) else { continue };
                    board.put(&Event { kind: event::DATA, bytes: &bytes, flags: early, ..base });
                }
                Ok(None) => {
                    let bytes = held.take().unwrap_or_default();
                    self.early.remove(&id);
                    board.put(&Event { kind: event::DATA, bytes: &bytes, flags: early | FIN, ..base });
                    break;
                }
                Err(ReadError::Reset(why)) => {
                    self.early.remove(&id);
                    board.put(&Event { kind: event::RESET, code: why.into_inner(), ..base });
                    break;
                }
                Err(ReadError::Blocked) => break,
            }
        }
        if let Some(bytes) = held { board.put(&Event { kind: event::DATA, bytes: &bytes, flags: early, ..base }); }
        let _ = chunks.finalize();
        done
    }

    // --- out

    /// Does what JavaScript wants. True where the connection is to be closed for what it holds.
    pub fn obey(&mut self, what: &Command, now: Instant, board_tells: &mut Vec<(i32, u64)>) {
        let Some(id) = stream(what.stream) else { return };
        match what.kind {
            command::SEND => self.send(id, what, now, board_tells),
            command::RESET => {
                self.forget(id);
                let _ = self.q.send_stream(id).reset(code(what.code));
            }
            command::STOP => { let _ = self.q.recv_stream(id).stop(code(what.code)); }
            _ => {}
        }
    }
    fn send(&mut self, id: StreamId, what: &Command, now: Instant, tells: &mut Vec<(i32, u64)>) {
        let (last, tell) = (what.flags & LAST != 0, what.flags & TELL != 0);
        if let Some(rest) = self.unsent.get_mut(&id) {
            rest.bytes.extend_from_slice(what.bytes);
            (rest.last, rest.tell) = (rest.last || last, rest.tell || tell);
            self.waiting += what.bytes.len();
            return self.bound(now);
        }
        let mut left = what.bytes;
        while !left.is_empty() {
            match self.q.send_stream(id).write(left) {
                Ok(count) => left = &left[count..],
                Err(quinn_proto::WriteError::Blocked) => {
                    self.unsent.insert(id, Unsent { bytes: left.into(), last, tell });
                    self.waiting += left.len();
                    self.stuck.get_or_insert(now);
                    return self.bound(now);
                }
                Err(_) => return,
            }
        }
        if last { let _ = self.q.send_stream(id).finish(); }
        if tell { tells.push((self.number, number_of(id))); }
    }
    fn bound(&mut self, now: Instant) {
        if self.waiting <= self.limits.unsent { return; }
        self.close(now, by::ERROR, self.limits.overload, Bytes::from_static(b"too much is unread"));
    }
    /// Ends the connection from this side.
    pub fn close(&mut self, now: Instant, by: i32, code: VarInt, reason: Bytes) {
        self.q.close(now, code, reason.clone());
        self.end.get_or_insert(Ending { by, code: code.into_inner(), application: true, reason });
    }
    /// The peer takes more on a stream.
    pub fn go_on(&mut self, id: StreamId, now: Instant, tells: &mut Vec<(i32, u64)>) {
        let Some(rest) = self.unsent.get_mut(&id) else { return };
        let before = rest.bytes.len();
        let mut gone = false;
        while !rest.bytes.is_empty() && !gone {
            match self.q.send_stream(id).write(&rest.bytes) {
                Ok(count) => { let _ = rest.bytes.split_to(count); }
                Err(quinn_proto::WriteError::Blocked) => break,
                Err(_) => gone = true,
            }
        }
        let moved = before - rest.bytes.len();
        self.waiting -= moved;
        if moved > 0 { self.stuck = Some(now); }
        if !gone && !rest.bytes.is_empty() { return; }
        let (last, tell) = (rest.last && !gone, rest.tell && !gone);
        self.forget(id);
        if last { let _ = self.q.send_stream(id).finish(); }
        if tell { tells.push((self.number, number_of(id))); }
    }
    fn forget(&mut self, id: StreamId) {
        if let Some(rest) = self.unsent.remove(&id) { self.waiting -= rest.bytes.len(); }
        if self.unsent.is_empty() { self.stuck = None; }
    }
    /// The peer wants nothing more on a stream: it is reset (RFC 9000 section 3.5).
    pub fn stop(&mut self, id: StreamId, why: VarInt) {
        self.forget(id);
        let _ = self.q.send_stream(id).reset(why);
    }
}
