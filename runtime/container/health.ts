/** Health checks do not exist here yet: who made the image, or asks for one, is told so. Engine API, "HealthConfig". */
import type { ImageConfig } from '../image/manifest/image.ts';
import type { ContainerConfig } from '../request/container-request.ts';

const WARNING = 'the health check is ignored: health checks are not supported yet';

/** Test's words; none where nothing is said. Of an image only its JSON was read: any type may be there. */
function testOf(healthcheck: unknown): readonly unknown[] {
  const test =
    typeof healthcheck === 'object' && healthcheck !== null ? (healthcheck as { Test?: unknown }).Test : undefined;
  return Array.isArray(test) ? test : [];
}

/**
 * What is not obeyed, as a list of none or one. A request without words has the image's; NONE means that there is none.
 */
export function healthWarnings(request: ContainerConfig, image: ImageConfig | undefined): string[] {
  const own = testOf(request.Healthcheck);
  const test = own.length ? own : testOf(image?.config?.Healthcheck);
  return test.length && test[0] !== 'NONE' ? [WARNING] : [];
}
