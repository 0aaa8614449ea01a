// Which format and which encoding a request wants (RFC 9110 section 12.5). Knows headers and quality values; writes nothing.

/** How numbers can be written. */
export type Format = 'text' | 'openmetrics' | 'protobuf';
/** A format, and the content type that says so. */
export interface Choice {
  readonly format: Format;
  readonly type: string;
}

/** Prometheus's own text format, which whoever says nothing gets. */
const TEXT: Choice = { format: 'text', type: 'text/plain; version=0.0.4; charset=utf-8' };
const PROTOBUF: Choice = {
  format: 'protobuf', type: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
};
const openMetrics = (version: string): Choice => ({
  format: 'openmetrics', type: `application/openmetrics-text; version=${version}; charset=utf-8`,
});
/** What whoever takes anything, or anything of a kind, gets first. */
const OFFERS: readonly Choice[] = [TEXT, openMetrics('1.0.0'), PROTOBUF];

interface Range {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The format for an `Accept` header. Where nothing that it names is there, it is the text, as everywhere in Prometheus's world. */
export function chooseFormat(accept: string | undefined): Choice {
  const ranges = readRanges(accept ?? '');
  for (const range of ranges) {
    const choice = range.quality > 0 ? chosen(range, ranges) : undefined;
    if (choice !== undefined) return choice;
  }
  return TEXT;
}
/** Whether the reply may be compressed, by an `Accept-Encoding` header. */
export function acceptsGzip(header: string | undefined): boolean {
  const ranges = readRanges(header ?? '');
  const own = ranges.find(({ name }) => name === 'gzip' || name === 'x-gzip') ?? ranges.find(({ name }) => name === '*');
  return (own?.quality ?? 0) > 0;
}

function chosen({ name, parameters }: Range, ranges: readonly Range[]): Choice | undefined {
  switch (name) {
    case 'text/plain':
      return (parameters.get('version') ?? '0.0.4') === '0.0.4' ? TEXT : undefined;
    case 'application/openmetrics-text': {
      const version = parameters.get('version') ?? '1.0.0';
      return version === '1.0.0' || version === '0.0.1' ? openMetrics(version) : undefined;
    }
    case 'application/vnd.google.protobuf': {
      const delimited = (parameters.get('encoding') ?? '') === 'delimited';
      return delimited && parameters.get('proto') === 'io.prometheus.client.MetricFamily' ? PROTOBUF : undefined;
    }
    default:
      if (!name.endsWith('/*')) return undefined;
      return OFFERS.find(({ type }) => (name === '*/*' || type.startsWith(name.slice(0, -1))) && !refused(type, ranges));
  }
}
const refused = (type: string, ranges: readonly Range[]): boolean =>
  ranges.some(({ name, quality }) => quality === 0 && type.startsWith(`${name};`));

/** The ranges of a header, the most wanted first, and in their order where they are wanted alike. */
function readRanges(header: string): readonly Range[] {
  return header.split(',').flatMap((text) => {
    const [name = '', ...pairs] = text.split(';').map((part) => part.trim());
    if (name === '') return [];
    const parameters = new Map(pairs.map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return [key.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')] as const;
    }));
    const quality = Number(parameters.get('q') ?? 1);
    return [{ name: name.toLowerCase(), parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 }];
  }).sort((a, b) => b.quality - a.quality);
}
