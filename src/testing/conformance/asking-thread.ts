// A thread that asks over many UDP sockets, eight questions of each under way, until it is told to stop; then says how many it asked and
// how many were never answered. Knows Node's sockets alone.
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';

/** Looks without any answer, ten milliseconds apart, after which what is missing is lost: a server may stand still for long. */
const QUIET = 2000;
const { port, packet, sockets } = workerData as { port: number; packet: Uint8Array; sockets: number };
let asked = 0, answered = 0, stopped = false;
const ask = (socket: ReturnType<typeof createSocket>): void => {
  asked++;
  socket.send(packet, () => {});
};
const open: ReturnType<typeof createSocket>[] = [];
for (let i = 0; i < sockets; i++) {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', () => {
    answered++;
    if (!stopped) ask(socket);
  });
  socket.on('error', () => {});
  socket.connect(port, '127.0.0.1', () => {
    for (let window = 0; window < 8; window++) ask(socket);
  });
}
parentPort?.once('message', () => {
  stopped = true;
  let quiet = 0, before = -1;
  const timer = setInterval(() => {
    quiet = before === answered ? quiet + 1 : 0;
    before = answered;
    if (answered < asked && quiet < QUIET) return;
    clearInterval(timer);
    for (const socket of open) socket.close();
    parentPort?.postMessage({ asked, lost: asked - answered });
    parentPort?.close();
  }, 10);
});
