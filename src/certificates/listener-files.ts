/** All files that the `tls` of a listener names, read and looked at together. */
import type { ListenerTls } from '../core/snapshot.ts';
import { Findings } from './finding.ts';
import { loadCertificates } from './load.ts';
import type { LoadCircumstances, LoadedCertificates } from './load.ts';
import { readTicketKeys } from './ticket-keys.ts';

export interface LoadedListenerFiles extends LoadedCertificates {
  /** Of its file, newest first; empty where it names none, or one that cannot be used. */
  readonly ticketKeys: readonly Uint8Array[];
}

export async function loadListenerFiles(
  { certificates, ticketKeys }: ListenerTls,
  circumstances: LoadCircumstances,
): Promise<LoadedListenerFiles> {
  const loaded = await loadCertificates(certificates, circumstances);
  const findings = new Findings('ticketKeys');
  const keys = ticketKeys === '' ? null : await readTicketKeys(ticketKeys, findings);
  return { ...loaded, ticketKeys: keys ?? [], findings: [...loaded.findings, ...findings.all] };
}
