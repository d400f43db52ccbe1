/**
 * Many pictures: the bar of a card, days without end, sizes, and new pictures as they come.
 * Every address it uses is a page that works without it.
 */
import { all, find, icon, make, page, typing } from './studio.js';

/* The bar of the card that has the pointer or the focus */

const bar = make('div', { className: 'hover' });
const by = make('span', { className: 'by clip' });
const pencil = make('button', { type: 'button', ariaLabel: 'Edit', title: 'Edit' }, icon('pencil'));
const download = make('a', { ariaLabel: 'Download', title: 'Download' }, icon('download'));
const heart = make('button', { type: 'button', ariaLabel: 'Favourite', title: 'Favourite' }, icon('heart'));
const crown = make('button', { type: 'button', ariaLabel: 'On top of its order', title: 'On top of its order' }, icon('crown'));
bar.append(by, crown, heart, pencil, download);

function showBar(event) {
  const card = event.target.closest?.('.card');
  if (!card || bar.parentElement === card || (event.type === 'pointerover' && find(':focus-visible', bar))) return;
  by.textContent = card.dataset.by;
  pencil.dataset.edit = card.dataset.id;
  download.href = `/media/${card.dataset.id}/download/`;
  heart.ariaPressed = String(Boolean(find('.liked', card)));
  // In an order of one's own that stands open.
  crown.hidden = !card.closest('.stack[data-answers]:has(.count :checked)');
  crown.ariaPressed = String(Boolean(find('.on-top', card)));
  card.append(bar);
}

if (matchMedia('(hover: hover)').matches) document.addEventListener('pointerover', showBar);
document.addEventListener('focusin', (event) => event.target.matches(':focus-visible') && showBar(event));

/* Days: what comes in the middle of a day goes on in it, piece by piece; far pieces give their nodes back */

const gallery = find('.gallery');
const away = new WeakMap();

function comesOrGoes(entries) {
  for (const { target: rows, isIntersecting: near, boundingClientRect: box } of entries) {
    if (near) giveBack(rows);
    else if (!away.has(rows) && box.height && !rows.contains(document.activeElement)) {
      const height = rows.offsetHeight;
      if (rows.contains(bar)) bar.remove();
      // Only what is written down comes back.
      for (const box of all('input', rows)) box.toggleAttribute('checked', box.checked);
      away.set(rows, { html: rows.innerHTML, width: rows.offsetWidth, height });
      rows.style.height = `${height}px`;
      rows.replaceChildren();
    }
  }
}

function giveBack(rows) {
  if (!away.has(rows)) return;
  rows.innerHTML = away.get(rows).html;
  rows.style.height = '';
  away.delete(rows);
}

/** Rows that are away have another height in another width; about as much as the pictures need. */
function resize() {
  for (const rows of all('.rows', gallery)) {
    const kept = away.get(rows);
    if (kept) rows.style.height = `${(kept.height * kept.width) / rows.offsetWidth}px`;
  }
}

const topOf = (element) => (element.matches('.card') ? element : find('.card', element)).offsetTop;

/** The rows of a day that goes on in another piece: an unfinished last row is finished there. */
function goOn(rows, next) {
  giveBack(rows);
  giveBack(next);
  const last = rows.lastElementChild && topOf(rows.lastElementChild);
  const unfinished = [...rows.children].filter((element) => topOf(element) === last);
  rows.classList.add('goes-on');
  next.prepend(...unfinished);
  if (!rows.childElementCount) rows.remove();
}

function joinDays() {
  for (const day of all('.day', gallery)) {
    const earlier = day.previousElementSibling;
    if (earlier?.dataset.day !== day.dataset.day) continue;
    goOn([...earlier.children].at(-1), find('.rows', day));
    earlier.append(...all('.rows', day));
    day.remove();
  }
}

/* What one looks at stays where it is when newer days come in above it. */
let anchor;

