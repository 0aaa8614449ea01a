// The tables that JavaScript and this side share: events for it, commands from it, counters. Knows where what lies; knows nothing of QUIC.
use crate::node::Memory;

/// What events are.
pub mod event {
    /// A connection that will speak: its handshake may still be under way (EARLY).
    pub const BEGUN: i32 = 1;
    /// Its handshake is over.
    pub const OPENED: i32 = 2;
    pub const DATA: i32 = 3;
    /// The peer ended its side of a stream without its end.
    pub const RESET: i32 = 4;
    /// The peer wants nothing more on a stream.
    pub const STOPPED: i32 = 5;
    /// All that was sent on a stream so far was taken.
    pub const SENT: i32 = 6;
    /// The peer allows more streams.
    pub const ROOM: i32 = 7;
    pub const CLOSED: i32 = 8;
    /// A handshake that came to nothing: nobody heard of its connection.
    pub const FAILED: i32 = 9;
    /// Lines for the file of secrets.
    pub const SECRETS: i32 = 10;
    /// The library has panicked: its text.
    pub const PANIC: i32 = 11;
    pub const PROXY: i32 = 12;
}
/// What commands are.
pub mod command {
    pub const SEND: i32 = 1;
    pub const RESET: i32 = 2;
    pub const STOP: i32 = 3;
    pub const CLOSE: i32 = 4;
}
/// Flags of events: the stream ends; it came before the handshake was over; what was sent before is lost; the application's code.
pub const FIN: i32 = 1;
pub const EARLY: i32 = 2;
pub const REJECTED: i32 = 4;
pub const APPLICATION: i32 = 8;
/// Flags of SEND: the stream ends; say when it was taken.
pub const LAST: i32 = 1;
pub const TELL: i32 = 2;

/// Who ended a connection.
pub mod by {
    pub const PEER: i32 = 1;
    pub const SILENCE: i32 = 2;
    pub const RESET: i32 = 3;
    pub const ERROR: i32 = 4;
    pub const LOCAL: i32 = 5;
}

/// Words at the beginning of the board: gauges and counters.
pub mod count {
    pub const OPEN: usize = 0;
    pub const SHAKING: usize = 1;
    pub const RETRIES: usize = 2;
    pub const PANICS: usize = 3;
    pub const ASTRAY: usize = 4;
    pub const LOST: usize = 5;
    pub const REFUSED: usize = 6;
    pub const TIMERS: usize = 7;
}
const EVENTS: usize = 16;
const EVENT_WORDS: usize = 8;
const MOST_EVENTS: usize = 1024;
const BOARD_WORDS: usize = EVENTS + EVENT_WORDS * MOST_EVENTS;
const COMMANDS: usize = 4;
const COMMAND_WORDS: usize = 6;
const MOST_COMMANDS: usize = 1024;
const BOX_WORDS: usize = COMMANDS + COMMAND_WORDS * MOST_COMMANDS;
/// Bytes of events, and of commands.
const INPUT: usize = 1 << 18;
const OUTPUT: usize = 1 << 18;

/// The numbers that both sides must agree on.
pub const LAYOUT: &[(&str, usize)] = &[
    ("VERSION", 2), ("EVENTS", EVENTS), ("EVENT_WORDS", EVENT_WORDS), ("MOST_EVENTS", MOST_EVENTS), ("BOARD_WORDS", BOARD_WORDS),
    ("COMMANDS", COMMANDS), ("COMMAND_WORDS", COMMAND_WORDS), ("MOST_COMMANDS", MOST_COMMANDS), ("BOX_WORDS", BOX_WORDS),
    ("INPUT", INPUT), ("OUTPUT", OUTPUT),
];

/// An event before it is written.
#[derive(Clone, Copy, Default)]
pub struct Event<'a> {
    pub kind: i32, pub connection: i32, pub stream: u64, pub bytes: &'a [u8], pub flags: i32, pub code: u64,
}

/// The memory of one endpoint.
pub struct Board { words: Memory, input: Memory, commands: Memory, output: Memory, count: usize, used: usize }
impl Board {
    /// None where the memory is smaller than it has to be.
    pub fn new(words: Memory, input: Memory, commands: Memory, output: Memory) -> Option<Board> {
        let fits = words.len() >= BOARD_WORDS * 4 && input.len() >= INPUT && commands.len() >= BOX_WORDS * 4 && output.len() >= OUTPUT;
        fits.then_some(Board { words, input, commands, output, count: 0, used: 0 })
    }
    pub fn tell(&self, what: usize, value: u64) { self.words.set_word(what, (value & 0x7fff_ffff) as i32); }

    /// Whether an event with so many bytes still has a place.
    pub fn fits(&self, bytes: usize) -> bool { self.count < MOST_EVENTS && self.used + bytes <= INPUT }
    /// Bytes that one more event could have.
    pub fn room(&self) -> usize { if self.count < MOST_EVENTS { INPUT - self.used } else { 0 } }
    pub fn put(&mut self, event: &Event) {
        let at = EVENTS + self.count * EVENT_WORDS;
        self.input.put(self.used, event.bytes);
        let (low, high) = halves(event.stream);
        let words = [event.kind, event.connection, low, high, self.used as i32, event.bytes.len() as i32, event.flags, event.code as i32];
        for (i, word) in words.into_iter().enumerate() { self.words.set_word(at + i, word); }
        self.count += 1;
        self.used += event.bytes.len();
    }
    /// How many there are; they are JavaScript's now, and the next ones begin anew.
    pub fn take(&mut self) -> usize { self.used = 0; std::mem::take(&mut self.count) }

    /// Commands that wait.
    pub fn waiting(&self) -> usize { (self.commands.word(0).max(0) as usize).min(MOST_COMMANDS) }
    pub fn done(&self) { self.commands.set_word(0, 0); }
    pub fn command(&self, i: usize) -> Command<'_> {
        let word = |k: usize| self.commands.word(COMMANDS + i * COMMAND_WORDS + k);
        let kind = word(0);
        let stream = u64::from(word(2) as u32) | u64::from(word(3) as u32) << 32;
        let code = u64::from(word(4) as u32);
        let bytes = match kind & 255 {
            command::SEND => self.output.get(word(4).max(0) as usize, word(5).max(0) as usize),
            command::CLOSE => self.output.get(word(2).max(0) as usize, word(3).max(0) as usize),
            _ => None,
        };
        Command { kind: kind & 255, flags: kind >> 8, connection: word(1), stream, code, bytes: bytes.unwrap_or_default() }
    }
}

/// A command as it was written. SEND: kind, connection, stream, place, length; CLOSE: kind, connection, place, length, code; else the code
/// stands where SEND has the place.
pub struct Command<'a> {
    pub kind: i32, pub flags: i32, pub connection: i32, pub stream: u64, pub code: u64, pub bytes: &'a [u8],
}

fn halves(number: u64) -> (i32, i32) { (number as u32 as i32, (number >> 32) as u32 as i32) }
