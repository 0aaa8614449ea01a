// What is made of zones of record sets: answers, aliases, DNAME, wildcards, referrals, denials and what proves them, in whole replies.
import { test } from 'node:test';
import { serving } from '../testing/made-zone-plugin.ts';
import { runScenario } from '../testing/scenario.ts';

const ZONE = `
@ 60 IN SOA ns host 1 7200 3600 86400 30
@ 60 IN NS ns
@ 60 IN NS ns.elsewhere.test.
@ 60 IN MX 10 mail
@ 60 IN MX 192 .
ns 60 IN A 192.0.2.1
mail 60 IN A 192.0.2.25
mail 60 IN AAAA 2001:db8::25
www 60 IN A 192.0.2.80
a.b.ent 60 IN A 192.0.2.2
one 60 IN CNAME two
two 60 IN CNAME www
nodata 60 IN CNAME mail
lost 60 IN CNAME nosuch
self 60 IN CNAME self
toself 60 IN CNAME self
ping 60 IN CNAME pong
pong 60 IN CNAME ping
apex 60 IN CNAME z.test.
out 60 IN CNAME www.out.test.
outlost 60 IN CNAME nosuch.out.test.
into 60 IN CNAME x.cut
${Array.from({ length: 12 }, (_, i) => `c${i} 60 IN CNAME c${i + 1}`).join('\n')}
*.wild 60 IN MX 10 mail
*.wild 60 IN TXT "x"
sub.wild 60 IN A 192.0.2.3
*.wildalias 60 IN CNAME www
*.wildself 60 IN CNAME x.wildself
*.wildbelow 60 IN CNAME y.*.wildbelow
*.ent 60 IN TXT "never for what is above a"
cut 60 IN NS ns.cut
cut 60 IN NS ns.other
cut 60 IN NS ns.elsewhere.test.
cut 60 IN NS ns
ns.cut 60 IN A 192.0.2.5
other 60 IN NS ns.other
ns.other 60 IN A 192.0.2.6
old 60 IN DNAME new
old 60 IN A 192.0.2.7
x.new 60 IN A 192.0.2.8
turn 60 IN DNAME sub.turn
srv 60 IN SRV 1 2 53 MAIL
srv 60 IN SRV 1 2 53 www
`;

const plugins = serving('z.test.', ZONE);
const scene = (words: string, steps: string) => runScenario(`
. {
    errors
    made ${words}
    forward . {{UPSTREAM}}
}
----
upstream www.out.test A
    NOERROR ra
    answer www.out.test 300 IN A 192.0.2.9

upstream nosuch.z.test A
    NOERROR ra
    answer nosuch.z.test 300 IN A 192.0.2.10

upstream ent.z.test A
    NOERROR ra
    answer ent.z.test 300 IN A 192.0.2.11

${steps}`, { plugins });

const NS = 'authority z.test 60 IN NS ns.z.test\n    authority z.test 60 IN NS ns.elsewhere.test';
/** The TTL of a denial is the lower one of the SOA's own and MINIMUM (RFC 2308 section 3). */
const SOA = 'authority z.test 30 IN SOA ns.z.test host.z.test 1 7200 3600 86400 30';

