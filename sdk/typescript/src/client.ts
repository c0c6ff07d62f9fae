import { resources, type Resources } from './generated/resources.ts';
import { createHttp, type ClientOptions } from './http.ts';

export type Client = Resources;

/** A client of one service, its operations grouped as in the API's documentation. */
export function createClient(options: ClientOptions): Client {
  return resources(createHttp(options));
}
