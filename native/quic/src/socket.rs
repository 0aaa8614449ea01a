// UDP sockets: opening, datagrams in batches with the address that they came to, and the program by which the kernel picks one of several
// sockets of a port. Knows system calls; knows nothing of QUIC.
use std::ffi::{c_int, c_void};
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ptr::null_mut;

/// Datagrams of one recvmmsg and of one sendmmsg, and bytes of one.
pub const BATCH: usize = 32;
const OUT: usize = 64;
const ROOM: usize = 1500;
const CONTROL: usize = 64;

/// An open socket.
pub struct Socket { fd: c_int, asked: bool, v6: bool }

/// How to open one: several of a port, both families at once, and whether it matters which of our addresses was asked.
#[derive(Clone, Copy, Default)]
pub struct Opening { pub shared: bool, pub dual: bool, pub asked: bool }

fn errno() -> i32 { std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO) }

impl Socket {
    /// Binds; an error is errno's number.
    pub fn open(at: SocketAddr, how: Opening) -> Result<Socket, i32> {
        let v6 = at.is_ipv6();
        let family = if v6 { libc::AF_INET6 } else { libc::AF_INET };
        let fd = unsafe { libc::socket(family, libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0) };
        if fd < 0 { return Err(errno()); }
        let socket = Socket { fd, asked: how.asked, v6 };
        if how.shared { socket.option(libc::SOL_SOCKET, libc::SO_REUSEPORT, 1)?; }
        if v6 { socket.option(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, c_int::from(!how.dual))?; }
        if how.asked {
            if v6 { socket.option(libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?; }
            if !v6 { socket.option(libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?; }
        }
        let _ = socket.option(libc::SOL_SOCKET, libc::SO_RCVBUF, 4 << 20);
        let (address, length) = raw(at);
        if unsafe { libc::bind(fd, (&raw const address).cast(), length) } != 0 { return Err(errno()); }
        Ok(socket)
    }
    fn option(&self, level: c_int, name: c_int, value: c_int) -> Result<(), i32> {
        let size = size_of::<c_int>() as u32;
        if unsafe { libc::setsockopt(self.fd, level, name, (&raw const value).cast(), size) } == 0 { Ok(()) } else { Err(errno()) }
    }
    pub fn fd(&self) -> c_int { self.fd }
    /// Where it is bound.
    pub fn address(&self) -> Option<SocketAddr> {
        let (mut address, mut length): (libc::sockaddr_storage, u32) = (unsafe { zeroed() }, size_of::<libc::sockaddr_storage>() as u32);
        unsafe { libc::getsockname(self.fd, (&raw mut address).cast(), &mut length); }
        cooked(&address)
    }
    /// Lets the kernel pick a socket of the port by the first byte of the connection's id: `places` has the byte and the place of each.
    /// What has another one goes where its addresses lead, as without a program.
    pub fn steer(&self, places: &[(u8, u32)]) -> Result<(), i32> {
        let step = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter { code: code as u16, jt, jf, k };
        let load = libc::BPF_LD | libc::BPF_B | libc::BPF_ABS;
        // A long header has the length of the id before it (RFC 8999 section 5).
        // The header of a proxy begins otherwise than QUIC does: it goes where its addresses lead, as all that this proxy's port sends.
        let mut program = vec![
            step(load, 0, 0, 0), step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, 0x0d),
            step(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX), step(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, 0, 2, 0x80),
            step(load, 0, 0, 6), step(libc::BPF_JMP | libc::BPF_JA, 0, 0, 1), step(load, 0, 0, 1),
        ];
        for &(tag, place) in places {
            program.push(step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, u32::from(tag)));
            program.push(step(libc::BPF_RET | libc::BPF_K, 0, 0, place));
        }
        program.push(step(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX));
        let whole = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
        let size = size_of::<libc::sock_fprog>() as u32;
        let done = unsafe { libc::setsockopt(self.fd, libc::SOL_SOCKET, libc::SO_ATTACH_REUSEPORT_CBPF, (&raw const whole).cast(), size) };
        if done == 0 { Ok(()) } else { Err(errno()) }
    }
}
impl Drop for Socket {
    fn drop(&mut self) { unsafe { libc::close(self.fd); } }
}

