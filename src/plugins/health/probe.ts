// Asks the own endpoint whether it answers, as a stranger would (HLT-3). Knows one request; knows nothing of what it means.
import { connect } from 'node:net';

/** Milliseconds after which an answer counts as missing. */
const PATIENCE = 3000;

/** Resolves when `GET /health` brought a status line. Rejects where it did not. */
export function probe(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((answered, failed) => {
    const socket = connect({ host, port, signal });
    const end = (error?: Error) => {
      socket.destroy();
      if (error === undefined) answered();
      else failed(error);
    };
    socket.setTimeout(PATIENCE, () => end(new Error('no answer in time')));
    socket.on('error', end);
    socket.on('connect', () => socket.write(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    socket.on('data', (bytes: Buffer) => {
      end(bytes.toString('latin1', 0, 9) === 'HTTP/1.1 ' ? undefined : new Error('malformed HTTP response'));
    });
    socket.on('end', () => end(new Error('EOF')));
  });
}
