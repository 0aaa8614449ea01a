// Puts bytes into an executable of Linux where Node looks for those of a single executable application. Knows ELF (64 bits, fixed
// addresses, as Node is built) and the name that Node looks for; knows nothing of what the bytes are.

/** How Node knows that there is something to look for: this, and `0` or `1` behind it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
const NOTE_NAME = 'NODE_SEA_BLOB';
/** Fields of the head, and of an entry of the table of segments (elf.h). */
const TYPE = 0x10, TABLE = 0x20, ENTRY_SIZE = 0x36, ENTRIES = 0x38, FIXED = 2, SIZE = 56;
const LOAD = 1, NOTE = 4, SELF = 6, READ = 4;
/** The largest page of any machine that Node is built for. */
const PAGE = 0x10000;
const up = (at, unit) => Math.ceil(at / unit) * unit;

function entry({ type, flags, offset, address, length, align }) {
  const bytes = Buffer.alloc(SIZE);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(flags, 4);
  [offset, address, address, length, length, align].forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 8 + 8 * i));
  return bytes;
}

/**
 * The executable with these bytes as a note in a segment of its own, which is mapped and only read. The table of segments has no room for
 * one more: the entry that says where the table itself lies, which a program of fixed addresses does not need, becomes the segment, and the
 * one of the build's own notes becomes the note.
 */
export function withNote(executable, blob) {
  const wrong = (why) => new Error(`it is no executable that bytes can be put into: ${why}`);
  if (executable.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') throw wrong('no ELF of 64 bits, little end first');
  if (executable.readUInt16LE(TYPE) !== FIXED) throw wrong('its addresses are not fixed');
  if (executable.readUInt16LE(ENTRY_SIZE) !== SIZE) throw wrong('its table of segments is another one');
  const fuse = executable.indexOf(`${FUSE}0`, 0, 'latin1');
  if (fuse < 0) throw wrong('it does not look for any, or has some');

  const table = Number(executable.readBigUInt64LE(TABLE));
  const entries = Array.from({ length: executable.readUInt16LE(ENTRIES) }, (_, i) => executable.subarray(table + i * SIZE, table + (i + 1) * SIZE));
  const typeOf = (each) => each.readUInt32LE(0);
  const own = entries.find((each) => typeOf(each) === SELF), notes = entries.find((each) => typeOf(each) === NOTE);
  if (own === undefined || notes === undefined) throw wrong('its table of segments has no entry to spare');

  const name = Buffer.alloc(up(NOTE_NAME.length + 1, 4));
  name.write(NOTE_NAME, 'latin1');
  const head = Buffer.alloc(12);
  head.writeUInt32LE(NOTE_NAME.length + 1, 0);
  head.writeUInt32LE(blob.length, 4);
  const note = Buffer.concat([head, name, blob, Buffer.alloc(up(blob.length, 4) - blob.length)]);

  const ends = entries.filter((each) => typeOf(each) === LOAD).map((each) => Number(each.readBigUInt64LE(16) + each.readBigUInt64LE(40)));
  const where = { flags: READ, offset: up(executable.length, PAGE), address: up(Math.max(...ends), PAGE), length: note.length };
  const segment = entry({ ...where, type: LOAD, align: PAGE });
  const last = entries.findLastIndex((each) => typeOf(each) === LOAD);
  // The loader wants segments in the order of their addresses.
  const fresh = entries.flatMap((each, i) => (each === own ? [] : each === notes ? [entry({ ...where, type: NOTE, align: 4 })]
    : i === last ? [each, segment] : [each]));

  const made = Buffer.concat([executable, Buffer.alloc(where.offset - executable.length), note]);
  Buffer.concat(fresh).copy(made, table);
  made.write('1', fuse + FUSE.length, 'latin1');
  return made;
}
