/** What `sticky: cookie` means, for tests that need no config. */
import type { StickySpec } from '../../src/core/snapshot.ts';

export const STICKY: StickySpec = {
  cookie: 'fairlead',
  secretFile: '',
  ttlMs: 0,
  path: '/',
  domain: '',
  sameSite: 'lax',
  secure: 'auto',
  whenFull: 'wait',
  isSocketIo: false,
};
