/** The page as a recording: everything of it that needs no kernel, with the run that stands in this very file. */
import { mount } from 'svelte';
import type { Recording } from '../../server/recording/format.ts';
import './base.css';
import App from './App.svelte';

const recording = JSON.parse(document.getElementById('recording')!.textContent) as Recording;
mount(App, { target: document.body, props: { recording } });
