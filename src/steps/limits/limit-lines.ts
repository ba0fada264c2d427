/** What clients are told of limits: RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-11), and older ones. */
import type { RateLimit } from './rate-limit.ts';

/** Header lines for the limits that hold for a request and are to be told; `keys`: two words for each of all. */
export function limitLines(
  limits: readonly RateLimit[],
  keys: Int32Array,
  ms: number,
  isTold: (limit: RateLimit) => boolean,
): string {
  const policies: string[] = [];
  const states: string[] = [];
  let legacy = '';
  let leastRoom = Infinity;
  limits.forEach((limit, index) => {
    const [first, second] = [keys[2 * index], keys[2 * index + 1]];
    if (first === 0 || !isTold(limit)) return;
    const { name, burst, legacyHeaders } = limit.spec;
    const room = limit.room(first, second, ms);
    const seconds = limit.untilFull();
    policies.push(limit.policy);
    states.push(`"${name}";r=${room};t=${seconds}`);
    // They have room for one limit: the one that is nearest.
    if (!legacyHeaders || room >= leastRoom) return;
    leastRoom = room;
    legacy = `X-RateLimit-Limit: ${burst}\r\nX-RateLimit-Remaining: ${room}\r\nX-RateLimit-Reset: ${seconds}\r\n`;
  });
  if (policies.length === 0) return '';
  return `RateLimit-Policy: ${policies.join(', ')}\r\nRateLimit: ${states.join(', ')}\r\n${legacy}`;
}
