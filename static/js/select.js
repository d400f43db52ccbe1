/**
 * Choosing pictures, and what is done to those chosen. Loaded by the first pick, key or long press.
 * What is chosen outlives pages, tabs and filters, in this browser's tab; without this script a form does the same.
 */
import { all, find, icon, make, post, say, toast } from './studio.js';

const KEY = `chosen:${document.body.dataset.user}`;
const asked = new URLSearchParams(location.search);
const chosen = new Set(stored());
/* What was changed since the page was loaded, by number: rows that are away learn of it when they come back. */
const news = new Map();
let numbers = () => [];
let anchor;
let span = new Set();
let total;

function stored() {
  return JSON.parse(sessionStorage.getItem(KEY) || '[]');
}

/** How to get the numbers of all pictures that the page has loaded, or of a part of it. */
export function start(loaded) {
  numbers = (part) => loaded(part).filter((id) => !news.get(id)?.gone);
}

/* What the cards show */

function mark(card, name, on, title, sign) {
  const there = find(`.${name}`, card);
  if (!on) there?.remove();
  else if (!there) {
    const made = make('span', { className: name, title }, icon(sign), make('span', { className: 'vh', textContent: title }));
    card.insertBefore(made, find('.count, .hover', card));
  }
}

/** Of an order whose first picture has left, the next one is on top. */
function restack(list) {
  const left = [...list.children].filter((card) => !card.hidden);
  const count = find('.count', list);
  if (left.length && list.firstElementChild.hidden) list.prepend(left[0]);
  list.firstElementChild.append(count);
  count.lastChild.textContent = `×${left.length}`;
  count.hidden = left.length < 2;
}

function foldDay(day) {
  day.hidden = all('.rows', day).every((rows) => rows.childElementCount && !find('.card:not([hidden])', rows));
}

function update(card) {
  const { liked, hidden, gone } = news.get(card.dataset.id) ?? {};
  if (liked !== undefined) mark(card, 'liked', liked, 'Favourite', 'heart');
  if (hidden !== undefined) mark(card, 'lock', hidden, 'Private', 'lock');
  if (gone === undefined || gone === card.hidden) return;
  card.hidden = gone;
  if (card.closest('.stack')) restack(card.parentElement);
  if (card.closest('.day')) foldDay(card.closest('.day'));
}

function show(cards = all('.card')) {
  for (const card of cards) {
    const circle = find('.pick', card);
    if (circle) circle.checked = chosen.has(card.dataset.id);
    if (news.has(card.dataset.id)) update(card);
  }
}

const cardsIn = (node) => (node.nodeType !== Node.ELEMENT_NODE ? [] : node.matches('.card') ? [node] : all('.card', node));
// What comes by scrolling, comes back, or is new has its tick from here.
new MutationObserver((changes) => show(changes.flatMap(({ addedNodes }) => [...addedNodes].flatMap(cardsIn)))).observe(find('#main'), {
  childList: true,
  subtree: true,
});

/* Choosing */

function changed() {
  sessionStorage.setItem(KEY, chosen.size ? JSON.stringify([...chosen]) : '');
  document.body.classList.toggle('choosing', chosen.size > 0);
  show();
  showBar();
  say(chosen.size ? `${chosen.size} selected` : 'Nothing selected');
}

const put = (ids, on) => ids.forEach((id) => chosen[on ? 'add' : 'delete'](id));
const cardOf = (id) => find(`.card[data-id="${id}"]`);

/** A closed stack is chosen with all that it holds: that is what its number says. */
function withStack(card) {
  const closed = card?.closest('.stack:not(:has(.count :checked))');
  return (closed ? all('.card:not([hidden])', closed) : [card]).map((one) => one?.dataset.id);
}

function toggle(card) {
  put(withStack(card), !chosen.has(card.dataset.id));
  anchor = card.dataset.id;
  span = new Set();
  changed();
}

/** From where one began to here, instead of as far as one had come before. */
function extend(card) {
  const order = new Map(numbers().map((id, place) => [id, place]));
  const ends = [anchor, ...withStack(cardOf(anchor)), ...withStack(card)].map((id) => order.get(id)).filter((place) => place !== undefined);
  const next = [...order.keys()].slice(Math.min(...ends), Math.max(...ends) + 1);
  put([...span], false);
  put(next, true);
  span = new Set(next);
  changed();
}

/** Choose a picture or let it go; with `far` all from the one before it. */
export function choose(card, far = false) {
  if (far && anchor && anchor !== card.dataset.id) extend(card);
  else toggle(card);
}

function clear() {
  chosen.clear();
  anchor = undefined;
  changed();
  if (document.activeElement === document.body) find('#main').focus({ preventScroll: true });
}

