/** The page of a recording: everything that needs no kernel, with the run that is stored in the same HTML file. */
import { mount } from 'svelte';
import type { Recording } from '../../server/recording/format.ts';
import './base.css';
import { speech } from '../words/language.svelte.ts';
import App from './App.svelte';

const recording = JSON.parse(document.getElementById('recording')!.textContent) as Recording;
await speech.begin();
mount(App, { target: document.body, props: { recording } });
