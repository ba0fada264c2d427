/** Entry of a data-plane thread. */
import { findByUrl } from '../shared/find-by-url.ts';

findByUrl();
const [{ createDataPlane }, { serveThread }] = await Promise.all([
  import('./data-plane.ts'),
  import('./serve-thread.ts'),
]);
await serveThread(createDataPlane);