fn raw(address: SocketAddr) -> (libc::sockaddr_storage, u32) {
    let mut storage: libc::sockaddr_storage = unsafe { zeroed() };
    match address {
        SocketAddr::V4(v4) => {
            let raw = unsafe { &mut *(&raw mut storage).cast::<libc::sockaddr_in>() };
            raw.sin_family = libc::AF_INET as u16;
            raw.sin_port = v4.port().to_be();
            raw.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
            (storage, size_of::<libc::sockaddr_in>() as u32)
        }
        SocketAddr::V6(v6) => {
            let raw = unsafe { &mut *(&raw mut storage).cast::<libc::sockaddr_in6>() };
            raw.sin6_family = libc::AF_INET6 as u16;
            raw.sin6_port = v6.port().to_be();
            raw.sin6_addr.s6_addr = v6.ip().octets();
            raw.sin6_scope_id = v6.scope_id();
            (storage, size_of::<libc::sockaddr_in6>() as u32)
        }
    }
}
fn cooked(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match c_int::from(storage.ss_family) {
        libc::AF_INET => {
            let raw = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            Some((Ipv4Addr::from(raw.sin_addr.s_addr.to_ne_bytes()), u16::from_be(raw.sin_port)).into())
        }
        libc::AF_INET6 => {
            let raw = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(raw.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, u16::from_be(raw.sin6_port), 0, raw.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// The index of an interface by its name; 0 where there is none.
pub fn interface(name: &str) -> u32 {
    std::ffi::CString::new(name).map_or(0, |name| unsafe { libc::if_nametoindex(name.as_ptr()) })
}

/// The arrays of one recvmmsg or sendmmsg.
struct Heads<const N: usize> {
    parts: [libc::iovec; N], heads: [libc::mmsghdr; N], names: [libc::sockaddr_storage; N], controls: [Control; N],
}
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL]);
impl<const N: usize> Heads<N> {
    fn new() -> Box<Self> { unsafe { Box::new(zeroed()) } }
    fn set(&mut self, i: usize, bytes: *mut u8, length: usize, name: u32, control: usize) {
        self.parts[i] = libc::iovec { iov_base: bytes.cast(), iov_len: length };
        let head = &mut self.heads[i].msg_hdr;
        (head.msg_name, head.msg_namelen) = ((&raw mut self.names[i]).cast(), name);
        (head.msg_iov, head.msg_iovlen) = (&raw mut self.parts[i], 1);
        head.msg_control = if control == 0 { null_mut() } else { (&raw mut self.controls[i]).cast() };
        head.msg_controllen = control as _;
    }
}

/// Datagrams that came.
pub struct Inbox { heads: Box<Heads<BATCH>>, bytes: Box<[[u8; ROOM]; BATCH]> }
impl Inbox {
    pub fn new() -> Inbox { Inbox { heads: Heads::new(), bytes: Box::new([[0; ROOM]; BATCH]) } }
    /// Receives a batch: how many.
    pub fn receive(&mut self, socket: &Socket) -> usize {
        let control = if socket.asked { CONTROL } else { 0 };
        for i in 0..BATCH {
            let bytes = self.bytes[i].as_mut_ptr();
            self.heads.set(i, bytes, ROOM, size_of::<libc::sockaddr_storage>() as u32, control);
        }
        let heads = self.heads.heads.as_mut_ptr();
        unsafe { libc::recvmmsg(socket.fd, heads, BATCH as u32, libc::MSG_DONTWAIT as _, null_mut()) }.max(0) as usize
    }
    /// One of them: from where, to which address of ours if that was asked for, and its bytes. None of one that was longer than fits.
    pub fn datagram(&self, i: usize) -> Option<(SocketAddr, Option<IpAddr>, &[u8])> {
        let head = &self.heads.heads[i];
        if head.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 { return None; }
        let peer = cooked(&self.heads.names[i])?;
        Some((peer, asked(&head.msg_hdr), &self.bytes[i][..head.msg_len as usize]))
    }
}
fn asked(head: &libc::msghdr) -> Option<IpAddr> {
    unsafe {
        let mut each = libc::CMSG_FIRSTHDR(head);
        while !each.is_null() {
            let data = libc::CMSG_DATA(each);
            match ((*each).cmsg_level, (*each).cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let info: libc::in_pktinfo = data.cast::<libc::in_pktinfo>().read_unaligned();
                    return Some(Ipv4Addr::from(info.ipi_addr.s_addr.to_ne_bytes()).into());
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let info: libc::in6_pktinfo = data.cast::<libc::in6_pktinfo>().read_unaligned();
                    return Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into());
                }
                _ => each = libc::CMSG_NXTHDR(head, each),
            }
        }
    }
    None
}

