/** What the variables of templates stand for, in one exchange as a step sees it. */
import type { TemplateValues } from '../../core/http/template.ts';
import type { PathGroups } from '../../core/routing/path-groups.ts';
import { PathParser } from '../../core/routing/path.ts';
import type { ConnectionFacts } from '../../net/transport.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { StepHost } from './step-host.ts';
import type { RequestView, ResponseView } from './step.ts';

type View = Pick<RequestView | ResponseView, 'record' | 'request' | 'isSecure'>;

/** Made once for a step, and used for one exchange after another; nothing is looked for before somebody asks. */
export class RequestValues implements TemplateValues {
  readonly #host: Pick<StepHost, 'wallTime'>;
  readonly #groups: PathGroups | null;
  readonly #paths = new PathParser();
  #view: View | null = null;
  #isParsed = false;
  #isMatched = false;
  lines = '';

  /** `groups`: null where the route has no pattern. */
  constructor(host: Pick<StepHost, 'wallTime'>, groups: PathGroups | null) {
    this.#host = host;
    this.#groups = groups;
  }

  /** `lines`: header lines of the request, where variables look. */
  begin(view: View, lines: string): this {
    this.#view = view;
    this.#isParsed = false;
    this.#isMatched = false;
    this.lines = lines;
    return this;
  }

  get #current(): View {
    return this.#view as View;
  }

  get #request(): OutgoingRequest {
    return this.#current.request;
  }

  get #facts(): ConnectionFacts {
    return this.#current.record.facts as ConnectionFacts;
  }

  get #parsed(): PathParser {
    if (!this.#isParsed) this.#paths.parse(this.target);
    this.#isParsed = true;
    return this.#paths;
  }

  get clientIp(): string {
    return this.#request.client;
  }

  /** Of a client behind another proxy nobody knows it. */
  get clientPort(): string {
    const { address, port } = this.#facts.peer;
    return address === this.clientIp ? String(port) : '';
  }

  get peerIp(): string {
    return this.#facts.peer.address;
  }

  get requestId(): string {
    return this.#current.record.requestId;
  }

  get route(): string {
    return this.#request.route.id;
  }

  get pool(): string {
    return this.#request.route.spec.pool;
  }

  get listener(): string {
    return this.#current.record.listener;
  }

  get host(): string {
    return this.#request.head.host;
  }

  get method(): string {
    return this.#request.head.method;
  }

  get scheme(): string {
    return this.#current.isSecure ? 'https' : 'http';
  }

  get target(): string {
    return this.#request.head.target;
  }

  get path(): string {
    return this.#parsed.path;
  }

  get query(): string {
    return this.#parsed.query;
  }

  get tlsVersion(): string {
    return this.#facts.tls?.version ?? '';
  }

  get tlsServerName(): string {
    return this.#facts.serverName;
  }

  get time(): string {
    return new Date(this.#host.wallTime()).toISOString();
  }

  group(name: string): string {
    if (this.#groups === null) return '';
    if (!this.#isMatched) this.#groups.begin(this.#parsed.rawPath, this.#parsed.path);
    this.#isMatched = true;
    return this.#groups.group(name);
  }
}
