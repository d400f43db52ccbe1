/**
 * An album is put in order: by dragging, with Alt and the arrow keys, or by the buttons, each without a new page.
 * Every move is sent as it is made; one that is refused goes back. The buttons work without all this.
 */
import { all, find, make, say, toast } from './studio.js';

const list = find('.places');
const form = list?.closest('form');
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const places = () => all('.place', list);
const isPlace = (element) => element?.matches('.place');

/** Change the list, and let the pictures glide to where they are then. The focus stays where it was. */
function rearrange(change) {
  const focused = document.activeElement;
  const before = new Map(places().map((place) => [place, place.getBoundingClientRect()]));
  change();
  if (document.activeElement !== focused) focused.focus({ preventScroll: true });
  for (const [place, from] of calm.matches ? [] : before) {
    const to = place.getBoundingClientRect();
    const [x, y] = [from.x - to.x, from.y - to.y];
    if (x || y) place.animate([{ translate: `${x}px ${y}px` }, { translate: '0 0' }], { duration: 160, easing: 'ease-out' });
  }
}

/** Put a picture before another element of the list; null is the end. */
function put(place, before) {
  if (place !== before && place.nextElementSibling !== before) rearrange(() => list.insertBefore(place, before));
}

let sending = Promise.resolve();

/** Tell the studio before which picture one comes now, after what was told before; else it goes back. */
function send(place, back) {
  const data = new FormData();
  data.set('csrfmiddlewaretoken', find('[name=csrfmiddlewaretoken]', form).value);
  data.set('image', place.dataset.id);
  // The first picture of the part that is not here yet has its number on the link to it.
  data.set('before', place.nextElementSibling?.dataset.id ?? '');
  sending = sending.then(async () => {
    const answer = await fetch(form.action, {
      method: 'POST', body: data, headers: { Accept: 'application/json' }, keepalive: true,
    });
    if (answer.status === 422) throw new Error((await answer.json()).problem);
    if (answer.status !== 204) throw new Error('That was not saved. Reload the page and try it again.');
  }).catch((error) => {
    put(place, back?.isConnected ? back : null);
    toast(error instanceof TypeError ? 'Offline. That was not saved.' : error.message);
  });
}

function moved(place, back) {
  if (place.nextElementSibling === back) return;
  send(place, back);
  const now = places();
  say(`Picture ${now.indexOf(place) + 1} of ${now.length}`);
}

/** Move a picture and tell it. */
function move(place, before) {
  const back = place.nextElementSibling;
  put(place, before);
  moved(place, back);
}

/* Buttons and keys */

/** The picture that stands above or below one, for it to come to that place. */
function beyond(place, step) {
  const here = place.getBoundingClientRect();
  const fits = (other) => {
    const box = other.getBoundingClientRect();
    return Math.abs(box.x - here.x) < 4 && (box.y - here.y) * step > 4;
  };
  const column = places().filter(fits);
  return step > 0 ? column[0] : column.at(-1);
}

const WAYS = {
  start: () => places()[0],
  earlier: (place) => (isPlace(place.previousElementSibling) ? place.previousElementSibling : place.nextElementSibling),
  later: (place) => (isPlace(place.nextElementSibling) ? place.nextElementSibling.nextElementSibling : place.nextElementSibling),
  above: (place) => beyond(place, -1) ?? place.nextElementSibling,
  below: (place) => { const one = beyond(place, 1); return one ? one.nextElementSibling : place.nextElementSibling; },
  end: () => find('.more-places', list),
};
const KEYS = { ArrowLeft: 'earlier', ArrowRight: 'later', ArrowUp: 'above', ArrowDown: 'below', Home: 'start', End: 'end' };

/** Whether a way leads out of the part of the album that is here: then the studio does it, with a new page. */
const leadsOut = (way) => (way === 'start' && 'middle' in list.dataset) || (way === 'end' && find('.more-places', list));

form?.addEventListener('submit', (event) => {
  const [way, number] = (event.submitter?.name === 'move' ? event.submitter.value : '').split(':');
  if (!(way in WAYS) || leadsOut(way)) return;
  event.preventDefault();
  const place = find(`#p-${number}`, list);
  move(place, WAYS[way](place));
});

list?.addEventListener('keydown', (event) => {
  const place = event.target.closest('.place');
  const way = KEYS[event.key];
  if (!place || !way || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (leadsOut(way)) find(`[value^="${way}:"]`, place).click();
  else move(place, WAYS[way](place));
  place.scrollIntoView({ block: 'nearest' });
});

/* Dragging: with a mouse by the picture, with a finger by the grip, so that the page still scrolls */

const FAR = 6;
const EDGE = 90;
let held;

function grab(event) {
  const place = event.target.closest('.place');
  const by = event.pointerType === 'mouse' ? '.place > a' : '.grip';
  if (!place || event.button || !event.target.closest(by)) return;
  held = { place, x: event.clientX, y: event.clientY, back: place.nextElementSibling, id: event.pointerId };
}

function lift() {
  held.ghost = make('div', { className: 'lifted' }, find('img', held.place).cloneNode());
  find('img', held.ghost).alt = '';
  document.body.append(held.ghost);
  document.body.classList.add('is-arranging');
  held.place.classList.add('is-lifted');
  requestAnimationFrame(follow);
}

function drag(event) {
  if (!held || event.pointerId !== held.id) return;
  const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR;
  Object.assign(held, far || held.ghost ? { x: event.clientX, y: event.clientY } : {});
  if (far && !held.ghost) lift();
  if (held.ghost) event.preventDefault();
}

/** Once a frame: the picture under the pointer makes room, and near an edge the page scrolls. */
function follow() {
  if (!held?.ghost) return;
  held.ghost.style.translate = `${held.x - 84}px ${held.y - 63}px`;
  const under = document.elementFromPoint(held.x, held.y)?.closest('.place');
  // One that still glides to its place would be met again and again.
  if (under && under !== held.place && !under.getAnimations().length) {
    const after = held.place.compareDocumentPosition(under) & Node.DOCUMENT_POSITION_FOLLOWING;
    put(held.place, after ? under.nextElementSibling : under);
  }
  if (held.y < EDGE + 40) scrollBy({ top: -14, behavior: 'instant' });
  else if (held.y > innerHeight - EDGE) scrollBy({ top: 14, behavior: 'instant' });
  requestAnimationFrame(follow);
}

function drop({ keep }) {
  const { place, back, ghost } = held;
  held = undefined;
  if (!ghost) return;
  ghost.remove();
  place.classList.remove('is-lifted');
  document.body.classList.remove('is-arranging');
  if (keep) moved(place, back);
  else put(place, back);
  // What ends a drag is no click on the link; a click comes at once or not at all.
  addEventListener('click', stop, true);
  setTimeout(() => removeEventListener('click', stop, true));
}

const stop = (event) => event.preventDefault();

list?.addEventListener('pointerdown', grab);
list?.addEventListener('dragstart', (event) => event.preventDefault());
addEventListener('pointermove', drag);
addEventListener('pointerup', (event) => held?.id === event.pointerId && drop({ keep: true }));
addEventListener('pointercancel', (event) => held?.id === event.pointerId && drop({ keep: false }));
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !held?.ghost) return;
  event.preventDefault();
  drop({ keep: false });
});
