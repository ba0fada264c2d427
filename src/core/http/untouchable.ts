/**
 * Header lines that nobody edits, neither a config nor a step: those by which messages are told apart, those of one
 * connection, and what Fairlead says itself. Names are in lower case.
 */

/** Of the message's end and of its connection. */
const FRAMING = ['connection', 'content-length', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

const IN_REQUESTS: ReadonlySet<string> = new Set([
  ...FRAMING,
  ...['host', 'expect', 'http2-settings', 'proxy'],
  ...['forwarded', 'via', 'x-request-id', 'client-cert', 'client-cert-chain'],
]);
const IN_RESPONSES: ReadonlySet<string> = new Set([...FRAMING, 'date', 'fairlead-error']);

/** CGI-like servers read `_` as `-`. */
function spoken(name: string): string {
  return name.includes('_') ? name.replaceAll('_', '-') : name;
}

export function isUntouchableInRequests(name: string): boolean {
  const read = spoken(name);
  return IN_REQUESTS.has(read) || read.startsWith('x-forwarded-') || read.startsWith('proxy-');
}

export function isUntouchableInResponses(name: string): boolean {
  return IN_RESPONSES.has(name) || name.startsWith('proxy-');
}
