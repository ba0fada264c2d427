/** Certificates of listeners, or of pools, whose files are watched in time that the test owns. */
import type { TestContext } from 'node:test';
import type { CertificateEvent } from '../../src/runtime/control/certificate-event.ts';
import type { ListenerCertificatesOptions } from '../../src/runtime/control/listener-certificates.ts';
import { FakeToday } from './fake-time.ts';

export interface WatchedCertificates<T> {
  readonly time: FakeToday;
  readonly events: readonly CertificateEvent[];
  readonly certificates: T;
  /** How often it was said that files have changed. */
  staleCount(): number;
  /** Moves the time on, and lets what reads files come to its end. */
  advance(ms: number): Promise<void>;
}

export function watchCertificates<T extends { close(): void }>(
  t: TestContext,
  create: (options: ListenerCertificatesOptions) => T,
): WatchedCertificates<T> {
  const time = new FakeToday();
  const events: CertificateEvent[] = [];
  let stale = 0;
  const certificates = create({
    clock: time,
    scheduler: time,
    onEvent: (event) => events.push(event),
    onStale: () => stale++,
  });
  t.after(() => certificates.close());
  return {
    time,
    events,
    certificates,
    staleCount: () => stale,
    async advance(ms) {
      time.advance(ms);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
}
