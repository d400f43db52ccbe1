/** Which picture of an order is on top of it in the gallery. Loaded by the first choice. */
import { all, find, icon, make, post, toast } from './studio.js';

/* The picture that was on top before, by the way back. */
const before = new Map();
const WORDS = 'On top of its order';

const number = (card) => Number(card.dataset.id);
const cardOf = (id) => find(`.stack .card[data-id="${id}"]`);

/** The one on top comes first, with the number of all; the others stand in their order. */
function show(list, top) {
  const focused = document.activeElement;
  const cards = [...list.children].sort((one, other) => number(one) - number(other));
  const first = top ?? cards.find((card) => !card.hidden);
  for (const mark of all('.on-top', list)) mark.remove();
  if (top) find('a', top).after(make('span', { className: 'on-top', title: WORDS }, icon('crown'), make('span', { className: 'vh', textContent: WORDS })));
  const count = find('.count', list);
  list.append(first, ...cards.filter((card) => card !== first));
  first.append(count);
  if (list.contains(focused)) focused.focus({ preventScroll: true });
}

/** Put the picture that a button stands on on top, or let the first one be there again. */
export async function putOnTop(button) {
  const card = button.closest('.card');
  const list = card.parentElement;
  const was = find('.card:has(.on-top)', list);
  const fields = new URLSearchParams({ act: was === card ? 'unwin' : 'win', images: card.dataset.id });
  const done = await post('/gallery/act/', fields).catch(() => ({ problem: 'That did not arrive. Check the connection and try it again.' }));
  toast(done.problem ?? done.words, done.undo);
  if (!done.images?.length) return;
  before.set(done.undo, { card: card.dataset.id, top: was?.dataset.id });
  show(list, was === card ? undefined : card);
  button.ariaPressed = String(was !== card);
}

document.addEventListener('undone', ({ detail: { undo } }) => {
  const { card, top } = before.get(undo) ?? {};
  if (card && cardOf(card)) show(cardOf(card).parentElement, top ? cardOf(top) : undefined);
});
