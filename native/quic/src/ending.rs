// When a connection ends by itself, and how it ended. Knows the library's reasons and our own deadlines.
use crate::board::by;
use crate::connection::{Conn, Ending, code};
use bytes::Bytes;
use quinn_proto::ConnectionError;
use std::time::Instant;

/// When something has to happen to it next.
pub fn deadline(c: &mut Conn) -> Option<Instant> {
    match (c.q.poll_timeout(), c.own_deadline()) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
/// Its time has come.
pub fn expire(c: &mut Conn, now: Instant) {
    if c.own_deadline().is_some_and(|own| own <= now) && c.end.is_none() {
        let reason: &[u8] = if c.shaking { b"the handshake lasts too long" } else { b"nothing is read" };
        let (by, code) = if c.shaking { (by::SILENCE, code(0)) } else { (by::ERROR, c.limits.overload) };
        c.close(now, by, code, Bytes::copy_from_slice(reason));
    }
    c.q.handle_timeout(now);
}
/// What the library says of an end.
pub fn ending(reason: ConnectionError) -> Ending {
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