function holdPlace(event) {
  const box = event.target.closest('.newer');
  const card = box && find('.card', gallery);
  anchor = card && { box, id: card.dataset.id, top: card.getBoundingClientRect().top };
}

function keepPlace() {
  if (!anchor || anchor.box.isConnected) return;
  const card = find(`[data-id="${anchor.id}"]`, gallery);
  scrollBy({ top: card.getBoundingClientRect().top - anchor.top, behavior: 'instant' });
  anchor = undefined;
}

const nearness = new IntersectionObserver(comesOrGoes, { rootMargin: '2500px 0px' });
const watchDays = () => all('.rows', gallery).forEach((rows) => nearness.observe(rows));

if (gallery) {
  // Not an event of htmx: between its swap and its event there may be a frame, and the pictures would jump.
  new MutationObserver(() => { joinDays(); keepPlace(); watchDays(); }).observe(gallery, { childList: true });
  gallery.addEventListener('click', holdPlace, true);
  // The address of the link is for those without script; here it is the box around it that asks.
  gallery.addEventListener('click', (event) => event.target.closest('.newer a') && event.preventDefault());
  addEventListener('resize', resize);
  watchDays();
}

document.addEventListener('click', async (event) => {
  const link = event.target.closest('[data-panel]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  (await import('./panel.js')).open(link);
});

/* Choosing pictures: what that takes is loaded by the first pick, key or long press */

/** The numbers of the pictures in a part of the page, in order, also of those that are away. */
const numbers = (part = gallery) => all('.rows', part).flatMap((rows) => {
  const kept = away.get(rows);
  return kept ? [...kept.html.matchAll(/<li class="card [^>]*?data-id="(\d+)"/g)].map(([, id]) => id) : idsIn(rows);
});

let loading;

/** One promise for all, so that keys that come before it has loaded are heard in their order. */
function choosing() {
  loading ??= import('./select.js').then((module) => { module.start(numbers); return module; });
  loading.catch(() => { loading = undefined; });
  return loading;
}

heart.addEventListener('click', async () => {
  const { card, liked } = { card: heart.closest('.card'), liked: heart.ariaPressed === 'true' };
  await (await choosing()).act(liked ? 'unfavourite' : 'favourite', [card.dataset.id]);
  heart.ariaPressed = String(Boolean(find('.liked', heart.closest('.card') ?? card)));
});

crown.addEventListener('click', async () => (await import('./stacks.js')).putOnTop(crown));

let pressed;
let pressing;

/** A circle chooses, Shift chooses as far as here, and while something is chosen every click does; Ctrl opens a tab. */
function clicked(event) {
  const card = event.target.closest('.card');
  const circle = event.target.matches('.pick');
  const link = event.target.closest('.card > a');
  if (link && pressed === card) event.preventDefault();
  if (pressed || event.ctrlKey || event.metaKey || event.altKey || !(circle || link)) return;
  // Enter opens, whatever is chosen.
  if (link && !(event.detail && (event.shiftKey || document.body.classList.contains('choosing')))) return;
  if (link) event.preventDefault();
  choosing().then(({ choose }) => choose(card, event.shiftKey));
}

function touched(event) {
  const card = event.pointerType === 'touch' && event.target.closest('.card');
  pressed = undefined;
  clearTimeout(pressing);
  if (!card) return;
  const [x, y] = [event.clientX, event.clientY];
  const still = (moved) => Math.hypot(moved.clientX - x, moved.clientY - y) < 10;
  const release = (moved) => {
    if (moved.type === 'pointermove' && still(moved)) return;
    clearTimeout(pressing);
    for (const name of ENDS) removeEventListener(name, release);
  };
  for (const name of ENDS) addEventListener(name, release);
  pressing = setTimeout(() => {
    pressed = card;
    choosing().then(({ choose }) => choose(card));
  }, 450);
}

const ENDS = ['pointermove', 'pointerup', 'pointercancel'];
const KEYS = /^(ctrl\+a|(shift\+)?arrow(up|down|left|right)|[xefldc]|delete|escape)$/;

function keyed(event) {
  if (event.defaultPrevented || typing(event) || event.altKey || find('dialog[open]') || event.target.closest?.('form, [popover]')) return;
  const held = (event.ctrlKey || event.metaKey ? 'ctrl+' : '') + (event.shiftKey ? 'shift+' : '');
  const name = held + String(event.key).toLowerCase();
  const card = event.target.closest?.('.card');
  const arrow = name.includes('arrow');
  if (name.length === 1 && document.documentElement.dataset.keys === 'off') return;
  if (!KEYS.test(name) || (arrow && !card) || (name === 'escape' && !document.body.classList.contains('choosing'))) return;
  if (arrow || name === 'ctrl+a') event.preventDefault();
  choosing().then(({ key }) => key(name));
}

if (gallery || find('#gallery')) {
  // What the page of one picture put into the trash.
  document.addEventListener('gone', async ({ detail }) => (await choosing()).left(detail.images));
  document.addEventListener('keydown', keyed);
  if (sessionStorage.getItem(`chosen:${document.body.dataset.user}`) || find('.pick:checked')) choosing();
}
if (gallery) {
  gallery.addEventListener('click', clicked);
  gallery.addEventListener('pointerdown', touched);
  // A long press has a meaning here already.
  for (const name of ['contextmenu', 'dragstart']) gallery.addEventListener(name, (event) => (pressed || event.pointerType === 'touch') && event.preventDefault());
}

// What takes a folder or many files is needed once something is dragged here.
document.addEventListener('dragenter', () => import('./bring.js'), { once: true });

/* How large the pictures are */

const slider = find('#density');
const SIZES = ['small', '', 'large'];

find('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

if (slider) {
  const root = document.documentElement;
  slider.value = SIZES.indexOf(root.dataset.density ?? '') + 1;
  slider.hidden = false;
  slider.addEventListener('input', () => {
    const size = SIZES[slider.value - 1];
    if (size) root.dataset.density = size;
    else delete root.dataset.density;
    document.cookie = `density=${size};path=/;max-age=31536000;samesite=lax`;
  });
}

/* New pictures of mine come to the top */

const idsIn = (element) => all('[data-id]', element).concat(element.matches('[data-id]') ? element : []).map((card) => card.dataset.id);

/** Put what is new in `fresh` before what `box` has; what has become more, such as a stack, takes its old place. */
function merge(box, fresh, there = [...box.children]) {
  const place = box.firstElementChild;
  for (const element of [...fresh]) {
    const ids = idsIn(element);
    const old = there.find((child) => idsIn(child).some((id) => ids.includes(id)));
    if (!old) box.insertBefore(element, place);
    else if (idsIn(old).length < ids.length && !old.contains(document.activeElement)) old.replaceWith(element);
    else continue;
    for (const card of all('.card', element).concat(element)) card.classList.add('is-new');
  }
}

function mergeDays(fresh) {
  for (const day of all('.day', fresh).reverse()) {
    const mine = find(`.day[data-day="${day.dataset.day}"]`, gallery);
    if (!mine) gallery.prepend(day);
    else {
      // A page is no longer than a piece; what finishes its last row stands in the next one.
      const pieces = all('.rows', mine).slice(0, 2);
      pieces.forEach(giveBack);
      merge(pieces[0], find('.rows', day).children, pieces.flatMap((rows) => [...rows.children]));
    }
  }
  watchDays();
}

async function showNew() {
  const box = find('#gallery, #orders');
  const asked = new URLSearchParams(location.search);
  if (!box || ['before', 'after', 'at'].some((way) => asked.has(way))) return;
  const fresh = find(`#${box.id}`, await page(location.href));
  if (!find('.card', box)) box.replaceWith(fresh);
  else if (gallery) mergeDays(fresh);
  else merge(box, all('.order', fresh));
}

document.addEventListener('finished', () => showNew().catch(() => {}));
