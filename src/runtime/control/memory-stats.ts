/** What is kept for later, and what was given up for want of memory. */
import { MEMORY_LOG_LINES, MEMORY_PIPELINES, MEMORY_REPLAYS, MEMORY_REQUESTS } from '../../core/shared/memory-table.ts';
import type { MemoryTable } from '../../core/shared/memory-table.ts';

/** What all exchanges together keep for later, in bytes, and how often `memory.max` was in the way. */
export interface MemoryStats {
  /** `memory.max`. */
  readonly maxBytes: number;
  readonly keptBytes: number;
  /** Kept, and set aside by threads for what they will keep next. */
  readonly leasedBytes: number;
  /** Requests whose body was not kept for another attempt. */
  readonly replaysGivenUp: number;
  /** Requests that were answered 503 `memory`. */
  readonly requestsRefused: number;
  /** Connections that end after the answer under way, because the requests behind it were not kept. */
  readonly pipelinesCut: number;
  /** Lines of the access log that were dropped while their file or reader was slow. */
  readonly logLinesDropped: number;
}

export function readMemoryStats(table: MemoryTable): MemoryStats {
  return {
    maxBytes: table.limitBytes,
    keptBytes: table.keptBytes,
    leasedBytes: table.leasedBytes,
    replaysGivenUp: table.total(MEMORY_REPLAYS),
    requestsRefused: table.total(MEMORY_REQUESTS),
    pipelinesCut: table.total(MEMORY_PIPELINES),
    logLinesDropped: table.total(MEMORY_LOG_LINES),
  };
}
