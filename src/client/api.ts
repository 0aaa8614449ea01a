// Requests to the API of a *registry*, and what it says instead of an answer (RFC 9457). Knows HTTP by `fetch`; knows no operation.

/** The API refused something, or the network did: then the status is 0. */
export class RegistryError extends Error {
  readonly status: number;
  /** The part of the request that is wrong, and how to mend it, where the API says so. */
  readonly field: string | undefined;
  readonly cure: string | undefined;

  constructor(status: number, text: string, { field, cure, cause }: { field?: string; cure?: string; cause?: unknown } = {}) {
    super(text, { cause });
    this.name = 'RegistryError';
    this.status = status;
    this.field = field;
    this.cure = cure;
  }
}
/** What of `fetch` is needed. */
export type Fetch = (url: string, options: {
  readonly method: string; readonly headers: Record<string, string>; readonly body?: string; readonly signal?: AbortSignal;
}) => Promise<Response>;
/** A reply. */
export interface Reply {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: unknown;
}
/** How one request differs from the usual. */
export interface Asking {
  readonly body?: object;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
}

/** One API. */
export class Api {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #fetch: Fetch;

  constructor(url: string, token: string | undefined, fetch: Fetch) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
    this.#fetch = fetch;
  }
  /** Rejects with RegistryError, or with the signal's reason. */
  async begin(method: string, path: string, { body, headers = {}, signal }: Asking = {}): Promise<Response> {
    const all = {
      ...this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
      ...body === undefined ? {} : { 'content-type': 'application/json' }, ...headers,
    };
    let response: Response;
    try {
      response = await this.#fetch(this.#url + path, {
        method, headers: all, ...body === undefined ? {} : { body: JSON.stringify(body) }, ...signal === undefined ? {} : { signal },
      });
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      const why = (error as Error).cause instanceof Error ? ((error as Error).cause as Error).message : (error as Error).message;
      throw new RegistryError(0, `${this.#url} cannot be asked: ${why}`, { cause: error });
    }
    if (response.status < 400) return response;
    const text = await response.text().catch(() => '');
    let said: { readonly title?: string; readonly detail?: string; readonly field?: string; readonly cure?: string } = {};
    try {
      said = JSON.parse(text) as typeof said;
    } catch {
      // Something in between answered.
    }
    const { title = `HTTP status ${response.status}`, detail, field, cure } = said;
    throw new RegistryError(response.status, detail === undefined ? title : `${title}: ${detail}`, {
      ...field === undefined ? {} : { field }, ...cure === undefined ? {} : { cure },
    });
  }
  /** One request whose reply is whole. */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Reply> {
    const response = await this.begin(method, path, asking);
    const text = await response.text();
    return {
      status: response.status, etag: response.headers.get('etag') ?? undefined, body: text === '' ? undefined : JSON.parse(text) as unknown,
    };
  }
}
