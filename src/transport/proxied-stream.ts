// The beginning of a connection that a proxy may have opened: waits for its header, in however many segments it comes, and says whose
// connection it is. Knows a socket and the policy; knows nothing of what is said afterwards.
import type { Socket } from 'node:net';
import { parseAddress, printAddress, unmap } from '../dns/address.ts';
import { joinHostPort } from '../dns/host-port.ts';
import { policyFor } from '../kernel/query/proxy-setting.ts';
import type { ProxyRefusal, ProxyRules } from '../kernel/query/proxy-setting.ts';
import type { Ends } from './ends.ts';
import { readProxyHeader } from './proxy-header.ts';

/** Calls `done` once it is known whose connection it is, with the socket paused where something was read; `failed` where it is given up. */
export function awaitHeader(socket: Socket, rules: ProxyRules, done: (ends: Ends) => void, failed: () => void): void {
  const { remoteAddress = '', remotePort = 0 } = socket;
  const peer = joinHostPort(remoteAddress, remotePort);
  const address = unmap(parseAddress(remoteAddress.replace(/%.*/, '')) ?? new Uint8Array(4));
  const policy = policyFor(rules, address, 0, address.length);
  if (policy === 'skip') return done(socket);
  let held: Buffer = Buffer.alloc(0);
  const leave = (): void => {
    socket.off('data', came).off('end', ended).off('close', failed);
    socket.pause();
  };
  const refuse = (why: ProxyRefusal): void => {
    leave();
    rules.refused(why, peer);
    socket.destroy();
    failed();
  };
  const came = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const found = readProxyHeader(held, 0, held.length);
    if (found === 'more') return;
    if (found === 'bad') return refuse('malformed');
    if (found !== 'none' && policy === 'reject') return refuse('rejected');
    const length = found === 'none' ? 0 : found.length;
    if (found !== 'none' && nested(held, length)) return refuse('nested');
    leave();
    if (length < held.length) socket.unshift(held.subarray(length));
    if (found === 'none' || policy !== 'use') return done(socket);
    const { ends, tlvs } = found;
    if (ends === undefined) return done(tlvs.length === 0 ? socket : { ...endsOf(socket), tlvs });
    done({
      remoteAddress: printAddress(ends.source), remotePort: ends.sourcePort,
      localAddress: printAddress(ends.destination), localPort: ends.destinationPort, tlvs,
    });
  };
  // Nothing at all is how a health check looks; a part of a header is not.
  const ended = (): void => {
    if (held.length > 0) return refuse('cut');
    leave();
    socket.destroy();
    failed();
  };
  socket.on('error', () => {}).on('data', came).on('end', ended).on('close', failed);
}

const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): Ends =>
  ({ remoteAddress, remotePort, localAddress, localPort });
/** Whether another header follows at once: who sends two tries to speak for somebody else. */
function nested(bytes: Buffer, at: number): boolean {
  const left = bytes.length - at;
  return left >= 6 && readProxyHeader(bytes, at, left) !== 'none';
}
