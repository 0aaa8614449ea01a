// What clients get of a made-up plugin's zones, what the log says, and what secondaries are told.
import { test } from 'node:test';
import { runScenario } from '../../testing/scenario.ts';
import { plugins } from './made.test.ts';

test('what clients get, and what is logged', () => runScenario(`
==== the whole zone, to those who may have it
one.test:53 two.test:53 {
    errors
    transfer one.test {
        to 127.0.0.5 2001:DB8:0::1 ::ffff:127.0.0.7 fe80::1%eth0
    }
    transfer two.test {
        to *
    }
    made one.test. 7
    made late.two.test. 4294967295 later
    made gone.two.test. 1 expired
    made newer.two.test. 7 newer
    second one.test. 8
    second two.test. 9
    whoami
}
----
ask one.test AXFR tcp
    REFUSED

ask one.test AXFR tcp from fe80::1
    REFUSED

ask one.test AXFR tcp from 127.0.0.5
    NOERROR aa
    ordered
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer one.test 60 IN NS ns.one.test
    answer ns.one.test 60 IN A 192.0.2.1
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

ask ONE.Test AXFR tcp from 2001:db8::1 +cookie=0123456789abcdef +nord
    NOERROR aa
    ordered
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer one.test 60 IN NS ns.one.test
    answer ns.one.test 60 IN A 192.0.2.1
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

log \\[INFO\\] plugin/transfer: Outgoing transfer of 4 records of zone "one.test." to 127.0.0.5 for 7 SOA serial$
log \\[INFO\\] plugin/transfer: Outgoing transfer of 4 records of zone "ONE.Test." to 2001:db8::1 for 7 SOA serial$
nolog noop

# incremental: the same serial or one ahead is up to date, any other is not, and 0 is none
ask one.test IXFR tcp from 127.0.0.7 +serial=7
    NOERROR
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

log \\[INFO\\] plugin/transfer: Outgoing noop, incremental transfer for up to date zone "one.test." to 127.0.0.7 for 7 SOA serial$

ask one.test IXFR tcp from 127.0.0.7 +serial=9
    NOERROR
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

ask one.test IXFR tcp from 127.0.0.7 +serial=5
    NOERROR aa
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5
    answer one.test 60 IN NS ns.one.test
    answer ns.one.test 60 IN A 192.0.2.1
    answer one.test 60 IN SOA ns.one.test h.one.test 7 2 3 4 5

ask newer.two.test IXFR tcp +serial=9
    NOERROR
    answer newer.two.test 60 IN SOA ns.newer.two.test h.newer.two.test 7 2 3 4 5

ask newer.two.test IXFR tcp +serial=0
    NOERROR aa
    ignore answer

# the first source that has exactly this zone
ask two.test AXFR tcp
    NOERROR aa
    answer two.test 60 IN SOA ns.two.test h.two.test 9 2 3 4 5
    answer two.test 60 IN NS ns.two.test
    answer ns.two.test 60 IN A 192.0.2.1
    answer two.test 60 IN SOA ns.two.test h.two.test 9 2 3 4 5

ask sub.two.test AXFR tcp
    NOERROR aa
    ignore additional

# later, and not at all
ask late.two.test AXFR tcp
    NOERROR aa
    ignore answer

log of 4 records of zone "late.two.test." to 127.0.0.1 for 4294967295 SOA serial$

ask late.two.test IXFR tcp +serial=4294967295
    NOERROR
    answer late.two.test 60 IN SOA ns.late.two.test h.late.two.test 4294967295 2 3 4 5

ask gone.two.test AXFR tcp +edns
    SERVFAIL
    ede 0 "no plugin could answer"

log plugin/errors: 2 gone.two.test. AXFR: zone gone.two.test. is expired
`, { plugins }));

test('a secondary is told when the server listens, and of each change; one that refuses is complained of', () => runScenario(`
==== notifies
one.test two.test three.test {
    debug
    transfer one.test {
        to {{UPSTREAM}} *
        source 127.0.0.1
    }
    transfer two.test {
        to {{UPSTREAM:other}} {{UPSTREAM}}
    }
    made one.test. 7
    made two.test. 7
    made three.test. 7
}
----
upstream one.test SOA
    NOERROR aa

upstream two.test SOA
    NOERROR aa

upstream two.test SOA at other
    NOTIMP

asked
    one.test. SOA notify aa
    two.test. SOA notify aa

asked other
    two.test. SOA notify aa
    two.test. SOA notify aa
    two.test. SOA notify aa

log ^\\[WARNING\\] plugin/made: notify for zone "two.test." was not accepted by "{{UPSTREAM:other}}": rcode was "NOTIMP"$
log ^\\[DEBUG\\] plugin/transfer: Sent notifies for zone "one.test." to \\[{{UPSTREAM}} \\*\\]$
log ^\\[DEBUG\\] plugin/transfer: Sent notifies for zone "two.test." to
nolog three.test

elapse 1s

asked
    one.test. SOA notify aa
`, { plugins }));
