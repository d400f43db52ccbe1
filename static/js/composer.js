/**
 * The composer: pictures come by picker, paste, drop, drag and "Edit", are uploaded at once, and stay for the next order.
 * Without it the form is posted as it stands, with the files in it.
 */
import { all, find, icon, make, say, toast, typing } from './studio.js';

const form = find('#composer');
const tray = find('#tray');
const prompt = find('#prompt');
const go = find('.go', form);
const most = Number(form.dataset.most);
const PICTURE = 'application/x-studio-picture';
const PLACE = 'application/x-studio-place';
const MARKS = [PICTURE, PLACE, 'Files'];
let balance = find('#balance');
let questions = 0;
let tooDear = false;

const items = () => all('li:not(.refused)', tray);
const uploading = () => all('progress', tray).length;
const chosen = (name) => find(`[name="${name}"]:checked`, form)?.value;
const pictures = (count) => `${count} picture${count === 1 ? '' : 's'}`;

/* What the form says of itself */

function refresh() {
  const count = items().length;
  items().forEach((item, index) => { find('.n', item).textContent = index + 1; });
  form.setAttribute('aria-label', count ? 'Edit pictures' : 'New pictures');
  prompt.placeholder = count ? 'Say what to change…' : 'Describe a picture…';
  find('#tray-count').textContent = `${count} of ${most}`;
  tray.dataset.more = count > 1 ? `+${count - 1}` : '';
  showCost();
  showRatio();
}

function changed() {
  refresh();
  keep();
}

/** The price is known at once, what is left of the credits only to the books. */
function showCost() {
  const waiting = uploading();
  find('.edit .label', go).textContent = waiting ? 'Uploading…' : 'Edit';
  find('#composer-cost b').textContent = waiting
    ? `${pictures(waiting)} uploading…`
    : `${Number(chosen('num_images') ?? 1) * form.dataset.price} credits`;
  find('#composer-cost span').hidden = waiting > 0;
  go.disabled = waiting > 0 || tooDear;
}

/** What the books say to it; without an answer nothing, rather than what held before. */
function showQuote({ words = '', fits = true, waits = false, fewer = 0, ask = '' }) {
  const box = find('#composer-cost');
  const told = words && ` · ${words}`;
  if (!fits && !box.classList.contains('short')) say(`${find('b', box).textContent}${told}`);
  box.classList.toggle('short', !fits);
  box.classList.toggle('waits', waits);
  find('span', box).textContent = told;
  const offer = find('#composer-fewer');
  offer.hidden = !fewer;
  Object.assign(offer, { value: fewer, textContent: `Make ${fewer}` });
  Object.assign(find('#composer-ask'), { hidden: !ask, textContent: ask });
  tooDear = !fits && !fewer;
  showCost();
}

function showRatio() {
  const ratio = chosen('aspect_ratio');
  const button = find('#aspect-button');
  find('.shape', button).className = `shape ${ratio === 'auto' ? ratio : `r-${ratio.replace(':', '-')}`}`;
  find('.label', button).textContent = ratio === 'auto' ? 'Auto' : ratio;
  const words = items().length ? 'same as picture 1' : 'the model chooses';
  find('[name="aspect_ratio"][value="auto"] ~ small', form).textContent = words;
}

function showLength() {
  const left = prompt.maxLength - prompt.value.length;
  find('#composer-counter').textContent = left < prompt.maxLength / 10 ? `${left} left` : '';
  // Where the style sheet can't do it.
  if (!CSS.supports('field-sizing', 'content')) {
    prompt.style.height = 'auto';
    prompt.style.height = `${prompt.scrollHeight}px`;
  }
}

const isOpen = () => find('.options', form).checkVisibility() && !document.hidden;

async function askPrice() {
  if (!isOpen()) return;
  const question = ++questions;
  const order = new URLSearchParams({ num_images: chosen('num_images') ?? 1, project: find('[name="project"]', form).value });
  if (items().length) order.set('edit', 1);
  const answer = await fetch(`/jobs/estimate/?${order}`).catch(() => null);
  const quote = answer?.ok && !answer.redirected ? await answer.json() : {};
  // A later question has another answer.
  if (question === questions) showQuote(quote);
}

