// Settings as JavaScript gives them, made into those of the library. Knows the names of their parts; what they do is the library's.
use crate::ids::{Keys, UsedTokens};
use crate::node::{Env, Value};
use crate::proxy::{Policy, Rules};
use crate::tls::{self, ClientTls, Pair, Secrets, ServerTls, Tickets};
use quinn_proto::congestion::NewRenoConfig;
use quinn_proto::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn_proto::{ClientConfig, IdleTimeout, ServerConfig, TransportConfig, ValidationTokenConfig, VarInt};
use rustls::server::danger::ClientCertVerifier;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a stream that may wait to be read: a message and its length. And of all streams of a connection.
const STREAM_WINDOW: u32 = 65_537;
const WINDOW: u32 = 1 << 20;
/// Streams at first: the library makes room for every allowed one at once, 17 KB for 256.
const FEW: u32 = 32;
/// Streams of one direction that HTTP/3 needs: control, two of QPACK, and some that nobody knows.
const ONE_WAY: u32 = 8;

/// How much is allowed.
#[derive(Clone)]
pub struct Limits {
    pub streams: u32, pub connections: usize, pub handshakes: usize,
    /// How long a handshake may take, and how long a peer may leave unread what waits for it.
    pub handshake: Duration, pub write: Duration,
    /// Bytes that may wait for a peer, and what a connection is closed with that has more.
    pub unsent: usize, pub overload: VarInt,
}
/// A server's.
pub struct Serving {
    pub config: Arc<ServerConfig>, pub keys: Keys, pub limits: Limits, pub secrets: Option<Arc<Secrets>>,
    pub judge: Option<Arc<dyn ClientCertVerifier>>,
    /// Where proxies stand before the port.
    pub proxy: Option<Rules>,
}
/// A client's.
pub struct Asking { pub config: ClientConfig, pub limits: Limits }

struct Reader(Env, Value);
impl Reader {
    fn number(&self, name: &str) -> Result<f64, String> {
        self.0.get(self.1, name).and_then(|value| self.0.as_number(value)).ok_or_else(|| format!("{name} is no number"))
    }
    fn whole(&self, name: &str) -> Result<u32, String> { Ok(self.number(name)?.clamp(0.0, f64::from(u32::MAX >> 2)) as u32) }
    fn time(&self, name: &str) -> Result<Duration, String> { Ok(Duration::from_millis(self.whole(name)?.into())) }
    fn text(&self, name: &str) -> Option<String> { self.0.get(self.1, name).and_then(|value| self.0.as_text(value)) }
    fn truth(&self, name: &str) -> bool { self.0.get(self.1, name).and_then(|value| self.0.as_truth(value)).unwrap_or(false) }
    fn bytes(&self, name: &str) -> Option<Vec<u8>> { self.0.get(self.1, name).and_then(|value| self.0.as_bytes(value)) }
    fn list(&self, name: &str) -> Vec<Value> { self.0.get(self.1, name).map(|value| self.0.as_list(value)).unwrap_or_default() }
    fn texts(&self, name: &str) -> Vec<String> { self.list(name).into_iter().filter_map(|value| self.0.as_text(value)).collect() }
    fn pair(&self) -> Option<Pair> {
        Some(Pair { cert: self.text("cert")?, key: self.text("key")?, names: self.texts("names") })
    }
    fn network(&self) -> Option<(IpAddr, u8)> {
        let network = self.bytes("network")?;
        let v4 = <[u8; 4]>::try_from(network.as_slice()).map(IpAddr::from);
        let address = v4.or_else(|_| <[u8; 16]>::try_from(network.as_slice()).map(IpAddr::from)).ok()?;
        Some((address, self.whole("bits").ok()?.min(128) as u8))
    }
    fn proxy(&self) -> Result<Rules, String> {
        let allow = self.list("allow").into_iter().map(|value| Reader(self.0, value).network());
        let others = match self.whole("others")? { 0 => Policy::Use, 1 => Policy::Ignore, 2 => Policy::Reject, _ => Policy::Skip };
        Ok(Rules {
            allow: allow.collect::<Option<_>>().ok_or_else(|| "this is no network".to_owned())?, others, kept: self.time("kept")?,
            sessions: self.whole("sessions")? as usize,
        })
    }
    fn limits(&self) -> Result<Limits, String> {
        Ok(Limits {
            streams: self.whole("streams")?.max(1), connections: self.whole("connections")? as usize,
            handshakes: self.whole("handshakes")? as usize, handshake: self.time("handshake")?, write: self.time("write")?,
            unsent: self.whole("unsent")? as usize, overload: VarInt::from_u32(self.whole("overload")?),
        })
    }
}

