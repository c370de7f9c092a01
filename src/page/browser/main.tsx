import { render } from 'preact';
import type { PageModel } from '../page-model.ts';
import { firstModel, followModel } from './live-page.ts';
import { Page } from './page.tsx';

const place = document.getElementById('page');

function show(model: PageModel): void {
  document.title = model.title;
  if (place !== null) render(<Page model={model} />, place);
}

if (firstModel === null) followModel(show);
else show(firstModel);
