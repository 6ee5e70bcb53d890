/** A container as the templates and options of log drivers show it. */
import type { Container } from './container.ts';
import type { LogSubject } from './logs/attributes.ts';
import { mergeConfig } from './merge.ts';

export function logSubject({ id, name, request, image }: Container): LogSubject {
  const { Labels, Env, Entrypoint, Cmd } = image ? mergeConfig(request, image.config) : request;
  return {
    id,
    name,
    image: request.Image,
    imageID: image?.id ?? '',
    command: [...(Entrypoint ?? []), ...(Cmd ?? [])],
    labels: Labels ?? {},
    env: Env ?? [],
  };
}
