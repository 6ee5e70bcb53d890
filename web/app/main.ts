import { mount } from 'svelte';
import './base.css';
import { speech } from '../words/language.svelte.ts';
import App from './App.svelte';

// the token has been exchanged for a cookie, and is not to be seen, kept or sent on
const { content: address } = document.querySelector<HTMLMetaElement>('meta[name=address]')!;
if (address) history.replaceState(null, '', address);
await speech.begin();
mount(App, { target: document.body });
