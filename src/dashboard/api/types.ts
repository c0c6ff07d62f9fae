import type { components, operations } from '../../openapi/generated.ts';

type Schemas = components['schemas'];

export type Subscription = Schemas['Subscription'];
export type SubscriptionWithSecret = Schemas['SubscriptionWithSecret'];
export type SubscriptionCreate = Schemas['SubscriptionCreate'];
export type SubscriptionUpdate = Schemas['SubscriptionUpdate'];
export type SubscriptionStatus = Schemas['SubscriptionStatus'];
export type SignatureScheme = Schemas['SignatureScheme'];
export type PostedEvent = Schemas['Event'];
export type EventType = Schemas['EventTypeEntry'];
export type EventTypeUpdate = Schemas['EventTypeUpdate'];
export type EventTypeFilters = Omit<
  NonNullable<operations['listEventTypes']['parameters']['query']>,
  'limit' | 'cursor'
>;
export type Delivery = Schemas['Delivery'];
export type DeliveryStatus = Schemas['DeliveryStatus'];
export type DeliveryReason = NonNullable<Schemas['DeliveryReason']>;
export type Attempt = Schemas['Attempt'];
export type AttemptErrorKind = Schemas['AttemptErrorKind'];
export type Replay = Schemas['Replay'];
export type ReplayCreate = Schemas['ReplayCreate'];
export type ReplayCount = Schemas['ReplayCount'];
export type ReplayStatus = Schemas['ReplayStatus'];
export type Readiness = Schemas['Readiness'];
export type ApiKey = Schemas['ApiKey'];
export type ApiKeyScope = Schemas['ApiKeyScope'];
export type Tenant = Schemas['TenantOverview'];
export type PortalSession = Schemas['PortalSession'];
export type AuditEntry = Schemas['AuditEntry'];
export type SubscriptionState = Schemas['SubscriptionState'];
export type FilterTest = Schemas['FilterTest'];
export type FilterTestResult = Schemas['FilterTestResult'];
export type Stats = Schemas['Stats'];
export type SubscriptionStats = Schemas['SubscriptionStats'];
export type StatsWindow = NonNullable<
  NonNullable<operations['getStats']['parameters']['query']>['window']
>;
export type Operations = Schemas['Operations'];
export type Problem = Schemas['Problem'];
export type ProblemItem = Schemas['ProblemItem'];

export type DeliveryFilters = Omit<
  NonNullable<operations['listDeliveries']['parameters']['query']>,
  'limit' | 'cursor'
>;
export type EventFilters = Omit<
  NonNullable<operations['listEvents']['parameters']['query']>,
  'limit' | 'cursor'
>;
export type StreamFilters = NonNullable<operations['openStream']['parameters']['query']>;
export type SubscriptionFilters = Omit<
  NonNullable<operations['listSubscriptions']['parameters']['query']>,
  'limit' | 'cursor'
>;
