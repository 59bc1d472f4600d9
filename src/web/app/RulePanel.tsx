/** The rules: what each finds and decides, its switch, its weight and its thresholds. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Applied, Distribution, Distributions, Overlay, Rule, RuleCount, Threshold } from './api';
import { distributions } from './client';
import { brief, count, delta, value } from './format';
import { Histogram } from './Histogram';
import { Chevron, Cross, Reset } from './icons';
import * as changes from './overlay';
import { scaleOf, snapped } from './scale';
import type { Grouping } from './state';
import { Delta } from './TopBar';

/** What the program calls a threshold that counts matches of patterns or phrases. */
const MATCHES = 'matches';

interface Props {
  rules: Rule[];
  byName: ReadonlyMap<string, Rule>;
  applied: Applied;
  overlay: Overlay;
  open: string | null;
  problem: string | null;
  onOpen(rule: string | null): void;
  onChange(overlay: Overlay, of: string): void;
  onSettled(): void;
}

export function RulePanel(props: Props) {
  const { rules, applied, overlay, open } = props;
  const [grouping, setGrouping] = useState<Grouping>('set');
  const [query, setQuery] = useState('');
  const [firing, setFiring] = useState(true);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const cache = useRef(new Map<string, Promise<Distributions>>());
  const told = changes.told(overlay, props.byName);

  const groups = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const out = new Map<string, { rule: Rule; number: number }[]>();
    rules.forEach((rule, number) => {
      const hits = rule.base.hits + (applied.rules[number]?.hits ?? 0);
      if (firing && hits === 0 && !overlay.rules[rule.name] && rule.name !== open) return;
      const text = `${rule.name} ${rule.about} ${rule.category}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) return;
      const group = grouping === 'set' ? rule.name.split('/')[0]! : rule.category;
      const list = out.get(group) ?? [];
      list.push({ rule, number });
      out.set(group, list);
    });
    return [...out];
  }, [rules, applied, overlay, query, firing, grouping, open]);

  const groupOf = open === null ? null : (groups.find(([, list]) => list.some(({ rule }) => rule.name === open))?.[0] ?? null);

  // A rule that is opened from the text is brought into view.
  useEffect(() => {
    if (groupOf !== null && closed.has(groupOf)) {
      setClosed(new Set([...closed].filter((group) => group !== groupOf)));
      return;
    }
    const element = box.current;
    const target = open === null ? null : element?.querySelector(`[data-rule="${CSS.escape(open)}"]`);
    if (!element || !target) return;
    const [outer, inner] = [element.getBoundingClientRect(), target.getBoundingClientRect()];
    if (inner.top < outer.top + 30 || inner.top > outer.bottom - 120) element.scrollTop += inner.top - outer.top - 40;
  }, [open, groupOf, closed]);

  const toggle = (group: string) => {
    const next = new Set(closed);
    if (!next.delete(group)) next.add(group);
    setClosed(next);
  };

  const load = (rule: string) => {
    const known = cache.current.get(rule);
    if (known) return known;
    const asked = distributions(rule);
    asked.catch(() => cache.current.delete(rule));
    cache.current.set(rule, asked);
    return asked;
  };

  return (
    <aside class="rules" aria-label="Rules">
      <div class="head">
        <input type="search" placeholder="Find a rule" aria-label="Find a rule" value={query} spellcheck={false}
          onInput={(event) => setQuery(event.currentTarget.value)} />
        <label class="select">by
          <select value={grouping} onChange={(event) => setGrouping(event.currentTarget.value as Grouping)} aria-label="Group rules by">
            <option value="set">set</option>
            <option value="category">category</option>
          </select>
        </label>
        <label class="check" title="Hide rules that fire nowhere in the sample">
          <input type="checkbox" checked={firing} onChange={(event) => setFiring(event.currentTarget.checked)} /> fired only
        </label>
      </div>
      {props.problem && <p class="problem" role="alert">{props.problem}</p>}
      {told.length > 0 && (
        <section class="changes" aria-label="Changes">
          <header>
            <h2>{told.length} change{told.length === 1 ? '' : 's'}</h2>
            <button type="button" class="link" onClick={() => props.onChange(changes.NOTHING, 'reset all')}>Reset all</button>
          </header>
          <ul>
            {told.map((one) => (
              <li key={`${one.rule} ${one.what}`}>
                <button type="button" class="link name" title={one.rule} onClick={() => props.onOpen(one.rule)}>{one.rule.split('/').at(-1)}</button>
                <span class="address">{one.what}</span>
                <span class="fromto"><s>{one.before}</s> → <b>{one.now}</b></span>
                <button type="button" class="tool small" title="Take this change back" onClick={() => props.onChange(one.without, `reset ${one.rule} ${one.what}`)}>
                  <Cross /><span class="sr">Take back {one.what} of {one.rule}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div class="list" ref={box}>
        {groups.map(([group, list]) => (
          <section key={group} class="group">
            <h2>
              <button type="button" aria-expanded={!closed.has(group)} onClick={() => toggle(group)}>
                <Chevron /> {group} <span class="number">{list.length}</span>
              </button>
              <span class="heads" aria-hidden="true">{!closed.has(group) && <>fired <i /> decided</>}</span>
            </h2>
            {!closed.has(group) && list.map(({ rule, number }) => (
              <RuleRow key={rule.name} rule={rule} now={applied.rules[number] ?? rule.base} overlay={overlay} short={grouping === 'set'}
                open={open === rule.name} load={load} onOpen={props.onOpen} onChange={props.onChange} onSettled={props.onSettled} />
            ))}
          </section>
        ))}
        {groups.length === 0 && <p class="empty">No rule here.{firing ? ' Rules that fire nowhere are hidden.' : ''}</p>}
      </div>
    </aside>
  );
}

interface RowProps {
  rule: Rule;
  now: RuleCount;
  overlay: Overlay;
  short: boolean;
  open: boolean;
  load(rule: string): Promise<Distributions>;
  onOpen(rule: string | null): void;
  onChange(overlay: Overlay, of: string): void;
  onSettled(): void;
}

function RuleRow(props: RowProps) {
  const { rule, now, overlay, open } = props;
  const enabled = changes.isEnabled(overlay, rule);
  const isChanged = overlay.rules[rule.name] !== undefined;
  const name = props.short ? rule.name.split('/').slice(1).join('/') : rule.name;
  const state = [open && 'open', !enabled && 'off', isChanged && 'changed', now.hits + rule.base.hits === 0 && 'quiet'];
  return (
    <div class={`rule ${state.filter(Boolean).join(' ')}`} data-rule={rule.name}>
      <div class="line">
        <input type="checkbox" class="switch" role="switch" checked={enabled} aria-label={`${rule.name} in force`} title={enabled ? 'In force' : 'Switched off'}
          onChange={(event) => props.onChange(changes.setEnabled(overlay, rule, event.currentTarget.checked), `switch ${rule.name}`)} />
        <button type="button" class="name" aria-expanded={open} title={rule.about} onClick={() => props.onOpen(open ? null : rule.name)}>{name}</button>
        <span class="count" data-hits={now.hits} title={`fired on ${count(now.hits)} targets; ${count(rule.base.hits)} before`}>
          {brief(now.hits)}<Delta text={delta(now.hits - rule.base.hits)} />
        </span>
        <span class="count strong" data-decided={now.decided} title={`${count(now.decided)} removals and drops are laid to it, ${count(now.characters)} characters; ${count(rule.base.decided)} before`}>
          {brief(now.decided)}<Delta text={delta(now.decided - rule.base.decided)} />
        </span>
      </div>
      {open && <RuleCard {...props} />}
    </div>
  );
}

function RuleCard({ rule, overlay, load, onChange, onSettled }: RowProps) {
  const [of, setOf] = useState<Distributions | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    if (rule.thresholds.length > 0) {
      load(rule.name).then((got) => wanted && setOf(got), (error: Error) => wanted && setFailed(error.message));
    }
    return () => { wanted = false; };
  }, [rule.name]);
  const weight = changes.weightOf(overlay, rule);
  const isChanged = overlay.rules[rule.name] !== undefined;
  const facts = [
    rule.category, rule.scope + (rule.on.length > 0 ? ` (${rule.on.join(', ')})` : ''),
    rule.languages.length > 0 ? rule.languages.join(', ') : null,
    rule.status === 'stable' ? null : rule.status, rule.action && weight === rule.weight ? rule.action : null,
  ].filter(Boolean);
  return (
    <div class="card">
      <p class="about">{rule.about}.</p>
      {rule.why && <p class="reason">{rule.why}</p>}
      <p class="facts">{facts.map((fact) => <span key={fact} class="tag">{fact}</span>)}</p>
      {rule.off && <p class="note">It needs a survey of the corpus and cannot fire without one: start with --survey auto.</p>}
      {weight !== null && (
        <Control id={`${rule.name} weight`} label="weight" asked="points of a full hit" value={weight} base={rule.weight ?? weight}
          scale={{ low: Math.min(-1, weight), high: Math.max(1, weight), step: 0.05 }} distribution={null} address="" plain
          onChange={(next) => onChange(changes.setWeight(overlay, rule, next), `weight ${rule.name}`)} onSettled={onSettled} />
      )}
      {[...rule.thresholds].sort((a, b) => Number(a.asked === MATCHES) - Number(b.asked === MATCHES)).map((threshold) => (
        <ThresholdControl key={threshold.address} rule={rule} threshold={threshold} overlay={overlay}
          distribution={of?.of.find((one) => one.address === threshold.address) ?? null} known={of !== null}
          onChange={onChange} onSettled={onSettled} />
      ))}
      {failed && <p class="note">{failed}</p>}
      {weight === null && rule.thresholds.length === 0 && <p class="note">It has no number to move; it can be switched off.</p>}
      {isChanged && (
        <button type="button" class="reset" onClick={() => onChange(changes.reset(overlay, rule.name), `reset ${rule.name}`)}><Reset /> Reset this rule</button>
      )}
    </div>
  );
}

interface ThresholdProps {
  rule: Rule;
  threshold: Threshold;
  overlay: Overlay;
  distribution: Distribution | null;
  known: boolean;
  onChange(overlay: Overlay, of: string): void;
  onSettled(): void;
}

function ThresholdControl({ rule, threshold, overlay, distribution, known, onChange, onSettled }: ThresholdProps) {
  const now = changes.thresholdOf(overlay, rule, threshold);
  // The scale stays as it is while the knob moves.
  const scale = scaleOf(threshold.value, distribution);
  return (
    <Control id={`${rule.name} ${threshold.address}`} label={threshold.address} asked={threshold.asked} value={now} base={threshold.value}
      scale={scale} distribution={distribution} address={threshold.address} plain={known && distribution === null} bare={threshold.asked === MATCHES}
      onChange={(next) => onChange(changes.setThreshold(overlay, rule, threshold, next), `${rule.name} ${threshold.address}`)} onSettled={onSettled} />
  );
}

interface ControlProps {
  id: string;
  label: string;
  asked: string;
  value: number;
  base: number;
  scale: { low: number; high: number; step: number };
  distribution: Distribution | null;
  address: string;
  /** Without a drawing. */
  plain: boolean;
  /** A field alone: of how often a pattern matches, the sample says nothing. */
  bare?: boolean;
  onChange(value: number): void;
  onSettled(): void;
}

function Control(props: ControlProps) {
  const { scale, base } = props;
  const set = (wanted: number) => {
    if (Number.isFinite(wanted)) props.onChange(wanted);
  };
  // A slider knows the steps from its lowest value on; the base must be one of them.
  const onSlide = (event: { currentTarget: HTMLInputElement }) => {
    const near = snapped(scale, Number(event.currentTarget.value));
    set(Math.abs(near - base) < scale.step / 2 ? base : Math.min(scale.high, Math.max(scale.low, near)));
  };
  const key = props.id.replace(/[^a-z0-9]+/gi, '-');
  return (
    <div class={`control ${props.value !== base ? 'changed' : ''}`} data-control={props.id}>
      <div class="line">
        <label for={`number-${key}`}><b>{props.label}</b> <span class="asked">{props.asked}</span></label>
        <input id={`number-${key}`} type="number" step="any" value={String(props.value)}
          onChange={(event) => { set(event.currentTarget.valueAsNumber); props.onSettled(); }}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()} />
        <button type="button" class="tool small" disabled={props.value === base} title={`Back to ${value(base)}`} onClick={() => { set(base); props.onSettled(); }}>
          <Reset /><span class="sr">Reset {props.label} to {value(base)}</span>
        </button>
      </div>
      {!props.plain && !props.bare && <Histogram distribution={props.distribution} scale={scale} threshold={props.value} base={base} address={props.address} />}
      {!props.bare && <input type="range" min={scale.low} max={scale.high} step="any" value={Math.min(scale.high, Math.max(scale.low, props.value))}
        aria-label={`${props.label} (${props.asked})`} aria-valuetext={value(props.value)} onInput={onSlide} onChange={props.onSettled}
        onKeyDown={(event) => {
          const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          const next = snapped(scale, props.value + by * scale.step);
          set(Math.min(scale.high, Math.max(scale.low, next)));
        }} />}
      {props.distribution && props.distribution.counts.length > 0 && (
        <div class="ends" aria-hidden="true"><span>{value(scale.low)}</span><span>{props.distribution.targets}</span><span>{value(scale.high)}</span></div>
      )}
    </div>
  );
}