/** Whatever changed one's credits changed the figure in the header, which the poll brings. */
function swapped() {
  if (find('#balance') === balance) return;
  balance = find('#balance');
  askPrice();
}

/* The draft: all that was not sent yet, for this page's kind of order, in this tab; a new tab takes the last one */

const OPTIONS = ['num_images', 'aspect_ratio', 'output_format', 'project', 'private'];
// The project of the picture that one looks at: it may be moved while a draft waits.
const home = () => find('#image')?.dataset.project;
const place = () => `draft:${form.dataset.user}:${find('#image')?.dataset.id ?? 'new'}`;
let draft = place();

function forget() {
  // Empty, not absent: what another tab keeps is none of this one's business.
  sessionStorage.setItem(draft, '');
  localStorage.removeItem(draft);
}

function keep() {
  // What was typed went along to another picture.
  if (draft !== place()) forget();
  draft = place();
  const sources = find('#image') ? [] : all('li[data-id]', tray).map((item) => [item.dataset.id, find('img', item).alt]);
  if (!prompt.value && !sources.length) return forget();
  const fields = new FormData(form);
  const text = JSON.stringify({ prompt: prompt.value, sources, options: OPTIONS.map((name) => fields.get(name)), home: home() });
  for (const storage of [sessionStorage, localStorage]) storage.setItem(draft, text);
}

/** What the server has filled in was asked for just now; only the picture of a picture's own page has room for a draft. */
function restore() {
  const text = sessionStorage.getItem(draft) ?? localStorage.getItem(draft);
  if (!text || prompt.value || (items().length && !find('#image'))) return;
  const kept = JSON.parse(text);
  prompt.value = kept.prompt;
  OPTIONS.forEach((name, index) => (name !== 'project' || kept.home === home()) && choose(name, kept.options[index]));
  for (const [id, name] of kept.sources) {
    const item = newItem(preview(id), name);
    // Deleted meanwhile.
    find('img', item).addEventListener('error', () => { item.remove(); changed(); });
    tray.append(item);
    settle(item, id);
  }
}

function choose(name, value) {
  for (const field of all(`[name="${name}"]`, form)) {
    if (field.matches('select')) field.value = find(`[value="${value}"]`, field) ? value : field.value;
    else field.checked = field.value === value;
  }
}

/* The tray */

const preview = (id) => form.dataset.preview.replace('/0/', `/${id}/`);

function newItem(source, name) {
  const remove = make('button', { className: 'x', type: 'button', ariaLabel: `Remove ${name}` }, icon('x'));
  const number = make('span', { className: 'n num', ariaHidden: 'true' });
  const image = make('img', { src: source, width: 56, height: 56, alt: name });
  return make('li', { draggable: true }, image, number, remove);
}

/** An item with a picture that the gallery has; false when the tray has it or is full. */
export function add(id, source, name) {
  if (holds(id) || full()) return false;
  const item = newItem(source, name);
  tray.append(item);
  settle(item, id);
  say(`${name} added, ${items().length} of ${most}`);
  return true;
}

const holds = (id) => Boolean(find(`li[data-id="${id}"]`, tray));

function full() {
  if (items().length < most) return false;
  toast(`At most ${most} pictures at once. This one was left out.`);
  return true;
}

function settle(item, id) {
  item.dataset.id = id;
  item.append(make('input', { type: 'hidden', name: 'sources', value: id }));
  changed();
}

function upload(file) {
  if (full()) return;
  const name = file.name || 'pasted picture';
  const item = newItem(URL.createObjectURL(file), name);
  const bar = make('progress', { max: 1, ariaLabel: `Upload of ${name}` });
  item.append(bar);
  tray.append(item);
  refresh();
  send(file, (part) => { bar.value = part; }).then(
    ({ id, order }) => { bar.remove(); arrived(item, id); refill(order); },
    (error) => { bar.remove(); refuse(item, name, error.message); },
  );
}

function arrived(item, id) {
  if (holds(id)) {
    item.remove();
    toast('This picture is in the tray already.');
    refresh();
  } else settle(item, id);
}

