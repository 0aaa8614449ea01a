// What `check` found, as text for people, JSON, annotations of GitHub and SARIF. Knows findings; knows no Corefile.
import type { Findings } from './check.ts';
import type { Problem } from './problem.ts';
import { placeText } from './sources.ts';
import { VERSION } from './banner.ts';

/** The forms of a report. */
export const FORMATS = ['text', 'json', 'github', 'sarif'] as const;
/** One of them. */
export type Format = (typeof FORMATS)[number];

/** The report of all files, as it is printed. */
export function report(findings: readonly Findings[], format: Format): string {
  const problems = findings.flatMap((each) => each.problems);
  if (format === 'json') return `${JSON.stringify(problems, undefined, 2)}\n`;
  if (format === 'github') return problems.map(annotation).join('');
  if (format === 'sarif') return `${JSON.stringify(sarif(problems), undefined, 2)}\n`;
  return findings.map(text).join('');
}

function text({ file, problems, unbuilt, sources, remarks }: Findings): string {
  const told = problems.map((problem) => {
    const { severity, message, hint } = problem;
    const help = hint === undefined ? '' : `  help: ${hint}\n`;
    return `${placeText(problem)}: ${severity}: ${message}\n${sources.picture(problem)}${help}`;
  });
  const words = unbuilt.length < 2 ? '' : `${file}: ${unbuilt.length} words are not in this program: ${unbuilt.join(', ')}\n`;
  return `${told.join('')}${words}${remarks.map((remark) => `${file}: ${remark}\n`).join('')}${file}: ${summary(problems)}\n`;
}
function summary(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  if (problems.length === 0) return 'no problems';
  return [...(errors > 0 ? [counted(errors, 'error')] : []), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])].join(', ');
}

/** A workflow command, with the escapes that these have. */
function annotation({ severity, file, line, column, code, message, hint }: Problem): string {
  const data = (value: string) => value.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (value: string) => data(value).replace(/:/g, '%3A').replace(/,/g, '%2C');
  const place = [`file=${property(file)}`, ...(line > 0 ? [`line=${line}`] : []), ...(column > 0 ? [`col=${column}`] : [])];
  return `::${severity} ${place.join(',')},title=${code}::${data(hint === undefined ? message : `${message} (help: ${hint})`)}\n`;
}

/** The Static Analysis Results Interchange Format 2.1.0 (OASIS), as code scanners take it. */
function sarif(problems: readonly Problem[]): unknown {
  const rules = [...new Set(problems.map(({ code }) => code))].map((id) => ({ id }));
  const results = problems.map(({ severity, file, line, column, code, message, hint }) => ({
    ruleId: code, level: severity, message: { text: hint === undefined ? message : `${message}\nhelp: ${hint}` },
    locations: [{
      physicalLocation: {
        artifactLocation: { uri: encodeURI(file) },
        ...(line > 0 ? { region: { startLine: line, ...(column > 0 ? { startColumn: column } : {}) } } : {}),
      },
    }],
  }));
  const driver = { name: 'coredns-ts', version: VERSION, rules };
  return { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [{ tool: { driver }, results }] };
}
