// rustls as this server and its upstreams want it: certificates by name, sessions of the whole process, tickets of replicas, secrets for a
// file. Knows settings; knows no socket.
use crate::trust::{ASK_NOTHING, AnyServer, Servers, authorities, clients};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientSessionMemoryCache, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs::default_provider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ProducesTickets, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, KeyLog, ServerConfig};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// Sessions of one address and policy, and of one upstream.
const SESSIONS: usize = 10_000;
const UPSTREAM_SESSIONS: usize = 64;
const TICKET_LIFE: u32 = 12 * 3600;

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(default_provider()));

thread_local! { static RESUMED: Cell<bool> = const { Cell::new(false) }; }
/// Whether a session was taken up again in this thread since this was asked last.
pub fn take_resumed() -> bool { RESUMED.replace(false) }

/// A certificate, its key, and the lower-case names that it stands for.
pub struct Pair { pub cert: String, pub key: String, pub names: Vec<String> }

/// What a server's TLS is made of.
pub struct ServerTls {
    pub alpn: Vec<String>, pub pairs: Vec<Pair>, pub policy: u32, pub authorities: Option<String>,
    /// Tells sessions of this address and policy from others.
    pub sessions: String,
    pub tickets: Tickets, pub secrets: Option<Arc<Secrets>>,
}
/// How clients come back: not at all, by sessions of this process (with 0-RTT), by tickets that replicas open too.
pub enum Tickets { Off, Process, Shared { current: Vec<u8>, last: Vec<u8> } }

fn certified(pair: &Pair) -> Result<Arc<CertifiedKey>, String> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pair.cert.as_bytes()).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).map_err(|error| error.to_string())?;
    Ok(Arc::new(CertifiedKey::from_der(chain, key, &PROVIDER).map_err(|error| error.to_string())?))
}

/// A server's configuration, and who judges its clients. The text of an error is for who wrote the Corefile.
pub fn server(said: &ServerTls) -> Result<(ServerConfig, Option<Arc<dyn ClientCertVerifier>>), String> {
    let builder = ServerConfig::builder_with_provider(PROVIDER.clone())
        .with_protocol_versions(&[&rustls::version::TLS13]).map_err(|error| error.to_string())?;
    let mut judge = None;
    let builder = if said.policy == ASK_NOTHING { builder.with_no_client_auth() } else {
        let (roots, _) = authorities(said.authorities.as_deref().unwrap_or_default())?;
        let judging = WebPkiClientVerifier::builder_with_provider(Arc::new(roots.clone()), PROVIDER.clone());
        judge = Some(judging.build().map_err(|error| error.to_string())?);
        builder.with_client_cert_verifier(clients(said.policy, roots, &PROVIDER)?)
    };
    let pairs = said.pairs.iter().map(|pair| Ok((certified(pair)?, pair.names.clone()))).collect::<Result<Vec<_>, String>>()?;
    if pairs.is_empty() { return Err("QUIC needs a certificate".to_owned()); }
    let mut config = builder.with_cert_resolver(Arc::new(ByName(pairs)));
    config.alpn_protocols = said.alpn.iter().map(|name| name.clone().into_bytes()).collect();
    match &said.tickets {
        Tickets::Off => config.send_tls13_tickets = 0,
        Tickets::Process => {
            // rustls gives 0-RTT to sessions that are kept here and taken once, which is what keeps them from being played again.
            config.session_storage = kept(&said.sessions);
            config.send_tls13_tickets = 1;
            config.max_early_data_size = u32::MAX;
        }
        Tickets::Shared { current, last } => {
            let key = |bytes: &[u8]| RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| "a key of tickets has 32 bytes".to_owned());
            config.ticketer = Arc::new(Sealed { current: key(current)?, last: key(last)?, of: said.sessions.clone().into_bytes() });
            config.send_tls13_tickets = 1;
        }
    }
    if let Some(secrets) = &said.secrets { config.key_log = secrets.clone(); }
    Ok((config, judge))
}

/// Chooses by server name: an exact one, a wildcard, then the first (RFC 6066 section 3).
#[derive(Debug)]
struct ByName(Vec<(Arc<CertifiedKey>, Vec<String>)>);
impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let has = |wanted: &str| self.0.iter().find(|(_, names)| names.iter().any(|each| each == wanted));
        let wild = || name.split_once('.').filter(|(label, _)| !label.is_empty()).and_then(|(_, rest)| has(&format!("*.{rest}")));
        has(&name).or_else(wild).or_else(|| self.0.first()).map(|(key, _)| key.clone())
    }
}

