// Corefiles of older versions and what becomes of them: everything that was written stays where it was, but for what had to change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { parseCorefile } from '../corefile/parse.ts';
import { Project } from './document.ts';
import { moveDown, moveUp } from './migrate.ts';
import { isInstalled, noticeText, noticesOf, unsupportedIn } from './notices.ts';
import { VERSIONS, installedCorefile } from './versions.ts';

const NEWEST = VERSIONS.at(-1)!;
/** The first one is the Corefile. */
function project(text: string, others: Readonly<Record<string, string>> = {}): Project {
  return new Project('Corefile', text, {
    absolute: (path) => (path.startsWith('/') ? path : `/etc/${path}`), read: (path) => others[path]!,
    glob: (pattern) => Object.keys(others).filter((path) => path === pattern),
  });
}
function up(text: string, from: string, to = NEWEST, deprecations = false): string {
  const moved = project(text);
  moveUp(moved, from, to, { deprecations });
  return moved.documents[0]!.text;
}
function down(text: string, from: string, to: string): string {
  const moved = project(text);
  moveDown(moved, from, to);
  return moved.documents[0]!.text;
}

const OLD = `# Of the cluster.
.:53 {
    errors            # to stderr
    health

    # Services
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        endpoint http://a:8080 http://b:8080 # two of them
        pods insecure
        upstream
        # So that AXFR works.
        resyncperiod 5m
        transfer to 10.0.0.0/8
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    proxy . /etc/resolv.conf {
        policy least_conn
        protocol dns force_tcp
        except "a.test" b.test
    }
    proxy corp.test 10.0.0.1 # the office
    cache 30
    reload
}
`;

test('what was removed becomes what replaced it, defaults come where they belong, and every comment stays', () => {
  assert.equal(up(OLD, '1.1.3'), `# Of the cluster.
.:53 {
    errors            # to stderr
    health {
        lameduck 5s # default since 1.6.5, in braces of its own
    }
    ready # default since 1.5.0

    # Services
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        endpoint http://a:8080 # two of them
        pods insecure
        # So that AXFR works.
        fallthrough in-addr.arpa ip6.arpa
    }
    transfer cluster.local in-addr.arpa ip6.arpa {
        to 10.0.0.0/8
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        force_tcp
        except "a.test" b.test
        max_concurrent 1000 # default since 1.7.0
    }
    cache 30
    loop # default since 1.2.1
    reload
}

corp.test {
    errors
    cache 30
    forward . 10.0.0.1 { # the office
        max_concurrent 1000 # default since 1.7.0, in braces of its own
    }
    loop
}
`);
});

test('what is deprecated stays until it is removed, unless one asks', () => {
  const text = '.:53 {\n    kubernetes cluster.local {\n        upstream\n    }\n    proxy . 10.0.0.1\n    loop\n}\n';
  assert.equal(up(text, '1.3.1', '1.4.0'), text);
  assert.equal(up(text, '1.3.1', '1.4.0', true), '.:53 {\n    kubernetes cluster.local\n    forward . 10.0.0.1\n    loop\n}\n');
  assert.equal(up(text, '1.4.0', '1.4.0', true), text);
});

test('snippets and imported files are followed, and what a block imports it has', () => {
  const moved = project('(usual) {\n  loop\n  health\n}\n. {\n  import usual\n  import more\n}\nimport blocks\n', {
    '/etc/more': 'proxy . 10.0.0.1\n', '/etc/blocks': 'a.test {\n\tforward . 10.0.0.2\n}\n',
  });
  moveUp(moved, '1.2.0', NEWEST, { deprecations: false });
  assert.deepEqual(moved.documents.map(({ text }) => text), [
    '(usual) {\n  loop\n  health {\n      lameduck 5s # default since 1.6.5, in braces of its own\n  }\n}\n'
      + '. {\n  import usual\n  import more\n}\nimport blocks\n',
    'a.test {\n\tforward . 10.0.0.2 {\n\t\tmax_concurrent 1000 # default since 1.7.0, in braces of its own\n\t}\n'
      + '\tloop # default since 1.2.1\n}\n',
    'forward . 10.0.0.1 {\n    max_concurrent 1000 # default since 1.7.0, in braces of its own\n}\n',
  ]);
});

