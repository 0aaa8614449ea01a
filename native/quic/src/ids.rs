// Connection ids that name their socket, the keys that a process has for resets and tokens, and the tokens that were used. Knows random
// bytes; knows no socket.
use aws_lc_rs::{hkdf, hmac, rand};
use quinn_proto::{ConnectionId, ConnectionIdGenerator, TokenLog, TokenReuseError};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

/// Bytes of our ids.
pub const LENGTH: usize = 8;

/// Random ids whose first byte names the socket.
pub struct TaggedIds { tag: u8, stock: [u8; 512], left: usize }
impl TaggedIds {
    pub fn new(tag: u8) -> TaggedIds { TaggedIds { tag, stock: [0; 512], left: 0 } }
}
impl ConnectionIdGenerator for TaggedIds {
    fn generate_cid(&mut self) -> ConnectionId {
        if self.left < LENGTH {
            random(&mut self.stock);
            self.left = self.stock.len();
        }
        self.left -= LENGTH;
        let mut id = [0; LENGTH];
        id.copy_from_slice(&self.stock[self.left..self.left + LENGTH]);
        id[0] = self.tag;
        ConnectionId::new(&id)
    }
    fn cid_len(&self) -> usize { LENGTH }
    fn cid_lifetime(&self) -> Option<Duration> { None }
}

fn random(bytes: &mut [u8]) { rand::fill(bytes).expect("the system has no random bytes"); }

/// What resets and tokens are sealed with: of this process, or what replicas and a server after a restart make of the same secret.
#[derive(Clone)]
pub struct Keys { pub reset: Arc<hmac::Key>, pub token: Arc<hkdf::Prk> }
static OF_PROCESS: LazyLock<[u8; 32]> = LazyLock::new(|| { let mut secret = [0; 32]; random(&mut secret); secret });
impl Keys {
    pub fn new(secret: Option<&[u8]>) -> Keys {
        let secret = secret.unwrap_or(&*OF_PROCESS);
        let all = hkdf::Salt::new(hkdf::HKDF_SHA256, b"coredns-ts quic").extract(secret);
        let mut reset = [0; 32];
        let filled = all.expand(&[b"stateless reset"], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut reset));
        filled.expect("32 bytes can always be derived");
        let token = hkdf::Salt::new(hkdf::HKDF_SHA256, b"coredns-ts quic token").extract(secret);
        Keys { reset: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &reset)), token: Arc::new(token) }
    }
}

/// Tokens that were used lately, in all threads: each counts once (RFC 9000 section 8.1.4). The older half is forgotten when many came.
pub struct UsedTokens(Mutex<[HashSet<u128>; 2]>);
const HALF: usize = 50_000;
static USED: LazyLock<Arc<UsedTokens>> = LazyLock::new(|| Arc::new(UsedTokens(Mutex::new([HashSet::new(), HashSet::new()]))));
impl UsedTokens {
    pub fn of_process() -> Arc<UsedTokens> { USED.clone() }
}
impl TokenLog for UsedTokens {
    fn check_and_insert(&self, nonce: u128, _issued: SystemTime, _lifetime: Duration) -> Result<(), TokenReuseError> {
        let mut halves = self.0.lock().map_err(|_| TokenReuseError)?;
        if halves.iter().any(|half| half.contains(&nonce)) { return Err(TokenReuseError); }
        if halves[0].len() >= HALF { halves.swap(0, 1); halves[0].clear(); }
        halves[0].insert(nonce);
        Ok(())
    }
}
