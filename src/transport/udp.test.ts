// The UDP transports against what every transport must do, and what is theirs alone.
import { testTransport } from '../testing/conformance/transport.ts';
import { loadAddon } from './addon.ts';
import { BatchUdp } from './udp-batch.ts';
import { DgramUdp } from './udp-dgram.ts';

const addon = loadAddon();
if (typeof addon !== 'string') testTransport({ name: 'batched UDP', kind: 'udp', open: () => new BatchUdp(addon), everyLoopback: true });
testTransport({ name: 'dgram', kind: 'udp', open: () => new DgramUdp(), everyLoopback: false });
