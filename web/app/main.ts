import { mount } from 'svelte';
import './base.css';
import { speech } from '../words/language.svelte.ts';
import App from './App.svelte';

// The token was exchanged for a cookie. Remove it from the address, so that it is not shown, stored or passed on.
const { content: address } = document.querySelector<HTMLMetaElement>('meta[name=address]')!;
if (address) history.replaceState(null, '', address);
await speech.begin();
mount(App, { target: document.body });
