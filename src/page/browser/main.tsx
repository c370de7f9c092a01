import { render } from 'preact';
import type { PageModel } from '../page-model.ts';
import { Page } from './page.tsx';

const model = JSON.parse(document.getElementById('model')?.textContent ?? '') as PageModel;
document.title = model.title;
const place = document.getElementById('page');
if (place !== null) render(<Page model={model} />, place);
