/** GET /events: past events and events as they happen. Engine API, "Monitor events". */
import { withoutTag } from '../../../runtime/image/store/image-events.ts';
import type { DockerEvent } from '../../../runtime/engine/events.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { hasLabels, type Filters, readFilters } from '../http/filters.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { jsonLines } from '../http/send.ts';

const KNOWN = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
];
/** The connection of a client that does not read is cut at this many waiting events. */
const MOST_WAITING = 10_000;
const OBJECTS = KNOWN.filter((name) => !['event', 'label', 'scope', 'type'].includes(name));

/**
 * An object filter matches objects of its own type only: by a prefix of the id or the name, and an image by its name
 * with or without the tag.
 */
function isNamed(event: DockerEvent, type: string, value: string): boolean {
  const { ID, Attributes } = event.Actor;
  if (type === 'image') {
    const name = Attributes[event.Type === 'image' ? 'name' : 'image'] ?? '';
    return [ID, name, withoutTag(ID), withoutTag(name)].includes(value);
  }
  const wanted = value.replace(/^\//, '');
  return event.Type === type && (ID.startsWith(wanted) || (Attributes['name'] ?? '').startsWith(wanted));
}

function accepts(filters: Filters, event: DockerEvent): boolean {
  const [action = ''] = event.Action.split(':');
  return (
    (filters.get('type')?.includes(event.Type) ?? true) &&
    (filters.get('scope')?.includes(event.scope) ?? true) &&
    (filters.get('event')?.some((value) => value === action || value === event.Action) ?? true) &&
    hasLabels(filters.get('label'), event.Actor.Attributes) &&
    OBJECTS.every((type) => filters.get(type)?.some((value) => isNamed(event, type, value)) ?? true)
  );
}

/** Adds the fields of the API's first version to events of containers and images; dockerd sends them up to API 1.51. */
function view(event: DockerEvent): object {
  const from = event.Actor.Attributes['image'];
  const old =
    event.Type === 'container' || event.Type === 'image'
      ? { status: event.Action, id: event.Actor.ID, ...(from && { from }) }
      : {};
  return { ...old, ...event };
}

async function events(x: Exchange): Promise<void> {
  const filters = readFilters(x.query, KNOWN);
  const since = x.query.time('since');
  const until = x.query.time('until');
  if (since !== undefined && until !== undefined && since > until)
    throw badParameter(
      `\`since\` time (${x.query.text('since')}) cannot be after \`until\` time (${x.query.text('until')})`,
    );
  const gone = x.gone();
  const out = jsonLines(x.res);
  const waiting: DockerEvent[] =
    since === undefined && until === undefined
      ? []
      : x.engine.events.history.filter(
          (e) => e.timeNano >= (since ?? 0) * 1e9 && e.timeNano <= (until ?? Infinity) * 1e9,
        );
  let wake = (): void => undefined;
  let over = until !== undefined && until * 1000 <= Date.now();
  const stop = () => {
    over = true;
    wake();
  };
  const ignore = over
    ? () => undefined
    : x.engine.events.listen((event) => {
        waiting.push(event);
        if (waiting.length > MOST_WAITING) x.res.destroy();
        wake();
      });
  const timer =
    until !== undefined && !over ? setTimeout(stop, Math.min(until * 1000 - Date.now(), 2 ** 31 - 1)) : undefined;
  gone.addEventListener('abort', stop);
  while (waiting.length || !over) {
    const event = waiting.shift();
    if (!event) await new Promise<void>((resolve) => (wake = resolve));
    else if (accepts(filters, event) && !(await out.line(view(event)))) break;
  }
  ignore();
  clearTimeout(timer);
  out.end();
}

export const eventRoutes: Routes = { 'GET /events': events };
