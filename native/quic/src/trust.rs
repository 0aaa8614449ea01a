// Who is believed: certificates of clients by what is asked of them, certificates of servers. Knows X.509 as far as rustls does; knows no
// connection.
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// Authorities in a text of PEM. What rustls cannot read is left out, as long as something is left.
pub fn authorities(text: &str) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), String> {
    let all: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(Result::ok).collect();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(all.iter().cloned());
    if roots.is_empty() { return Err("could not read root certs".to_owned()); }
    Ok((roots, all))
}

/// What is asked of clients, as JavaScript counts it.
pub const ASK_NOTHING: u32 = 0;
const REQUEST: u32 = 1;
const REQUIRE: u32 = 2;
const VERIFY_IF_GIVEN: u32 = 3;

/// How a client's certificate is judged, and whether it was good where any will do.
pub fn clients(policy: u32, roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let builder = if policy == VERIFY_IF_GIVEN || policy == REQUEST { builder.allow_unauthenticated() } else { builder };
    let judge = builder.build().map_err(|error| error.to_string())?;
    Ok(if policy == REQUEST || policy == REQUIRE { Arc::new(AnyClient(judge)) } else { judge })
}

/// Takes every certificate whose key the client has.
#[derive(Debug)]
struct AnyClient(Arc<dyn ClientCertVerifier>);
impl ClientCertVerifier for AnyClient {
    fn offer_client_auth(&self) -> bool { true }
    fn client_auth_mandatory(&self) -> bool { self.0.client_auth_mandatory() }
    fn root_hint_subjects(&self) -> &[DistinguishedName] { &[] }
    fn verify_client_cert(&self, _: &CertificateDer<'_>, _: &[CertificateDer<'_>], _: UnixTime) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(&self, message: &[u8], of: &CertificateDer<'_>, signed: &DigitallySignedStruct)
        -> Result<HandshakeSignatureValid, Error> { self.0.verify_tls12_signature(message, of, signed) }
    fn verify_tls13_signature(&self, message: &[u8], of: &CertificateDer<'_>, signed: &DigitallySignedStruct)
        -> Result<HandshakeSignatureValid, Error> { self.0.verify_tls13_signature(message, of, signed) }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> { self.0.supported_verify_schemes() }
}

/// How a server's certificate is judged.
#[derive(Debug)]
pub struct Servers { judge: Arc<WebPkiServerVerifier>, exactly: Vec<CertificateDer<'static>> }
impl Servers {
    pub fn new(text: &str, provider: &Arc<CryptoProvider>) -> Result<Servers, String> {
        let (roots, exactly) = authorities(text)?;
        let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().map_err(|e| e.to_string())?;
        Ok(Servers { judge, exactly })
    }
}
impl ServerCertVerifier for Servers {
    fn verify_server_cert(&self, own: &CertificateDer<'_>, chain: &[CertificateDer<'_>], name: &ServerName<'_>, ocsp: &[u8], now: UnixTime)
        -> Result<ServerCertVerified, Error> {
        match self.judge.verify_server_cert(own, chain, name, ocsp, now) {
            // `openssl req -x509` makes an authority that is a server's own certificate too: the very one that is trusted is taken. Its
            // time was looked at before this.
            Err(error) if is_authority(&error) && self.exactly.iter().any(|each| each == own) => {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }
    fn verify_tls12_signature(&self, message: &[u8], of: &CertificateDer<'_>, signed: &DigitallySignedStruct)
        -> Result<HandshakeSignatureValid, Error> { self.judge.verify_tls12_signature(message, of, signed) }
    fn verify_tls13_signature(&self, message: &[u8], of: &CertificateDer<'_>, signed: &DigitallySignedStruct)
        -> Result<HandshakeSignatureValid, Error> { self.judge.verify_tls13_signature(message, of, signed) }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> { self.judge.supported_verify_schemes() }
}
fn is_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) if inner.to_string() == "CaUsedAsEndEntity")
}

/// Takes every server whose key belongs to its certificate: for tests and private links that say so.
#[derive(Debug)]
pub struct AnyServer(pub Arc<CryptoProvider>);
impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(&self, _: &CertificateDer<'_>, _: &[CertificateDer<'_>], _: &ServerName<'_>, _: &[u8], _: UnixTime)
        -> Result<ServerCertVerified, Error> { Ok(ServerCertVerified::assertion()) }
    fn verify_tls12_signature(&self, message: &[u8], of: &CertificateDer<'_>, signed: &DigitallySignedStruct)
        -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, of, signed, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(&self, message: &[u8], of: &CertificateDer<'_>, signed: &DigitallySignedStruct)
        -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, of, signed, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> { self.0.signature_verification_algorithms.supported_schemes() }
}