/// Of a server. What is refused is for who wrote the Corefile.
pub fn serving(env: Env, said: Value) -> Result<Serving, String> {
    let read = Reader(env, said);
    let limits = read.limits()?;
    let tickets = match (read.bytes("ticketKey"), read.bytes("lastTicketKey")) {
        (Some(current), Some(last)) => Tickets::Shared { current, last },
        _ if read.truth("resumes") => Tickets::Process,
        _ => Tickets::Off,
    };
    let proxy = read.0.get(read.1, "proxy").map(|value| Reader(env, value).proxy()).transpose()?;
    let secrets = read.truth("secrets").then(|| Arc::new(Secrets::default()));
    let pairs = read.list("pairs").into_iter().filter_map(|pair| Reader(env, pair).pair()).collect();
    let said = ServerTls {
        alpn: read.texts("alpn"), pairs, policy: read.whole("policy")?, authorities: read.text("ca"),
        sessions: read.text("sessions").unwrap_or_default(), tickets, secrets: secrets.clone(),
    };
    let (config, judge) = tls::server(&said)?;
    let keys = Keys::new(read.bytes("secret").as_deref());
    let crypto = QuicServerConfig::try_from(config).map_err(|error| error.to_string())?;
    let mut config = ServerConfig::new(Arc::new(crypto), keys.token.clone());
    let mut tokens = ValidationTokenConfig::default();
    tokens.log(UsedTokens::of_process()).sent(1).lifetime(Duration::from_secs(24 * 3600));
    config.validation_token_config(tokens).transport_config(Arc::new(transport(&limits, read.time("idle")?, None)?));
    Ok(Serving { config: Arc::new(config), keys, limits, secrets, judge, proxy })
}

/// Of a client.
pub fn asking(env: Env, said: Value) -> Result<Asking, String> {
    let read = Reader(env, said);
    let limits = read.limits()?;
    let said = ClientTls {
        alpn: read.texts("alpn"), authorities: read.text("ca").unwrap_or_default(), any: read.truth("insecure"), pair: read.pair(),
        early: read.truth("early"), sessions: read.text("sessions").unwrap_or_default(),
    };
    let crypto = QuicClientConfig::try_from(tls::client(&said)?).map_err(|error| error.to_string())?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    let beat = read.time("keepAlive").ok().filter(|beat| !beat.is_zero());
    config.transport_config(Arc::new(transport(&limits, read.time("idle")?, beat)?));
    Ok(Asking { config, limits })
}

fn transport(limits: &Limits, idle: Duration, beat: Option<Duration>) -> Result<TransportConfig, String> {
    let mut transport = TransportConfig::default();
    let idle = IdleTimeout::try_from(idle).map_err(|_| "the idle timeout is too long".to_owned())?;
    transport.max_concurrent_bidi_streams(VarInt::from_u32(limits.streams.min(FEW)))
        .max_concurrent_uni_streams(VarInt::from_u32(ONE_WAY)).max_idle_timeout(Some(idle)).keep_alive_interval(beat)
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW)).receive_window(VarInt::from_u32(WINDOW)).send_window(u64::from(WINDOW))
        // A datagram of 1,200 bytes passes everywhere, and answers are short.
        .mtu_discovery_config(None).enable_segmentation_offload(false).datagram_receive_buffer_size(None)
        .congestion_controller_factory(Arc::new(NewRenoConfig::default())).allow_spin(false);
    Ok(transport)
}
