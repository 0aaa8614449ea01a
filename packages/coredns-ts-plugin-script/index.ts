// *script* answers by a module of the operator's, taken anew when its file changes. Knows the word, its lines and who loads what when; what
// the module is stands in script.ts.
import { RCODE, definePlugin, every, failure, zonesOf } from 'coredns-ts';
import type { Answer, Handler, Note, Outcome, Query } from 'coredns-ts';
import { Versions } from './versions.ts';

/** Milliseconds between two looks at the file. */
const LOOK = 1000;

export default definePlugin({
  name: 'script',
  syntax: 'script FILE [ZONES...]',
  parse(lines, { zones }) {
    return lines.map((line) => {
      const file = line.arg();
      const settings = { file, zones: zonesOf(line.rest(), zones) };
      line.bare();
      return settings;
    });
  },
  create(settings, site) {
    return settings.map(({ file, zones }, i) => {
      const path = site.path(file);
      const versions = new Versions(path);
      let note: Note;
      let taken = 0;
      /** Takes over what main found to be good: a thread that cannot load it goes on with what it has. */
      const take = async (): Promise<void> => {
        taken = note.round;
        await versions.take(note.read());
      };
      const failed = (error: unknown): Outcome => failure(RCODE.SERVFAIL, new Error(`${file}: ${messageOf(error)}`, { cause: error }));
      const late = async (answer: Promise<Outcome | undefined>): Promise<Outcome> => {
        try {
          return await answer ?? failed(new Error('the promise of query was of nothing'));
        } catch (error) {
          return failed(error);
        }
      };
      return {
        async control(run) {
          const log = run.log.prefix('script');
          note = run.space(site).note(`script ${i}`);
          const first = await versions.read();
          await versions.take(first);
          note.write(first);
          taken = note.round;
          let known = first;
          every(run.clock, LOOK, run.signal, run.report, async () => {
            try {
              const now = await versions.read();
              if (now === known) return;
              known = now;
              await versions.take(now);
              note.write(now);
              taken = note.round;
              log.info(`${file} was taken anew`);
            } catch (error) {
              // It may be there again with the same text.
              if ((error as NodeJS.ErrnoException).code === 'ENOENT') known = '';
              log.error(`${file}: ${messageOf(error)}; the one before goes on`);
            }
            if (versions.isMany()) log.warning(`${versions.said()} of ${file} stay in memory until a restart`);
          });
        },
        async start(run) {
          note ??= run.space(site).note(`script ${i}`);
          if (versions.query === undefined) await take();
        },
        handle(query: Query, next: Handler): Answer {
          if (zones.match(query.name) === undefined) return next(query);
          if (note.round !== taken) void take().catch(() => {});
          try {
            const answer = versions.query!(query, next) as Answer | undefined;
            if (answer === undefined) return next(query);
            return answer instanceof Promise ? late(answer) : answer;
          } catch (error) {
            return failed(error);
          }
        },
      };
    });
  },
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
