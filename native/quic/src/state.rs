// The connections of one socket: what happened to them becomes events, commands become theirs, packets leave, timers fire. Knows the
// library; datagrams that come are incoming.rs's, what streams say is nobody's here.
use crate::board::{APPLICATION, Board, EARLY, Event, REJECTED, by, command, count, event};
use crate::connection::{Conn, code};
use crate::ending::{deadline, ending, expire};
use crate::group::{self, Seat};
use crate::panics;
use crate::proxy::Proxied;
use crate::settings::Serving;
use crate::socket::{Inbox, Outbox, Socket};
use bytes::Bytes;
use quinn_proto::{ConnectionHandle, Dir, Endpoint as Library, EndpointEvent, StreamEvent};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

/// A number of a connection: its place, and how often the place was given away.
pub const PLACES: usize = 1 << 16;

/// Everything that may be in the middle of something when the library panics.
pub struct State {
    pub socket: Socket,
    pub seat: Option<Seat>,
    pub library: Library,
    pub serving: Option<Rc<Serving>>,
    pub conns: Vec<Option<Box<Conn>>>,
    pub given: Vec<u16>,
    pub living: usize,
    pub shaking: usize,
    pub dirty: Vec<usize>,
    /// The connection whose code runs.
    pub hand: Option<usize>,
    /// Commands of the box that are done.
    pub obeyed: usize,
    pub heap: BinaryHeap<Reverse<(Instant, usize)>>,
    pub inbox: Inbox,
    pub out: Outbox,
    pub scratch: Vec<u8>,
    pub board: Board,
    pub tells: Vec<(i32, u64)>,
    pub proxied: Proxied,
    pub panic: Option<String>,
    /// Connections that a panic has cost.
    pub broken: Vec<i32>,
    pub blocked: bool,
    pub retries: u64,
    pub panics: u64,
    pub astray: u64,
    pub lost: u64,
    pub refused: u64,
}

/// The connection of a place.
pub fn at(conns: &mut [Option<Box<Conn>>], ch: usize) -> Option<&mut Box<Conn>> { conns.get_mut(ch)?.as_mut() }

/// What a connection has to say to the endpoint: ids given out and retired, its end.
fn exchange(library: &mut Library, c: &mut Conn, ch: usize) {
    while let Some(event) = c.q.poll_endpoint_events() {
        if let Some(back) = library.handle_event(ConnectionHandle(ch), event) { c.q.handle_event(back); }
    }
}

impl State {
    pub fn new(socket: Socket, seat: Option<Seat>, library: Library, board: Board) -> State {
        State {
            socket, seat, library, serving: None, conns: Vec::new(), given: Vec::new(), living: 0, shaking: 0, dirty: Vec::new(),
            hand: None, obeyed: 0, heap: BinaryHeap::new(), inbox: Inbox::new(), out: Outbox::new(), scratch: Vec::new(),
            board, tells: Vec::new(), proxied: Proxied::default(), panic: None, broken: Vec::new(), blocked: false,
            retries: 0, panics: 0, astray: 0, lost: 0, refused: 0,
        }
    }
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
    pub fn mark(&mut self, ch: usize) {
        if let Some(c) = at(&mut self.conns, ch) && !c.dirty { c.dirty = true; self.dirty.push(ch); }
    }
    pub fn has_end(&self, ch: usize) -> bool { self.conns[ch].as_ref().is_some_and(|c| c.end.is_some() && !c.over) }

    // --- to JavaScript

    /// Puts what has happened onto the board; true where not all had room.
    pub fn gather(&mut self, now: Instant) -> bool {
        while let Some((connection, stream)) = self.tells.pop() {
            if !self.board.fits(0) { self.tells.push((connection, stream)); return true; }
            self.board.put(&Event { kind: event::SENT, connection, stream, ..Event::default() });
        }
        if !self.board.fits(4096) { return true; }
        if let Some(text) = self.panic.take() {
            self.board.put(&Event { kind: event::PANIC, bytes: &text.as_bytes()[..text.len().min(4096)], ..Event::default() });
        }
        for (reason, refused) in self.proxied.refused.iter_mut().enumerate() {
            let Some((count, peer)) = refused.take() else { continue };
            let text = format!("{}", SocketAddr::new(peer.ip().to_canonical(), peer.port()));
            let event = Event { kind: event::PROXY, bytes: text.as_bytes(), flags: reason as i32, code: count.into(), ..Event::default() };
            self.board.put(&event);
        }
        while let Some(connection) = self.broken.pop() {
            if !self.board.fits(64) { self.broken.push(connection); return true; }
            let base = Event { kind: event::CLOSED, connection, bytes: b"internal error", code: 1, ..Event::default() };
            self.board.put(&Event { flags: by::ERROR << 8, ..base });
        }
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
    pub fn read(&mut self, ch: usize, now: Instant) -> bool {
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
    pub fn obey(&mut self, now: Instant) {
        // One that panics is done too: those behind it are done when this is called again.
        while self.obeyed < self.board.waiting() {
            let i = self.obeyed;
            self.obeyed += 1;
            let what = self.board.command(i);
            let ch = what.connection as usize & (PLACES - 1);
            let Some(c) = at(&mut self.conns, ch).filter(|c| c.number == what.connection && !c.over) else { continue };
            self.hand = Some(ch);
            if what.kind == command::CLOSE { c.close(now, by::LOCAL, code(what.code), Bytes::copy_from_slice(what.bytes)); }
            else { c.obey(&what, now, &mut self.tells); }
            if !c.dirty { c.dirty = true; self.dirty.push(ch); }
        }
        self.hand = None;
        self.obeyed = 0;
        self.board.done();
    }
    /// The box is full: what is in it is done now.
    pub fn empty_box(&mut self) { self.obey(Instant::now()); }

    // --- datagrams out

    pub fn flush(&mut self) -> bool {
        self.blocked = !self.out.flush(&self.socket, &mut self.lost);
        !self.blocked
    }
    /// Writes the packets of what is dirty, sets timers, forgets what is drained.
    pub fn write(&mut self, now: Instant) {
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
    pub fn write_one(&mut self, ch: usize, now: Instant) -> bool {
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

    pub fn timers(&mut self, now: Instant) {
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
    pub fn mend(&mut self) {
        self.panics += 1;
        self.panic = Some(panics::last());
        if let Some(ch) = self.hand.take() && let Some(c) = self.conns.get_mut(ch).and_then(Option::take) {
            self.library.handle_event(ConnectionHandle(ch), EndpointEvent::drained());
            self.living -= 1;
            if c.shaking { self.shaking -= 1; }
            if c.told && !c.over { self.broken.push(c.number); }
        }
        self.dirty = (0..self.conns.len()).filter(|&ch| self.conns[ch].as_ref().is_some_and(|c| c.dirty)).collect();
    }
    pub fn say_counts(&self) {
        for (what, value) in [
            (count::OPEN, self.living as u64), (count::SHAKING, self.shaking as u64), (count::RETRIES, self.retries),
            (count::PANICS, self.panics),
            (count::ASTRAY, self.astray), (count::LOST, self.lost), (count::REFUSED, self.refused),
            (count::TIMERS, self.heap.len() as u64),
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
