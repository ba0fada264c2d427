/** `npm start`. Ends cleanly on Ctrl-C, with exit code 0. */
import { runDemo } from './run-demo.ts';

await runDemo();
process.exit(0);
