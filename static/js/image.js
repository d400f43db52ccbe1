/** One picture after the other without a page load, its versions, and what it was before. */
import { edit } from './composer.js';
import { page } from './gallery.js';
import { all, find, make, opened, typing } from './studio.js';

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

document.addEventListener('click', follow);
document.addEventListener('keydown', walk);
document.addEventListener('keyup', (event) => event.key.toLowerCase() === 'b' && before(false));
document.addEventListener('pointerdown', (event) => event.target.closest('[data-before]') && before(true));
for (const name of ['pointerup', 'pointercancel', 'blur']) addEventListener(name, () => before(false));
addEventListener('popstate', () => show(location.href, { push: false }));
prepare();
document.addEventListener('finished', () => showVersions().catch(() => {}));
