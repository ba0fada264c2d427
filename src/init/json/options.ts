/** Options of http-proxy-middleware and http-proxy that `init` does not take over, and why. */
import { lacking } from '../features.ts';

const LOG = 'the access log has a config of its own: accessLog';
const ANSWERS = lacking('responseHeaders');

const REASONS: Readonly<Record<string, string>> = {
  ...{ headers: lacking('requestHeaders'), auth: lacking('requestHeaders') },
  ...{ hostRewrite: ANSWERS, autoRewrite: ANSWERS, protocolRewrite: ANSWERS },
  ...{ cookieDomainRewrite: ANSWERS, cookiePathRewrite: ANSWERS },
  followRedirects: 'the client follows them',
  forward: lacking('mirroring'),
  localAddress: lacking('socketSettings'),
  ...{ logLevel: LOG, logProvider: LOG, logger: LOG },
  method: lacking('methods'),
  ...{ bypass: lacking('programs'), selfHandleResponse: lacking('programs'), plugins: lacking('programs') },
  router: 'write a route for each of its hosts and paths',
  ssl: lacking('tls'),
  timeout: 'it is for all clients here: timeouts.requestBodyIdle, timeouts.keepAlive',
  toProxy: 'a target is a server, not another proxy',
};

export function reasonForOption(name: string): string {
  return Object.hasOwn(REASONS, name) ? REASONS[name] : 'http-proxy-middleware has no such option';
}
