/** Changes to rules, made and taken back without changing what was handed in. */

import type { Change, Overlay, Rule, Threshold } from './api';
import { value as shown } from './format';

export const NOTHING: Overlay = { rules: {} };

function isEmpty(change: Change): boolean {
  return (
    change.enabled === undefined &&
    change.weight === undefined &&
    change.action === undefined &&
    change.status === undefined &&
    Object.keys(change.thresholds ?? {}).length === 0
  );
}

function withChange(overlay: Overlay, rule: string, change: Change): Overlay {
  const rules = { ...overlay.rules };
  if (isEmpty(change)) delete rules[rule];
  else rules[rule] = change;
  return { rules };
}

/** The rule switched on or off; what a rule is anyway is no change. */
export function setEnabled(overlay: Overlay, rule: Rule, enabled: boolean): Overlay {
  const { enabled: _, ...rest } = overlay.rules[rule.name] ?? {};
  return withChange(overlay, rule.name, enabled ? rest : { ...rest, enabled: false });
}

export function setWeight(overlay: Overlay, rule: Rule, weight: number): Overlay {
  const { weight: _, ...rest } = overlay.rules[rule.name] ?? {};
  return withChange(overlay, rule.name, weight === rule.weight ? rest : { ...rest, weight });
}

export function setThreshold(
  overlay: Overlay,
  rule: Rule,
  threshold: Threshold,
  value: number,
): Overlay {
  const { thresholds, ...rest } = overlay.rules[rule.name] ?? {};
  const { [threshold.address]: _, ...others } = thresholds ?? {};
  const wanted = value === threshold.value ? others : { ...others, [threshold.address]: value };
  const change: Change = Object.keys(wanted).length ? { ...rest, thresholds: wanted } : rest;
  return withChange(overlay, rule.name, change);
}

export function reset(overlay: Overlay, rule: string): Overlay {
  return withChange(overlay, rule, {});
}

export const isEnabled = (overlay: Overlay, rule: Rule): boolean =>
  overlay.rules[rule.name]?.enabled !== false;

export const weightOf = (overlay: Overlay, rule: Rule): number | null =>
  overlay.rules[rule.name]?.weight ?? rule.weight;

export const thresholdOf = (overlay: Overlay, rule: Rule, threshold: Threshold): number =>
  overlay.rules[rule.name]?.thresholds?.[threshold.address] ?? threshold.value;

/** One change, told. */
export interface Told {
  rule: string;
  /** `off`, `weight`, or a threshold's address. */
  what: string;
  before: string;
  now: string;
  /** The overlay without it. */
  without: Overlay;
}

/** All changes, in the order of the rules' names. */
export function told(overlay: Overlay, rules: ReadonlyMap<string, Rule>): Told[] {
  const out: Told[] = [];
  for (const name of Object.keys(overlay.rules).sort()) {
    const rule = rules.get(name);
    const change = overlay.rules[name];
    if (!change || !rule) continue;
    if (change.enabled === false) {
      const without = setEnabled(overlay, rule, true);
      out.push({ rule: name, what: 'switch', before: 'on', now: 'off', without });
    }
    if (change.weight !== undefined) {
      const before = rule.weight === null ? (rule.action ?? '') : shown(rule.weight);
      const { weight: _, ...rest } = change;
      const without = withChange(overlay, name, rest);
      out.push({ rule: name, what: 'weight', before, now: shown(change.weight), without });
    }
    for (const [address, value] of Object.entries(change.thresholds ?? {}).sort()) {
      const threshold = rule.thresholds.find((t) => t.address === address);
      if (!threshold) continue;
      const without = setThreshold(overlay, rule, threshold, threshold.value);
      const before = shown(threshold.value);
      out.push({ rule: name, what: address, before, now: shown(value), without });
    }
  }
  return out;
}