function chooseDay(card) {
  const day = card?.closest('.day') ?? all('.day').find((one) => one.getBoundingClientRect().bottom > innerHeight / 4);
  if (!day) return;
  const ids = numbers(day);
  put(ids, true);
  anchor = ids[0];
  changed();
}

const everything = () => find('[data-numbers]')?.dataset.numbers;

async function chooseAll() {
  const answer = await fetch(everything()).catch(() => null);
  const said = await answer?.json().catch(() => ({})) ?? {};
  if (!said.images) return refuse(said.problem ?? "They can't be had just now. Try it again.");
  put(said.images.map(String), true);
  total = chosen.size;
  changed();
}

/* Keys */

/** The card that lies in a direction. */
function neighbour(card, direction) {
  const cards = all('.card').filter((one) => one.checkVisibility());
  const step = { left: -1, right: 1 }[direction];
  if (step) return cards[cards.indexOf(card) + step];
  const box = card.getBoundingClientRect();
  const off = (one, other) => Math.abs(one.left + one.right - other.left - other.right);
  const boxes = cards.map((one) => [one, one.getBoundingClientRect()]);
  const beyond = boxes.filter(([, one]) => (direction === 'up' ? one.bottom <= box.top + 1 : one.top >= box.bottom - 1));
  const row = direction === 'up' ? Math.max(...beyond.map(([, one]) => one.top)) : Math.min(...beyond.map(([, one]) => one.top));
  return beyond.filter(([, one]) => Math.abs(one.top - row) < 2).sort(([, one], [, other]) => off(one, box) - off(other, box))[0]?.[0];
}

function move(card, direction, far) {
  const next = neighbour(card, direction);
  if (!next) return;
  find('a', next).focus();
  if (!far) return;
  anchor ??= card.dataset.id;
  extend(next);
}

const DO = { e: edit, f: favourite, l: askAlbum, d: download, c: compare, delete: trash };

/** What a key does: to what is chosen, or else to the picture that has the focus or the pointer. */
export function key(name) {
  const focused = document.activeElement.closest('.card');
  const card = focused ?? find('.card:hover');
  const arrow = name.match(/arrow(\w+)/)?.[1];
  if (arrow) move(focused, arrow, name.startsWith('shift'));
  else if (name === 'escape') clear();
  else if (name === 'ctrl+a') chooseDay(card);
  else if (name === 'x') {
    if (card) toggle(card);
  } else if (chosen.size || card) DO[name](chosen.size ? [...chosen] : [card.dataset.id]);
}

/* What is done */

const elsewhere = location.pathname === '/gallery/' && [...asked.keys()].every((name) => ['at', 'before', 'after'].includes(name));
/* What an act makes of a picture here; taking it back makes the opposite. */
const MAKES = {
  favourite: { liked: true },
  unfavourite: { liked: false, gone: asked.has('fav') },
  hide: { hidden: true, gone: elsewhere },
  show: { hidden: false, gone: asked.has('private') },
  project: { gone: asked.has('project') },
  unplace: { gone: true },
  trash: { gone: true },
};
/* Which act each way back takes back. */
const ways = new Map();
let last = Promise.resolve();

function learn(name, ids, undone = false) {
  const made = Object.entries(MAKES[name] ?? {}).filter(([what, on]) => what !== 'gone' || on);
  for (const id of ids) {
    const state = news.get(id) ?? {};
    for (const [what, on] of made) state[what] = on !== undone;
    news.set(id, state);
    if (state.gone) chosen.delete(id);
  }
  const focused = document.activeElement.closest('.card');
  const next = focused && ids.includes(focused.dataset.id) && ['right', 'left'].map((way) => neighbour(focused, way)).find((card) => card && !ids.includes(card.dataset.id));
  changed();
  if (focused?.hidden) (next ? find('a', next) : find('#main')).focus({ preventScroll: true });
  else if (document.activeElement === document.body) find('#main').focus({ preventScroll: true });
}

/** Do something to pictures, tell what came of it, and how to take it back; whether it was done. One after the other. */
export function act(name, ids, target = {}) {
  const done = last.then(() => send(name, ids, target));
  last = done.catch(() => {});
  return done;
}

async function send(name, ids, target) {
  refuse('');
  const fields = new URLSearchParams({ act: name, images: ids.join(), ...target });
  const said = await post('/gallery/act/', fields).catch(() => ({ problem: 'That did not arrive. Check the connection and try it again.' }));
  if (said.problem) return refuse(said.problem);
  ways.set(said.undo, name);
  learn(name, said.images.map(String));
  toast(said.words, said.undo, said.see);
  return true;
}

/** The page of one picture put these into the trash. */
export function left(images) {
  learn('trash', images.map(String));
}

