/** Rules for listeners that get their certificates by themselves: who gives them out, where they are kept, and the way in. */
import { challengeFor } from '../core/acme.ts';
import { ServerNames } from '../core/server-names.ts';
import type { Settings } from '../core/settings.ts';
import { Mistake, type Problem } from './errors.ts';
import type { Part } from './parts.ts';
import type { WrittenListener } from './section-schemas.ts';

export function checkAcme(
  listeners: readonly Part<WrittenListener & { readonly id: string }>[],
  settings: Pick<Settings, 'acme' | 'stateDir'>,
  isAcmeWritten: boolean,
): readonly Problem[] {
  const all = listeners.map(({ value }) => value);
  return listeners.flatMap(({ path, value }) => {
    if (value.tls === null || value.tls.acme.length === 0) return [];
    const problem = (mistake: Mistake): Problem => ({ path: [...path, 'tls', 'acme'], atKey: true, mistake });
    const problems: Problem[] = [];
    if (settings.stateDir === '') problems.push(problem(NO_FOLDER));
    const passed = new ServerNames((value.tls.passthrough ?? []).map(({ name }) => [name, name]));
    const double = value.tls.acme.find((name) => passed.find(name) !== undefined);
    if (double !== undefined) problems.push(problem(notOpened(double)));
    // One with a mistake of its own has been told of already.
    if (settings.acme === null) return isAcmeWritten ? problems : [...problems, problem(NO_AUTHORITY)];
    if (challengeFor(value, all, settings.acme.challenge) !== null) return problems;
    return [...problems, problem(settings.acme.challenge === 'auto' ? NO_WAY_IN : NO_PLAIN_HTTP)];
  });
}

/** No authority would see what is put in place for it. */
function notOpened(name: string): Mistake {
  return new Mistake(
    `connections for ${name} are passed on (passthrough), and not opened here`,
    'Take the name out of one of them.',
  );
}

const NO_AUTHORITY = new Mistake(
  'nothing says who gives certificates out',
  'Write acme beside listeners, e.g. acme: { email: ops@example.com, terms: agreed }.',
);

const NO_FOLDER = new Mistake(
  'there is no folder where certificates could be kept',
  'Write stateDir beside listeners, e.g. stateDir: /var/lib/fairlead.',
);

const PLAIN_LISTENER = 'Add a listener for plain HTTP, e.g. listeners: { web: ":80" }';

const NO_PLAIN_HTTP = new Mistake('http-01 needs plain HTTP, and no listener takes it', `${PLAIN_LISTENER}.`);

const NO_WAY_IN = new Mistake(
  'authorities come to port 443 or to plain HTTP at port 80, and neither is a listener here',
  `${PLAIN_LISTENER}; or write acme: { challenge: tls-alpn-01 } where port 443 is led to this listener.`,
);
