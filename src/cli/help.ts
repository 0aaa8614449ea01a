// What the program says of itself: its words and flags, the forms of a Corefile's words, completion for shells. Knows the command line and
// the table of forms.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearestWord } from '../corefile/suggest.ts';
import { IMPORTERS } from '../importers/importers.ts';
import { VERSION } from './banner.ts';
import { usage } from './flags.ts';
import { ROOT, documentedWords, pageOf, syntaxOf } from './syntax.ts';

/** The words that the program takes in place of flags. */
export const WORDS = [
  'check', 'explain', 'fmt', 'import', 'init', 'migrate', 'node-cache', 'plugin', 'dev', 'scenario', 'zone', 'help', 'version',
  'completion', 'status', 'queries', 'top', 'flush', 'reload', 'rollback', 'upstreams', 'zones', 'clusters', 'plugins', 'log',
  'profile', 'watch', 'registry',
] as const;

/** The whole help. */
export const help = (): string => `coredns-ts ${VERSION}: a DNS server that reads a Corefile and answers as CoreDNS does.

  coredns-ts [FLAGS]             serves what the Corefile of this folder, or that of -conf, says
  coredns-ts forward 1.1.1.1 --cache
                                 a server in one line, of any words of a Corefile; it prints the Corefile that it is
  coredns-ts init home|lab|cluster|forwarder
                                 writes a Corefile to begin with, with comments and ports that are free
  coredns-ts check [FILE...]     every problem of a Corefile, without opening a port
  coredns-ts explain NAME TYPE   why a Corefile answers a question as it does, without a server
  coredns-ts fmt [FILE...]       a Corefile in one style
  coredns-ts import SERVER FILE  the configuration of another server as a Corefile: ${Object.keys(IMPORTERS).join(', ')}
  coredns-ts migrate --from VERSION [FILE]
                                 a Corefile of an older CoreDNS as this one takes it; --down goes back
  coredns-ts node-cache -localip ADDRESSES
                                 the cache of a Kubernetes node, with the flags of NodeLocal DNSCache (-help has them)
  coredns-ts zone check ZONE FILE
                                 every problem of a zone's master file; print and diff show what it holds,
                                 sign signs it, keys shows what a parent needs
  coredns-ts plugin add PACKAGE  a plugin of somebody else, from npm; list, remove; new WORD begins one of your own
  coredns-ts dev [FILE]          serves a plugin while it is written: each change, and what each question met
  coredns-ts scenario FILE...    plays an author's scenarios: a Corefile, questions, whole replies
  coredns-ts status              what a running server serves, where its Corefile has admin
  coredns-ts queries [FILTER]    its last questions; top names|clients|under|failing: what most were
  coredns-ts flush NAME | --under NAME | --all
                                 what its caches have of a name is asked for anew
  coredns-ts reload [--diff | --confirm TIME]
                                 it reads its Corefile again; --diff says what would change, --confirm that it goes back
                                 by itself; rollback takes the one before over
  coredns-ts upstreams [drain ID]
                                 whom it asks, and one of them is left alone; zones, clusters, plugins: which it has
  coredns-ts log debug forward --for 1h
                                 what its log says; profile cpu|heap: where its time or memory goes
  coredns-ts watch NAME TYPE @SERVER
                                 an answer, and each other one, of a registry or over gRPC
  coredns-ts registry backup @SERVER FILE
                                 what a registry has, while it runs; restore FILE FOLDER makes a new one of it
  coredns-ts help [WORD]         this, or the lines that a word of a Corefile takes: help forward
  coredns-ts version             the version
  coredns-ts completion bash     completion for a shell: source <(coredns-ts completion bash)

${usage}
Examples:
  coredns-ts -conf Corefile -dns.port 1053
  coredns-ts check --strict Corefile
  printf '.:1053 {\\n  forward . /etc/resolv.conf\\n  cache\\n}\\n' | coredns-ts -conf -

The manual${manual()} of each word: coredns-ts help WORD
`;
/** Where it lies; of the program that is one file nobody can open it. */
function manual(): string {
  const file = join(ROOT, 'README.md');
  return statSync(file, { throwIfNoEntry: false }) === undefined ? '' : `: ${file};`;
}