test('each of two forwards that stand beside each other gets a block of its own', () => {
  const text = '.:53 {\n    loop\n    forward a.test 10.0.0.1\n    forward b.test 10.0.0.2 {\n        except c.b.test\n    }\n}\n';
  const block = (name: string, line: string) => `\n${name} {\n    errors\n    cache 30\n    ${line}\n    loop\n}\n`;
  assert.equal(up(text, '1.3.1', '1.4.0'), `.:53 {\n    loop\n}\n${block('a.test', 'forward . 10.0.0.1')}`
    + block('b.test', 'forward . 10.0.0.2 {\n        except c.b.test\n    }'));
});

test('back: what an older version does not know goes, and what stood before it knew stays', () => {
  const text = `.:53 {
    health {
        lameduck 9s
    }
    ready :8181 # the probe
    kubernetes
    forward . 10.0.0.1 {
        max_concurrent 5
        next NXDOMAIN
    }
    loop
}
`;
  assert.equal(down(text, NEWEST, '1.6.9'), text.replace('        next NXDOMAIN\n', ''));
  assert.equal(down(text, '1.7.0', '1.4.0'), `.:53 {
    health {
        lameduck 9s
    }
    # the probe
    kubernetes
    forward . 10.0.0.1 {
        next NXDOMAIN
    }
    loop
}
`);
});

test('versions that are not known, and the wrong way', () => {
  assert.throws(() => up(OLD, '1.6.8'), /^Error: version '1\.6\.8' is not known: there are 1\.1\.3 to /);
  assert.throws(() => up(OLD, '1.4.0', '1.3.1'), /^Error: cannot migrate up to '1\.3\.1' from '1\.4\.0': --down goes back$/);
  assert.throws(() => down(OLD, '1.4.0', '1.5.0'), /^Error: cannot migrate down to '1\.5\.0' from '1\.4\.0'$/);
  assert.equal(up(OLD, 'v1.14.7', '1.14.7'), OLD);
});

test('braces that do not fit are refused with their line', () => {
  for (const [text, error] of [
    ['. {\n  whoami\n', 'Corefile:2: a closing brace is missing'],
    ['. {\n  hosts { a\n  }\n}\n', 'Corefile:2: a brace stands between words'],
    ['. {\n} a {\n}\n', 'Corefile:2: words stand behind a closing brace'],
  ]) assert.throws(() => up(text!, '1.1.3'), new RegExp(error!), text);
  assert.equal(up('a.test\nwhoami\n', '1.1.3'), 'a.test\nwhoami\n');
});

test('notices name what begins in a version, once', () => {
  assert.deepEqual(noticesOf(project(OLD), '1.1.3', NEWEST).map(noticeText), [
    'Plugin "loop" is added as a default in 1.2.1.',
    'Option "endpoint" in plugin "kubernetes" is deprecated in 1.3.1.',
    'Option "endpoint" in plugin "kubernetes" is ignored in 1.4.0.',
    'Option "upstream" in plugin "kubernetes" is deprecated in 1.4.0.',
    'Plugin "proxy" is deprecated in 1.4.0. It is replaced by "forward".',
    'Option "upstream" in plugin "kubernetes" is ignored in 1.5.0.',
    'Plugin "proxy" is removed in 1.5.0. It is replaced by "forward".',
    'Option "resyncperiod" in plugin "kubernetes" is deprecated in 1.5.0.',
    'Plugin "ready" is added as a default in 1.5.0.',
    'Option "resyncperiod" in plugin "kubernetes" is ignored in 1.6.0.',
    'Option "lameduck" in plugin "health" is added as a default in 1.6.5.',
    'Option "upstream" in plugin "kubernetes" is removed in 1.7.0.',
    'Option "resyncperiod" in plugin "kubernetes" is removed in 1.7.0.',
    'Option "transfer" in plugin "kubernetes" is removed in 1.8.0. It is replaced by "transfer".',
  ]);
  // One address was never deprecated.
  assert.deepEqual(noticesOf(project('. {\n  kubernetes {\n    endpoint http://a\n  }\n}\n'), '1.5.0', '1.5.2'), []);
});

