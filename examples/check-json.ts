/** JSON body check: what is no JSON, or lacks a field, never reaches an endpoint. */
import { defineMiddleware, respond } from 'fairlead';
import type { MiddlewareAnswer } from 'fairlead';

interface CheckOptions {
  /** Fields that the object has to have. */
  readonly required?: readonly string[];
}

const CHECKED = new Set(['POST', 'PUT', 'PATCH']);

function refuse(status: number, error: string): MiddlewareAnswer {
  return respond(status, JSON.stringify({ error }), { 'Content-Type': 'application/json' });
}

export default defineMiddleware<CheckOptions>(({ required = [] }) => ({
  name: 'check-json',
  async onRequest(request) {
    if (!CHECKED.has(request.method)) return;
    if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(request.header('content-type') ?? ''))
      return refuse(415, 'send application/json');
    const text = (await request.body()).toString('utf8');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return refuse(400, 'the body is not JSON');
    }
    if (typeof value !== 'object' || value === null) return refuse(422, 'the body is not an object');
    const missing = required.find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) return refuse(422, `${missing} is missing`);
  },
}));
