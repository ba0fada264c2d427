/** Why an operator wants something. */
import { Problem } from './problem.ts';

/** `{ "reason": "kernel upgrade" }`, or nothing. */
export function readReason(body: unknown): string {
  if (body === null) return '';
  const keys = typeof body === 'object' && !Array.isArray(body) ? Object.keys(body) : ['?'];
  const { reason = '' } = body as { readonly reason?: unknown };
  if (typeof reason === 'string' && reason.length <= 200 && keys.every((key) => key === 'reason')) {
    return reason.replaceAll(/\p{C}/gu, ' ');
  }
  const errors = [
    { pointer: '/reason', message: 'a text of at most 200 characters', cure: 'Write { "reason": "…" }.' },
  ];
  throw new Problem(422, 'bad-body', 'the body may have a reason, and nothing else', errors);
}
