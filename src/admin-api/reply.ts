// A value as a reply of the API. Knows JSON alone.
import type { HttpReply } from '../http/message.ts';

/** A value as JSON. */
export const replyJson = (value: unknown, status = 200): HttpReply => ({ status, type: 'application/json', body: JSON.stringify(value) });
