/**
 * Pictures: the bar of a card, days without end, sizes, new pictures as they come, and one picture after the other
 * without a page load. Every address it uses is a page that works without it.
 */
import { edit } from './composer.js';
import { all, find, icon, make, opened, typing } from './studio.js';

/** Fetch a page as a document; a session that has ended leads to the sign-in page. */
async function page(url, options) {
  const answer = await fetch(url, options);
  if (answer.redirected) location.assign(url);
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

/* The bar of the card that has the pointer or the focus */

const bar = make('div', { className: 'hover' });
const by = make('span', { className: 'by clip' });
const pencil = make('button', { type: 'button', ariaLabel: 'Edit', title: 'Edit' }, icon('pencil'));
const download = make('a', { ariaLabel: 'Download', title: 'Download' }, icon('download'));
bar.append(by, pencil, download);

function showBar(event) {
  const card = event.target.closest?.('.card');
  if (!card || bar.parentElement === card || (event.type === 'pointerover' && bar.contains(document.activeElement))) return;
  by.textContent = card.dataset.by;
  pencil.dataset.edit = card.dataset.id;
  download.href = `/media/${card.dataset.id}/download/`;
  card.append(bar);
}

if (matchMedia('(hover: hover)').matches) document.addEventListener('pointerover', showBar);
document.addEventListener('focusin', (event) => event.target.matches(':focus-visible') && showBar(event));

/* Days: a page that begins in the middle of a day goes on in it; far days give their nodes back */

const gallery = find('.gallery');
const away = new WeakMap();

function comesOrGoes(entries) {
  for (const { target: day, isIntersecting: near, boundingClientRect: box } of entries) {
    const rows = find('.rows', day);
    if (near) giveBack(rows);
    else if (!away.has(rows) && box.height && !rows.contains(document.activeElement) && !find(':checked', rows)) {
      rows.style.height = `${rows.offsetHeight}px`;
      away.set(rows, { html: rows.innerHTML, width: rows.offsetWidth, height: rows.offsetHeight });
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
  for (const rows of all('.day .rows', gallery)) {
    const kept = away.get(rows);
    if (kept) rows.style.height = `${(kept.height * kept.width) / rows.offsetWidth}px`;
  }
}

function joinDays() {
  for (const day of all('.day', gallery)) {
    const earlier = day.previousElementSibling;
    if (earlier?.dataset.day !== day.dataset.day) continue;
    giveBack(find('.rows', earlier));
    find('.rows', earlier).append(...find('.rows', day).children);
    day.remove();
  }
}

const nearness = new IntersectionObserver(comesOrGoes, { rootMargin: '2500px 0px' });
const watchDays = () => all('.day', gallery).forEach((day) => nearness.observe(day));

if (gallery) {
  // Not an event of htmx: between its swap and its event there may be a frame, and the pictures would jump.
  new MutationObserver(() => { joinDays(); watchDays(); }).observe(gallery, { childList: true });
  addEventListener('resize', resize);
  watchDays();
}

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
function merge(box, fresh, place = box.firstElementChild) {
  for (const element of [...fresh]) {
    const ids = idsIn(element);
    const known = ids.map((id) => find(`[data-id="${id}"]`, box)).find(Boolean);
    const old = known && [...box.children].find((child) => child.contains(known));
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
      giveBack(find('.rows', mine));
      merge(find('.rows', mine), find('.rows', day).children);
    }
  }
  watchDays();
}

async function showNew() {
  const box = find('#gallery, #orders');
  if (!box || new URLSearchParams(location.search).has('before')) return;
  const fresh = find(`#${box.id}`, await page(location.href));
  if (!find('.card', box)) box.replaceWith(fresh);
  else if (gallery) mergeDays(fresh);
  else merge(box, all('.order', fresh));
}

/* One picture */

let asked;
let aim;

/** Show another picture in place. The last one asked for is the one that comes. */
async function show(url, { push = true } = {}) {
  asked?.abort();
  asked = new AbortController();
  aim = new URL(url, location).pathname;
  try {
    const fresh = await page(url, { signal: asked.signal });
    // Shown when it is whole, so that nothing blinks.
    await Object.assign(new Image(), { src: find('.stage img', fresh).getAttribute('src') }).decode().catch(() => {});
    if (asked.signal.aborted) return;
    if (push) history.pushState(null, '', url);
    swapImage(fresh);
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(url);
  }
}

function swapImage(fresh) {
  aim = undefined;
  const old = find('#image');
  const focused = old.contains(document.activeElement) ? document.activeElement.closest('.film, .step') : null;
  const step = focused?.matches('.next') ? '.step.next' : '.step.prev';
  const image = document.adoptNode(find('#image', fresh));
  const follows = all('#tray li[data-id]').map((item) => item.dataset.id).join() === old.dataset.id;
  old.replaceWith(image);
  find('.top h1').textContent = find('.top h1', fresh).textContent;
  document.title = fresh.title;
  if (focused) (focused.matches('.step') && find(step, image) || find('.film [aria-current]', image)).focus({ preventScroll: true });
  // The tray has what one looks at, until one has put something else into it.
  if (follows) edit(image.dataset.id, { alone: true, focus: false });
  prepare();
  opened(location.pathname);
}

function prepare() {
  const film = find('.film');
  const current = find('[aria-current]', film);
  film.scrollLeft = current.offsetLeft - film.clientWidth / 2 + 28;
  for (const button of all('[data-before]')) button.hidden = false;
}

/** The result of an edit joins the strip of versions; the picture stays. */
async function showVersions() {
  const fresh = await page(location.href);
  const image = find('#image');
  if (find('#image', fresh).dataset.id !== image.dataset.id) return;
  for (const part of ['.versions', '.panel']) {
    const old = find(part, image);
    if (!old.contains(document.activeElement)) old.replaceWith(find(part, fresh));
  }
  if (!find('.step:focus', image)) {
    for (const step of all('.step', image)) step.remove();
    find('.stage', image).append(...all('.step', fresh));
  }
  prepare();
}

function before(on) {
  const button = find('[data-before]');
  if (!on) find('.stage .earlier')?.remove();
  else if (button && !find('.stage .earlier')) {
    const earlier = make('img', { className: 'earlier', src: button.dataset.before, alt: 'Before the edit' });
    find('.stage > img').after(earlier);
  }
}

function follow(event) {
  const link = event.target.closest('#image a[href^="/images/"], .job .thumbs a');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.href);
}

/** From the picture that is on its way, if one is: right and left in a hurry end where they began. */
function showNeighbour(step) {
  const links = all('.film a');
  const at = links.findIndex((link) => link.pathname === (aim ?? location.pathname));
  if (links[at + step]) show(links[at + step].href);
}

function walk(event) {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) showNeighbour(step);
  else if (event.key.toLowerCase() === 'b') before(true);
}

if (find('#image')) {
  document.addEventListener('click', follow);
  document.addEventListener('keydown', walk);
  document.addEventListener('keyup', (event) => event.key.toLowerCase() === 'b' && before(false));
  document.addEventListener('pointerdown', (event) => event.target.closest('[data-before]') && before(true));
  for (const name of ['pointerup', 'pointercancel', 'blur']) addEventListener(name, () => before(false));
  addEventListener('popstate', () => show(location.href, { push: false }));
  prepare();
}
document.addEventListener('finished', () => (find('#image') ? showVersions() : showNew()).catch(() => {}));
