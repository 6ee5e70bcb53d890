/** Asks registries about credentials and names. Engine API, "Authentication", "Distribution". */
import { normalize } from '../../../runtime/image/manifest/reference.ts';
import { readJson } from '../http/body.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { authFrom, registryAuth } from './registry-auth.ts';

async function login(x: Exchange): Promise<object> {
  const auth = authFrom(await readJson(x.req)) ?? {};
  const IdentityToken = await x.engine.registries.login(auth, x.gone());
  return { IdentityToken, Status: 'Login Succeeded' };
}

async function describe(x: Exchange): Promise<object> {
  const reference = normalize(x.param('name'));
  const { mediaType, digest, size, platforms } = await x.engine.registries.describe(
    reference,
    registryAuth(x.req),
    x.gone(),
  );
  return {
    Descriptor: { mediaType, digest, size },
    Platforms: platforms.map(({ architecture, os, variant }) => ({ architecture, os, ...(variant && { variant }) })),
  };
}

export const registries: Routes = { 'POST /auth': login, 'GET /distribution/*name/json': describe };