// What is taken back elsewhere was the trash: nothing else is told on another page.
document.addEventListener('undone', ({ detail: { images, undo } }) => learn(ways.get(undo) ?? 'trash', images.map(String), true));

async function edit(ids) {
  if (!find('#composer')) return location.assign(`/?edit=${ids.slice(0, 200).join()}`);
  const { editAll } = await import('./composer.js');
  if (chosen.size) clear();
  editAll(ids);
}

function favourite(ids) {
  const cards = ids.map(cardOf).filter(Boolean);
  // Of those on other pages nobody here knows.
  const liked = cards.length === ids.length && cards.every((card) => find('.liked', card));
  act(liked ? 'unfavourite' : 'favourite', ids);
}

function trash(ids) {
  act('trash', ids);
}

/** The one that was chosen first is A. */
function compare(ids) {
  if (ids.length !== 2) return toast('Choose two pictures to compare them.');
  return location.assign(`/compare/?a=${ids[0]}&b=${ids[1]}`);
}

/** The address of a picture, or of those alone, is all there is to share: it shows them to who may see them. */
async function share(ids) {
  if (ids.length > 100) return toast('A link holds at most 100 pictures. Add them to an album, and share that.');
  const url = new URL(ids.length === 1 ? `/images/${ids[0]}/` : `/gallery/?images=${ids.join()}`, location).href;
  if (navigator.share && matchMedia('(pointer: coarse)').matches) {
    const why = await navigator.share({ url }).then(() => '', ({ name }) => name);
    if (!why || why === 'AbortError') return undefined;
  }
  const copied = await navigator.clipboard?.writeText(url).then(() => true, () => false);
  return copied ? toast(`The link to ${pictures(ids)} is copied. It shows them to members who may see them.`) : showLink(url, ids);
}

function download(ids) {
  const fields = { images: ids.join(), csrfmiddlewaretoken: find('[name="csrfmiddlewaretoken"]').value };
  const inputs = Object.entries(fields).map(([name, value]) => make('input', { type: 'hidden', name, value }));
  const form = make('form', { action: '/downloads/', method: 'post', hidden: true }, ...inputs);
  if (ids.length === 1) return location.assign(`/media/${ids[0]}/download/`);
  document.body.append(form);
  form.submit();
  form.remove();
  toast(`A ZIP of ${pictures(ids)} is on its way.`);
}

/* What is asked first: which tag, album, project, and who sees them */

const wrong = make('p', { className: 'errors', role: 'alert' });
const form = make('form', { className: 'asking' });
const panel = make('div', { className: 'panel-pop asking-pop', role: 'dialog', popover: 'auto' }, form);
let answer = () => {};

function ask(title, content, answered) {
  answer = answered;
  wrong.textContent = '';
  form.replaceChildren(make('h2', { textContent: title }), ...content, wrong);
  panel.ariaLabel = title;
  panel.showPopover();
  find('input, select, button', form)?.focus();
}

const pictures = ({ length }) => `${length.toLocaleString('en')} picture${length === 1 ? '' : 's'}`;
const button = (textContent, properties = {}) => make('button', { className: 'btn', textContent, ...properties });
const line = (...parts) => make('div', { className: 'line' }, ...parts);
const field = (text, input) => make('label', { className: 'part' }, make('span', { textContent: text }), input);

function askTag(ids) {
  const input = make('input', { name: 'tag', required: true, maxLength: 40, autocomplete: 'off' });
  const buttons = [button('Add', { name: 'act', value: 'tag', className: 'btn solid' }), button('Remove', { name: 'act', value: 'untag' })];
  ask(`Tag ${pictures(ids)}`, [line(field('Tag', input), ...buttons)], (said) => act(said.get('act'), ids, { tag: said.get('tag') }));
}

/** A browser lends its clipboard to pages that come by https alone. */
function showLink(url, ids) {
  const input = make('input', { type: 'text', readOnly: true, value: url });
  const words = make('p', { className: 'muted', textContent: 'It shows them to members who may see them. Copy it from here.' });
  ask(`Link to ${pictures(ids)}`, [words, line(field('Link', input), button('Done'))], () => true);
  input.select();
}

function askWho(ids) {
  const buttons = [button('Only you', { name: 'act', value: 'hide' }), button('The team', { name: 'act', value: 'show' })];
  ask(`Who sees ${pictures(ids)}`, [line(...buttons)], (said) => act(said.get('act'), ids));
}

/** Where no composer has them, the page brings them along. */
const projects = () => find('#composer [name="project"]') ?? find('#projects')?.content.firstElementChild;

function askProject(ids) {
  const select = projects().cloneNode(true);
  const words = make('p', { className: 'muted', textContent: 'All pictures of their orders go along. What they cost stays where it was booked.' });
  ask(`Move ${pictures(ids)}`, [words, line(field('Project', select), button('Move', { className: 'btn solid' }))], (said) =>
    act('project', ids, { project: said.get('project') }));
}

