/**
 * Bringing many pictures: files and folders that are dropped or picked are uploaded a few at a time. What is here already
 * is recognised by its hash before it is sent, so dropping the same again goes on where it ended.
 * On the gallery it takes what is too much for the composer; on its own page, which works without it, everything.
 */
import { all, find, icon, make, say, toast } from './studio.js';

const form = find('#bring');
const composer = find('#composer');
const fields = form ?? composer;
const PICTURE = /^image\/(png|jpeg|webp)$/;
const AT_ONCE = 3;
const LOST = 'It did not arrive. Drop it again.';
const counts = { all: 0, added: 0, known: 0, refused: 0, other: 0 };
const waiting = [];
let working = 0;
let box;

const of = (count, words) => (count ? [`${count.toLocaleString('en')} ${words}`] : []);
const over = () => counts.added + counts.known + counts.refused;

/* What is said of it */

function summary() {
  const parts = [...of(counts.added, 'added'), ...of(counts.known, 'here already'), ...of(counts.refused, 'not added')];
  const others = of(counts.other, counts.other === 1 ? 'other file left out' : 'other files left out');
  return [`${over().toLocaleString('en')} of ${counts.all.toLocaleString('en')}`, ...parts, ...others].join(' · ');
}

function begin() {
  box = make('section', { className: 'bringing', ariaLabel: 'Adding pictures' });
  box.append(make('p', { className: 'num' }), make('progress', { ariaLabel: 'Files that are done' }), make('ul', { className: 'brought' }));
  // On a page of another purpose its looks come along.
  const sheet = find('#bringing')?.content.firstElementChild.cloneNode();
  if (sheet) box.append(sheet);
  if (form) form.before(box);
  else find('#gallery').before(box);
}

function show() {
  find('p', box).textContent = summary();
  Object.assign(find('progress', box), { max: counts.all, value: over() });
}

/** A file under way; those that are done leave the list, or thousands would stay in it. */
function begun(file) {
  const bar = make('progress', { max: 1, value: 0, ariaLabel: `Upload of ${file.name}` });
  const item = make('li', {}, make('p', { className: 'clip', textContent: file.name }), bar);
  find('ul', box).append(item);
  return { item, bar };
}

function refused(item, file, words) {
  counts.refused += 1;
  item.classList.add('refused');
  item.replaceChildren(icon('circle-alert'), make('p', {}, make('b', { textContent: file.name }), ` ${words}`));
}

function ended() {
  removeEventListener('beforeunload', stay);
  say(summary());
  if (form && !find('a', box)) box.append(make('a', { className: 'btn', href: '/gallery/?by=me', textContent: 'See them in the gallery' }));
  document.dispatchEvent(new Event('finished'));
}

const stay = (event) => event.preventDefault();

/* Sending */

function told(values) {
  const data = new FormData();
  for (const name of ['csrfmiddlewaretoken', 'project', 'private']) {
    const value = new FormData(fields).get(name);
    if (value) data.append(name, value);
  }
  for (const [name, value] of Object.entries(values)) data.append(name, value);
  return data;
}

/** Whether these bytes are here; browsers count hashes only on safe pages, elsewhere the server says it afterwards. */
async function isKnown(file) {
  if (!crypto.subtle) return false;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const answer = await fetch('/uploads/known/', { method: 'POST', body: told({ sha256 }) });
  return answer.ok && !answer.redirected && Boolean((await answer.json()).id);
}

/** XHR, because fetch tells nothing of how far it is. */
function send(file, bar) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener('progress', (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
    request.addEventListener('error', () => reject(new Error(LOST)));
    request.addEventListener('load', () => {
      if (request.status === 201) resolve(request.response.known);
      else reject(new Error(request.response?.error ?? LOST));
    });
    request.responseType = 'json';
    request.open('POST', '/uploads/');
    request.send(told({ image: file }));
  });
}

async function work() {
  working += 1;
  for (let file = waiting.shift(); file; file = waiting.shift()) {
    const { item, bar } = begun(file);
    try {
      const known = (await isKnown(file)) || (await send(file, bar));
      counts[known ? 'known' : 'added'] += 1;
      item.remove();
    } catch (error) {
      refused(item, file, error instanceof TypeError ? LOST : error.message);
    }
    show();
  }
  working -= 1;
  if (!working) ended();
}

/** Add all pictures among these files; other kinds are counted and left out. */
export function bring(files) {
  const pictures = files.filter((file) => PICTURE.test(file.type));
  if (!pictures.length) return toast('There is no PNG, JPEG or WebP among these files.');
  if (!box) begin();
  counts.all += pictures.length;
  counts.other += files.length - pictures.length;
  waiting.push(...pictures);
  addEventListener('beforeunload', stay);
  show();
  say(`Adding ${pictures.length.toLocaleString('en')} pictures`);
  while (working < AT_ONCE && waiting.length) work();
}

/* Files and folders */

const listed = (reader) => new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
const opened = (entry) => new Promise((resolve, reject) => { entry.file(resolve, reject); });

async function inside(entry) {
  if (entry.isFile) return [await opened(entry)];
  const found = [];
  const reader = entry.createReader();
  // A browser gives a hundred at a time.
  for (let some = await listed(reader); some.length; some = await listed(reader)) {
    for (const one of some) found.push(...await inside(one));
  }
  return found;
}

async function gather(entries) {
  const found = [];
  for (const entry of entries) found.push(...await inside(entry));
  bring(found);
}

const carries = (event) => event.dataTransfer?.types.includes('Files');

function drop(event) {
  if (!carries(event)) return;
  const files = [...event.dataTransfer.files];
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const many = files.length > Number(composer?.dataset.most) || entries.some((entry) => entry.isDirectory);
  // A few pictures are for the composer.
  if (!form && !many) return;
  event.preventDefault();
  event.stopPropagation();
  composer?.classList.remove('is-over');
  if (entries.length) gather(entries).catch(() => toast('This folder could not be read.'));
  else bring(files);
}

document.addEventListener('drop', drop, true);
if (form) {
  document.addEventListener('dragover', (event) => carries(event) && event.preventDefault());
  find('#bring-files').required = false;
  for (const input of all('[type="file"]', form)) {
    input.addEventListener('change', () => {
      bring([...input.files]);
      input.value = '';
    });
  }
  form.addEventListener('submit', (event) => event.preventDefault());
}
