/** Code that most threads never need: it is loaded with the first snapshot that does. */
import type { definitionOf } from '../../core/balancer/definition-of.ts';
import { POLICIES } from '../../core/balancer/policies.ts';
import type { PolicyName } from '../../core/balancer/policies.ts';
import type { PolicyDefinition } from '../../core/balancer/policy.ts';
import { hasSessions } from '../../core/server-names.ts';
import type { PolicySpec, PoolSpec, Snapshot } from '../../core/snapshot.ts';
import { limitsRequests } from '../../upstream/pool.ts';
import type { ToWorker } from '../shared/messages.ts';
import type { DataPlaneReport } from '../shared/data-plane-report.ts';
import type { LoopClock } from '../../net/loop-clock.ts';
import type { CreateBans, DataPlaneOptions, LimitParts, ProxyParts, TcpParts } from './data-plane-api.ts';
import { StepParts } from './step-parts.ts';
import type { BanTable } from '../../core/lists/ban-table.ts';
import type { ThreadLists } from '../../steps/lists/thread-lists.ts';
import type { ThreadTls, ThreadTlsHost } from './thread-tls.ts';
import type { TlsClients } from './tls-clients.ts';
import type { ThreadUdp, UdpPlane } from './thread-udp.ts';
import type { UserModules, UserModulesOptions } from './user-modules.ts';

/** What takes datagrams is made of these. */
export interface UdpTools {
  readonly plane: UdpPlane;
  readonly clock: LoopClock;
}

/** Who may come, as the control plane says it. */
type AboutClients = Extract<ToWorker, { readonly type: 'bans' | 'lists' }>;

export class LoadedParts {
  #limit: LimitParts | null;
  /** Null: no pool or route has a hash. */
  #definitionOf: typeof definitionOf | null;
  readonly #udpTools: UdpTools | null;
  readonly #moduleTools: UserModulesOptions | null;
  readonly steps: StepParts;
  #proxy: ProxyParts | null;
  #tcp: TcpParts | null;
  /** Null: no route has middleware. */
  modules: UserModules | null = null;
  /** Null: nobody speaks TLS. */
  tls: ThreadTls | null = null;
  /** Null: the config has no list. */
  lists: ThreadLists | null;
  /** Null: nobody can be banned. */
  bans: BanTable | null = null;
  #createBans: CreateBans | null;
  /** Null: no listener has `udp`. */
  udp: ThreadUdp | null = null;

  /** What is there from the beginning. */
  constructor(
    loaded: NonNullable<DataPlaneOptions['loaded']> | null,
    udpTools: UdpTools | null = null,
    moduleTools: UserModulesOptions | null = null,
  ) {
    this.#udpTools = udpTools;
    this.#moduleTools = moduleTools;
    this.#limit = loaded?.limitParts ?? null;
    this.lists = loaded?.lists ?? null;
    this.#createBans = loaded?.createBans ?? null;
    this.#definitionOf = loaded?.definitionOf ?? null;
    this.#proxy = loaded?.proxyParts ?? null;
    this.#tcp = loaded?.tcpParts ?? null;
    this.steps = new StepParts(loaded?.steps ?? null);
  }

  /** Null: all that this snapshot needs is there. */
  loadFor({ listeners, pools, routes, threads }: Snapshot): Promise<void> | null {
    const loading: Promise<unknown>[] = [];
    if (this.#limit === null && pools.some(limitsRequests))
      loading.push(import('./limit-parts.ts').then((parts) => (this.#limit = parts)));
    if (this.#definitionOf === null && pools.some(isHashed))
      loading.push(
        import('../../core/balancer/definition-of.ts').then((loaded) => (this.#definitionOf = loaded.definitionOf)),
      );
    const steps = this.steps.loadFor(routes);
    if (steps !== null) loading.push(steps);
    const modules = routes.some(({ middleware }) => middleware !== undefined)
      ? this.#loadModules(routes, threads === 0)
      : null;
    if (modules !== null) loading.push(modules);
    const udp = listeners.some(({ udp }) => udp !== undefined) ? this.loadUdp() : null;
    if (udp !== null) loading.push(udp);
    const hasStages = listeners.some(({ tls }) => tls !== null);
    if (
      this.#proxy === null &&
      (hasStages || [...listeners, ...pools].some(({ proxyProtocol }) => proxyProtocol !== null))
    )
      loading.push(import('./proxy-parts.ts').then((parts) => (this.#proxy = parts)));
    if (this.#tcp === null && listeners.some(hasSessions))
      loading.push(import('./tcp-parts.ts').then((parts) => (this.#tcp = parts)));
    return loading.length === 0 ? null : Promise.all(loading).then(() => {});
  }

  /** Null: all users' modules of these routes are there. */
  #loadModules(routes: Snapshot['routes'], isAnew: boolean): Promise<void> | null {
    if (this.modules !== null) return this.modules.loadFor(routes, isAnew);
    return import('./user-modules.ts').then(async ({ UserModules }) => {
      this.modules ??= new UserModules(this.#moduleTools);
      await this.modules.loadFor(routes, isAnew);
    });
  }

  /** Null: what speaks TLS is there. */
  loadTls(host: ThreadTlsHost, report: (report: DataPlaneReport) => void): Promise<void> | null {
    if (this.tls !== null) return null;
    return import('./thread-tls.ts').then(({ ThreadTls }) => void (this.tls = new ThreadTls(host, report)));
  }

  /** Null: what has lists, or bans, is there. */
  loadClients({ type }: AboutClients, worker: number): Promise<void> | null {
    if (type === 'lists' && this.lists === null)
      return import('../../steps/lists/thread-lists.ts').then(
        ({ ThreadLists }) => void (this.lists = new ThreadLists(worker)),
      );
    if (type === 'bans' && this.#createBans === null)
      return import('../../core/lists/ban-table.ts').then(
        ({ BanTable }) => void (this.#createBans = (handle) => new BanTable(handle)),
      );
    return null;
  }

  takeClients(told: AboutClients): void {
    if (told.type === 'lists') this.lists?.apply(told.lists);
    else this.bans = (this.#createBans ?? missing('bans'))(told.bans);
  }

  /** What pools speak TLS with. */
  get tlsClients(): TlsClients {
    return (this.tls ?? missing('TLS')).clients;
  }

  definitionOf(spec: PolicySpec): PolicyDefinition {
    return typeof spec === 'string' ? POLICIES[spec as PolicyName] : (this.#definitionOf ?? missing('hash'))(spec);
  }

  get limitParts(): LimitParts {
    return this.#limit ?? missing('maxRequests');
  }

  /** Null: what takes datagrams is there. */
  loadUdp(): Promise<void> | null {
    const tools = this.#udpTools;
    if (this.udp !== null || tools === null) return null;
    return import('./thread-udp.ts').then(
      ({ ThreadUdp }) => void (this.udp ??= new ThreadUdp(tools.plane, tools.clock)),
    );
  }

  /** The data plane is at its end. */
  end(): void {
    this.tls?.flush();
    this.modules?.flush();
    this.udp?.stop();
  }

  get proxyParts(): ProxyParts {
    return this.#proxy ?? missing('PROXY headers');
  }

  get tcpParts(): TcpParts {
    return this.#tcp ?? missing('layer 4');
  }

  get hasTcp(): boolean {
    return this.#tcp !== null;
  }
}

function isHashed({ policy, routePolicies }: PoolSpec): boolean {
  return [policy, ...routePolicies].some((spec) => typeof spec !== 'string');
}

function missing(what: string): never {
  throw new Error(`data plane: nothing was loaded for ${what}`);
}
