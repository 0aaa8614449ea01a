// The API of a stanza, as its lines say and the machine has it. Knows options and files; watches nothing.
import type { ApiOptions } from '../../../kube-api/api-config.ts';
import { fileContent } from '../../../kube-api/file-content.ts';
import type { Api, Surroundings } from './cluster.ts';
import type { ApiSettings } from './watched.ts';

/** How an API is opened, and a text that is another one where another API or another user is meant. */
export interface ReadApi {
  readonly open: (signal: AbortSignal) => Api;
  readonly key: string;
}

/** Reads what the lines name. Rejects with what is wrong about it, in CoreDNS's words. */
export async function readApi(settings: ApiSettings, around: Surroundings): Promise<ReadApi> {
  const options = optionsOf(settings);
  const surroundings = { clock: around.clock, environment: process.env, root: '' };
  // Loaded here, so that a server without a cluster does without them.
  const { readApiConfig } = await import('../../../kube-api/api-config.ts');
  const { KubeApi } = await import('../../../kube-api/kube-api.ts');
  try {
    const config = await readApiConfig(options, surroundings);
    const file = options.kubeconfig?.file;
    return {
      open: (signal) => new KubeApi(config, { clock: around.clock, log: around.log, metrics: around.metrics, label: around.label, signal }),
      // A kubeconfig with other contents is another API: who changes it and reloads means that.
      key: file === undefined ? '' : await fileContent(file).then(String, () => ''),
    };
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
