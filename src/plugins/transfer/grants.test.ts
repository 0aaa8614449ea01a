// Who may have a zone by network and key, and what an IXFR gets of a zone whose changes are known.
import { test } from 'node:test';
import { runScenario } from '../../testing/scenario.ts';
import { plugins } from './made.test.ts';

const SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
test('networks and keys: both have to fit one `to`', () => runScenario(`
==== networks, keys, and both
one.test two.test three.test four.test {
    tsig {
        secret one ${SECRET}
        secret two ${SECRET}
    }
    transfer one.test {
        to 10.0.0.0/8 2001:db8::/32
    }
    transfer two.test {
        to key ONE
    }
    transfer three.test {
        to 127.0.0.5 10.0.0.0/8 key one.
        to 127.0.0.6
    }
    transfer four.test {
        to * key two
        max 1
    }
    made one.test. 7
    made two.test. 7
    made three.test. 7
    made four.test. 7
    whoami
}
----
ask one.test AXFR tcp
    REFUSED

ask one.test AXFR tcp from 10.200.0.1
    NOERROR aa
    ignore answer

ask one.test AXFR tcp from 2001:db8:ffff::1
    NOERROR aa
    ignore answer

ask one.test AXFR tcp from 2001:db9::1
    REFUSED

ask two.test AXFR tcp
    REFUSED

ask two.test AXFR tcp +key=two:${SECRET}
    REFUSED
    tsig two.

ask two.test AXFR tcp +key=one:${SECRET} +badmac
    NOTAUTH
    tsig one. BADSIG unsigned

ask two.test AXFR tcp +key=one:${SECRET}
    NOERROR aa
    tsig one.
    answer two.test 60 IN SOA ns.two.test h.two.test 7 2 3 4 5
    answer two.test 60 IN NS ns.two.test
    answer ns.two.test 60 IN A 192.0.2.1
    answer two.test 60 IN SOA ns.two.test h.two.test 7 2 3 4 5

ask three.test AXFR tcp from 127.0.0.5
    REFUSED

ask three.test AXFR tcp from 127.0.0.5 +key=one:${SECRET}
    NOERROR aa
    tsig one.
    ignore answer

ask three.test AXFR tcp from 10.0.0.1 +key=one:${SECRET}:hmac-sha512
    NOERROR aa
    tsig one.
    ignore answer

ask three.test AXFR tcp from 127.0.0.7 +key=one:${SECRET}
    REFUSED
    tsig one.

ask three.test AXFR tcp from 127.0.0.6
    NOERROR aa
    ignore answer

ask four.test AXFR tcp from 192.0.2.200 +key=two:${SECRET}
    NOERROR aa
    tsig two.
    ignore answer

==== a key that is nowhere
one.test {
    transfer {
        to key one
    }
    whoami
}
----
refused plugin/transfer: there is no key "one.": a tsig line has to say its secret

==== a key of another block, and none that checks it here
one.test {
    transfer {
        to key one
    }
    whoami
}
two.test {
    tsig {
        secret one ${SECRET}
    }
    whoami
}
----
refused plugin/transfer: the key "one." is of no use without tsig in the same block
`, { plugins }));

test('a transfer has a whole signature, also beside a plugin that shortens replies', () => runScenario(`
==== minimal in front of a transfer
one.test {
    tsig {
        secret one ${SECRET}
        require AXFR IXFR
    }
    minimal
    transfer {
        to *
    }
    made one.test. 7
}
----
ask one.test AXFR tcp +key=one:${SECRET}
    NOERROR aa
    tsig one.
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer one.test 60 IN NS ns.one.test
    answer ns.one.test 60 IN A 192.0.2.1
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
`, { plugins }));

test('an IXFR has the differences where they are known, else the zone; over UDP the SOA alone (RFC 1995)', () => runScenario(`
==== differences
one.test {
    tsig {
        secret one ${SECRET}
    }
    transfer {
        to *
    }
    made one.test. 7 journal
}
----
ask one.test IXFR tcp +serial=5
    NOERROR aa
    ordered
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer one.test 60 IN SOA ns.one.test h.one.test 5 2 3 4 5
    answer old.one.test 60 IN A 192.0.2.5
    answer one.test 60 IN SOA ns.one.test h.one.test 6 2 3 4 5
    answer new.one.test 60 IN A 192.0.2.5
    answer one.test 60 IN SOA ns.one.test h.one.test 6 2 3 4 5
    answer old.one.test 60 IN A 192.0.2.6
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer new.one.test 60 IN A 192.0.2.6
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

log \\[INFO\\] plugin/transfer: Outgoing incremental transfer of 10 records of zone "one.test." to 127.0.0.1 for 7 SOA serial$

ask one.test IXFR tcp +serial=6 +key=one:${SECRET}
    NOERROR aa
    tsig one.
    ordered
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer one.test 60 IN SOA ns.one.test h.one.test 6 2 3 4 5
    answer old.one.test 60 IN A 192.0.2.6
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer new.one.test 60 IN A 192.0.2.6
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

ask one.test IXFR tcp +serial=2
    NOERROR aa
    ordered
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer one.test 60 IN NS ns.one.test
    answer ns.one.test 60 IN A 192.0.2.1
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

ask one.test IXFR tcp +serial=4294967295
    NOERROR aa
    ignore answer

ask one.test IXFR +serial=6
    NOERROR
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

ask one.test IXFR
    REFUSED
`, { plugins }));