/// Datagrams on their way out.
pub struct Outbox { heads: Box<Heads<OUT>>, bytes: Vec<Vec<u8>>, count: usize, sent: usize }
impl Outbox {
    pub fn new() -> Outbox {
        Outbox { heads: Heads::new(), bytes: (0..OUT).map(|_| Vec::with_capacity(ROOM)).collect(), count: 0, sent: 0 }
    }
    pub fn is_full(&self) -> bool { self.count == OUT }
    /// An empty buffer for the next datagram. There is none in a full box.
    pub fn next(&mut self) -> &mut Vec<u8> {
        let next = &mut self.bytes[self.count];
        next.clear();
        next
    }
    /// What lies in `next` is a datagram.
    pub fn take(&mut self, socket: &Socket, to: SocketAddr, from: Option<IpAddr>) {
        let i = self.count;
        let (name, length) = raw(to);
        self.heads.names[i] = name;
        let (bytes, size) = (self.bytes[i].as_mut_ptr(), self.bytes[i].len());
        self.heads.set(i, bytes, size, length, 0);
        if let Some(from) = from && socket.asked { self.say_source(i, from, socket.v6); }
        self.count += 1;
    }
    fn say_source(&mut self, i: usize, from: IpAddr, v6: bool) {
        let head: *mut libc::msghdr = &raw mut self.heads.heads[i].msg_hdr;
        let control: *mut c_void = (&raw mut self.heads.controls[i]).cast();
        unsafe {
            (*head).msg_control = control;
            let (level, kind, size) = if v6 { (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, size_of::<libc::in6_pktinfo>()) }
                else { (libc::IPPROTO_IP, libc::IP_PKTINFO, size_of::<libc::in_pktinfo>()) };
            (*head).msg_controllen = libc::CMSG_SPACE(size as u32) as _;
            let first = libc::CMSG_FIRSTHDR(head);
            ((*first).cmsg_level, (*first).cmsg_type, (*first).cmsg_len) = (level, kind, libc::CMSG_LEN(size as u32) as _);
            match from {
                IpAddr::V6(ip) => {
                    let info = libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: ip.octets() }, ipi6_ifindex: 0 };
                    libc::CMSG_DATA(first).cast::<libc::in6_pktinfo>().write_unaligned(info);
                }
                IpAddr::V4(ip) => {
                    let source = libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) };
                    let info = libc::in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: source, ipi_addr: libc::in_addr { s_addr: 0 } };
                    libc::CMSG_DATA(first).cast::<libc::in_pktinfo>().write_unaligned(info);
                }
            }
        }
    }
    /// Sends what is there; false where the socket takes no more at the moment. `lost` are those that it never takes: QUIC sends them
    /// again.
    pub fn flush(&mut self, socket: &Socket, lost: &mut u64) -> bool {
        while self.sent < self.count {
            let (heads, count) = (&raw mut self.heads.heads[self.sent], (self.count - self.sent) as u32);
            let sent = unsafe { libc::sendmmsg(socket.fd, heads, count, 0) };
            if sent > 0 { self.sent += sent as usize; continue; }
            if sent < 0 && errno() == libc::EINTR { continue; }
            if sent < 0 && matches!(errno(), libc::EAGAIN | libc::ENOBUFS) { return false; }
            *lost += 1;
            self.sent += 1;
        }
        (self.count, self.sent) = (0, 0);
        true
    }
}
