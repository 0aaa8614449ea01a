// The API of a stanza, as its lines say. Knows options; opens nothing itself.
import type { ApiOptions } from '../../../kube-api/api-config.ts';
import { readApi as readOptions } from '../../../kube-api/open-api.ts';
import type { ReadApi } from '../../../kube-api/open-api.ts';
import type { Surroundings } from './cluster.ts';
import type { ApiSettings } from './watched.ts';

/** Reads what the lines name. Rejects with what is wrong about it, in CoreDNS's words. */
export async function readApi(settings: ApiSettings, around: Surroundings): Promise<ReadApi> {
  try {
    return await readOptions(optionsOf(settings), around);
  } catch (error) {
    throw new Error(`plugin/kubernetes: ${(error as Error).message}`, { cause: error });
  }
}

/** Paths are as written: CoreDNS does not join them with `root`. */
function optionsOf({ endpoint, tls, kubeconfig, qps, burst, maxInflight }: ApiSettings): ApiOptions {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(tls === undefined ? {} : { tls: { certificate: tls.cert, key: tls.key, ca: tls.ca } }),
    ...(kubeconfig === undefined ? {} : { kubeconfig: {
      file: kubeconfig.file, ...(kubeconfig.context === undefined ? {} : { context: kubeconfig.context }),
    } }),
    limits: { qps, burst, maxInflight },
  };
}