/** A file that was made here tells its order; what was typed or chosen since is not overwritten. */
function refill(order) {
  if (!order || prompt.value) return;
  prompt.value = order.prompt;
  for (const name of ['aspect_ratio', 'output_format']) {
    if (find(`[name="${name}"][value="${order[name]}"], [name="${name}"] [value="${order[name]}"]`, form)) choose(name, order[name]);
  }
  changed();
  showLength();
  toast('This picture was made here: its prompt, shape and format are filled in. Remove it to make a new one.');
}

function refuse(item, name, words) {
  if (!item.isConnected) return;
  item.classList.add('refused');
  item.draggable = false;
  for (const part of all('img, .n', item)) part.remove();
  item.prepend(icon('circle-alert'), make('p', {}, make('b', { textContent: name }), ` ${words}`));
  say(`${name}: ${words}`);
  refresh();
}

/** Upload one file; XHR, because fetch tells nothing of how far it is. */
function send(file, progress) {
  const fields = new FormData();
  for (const name of ['csrfmiddlewaretoken', 'project', 'private']) {
    const value = new FormData(form).get(name);
    if (value) fields.append(name, value);
  }
  fields.append('image', file, file.name || 'pasted.png');
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = () => reject(new Error('It did not arrive. Check the connection and add it again.'));
    request.upload.addEventListener('progress', (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener('error', fail);
    request.addEventListener('load', () => {
      if (request.status === 201) resolve(request.response);
      else if (request.response?.error) reject(new Error(request.response.error));
      else fail();
    });
    request.responseType = 'json';
    request.open('POST', '/uploads/');
    request.send(fields);
  });
}

function addFiles(files) {
  for (const file of files) upload(file);
  prompt.focus();
}

function remove(item) {
  const neighbour = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  changed();
  (neighbour ? find('.x', neighbour) : prompt).focus();
}

function move(item, step) {
  const button = document.activeElement;
  if (step < 0) item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  button.focus();
  changed();
  say(`Picture ${items().indexOf(item) + 1} of ${items().length}`);
}

/** Put a picture of the page into the tray, alone where one picture is what the page is about. */
export function edit(id, { alone = false, focus = true } = {}) {
  if (alone && !holds(id)) tray.replaceChildren();
  const image = find(`.card[data-id="${id}"] img, #image[data-id="${id}"] .stage img`);
  add(id, preview(id), image?.alt || `picture ${id}`);
  if (focus) prompt.focus();
}

/** Put several into the tray, as many as it has room for. */
export function editAll(ids) {
  const [fresh, room] = [ids.filter((id) => !holds(id)), most - items().length];
  for (const id of fresh.slice(0, room)) edit(id, { focus: false });
  if (fresh.length > room) toast(`At most ${most} pictures at once. ${pictures(fresh.length - room)} left out.`);
  prompt.focus();
}

/* Dragging: files and cards are dropped anywhere, items of the tray change places */

const marked = (event) => MARKS.find((mark) => event.dataTransfer?.types.includes(mark));

function lift(event) {
  const item = event.target.closest('#tray li:not(.refused)');
  const card = event.target.closest('.card[data-id]');
  if (item) {
    event.dataTransfer.setData(PLACE, String(items().indexOf(item)));
    item.classList.add('is-lifted');
  } else if (card) event.dataTransfer.setData(PICTURE, card.dataset.id);
}

function hover(event) {
  const mark = marked(event);
  if (!mark) return;
  event.preventDefault();
  form.classList.toggle('is-over', mark !== PLACE);
  const [lifted, over] = [find('.is-lifted', tray), event.target.closest('#tray li:not(.refused)')];
  if (!lifted || !over || lifted === over) return;
  const later = items().indexOf(lifted) < items().indexOf(over);
  over[later ? 'after' : 'before'](lifted);
}

function drop(event) {
  const mark = marked(event);
  if (!mark) return;
  event.preventDefault();
  form.classList.remove('is-over');
  if (mark === PICTURE) edit(event.dataTransfer.getData(PICTURE));
  else if (mark === 'Files') addFiles(event.dataTransfer.files);
  else changed();
}

function leave(event) {
  if (!event.relatedTarget) form.classList.remove('is-over');
}

