/**
 * The trash: how many pictures are chosen, and the questions asked in front of the page instead of on one of their own.
 */
import { all, find } from './studio.js';

const form = find('#chosen');
const every = find('#choose-all');
const boxes = () => all('[name="images"]', form);

function count() {
  const chosen = boxes().filter((box) => box.checked).length;
  const words = chosen === 1 ? '1 picture' : `${chosen} pictures`;
  find('#how-many').textContent = chosen ? `${words} chosen` : 'Choose pictures';
  for (const button of all('.chosen-bar button', form)) button.disabled = !chosen;
  every.checked = chosen > 0 && chosen === boxes().length;
  every.indeterminate = chosen > 0 && !every.checked;
  find('#sure-title').textContent = `Delete ${words} for good?`;
}

if (form) {
  form.addEventListener('change', ({ target }) => {
    if (target === every) for (const box of boxes()) box.checked = every.checked;
    count();
  });
  // More come in below, and a page that is gone back to has its boxes still checked.
  new MutationObserver(count).observe(find('.kept', form), { childList: true });
  addEventListener('pageshow', count);
  find('#delete').addEventListener('click', (event) => {
    event.preventDefault();
    find('#sure').showModal();
  });
  count();
}

for (const link of all('[data-asks]')) {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    find(`#${link.dataset.asks}`).showModal();
  });
}
