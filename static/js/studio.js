/**
 * The frame of every page: the live poll, toasts, what is said aloud, ticking seconds, and focus that outlives updates.
 * Sends `finished` on the document, detail {jobs: [id, ...]}, when jobs of mine have pictures.
 */

export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element of its tag, with properties, and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** An icon of the sprite that the page uses already; its address has a hash. */
export function icon(name) {
  const sprite = find('use').getAttribute('href').split('#')[0];
  const box = make('template');
  box.innerHTML = `<svg class="i" aria-hidden="true"><use href="${sprite}#${name}"></use></svg>`;
  return box.content.firstChild;
}

/** Fetch a page as a document; a session that has ended leads to the sign-in page. */
export async function page(url, options) {
  const answer = await fetch(url, options);
  if (answer.redirected) location.assign(url);
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

/** Tell those who hear the page; nothing moves. */
export function say(words) {
  const said = find('#said');
  said.textContent = '';
  requestAnimationFrame(() => { said.textContent = words; });
}

/** A word at the edge goes by itself, but not while one reads it or reaches for what it offers. */
function leave(box, milliseconds) {
  const close = make('button', { type: 'button', ariaLabel: 'Close' }, icon('x'));
  let timer;
  const stay = () => clearTimeout(timer);
  const go = (after) => { stay(); timer = setTimeout(() => box.remove(), after); };
  close.addEventListener('click', () => box.remove());
  for (const name of ['pointerenter', 'focusin']) box.addEventListener(name, stay);
  for (const name of ['pointerleave', 'focusout']) box.addEventListener(name, () => go(3000));
  box.append(close);
  go(milliseconds);
}

/**
 * What one hears of; with the address of the way back it can be undone, and then `undone` is sent, detail {images, undo}.
 * What is in the trash can be seen there.
 */
export function toast(words, undo = '', trash = '') {
  const [before, after] = words.split('the trash');
  const link = trash && after !== undefined && make('a', { href: trash, textContent: 'the trash' });
  const box = make('div', { className: 'toast' }, make('span', {}, ...(link ? [before, link, after] : [words])));
  if (undo) box.append(make('button', { type: 'button', textContent: 'Undo', onclick: () => takeBack(box, undo) }));
  leave(box, undo ? 10_000 : 6000);
  find('#toasts').append(box);
  say(words);
}

async function takeBack(box, undo) {
  box.remove();
  try {
    const done = await post(undo);
    toast(done.problem ?? done.words, done.problem ? undo : done.undo);
    if (!done.problem) document.dispatchEvent(new CustomEvent('undone', { detail: { images: done.images ?? [], undo } }));
  } catch {
    toast('It could not be undone. Check the connection and try it again.', undo);
  }
}

/** Send what a form would; what came of it, {words, images, undo}, or {problem}. A session that has ended leads to the door. */
export async function post(url, fields) {
  const headers = { Accept: 'application/json', ...JSON.parse(document.body.getAttribute('hx-headers:inherited')) };
  const answer = await fetch(url, { method: 'POST', headers, body: fields });
  if (answer.redirected) location.reload();
  if (answer.redirected || !(answer.ok || [409, 422].includes(answer.status))) throw new Error(String(answer.status));
  return answer.json();
}

/** Something was done on the page that one left: its words come along to the next one, also to one that is only shown again. */
export function tellThere(done) {
  sessionStorage.setItem('told', JSON.stringify(done));
}

function told() {
  const done = JSON.parse(sessionStorage.getItem('told') ?? 'null');
  sessionStorage.removeItem('told');
  if (!done) return;
  toast(done.words, done.undo, done.see);
  // Going back shows a page as it was, from memory or from the cache.
  document.dispatchEvent(new CustomEvent('gone', { detail: { images: done.images } }));
}

// When all scripts of the page have begun to listen, and again when it is only shown again.
document.addEventListener('DOMContentLoaded', told);
addEventListener('pageshow', told);

// What was done by a form, with the way back.
for (const box of all('#toasts > .toast')) {
  say(find('span', box).textContent);
  leave(box, 10_000);
}
document.addEventListener('toast', (event) => toast(event.detail.text));
document.addEventListener('said', (event) => say(event.detail.text));

/** Whether a key belongs to a field just now; what one can't write into has its arrows, but no letters. */
export function typing({ key, target }) {
  const field = target.closest?.('input:not([type="checkbox"]), textarea, select');
  return Boolean(field) && !(key?.length === 1 && field.matches('[type="radio"], [type="range"]'));
}

/** A click that asks for no tab or window of its own. */
export const plain = (event) => !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

/** The key of a shortcut; none while one types, with a modifier, under a dialog, or when single keys are switched off. */
export function shortcut(event) {
  const { key } = event;
  const taken = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event) || find('dialog[open]');
  if (taken || (key.length === 1 && document.documentElement.dataset.keys === 'off')) return '';
  return key.toLowerCase();
}

