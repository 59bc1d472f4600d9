/** The documents of the sample: filtered, searched, and drawn only where in view. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { count, delta, percent, share } from './format';
import { Cross, DecisionIcon, Search } from './icons';
import { counts, type Filter, type Row, visible } from './list';

const ROW = 54;

const FILTERS: { filter: Filter; name: string }[] = [
  { filter: 'all', name: 'All' },
  { filter: 'changed', name: 'Changed' },
  { filter: 'cut', name: 'Cut' },
  { filter: 'dropped', name: 'Dropped' },
  { filter: 'kept', name: 'Kept' },
];

interface Props {
  all: Row[];
  shown: Row[];
  filter: Filter;
  query: string;
  selected: number;
  onFilter(filter: Filter): void;
  onQuery(query: string): void;
  onSelect(document: number): void;
}

export function DocumentList(props: Props) {
  const { shown, selected } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrolled: 0, height: 600 });
  const of = counts(props.all);
  const place = shown.findIndex((row) => row.document === selected);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => setView({ scrolled: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);

  // What is selected, by whatever means, is in view.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || place < 0) return;
    const top = place * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + ROW - element.clientHeight;
    }
  }, [place]);

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / ROW) - 1);
    const moves: Record<string, number> = {
      ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page,
      Home: 0, End: shown.length - 1,
    };
    const wanted = moves[event.key];
    if (wanted === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const row = shown[Math.min(shown.length - 1, Math.max(0, wanted))];
    if (row) props.onSelect(row.document);
  };

  const { first, last } = visible(view.scrolled, view.height, ROW, shown.length);
  return (
    <section class="documents" aria-label="Documents">
      <div class="search">
        <Search />
        <input id="search" type="search" placeholder="Search in texts  (/)" aria-label="Search in texts" value={props.query}
          spellcheck={false} onInput={(event) => props.onQuery(event.currentTarget.value)} />
        {props.query && (
          <button type="button" class="clear" onClick={() => props.onQuery('')}><Cross /><span class="sr">Clear the search</span></button>
        )}
      </div>
      <div class="filters" role="group" aria-label="Filter">
        {FILTERS.map(({ filter, name }) => (
          <button key={filter} type="button" class="filter" aria-pressed={props.filter === filter} data-filter={filter}
            onClick={() => props.onFilter(filter)}>
            {name} <span class="number">{count(of[filter])}</span>
          </button>
        ))}
      </div>
      <div ref={box} class="rows" role="listbox" aria-label="Documents of the sample" tabIndex={0} onKeyDown={onKeyDown}
        aria-activedescendant={place >= first && place < last ? `row-${selected}` : undefined}>
        <div class="all" style={{ height: `${shown.length * ROW}px` }}>
          {shown.slice(first, last).map((row, n) => (
            <ListRow key={row.document} row={row} place={first + n} total={shown.length}
              selected={row.document === selected} onSelect={props.onSelect} />
          ))}
        </div>
        {shown.length === 0 && <p class="empty">{props.filter === 'changed' ? 'Nothing is different yet. Move a threshold or switch a rule.' : 'No document here.'}</p>}
      </div>
    </section>
  );
}

interface RowProps {
  row: Row;
  place: number;
  total: number;
  selected: boolean;
  onSelect(document: number): void;
}

function ListRow({ row, place, total, selected, onSelect }: RowProps) {
  const { row: own, change } = row;
  const gone = share(row.removed, own.characters);
  const before = share(own.removed, own.characters);
  return (
    <div id={`row-${row.document}`} role="option" aria-selected={selected} aria-posinset={place + 1} aria-setsize={total}
      class={`row ${change ? 'changed' : ''}`} style={{ transform: `translateY(${place * ROW}px)` }}
      onClick={() => onSelect(row.document)}>
      <span class="what">
        {change && own.decision !== row.decision && <><DecisionIcon of={own.decision} /><span class="to" aria-hidden="true">›</span></>}
        <DecisionIcon of={row.decision} />
        <span class="sr">{row.decision}{change ? ', changed' : ''}: </span>
      </span>
      <span class="title">{own.title || '(no text)'}</span>
      <span class="id">{own.id}</span>
      <span class="gone">
        {row.decision === 'dropped' ? 'dropped' : gone > 0 ? `−${percent(gone, gone < 0.1 ? 1 : 0)}` : ''}
        {change && row.decision !== 'dropped' && own.decision !== 'dropped' && (
          <span class="delta">{delta(Math.round((gone - before) * 100)) || (gone > before ? '+' : '−')}</span>
        )}
      </span>
    </div>
  );
}
