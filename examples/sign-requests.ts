/** Request signing: endpoints can tell that a request came through Fairlead, and that nobody has changed it since. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defineMiddleware } from 'fairlead';

interface SigningOptions {
  /** File with the secret, at least 16 bytes. */
  readonly secretFile: string;
}

export default defineMiddleware<SigningOptions>(({ secretFile }) => {
  const secret = readFileSync(secretFile, 'utf8').trim();
  if (secret.length < 16) throw new Error(`the secret in ${secretFile} is shorter than 16 bytes`);
  return {
    name: 'sign-requests',
    async onRequest(request) {
      const digest = createHash('sha256')
        .update(await request.body())
        .digest('base64');
      const time = String(Math.floor(Date.now() / 1000));
      const signed = [request.method, request.target, request.headers.get('host') ?? '', time, digest].join('\n');
      request.headers.set('X-Signature-Time', time);
      request.headers.set('X-Content-SHA256', digest);
      request.headers.set('X-Signature', createHmac('sha256', secret).update(signed).digest('base64'));
    },
  };
});