test('words and options that nobody knows are named, once', () => {
  const text = '. {\n  foo\n  foo\n  health {\n    lameduck 5s\n    more\n  }\n  proxy . 10.0.0.1\n}\n';
  const knows = (plugin: string, option: string | undefined) => plugin === 'health' && option !== 'more';
  assert.deepEqual(unsupportedIn(project(text), '1.15.0', knows).map(noticeText), [
    'Plugin "foo" is unsupported by this migration tool in 1.15.0.',
    'Option "more" in plugin "health" is unsupported by this migration tool in 1.15.0.',
  ]);
});

test('the Corefiles of installers are known in any order, and each of its own version', () => {
  const of = (version: string) => `.:53 {\n${installedCorefile(version)!.join('\n')
    .replace('* ***', 'cluster.local in-addr.arpa ip6.arpa').replace('. *', '. /etc/resolv.conf')}\n}\n`;
  for (const version of ['1.11', '1.13', '1.15', '1.16', '1.18', '1.20']) {
    assert.equal(isInstalled(project(of(version)), version), true, version);
    const turned = of(version).replace('errors\n', '').replace(/\n\}\n$/, '\n# here\nerrors\n}\n');
    assert.equal(isInstalled(project(turned), version), true, version);
    assert.equal(isInstalled(project(of(version).replace('cache 30', 'cache 31')), version), false, version);
  }
  assert.equal(isInstalled(project(of('1.16')), '1.11'), false);
  assert.equal(isInstalled(project(of('1.16')), '1.25'), false);
});

// Lines that no step drops, with comments and space of all kinds.
const comment = fc.constantFrom('', ' # x', '\t#y "z" {', ' ## a b');
const inner = fc.tuple(fc.constantFrom('fallthrough', 'lameduck 9s', 'except "a b" c', 'max_fails 3', '# only this', ''), comment)
  .map(([line, behind]) => `        ${line}${line.startsWith('#') ? '' : behind}`);
const written = fc.constantFrom('errors', 'health', 'forward . 10.0.0.1', 'kubernetes', 'cache 30', 'reload', '# nothing', '');
const statement = fc.tuple(written, comment,
  fc.option(fc.array(inner, { maxLength: 3 }), { nil: undefined })).map(([line, behind, body]) => {
  if (line === '' || line.startsWith('#')) return `    ${line}`;
  return body === undefined ? `    ${line}${behind}` : [`    ${line} {${behind}`, ...body, '    }'].join('\n');
});
const corefile = fc.uniqueArray(fc.tuple(fc.constantFrom('.:53', 'a.test, b.test', '(snippet)'), fc.array(statement, { maxLength: 6 })), {
  maxLength: 3, selector: ([keys]) => keys,
})
  .map((blocks) => blocks.map(([keys, lines]) => `${keys} {\n${lines.map((line) => `${line}\n`).join('')}}\n`).join('\n'));

test('there and back again is where one was, where nothing was dropped', () => {
  fc.assert(fc.property(corefile, (text) => {
    const there = up(text, '1.2.0');
    assert.equal(down(there, NEWEST, '1.2.0'), text);
    for (const line of text.split('\n')) for (const mark of line.match(/#.*$/) ?? []) assert.ok(there.includes(mark), mark);
    assert.equal(up(there, '1.2.0'), there);
    const words = new Set<string>();
    const parsed = parseCorefile(there, {
      file: 'Corefile', environment: () => undefined, files: { absolute: (path) => path, read: () => '', glob: () => [] },
    });
    for (const { directives } of parsed.blocks) for (const { owner } of directives) words.add(owner);
    assert.ok(!words.has('proxy'));
  }), { numRuns: 300, endOnFailure: true });
});
