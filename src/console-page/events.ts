// Server-sent events (WHATWG HTML 9.2) out of the text of a reply that goes on. Knows their form; asks nobody.

/** One event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Letters of an event that is not whole yet, at most. */
const LONGEST = 4 << 20;

/** Takes text in any pieces, and gives the events that are whole. */
export class EventReader {
  #text = '';
  /** The first half of an end of line. */
  #carriage = '';

  /** Throws RangeError where an event has no end. */
  feed(part: string): readonly ServerEvent[] {
    const text = this.#carriage + part;
    this.#carriage = text.endsWith('\r') ? '\r' : '';
    this.#text += text.slice(0, text.length - this.#carriage.length).replaceAll('\r\n', '\n');
    if (this.#text.length > LONGEST) throw new RangeError('an event without an end');
    const whole = this.#text.split('\n\n');
    this.#text = whole.pop()!;
    return whole.flatMap((text) => read(text) ?? []);
  }
}
function read(text: string): ServerEvent | undefined {
  let event = 'message', id: string | undefined;
  const data: string[] = [];
  for (const line of text.split('\n')) {
    const [, field, value = ''] = /^([a-z]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, id, data: data.join('\n') };
}
