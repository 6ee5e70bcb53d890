/**
 * The files of networks below the data root:
 *
 *   network/<id>/network.json   network-record.ts; absent for the predefined networks
 *   network/<id>/leases/        ipam/leases.ts
 */

export const networksDirectory = (root: string): string => `${root}/network`;
export const networkDirectory = (root: string, id: string): string => `${networksDirectory(root)}/${id}`;
export const recordFile = (root: string, id: string): string => `${networkDirectory(root, id)}/network.json`;