const PLACES = { g: '/gallery/', s: '/', q: '/queue/', a: '/albums/', c: '/credits/' };
let going = 0;

/** `?` shows the keys, `/` leads to the prompt, and G with another letter to a page. */
function press(event) {
  const key = shortcut(event);
  const place = event.timeStamp < going && PLACES[key];
  going = key === 'g' && !place ? event.timeStamp + 1500 : 0;
  if (!place && !['?', '/'].includes(key)) return;
  event.preventDefault();
  if (place) location.assign(place);
  else if (key === '?') showKeys();
  else if (find('#prompt')) find('#prompt').focus();
  else location.assign('/');
}

const showKeys = async () => (await import('./keys.js')).open({ find, icon, make });

document.addEventListener('keydown', press, true);

/* The poll: quick while a job of mine is under way, slow when not, and none that nobody would see. */
const live = find('#live');
const title = () => document.title.replace(/^\(\d+\) /, '');
const busy = () => Boolean(find('#badge-list-ordered')?.textContent.trim());
let timer;
let failures = 0;
let unseen = 0;

function wait() {
  clearTimeout(timer);
  if (document.hidden && !busy()) return;
  const seconds = busy() ? (document.hidden ? 20 : 2) : 15;
  // Tabs that were opened together would all ask in the same moment for ever.
  timer = setTimeout(poll, seconds * 1000 * (0.9 + 0.2 * Math.random()));
}

function poll() {
  if (!live) return;
  htmx.trigger(live, 'poll');
  wait();
}

function answered({ detail: { ctx } }) {
  if (ctx.sourceElement !== live) return;
  failures = ctx.response && ctx.response.status < 500 ? 0 : failures + 1;
  find('#offline').hidden = failures < 2;
  wait();
}

function seen() {
  if (!document.hidden) {
    unseen = 0;
    document.title = title();
    poll();
  } else wait();
}

/* What became of my jobs, by comparing the cards before and after an update. */
const states = () => new Map(all('.job[id]').map((card) => [card.id, card.className.replace('job ', '').trim()]));
let before = states();

function compare() {
  const now = states();
  const news = [...now].filter(([id, state]) => before.get(id) !== state);
  before = now;
  for (const [id, state] of news) announce(find(`#${id}`), state);
  const jobs = news.filter(([, state]) => state === 'done').map(([id]) => id);
  if (!jobs.length) return;
  if (document.hidden) {
    unseen += jobs.length;
    document.title = `(${unseen}) ${title()}`;
  }
  document.dispatchEvent(new CustomEvent('finished', { detail: { jobs } }));
}

function announce(card, state) {
  const prompt = find('h3', card).textContent;
  const words = { sending: 'Started', making: 'Started', failed: 'Failed', unknown: 'Unclear' }[state];
  if (state === 'done') say(`${find('.state', card).textContent.trim()}: ${prompt}`);
  else if (words && find('#said').textContent !== `${words}: ${prompt}`) say(`${words}: ${prompt}`);
}

