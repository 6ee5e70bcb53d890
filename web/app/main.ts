import { mount } from 'svelte';
import './base.css';
import { speech } from '../words/language.svelte.ts';
import App from './App.svelte';

await speech.begin();
mount(App, { target: document.body });
