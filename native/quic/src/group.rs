// The sockets of this process that share a port: which byte each puts into its connection ids, and the kernel's order of them, so that a
// datagram finds the thread that its connection lives in. Knows addresses and tags; the program itself is socket.rs's.
use crate::socket::{Opening, Socket};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex};

/// Tags in the order of the kernel's own list: who opens comes last, and in the place of who closes comes the last
/// (net/core/sock_reuseport.c).
type Order = Vec<u8>;
static GROUPS: LazyLock<Mutex<HashMap<SocketAddr, Order>>> = LazyLock::new(Default::default);

/// A socket's place among those of its port.
pub struct Seat { pub at: SocketAddr, pub tag: u8 }

/// Opens a socket as one of its port's.
pub fn open(at: SocketAddr, how: Opening) -> Result<(Socket, Seat), i32> {
    let mut groups = GROUPS.lock().map_err(|_| libc::EIO)?;
    let socket = Socket::open(at, Opening { shared: true, ..how })?;
    let at = socket.address().unwrap_or(at);
    let order = groups.entry(at).or_default();
    let Some(tag) = (0..=u8::MAX).find(|tag| !order.contains(tag)) else { return Err(libc::EMFILE) };
    order.push(tag);
    steer(&socket, order);
    Ok((socket, Seat { at, tag }))
}

/// Closes it: the last one of the port takes its place.
pub fn close(socket: Socket, seat: &Seat) {
    let Ok(mut groups) = GROUPS.lock() else { return };
    let Some(order) = groups.get_mut(&seat.at) else { return };
    if let Some(place) = order.iter().position(|&tag| tag == seat.tag) { order.swap_remove(place); }
    let left = order.clone();
    if left.is_empty() { groups.remove(&seat.at); }
    // The program belongs to all sockets of the port; whoever goes may change it before the kernel moves the last one.
    if !left.is_empty() { steer(&socket, &left); }
    drop(socket);
}

/// Whether another socket of the port puts this byte into its ids: what came here for it went astray, while sockets opened or closed.
pub fn is_anothers(seat: &Seat, tag: u8) -> bool {
    tag != seat.tag && GROUPS.lock().is_ok_and(|groups| groups.get(&seat.at).is_some_and(|order| order.contains(&tag)))
}

/// Without a program all still works where each client's addresses lead to one socket.
fn steer(socket: &Socket, order: &Order) {
    let places: Vec<(u8, u32)> = order.iter().enumerate().map(|(place, &tag)| (tag, place as u32)).collect();
    let _ = socket.steer(&places);
}
