// What `/metrics` says to a request: the format that it wants, compressed where it may be. Knows headers and formats; knows no metric.
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { HttpReply, HttpRequest } from '../../http/message.ts';
import { acceptsGzip, chooseFormat } from './accept.ts';
import { exposeOpenMetrics, exposeText } from './exposition.ts';
import { gather } from './gathered.ts';
import { exposeProtobuf } from './protobuf.ts';

/** Bytes below which compression saves nothing that anybody notices. */
const SMALL = 1024;

/** The numbers of this moment. */
export async function replyTo(metrics: Metrics, { headers }: Pick<HttpRequest, 'headers'>): Promise<HttpReply> {
  const { format, type } = chooseFormat(headers.get('accept'));
  const families = gather(metrics);
  const body = format === 'protobuf' ? exposeProtobuf(families)
    : Buffer.from(format === 'openmetrics' ? exposeOpenMetrics(families) : exposeText(families));
  if (body.length < SMALL || !acceptsGzip(headers.get('accept-encoding'))) return { status: 200, type, body };
  return { status: 200, type, body: await compressed(body), headers: { 'Content-Encoding': 'gzip' } };
}

/** The library is loaded when somebody first wants it; its work is done in a thread of its own. */
async function compressed(body: Uint8Array): Promise<Uint8Array> {
  const { gzip } = await import('node:zlib');
  return new Promise((resolve, reject) => gzip(body, (error, bytes) => (error === null ? resolve(bytes) : reject(error))));
}

