// One look at an instance: a connection that is taken, a path, a service of gRPC or a name that is answered. Knows what each asks and what
// counts as an answer; opens the sockets. Nothing is followed, no host name is looked up, and little is read.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { joinHostPort } from '../../../dns/host-port.ts';
import { QR, decodeMessage, encodeMessage, message } from '../../../dns/message.ts';
import { Name } from '../../../dns/name.ts';
import { RCODE, rcodeName } from '../../../dns/rcode.ts';
import { CLASS, TYPE } from '../../../dns/type-name.ts';
import type { RequestForm } from '../../../http/client-side.ts';
import { FrameOutput } from '../../../http/frames.ts';
import { GRPC_STATUS, framed, frameOf } from '../../../http/grpc-message.ts';
import { Http2Client } from '../../../http/h2-client.ts';
import { HeadReader } from '../../../http/head.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { reasonOf } from '../../../wording/errno.ts';
import type { Check } from './check-spec.ts';

/** Where an instance is. */
export interface Target {
  readonly address: string;
  readonly port: number;
}
/** Says once what came of it: undefined where it passed, else why not. */
type Say = (wrong: string | undefined) => void;
/** Begins a look; what it returns ends it. */
type Begin = (target: Target, what: string, say: Say) => () => void;

/** Looks. Resolves to why it did not pass, undefined where it did. */
export function probe(target: Target, { kind, what, timeout }: Check, clock: Pick<Clock, 'after'>): Promise<string | undefined> {
  return new Promise((resolve) => {
    let end = (): void => {};
    let isOver = false;
    const say: Say = (wrong) => {
      if (isOver) return;
      isOver = true;
      cancel();
      end();
      resolve(wrong);
    };
    const cancel = clock.after(timeout, () => say('nothing came in time'));
    end = BEGIN[kind](target, what, say);
    if (isOver) end();
  });
}

function tcp({ address, port }: Target, connected: (socket: Socket) => void, say: Say): () => void {
  const socket = connect({ host: address, port, noDelay: true });
  socket.on('connect', () => connected(socket));
  socket.on('error', (error) => say(reasonOf(error)));
  socket.on('close', () => say('the connection was closed'));
  return () => socket.resetAndDestroy();
}
const BEGIN: { readonly [kind in Check['kind']]: Begin } = {
  tcp: (target, _, say) => tcp(target, () => say(undefined), say),
  http(target, path, say) {
    const heads = new HeadReader();
    return tcp(target, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        try {
          const head = heads.feed(chunk)?.head;
          if (head !== undefined) say(head.status >= 200 && head.status < 300 ? undefined : `the reply is ${head.status}`);
        } catch (error) {
          say((error as Error).message);
        }
      });
      const host = joinHostPort(target.address, String(target.port));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: coredns-ts-check\r\nAccept: */*\r\nConnection: close\r\n\r\n`);
    }, say);
  },
  /** `grpc.health.v1.Health/Check`: field 1 of the request is the service, of the reply the status, of which 1 is SERVING. */
  grpc(target, service, say) {
    const form: RequestForm = {
      method: 'POST', scheme: 'http', authority: joinHostPort(target.address, String(target.port)), target: '/grpc.health.v1.Health/Check',
      fields: [['content-type', 'application/grpc'], ['te', 'trailers']],
    };
    return tcp(target, (socket) => {
      const client = new Http2Client(socket, (output ??= new FrameOutput()), form, 1);
      socket.on('data', (chunk: Buffer) => client.receive(chunk));
      socket.on('drain', () => client.drained());
      const bytes = Buffer.from(service);
      const request = Buffer.from(frameOf(bytes, 0, bytes.length));
      client.send({
        replied: (reply) => say(reply.status === 200 ? healthOf(reply.body, reply.field('grpc-status')) : `the reply is ${reply.status}`),
        unanswered: (_, text) => say(text),
      }, request, 0, request.length);
    }, say);
  },
  dns({ address, port }, text, say) {
    const name = Name.maybe(text);
    if (name === undefined) {
      say('the name is none');
      return () => {};
    }
    const id = Math.floor(Math.random() * 65_536);
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', (error) => say(reasonOf(error)));
    socket.on('message', (bytes) => {
      const wrong = answerFault(bytes, id, name);
      if (wrong !== 'another message') say(wrong);
    });
    socket.connect(port, address, () => {
      socket.send(encodeMessage(message({ id, question: { name, type: TYPE.A, class: CLASS.IN } }), { compress: false }));
    });
    return () => socket.close();
  },
};
let output: FrameOutput | undefined;

function healthOf(body: Buffer, status: string | undefined): string | undefined {
  if (status !== undefined && status !== String(GRPC_STATUS.OK)) return `the status of gRPC is ${status}`;
  const said = framed(body);
  if (typeof said === 'string') return said;
  return said[0] === 8 && said[1] === 1 ? undefined : 'it is not serving';
}
function answerFault(bytes: Buffer, id: number, name: Name): string | undefined {
  try {
    const { id: of, question, rcode, flags } = decodeMessage(bytes);
    if (of !== id || (flags & QR) === 0 || question?.name.equals(name) !== true) return 'another message';
    return rcode === RCODE.NOERROR ? undefined : `the answer is ${rcodeName(rcode)}`;
  } catch {
    return 'another message';
  }
}
