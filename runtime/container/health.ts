/**
 * Health checks are not implemented yet. A client that asks for one, or whose image has one, gets a warning. Engine
 * API, "HealthConfig".
 */
import type { ImageConfig } from '../image/manifest/image.ts';
import type { ContainerConfig } from '../request/container-request.ts';

const WARNING = 'the health check is ignored: health checks are not supported yet';

/** The words of Test; empty when there is none. An image's JSON may hold a value of any type here. */
function testOf(healthcheck: unknown): readonly unknown[] {
  const test =
    typeof healthcheck === 'object' && healthcheck !== null ? (healthcheck as { Test?: unknown }).Test : undefined;
  return Array.isArray(test) ? test : [];
}

/** A list with the warning, or an empty list. A request without Test uses the image's; NONE disables it. */
export function healthWarnings(request: ContainerConfig, image: ImageConfig | undefined): string[] {
  const own = testOf(request.Healthcheck);
  const test = own.length ? own : testOf(image?.config?.Healthcheck);
  return test.length && test[0] !== 'NONE' ? [WARNING] : [];
}