async function askAlbum(ids) {
  const found = await fetch('/albums/choose/', { headers: { 'HX-Request': 'true' } }).catch(() => null);
  if (!found?.ok || found.redirected) return refuse("Albums can't be had just now. Try it again.");
  const content = make('div');
  content.innerHTML = await found.text();
  // Enter in the field means the new album, not the first of the others.
  const isNew = (said) => document.activeElement.name === 'album_name' || !said.get('album');
  ask(`Add ${pictures(ids)} to an album`, [content], (said) => act('place', ids, isNew(said) ? { album_name: said.get('album_name') } : { album: said.get('album') }));
  htmx.process(content);
}

/* The album that the page shows, where one may take pictures out of it. */
const album = find('.gallery')?.dataset.album;

function takeOut(ids) {
  act('unplace', ids, { album });
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (await answer(new FormData(form, event.submitter))) panel.hidePopover();
});

/* The bar */

const bar = make('section', { className: 'picked', ariaLabel: 'Selection' });
const count = make('span', { className: 'num' });
const every = make('button', { className: 'every', type: 'button' });
const alarm = make('p', { className: 'errors', role: 'alert' });
const tools = make('div', { className: 'tools', role: 'toolbar', ariaLabel: 'What to do with the selected pictures' });
const OFFERS = [
  ['edit', 'Edit', 'pencil', edit],
  ['favourite', 'Favourite', 'heart', favourite],
  ['album', 'Album', 'folder-plus', askAlbum],
  ['tag', 'Tag', 'tag', askTag],
  ['private', 'Private', 'lock', askWho],
  ['project', 'Project', 'folder', askProject],
  ['compare', 'Compare', 'columns-2', compare],
  ['download', 'Download', 'download', download],
  ...(album ? [['out', 'Take out', 'image-minus', takeOut]] : []),
  ['share', 'Share', 'share-2', share],
  ['trash', 'Trash', 'trash-2', trash],
  ['clear', 'Clear', 'x', clear],
];

for (const [name, words, sign, does] of OFFERS) {
  const offer = make('button', { type: 'button', title: words, tabIndex: -1 }, icon(sign), make('span', { className: 'label', textContent: words }));
  offer.dataset.do = name;
  offer.addEventListener('click', () => does([...chosen]));
  tools.append(offer);
}
tools.firstElementChild.tabIndex = 0;
if (!projects()) find('[data-do="project"]', tools).hidden = true;
every.addEventListener('click', chooseAll);
bar.append(alarm, make('p', {}, count, every), tools);

// One stop for Tab, and arrows within, as toolbars have it.
tools.addEventListener('keydown', (event) => {
  const offers = all('button:not([hidden])', tools);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  offers.at((offers.indexOf(document.activeElement) + step) % offers.length).focus();
});
tools.addEventListener('focusin', (event) => {
  for (const offer of tools.children) offer.tabIndex = offer.contains(event.target) ? 0 : -1;
});

/** The bar's looks, before it is seen for the first time. */
const styled = new Promise((done) => {
  const sheet = find('#choosing')?.content.firstElementChild.cloneNode();
  if (!sheet) return done();
  for (const name of ['load', 'error']) sheet.addEventListener(name, done);
  return document.head.append(sheet);
});

/** Two can be compared; when the offer goes that was the stop for Tab, the first one is. */
function offerComparing() {
  const offer = find('[data-do="compare"]', tools);
  offer.hidden = chosen.size !== 2;
  if (offer.hidden && !offer.tabIndex) [offer.tabIndex, tools.firstElementChild.tabIndex] = [-1, 0];
}

async function showBar() {
  await styled;
  offerComparing();
  const matching = find('.found [role="status"]')?.textContent.match(/^\d[\d,]*/)?.[0];
  count.textContent = `${chosen.size.toLocaleString('en')} selected`;
  every.textContent = `Select all${matching ? ` ${matching}` : ''}`;
  every.hidden = !everything() || chosen.size === total;
  if (!chosen.size) bar.remove();
  else if (!bar.isConnected) dock().prepend(bar);
}

function dock() {
  if (!find('.dock')) find('#toasts').before(make('div', { className: 'dock' }));
  return find('.dock');
}

/** Say why something wasn't done, where one asked for it. */
function refuse(words) {
  wrong.textContent = panel.matches(':popover-open') ? words : '';
  alarm.textContent = wrong.textContent ? '' : words;
  if (words && !wrong.textContent && !bar.isConnected) toast(words);
  return false;
}

document.body.append(panel);
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  chosen.clear();
  put(stored(), true);
  changed();
});
if (chosen.size) changed();
else show();
