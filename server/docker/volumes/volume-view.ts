/** A volume as the API shows it. */
import type { Engine } from '../../../runtime/engine/engine.ts';
import type { Volume } from '../../../runtime/volume/volume.ts';

export interface VolumeView {
  CreatedAt: string;
  Driver: string;
  Labels: object | null;
  Mountpoint: string;
  Name: string;
  Options: object | null;
  Scope: 'local';
}

/** RFC 3339 without fractions of a second, as dockerd writes it here. */
const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

export const volumeView = ({ volumes }: Engine, volume: Volume): VolumeView => ({
  CreatedAt: seconds(volume.created),
  Driver: volume.driver,
  Labels: volume.labels,
  Mountpoint: volumes.mountpoint(volume),
  Name: volume.name,
  Options: volume.options,
  Scope: 'local',
});

/** With its size and the number of containers that have it: GET /system/df. */
export async function volumeUsage(engine: Engine, volume: Volume): Promise<object> {
  const { volumes } = engine;
  const UsageData = { RefCount: volumes.usersOf(volume).length, Size: await volumes.size(volume) };
  return { ...volumeView(engine, volume), UsageData };
}
