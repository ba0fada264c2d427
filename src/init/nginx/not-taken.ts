/** Why a directive of nginx is not taken over: what Fairlead has instead, or that it has nothing yet. */
import { lacking } from '../features.ts';
import { IN_CLEAR } from '../redirect.ts';
import type { Report } from '../report.ts';
import type { Directive } from './parse-nginx.ts';
import { mayLeadToHttps } from './redirects.ts';

type Reason = readonly [pattern: RegExp, kind: 'same' | 'left' | 'guard', reason: string];

const GUARD = lacking('access');

const REASONS: readonly Reason[] = [
  [/^(?:deny|allow)$/, 'guard', lacking('addresses')],
  [/^(?:satisfy|internal|limit_except|auth_\w+|secure_link\w*)$/, 'guard', GUARD],
  [/^limit_req_log_level$/, 'same', 'nothing to set here'],
  [/^limit_req\w*$/, 'left', lacking('rates')],
  [/^limit_conn\w*$/, 'left', lacking('concurrency')],
  [/^limit_rate\w*$/, 'left', lacking('bandwidth')],
  [/^proxy_ssl_crl$/, 'left', lacking('revocation')],
  [/^proxy_ssl_password_file$/, 'left', 'the key of a client certificate is read without a passphrase'],
  [/^proxy_ssl_\w+$/, 'left', 'nothing that was taken over uses it'],
  [/^ssl_verify_client$/, 'guard', lacking('clientCertificates')],
  [/^ssl_(?:client_certificate|crl|verify_depth|ocsp\w*)$/, 'left', lacking('clientCertificates')],
  [
    /^ssl_(?:ciphers|conf_command|prefer_server_ciphers|ecdh_curve|dhparam|buffer_size)$/,
    'same',
    'which ciphers and curves there are is fixed',
  ],
  [/^ssl_session_ticket_key$/, 'left', 'keys that machines share stand in a file of another form: ticketKeys'],
  [/^ssl_(?:session_\w+|certificate_cache)$/, 'same', 'sessions go on by themselves'],
  [/^ssl_early_data$/, 'left', 'early data is not accepted'],
  [/^ssl_stapling$/, 'left', 'answers of issuers are not fetched: name a file with one, ocsp'],
  [/^ssl_(?:stapling\w*|trusted_certificate)$/, 'same', 'an answer of the issuer is passed on as it is'],
  [/^(?:ssl|ssl_\w+)$/, 'left', 'no listener that was taken over uses it'],
  [/^(?:http2|http3|quic_\w+)$/, 'left', lacking('http2')],
  [/^(?:gzip|brotli|zstd|gunzip)\w*$/, 'left', lacking('compression')],
  [/^(?:proxy_cache\w*|proxy_store\w*|proxy_no_cache|open_file_cache\w*|slice)$/, 'left', lacking('cache')],
  [
    /^(?:root|alias|index|try_files|autoindex\w*|expires|etag|dav_\w+|mp4\w*|flv|random_index)$/,
    'left',
    lacking('files'),
  ],
  [/^(?:return|error_page|proxy_intercept_errors|recursive_error_pages)$/, 'left', lacking('answers')],
  [/^(?:rewrite|rewrite_log|break)$/, 'left', lacking('rewriting')],
  [/^(?:proxy_method|proxy_set_body)$/, 'left', lacking('methods')],
  [
    /^(?:add_header|add_trailer|more_\w+|proxy_hide_header|proxy_pass_header|proxy_ignore_headers|proxy_cookie_\w+|charset\w*|sub_filter\w*|addition_\w+)$/,
    'left',
    lacking('responseHeaders'),
  ],
  [/^proxy_redirect$/, 'left', lacking('responseHeaders')],
  [/^(?:mirror\w*|split_clients)$/, 'left', lacking('mirroring')],
  [
    /^(?:map|geo|geoip\w*|js_\w+|perl\w*|\w*_by_lua\w*|lua_\w+|uninitialized_variable_warn)$/,
    'left',
    lacking('conditions'),
  ],
  [/^if$/, 'left', 'conditions are those of a route: match'],
  [/^set$/, 'left', 'no address that was taken over uses this variable'],
  [/^(?:set_real_ip_from|real_ip_\w+)$/, 'left', 'write the proxies in front under trustedProxies'],
  [
    /^(?:access_log|log_format|log_not_found|log_subrequest|open_log_file_cache)$/,
    'left',
    'the access log has a config of its own: accessLog',
  ],
  [
    /^(?:error_log|pid|user|lock_file|daemon|master_process|working_directory|env|load_module|pcre_jit|debug_\w+|timer_resolution|thread_pool)$/,
    'same',
    'a matter of whoever starts the process: systemd, a container',
  ],
  [
    /^worker_(?:rlimit\w*|cpu_affinity|priority|shutdown_timeout|aio\w*)$/,
    'left',
    'limits are set where the process is started; timeouts.drain bounds its end',
  ],
  [/^(?:worker_connections)$/, 'same', 'maxConnections follows the limit of descriptors by itself'],
  [
    /^(?:use|multi_accept|accept_mutex\w*|sendfile\w*|tcp_nopush|tcp_nodelay|aio\w*|directio\w*|output_buffers|postpone_output|reset_timedout_connection|\w+_hash_(?:max|bucket)_size|server_tokens|server_name_in_redirect|port_in_redirect|absolute_redirect|msie_\w+|merge_slashes|default_type|types|connection_pool_size|request_pool_size|max_ranges|chunked_transfer_encoding|ignore_invalid_headers|lingering_\w+)$/,
    'same',
    'nothing to set here',
  ],
  [
    /^(?:client_header_buffer_size|large_client_header_buffers)$/,
    'left',
    'limits.head and limits.target bound the head of a request',
  ],
  [
    /^(?:client_body_buffer_size|client_body_temp_path|client_body_in_\w+|proxy_\w*buffer\w*|proxy_temp_\w+|proxy_max_temp_file_size|proxy_read_ahead)$/,
    'same',
    'bodies stream through, and are kept only for a retry',
  ],
  [
    /^(?:keepalive_requests|keepalive_disable|keepalive_time|keepalive_min_timeout)$/,
    'left',
    'a connection is kept for any number of requests',
  ],
  [/^(?:resolver|resolver_timeout)$/, 'left', 'names are resolved by the system'],
  [/^(?:underscores_in_headers|proxy_pass_request_\w+)$/, 'left', 'headers and bodies go through as they came'],
  [
    /^(?:proxy_ignore_client_abort|proxy_socket_keepalive|proxy_bind|proxy_limit_rate|proxy_headers_hash\w*|proxy_next_upstream_timeout)$/,
    'left',
    lacking('socketSettings'),
  ],
  [/^(?:fastcgi|uwsgi|scgi|grpc|memcached)_\w+$/, 'left', lacking('otherProtocols')],
  [/^(?:mail|rtmp)$/, 'left', lacking('mail')],
  [
    /^(?:stub_status|status\w*|api|health_check|match|opentelemetry\w*|otel_\w+|opentracing\w*)$/,
    'left',
    'numbers and checks are Fairlead’s own: pools.*.check',
  ],
  [
    /^(?:empty_gif|server|location|upstream|events|http|stream)$/,
    'left',
    'it stands where Fairlead does not look for it',
  ],
];

