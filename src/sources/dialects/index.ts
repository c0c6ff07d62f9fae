import type { Dialect } from '../dialect.ts';
import { adyenPayments } from './adyen-payments.ts';
import { atlassianConnect } from './atlassian-connect.ts';
import { awsSns } from './aws-sns.ts';
import { braintree } from './braintree.ts';
import { coinbaseCdp } from './coinbase-cdp.ts';
import { contentful } from './contentful.ts';
import { dropboxSign } from './dropbox-sign.ts';
import { googlePubsub } from './google-pubsub.ts';
import { paddleClassic } from './paddle-classic.ts';
import { paypal } from './paypal.ts';
import { plaid } from './plaid.ts';

const DIALECTS: Readonly<Record<string, Dialect>> = {
  'adyen-payments': adyenPayments,
  'atlassian-connect': atlassianConnect,
  'aws-sns': awsSns,
  braintree,
  'coinbase-cdp': coinbaseCdp,
  contentful,
  'dropbox-sign': dropboxSign,
  'google-pubsub': googlePubsub,
  'paddle-classic': paddleClassic,
  paypal,
  plaid,
};

export function dialectOf(code: string): Dialect {
  const dialect = DIALECTS[code];
  if (dialect === undefined) throw new Error(`kinds.yaml names ${code}, which dialects/ lacks`);
  return dialect;
}
