// Where a redirect leads: a text with placeholders, filled from the request. Knows requests; looks nothing up.

/** What is known of a request. */
export interface Asked {
  readonly method: string;
  /** With its port, as the client said it. */
  readonly host: string;
  /** `/a/b?c=d` */
  readonly uri: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** Characters of the longest target. */
const LONGEST = 2048;

/** The target as a URL; undefined where it is none that a client can be sent to. */
export function fill(template: string, asked: Asked): URL | undefined {
  const text = template.replace(/\{([^{}]{1,64})\}/g, (_, name: string) => valueOf(name, asked));
  if (text.length > LONGEST || /[^\x21-\x7e]/.test(text)) return undefined;
  try {
    const url = new URL(text);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}
/** Whether it leads to where the request came from. */
export function leadsBack(url: URL, { host, uri }: Asked): boolean {
  try {
    const own = new URL(uri, `${url.protocol}//${host}`);
    return own.host === url.host && own.pathname === url.pathname && own.search === url.search;
  } catch {
    return true;
  }
}

function valueOf(name: string, asked: Asked): string {
  const escaped = name.endsWith('_escaped');
  const value = escaped ? encodeURIComponent(plain(name.slice(0, -'_escaped'.length), asked)) : plain(name, asked);
  return value;
}
function plain(name: string, { method, host, uri, headers }: Asked): string {
  const [path = '/', query = ''] = uri.split(/\?(.*)/s);
  const only = host.replace(/:\d+$/, '');
  const header = (key: string): string => [headers[key.toLowerCase()] ?? ''].flat().join(', ');
  switch (name) {
    case 'uri': return uri;
    case 'path': return path;
    case 'query': return query;
    case 'method': return method;
    case 'host': return host;
    case 'hostonly': return only;
    case 'port': return /:(\d+)$/.exec(host)?.[1] ?? '80';
    case 'dir': return path.slice(0, path.lastIndexOf('/') + 1);
    case 'file': return path.slice(path.lastIndexOf('/') + 1);
    default:
  }
  if (name.startsWith('>')) return header(name.slice(1));
  if (name.startsWith('?')) return encodeURIComponent(new URLSearchParams(query).get(name.slice(1)) ?? '');
  if (name.startsWith('~')) {
    const cookies = header('cookie').split(';').map((each) => each.trim().split('='));
    return cookies.find(([key]) => key === name.slice(1))?.[1] ?? '';
  }
  const label = /^label([1-9])$/.exec(name)?.[1];
  return label === undefined ? '' : only.split('.')[Number(label) - 1] ?? '';
}