/** Settings that would have been taken over. */
const KNOWN =
  /^(?:proxy_\w+_timeout|proxy_set_header|proxy_next_upstream\w*|proxy_http_version|proxy_pass|client_\w+|send_timeout|keepalive\w*|include)$/;

/** Lists a directive with the reason why it is not taken over. */
export function listOther(directive: Directive, report: Report): void {
  if (mayLeadToHttps(directive)) return report.guard(directive, lacking('redirects', IN_CLEAR));
  if (isCors(directive)) return report.leave(directive, lacking('cors'));
  const [kind, reason] = reasonFor(directive.name);
  if (kind === 'guard' && !isGuard(directive)) return report.same(directive, 'alone it keeps nobody out');
  if (kind === 'same') report.same(directive, reason);
  else if (kind === 'guard') report.guard(directive, reason);
  else report.leave(directive, reason);
}

/** One line of it alone is no CORS: origins, preflights and `Vary` belong together. */
function isCors({ name, args }: Directive): boolean {
  return /^(?:add_header|more_set_headers)$/.test(name) && /^access-control-/i.test(args[0] ?? '');
}

/** What is missing where this guard of a server or a location was. */
export function guardedBy({ name }: Directive): 'access' | 'addresses' | 'clientCertificates' {
  if (name === 'ssl_verify_client') return 'clientCertificates';
  return name === 'deny' ? 'addresses' : 'access';
}

function reasonFor(name: string): readonly ['same' | 'left' | 'guard', string] {
  const found = REASONS.find(([pattern]) => pattern.test(name));
  if (found !== undefined) return [found[1], found[2]];
  return ['left', KNOWN.test(name) ? 'nothing that was taken over uses it' : 'Fairlead does not know this directive'];
}

/** Keeps somebody out, so that nothing may be taken over without it. */
export function isGuard({ name, args }: Directive): boolean {
  if (name === 'allow' || name === 'satisfy') return false;
  if (name.startsWith('auth_') || name === 'ssl_verify_client') return args[0] !== 'off';
  return reasonFor(name)[0] === 'guard';
}
