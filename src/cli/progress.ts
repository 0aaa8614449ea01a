// How far long work on a zone's file has come: records, how many a second, the time that is left. Knows a terminal and time; nobody sees
// it who redirects, and nobody whose work is done within a second.

/** Where it is told: what of a stream it takes. */
interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}
/** Milliseconds: before nothing is said, and between two lines. */
const SILENT = 1000, BETWEEN = 250;
/** Records after which the time is looked at. */
const OFTEN = 256;

/** One piece of work, in stages. */
export class Progress {
  readonly #terminal: Terminal | undefined;
  readonly #now: () => number;
  readonly #began: number;
  #what = '';
  #since = 0;
  #calls = 0;
  #told = -Infinity;
  #isShown = false;

  /** `now` is in milliseconds. */
  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal.isTTY === true ? terminal : undefined;
    this.#now = now;
    this.#began = now();
  }

  /** Now this is done. */
  stage(what: string): void {
    this.#what = what;
    this.#since = this.#now();
    this.#calls = 0;
  }
  /** So many records are done, and `done` of `all` of the stage, in whatever that is counted. Cheap: may be called for each record. */
  tell(records: number, done: number, all: number): void {
    if (this.#terminal === undefined || ++this.#calls % OFTEN !== 0) return;
    const now = this.#now();
    if (now - this.#began < SILENT || now - this.#told < BETWEEN) return;
    this.#told = now;
    const passed = (now - this.#since) / 1000;
    const rate = passed > 0 ? Math.round(records / passed) : 0;
    const left = done > 0 ? Math.max(0, passed * (all / done - 1)) : undefined;
    const time = left === undefined ? '' : `, ${timeOf(left)} left`;
    this.#terminal.write(`\r${this.#what}: ${grouped(records)} records, ${grouped(rate)} a second${time}\x1b[K`);
    this.#isShown = true;
  }
  /** Takes away what is shown: something else is going to be printed. */
  end(): void {
    if (this.#isShown) this.#terminal!.write('\r\x1b[K');
    this.#isShown = false;
  }
}

const grouped = (number: number): string => String(number).replaceAll(/\B(?=(\d{3})+$)/g, ',');
function timeOf(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (number: number): string => String(number).padStart(2, '0');
  return whole < 60 ? `${whole} s` : whole < 3600 ? `${Math.floor(whole / 60)}:${two(whole % 60)}`
    : `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
