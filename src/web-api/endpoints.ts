// One API that may be reached at several places: the one that answered last is asked first, and who does not answer is passed over. Knows
// places and failures; knows no API.
import { ApiError } from '../kube-api/api-error.ts';
import type { Clock } from '../kernel/clock.ts';
import { askApi } from './api-request.ts';
import type { ApiPlace, ApiReply, ApiRequest } from './api-request.ts';

/** The places of one API. */
export class Endpoints {
  readonly #places: readonly ApiPlace[];
  readonly #clock: Clock;
  #first = 0;

  constructor(places: readonly ApiPlace[], clock: Clock) {
    this.#places = places;
    this.#clock = clock;
  }

  /** The reply of the first place that gives one below 500; the last one's otherwise. Rejects with ApiError where no place replied. */
  async ask(request: ApiRequest, signal: AbortSignal): Promise<ApiReply> {
    let reply: ApiReply | undefined, error: unknown = new ApiError('unreachable', 'there is no place to ask');
    const from = this.#first;
    for (let i = 0; i < this.#places.length && !signal.aborted; i++) {
      const at = (from + i) % this.#places.length;
      try {
        reply = await askApi(this.#places[at]!, request, this.#clock, signal);
        if (reply.status >= 500) continue;
        this.#first = at;
        return reply;
      } catch (caught) {
        error = caught;
      }
    }
    if (reply !== undefined) return reply;
    throw error;
  }
}
