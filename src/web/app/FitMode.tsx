/** Weights learned from the labels, and what they are worth on labels they have not seen. */

import { useState } from 'preact/hooks';
import type { Figures, Fit, LabelState, Overlay } from './api';
import * as client from './client';
import { count, percent, points, score } from './format';

interface Props {
  labels: LabelState;
  onApply(overlay: Overlay): void;
  onLabel(): void;
  onRule(rule: string): void;
}

const FIGURES: { key: keyof Figures; name: string; better: 1 | -1; means: string }[] = [
  { key: 'precision', name: 'Precision', better: 1, means: 'of what goes, the share that had to' },
  { key: 'recall', name: 'Recall', better: 1, means: 'of what had to go, the share that does' },
  { key: 'f1', name: 'F1', better: 1, means: 'both in one figure' },
  { key: 'content_lost', name: 'Good text lost', better: -1, means: 'of what has to stay, the share that goes' },
];

export function FitMode({ labels, onApply, onLabel, onRule }: Props) {
  const [fit, setFit] = useState<Fit | null>(null);
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const run = async () => {
    setWorking(true);
    setProblem(null);
    try {
      setFit(await client.fit());
    } catch (error) {
      setFit(null);
      setProblem(client.message(error));
    } finally {
      setWorking(false);
    }
  };

  const moved = fit?.weights.filter((one) => one.fitted !== one.weight) ?? [];
  const most = Math.max(0.01, ...moved.map((one) => Math.max(Math.abs(one.weight), Math.abs(one.fitted))));
  return (
    <main class="fitting" aria-label="Fit weights">
      <section class="start">
        <h2>Learn weights from labels</h2>
        <p>A logistic regression sets the weights of the rules that add up to points, so that they agree with your labels. Each weight keeps its sign. A part of the labels is held back, and the figures below are of that part alone.</p>
        <p class="have"><b>{count(labels.keep + labels.remove)}</b> labelled paragraphs: {count(labels.keep)} keep, {count(labels.remove)} remove, in {count(labels.documents)} document{labels.documents === 1 ? '' : 's'}.</p>
        <p class="buttons">
          <button type="button" class="primary" disabled={working} onClick={run}>{working ? 'Fitting…' : fit ? 'Fit again' : 'Run fit'}</button>
          <button type="button" onClick={onLabel}>Label more</button>
        </p>
        {problem && <p class="problem" role="alert">{problem}</p>}
      </section>
      {fit && (
        <section class="result" aria-label="Result">
          <h2>On {count(fit.held_back)} paragraphs held back <span class="rest">learned from {count(fit.learned)}</span></h2>
          <table class="figures">
            <thead><tr><th scope="col" /><th scope="col" class="n">weights now</th><th scope="col" class="n">fitted</th><th scope="col" class="n">difference</th></tr></thead>
            <tbody>
              {FIGURES.map(({ key, name, better, means }) => {
                const [a, b] = [fit.now[key], fit.fitted[key]];
                const difference = a === null || b === null ? 0 : b - a;
                const shown = points(difference);
                return (
                  <tr key={key}>
                    <th scope="row">{name} <span class="rest">{means}</span></th>
                    <td class="n">{percent(a)}</td><td class="n"><b>{percent(b)}</b></td>
                    <td class={`n ${shown === '' ? '' : difference * better > 0 ? 'better' : 'worse'}`}>{shown === '' ? 'same' : `${shown} ${difference * better > 0 ? 'better' : 'worse'}`}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          {fit.notes.map((note) => <p key={note} class="note">{note}</p>)}
          <p class="buttons">
            <button type="button" class="primary" disabled={moved.length === 0} onClick={() => onApply(fit.overlay)}>Apply {moved.length} weight{moved.length === 1 ? '' : 's'}</button>
            <button type="button" onClick={() => setFit(null)}>Discard</button>
          </p>
          <table class="weights">
            <thead><tr><th scope="col">Rule</th><th scope="col" class="n">documents</th><th scope="col" class="n">now</th><th scope="col" class="n">fitted</th><th scope="col" class="move"><span class="sr">drawn</span></th></tr></thead>
            <tbody>
              {moved.map((one) => (
                <tr key={one.rule}>
                  <th scope="row"><button type="button" class="link" onClick={() => onRule(one.rule)}>{one.rule}</button></th>
                  <td class="n">{count(one.documents)}</td><td class="n">{score(one.weight)}</td><td class="n"><b>{score(one.fitted)}</b></td>
                  <td class="move"><Move from={one.weight / most} to={one.fitted / most} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </main>
  );
}

/** A weight on its way from where it was. */
function Move({ from, to }: { from: number; to: number }) {
  const x = (value: number) => 50 + value * 46;
  return (
    <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
      <line class="zero" x1="50" x2="50" y1="0" y2="12" />
      <line class="path" x1={x(from)} x2={x(to)} y1="6" y2="6" />
      <line class="was" x1={x(from)} x2={x(from)} y1="2" y2="10" />
      <line class="is" x1={x(to)} x2={x(to)} y1="1" y2="11" />
    </svg>
  );
}
