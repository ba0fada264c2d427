/** The proxies of the bench, in the order of the columns. The first is what the others are compared with. */
import { fairlead } from './fairlead.ts';
import { goReverseProxy } from './go-reverse-proxy.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import type { ProxyKind } from './proxy.ts';

export const PROXIES: readonly ProxyKind[] = [haproxy, nginx, goReverseProxy, fairlead];
