/** The http check: one request on a connection of its own; redirects are not followed. */
import type { IncomingMessage } from 'node:http';
import type { CheckSpec } from '../core/snapshot.ts';
import { failed, failedBy, passed } from './probe.ts';
import type { Probe, ProbeResult } from './probe.ts';

/** Not imported: an import reads every name a module has, and those of this one load undici (15 MiB, 30 ms of each start). */
const http = process.getBuiltinModule('node:http');

/** Of a body, this much is looked at. */
const BODY_BYTES = 64 * 1024;

export const probeHttp: Probe = ({ check, address, port, authority }, signal) => {
  return new Promise((resolve) => {
    const request = http.request({
      host: address,
      port,
      signal,
      agent: false,
      method: check.method,
      path: check.path,
      setHost: false,
      headers: { 'user-agent': 'fairlead-check', ...check.headers, host: check.host || authority, connection: 'close' },
    });
    request.on('error', (error) => resolve(failedBy(error)));
    request.on('response', (response) => {
      void judge(check, response).then((result) => {
        resolve(result);
        request.destroy();
      });
    });
    request.end();
  });
};

async function judge(check: CheckSpec, response: IncomingMessage): Promise<ProbeResult> {
  const status = response.statusCode ?? 0;
  if (!check.status.some(([low, high]) => status >= low && status <= high)) return failed(`status ${status}`);
  if (check.body === '') return passed(`status ${status}`);
  try {
    const body = await readStart(response);
    if (body.includes(check.body)) return passed(`status ${status}`);
  } catch (error) {
    return failedBy(error);
  }
  return failed(`status ${status}, and its body does not have the expected text`);
}

async function readStart(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, BODY_BYTES);
}
