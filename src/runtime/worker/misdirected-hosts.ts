/**
 * Which hosts are not for every connection: those that want clients that were asked for a certificate, and those whose TLS
 * is not opened here. Both is decided by the name in TLS, before there is a request: a connection to another name could
 * else ask for such a host.
 */
import { coversName, passedNames } from '../../core/server-names.ts';
import type { ServerNames } from '../../core/server-names.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import type { ClientConnection } from '../../http/client-connection.ts';
import type { Misdirection } from '../../http/routing.ts';

/** Of one listener. */
interface HostRules {
  /** Those that want a certificate; null: none does. */
  readonly asked: ReadonlySet<string> | null;
  /** Those that pass unopened; null: none does. */
  readonly passed: ServerNames<string> | null;
}

/** Null: every host is for every connection. */
export function createMisdirection(listeners: readonly ListenerSpec[]): Misdirection | null {
  const rules = new Map(listeners.map((listener) => [listener.id, rulesOf(listener)]));
  return [...rules.values()].every((each) => each === null) ? null : new MisdirectedHosts(rules);
}

function rulesOf(listener: ListenerSpec): HostRules | null {
  const policy = listener.tls?.clientCertificate ?? null;
  const passed = passedNames(listener);
  return policy === null && passed === null ? null : { asked: policy && new Set(policy.names), passed };
}

class MisdirectedHosts implements Misdirection {
  /** By listener. */
  readonly #rules: ReadonlyMap<string, HostRules | null>;

  constructor(rules: ReadonlyMap<string, HostRules | null>) {
    this.#rules = rules;
  }

  isMisdirected({ listener, facts: { tls } }: Pick<ClientConnection, 'listener' | 'facts'>, host: string): boolean {
    const known = this.#rules.get(listener.id);
    // One that is gone, or has another name by now, still has clients.
    const rules = known === undefined ? rulesOf(listener) : known;
    if (rules === null) return false;
    const { asked, passed } = rules;
    if (passed?.find(host) !== undefined) return true;
    if (asked === null) return false;
    const wasAsked = tls?.isPeerAsked === true;
    // Without a host only routes for all hosts match; they are open to those who come by an open name as well.
    return host === '' ? !wasAsked && asked.size === 0 : coversName(asked, host) !== wasAsked;
  }
}
