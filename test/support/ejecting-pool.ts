/** A pool of endpoints that are out as the detector says, and no more of one. */
import assert from 'node:assert/strict';
import { OutlierDetector } from '../../src/core/health/outlier-detector.ts';
import type { Ejection, Finding, KeptReason, OutageRules } from '../../src/core/health/outlier-detector.ts';
import { EJECTION } from './data-plane.ts';

export const SPEC: OutageRules = EJECTION;
/** As circuit breakers have them. */
export const PROBED: OutageRules = { ...SPEC, maxSharePercent: 100, trials: 3 };
export const RESET: Finding = { kind: 'reset', isDown: false };
export const REFUSED: Finding = { kind: 'connect', isDown: true };
const MIDDLE = { next: () => 0.5 };

/** A pool that publishes ejections as the control plane does. */
export class FakePool {
  readonly size: number;
  readonly unhealthy = new Set<number>();
  readonly detector: OutlierDetector;

  constructor(size: number, spec = SPEC, random = MIDDLE) {
    this.size = size;
    this.detector = new OutlierDetector(spec, this, random);
  }

  isEligible(slot: number): boolean {
    return !this.unhealthy.has(slot) && !this.detector.ejections.some((ejection) => ejection.slot === slot);
  }

  get eligibleCount(): number {
    let count = 0;
    for (let slot = 0; slot < this.size; slot++) if (this.isEligible(slot)) count++;
    return count;
  }

  eject(slot: number, now: number, finding = RESET): Ejection {
    const verdict = this.detector.consider(slot, finding, now);
    assert.ok(verdict.isEjected, `slot ${slot} is kept: ${verdict.isEjected ? '' : verdict.reason}`);
    return verdict.ejection;
  }

  /** Those whose time is up return. */
  bringBack(now: number): void {
    for (const { slot } of this.detector.due(now)) this.detector.returned(slot, now);
  }

  keep(slot: number, now: number, finding = RESET): KeptReason {
    const verdict = this.detector.consider(slot, finding, now);
    assert.ok(!verdict.isEjected, `slot ${slot} is ejected`);
    return verdict.reason;
  }
}
