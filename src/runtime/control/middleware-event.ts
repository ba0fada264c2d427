/** What is told of users' own steps. */
import type { FailedMiddleware } from '../shared/data-plane-report.ts';

/** Hooks that threw, or took longer than `maxTime`. */
export interface MiddlewareFailure extends FailedMiddleware {
  /** In how many milliseconds; 0: the first of them, at once. */
  readonly withinMs: number;
}

/** A hook takes longer than its `budget`. */
export interface SlowMiddleware {
  readonly route: string;
  readonly middleware: string;
  /** Path of its module. */
  readonly module: string;
  readonly hook: 'onRequest' | 'onResponse';
  readonly budgetMs: number;
  /** What 99 of 100 calls took at most, of those since the last look; and how many there were. */
  readonly p99Ms: number;
  readonly calls: number;
}