/** The manual of one word of a Corefile: its page where it is at hand, else the forms of its lines; undefined for a word without any. */
export function manualOf(word: string): string | undefined {
  if (!documentedWords.includes(word)) return undefined;
  const page = pageOf(word);
  if (page !== undefined) return page;
  const { lines = [], properties = new Map<string, readonly string[]>() } = syntaxOf(word) ?? {};
  const inside = [...properties.values()].flat().map((form) => `    ${form}\n`).join('');
  return `${lines.join('\n')}${inside === '' ? '\n' : ` {\n${inside}}\n`}`;
}
/** What is said to `help WORD` for a word that is not there. */
export function noManual(word: string): string {
  const nearest = nearestWord(word, documentedWords);
  return `there is no word ${word}${nearest === undefined ? `: there are ${documentedWords.join(', ')}` : `: did you mean ${nearest}?`}`;
}

/** Completion of words, flags and names of plugins, for bash. */
export const completion = (): string => `# bash completion for coredns-ts: source <(coredns-ts completion bash)
_coredns_ts() {
  local now=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  case $before in
    help) COMPREPLY=($(compgen -W '${documentedWords.join(' ')}' -- "$now")); return ;;
    --format) COMPREPLY=($(compgen -W 'text json github sarif' -- "$now")); return ;;
    completion) COMPREPLY=($(compgen -W 'bash' -- "$now")); return ;;
  esac
  case $COMP_CWORD,$now in
    1,-*) COMPREPLY=($(compgen -W '-conf -dns.port -p -pidfile -plugins -quiet -version -help' -- "$now")) ;;
    1,*) COMPREPLY=($(compgen -W '${WORDS.join(' ')}' -- "$now")) ;;
    *) case \${COMP_WORDS[1]},$now in
         explain,-*) COMPREPLY=($(compgen -W '-conf --tcp --do --view --ask --expect --questions --json --help' -- "$now")) ;;
         plugin,-*) COMPREPLY=($(compgen -W '--before -conf --help' -- "$now")) ;;
         plugin,*) [ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W 'add list remove new' -- "$now")) ;;
         dev,-*) COMPREPLY=($(compgen -W '-p -conf --help' -- "$now")) ;;
         init,-*) COMPREPLY=($(compgen -W '--output --port --force --help' -- "$now")) ;;
         init,*) COMPREPLY=($(compgen -W 'home lab cluster forwarder' -- "$now")) ;;
         check,-*) COMPREPLY=($(compgen -W '--strict --lsp --json --format --help' -- "$now")) ;;
         zone,*) [ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W 'check print diff sign keys' -- "$now")) ||
             COMPREPLY=($(compgen -f -- "$now")) ;;
         import,-*) COMPREPLY=($(compgen -W '-o --lossy --force --help' -- "$now")) ;;
         import,*) [ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W '${Object.keys(IMPORTERS).join(' ')}' -- "$now")) ||
             COMPREPLY=($(compgen -f -- "$now")) ;;
         migrate,-*) COMPREPLY=($(compgen -W '--from --to --down --deprecations --explain --write --help' -- "$now")) ;;
         migrate,*) [ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W 'deprecated unsupported default validversions' -f -- "$now")) ||
             COMPREPLY=($(compgen -f -- "$now")) ;;
         fmt,-*) COMPREPLY=($(compgen -W '--write --check --diff --help' -- "$now")) ;;
         *) COMPREPLY=($(compgen -f -- "$now")) ;;
       esac ;;
  esac
}
complete -F _coredns_ts coredns-ts
`;

/** What was probably meant by arguments that are no flags; undefined where nobody knows. */
export function meant([first = '']: readonly string[]): string | undefined {
  const nearest = nearestWord(first, WORDS);
  if (nearest !== undefined && first.length > 2) return `did you mean coredns-ts ${nearest}?`;
  return existsSync(first) || /corefile/i.test(first) ? `did you mean coredns-ts -conf ${first}?` : undefined;
}
