// The header that a proxy puts in front of a datagram (the PROXY protocol, version 2): whose it is, whose word counts, and who sent one
// without for whom it spoke before. Knows bytes and addresses; knows neither sockets nor QUIC.
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What is done with the header of a sender, in the order of JavaScript's numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Policy { Use, Ignore, Reject, Skip }
/// Whose word counts.
#[derive(Clone)]
pub struct Rules { pub allow: Vec<(IpAddr, u8)>, pub others: Policy, pub kept: Duration, pub sessions: usize }
/// Why a datagram is given up, in the order of JavaScript's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal { Malformed, Cut, Nested, Rejected }

/// What a header says: client and server, where the proxy does not speak for itself, and what follows the addresses.
pub struct Said { pub ends: Option<(SocketAddr, SocketAddr)>, pub tlvs: Vec<u8> }

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const WORD: &[u8] = b"PROXY ";
/// Octets before the addresses, and of the addresses of a family (1 IPv4, 2 IPv6, 3 UNIX); of a header at most, and of what can be one.
const HEAD: usize = 16;
const ADDRESSES: [usize; 4] = [0, 12, 36, 216];
const MOST: usize = 8192;
const LEAST: usize = 6;

impl Rules {
    fn policy(&self, peer: IpAddr) -> Policy {
        let peer = peer.to_canonical();
        if self.allow.iter().any(|&(network, bits)| lies_in(peer, network, bits)) { Policy::Use } else { self.others }
    }
}
fn lies_in(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |one: u128, other: u128, width: u32| {
        let shift = width.saturating_sub(bits.into());
        shift >= 128 || (one ^ other) >> shift == 0
    };
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => same(one.to_bits().into(), other.to_bits().into(), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => same(one.to_bits(), other.to_bits(), 128),
        _ => false,
    }
}

/// Whether these octets begin as a header does.
fn begins(bytes: &[u8]) -> bool {
    let of = |word: &[u8]| { let length = word.len().min(bytes.len()); bytes[..length] == word[..length] };
    bytes.len() >= LEAST && (of(SIGNATURE) || of(WORD))
}
/// The header of a datagram that begins as one does, and its length.
fn read(bytes: &[u8]) -> Result<(usize, Said), Refusal> {
    // Version 1 is for connections, and a proxy that says nothing has no datagram (PP-2, PP-4).
    if bytes[0] != SIGNATURE[0] { return Err(Refusal::Malformed); }
    if bytes.len() > 12 && !matches!(bytes[12], 0x20 | 0x21) { return Err(Refusal::Malformed); }
    if bytes.len() < HEAD { return Err(Refusal::Cut); }
    let (family, rest) = (bytes[13] >> 4, usize::from(u16::from_be_bytes([bytes[14], bytes[15]])));
    let taken = ADDRESSES.get(usize::from(family)).copied().unwrap_or(usize::MAX);
    if bytes[13] & 15 > 2 || rest < taken || HEAD + rest > MOST { return Err(Refusal::Malformed); }
    let Some(body) = bytes.get(HEAD..HEAD + rest) else { return Err(Refusal::Cut) };
    let (addresses, tlvs) = body.split_at(taken);
    if family == 0 || !whole(tlvs) { return Err(Refusal::Malformed); }
    let ends = if bytes[12] == 0x21 { ends(addresses) } else { None };
    Ok((HEAD + rest, Said { ends, tlvs: tlvs.to_vec() }))
}
/// Whether the lengths of these lead to their end.
fn whole(mut tlvs: &[u8]) -> bool {
    while let [_, high, low, rest @ ..] = tlvs {
        let Some(next) = rest.get(usize::from(u16::from_be_bytes([*high, *low]))..) else { return false };
        tlvs = next;
    }
    tlvs.is_empty()
}
fn ends(addresses: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let port = |at: usize| u16::from_be_bytes([addresses[at], addresses[at + 1]]);
    let pair = |one: IpAddr, other: IpAddr, ports: usize| ((one, port(ports)).into(), (other, port(ports + 2)).into());
    match addresses.len() {
        12 => Some(pair(<[u8; 4]>::try_from(&addresses[..4]).ok()?.into(), <[u8; 4]>::try_from(&addresses[4..8]).ok()?.into(), 8)),
        36 => Some(pair(<[u8; 16]>::try_from(&addresses[..16]).ok()?.into(), <[u8; 16]>::try_from(&addresses[16..32]).ok()?.into(), 32)),
        _ => None,
    }
}

/// What became of the headers of one socket.
#[derive(Default)]
pub struct Proxied {
    sessions: HashMap<SocketAddr, (Instant, Rc<Said>)>,
    order: VecDeque<(Instant, SocketAddr)>,
    /// How many were given up for each reason, and who sent the last.
    pub refused: [Option<(u32, SocketAddr)>; 4],
}
impl Proxied {
    /// Where the datagram begins behind its header, and for whom it is sent if for another; None where it is given up.
    pub fn enter(&mut self, rules: &Rules, peer: SocketAddr, bytes: &[u8], now: Instant) -> Option<(usize, Option<Rc<Said>>)> {
        let policy = rules.policy(peer.ip());
        if policy == Policy::Skip { return Some((0, None)); }
        if !begins(bytes) {
            let known = (policy == Policy::Use).then(|| self.sessions.get(&peer)).flatten();
            return Some((0, known.filter(|(until, _)| *until > now).map(|(_, said)| said.clone())));
        }
        let found = match read(bytes) {
            Ok(_) if policy == Policy::Reject => Err(Refusal::Rejected),
            Ok((length, _)) if begins(&bytes[length..]) => Err(Refusal::Nested),
            found => found,
        };
        match found {
            Ok((length, _)) if policy == Policy::Ignore => Some((length, None)),
            Ok((length, said)) => {
                let said = Rc::new(said);
                if !rules.kept.is_zero() && said.ends.is_some() { self.remember(rules, peer, &said, now); }
                Some((length, Some(said)))
            }
            Err(why) => {
                let of = self.refused[why as usize].get_or_insert((0, peer));
                *of = (of.0 + 1, peer);
                None
            }
        }
    }
    fn remember(&mut self, rules: &Rules, peer: SocketAddr, said: &Rc<Said>, now: Instant) {
        let until = now + rules.kept;
        let known = self.sessions.get(&peer);
        // One that comes with each datagram is not written down each time.
        if let Some((known, same)) = known && *known > now + rules.kept / 2 && same.ends == said.ends { return; }
        self.sessions.insert(peer, (until, said.clone()));
        self.order.push_back((until, peer));
        while let Some(&(when, first)) = self.order.front() {
            let stale = self.sessions.get(&first).is_none_or(|(until, _)| *until != when);
            if !stale && when > now && self.sessions.len() <= rules.sessions { break; }
            if !stale { self.sessions.remove(&first); }
            self.order.pop_front();
        }
    }
}
