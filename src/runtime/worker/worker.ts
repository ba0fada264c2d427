/** Entry of a data-plane thread. */
import { createDataPlane } from './data-plane.ts';
import { serveThread } from './serve-thread.ts';

serveThread(createDataPlane);
