/** Configs that `init` does not convert: it says which program they belong to, and what to read. */

interface Foreign {
  /** In a sentence: `a Caddyfile`. */
  readonly what: string;
  /** Of docs/; null: there is none. */
  readonly page: string | null;
  /** By the name of the file alone. */
  readonly name?: RegExp;
  /** By its text; one of these is enough. */
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
  {
    what: 'a config of Fairlead already',
    page: 'configuration.md',
    words: [/^pools:[ \t]*(?:\{|$)/m],
  },
];

/** The sentence that says so; null if a converter may read it. */
export function nameForeign(text: string, file: string): string | null {
  const plain = text.replace(/^\ufeff/, '').replace(/^[ \t]*#.*$/gm, '');
  const found = FOREIGN.find(({ name, words }) => name?.test(file) === true || words.some((word) => word.test(plain)));
  if (found === undefined) return null;
  const advice = found.page === null ? 'it reads nginx.conf, haproxy.cfg and proxy.conf.json' : `docs/${found.page}`;
  return `this is ${found.what}, which init does not convert: ${advice}`;
}
