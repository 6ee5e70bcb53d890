/** A container of the map that is dragged to the cable of a network, which connects it. */
import type { MachineMap } from '../../server/live/protocol.ts';
import type { Playground } from '../state/playground.svelte.ts';

interface Around {
  /** the frame of the map */
  sea: HTMLElement | undefined;
  map: MachineMap | undefined;
  /** a question is asked: a press on a container answers it */
  question: boolean;
}
interface Dragged {
  id: string;
  name: string;
  x: number;
  y: number;
  network?: { id: string; name: string };
}
/** Pixels: a smaller movement is a press. */
const AWAY = 8;

export class Drag {
  /** what is being dragged, and the network above which it is */
  what = $state<Dragged>();

  constructor(
    private readonly playground: Playground,
    private readonly around: () => Around,
  ) {}

  readonly down = (down: PointerEvent): void => {
    const { playground } = this;
    const key = down.target instanceof Element ? down.target.closest('[data-key^="container:"]') : null;
    const id = key?.getAttribute('data-key')?.slice('container:'.length);
    const name = playground.list.find((row) => row.id === id)?.name;
    // a finger scrolls the map, and two move its camera
    if (!id || !name || down.button !== 0 || down.pointerType === 'touch') return;
    if (this.around().question || !playground.live) return;
    const move = (event: PointerEvent) => {
      if (!this.what && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < AWAY) return;
      const network = this.#networkAt(event.clientY);
      this.what = { id, name, x: event.clientX, y: event.clientY, ...(network && { network }) };
    };
    const up = (event: PointerEvent) => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', up);
      this.#drop(id, event.type === 'pointerup');
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', up);
    addEventListener('pointercancel', up);
  };

  #drop(id: string, released: boolean): void {
    if (!this.what) return;
    const { network } = this.what;
    this.what = undefined;
    // the click that follows would open the container; where none follows, the next one is meant
    const deaf = (click: Event) => click.stopPropagation();
    addEventListener('click', deaf, { capture: true, once: true });
    setTimeout(() => removeEventListener('click', deaf, { capture: true }));
    const on = this.around().map?.containers[id]?.networks.some((one) => one.id === network?.id);
    if (network && !on && released) void this.playground.endpoint(id, network.id, true);
  }

  /** The network whose cable is nearest to this height of the window. */
  #networkAt(y: number): { id: string; name: string } | undefined {
    const { sea, map } = this.around();
    const far = ({ top, bottom }: DOMRect) => (y < top ? top - y : y > bottom ? y - bottom : 0);
    const [nearest] = [...(sea?.querySelectorAll('[data-key^="cable:"]') ?? [])]
      .map((cable) => ({
        id: cable.getAttribute('data-key')!.slice('cable:'.length),
        far: far(cable.getBoundingClientRect()),
      }))
      .sort((one, other) => one.far - other.far);
    return map?.networks.find(({ id }) => id === nearest?.id);
  }
}
