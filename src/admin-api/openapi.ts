// The description of the API (OpenAPI 3.1), made of the table of its routes. Knows its form alone.
import { VERSION } from '../kernel/version.ts';
import type { Route, Schema } from './route.ts';

const PROBLEM = {
  description: 'What is wrong (RFC 9457)',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object', required: ['type', 'title', 'status'],
        properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'number' }, detail: { type: 'string' } },
      },
    },
  },
};
const EVENTS = { 'text/event-stream': { schema: { type: 'string' } } };
const formOf = (properties: { readonly [name: string]: Schema }): object =>
  ({ 'application/json': { schema: { type: 'object', properties } } });

/** The document. */
export function describe(routes: readonly Route[]): object {
  const paths: { [path: string]: { [method: string]: object } } = {};
  for (const { method, path, role, summary, parameters = {}, body, answer, streams } of routes) {
    (paths[path] ??= {})[method.toLowerCase()] = {
      summary, 'x-role': role,
      parameters: [
        ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
        ...Object.entries(parameters).map(([name, description]) => (
          { name: name.replace('!', ''), in: 'query', required: name.startsWith('!'), description, schema: { type: 'string' } })),
      ],
      ...(body === undefined ? {} : { requestBody: { content: formOf(body) } }),
      responses: {
        200: { description: summary, content: { ...(Object.keys(answer).length === 0 ? {} : formOf(answer)), ...(streams ? EVENTS : {}) } },
        default: PROBLEM,
      },
    };
  }
  return {
    openapi: '3.1.0', info: { title: 'coredns-ts', version: VERSION }, paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' }, certificate: { type: 'mutualTLS' } } },
    security: [{ token: [] }, { certificate: [] }, {}],
  };
}
