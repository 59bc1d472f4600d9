/** Why: every rule that fired on a target, with what it saw against its bound. */

import type { Action, Decide, Evidence, Hit, Verdict } from './api';
import { score, value } from './format';

const DONE: Record<Action, string> = {
  keep: 'kept', flag: 'flagged', cut: 'cut inside', remove: 'removed', drop: 'dropped', part: 'kept',
};

/** What a verdict comes to, in words. */
export function outcomeOf(verdict: Verdict): string {
  const goes = verdict.action === 'remove' || verdict.action === 'drop';
  switch (verdict.by) {
    case 'action':
      return `${DONE[verdict.action]} by ${verdict.rule ?? 'a rule'}`;
    case 'points':
      return `${DONE[verdict.action]} by points`;
    case 'context':
      return goes ? 'removed with its neighbours' : 'kept with its neighbours';
    case 'heading':
      return 'a heading, removed with what it heads';
    case 'sentences':
      return 'all its sentences are removed';
    case 'layout':
      return 'white space, removed by the layout';
    default:
      return verdict.hits.length > 0 ? 'kept: not enough points' : 'kept: no rule fired';
  }
}

const sameHit = (a: Hit | undefined, b: Hit | undefined) =>
  a !== undefined && b !== undefined && a.points === b.points && a.strength === b.strength;

/** All rules that fired, each once: what is different now, what settled the matter, then by points. */
function inOrder(before: Verdict | null, now: Verdict | null): string[] {
  const [was, is] = [before, now].map((verdict) => new Map(verdict?.hits.map((hit) => [hit.rule, hit])));
  const rank = (rule: string) => {
    if (was!.has(rule) !== is!.has(rule)) return 3;
    if ([before, now].some((verdict) => verdict?.by === 'action' && verdict.rule === rule)) return 2;
    return Math.abs((is!.get(rule) ?? was!.get(rule))!.points);
  };
  return [...new Set([...is!.keys(), ...was!.keys()])].sort((a, b) => rank(b) - rank(a));
}

/** A name that may be broken where its words end. */
export function Name({ of }: { of: string }) {
  return <>{of.split(/(?<=[_/])/).map((part) => <>{part}<wbr /></>)}</>;
}

interface Props {
  before: Verdict | null;
  now: Verdict | null;
  decide: Decide;
  rules: ReadonlySet<string>;
  onRule(rule: string): void;
}

/** Hits before and now, each rule once; those that are gone are struck through. */
export function VerdictDetail({ before, now, decide, rules, onRule }: Props) {
  const names = inOrder(before, now);
  const find = (verdict: Verdict | null, rule: string) => verdict?.hits.find((hit) => hit.rule === rule);
  const was = before ? outcomeOf(before) : 'no rule fired';
  const is = now ? outcomeOf(now) : 'no rule fired';
  return (
    <div class="verdict">
      <p class="outcome">
        {was === is ? is : <><s>{was}</s> <span class="arrow">→</span> <strong>{is}</strong></>}
        {now && (now.points !== 0 || (before?.points ?? 0) !== 0) && (
          <span class="sum"> · {before && before.points !== now.points && <><s>{score(before.points)}</s> → </>}{score(now.points)} points of {score(decide.remove_block_at)}</span>
        )}
      </p>
      {names.length > 0 && (
        <table class="hits">
          <thead><tr><th>Rule that fired</th><th>What it saw</th><th>Bound</th><th class="n">Strength</th><th class="n">Points</th></tr></thead>
          <tbody>
            {names.map((name) => {
              const [b, n] = [find(before, name), find(now, name)];
              const hit = n ?? b!;
              const state = !n ? 'gone' : !b ? 'new' : '';
              const seen = hit.evidence.length > 0 ? hit.evidence : [null];
              return seen.map((evidence, place) => (
                <tr key={`${name} ${place}`} class={`${state} ${place === 0 ? 'first' : ''}`}>
                  {place === 0 && (
                    <th rowSpan={seen.length} scope="row">
                      {rules.has(name)
                        ? <button type="button" class="link" onClick={() => onRule(name)}><Name of={name} /></button>
                        : <Name of={name} />}
                      {state && <span class="state">{state === 'new' ? 'now' : 'before'}</span>}
                    </th>
                  )}
                  <Seen of={evidence} />
                  {place === 0 && (
                    <>
                      <td class="n" rowSpan={seen.length}>{score(hit.strength)}</td>
                      <td class="n" rowSpan={seen.length}>
                        {b && n && !sameHit(b, n) && b.points !== n.points && <><s>{score(b.points)}</s> </>}
                        {hit.points === 0 ? '–' : score(hit.points)}
                      </td>
                    </>
                  )}
                </tr>
              ));
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Seen({ of }: { of: Evidence | null }) {
  if (!of) return <td colSpan={2} />;
  const holds = of.strength !== null && of.strength > 0;
  return (
    <>
      <td class="seen">
        <span class="asked"><Name of={of.asked} /></span>{' '}
        <b class={holds ? 'holds' : 'fails'}>{of.value === null ? '–' : value(of.value)}</b>
      </td>
      <td class="bound">{of.bound}{of.condition && <span class="leaf"> · {of.condition}</span>}</td>
    </>
  );
}
