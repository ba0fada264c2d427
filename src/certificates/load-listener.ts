/** All that a listener serves with: what its files hold, and what Fairlead gets by itself. */
import type { ListenerTls } from '../core/snapshot.ts';
import type { OwnCertificates } from './acme/own-certificates.ts';
import type { Certificate } from './certificate.ts';
import type { Finding } from './finding.ts';
import { loadListenerFiles } from './listener-files.ts';
import type { LoadedListenerFiles } from './listener-files.ts';
import type { LoadCircumstances } from './load.ts';
import { stampOf } from './watch.ts';

/** Those of files first: the first of all is for clients without a name. */
export async function loadListener(
  tls: ListenerTls,
  own: Pick<OwnCertificates, 'load'> | null,
  circumstances: LoadCircumstances,
): Promise<LoadedListenerFiles> {
  const files = await loadListenerFiles(tls, circumstances);
  const { acme } = tls;
  if (own === null || acme.length === 0) return files;
  const owned = await own.load(acme, circumstances.now);
  return {
    ...files,
    certificates: [...files.certificates, ...owned.certificates],
    findings: [...files.findings, ...findDoubles(files.certificates, acme), ...owned.findings],
  };
}

/** Differs from an earlier one where something of it has changed. */
export async function stampListener(tls: ListenerTls, own: Pick<OwnCertificates, 'stampOf'> | null): Promise<string> {
  const files = await stampOf(tls);
  return own === null || tls.acme.length === 0 ? files : `${files}\n${await own.stampOf(tls.acme)}`;
}

/** Which of two is served for a name would be a matter of chance. */
function findDoubles(certificates: readonly Certificate[], acme: readonly string[]): readonly Finding[] {
  return certificates.flatMap(({ file, names }) => {
    const double = names.find((name) => acme.includes(name));
    if (double === undefined) return [];
    const message = `it is for ${double}, which acme names as well`;
    return [
      {
        isMistake: true,
        key: 'acme',
        file,
        message,
        cure: 'Take the name out of acme, or the file out of certificates.',
      },
    ];
  });
}
