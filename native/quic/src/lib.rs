// QUIC for Node: quinn-proto is the protocol, the rest here is sockets, timers, memory that JavaScript sees too, and TLS's settings. Knows
// how they belong together; DNS and HTTP are JavaScript's.
#![deny(unsafe_op_in_unsafe_fn)]

mod board;
mod connection;
mod ending;
mod endpoint;
mod group;
mod ids;
mod incoming;
mod node;
mod panics;
mod proxy;
mod settings;
mod socket;
mod state;
mod surface;
mod tls;
mod trust;
mod uv;
