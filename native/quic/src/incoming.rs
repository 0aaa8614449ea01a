// Datagrams that come and connections that begin: for whom each is, who may come, who has to show that its address is its own. Knows limits
// and the library; knows no stream.
use crate::connection::Conn;
use crate::group;
use crate::proxy::Said;
use crate::settings::{Asking, Limits};
use crate::state::{PLACES, State, at};
use crate::tls::take_resumed;
use bytes::BytesMut;
use quinn_proto::{Connection, ConnectionHandle, DatagramEvent, EndpointEvent, Incoming, Transmit};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

impl State {
    /// Begins a connection; its number.
    pub fn connect(&mut self, asking: &Asking, to: SocketAddr, name: &str) -> Result<i32, String> {
        let now = Instant::now();
        let (ch, q) = self.library.connect(now, asking.config.clone(), to, name).map_err(|error| error.to_string())?;
        let limits = asking.limits.clone();
        let Some(c) = self.enter(ch, q, limits, now) else { return Err("too many connections".to_owned()) };
        c.told = true;
        Ok(c.number)
    }
    fn enter(&mut self, ch: ConnectionHandle, q: Connection, limits: Limits, now: Instant) -> Option<&mut Box<Conn>> {
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

    /// Takes a batch: how many.
    pub fn receive(&mut self, now: Instant) -> usize {
        let count = self.inbox.receive(&self.socket);
        let serving = self.serving.clone();
        let rules = serving.as_ref().and_then(|serving| serving.proxy.as_ref());
        for i in 0..count {
            let Some((peer, asked, bytes)) = self.inbox.datagram(i) else { continue };
            let found = rules.map_or(Some((0, None)), |rules| self.proxied.enter(rules, peer, bytes, now));
            let Some((from, said)) = found else { continue };
            let bytes = &bytes[from..];
            if bytes.len() > 1 && bytes[0] & 0x80 == 0 && self.seat.as_ref().is_some_and(|seat| group::is_anothers(seat, bytes[1])) {
                self.astray += 1;          // its sender sends it again, and by then the kernel knows better
                continue;
            }
            // A copy of its own: a slice of a shared buffer would keep all of that buffer for as long as a byte of it waits in a stream.
            let data = BytesMut::from(bytes);
            self.datagram(now, (peer, asked, said), data);
        }
        count
    }
    fn datagram(&mut self, now: Instant, (peer, asked, said): (SocketAddr, Option<IpAddr>, Option<Rc<Said>>), data: BytesMut) {
        let mut answer = std::mem::take(&mut self.scratch);
        answer.clear();
        match self.library.handle(now, peer, asked, None, data, &mut answer) {
            Some(DatagramEvent::ConnectionEvent(ch, event)) => {
                self.hand = Some(ch.0);
                if let Some(c) = at(&mut self.conns, ch.0) {
                    // Why it ended is told first: a reset behind its goodbye, come while this process stood still, would take its place.
                    if !c.q.is_closed() || c.end.is_some() { c.q.handle_event(event); }
                    if c.shaking { c.resumed |= take_resumed(); }
                }
                self.mark(ch.0);
            }
            Some(DatagramEvent::NewConnection(incoming)) => { answer.clear(); self.newcomer(now, incoming, said, &mut answer); }
            Some(DatagramEvent::Response(to)) => self.respond(to, &answer),
            None => {}
        }
        self.hand = None;
        self.scratch = answer;
    }
    fn newcomer(&mut self, now: Instant, incoming: Incoming, said: Option<Rc<Said>>, answer: &mut Vec<u8>) {
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
            Ok((ch, q)) => if let Some(c) = self.enter(ch, q, limits.clone(), now) {
                (c.resumed, c.proxied) = (take_resumed(), said);
            },
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
}
