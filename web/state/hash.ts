/** The cursor in the address: `#run/ID?k=31&sel=net:veth…`. Without `k` the newest event is looked at. */
export interface Cursor { id: string; k: number | undefined; sel: string | undefined }

export function readHash(hash: string): Cursor {
  const [, id = '', query = ''] = /^#run\/([0-9a-f]*)(?:\?(.*))?$/.exec(hash) ?? [];
  const search = new URLSearchParams(query);
  const k = search.get('k');
  return { id, k: k !== null && /^\d{1,9}$/.test(k) ? Number(k) : undefined, sel: search.get('sel') ?? undefined };
}

export function writeHash({ id, k, sel }: Cursor): string {
  if (!id) return '#';
  const search = new URLSearchParams({ ...(k !== undefined && { k: String(k) }), ...(sel && { sel }) }).toString();
  return `#run/${id}${search && `?${search}`}`;
}