/* Parts that are replaced: where the focus was in them, whether the strip was open and how far it was scrolled. */
const CONTROLS = 'a, button, summary, [tabindex]';
const nameOf = (control) => control.getAttribute('href') || control.form?.getAttribute('action') || control.id || control.tagName;
const rowOf = (control) => control.closest('li[id]')?.id;
// A button that is gone leaves the focus to another of its form, or else of its row.
const LIKENESS = [
  (control) => nameOf(control) === held.name && control.value === held.value,
  (control) => nameOf(control) === held.name,
  (control) => held.row && rowOf(control) === held.row,
];
let held = {};

function hold() {
  const control = document.activeElement;
  const box = control?.closest('#strip, #queue, #banners, #balance');
  held = { folded: find('#strip details:not([open])'), left: find('#jobs')?.scrollLeft };
  if (!box) return;
  const { value } = control;
  Object.assign(held, { box: box.id, name: nameOf(control), value, row: rowOf(control), at: all(CONTROLS, box).indexOf(control) });
}

function restore() {
  if (held.folded) find('#strip details')?.removeAttribute('open');
  if (held.left) find('#jobs').scrollLeft = held.left;
  if (held.box && document.activeElement === document.body) {
    const controls = all(CONTROLS, find(`#${held.box}`) ?? document.body);
    const same = LIKENESS.map((alike) => controls.find(alike)).find(Boolean);
    (same ?? controls[Math.min(held.at, controls.length - 1)] ?? find('#main'))?.focus({ preventScroll: true });
  }
  held = {};
}

/* Seconds go on between two polls. This clock may be wrong: the first figure of the server tells by how much. */
let ahead;

function tick() {
  for (const figure of all('[data-since]')) {
    const elapsed = Date.now() / 1000 - figure.dataset.since;
    const [, minutes = 0, rest] = figure.textContent.match(/(?:(\d+) min )?(\d+) s/) ?? [];
    ahead ??= elapsed - 60 * minutes - rest;
    const seconds = Math.max(0, Math.floor(elapsed - ahead));
    figure.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
}

/** A finished picture that somebody opens needs no card any more. */
export function opened(path) {
  const link = find(`.job.done .thumbs a[href="${path}"]`);
  const form = link && find('form[action$="/dismiss/"]', link.closest('.job'));
  if (form) fetch(form.action, { method: 'POST', body: new FormData(form), keepalive: true }).then(poll, () => {});
}

/** Search from everywhere: the field of this page, on a phone the panel, elsewhere the page of all filters. */
function search(event) {
  if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const way = all('#search, [data-panel="filters"]').find((one) => one.checkVisibility());
  if (!way) location.assign('/gallery/filters/');
  else if (way.matches('a')) way.click();
  else {
    way.focus();
    way.select();
  }
}

function copy(event) {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const field = find(`#${button.dataset.copy}`);
  field.select();
  navigator.clipboard?.writeText(field.value).then(() => toast('Copied'), () => {});
}

function fold(event) {
  if (event.target.matches('#strip details')) {
    document.cookie = `strip=${event.target.open ? '' : 'folded'};path=/;max-age=31536000;samesite=lax`;
  }
}

if (navigator.clipboard) for (const button of all('[data-copy]')) button.hidden = false;
document.addEventListener('click', (event) => opened(event.target.closest('.thumbs a')?.getAttribute('href')), true);
document.addEventListener('click', copy);
document.addEventListener('keydown', search);
document.addEventListener('toggle', fold, true);
if (live) {
  document.addEventListener('htmx:before:swap', hold);
  document.addEventListener('htmx:after:swap', () => { restore(); compare(); });
  document.addEventListener('htmx:finally:request', answered);
  document.addEventListener('visibilitychange', seen);
  for (const name of ['ordered', 'changed']) document.addEventListener(name, poll);
  addEventListener('online', poll);
  addEventListener('pageshow', (event) => event.persisted && poll());
  setInterval(tick, 1000);
  wait();
}
