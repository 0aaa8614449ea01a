// TCP against what every transport must do, and what is its alone.
import { testTransport } from '../testing/conformance/transport.ts';
import { tcp } from './tcp.ts';

testTransport({ name: 'TCP', kind: 'tcp', open: () => tcp(), everyLoopback: true });
