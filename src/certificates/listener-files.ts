/** All files that the `tls` of a listener names, read and looked at together. */
import { coversName } from '../core/server-names.ts';
import type { ListenerTls } from '../core/snapshot.ts';
import type { ClientCertificateSpec } from '../core/tls-files.ts';
import { readClientAuthorities } from './client-authorities.ts';
import type { ClientAuthorities } from './client-authorities.ts';
import { Findings } from './finding.ts';
import { loadCertificates } from './load.ts';
import type { LoadCircumstances, LoadedCertificates } from './load.ts';
import { readTicketKeys } from './ticket-keys.ts';

export interface LoadedListenerFiles extends LoadedCertificates {
  /** Of its file, newest first; empty where it names none, or one that cannot be used. */
  readonly ticketKeys: readonly Uint8Array[];
  /** Null: it asks clients for no certificate, or what it judges them by cannot be used. */
  readonly clientAuthorities: ClientAuthorities | null;
}

export async function loadListenerFiles(
  { certificates: sources, acme, ticketKeys, clientCertificate }: ListenerTls,
  circumstances: LoadCircumstances,
): Promise<LoadedListenerFiles> {
  const { certificates, findings: found } = await loadCertificates(sources, circumstances);
  const ofKeys = new Findings('ticketKeys');
  const keys = ticketKeys === '' ? null : await readTicketKeys(ticketKeys, ofKeys);
  const ofClients = new Findings('clientCertificate');
  let clientAuthorities: ClientAuthorities | null = null;
  if (clientCertificate !== null) {
    clientAuthorities = await readClientAuthorities(clientCertificate, circumstances.now, ofClients);
    const served = [...certificates.flatMap(({ names }) => names), ...acme];
    warnOfNames(clientCertificate, served, ofClients);
  }
  const findings = [...found, ...ofKeys.all, ...ofClients.all];
  return { certificates, ticketKeys: keys ?? [], clientAuthorities, findings };
}

/** A slip in a name would leave the right one open. */
function warnOfNames({ names, ca: file }: ClientCertificateSpec, served: readonly string[], findings: Findings): void {
  if (served.length === 0) return;
  for (const name of names) {
    const isServed = coversName(new Set(served), name) || served.some((each) => coversName(new Set([name]), each));
    if (isServed) continue;
    const message = `clients are to show a certificate under ${name}, which no certificate of the listener is for`;
    findings.warn('names', file, message, 'Look whether it is written right: requests for other names need none.');
  }
}
