import type { TLSSocket } from 'node:tls';
import type { TlsInfo } from '../tls.ts';

export class NodeTlsInfo implements TlsInfo {
  readonly version: string;
  readonly cipher: string;
  readonly isResumed: boolean;
  readonly #socket: TLSSocket;

  /** Of a socket whose handshake is over. */
  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.version = socket.getProtocol() ?? '';
    this.cipher = socket.getCipher().standardName;
    this.isResumed = socket.isSessionReused();
  }

  peerCertificate(): Buffer | null {
    return this.#socket.getPeerX509Certificate()?.raw ?? null;
  }
}
