/** What people put on the picture that one looks at: sent without leaving it, and shown where it changed. */
import { all, find, page, post, tellThere, toast } from './studio.js';

const LOST = 'It did not arrive. Check the connection and try it again.';

/** Send a form of the page; after one that takes the picture away one goes back. */
export async function submit(form, button, goBack) {
  if (form.ariaBusy) return;
  form.ariaBusy = 'true';
  const fields = new FormData(form, button);
  const done = await post(form.action, fields).catch(() => ({ problem: LOST }));
  form.ariaBusy = null;
  // What the note is by now has been said: who saves again has read it.
  if (done.note !== undefined) find('[name="started"]', form).value = done.note;
  if (done.problem) return refuse(form, done.problem);
  clear(form, fields);
  if (form.dataset.act === 'leaves' && done.images.length) {
    tellThere(done);
    return goBack();
  }
  toast(done.words, done.undo);
  await refresh().catch(() => {});
}

/** Beside the field, with what was typed still in it; of a button at the edge. */
function refuse(form, problem) {
  const [box, field] = [find('.problem', form), find('.line', form)];
  // Of a picture that was left meanwhile: what was typed is nowhere else.
  if (!box?.isConnected) return toast(field ? `${problem} You had written: “${field.value}”` : problem);
  box.textContent = problem;
  field?.setAttribute('aria-invalid', 'true');
  field?.focus();
}

function clear(form, fields) {
  const [box, field] = [find('.problem', form), find('.line', form)];
  if (box) box.textContent = '';
  field?.removeAttribute('aria-invalid');
  form.closest('[popover]')?.hidePopover();
  // Somebody may have typed on meanwhile.
  if (field?.matches('textarea')) {
    field.defaultValue = find('[name="started"]', form).value = fields.get(field.name);
    form.classList.toggle('is-changed', field.value !== field.defaultValue);
  }
  if (field?.matches('input') && field.value === fields.get(field.name)) field.value = '';
}

/** What is different by now, as the server tells it; what may have the focus is changed and never replaced. */
export async function refresh() {
  const fresh = await page(location.href);
  const [image, now] = [find('#image'), find('#image', fresh)];
  if (now.dataset.id !== image.dataset.id) return;
  toggles(image, now);
  for (const list of all('[data-list]', image)) sync(list, find(`[data-list="${list.dataset.list}"]`, now));
  for (const part of ['.facts', '#known-tags']) {
    const old = find(part, image);
    if (!old.contains(document.activeElement)) old.replaceWith(find(part, now));
  }
  crown(image, now);
}

function toggles(image, now) {
  const fresh = all('.marks [aria-pressed]', now);
  for (const [at, button] of all('.marks [aria-pressed]', image).entries()) {
    button.value = fresh[at].value;
    button.ariaPressed = fresh[at].ariaPressed;
  }
}

const keyOf = (item) => item.dataset.keyOf;

/** The items that are gone go, and the new ones come in their places. */
function sync(list, fresh) {
  const keys = new Set([...fresh.children].map(keyOf));
  for (const item of [...list.children]) if (!keys.has(keyOf(item))) drop(item);
  for (const [at, item] of [...fresh.children].entries()) {
    const here = list.children[at];
    if (!here || keyOf(here) !== keyOf(item)) list.insertBefore(document.adoptNode(item), here ?? null);
  }
}

/** The focus goes on to what is beside it. */
function drop(item) {
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const lost = item.contains(document.activeElement);
  const section = item.closest('section');
  item.remove();
  if (lost) ((next && find('button', next)) ?? find('.line, .btn', section)).focus();
}

function crown(image, now) {
  for (const mark of all('.film .on-top', image)) mark.remove();
  const top = find('.film a:has(.on-top)', now);
  if (top) find(`.film a[href="${top.getAttribute('href')}"]`, image)?.append(find('.on-top', top));
}

/** The albums that one may add it to; where they can't be had in place, on their page. */
export async function offerAlbums(link, popover) {
  const box = find('[data-albums]', popover);
  try {
    const answer = await fetch(link.href, { headers: { 'HX-Request': 'true' } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    box.innerHTML = await answer.text();
    htmx.process(box);
    // What comes with them to look right is there before they are shown.
    const sheet = find('link', box);
    if (sheet && !sheet.sheet) await new Promise((done) => { sheet.onload = done; sheet.onerror = done; });
  } catch {
    location.assign(link.href);
    return;
  }
  find('.problem', popover).textContent = '';
  popover.showPopover();
  // It gives the focus back to what had it before.
  (find('.album-choices button', box) ?? find('input', box)).focus();
}
