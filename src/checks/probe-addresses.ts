/**
 * One try at an endpoint with several addresses (`localhost`): whichever answers. The address that passed last goes
 * first; the next one joins when that has failed, or has been silent for a quarter of a second, as in Happy Eyeballs
 * (RFC 8305): so a server on both families is asked once, and one on the other family is found at once.
 */
import type { EndpointSpec } from '../core/snapshot.ts';
import { isUnixAddress } from '../core/unix-address.ts';
import type { Probe, ProbeResult, ProbeTarget } from './probe.ts';
import type { Cancel, Scheduler } from './scheduler.ts';

const STAGGER_MS = 250;

/** Whoever serves a unix socket runs on this machine; another port of it is one of this machine. */
const THIS_MACHINE = ['127.0.0.1', '::1'];

/** Where to ask for an endpoint: at its own port, or at `port` where that is not 0. */
export function placesToAsk(
  { addresses, port: own }: Pick<EndpointSpec, 'addresses' | 'port'>,
  port: number,
): { readonly addresses: readonly string[]; readonly port: number } {
  if (port === 0) return { addresses, port: own };
  return { addresses: addresses.some(isUnixAddress) ? THIS_MACHINE : addresses, port };
}

export interface AddressesResult extends ProbeResult {
  /** The one that decided. */
  readonly address: string;
}

/** Resolves with the first pass, or with the first address's result when none has passed. Never rejects. */
export function probeAddresses(
  probe: Probe,
  target: Omit<ProbeTarget, 'address'>,
  addresses: readonly string[],
  scheduler: Scheduler,
  signal: AbortSignal,
): Promise<AddressesResult> {
  const { promise, resolve } = Promise.withResolvers<AddressesResult>();
  const answers: AddressesResult[] = [];
  let started = 0;
  let cancel: Cancel | null = null;
  const startNext = (): void => {
    cancel?.();
    if (started === addresses.length || signal.aborted) return;
    const address = addresses[started++];
    cancel = scheduler.after(STAGGER_MS, startNext);
    void probe({ ...target, address }, signal).then((result) => {
      const answer = { ...result, address };
      answers.push(answer);
      if (answer.outcome === 'pass') resolve(answer);
      else if (answers.length === addresses.length) resolve(mostTelling(answers, addresses[0]));
      if (answer.outcome === 'pass') cancel?.();
      else startNext();
    });
  };
  startNext();
  signal.addEventListener('abort', () => cancel?.(), { once: true });
  return promise;
}

/** Of answers none of which has passed: one of a server that is there, else the first address's. */
function mostTelling(answers: readonly AddressesResult[], first: string): AddressesResult {
  const absent = answers.find(({ outcome }) => outcome === 'absent');
  return absent ?? answers.find(({ address }) => address === first) ?? answers[0];
}
