// What JavaScript may call: settings, sockets, connections. Knows the numbers by which it calls them; what they do is done elsewhere.
use crate::board::{Board, LAYOUT};
use crate::endpoint::Endpoint;
use crate::ids::Keys;
use crate::node::{self, End, Env, Function, Value};
use crate::settings::{self, Asking, Serving};
use crate::socket::{Opening, Socket};
use crate::uv::Watch;
use crate::{group, panics};
use quinn_proto::crypto::rustls::HandshakeData;
use quinn_proto::{Dir, VarInt};
use rustls::pki_types::{CertificateDer, UnixTime};
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::rc::Rc;

/// Flags of `open`: shared by several sockets; both families; of a client, which keeps no loop going.
const DUAL: u32 = 1;
const ASKED: u32 = 2;
const CLIENT: u32 = 4;

enum Setting { Serving(Rc<Serving>), Asking(Rc<Asking>) }
/// What has a number in one thread.
struct Numbered<T>(Vec<Option<T>>);
impl<T> Numbered<T> {
    fn add(&mut self, one: T) -> f64 {
        let place = self.0.iter().position(Option::is_none).unwrap_or_else(|| { self.0.push(None); self.0.len() - 1 });
        self.0[place] = Some(one);
        (place + 1) as f64
    }
    fn get(&self, number: usize) -> Option<&T> { self.0.get(number.checked_sub(1)?)?.as_ref() }
    fn take(&mut self, number: usize) -> Option<T> { self.0.get_mut(number.checked_sub(1)?)?.take() }
}
thread_local! {
    static SETTINGS: RefCell<Numbered<Setting>> = const { RefCell::new(Numbered(Vec::new())) };
    static ENDPOINTS: RefCell<Numbered<(Rc<Endpoint>, Rc<RefCell<Option<End>>>)>> = const { RefCell::new(Numbered(Vec::new())) };
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("layout", layout), ("serving", serving), ("asking", asking), ("forget", forget), ("open", open), ("port", port), ("serve", serve),
    ("connect", connect), ("stream", stream), ("about", about), ("flush", flush), ("close", close), ("fault", fault),
];
/// Fills the exports of the addon.
pub fn fill(env: Env, exports: Value) {
    panics::watch();
    node::export(env, exports, FUNCTIONS);
}

fn number(env: Env, value: Value) -> Result<usize, String> {
    env.as_number(value).map(|number| number as usize).ok_or_else(|| "a number is missing".to_owned())
}
fn endpoint(env: Env, value: Value) -> Result<Rc<Endpoint>, String> {
    let number = number(env, value)?;
    ENDPOINTS.with_borrow(|all| all.get(number).map(|(endpoint, _)| endpoint.clone())).ok_or_else(|| "there is no such socket".to_owned())
}

/// layout(): the numbers of the tables.
fn layout(env: Env, _: &[Value]) -> Result<Value, String> {
    let made = env.object();
    for &(name, value) in LAYOUT { env.set(made, name, env.number(value as f64)); }
    Ok(made)
}
/// serving(settings), asking(settings): a number; throws what is refused.
fn serving(env: Env, given: &[Value]) -> Result<Value, String> {
    let made = Setting::Serving(Rc::new(settings::serving(env, given[0])?));
    Ok(env.number(SETTINGS.with_borrow_mut(|all| all.add(made))))
}
fn asking(env: Env, given: &[Value]) -> Result<Value, String> {
    let made = Setting::Asking(Rc::new(settings::asking(env, given[0])?));
    Ok(env.number(SETTINGS.with_borrow_mut(|all| all.add(made))))
}
/// forget(settings): connections that were made with them go on.
fn forget(env: Env, given: &[Value]) -> Result<Value, String> {
    let number = number(env, given[0])?;
    SETTINGS.with_borrow_mut(|all| all.take(number));
    Ok(env.nothing())
}
fn serving_of(env: Env, value: Value) -> Result<Option<Rc<Serving>>, String> {
    let number = number(env, value)?;
    Ok(SETTINGS.with_borrow(|all| match all.get(number) { Some(Setting::Serving(serving)) => Some(serving.clone()), _ => None }))
}

