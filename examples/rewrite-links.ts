/** Response rewriting: links of an application that was moved lead to where it is now. */
import { StringDecoder } from 'node:string_decoder';
import { defineMiddleware } from 'fairlead';

interface LinkOptions {
  readonly from: string;
  readonly to: string;
}

export default defineMiddleware<LinkOptions>(({ from, to }) => {
  if (!from || !to) throw new Error('write from and to, e.g. { from: http://old.internal, to: https://new.example }');
  return {
    name: 'rewrite-links',
    onRequest(request) {
      // What comes compressed cannot be read.
      request.headers.set('Accept-Encoding', 'identity');
    },
    onResponse(response) {
      const isText = /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
      if (!isText || response.headers.has('content-encoding') || response.status === 206) return;
      const decoder = new StringDecoder('utf8');
      let held = '';
      const rewritten = (text: string): string => text.replaceAll(from, () => to);
      response.transform({
        write(chunk) {
          const text = held + decoder.write(chunk);
          // A link may end in the next piece.
          const found = text.lastIndexOf(from);
          const safe = Math.max(found < 0 ? 0 : found + from.length, text.length - from.length + 1, 0);
          held = text.slice(safe);
          return rewritten(text.slice(0, safe));
        },
        end: () => rewritten(held + decoder.end()),
      });
    },
  };
});
