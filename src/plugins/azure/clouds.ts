// The clouds that Azure is: where each has its API, where its tokens come from, and for what they are asked. Knows their names.
import { quoted } from '../../wording/quote.ts';

/** One of them. */
export interface Cloud {
  /** Where the API is. */
  readonly manager: string;
  /** Where tokens are given. */
  readonly login: string;
  /** What a token is for. */
  readonly resource: string;
}

/** The one that counts where a Corefile names none. */
export const PUBLIC: Cloud = {
  manager: 'https://management.azure.com', login: 'https://login.microsoftonline.com', resource: 'https://management.azure.com/',
};
const US_GOVERNMENT: Cloud = {
  manager: 'https://management.usgovcloudapi.net', login: 'https://login.microsoftonline.us',
  resource: 'https://management.usgovcloudapi.net/',
};
const BY_NAME: ReadonlyMap<string, Cloud> = new Map([
  ['AZUREPUBLICCLOUD', PUBLIC], ['AZURECLOUD', PUBLIC], ['AZUREUSGOVERNMENTCLOUD', US_GOVERNMENT], ['AZUREUSGOVERNMENT', US_GOVERNMENT],
  ['AZURECHINACLOUD', {
    manager: 'https://management.chinacloudapi.cn', login: 'https://login.chinacloudapi.cn',
    resource: 'https://management.chinacloudapi.cn/',
  }],
  ['AZUREGERMANCLOUD', {
    manager: 'https://management.microsoftazure.de', login: 'https://login.microsoftonline.de',
    resource: 'https://management.microsoftazure.de/',
  }],
]);

/** The cloud of a name, in any case. Throws Error in CoreDNS's words (AZ-1). */
export function cloudOf(name: string): Cloud {
  const upper = name.toUpperCase();
  const cloud = BY_NAME.get(upper);
  if (cloud === undefined) throw new Error(`autorest/azure: There is no cloud environment matching the name ${quoted(upper)}`);
  return cloud;
}