/// An address with the index of its interface behind `%`, as Node and the kernel write it.
fn address(text: &str, port: u16) -> Option<SocketAddr> {
    let (ip, scope) = text.split_once('%').map_or((text, 0), |(ip, zone)| (ip, scope_of(zone)));
    Some(match ip.parse().ok()? {
        IpAddr::V6(ip) => SocketAddrV6::new(ip, port, 0, scope).into(),
        ip => SocketAddr::new(ip, port),
    })
}
fn scope_of(zone: &str) -> u32 { zone.parse().unwrap_or_else(|_| crate::socket::interface(zone)) }

/// open(address, port, flags, settings, board, input, box, output, handle): a socket's number, or -errno.
fn open(env: Env, given: &[Value]) -> Result<Value, String> {
    let port = number(env, given[1])? as u16;
    let flags = number(env, given[2])? as u32;
    let at = env.as_text(given[0]).and_then(|text| address(&text, port)).ok_or_else(|| "this is no address".to_owned())?;
    let serving = serving_of(env, given[3])?;
    let memory = |i: usize| env.memory(given[i]).ok_or_else(|| "memory is missing".to_owned());
    let board = Board::new(memory(4)?, memory(5)?, memory(6)?, memory(7)?).ok_or_else(|| "the memory is too small".to_owned())?;
    let how = Opening { shared: false, dual: flags & DUAL != 0, asked: flags & ASKED != 0 };
    let opened = if flags & CLIENT != 0 { Socket::open(at, how).map(|socket| (socket, None)) }
        else { group::open(at, how).map(|(socket, seat)| (socket, Some(seat))) };
    let (socket, seat) = match opened { Ok(opened) => opened, Err(errno) => return Ok(env.number(-f64::from(errno))) };
    let keys = serving.as_ref().map_or_else(|| Keys::new(None), |serving| serving.keys.clone());
    let fd = socket.fd();
    let endpoint = Endpoint::new(socket, seat, &keys, board, env.callback(given[8]));
    endpoint.state.borrow_mut().serve(serving);
    endpoint.watch(Watch::start(env.event_loop(), fd, endpoint.clone(), flags & CLIENT == 0));
    let end = Rc::new(RefCell::new(None));
    let number = ENDPOINTS.with_borrow_mut(|all| all.add((endpoint, end.clone())));
    end.replace(Some(End::expect(env, Box::new(move || shut(number as usize)))));
    Ok(env.number(number))
}
/// port(socket)
fn port(env: Env, given: &[Value]) -> Result<Value, String> { Ok(env.number(endpoint(env, given[0])?.state.borrow().port().into())) }
/// serve(socket, settings): who serves new connections; 0 refuses them.
fn serve(env: Env, given: &[Value]) -> Result<Value, String> {
    let serving = serving_of(env, given[1])?;
    endpoint(env, given[0])?.state.borrow_mut().serve(serving);
    Ok(env.nothing())
}
/// connect(socket, settings, address, port, name): the connection's number; throws what was wrong.
fn connect(env: Env, given: &[Value]) -> Result<Value, String> {
    let (setting, port) = (number(env, given[1])?, number(env, given[3])? as u16);
    let asking = SETTINGS.with_borrow(|all| match all.get(setting) { Some(Setting::Asking(asking)) => Some(asking.clone()), _ => None });
    let asking = asking.ok_or_else(|| "there are no such settings".to_owned())?;
    let to = env.as_text(given[2]).and_then(|text| address(&text, port)).ok_or_else(|| "this is no address".to_owned())?;
    let name = env.as_text(given[4]).unwrap_or_default();
    let number = endpoint(env, given[0])?.state.borrow_mut().connect(&asking, to, &name)?;
    Ok(env.number(number.into()))
}
/// stream(socket, connection, oneWay): the new stream's number, or -1.
fn stream(env: Env, given: &[Value]) -> Result<Value, String> {
    let connection = number(env, given[1])? as i32;
    let dir = if env.as_truth(given[2]).unwrap_or(false) { Dir::Uni } else { Dir::Bi };
    let endpoint = endpoint(env, given[0])?;
    let mut state = endpoint.state.borrow_mut();
    let opened = state.named(connection).and_then(|c| c.q.streams().open(dir));
    Ok(env.number(opened.map_or(-1.0, |id| VarInt::from(id).into_inner() as f64)))
}
/// about(socket, connection): what is known of its peer; undefined where it is gone.
fn about(env: Env, given: &[Value]) -> Result<Value, String> {
    let connection = number(env, given[1])? as i32;
    let endpoint = endpoint(env, given[0])?;
    let mut state = endpoint.state.borrow_mut();
    let (judge, own) = (state.serving.as_ref().and_then(|serving| serving.judge.clone()), state.address());
    let Some(c) = state.named(connection) else { return Ok(env.nothing()) };
    let made = env.object();
    let data = c.q.crypto_session().handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
    if let Some(data) = data {
        if let Some(alpn) = data.protocol { env.set(made, "alpn", env.text(&String::from_utf8_lossy(&alpn))); }
        if let Some(name) = data.server_name { env.set(made, "serverName", env.text(&name)); }
    }
    let chain = c.q.crypto_session().peer_identity().and_then(|chain| chain.downcast::<Vec<CertificateDer<'static>>>().ok());
    if let Some((first, rest)) = chain.as_ref().and_then(|chain| chain.split_first()) {
        let good = judge.is_none_or(|judge| judge.verify_client_cert(first, rest, UnixTime::now()).is_ok());
        env.set(made, "certificate", env.bytes(first));
        env.set(made, "isVerified", env.truth(good));
    }
    let said = c.proxied.clone();
    let spoken = said.as_ref().and_then(|said| said.ends);
    let remote = spoken.map_or_else(|| c.q.remote_address(), |(client, _)| client);
    env.set(made, "resumed", env.truth(c.resumed));
    env.set(made, "early", env.truth(c.q.accepted_0rtt()));
    env.set(made, "handshaking", env.truth(c.shaking));
    env.set(made, "remoteAddress", env.text(&shown(remote)));
    env.set(made, "remotePort", env.number(remote.port().into()));
    let spoken = spoken.map(|(_, server)| server);
    let local = spoken.map(shown).or_else(|| c.q.local_ip().map(|ip| ip.to_canonical().to_string())).or_else(|| own.map(shown));
    env.set(made, "localAddress", env.text(&local.unwrap_or_default()));
    env.set(made, "localPort", env.number(spoken.or(own).map_or(0, |at| at.port()).into()));
    if let Some(said) = said && !said.tlvs.is_empty() { env.set(made, "tlvs", env.bytes(&said.tlvs)); }
    Ok(made)
}
fn shown(at: SocketAddr) -> String {
    match at {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        at => at.ip().to_canonical().to_string(),
    }
}
/// flush(socket): the box is full.
fn flush(env: Env, given: &[Value]) -> Result<Value, String> {
    endpoint(env, given[0])?.state.borrow_mut().empty_box();
    Ok(env.nothing())
}
/// close(socket): all connections are closed without an error, and it is gone.
fn close(env: Env, given: &[Value]) -> Result<Value, String> {
    shut(number(env, given[0])?);
    Ok(env.nothing())
}
fn shut(number: usize) {
    let Some((endpoint, end)) = ENDPOINTS.with_borrow_mut(|all| all.take(number)) else { return };
    let kept = endpoint.clone();
    endpoint.close(Box::new(move || {
        let end = end.take();
        if let Ok(endpoint) = Rc::try_unwrap(kept) { endpoint.state.into_inner().leave(); }
        if let Some(end) = end { end.done(); }
    }));
}
/// fault(socket, connection): for tests alone: the next packet of this connection panics.
fn fault(env: Env, given: &[Value]) -> Result<Value, String> {
    let connection = number(env, given[1])? as i32;
    let endpoint = endpoint(env, given[0])?;
    let mut state = endpoint.state.borrow_mut();
    if let Some(c) = state.named(connection) { c.faulty = true; }
    state.mark_named(connection);
    Ok(env.nothing())
}
