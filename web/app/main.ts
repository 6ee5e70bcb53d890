import { mount } from 'svelte';
import './base.css';
import { speech } from '../words/language.svelte.ts';
import App from './App.svelte';

await speech.begin();
// A page that is about to be loaded again (web/index.html) shows nothing.
if (!document.documentElement.dataset['failed']) mount(App, { target: document.body });