type Stores = Mutex<HashMap<String, Arc<dyn StoresServerSessions>>>;
static KEPT: LazyLock<Stores> = LazyLock::new(Default::default);
fn kept(of: &str) -> Arc<dyn StoresServerSessions> {
    let mut all = KEPT.lock().expect("nobody panics while holding this");
    all.entry(of.to_owned()).or_insert_with(|| Arc::new(Once(ServerSessionMemoryCache::new(SESSIONS)))).clone()
}
/// Says in this thread when a session is taken.
#[derive(Debug)]
struct Once(Arc<ServerSessionMemoryCache>);
impl StoresServerSessions for Once {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool { self.0.put(key, value) }
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> { self.0.get(key) }
    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        let found = self.0.take(key);
        if found.is_some() { RESUMED.set(true); }
        found
    }
    fn can_cache(&self) -> bool { true }
}

/// Tickets under keys that replicas have too.
struct Sealed { current: RandomizedNonceKey, last: RandomizedNonceKey, of: Vec<u8> }
impl std::fmt::Debug for Sealed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { out.write_str("Sealed") }
}
const NONCE: usize = 12;
impl ProducesTickets for Sealed {
    fn enabled(&self) -> bool { true }
    fn lifetime(&self) -> u32 { TICKET_LIFE }
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut text = plain.to_vec();
        let nonce = self.current.seal_in_place_append_tag(Aad::from(&self.of), &mut text).ok()?;
        Some([nonce.as_ref().as_slice(), &text].concat())
    }
    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = cipher.split_at_checked(NONCE)?;
        [&self.current, &self.last].into_iter().find_map(|key| {
            let mut text = text.to_vec();
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let plain = key.open_in_place(nonce, Aad::from(&self.of), &mut text).ok()?.to_vec();
            RESUMED.set(true);
            Some(plain)
        })
    }
}

/// Lines of secrets that wait to be written to a file (NSS's form).
#[derive(Debug, Default)]
pub struct Secrets(Mutex<Vec<u8>>);
const MOST_SECRETS: usize = 1 << 16;
impl Secrets {
    pub fn take(&self) -> Vec<u8> { self.0.lock().map(|mut lines| std::mem::take(&mut *lines)).unwrap_or_default() }
}
impl KeyLog for Secrets {
    fn log(&self, label: &str, random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let line = format!("{label} {} {}\n", hex(random), hex(secret));
        if let Ok(mut lines) = self.0.lock() && lines.len() + line.len() <= MOST_SECRETS { lines.extend_from_slice(line.as_bytes()); }
    }
}

/// What a client's TLS is made of.
pub struct ClientTls {
    pub alpn: Vec<String>, pub authorities: String, pub any: bool, pub pair: Option<Pair>, pub early: bool, pub sessions: String,
}

/// What sessions are taken up again with: who judges and what is shown have to be the very same for the library.
static UPSTREAMS: LazyLock<Mutex<HashMap<String, ClientConfig>>> = LazyLock::new(Default::default);
const MOST_UPSTREAMS: usize = 1000;
fn upstream(said: &ClientTls) -> Result<ClientConfig, String> {
    let (cert, key) = said.pair.as_ref().map_or(("", ""), |pair| (&pair.cert, &pair.key));
    let name = format!("{}\0{}\0{}\0{cert}\0{key}", said.sessions, said.any, said.authorities);
    if let Some(known) = UPSTREAMS.lock().map_err(|error| error.to_string())?.get(&name) { return Ok(known.clone()); }
    let judge: Arc<dyn ServerCertVerifier> = if said.any { Arc::new(AnyServer(PROVIDER.clone())) }
        else { Arc::new(Servers::new(&said.authorities, &PROVIDER)?) };
    let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_protocol_versions(&[&rustls::version::TLS13]).map_err(|error| error.to_string())?
        .dangerous().with_custom_certificate_verifier(judge);
    let mut made = match &said.pair {
        None => builder.with_no_client_auth(),
        Some(pair) => builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified(pair)?))),
    };
    made.resumption = Resumption::store(Arc::new(ClientSessionMemoryCache::new(UPSTREAM_SESSIONS)));
    let mut all = UPSTREAMS.lock().map_err(|error| error.to_string())?;
    if all.len() >= MOST_UPSTREAMS { all.clear(); }
    Ok(all.entry(name).or_insert(made).clone())
}

/// A client's configuration.
pub fn client(said: &ClientTls) -> Result<ClientConfig, String> {
    let mut config = upstream(said)?;
    config.alpn_protocols = said.alpn.iter().map(|name| name.clone().into_bytes()).collect();
    config.enable_early_data = said.early;
    Ok(config)
}
