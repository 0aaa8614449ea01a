// `coredns-ts check --lsp`: what `check`, `fmt` and `help` know, told to an editor as it is written (Language Server Protocol). Knows the
// protocol; what is told is in check.ts and editor-help.ts.
import { fileURLToPath } from 'node:url';
import type {
  CompletionItem, Connection, Diagnostic, Hover, InitializeResult, TextDocumentPositionParams, TextDocuments, TextEdit,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { formatCorefile } from '../corefile/format.ts';
import { lex } from '../corefile/lex.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { checkCorefile } from './check.ts';
import { meaningAt, proposalsAt } from './editor-help.ts';
import type { Problem } from './problem.ts';
import { spotAt } from './spot.ts';

const SOURCE = 'coredns-ts';

/** Serves the editor on standard input and output until it says that it is over. Rejects where the library is not there. */
export async function serveEditor(own?: readonly Plugin[]): Promise<void> {
  const protocol = await import('vscode-languageserver/node');
  const { TextDocument: Text } = await import('vscode-languageserver-textdocument');
  const connection = protocol.createConnection(protocol.ProposedFeatures.all, process.stdin, process.stdout);
  const documents = new protocol.TextDocuments(Text);
  const all = { change: protocol.TextDocumentSyncKind.Incremental, openClose: true } as const;
  connection.onInitialize((): InitializeResult => ({
    capabilities: { textDocumentSync: all, hoverProvider: true, completionProvider: {}, documentFormattingProvider: true },
    serverInfo: { name: SOURCE },
  }));
  connection.onHover((at): Hover | null => {
    const value = meaningAt(spotOf(documents, at));
    return value === undefined ? null : { contents: { kind: 'markdown', value } };
  });
  const { Class, Property } = protocol.CompletionItemKind;
  connection.onCompletion((at): CompletionItem[] => proposalsAt(spotOf(documents, at))
    .map(({ word, detail, isPlugin }) => ({ label: word, detail, kind: isPlugin ? Class : Property })));
  connection.onDocumentFormatting(({ textDocument: { uri } }): TextEdit[] => {
    const document = documents.get(uri);
    if (document === undefined) return [];
    const range = { start: { line: 0, character: 0 }, end: document.positionAt(document.getText().length) };
    return [{ range, newText: formatCorefile(document.getText(), pathOf(uri)) }];
  });
  tellProblems(connection, documents, own);
  documents.listen(connection);
  connection.listen();
}

/** Tells what is wrong whenever a text has changed; a text that is another one meanwhile is not told of. */
function tellProblems(connection: Connection, documents: TextDocuments<TextDocument>, own: readonly Plugin[] | undefined): void {
  documents.onDidChangeContent(async ({ document }) => {
    const { uri, version } = document;
    const text = document.getText();
    const path = pathOf(uri);
    const { problems } = await checkCorefile(text, path, 53, own);
    if (documents.get(uri)?.version !== version) return;
    const diagnostics = problems.filter(({ file }) => file === path).map((problem) => diagnosticOf(problem, text));
    await connection.sendDiagnostics({ uri, version, diagnostics });
  });
  documents.onDidClose(({ document: { uri } }) => void connection.sendDiagnostics({ uri, diagnostics: [] }));
}
/** A problem, at the word where it begins. */
function diagnosticOf({ line, column, severity, code, message, hint }: Problem, text: string): Diagnostic {
  const [from, row] = [Math.max(0, column - 1), Math.max(0, line - 1)];
  const word = lex(text, '').words.find((each) => each.line === line && each.column === column);
  const [shown = ' '] = word?.raw.split('\n') ?? [];
  const end = from + shown.length;
  return {
    range: { start: { line: row, character: from }, end: { line: row, character: end } },
    severity: severity === 'error' ? 1 : 2, code, source: SOURCE, message: hint === undefined ? message : `${message}\nhelp: ${hint}`,
  };
}
function spotOf(documents: TextDocuments<TextDocument>, { textDocument: { uri }, position }: TextDocumentPositionParams) {
  return spotAt(documents.get(uri)?.getText() ?? '', position.line + 1, position.character);
}
/** The file of a document; what is not saved yet has the name of one in this folder. */
const pathOf = (uri: string): string => (uri.startsWith('file:') ? fileURLToPath(uri) : 'Corefile');
