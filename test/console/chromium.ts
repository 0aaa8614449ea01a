// A Chromium without a window, told what to do by its DevTools protocol over a pipe. Knows the protocol's messages; knows no page of ours.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { missing } from '../servers/programs.ts';

/** Why there is none to try with; false where there is. */
export const noChromium = missing('chromium');

/** Milliseconds until something is given up that should come. */
const PATIENCE = 120_000, LOOK = 25;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}
interface Fields { readonly [name: string]: unknown }

/** A running browser. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile = mkdtempSync(join(tmpdir(), 'console-chromium-'));
  readonly #waiting = new Map<number, { resolve: (result: Fields) => void; reject: (error: Error) => void }>();
  readonly #heard: ((message: Message) => void)[] = [];
  readonly #ended: Promise<void>;
  #next = 1;
  #rest = '';

  /** Starts one that ends with the test. */
  static start(t: TestContext, ...switches: readonly string[]): Chromium {
    const browser = new Chromium(switches);
    t.after(() => browser.close());
    return browser;
  }
  constructor(switches: readonly string[]) {
    this.#process = spawn('chromium', [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--hide-scrollbars', '--disable-sync',
      '--disable-background-networking', '--disable-component-update', '--no-proxy-server', '--force-color-profile=srgb', '--lang=en-GB',
      `--user-data-dir=${this.#profile}`, '--remote-debugging-pipe', ...switches, 'about:blank',
    ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const output = this.#process.stdio[4] as Readable;
    output.setEncoding('utf8');
    output.on('data', (text: string) => {
      const parts = (this.#rest + text).split('\0');
      this.#rest = parts.pop()!;
      for (const part of parts) this.#take(JSON.parse(part) as Message);
    });
    (this.#process.stdio[3] as Writable).on('error', () => {});
    this.#ended = new Promise((resolve) => this.#process.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser has ended'));
      resolve();
    }));
  }
  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
    // What it forked may still write.
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
  /** Does a command of the protocol. Rejects with what the browser says. */
  send(method: string, params: Fields = {}, sessionId?: string): Promise<Fields> {
    const id = this.#next++;
    const message = { id, method, params, ...(sessionId === undefined ? {} : { sessionId }) };
    (this.#process.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
  on(heard: (message: Message) => void): void {
    this.#heard.push(heard);
  }
  /** A new page, of this size. */
  async page(width = 1440, height = 1000, isPhone = false): Promise<Tab> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, sessionId as string);
    await tab.begin(width, height, isPhone);
    return tab;
  }
  #take(message: Message): void {
    const { id, error, result = {} } = message;
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (waiting === undefined) {
      for (const heard of this.#heard) heard(message);
      return;
    }
    this.#waiting.delete(id!);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message));
  }
}

/** A page, and what it said that nobody wants to hear. */
export class Tab {
  readonly #browser: Chromium;
  readonly #session: string;
  /** Errors of scripts, and what the policy of the page's content refused. */
  readonly complaints: string[] = [];

  constructor(browser: Chromium, session: string) {
    this.#browser = browser;
    this.#session = session;
  }
  send(method: string, params: Fields = {}): Promise<Fields> {
    return this.#browser.send(method, params, this.#session);
  }
  async begin(width: number, height: number, isPhone: boolean): Promise<void> {
    this.#browser.on(({ sessionId, method, params }) => {
      if (sessionId !== this.#session) return;
      if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify((params!['exceptionDetails'] as Fields)));
      if (method === 'Runtime.bindingCalled') this.complaints.push(String(params!['payload']));
    });
    for (const domain of ['Page', 'Runtime', 'Network']) await this.send(`${domain}.enable`);
    await this.send('Runtime.addBinding', { name: 'complain' });
    await this.send('Page.addScriptToEvaluateOnNewDocument', {
      source: "addEventListener('securitypolicyviolation', (e) => complain(['CSP', e.violatedDirective, e.blockedURI].join(' ')));",
    });
    await this.size(width, height, isPhone);
  }
  async size(width: number, height: number, isPhone: boolean): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: isPhone });
    await this.send('Emulation.setTouchEmulationEnabled', { enabled: isPhone });
  }
  /** What the system says of colours and movement. */
  prefers(scheme: 'dark' | 'light'): Promise<Fields> {
    return this.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }],
    });
  }
  /** Opens an address; why it was not, where it was not. */
  async open(url: string): Promise<string | undefined> {
    const { errorText } = await this.send('Page.navigate', { url });
    return errorText as string | undefined;
  }
  /** What an expression of the page's language comes to. Rejects with what it throws. */
  async tell<T>(expression: string): Promise<T> {
    const said = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const { exceptionDetails, result } = said as { exceptionDetails?: { exception?: { description?: string } }; result: { value: T } };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? 'an error of the page');
    return result.value;
  }
  /** Waits until an expression is true. */
  async until(expression: string, what: string): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!(await this.tell<boolean>(`Boolean(${expression})`).catch(() => false))) {
      if (Date.now() > end) throw new Error(`never: ${what}; the page says: ${await this.tell('document.body.innerText')}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }
  /** Waits until the page says something. */
  says(pattern: RegExp): Promise<void> {
    return this.until(`${String(pattern)}.test(document.body.innerText)`, String(pattern));
  }
  /** Presses a key, with what it writes. */
  async press(key: string): Promise<void> {
    const named: { readonly [key: string]: readonly [code: string, number: number] } = {
      Enter: ['Enter', 13], Escape: ['Escape', 27], Tab: ['Tab', 9], ' ': ['Space', 32], ArrowLeft: ['ArrowLeft', 37],
      ArrowUp: ['ArrowUp', 38], ArrowRight: ['ArrowRight', 39], ArrowDown: ['ArrowDown', 40],
    };
    const [code, number] = named[key] ?? [`Key${key.toUpperCase()}`, key.toUpperCase().charCodeAt(0)];
    const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
    const event = { key, code, windowsVirtualKeyCode: number, ...(text === undefined ? {} : { text }) };
    await this.send('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', ...event });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', key, code, windowsVirtualKeyCode: number });
  }
  /** Writes into what has the focus. */
  write(text: string): Promise<Fields> {
    return this.send('Input.insertText', { text });
  }
  /** Clicks what a selector finds. */
  async click(selector: string): Promise<void> {
    const place = `(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = e.getBoundingClientRect(); return [x + width / 2, y + height / 2]; })()`;
    const [x, y] = await this.tell<[number, number]>(place);
    for (const type of ['mousePressed', 'mouseReleased']) {
      await this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }
  }
  /** A picture of it, as PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(data as string, 'base64');
  }
}
