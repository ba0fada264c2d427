/** Asks the admin API of a process through its socket. */

/** What was answered; `content` is parsed JSON. */
export interface AdminReply {
  readonly status: number;
  readonly content: unknown;
}

/** Nobody answers there. `message` says why. */
export class AdminUnreachable extends Error {
  override readonly name = 'AdminUnreachable';
}

/** Rejects with {@link AdminUnreachable}. */
export function askAdmin(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<AdminReply> {
  // See the admin server for why it is not imported.
  const http = process.getBuiltinModule('node:http');
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new AdminUnreachable(`${socketPath}: ${error.message}`));
    const request = http.request({ socketPath, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode ?? 0, content: JSON.parse(Buffer.concat(chunks).toString()) });
        } catch {
          fail(new Error('what answers there is no Fairlead'));
        }
      });
    });
    request.on('error', fail);
    request.end(text);
  });
}
