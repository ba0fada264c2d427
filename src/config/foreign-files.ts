/** Whole configs of other programs: whose they are, by the name of the file or by what they say. */
import { detectConverted } from './detect-format.ts';
import { Mistake } from './errors.ts';
import { typedCommand } from './typed-command.ts';

/** A line that only a config of Fairlead begins with. */
const OURS = /^pools:[ \t]*(?:\{|$)/m;

export interface Foreign {
  /** In a sentence: `a Caddyfile`. */
  readonly what: string;
  /** Of docs/; null: there is none. */
  readonly page: string | null;
  /** By the name of the file alone. */
  readonly name?: RegExp;
  /** By what it says; one of them is enough. */
  readonly words: readonly RegExp[];
}

const CADDY = 'coming-from-caddy.md';
const TRAEFIK = 'coming-from-traefik.md';

const FOREIGN: readonly Foreign[] = [
  {
    what: 'a Caddyfile',
    page: CADDY,
    name: /(?:^|[\\/.])Caddyfile(?:\.\w+)?$/i,
    words: [
      /^[ \t]*(?:reverse_proxy|handle_path|php_fastcgi|file_server|import|tls|encode)\b[^;{\n]*(?:\{[ \t]*)?$(?![^]*;[ \t]*$)/m,
    ],
  },
  { what: 'a config of Caddy in JSON', page: CADDY, words: [/^\s*\{[^]*"apps"\s*:\s*\{\s*"(?:http|tls|pki|layer4)"/] },
  {
    what: 'a config of Traefik',
    page: TRAEFIK,
    name: /(?:^|[\\/])traefik(?:[.-][\w.-]+)?\.(?:ya?ml|toml|json)$/i,
    words: [
      /^(?:entryPoints|certificatesResolvers):/m,
      /^\[(?:entryPoints|providers|(?:http|tcp|udp)\.(?:routers|services))\b/im,
      /^http:[^]*^\s+(?:routers|services|middlewares):/m,
      /\btraefik\.(?:enable|http\.(?:routers|services))/,
    ],
  },
  {
    what: 'a config of Envoy',
    page: null,
    words: [/^(?:static_resources|dynamic_resources):/m, /^\s*\{\s*"(?:static|dynamic)_resources"/],
  },
  {
    what: 'a config of Apache httpd',
    page: null,
    words: [/^[ \t]*<(?:VirtualHost|Proxy|Location|IfModule)\b/m, /^[ \t]*ProxyPass(?:Reverse)?[ \t]/m],
  },
  { what: 'a manifest of Kubernetes', page: null, words: [/^apiVersion:[^]*^kind:/m] },
  { what: 'a file of Docker Compose', page: null, words: [/^services:[^]*^[ \t]+(?:image|build):/m] },
  { what: 'a config of Fairlead already', page: 'configuration.md', words: [OURS] },
];

/** One that `init` does not convert; null: it may be of another kind. */
export function findForeign(text: string, file: string): Foreign | null {
  const plain = text.replace(/^\ufeff/, '').replace(/^[ \t]*#.*$/gm, '');
  return FOREIGN.find(({ name, words }) => name?.test(file) === true || words.some((word) => word.test(plain))) ?? null;
}

const OUR_SECTIONS = /^[ \t]*["']?(?:pools|routes|listeners)["']?[ \t]*:/m;
/** Enough to tell whose it is; some of the patterns take long for a text that is none of theirs. */
const MOST_CHARACTERS = 16_384;
/** They are written in YAML or JSON, as ours are; the others are no map in either. */
const IN_MAPS = /Traefik|Envoy|JSON|Kubernetes|Compose/;

/**
 * What to say of a text with mistakes that is the config of another program; null: it is none. `isMap`: it could be read
 * as a map of keys.
 */
export function refuseForeignFile(whole: string, file: string, isMap: boolean): Mistake | null {
  const text = whole.slice(0, MOST_CHARACTERS);
  if (OUR_SECTIONS.test(text)) return null;
  const found = findForeign(text, file);
  const refused = (what: string, cure: string): Mistake => new Mistake(`this is ${what}, not of Fairlead`, cure);
  if (found !== null) {
    if (isMap && !IN_MAPS.test(found.what)) return null;
    const page = found.page === null ? '' : `; docs/${found.page} has its words in ours`;
    return refused(found.what, `"${typedCommand()} init" writes a first config${page}.`);
  }
  const format = isMap ? null : detectConverted(text);
  if (format === null) return null;
  const name = format === 'nginx' ? 'nginx' : 'HAProxy';
  return refused(`a config of ${name}`, `Convert it: ${typedCommand()} init --from ${file}.`);
}
