/** The page as a recording: everything of it that needs no kernel, with the run that stands in this very file. */
import { mount } from 'svelte';
import type { Recording } from '../../server/recording/format.ts';
import './base.css';
import { speech } from '../words/language.svelte.ts';
import App from './App.svelte';

const recording = JSON.parse(document.getElementById('recording')!.textContent) as Recording;
await speech.begin();
mount(App, { target: document.body, props: { recording } });
