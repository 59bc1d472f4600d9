/** Keys, and what the marks mean. */

import { useEffect, useRef } from 'preact/hooks';

const KEYS: { title: string; keys: [string, string][] }[] = [
  {
    title: 'Everywhere',
    keys: [['1 2 3', 'tune, label, fit'], ['z', 'undo the last change to the rules'], ['/', 'search in the texts'], ['?', 'this help'], ['Esc', 'close, leave a field']],
  },
  {
    title: 'Tune',
    keys: [
      ['n p', 'next, previous changed document'], ['. ,', 'next, previous change in the document'],
      ['j k', 'next, previous document in the list'], ['↓ ↑', 'next, previous paragraph (in the text)'],
      ['Enter', 'what the rules say of the paragraph'], ['b', 'only paragraphs that rules speak of'],
    ],
  },
  {
    title: 'Label',
    keys: [['k', 'keep'], ['r', 'remove'], ['space', 'skip'], ['u', 'take back the last one']],
  },
];

export function Help({ open, onClose }: { open: boolean; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (open && !element?.open) element?.showModal();
    if (!open && element?.open) element.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}>
      <div class="inside">
        <header>
          <h2 id="help-title">Keys and marks</h2>
          <button type="button" class="tool" onClick={onClose}>Close</button>
        </header>
        <div class="columns">
          {KEYS.map(({ title, keys }) => (
            <section key={title}>
              <h3>{title}</h3>
              <dl>
                {keys.map(([key, does]) => (
                  <div key={key}>
                    <dt>{key.split(' ').map((one) => <kbd key={one}>{one}</kbd>)}</dt>
                    <dd>{does}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
          <section>
            <h3>Marks</h3>
            <dl class="marks">
              <div><dt><del class="removed">text</del></dt><dd>removed, before and now</dd></div>
              <div><dt><del class="newly-removed">text</del></dt><dd>newly removed</dd></div>
              <div><dt><ins class="newly-kept">text</ins></dt><dd>newly kept</dd></div>
            </dl>
            <p>“Before” is what the rules files do that you started with; “now” is with your changes on top. Nothing is written until you save or download.</p>
          </section>
        </div>
      </div>
    </dialog>
  );
}
