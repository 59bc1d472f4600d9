/** Scales of sliders and histograms, which share one so that the line stands over the knob. */

import type { Distribution } from './api';

export interface Scale {
  low: number;
  high: number;
  step: number;
}

/** The range of a threshold's slider: the values in the sample, 0, and the threshold itself. */
export function scaleOf(threshold: number, distribution: Distribution | null): Scale {
  let low = Math.min(0, threshold);
  let high = Math.max(threshold > 0 && threshold <= 1 ? 1 : threshold * 2, low + 1);
  let whole = Number.isInteger(threshold) && threshold > 1;
  if (distribution && distribution.counts.length > 0) {
    low = Math.min(distribution.low, threshold);
    high = Math.max(distribution.high, threshold);
    whole = distribution.whole && Number.isInteger(threshold);
  }
  if (high <= low) high = low + 1;
  return { low, high, step: whole ? 1 : stepFor(high - low) };
}

/** A round step of which a range has between 100 and 1,000. */
export function stepFor(range: number): number {
  return Number((10 ** Math.floor(Math.log10(range / 100))).toPrecision(1));
}

/** Where a value stands, from 0 to 1, held inside. */
export function at(scale: Scale, value: number): number {
  return Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low)));
}

export interface Bar {
  /** All as shares of the whole drawing, from the top left. */
  x: number;
  width: number;
  height: number;
}

/**
 * Bars of a distribution on a scale. Heights are roots of the counts: a rule is about the few at
 * the end of the scale, which would be nothing beside the many.
 */
export function bars(distribution: Distribution, scale: Scale): Bar[] {
  const { counts, low, high } = distribution;
  const most = Math.max(1, ...counts);
  const each = (high - low) / counts.length;
  return counts.flatMap((count, n) => {
    if (count === 0) return [];
    const x = at(scale, low + each * n);
    const width = at(scale, low + each * (n + 1)) - x;
    return [{ x, width: Math.max(width, 0.004), height: Math.sqrt(count / most) }];
  });
}

/** A value held to the scale's steps, without the noise of floating point. */
export function snapped(scale: Scale, value: number): number {
  const steps = Math.round(value / scale.step) * scale.step;
  return Number(steps.toPrecision(10));
}
