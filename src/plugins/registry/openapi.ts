// A description of an API by its operations, as OpenAPI 3.1 has it. Knows operations; does nothing of them.
import type { Operation } from './api.ts';
import type { Schema } from './schema.ts';

/** What a problem has (RFC 9457). */
const PROBLEM: Schema = {
  type: 'object', required: ['title', 'status'],
  properties: {
    title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' }, field: { type: 'string' }, cure: { type: 'string' },
  },
};

const JSON_TYPE = 'application/json';
const content = (schema: Schema, type = JSON_TYPE): object => ({ content: { [type]: { schema } } });

/** The description. */
export function describe(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method.toLowerCase()] = described(operation);
  return {
    openapi: '3.1.0', info: { title: 'coredns-ts registry', version: '1' }, security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }, paths,
  };
}
function described({ id, summary, path, request, replies, query = {}, conditional, open, events, media, text: isText }: Operation): object {
  const text = { schema: { type: 'string' } };
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, ...text })),
    ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, ...text })),
    ...[...conditional === true ? ['If-Match', 'If-None-Match'] : [], ...events === true ? ['Last-Event-ID'] : []]
      .map((name) => ({ name, in: 'header', ...text })),
  ];
  const said = Object.entries(replies).map(([status, schema]) =>
    [status, { description: summary, ...schema === undefined ? {} : content(schema, events === true ? 'text/event-stream' : media) }]);
  const wrong = { description: 'What went wrong', ...content(PROBLEM, 'application/problem+json') };
  return {
    operationId: id, summary, parameters,
    ...request === undefined ? {} : { requestBody: { required: true, ...content(request, isText === true ? 'text/dns' : media) } },
    responses: { ...Object.fromEntries(said), default: wrong },
    ...open === true ? { security: [] } : {},
  };
}
