/** The values of a signal in the sample, with the threshold drawn in. */

import type { Distribution } from './api';
import { count, value } from './format';
import { at, bars, type Scale } from './scale';

/** On which side of a threshold its comparison holds, by the address's last word. */
export function side(address: string): 'left' | 'right' | null {
  const last = address.split('.').at(-1) ?? '';
  if (['above', 'at-least', 'high'].includes(last)) return 'right';
  if (['below', 'at-most', 'low'].includes(last)) return 'left';
  return null;
}

interface Props {
  distribution: Distribution | null;
  scale: Scale;
  threshold: number;
  base: number;
  address: string;
}

export function Histogram({ distribution, scale, threshold, base, address }: Props) {
  if (!distribution) return <div class="histogram empty" />;
  if (distribution.counts.length === 0) {
    return <div class="histogram none">No values of it in the sample.</div>;
  }
  const line = at(scale, threshold) * 100;
  const holds = side(address);
  const total = distribution.counts.reduce((sum, n) => sum + n, 0);
  const label = `${count(total)} values on ${distribution.targets}, from ${value(distribution.low)} to ${value(distribution.high)}`
    + (distribution.undefined > 0 ? `; undefined on ${count(distribution.undefined)}` : '');
  return (
    <svg class="histogram" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      {holds && (
        <rect class="holds" x={holds === 'left' ? 0 : line} y="0" width={holds === 'left' ? line : 100 - line} height="30" />
      )}
      {bars(distribution, scale).map((bar) => (
        <rect key={bar.x} class="bar" x={bar.x * 100} y={30 - bar.height * 28} width={bar.width * 100} height={bar.height * 28} />
      ))}
      {base !== threshold && <line class="was" x1={at(scale, base) * 100} x2={at(scale, base) * 100} y1="0" y2="30" />}
      <line class="is" x1={line} x2={line} y1="0" y2="30" />
    </svg>
  );
}
