/** Feature flags: a header says which features a client has. The same client always has the same. */
import { createHash } from 'node:crypto';
import { defineMiddleware } from 'fairlead';

interface FlagOptions {
  /** The share of clients that have a feature, from 0 to 100. */
  readonly flags: Readonly<Record<string, number>>;
}

/** From 0 to 99, evenly. */
function lotOf(client: string, flag: string): number {
  return createHash('sha256').update(`${flag}\0${client}`).digest().readUInt32BE() % 100;
}

export default defineMiddleware<FlagOptions>(({ flags }) => {
  const shares = Object.entries(flags);
  const wrong = shares.find(([, share]) => !(share >= 0 && share <= 100));
  if (wrong !== undefined) throw new Error(`the share of ${wrong[0]} is not from 0 to 100`);
  return {
    name: 'feature-flags',
    onRequest(request) {
      const client = request.cookie('user') ?? request.client;
      const active = shares.filter(([flag, share]) => lotOf(client, flag) < share).map(([flag]) => flag);
      // What a client says of itself does not count.
      request.headers.set('X-Features', active.join(','));
    },
  };
});
