/** The access log's side in one worker: which ring it writes to, and what each route of a snapshot writes. */
import type { AccessLogSpec, RouteLogSpec } from '../../core/access-log.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { LineWriter } from '../../telemetry/log-line.ts';
import { RouteLog } from './route-log.ts';
import type { RouteLogOptions } from './route-log.ts';

export interface RouteLogsOptions {
  /** Worker slot: the number of its ring. */
  readonly worker: number;
  readonly clock: Clock;
  readonly random: Random;
}

export class RouteLogs {
  readonly #options: RouteLogsOptions;
  #writer: LineWriter | null = null;
  #accessLog: AccessLogSpec | null = null;
  unrouted: RouteLog | null = null;

  constructor(options: RouteLogsOptions) {
    this.#options = options;
  }

  apply({ settings: { accessLog }, logRings }: Snapshot): void {
    this.#accessLog = accessLog;
    if (accessLog === null) {
      this.unrouted = null;
      return;
    }
    const ring = logRings[this.#options.worker];
    if (this.#writer?.ring.buffer !== ring) this.#writer = new LineWriter(ring);
    this.unrouted = this.of(accessLog.unrouted);
  }

  /** What a route writes; null for nothing. */
  of(spec: RouteLogSpec | null): RouteLog | null {
    const tools = this.#tools();
    return spec === null || tools === null ? null : new RouteLog(spec, tools);
  }

  /** What listeners of layer 4 write with: their log is loaded with them. Null: they write nothing. */
  forSessions(): RouteLogOptions | null {
    const tools = this.#tools();
    return tools?.accessLog.unrouted === null ? null : tools;
  }

  #tools(): RouteLogOptions | null {
    if (this.#accessLog === null || this.#writer === null) return null;
    const { clock, random } = this.#options;
    return { writer: this.#writer, accessLog: this.#accessLog, clock, random };
  }
}
