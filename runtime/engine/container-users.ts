/** Which containers use an image or are on networks. */
import type { Container } from '../container/container.ts';
import { hostnameOf } from '../container/merge.ts';
import type { ImageUser } from '../image/store/removal.ts';
import type { Named } from '../network/members.ts';
import type { Supervisor } from './supervisor.ts';

/** The running containers, as networks see them. */
export const namedAmong = (all: readonly Supervisor[]): Named[] =>
  all
    .filter(({ life }) => life.underWay)
    .map(({ container: { id, name, request, endpoints } }) => ({
      id,
      name,
      hostname: hostnameOf(id, request),
      endpoints,
    }));

const usesImage = ({ image, mounts }: Container, id: string): boolean =>
  image?.id === id || mounts.some((point) => point.image === id);
/** A container that was made from this image or has it mounted, a running one if there is one. */
export function imageUserAmong(all: readonly Supervisor[], imageId: string): ImageUser | undefined {
  const users = all.filter((s) => usesImage(s.container, imageId));
  const running = users.find((s) => ['running', 'paused', 'restarting'].includes(s.state.status) || s.life.underWay);
  const one = running ?? users[0];
  return one && { id: one.container.id.slice(0, 12), runs: one === running };
}
