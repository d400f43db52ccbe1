/** The keys that do something, in a dialog of their own. Loaded when somebody asks for it. */
import { find, icon, make } from './studio.js';

const KEYS = [
  ['Everywhere', [['/', 'Go to the prompt'], ['Ctrl Enter', 'Send the prompt'], ['Ctrl K', 'Search'], ['Esc', 'Close or leave'], ['?', 'Show these keys']]],
  ['Go to', [['G G', 'Gallery'], ['G S', 'Studio'], ['G Q', 'Queue'], ['G A', 'Albums'], ['G C', 'Credits']]],
  ['In the gallery', [['Enter', 'Open the picture'], ['← → ↑ ↓', 'Go to the next picture'], ['X', 'Choose it'], ['Shift ← →', 'Choose more'], ['Ctrl A', 'Choose the day'], ['Esc', 'Choose none']]],
  ['With pictures', [['E', 'Edit'], ['F', 'Favourite'], ['L', 'Add to album'], ['D', 'Download'], ['Del', 'Move to the trash']]],
  ['One picture', [['← →', 'Previous and next version'], ['B', 'Hold to see it before the edit'], ['R', 'Run again'], ['I', 'Details']]],
];

const cap = (word) => make('kbd', { textContent: word });

function section([title, keys]) {
  const list = make('dl');
  for (const [words, what] of keys) list.append(make('dt', {}, ...words.split(' ').map(cap)), make('dd', { textContent: what }));
  return make('section', {}, make('h3', { textContent: title }), list);
}

function build() {
  const close = make('button', { className: 'btn ghost icon', type: 'button', ariaLabel: 'Close' }, icon('x'));
  const head = make('header', {}, make('h2', { id: 'keys-title', textContent: 'Keys' }), close);
  const off = make('p', { className: 'muted' }, 'Single keys can be switched off in ', make('a', { className: 'link', href: '/settings/#keys', textContent: 'Settings' }), '.');
  const dialog = make('dialog', { id: 'keys-help', className: 'keys' }, head, make('div', { className: 'keys-grid' }, ...KEYS.map(section)), off);
  dialog.setAttribute('aria-labelledby', 'keys-title');
  close.addEventListener('click', () => dialog.close());
  // A click beside it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  return dialog;
}

/** Show the keys. */
export function open() {
  const dialog = find('#keys-help') ?? build();
  if (!dialog.open) dialog.showModal();
}
