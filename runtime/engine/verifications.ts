/** `drydock verify`: an image's digests, computed again. Each is an operation with a journal of its own. */
import type { ImageStore } from '../image/store/store.ts';
import type { Operations } from '../operation/operations.ts';
import type { Walking } from '../operation/walking.ts';
import { verify as verifyPhase, type Verified, type Verifying } from '../steps/image/verify.ts';

export class Verifications {
  constructor(
    private readonly images: ImageStore,
    private readonly operations: Operations,
  ) {}

  /** Resolves with the nodes of the image, whole and damaged ones. Throws ApiError 404. */
  async verify(asked: string, walking: Walking = {}): Promise<Verified[]> {
    const operation = this.operations.begin({ kind: 'verify', subject: { kind: 'image', name: asked.slice(0, 200) } });
    const context: Verifying = {
      images: this.images,
      asked,
      signal: operation.signal,
      lease: this.images.lease(),
      nodes: [],
    };
    // the journal is removed with the image
    const done = () => void (operation.record.subject = { ...operation.record.subject, id: context.image!.id });
    await this.operations
      .perform(operation, { context, phases: [verifyPhase], done }, walking)
      .catch((error: unknown) => {
        if (!context.nodes.some(({ why }) => why !== undefined)) throw error;
      })
      .finally(() => context.lease.release());
    return context.nodes;
  }

  /** Ends what a daemon left when it died; a lease is in the daemon's memory alone. */
  async recover(): Promise<void> {
    for (const operation of this.operations.interrupted()) {
      if (operation.record.kind !== 'verify') continue;
      const context: Verifying = { images: this.images, asked: '', lease: this.images.lease(), nodes: [] };
      await operation.recover({ context, phases: [verifyPhase] });
    }
  }
}
