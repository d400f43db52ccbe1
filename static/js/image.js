/** One picture after the other without a page load, its versions, and what it was before. */
import { edit } from './composer.js';
import { all, find, make, opened, page, plain, shortcut } from './studio.js';

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
    if (push) history.pushState({ ...history.state, steps: history.state.steps + 1 }, '', url);
    swapImage(fresh);
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(url);
  }
}

function swapImage(fresh) {
  aim = undefined;
  const old = find('#image');
  // What was written and not saved yet.
  const note = find('#note', old);
  if (note && note.value !== note.defaultValue) note.form.requestSubmit();
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
  for (const button of all('[data-before], [data-details]')) button.hidden = false;
  if (navigator.clipboard) for (const button of all('#image [data-copy]')) button.hidden = false;
  find('[data-details]').ariaExpanded = String(find('#panel').checkVisibility());
}

/** What somebody is at, or has typed into and not sent, is not replaced. */
function untouched(part) {
  const typed = all('input, textarea', part).some((field) => field.value !== field.defaultValue);
  return !typed && !part.contains(document.activeElement) && !find(':popover-open', part);
}

/** The result of an edit joins the strip of versions; the picture stays. */
async function showVersions() {
  const fresh = await page(location.href);
  const image = find('#image');
  if (find('#image', fresh).dataset.id !== image.dataset.id) return;
  for (const part of ['.versions', '.panel']) {
    const old = find(part, image);
    if (untouched(old)) old.replaceWith(find(part, fresh));
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
  if (!link || !plain(event)) return;
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
  const key = shortcut(event);
  const step = { arrowleft: -1, arrowright: 1 }[key];
  const control = key && find(`#image [data-key="${CSS.escape(key)}"]`);
  if (step) showNeighbour(step);
  else if (key === 'b') before(true);
  else if (control && !event.repeat) {
    event.preventDefault();
    control.click();
  }
}

/* Back: the gallery as it was left, with its days and its place, is so many steps behind as one has walked here */

const chevron = find('.top a[data-back]');
const cameFrom = () => document.referrer.startsWith(location.origin) && new URL(document.referrer).pathname === chevron.pathname;
// In a tab of its own there is nothing behind.
if (!history.state) history.replaceState({ steps: 0, behind: history.length > 1 && cameFrom() }, '');

/** Where one came from. */
function goBack() {
  if (history.state.behind) history.go(-1 - history.state.steps);
  else location.assign(chevron.href);
}

function back(event) {
  if (!plain(event) || !event.target.closest('[data-back]')) return;
  event.preventDefault();
  goBack();
}

/* What people put on it; sent in place by a module that the first click loads */

async function mark(event) {
  const form = event.target.closest('#image form[data-act]');
  if (!form) return;
  event.preventDefault();
  (await import('./marks.js')).submit(form, event.submitter, goBack);
}

async function choose(event) {
  const link = event.target.closest('[data-choose]');
  if (!link || !plain(event)) return;
  event.preventDefault();
  document.documentElement.classList.remove('no-panel');
  (await import('./marks.js')).offerAlbums(link, find('#place'));
}

/** The words beside the picture, or more room for it; on a phone they are below. */
function details(event) {
  if (!event.target.closest('[data-details]')) return;
  if (matchMedia('(min-width: 1000px)').matches) {
    document.documentElement.classList.toggle('no-panel');
    prepare();
  } else {
    find('#panel').scrollIntoView({ block: 'start' });
    find('#panel').focus({ preventScroll: true });
  }
}

document.addEventListener('click', follow);
document.addEventListener('click', back);
document.addEventListener('click', details);
document.addEventListener('submit', mark);
document.addEventListener('click', choose);
document.addEventListener('input', ({ target }) => target.id === 'note' && target.form.classList.toggle('is-changed', target.value !== target.defaultValue));
document.addEventListener('undone', async () => (await import('./marks.js')).refresh().catch(() => {}));
document.addEventListener('keydown', walk);
document.addEventListener('keyup', (event) => event.key.toLowerCase() === 'b' && before(false));
document.addEventListener('pointerdown', (event) => event.target.closest('[data-before]') && before(true));
for (const name of ['pointerup', 'pointercancel', 'blur']) addEventListener(name, () => before(false));
addEventListener('popstate', () => show(location.href, { push: false }));
prepare();
document.addEventListener('finished', () => showVersions().catch(() => {}));