test('a name that is there is told with who serves the zone, in lower case whatever was asked', () => scene('', `
ask www.z.test A
    NOERROR aa
    answer www.z.test 60 IN A 192.0.2.80
    ${NS}
ask WwW.z.TesT A
    NOERROR aa
    answer www.z.test 60 IN A 192.0.2.80
    ${NS}
ask Z.test NS
    NOERROR aa
    answer z.test 60 IN NS ns.z.test
    answer z.test 60 IN NS ns.elsewhere.test
    additional ns.z.test 60 IN A 192.0.2.1
ask z.test MX
    NOERROR aa
    answer z.test 60 IN MX 10 mail.z.test
    answer z.test 60 IN MX 192 .
    ${NS}
    additional mail.z.test 60 IN A 192.0.2.25
    additional mail.z.test 60 IN AAAA 2001:db8::25
ask srv.z.test SRV
    NOERROR aa
    answer srv.z.test 60 IN SRV 1 2 53 MAIL.z.test
    answer srv.z.test 60 IN SRV 1 2 53 www.z.test
    ${NS}
    additional MAIL.z.test 60 IN A 192.0.2.25
    additional MAIL.z.test 60 IN AAAA 2001:db8::25
    additional www.z.test 60 IN A 192.0.2.80
ask z.test SOA
    NOERROR aa
    answer z.test 60 IN SOA ns.z.test host.z.test 1 7200 3600 86400 30
    ${NS}
`));
test('of ANY one set is told (RFC 8482 section 4.1), of a transfer nothing', () => scene('', `
ask z.test AXFR tcp
    REFUSED
ask mail.z.test ANY
    NOERROR aa
    answer mail.z.test 60 IN A 192.0.2.25
    ${NS}
ask one.z.test ANY
    NOERROR aa
    answer one.z.test 60 IN CNAME two.z.test
    ${NS}
ask ent.z.test ANY
    NOERROR aa
    ${SOA}
`));
test('what is not there is denied with the SOA, in lower case, and its TTL is the lower one', () => scene('', `
ask www.z.test AAAA
    NOERROR aa
    ${SOA}
ask nosuch.Z.Test A
    NXDOMAIN aa
    ${SOA}
ask ent.z.test A
    NOERROR aa
    ${SOA}
ask b.ent.z.test TXT
    NOERROR aa
    ${SOA}
ask x.b.ent.z.test TXT
    NXDOMAIN aa
    ${SOA}
`));
test('aliases are followed, and a denial at the end of one is a denial', () => scene('', `
ask One.z.test A
    NOERROR aa
    ordered
    answer one.z.test 60 IN CNAME two.z.test
    answer two.z.test 60 IN CNAME www.z.test
    answer www.z.test 60 IN A 192.0.2.80
    ${NS}
ask one.z.test CNAME
    NOERROR aa
    answer one.z.test 60 IN CNAME two.z.test
    ${NS}
ask nodata.z.test TXT
    NOERROR aa
    answer nodata.z.test 60 IN CNAME mail.z.test
    ${SOA}
ask lost.z.test A
    NXDOMAIN aa
    answer lost.z.test 60 IN CNAME nosuch.z.test
    ${SOA}
ask apex.z.test MX
    NOERROR aa
    answer apex.z.test 60 IN CNAME z.test
    answer z.test 60 IN MX 10 mail.z.test
    answer z.test 60 IN MX 192 .
    ${NS}
    additional mail.z.test 60 IN A 192.0.2.25
    additional mail.z.test 60 IN AAAA 2001:db8::25
ask out.z.test A
    NOERROR aa
    answer out.z.test 60 IN CNAME www.out.test
    answer www.out.test 300 IN A 192.0.2.9
    ${NS}
ask into.z.test A
    NOERROR aa
    answer into.z.test 60 IN CNAME x.cut.z.test
    authority cut.z.test 60 IN NS ns.cut.z.test
    authority cut.z.test 60 IN NS ns.other.z.test
    authority cut.z.test 60 IN NS ns.elsewhere.test
    authority cut.z.test 60 IN NS ns.z.test
    additional ns.cut.z.test 60 IN A 192.0.2.5
    additional ns.other.z.test 60 IN A 192.0.2.6
    additional ns.z.test 60 IN A 192.0.2.1
`));
test('loops end: each record once, an alias to itself is a failure', () => scene('', `
ask ping.z.test A
    NOERROR aa
    answer ping.z.test 60 IN CNAME pong.z.test
    answer pong.z.test 60 IN CNAME ping.z.test
    ${NS}
ask self.z.test A
    SERVFAIL
ask SELF.z.test ANY
    SERVFAIL
ask toself.z.test A
    SERVFAIL
ask self.z.test CNAME
    NOERROR aa
    answer self.z.test 60 IN CNAME self.z.test
    ${NS}
ask y.wildself.z.test A
    SERVFAIL aa
    answer y.wildself.z.test 60 IN CNAME x.wildself.z.test
    answer x.wildself.z.test 60 IN CNAME x.wildself.z.test
    ${NS}
ask c0.z.test A
    NOERROR aa
${Array.from({ length: 10 }, (_, i) => `    answer c${i}.z.test 60 IN CNAME c${i + 1}.z.test`).join('\n')}
    ${NS}
`));
test('a wildcard stands for what is not there, and for nothing that is above or beside it', () => scene('', `
ask X.Y.Wild.z.test TXT
    NOERROR aa
    answer x.y.wild.z.test 60 IN TXT "x"
    ${NS}
ask x.wild.z.test MX
    NOERROR aa
    answer x.wild.z.test 60 IN MX 10 mail.z.test
    ${NS}
    additional mail.z.test 60 IN A 192.0.2.25
    additional mail.z.test 60 IN AAAA 2001:db8::25
ask x.wild.z.test A
    NOERROR aa
    ${SOA}
ask x.sub.wild.z.test TXT
    NXDOMAIN aa
    ${SOA}
ask x.wildbelow.z.test A
    NXDOMAIN aa
    answer x.wildbelow.z.test 60 IN CNAME y.*.wildbelow.z.test
    ${SOA}
ask x.wildalias.z.test A
    NOERROR aa
    answer x.wildalias.z.test 60 IN CNAME www.z.test
    answer www.z.test 60 IN A 192.0.2.80
    ${NS}
`));
test('below a DNAME a name is another one, if that is not too long (RFC 6672)', () => scene('', `
ask X.old.z.test A
    NOERROR aa
    answer old.z.test 60 IN DNAME new.z.test
    answer x.old.z.test 60 IN CNAME x.new.z.test
    answer x.new.z.test 60 IN A 192.0.2.8
    ${NS}
ask y.old.z.test A
    NXDOMAIN aa
    answer old.z.test 60 IN DNAME new.z.test
    answer y.old.z.test 60 IN CNAME y.new.z.test
    ${SOA}
ask x.old.z.test CNAME
    NOERROR aa
    answer old.z.test 60 IN DNAME new.z.test
    answer x.old.z.test 60 IN CNAME x.new.z.test
    ${NS}
ask old.z.test A
    NOERROR aa
    answer old.z.test 60 IN A 192.0.2.7
    ${NS}
ask ${`${'x'.repeat(59)}.`.repeat(4)}turn.z.test A
    YXDOMAIN aa
    answer turn.z.test 60 IN DNAME sub.turn.z.test
`));
test('a referral has the name servers, their addresses below the cut, and those of others', () => scene('', `
ask x.Cut.z.test A
    NOERROR
    authority cut.z.test 60 IN NS ns.cut.z.test
    authority cut.z.test 60 IN NS ns.other.z.test
    authority cut.z.test 60 IN NS ns.elsewhere.test
    authority cut.z.test 60 IN NS ns.z.test
    additional ns.cut.z.test 60 IN A 192.0.2.5
    additional ns.other.z.test 60 IN A 192.0.2.6
    additional ns.z.test 60 IN A 192.0.2.1
ask other.z.test NS
    NOERROR
    authority other.z.test 60 IN NS ns.other.z.test
    additional ns.other.z.test 60 IN A 192.0.2.6
ask other.z.test DS
    NOERROR aa
    ${SOA}
`));
test('what is not there is handed on, what owns nothing too, and what lacks the type is not (FILE-11)', () => scene('through', `
ask nosuch.z.test A
    NOERROR ra
    answer nosuch.z.test 300 IN A 192.0.2.10
ask ent.z.test A
    NOERROR ra
    answer ent.z.test 300 IN A 192.0.2.11
ask www.z.test TXT
    NOERROR aa
    ${SOA}
ask lost.z.test A
    NOERROR aa
    answer lost.z.test 60 IN CNAME nosuch.z.test
    answer nosuch.z.test 300 IN A 192.0.2.10
    ${NS}
`));
