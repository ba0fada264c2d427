/** `npm start`. Ends cleanly on Ctrl-C, with exit code 0. */
import { startDemo } from './demo.ts';

const LINE_MS = 1000;

async function main(): Promise<void> {
  const end = Promise.withResolvers<null>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.resolve(null));
  // Whoever read our lines has gone: `npm start | head`.
  process.stdout.on('error', () => end.resolve(null));
  const demo = await startDemo();
  console.log(demo.introduction);
  const timer = setInterval(() => console.log(demo.nextLine()), LINE_MS);
  await end.promise;
  clearInterval(timer);
  await demo.close();
  process.exit(0);
}

await main();
