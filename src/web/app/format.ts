/** Numbers as they are shown. A minus is U+2212, which is as wide as a digit. */

const MINUS = '\u2212';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value).replace('-', MINUS);
}

/** `+3`, `−12`; nothing for 0. */
export function delta(value: number): string {
  if (value === 0) return '';
  return (value > 0 ? '+' : MINUS) + whole.format(Math.abs(value));
}

/** Large numbers short: `1.2k`, `34k`, `5.6M`. */
export function brief(value: number): string {
  if (value < 1000) return whole.format(value);
  const [scaled, unit] = value < 999_500 ? [value / 1000, 'k'] : [value / 1_000_000, 'M'];
  return `${scaled < 9.95 ? scaled.toFixed(1) : whole.format(scaled)}${unit}`;
}

/** A share as a percentage with one digit; `–` for one of nothing. */
export function percent(share: number | null, digits = 1): string {
  if (share === null || !Number.isFinite(share)) return '–';
  return `${(share * 100).toFixed(digits)} %`;
}

/** Difference of two shares in percentage points; nothing where it would read 0.0. */
export function points(difference: number): string {
  const shown = (Math.abs(difference) * 100).toFixed(1);
  return shown === '0.0' ? '' : `${difference > 0 ? '+' : MINUS}${shown}`;
}

export const share = (part: number, of: number): number => (of > 0 ? part / of : 0);

/** A value of a signal: no more digits than tell it apart. */
export function value(number: number | null): string {
  if (number === null) return 'undefined';
  if (Number.isInteger(number)) return whole.format(number).replace('-', MINUS);
  const digits = Math.abs(number) >= 100 ? 1 : Math.abs(number) >= 10 ? 2 : 3;
  return String(Number(number.toFixed(digits))).replace('-', MINUS);
}

/** Points, always with two digits. */
export const score = (number: number): string => number.toFixed(2).replace('-', MINUS);