function paste(event) {
  const files = event.clipboardData.files;
  const text = typing(event) && event.clipboardData.types.includes('text/plain');
  if (!files.length || text) return;
  event.preventDefault();
  addFiles(files);
}

/* Sending */

const lost = () => find('#composer-alert .lost')?.remove();

function problem(title, text, level = '') {
  const words = make('div', {}, make('p', { textContent: title }), make('p', { textContent: text }));
  find('#composer-alert').replaceChildren(make('div', { className: `note bad ${level}` }, icon('circle-alert'), words));
}

function accepted(event) {
  find('[name="nonce"]', form).value = event.detail.nonce;
  find('#composer-alert').replaceChildren();
  forget();
  if (matchMedia('(hover: hover)').matches) prompt.focus();
  prompt.select();
  // The focus stays for the next round, but the result is what one wants to see now.
  form.classList.add('is-sent');
  say('Ordered');
}

function failed({ detail: { ctx } }) {
  if (ctx.sourceElement !== form) return;
  const status = ctx.response?.status;
  const again = 'Send it again: the same order is never taken twice.';
  if (!status) problem("The studio can't be reached.", again, 'lost');
  else if (status === 403) problem('This page was open too long.', 'Reload it; what you typed is kept.');
  else if (status === 409) problem('Somebody else was writing at that moment.', again);
  else if (status >= 500) problem('Something broke here.', again);
}

/** Any answer shows that the studio is there; a refused order leaves the focus on the way out, not on nothing. */
function answered({ detail: { ctx } }) {
  const status = ctx.response?.status;
  if (status < 500) lost();
  if (ctx.sourceElement === form && status >= 400 && document.activeElement === document.body) {
    (find('#composer-alert button') ?? prompt).focus();
  }
}

function keys(event) {
  if (event.target === prompt && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  else if (event.key === 'Escape' && form.contains(event.target)) document.activeElement.blur();
  const item = event.target.closest('#tray li:not(.refused)');
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (item && step && event.altKey) {
    event.preventDefault();
    move(item, step);
  }
}

function clicked(event) {
  const target = event.target.closest('#tray .x, [data-clear-tray], [data-edit]');
  if (!target) return;
  event.preventDefault();
  if (target.matches('.x')) remove(target.closest('li'));
  else if (target.dataset.edit) edit(target.dataset.edit, { alone: Boolean(target.closest('#image')) });
  else {
    tray.replaceChildren();
    changed();
    prompt.focus();
  }
}

form.addEventListener('change', () => { changed(); askPrice(); });
for (const name of ['keydown', 'pointerdown', 'focusin']) form.addEventListener(name, () => form.classList.remove('is-sent'));
form.addEventListener('submit', (event) => {
  if (!uploading()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toast(`${pictures(uploading())} still uploading.`);
}, true);
form.addEventListener('focusin', (event) => { if (!form.contains(event.relatedTarget)) askPrice(); });
find('#aspects').addEventListener('click', (event) => event.detail && event.target.matches('input') && event.currentTarget.hidePopover());
find('#composer-files').addEventListener('change', (event) => {
  addFiles([...event.target.files]);
  // Uploaded already: the form must not carry them a second time.
  event.target.value = '';
});
prompt.addEventListener('input', () => {
  keep();
  lost();
  showLength();
});
document.addEventListener('ordered', accepted);
document.addEventListener('htmx:error', failed);
document.addEventListener('htmx:response:error', failed);
document.addEventListener('htmx:after:swap', swapped);
document.addEventListener('htmx:finally:request', answered);
document.addEventListener('click', clicked);
document.addEventListener('keydown', keys);
document.addEventListener('paste', paste);
document.addEventListener('dragstart', lift);
document.addEventListener('dragover', hover);
document.addEventListener('dragleave', leave);
document.addEventListener('drop', drop);
document.addEventListener('dragend', () => { find('.is-lifted', tray)?.classList.remove('is-lifted'); changed(); });
setInterval(askPrice, 30_000);
for (const item of items()) item.draggable = true;
// Whoever types fast was here before this script.
if (prompt.value !== prompt.defaultValue) keep();
restore();
refresh();
showLength();
askPrice();
